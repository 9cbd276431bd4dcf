"""What was simulated of each design so far; rally k of all designs has the same luck."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import FloatArray


@dataclass(frozen=True)
class Piece:
    """Rallies first .. first + count - 1 of a design."""

    design: int
    first: int
    count: int


Sampler = Callable[[Sequence[Piece]], Iterable[FloatArray]]
"""Gives the goal in each rally of each piece, shape (count,), in the order of the pieces; more is better."""


class Samples:
    """The goal in the first rallies of each of K designs; they may have different numbers of them."""

    def __init__(self, sampler: Sampler, designs: int) -> None:
        self._sampler = sampler
        self._values: list[FloatArray] = [np.empty(0) for _ in range(designs)]

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, design: int) -> FloatArray:
        """The goal in each rally of a design so far, shape (n,)."""
        return self._values[design]

    @property
    def counts(self) -> list[int]:
        """Rallies of each design so far."""
        return [len(values) for values in self._values]

    def extend(self, wanted: Mapping[int, int]) -> None:
        """Simulate until the designs have so many rallies each; those that have them already stay as they are."""
        pieces = [
            Piece(design, len(self[design]), count - len(self[design]))
            for design, count in wanted.items()
            if count > len(self[design])
        ]
        for piece, values in zip(pieces, self._sampler(pieces), strict=True):
            self._values[piece.design] = np.concatenate([self[piece.design], values])

    def difference(self, one: int, other: int) -> FloatArray:
        """One design less another in each rally that both have, shape (min of their counts,)."""
        common = min(len(self[one]), len(self[other]))
        return self[one][:common] - self[other][:common]
