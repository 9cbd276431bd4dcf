"""How much of the spread of an outcome is luck, and how much comes from not knowing the parameters.

Each rally lives in one draw of the parameters. Between the draws the mean of the outcome differs by what the parameters
do, within a draw the outcomes differ by luck alone: var(Y) = var(E[Y | draw]) + E[var(Y | draw)].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sim.model.arrays import FloatArray, IndexArray
from sim.study.estimates import LEVEL, Estimate


@dataclass(frozen=True)
class Spread:
    """The variance of an outcome, taken apart.

    The estimates of `between` and `share` are free of bias, or nearly so, and may therefore fall below 0, where their
    truth cannot be: that says that the parameters' part is too small to be seen.

    Attributes:
        mean: of the outcome.
        between: variance that comes from the parameters.
        within: mean variance that comes from luck.
        share: `between` over the sum of both.
        draws: how many draws of the parameters there were.
    """

    mean: float
    between: Estimate
    within: float
    share: Estimate
    draws: int

    @property
    def between_sd(self) -> Estimate:
        """Standard deviation of the outcome's mean from draw to draw; what falls below 0 is cut off there."""
        ends = (self.between.value, self.between.low, self.between.high)
        return Estimate(*(math.sqrt(max(end, 0.0)) for end in ends))


@dataclass(frozen=True)
class _Sums:
    """Sums over the draws: how many, n, n**2, s, s**2 / n and the squares of the outcomes; scalars or arrays."""

    draws: FloatArray
    n: FloatArray
    n2: FloatArray
    s: FloatArray
    s2: FloatArray
    y2: FloatArray

    def parts(self) -> tuple[FloatArray, FloatArray]:
        """(between, within): the estimators of a one-way layout with unequal numbers.

        S. R. Searle, G. Casella and C. E. McCulloch, "Variance Components", Wiley 1992, section 3.6.
        """
        within = (self.y2 - self.s2) / (self.n - self.draws)
        each = (self.n - self.n2 / self.n) / (self.draws - 1)
        between = ((self.s2 - self.s**2 / self.n) / (self.draws - 1) - within) / each
        return between, within


def spread_of(values: FloatArray, draw: IndexArray) -> Spread:
    """The spread of an outcome over n rallies, shape (n,), whose draws of the parameters are these, shape (n,).

    The intervals come from leaving out one draw at a time (the jackknife), as if the draws were independent.

    Raises ValueError if there are fewer than three draws, or fewer than two of them have two rallies.
    """
    n = np.bincount(draw)
    there = n > 0
    if there.sum() < 3 or (n > 1).sum() < 2:
        raise ValueError("the spread takes three draws of the parameters at least, and two rallies of two of them")
    n, s, y2 = n[there], np.bincount(draw, values)[there], np.bincount(draw, values**2)[there]
    each = np.stack([np.ones(len(n)), n, n**2, s, s**2 / n, y2])
    between, within = _Sums(*each.sum(axis=1)).parts()
    left_out, rest = _Sums(*(each.sum(axis=1)[:, None] - each)).parts()
    return Spread(
        mean=float(np.mean(values)),
        between=_jackknifed(between, left_out),
        within=float(within),
        share=_jackknifed(_ratio(between, within), _ratio(left_out, rest)),
        draws=len(n),
    )


def _ratio(between: FloatArray, within: FloatArray) -> FloatArray:
    """The share of what is between; 0 where nothing varies."""
    total = np.asarray(between + within)
    return np.divide(between, total, out=np.zeros_like(total), where=total != 0)


def _jackknifed(value: FloatArray, without: FloatArray) -> Estimate:
    """An estimate and its interval, from what it is without each of the draws, shape (D,)."""
    count = len(without)
    error = math.sqrt((count - 1) / count * float(np.sum((without - without.mean()) ** 2)))
    half = float(stats.t.ppf((1.0 + LEVEL) / 2.0, count - 1)) * error
    return Estimate(float(value), float(value) - half, float(value) + half)
