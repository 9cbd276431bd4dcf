"""Sets of rows that contradict each other, and the fewest rows without which none of them is left.

One contradictory set does not tell which of its rows is wrong. Several that share a row do: then it is one mistake in
that row, or one in each of the sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from calibration.facts import Row

Rows = frozenset[Row]

MOST = 3
"""Wrong rows that are looked for where contradictions hang together; with more there is no telling."""


@dataclass(frozen=True)
class Tangle:
    """Contradictory sets of rows that hang together by rows that they share."""

    sets: tuple[Rows, ...]

    @cached_property
    def rows(self) -> Rows:
        """The rows of all sets."""
        return Rows().union(*self.sets)

    @cached_property
    def repairs(self) -> tuple[Rows, ...]:
        """Every choice of the fewest rows that takes one out of each set; none if that needs more than MOST."""
        for size in range(1, MOST + 1):
            found = set(_repairs(self.sets, size))
            if found:
                return tuple(sorted(found, key=_place))
        return ()

    @property
    def suspects(self) -> Rows:
        """The rows of all repairs; all rows if there is no telling."""
        return Rows().union(*self.repairs) or self.rows


def tangled(sets: Sequence[Rows]) -> list[Tangle]:
    """The sets by what hangs together, in the order of the first of each."""
    found: list[list[Rows]] = []
    for one in sets:
        touched = [group for group in found if any(one & other for other in group)]
        found = [group for group in found if group not in touched]
        found.append([*(other for group in touched for other in group), one])
    order = {one: i for i, one in enumerate(sets)}
    return [Tangle(tuple(group)) for group in sorted(found, key=lambda group: min(order[one] for one in group))]


def _repairs(sets: Sequence[Rows], size: int, taken: Rows = frozenset()) -> Iterator[Rows]:
    """Choices of at most `size` more rows with which each set has lost one."""
    whole = next((one for one in sets if not one & taken), None)
    if whole is None:
        yield taken
    elif size:
        for row in whole:
            yield from _repairs(sets, size - 1, taken | {row})


def _place(rows: Rows) -> list[tuple[str, int]]:
    return sorted((row.FILE, row.row) for row in rows)
