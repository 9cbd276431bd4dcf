"""One parameter at a time: what an outcome does when it is low or high and all others stay, under common luck."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.study.comparison.intervals import fixed
from sim.study.comparison.moments import moments
from sim.study.estimates import LEVEL, Estimate
from sim.study.executors import Pool
from sim.study.quantities import Observed
from sim.study.sensitivity.points import Point, Question, at
from sim.study.sensitivity.ranges import Range

_Z = float(special.ndtri((1.0 + LEVEL) / 2.0))


@dataclass(frozen=True)
class Swing:
    """What one parameter does.

    Attributes:
        range: where it was moved.
        low, high: the mean outcome at the ends less that in the middle, rally by rally; each interval holds by itself.
    """

    range: Range
    low: Estimate
    high: Estimate

    @property
    def reach(self) -> float:
        """Distance from the least to the greatest mean of the outcome at the three values."""
        means = (0.0, self.low.value, self.high.value)
        return max(means) - min(means)

    @property
    def seen(self) -> bool:
        """Is it sure, by itself, that the parameter does something?"""
        return any(end.low > 0.0 or end.high < 0.0 for end in (self.low, self.high))


@dataclass(frozen=True)
class Tornado:
    """The mean outcome with all parameters in the middle, and what each of them does to it, the largest reach first."""

    base: Estimate
    swings: tuple[Swing, ...]


def tornado(question: Question, ranges: Sequence[Range], pool: Pool, told: Callable[[int], None]) -> Tornado:
    """Move one parameter after the other; `told` hears of each number of rallies that is done."""
    points: list[Point] = [{}]
    for moved in ranges:
        points += [{moved.name: moved.low}, {moved.name: moved.high}]
    found = _heard(at(question, points, pool), told)
    base = next(found)
    swings = []
    for moved in ranges:
        low, high = islice(found, 2)
        swings.append(Swing(moved, change(base, low), change(base, high)))
    return Tornado(mean(base), tuple(sorted(swings, key=lambda swing: -swing.reach)))


def change(base: FloatArray, moved: FloatArray) -> Estimate:
    """Mean difference of n whole numbers, rally by rally; see `PairedIntervals.of`."""
    known = np.ones((len(base), 1), dtype=np.bool_)
    a, b = (Observed(values.astype(np.int64)[:, None], known) for values in (base, moved))
    found = fixed().of(moments(a, b)[0])
    assert found is not None, "every rally knows it"
    return found


def mean(values: FloatArray) -> Estimate:
    """Mean of n >= 2 independent values, as if normal."""
    value = float(values.mean())
    half = _Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Estimate(value, value - half, value + half)


def _heard(found: Iterator[FloatArray], told: Callable[[int], None]) -> Iterator[FloatArray]:
    for values in found:
        told(len(values))
        yield values
