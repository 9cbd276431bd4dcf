"""What a variant costs or saves by cause: seconds lost, and places.

Seconds are those of the losses of all crews that both rallies have, as booked on the causes: a crew that stays in the
rally for longer has more to lose. A change of the final place counts for the cause of the crew's own whose lost time
changed most to the same effect: more of it for a worse place, less for a better one; for the one that ended its rally,
where it retired in one of the two. Who retires has the last place. A change without such a cause counts as other: the
others' fates, mostly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import IntArray
from sim.study.comparison.moments import Change, changes
from sim.study.comparison.pairs import Pairing, Seen


@dataclass(frozen=True)
class Costs:
    """What changed in n pairs, variant less base.

    Attributes:
        lost_s: seconds lost by all crews, by cell.
        cause_lost_s: the same by cause, over all stages.
        places: places down, all crews together, by cause; the last one is "other".
        crew_places: the same for each crew, by crew * (causes + 1) + cause.
    """

    lost_s: tuple[Change, ...]
    cause_lost_s: tuple[Change, ...]
    places: tuple[Change, ...]
    crew_places: tuple[Change, ...]

    def __add__(self, other: Costs) -> Costs:
        parts = zip(
            (self.lost_s, self.cause_lost_s, self.places, self.crew_places),
            (other.lost_s, other.cause_lost_s, other.places, other.crew_places),
            strict=True,
        )
        return Costs(*(tuple(a + b for a, b in zip(mine, theirs, strict=True)) for mine, theirs in parts))


def costs(pairing: Pairing, base: Seen, variant: Seen) -> Costs:
    """Costs of n pairs."""
    n, stages = len(base.place), len(pairing.stages)
    lost = _lost(variant, n, pairing.cells) - _lost(base, n, pairing.cells)
    places = _places(pairing, base, variant)
    return Costs(
        lost_s=changes(lost),
        cause_lost_s=changes(lost.reshape(n, -1, stages).sum(axis=2)),
        places=changes(places.sum(axis=1)),
        crew_places=changes(places.reshape(n, -1)),
    )


def _lost(run: Seen, n: int, cells: int) -> IntArray:
    """Seconds lost by all crews, shape (n, cells)."""
    lost = np.bincount(run.row * cells + run.cell, run.lost_s, minlength=n * cells)  # exact below 2**53
    return lost.astype(np.int64).reshape(n, cells)


def _places(pairing: Pairing, base: Seen, variant: Seen) -> IntArray:
    """Places down of each crew by the cause that counts for it, shape (n, C, causes + 1)."""
    other = len(pairing.causes)
    last = [len(plan.crews) for plan in (pairing.base, pairing.variant)]
    a, b = (np.where(run.place > 0, run.place, end) for run, end in zip((base, variant), last, strict=True))
    row, crew = np.nonzero(a != b)
    change = (b - a)[row, crew]
    cause = _causes(pairing, base, variant, row, crew, change)
    for run, there in ((base, variant), (variant, base)):
        out = (run.place[row, crew] == 0) & (there.place[row, crew] > 0)
        ended = run.ended_by(pairing.cells)[row, crew]
        cause = np.where(out, np.where(ended == pairing.cells, other, ended // len(pairing.stages)), cause)
    places = np.zeros((*a.shape, other + 1), dtype=np.int64)
    places[row, crew, cause] = change
    return places


def _causes(pairing: Pairing, base: Seen, variant: Seen, row: IntArray, crew: IntArray, change: IntArray) -> IntArray:
    """The cause whose lost time changed most to the effect of k changes of places, shape (k,)."""
    other = len(pairing.causes)
    effect = np.sign(change)[:, None] * (_own(pairing, variant, row, crew) - _own(pairing, base, row, crew))
    best = np.argmax(effect, axis=1)
    return np.where(effect[np.arange(len(row)), best] > 0, best, other)


def _own(pairing: Pairing, run: Seen, row: IntArray, crew: IntArray) -> IntArray:
    """Seconds lost by k crews in k rows, by cause, shape (k, causes)."""
    causes, shape = len(pairing.causes), run.place.shape
    position = np.full(shape, -1, dtype=np.int64)
    position[row, crew] = np.arange(len(row))
    where = position[run.row, run.crew]
    known = where >= 0
    keys = where[known] * causes + run.cell[known] // len(pairing.stages)
    return np.bincount(keys, run.lost_s[known], minlength=len(row) * causes).astype(np.int64).reshape(-1, causes)
