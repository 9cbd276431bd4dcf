"""Runs of rallies that are compared one by one: what became of the cars, and differences with their intervals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.model.arrays import BoolArray, IntArray
from sim.model.plan import Plan
from sim.model.units import MINUTE_S
from sim.study.blocks import BLOCK, Block, Source, simulate, split
from sim.study.comparison.intervals import fixed
from sim.study.comparison.moments import changes
from sim.study.estimates import FIXED, Estimate
from sim.study.record import computing_versions

PAIRED = fixed()
"""Intervals of differences, each for itself."""


@dataclass(frozen=True)
class Question:
    """What becomes of the cars of a plan in replications 0 .. n - 1, above all on one stage (an index)."""

    plan: Plan
    stage: int
    seed: int
    n: int


@dataclass(frozen=True)
class Watched:
    """What became of C cars in n rallies.

    Attributes:
        completed: did each complete the special of the stage, shape (n, C)?
        late: did lateness cost it something on the stage after that, shape (n, C)?
        classified: is it at the finish of the rally, shape (n, C)?
        rank: its place there, 0 if it is not, shape (n, C).
        total_s: its total there, shape (n, C).
        spoilt: in how many rallies each mode cost it something on the stage, shape (C, M).
        lost_s: the sum of those seconds, and of their squares, shape (C, M, 2).
        versions: of what computed it.
    """

    completed: BoolArray
    late: BoolArray
    classified: BoolArray
    rank: IntArray
    total_s: IntArray
    spoilt: IntArray
    lost_s: IntArray
    versions: dict[str, str] = field(default_factory=computing_versions)

    def __len__(self) -> int:
        return len(self.rank)

    def of(self, crew: int) -> Fates:
        """What became of one of the cars."""
        return Fates(self.completed[:, crew], self.classified[:, crew], self.rank[:, crew], self.total_s[:, crew])


@dataclass(frozen=True)
class Fates:
    """What became of one car in n rallies, shape (n,); see `Watched`."""

    completed: BoolArray
    classified: BoolArray
    rank: IntArray
    total_s: IntArray

    def __len__(self) -> int:
        return len(self.rank)


def watch(question: Question) -> Watched:
    """Run all replications of a question, in whatever process this is called."""
    parts = [_watch(question, block) for block in split(0, question.n, BLOCK["array"])]

    def joined(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return Watched(
        completed=joined("completed"),
        late=joined("late"),
        classified=joined("classified"),
        rank=joined("rank"),
        total_s=joined("total_s"),
        spoilt=np.sum([part.spoilt for part in parts], axis=0),
        lost_s=np.sum([part.lost_s for part in parts], axis=0),
    )


def _watch(question: Question, block: Block) -> Watched:
    plan, stage = question.plan, question.stage
    outcomes = simulate(Source(plan, question.seed), block)
    losses, modes, crews = outcomes.losses, len(plan.modes), len(plan.crews)
    late = np.zeros((len(outcomes), crews), dtype=np.bool_)
    delayed = (losses.stage == stage + 1) & (losses.cause == plan.late)
    late[losses.row[delayed], losses.crew[delayed]] = True
    here = (losses.stage == stage) & (losses.cause < modes)
    cell, lost = losses.crew[here] * modes + losses.cause[here], np.rint(losses.lost_s[here])
    sums = [np.bincount(cell, weights, minlength=crews * modes) for weights in (None, lost, lost**2)]
    tables = [column.astype(np.int64).reshape(crews, modes) for column in sums]
    return Watched(
        completed=outcomes.completed[:, :, stage],
        late=late,
        classified=outcomes.classified,
        rank=outcomes.rank,
        total_s=outcomes.total_s,
        spoilt=tables[0],
        lost_s=np.stack(tables[1:], axis=-1),
    )


def share(hits: BoolArray) -> Estimate:
    """The share of rallies in which something came true."""
    return FIXED.probability(int(hits.sum()), len(hits))


def gain(one: BoolArray, other: BoolArray) -> Estimate:
    """By how much the chance of the one is greater, paired rally by rally, shape (n,).

    With a column for each of several cars, shape (n, C): on the average of the cars.
    """
    if one.ndim == 1:
        lost, gained, n = int((other & ~one).sum()), int((one & ~other).sum()), len(one)
        return Estimate((gained - lost) / n, *PAIRED.share_ends(lost, gained, n))
    return _mean((one.astype(np.int64) - other).sum(axis=1), one.shape[1])


def minutes(slower: Fates, faster: Fates) -> Estimate | None:
    """By how many minutes the total of the slower is greater where both are classified, paired; None where never."""
    both = slower.classified & faster.classified
    if not both.any():
        return None
    return _mean((slower.total_s - faster.total_s)[both], MINUTE_S)


def apart(difference: Estimate | None) -> bool:
    """Is a difference told apart from none?"""
    return difference is not None and (difference.low > 0.0 or difference.high < 0.0)


def _mean(values: IntArray, unit: int) -> Estimate:
    """Mean of differences, in a unit; its ends are not known where nothing differed."""
    (change,) = changes(values[:, None])
    mean = PAIRED.mean(change, len(values))
    return Estimate(mean.value / unit, mean.low / unit, mean.high / unit)
