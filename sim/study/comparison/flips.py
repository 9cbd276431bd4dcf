"""Whose fate flipped from base to variant, and by which mode on which stage.

A crew that is classified in one rally of a pair and retired in the other flipped by the entry of the losses that ended
it there. The win changes hands between a loser and a gainer. If the loser retired in the variant, what ended it there
decided; if not, and the gainer retired in the base, what ended that. Otherwise it was the cause and stage with the
largest change of lost time in the gainer's favour: more seconds lost by the loser, or fewer by the gainer. Both flipped
by it: it is one of its own for one of the two, and one of the rival's for the other. What has no such cause is counted
as other: the pace, a formation, the fate of a third.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sim.model.arrays import BoolArray, IntArray
from sim.study.comparison.pairs import NOBODY, Pairing, Seen

KINDS = ("classified_to_retired", "retired_to_classified", "win_to_loss", "loss_to_win")
"""Kinds of flips, from base to variant."""

WHOSE = ("own", "rival")
"""Whose loss decided: that of the crew which flipped, or of the one with which it changed the win."""

EXAMPLES = 3
"""Replications that are named for each kind of flip of each crew: the first ones."""


@dataclass(frozen=True)
class Found:
    """Flips of one kind, an entry each, shape (k,): row of the pairs, crew, index into WHOSE, and cell."""

    kind: int
    row: IntArray
    crew: IntArray
    whose: IntArray
    cell: IntArray


@dataclass(frozen=True)
class Flips:
    """Flips that were counted.

    Attributes:
        counts: shape (kinds, C, whose, cells + 1); the last cell is "other".
        examples: replications in which a (kind, crew) flipped, the first ones.
    """

    counts: IntArray
    examples: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)

    def __add__(self, later: Flips) -> Flips:
        """The flips of both, `later` being of later replications."""
        keys = self.examples.keys() | later.examples.keys()
        examples = {key: (*self.examples.get(key, ()), *later.examples.get(key, ()))[:EXAMPLES] for key in keys}
        return Flips(self.counts + later.counts, examples)


def none(pairing: Pairing) -> Flips:
    """No flips."""
    return Flips(np.zeros((len(KINDS), len(pairing.cars), len(WHOSE), pairing.cells + 1), dtype=np.int64))


def flips(pairing: Pairing, base: Seen, variant: Seen, replications: IntArray) -> Flips:
    """The flips of n pairs, whose replications have these indices, in ascending order."""
    total = none(pairing)
    for found in (*_ends(base, variant, pairing.cells), *_wins(base, variant, pairing.cells)):
        of_kind = total.counts[found.kind]
        keys = np.ravel_multi_index((found.crew, found.whose, found.cell), of_kind.shape)
        of_kind += np.bincount(keys, minlength=of_kind.size).reshape(of_kind.shape)
        for crew in np.unique(found.crew).tolist():
            rows = found.row[found.crew == crew][:EXAMPLES]
            total.examples[found.kind, crew] = tuple(replications[rows].tolist())
    return total


def _ends(base: Seen, variant: Seen, other: int) -> Iterator[Found]:
    """Crews that retire in one rally only."""
    runs = base, variant
    for kind, (there, out) in enumerate((runs, runs[::-1])):
        row, crew = np.nonzero((there.place > 0) & (out.place == 0))
        yield Found(kind, row, crew, np.zeros_like(row), out.ended_by(other)[row, crew])


def _wins(base: Seen, variant: Seen, other: int) -> Iterator[Found]:
    """Crews that win in one rally only."""
    row = np.flatnonzero(base.winner != variant.winner)
    loser, gainer = base.winner[row], variant.winner[row]
    cell, of_gainer = _decided(base, variant, row, other)
    for kind, crew, rival in ((2, loser, of_gainer), (3, gainer, ~of_gainer)):
        known = crew != NOBODY
        whose = np.where(cell == other, 0, rival.astype(np.int64))
        yield Found(kind, row[known], crew[known], whose[known], cell[known])


def _decided(base: Seen, variant: Seen, row: IntArray, other: int) -> tuple[IntArray, BoolArray]:
    """By which cell the win changed hands, and whether that was a loss of the gainer, shape (k,) each."""
    loser, gainer = base.winner[row], variant.winner[row]
    favour = np.concatenate(
        [
            _lost(variant, row, loser, other) - _lost(base, row, loser, other),
            _lost(base, row, gainer, other) - _lost(variant, row, gainer, other),
        ],
        axis=1,
    )
    best = np.argmax(favour, axis=1)
    found = favour[np.arange(len(row)), best] > 0
    cell, of_gainer = np.where(found, best % other, other), best >= other
    for run, crew, gained in ((base, gainer, True), (variant, loser, False)):
        out = (crew != NOBODY) & (run.place[row, crew] == 0)
        cell = np.where(out, run.ended_by(other)[row, crew], cell)
        of_gainer = np.where(out, gained, of_gainer)
    return cell, of_gainer


def _lost(run: Seen, row: IntArray, crew: IntArray, cells: int) -> IntArray:
    """Seconds that one crew of each of k rows lost by cell, shape (k, cells); none if the crew is NOBODY."""
    place = np.full(len(run.place), NOBODY, dtype=np.int64)
    place[row] = np.arange(len(row))
    where = place[run.row]
    own = where != NOBODY
    own[own] = run.crew[own] == crew[where[own]]
    keys = where[own] * cells + run.cell[own]
    lost = np.bincount(keys, run.lost_s[own], minlength=len(row) * cells)  # exact below 2**53
    return lost.astype(np.int64).reshape(len(row), cells)
