"""Estimates from independent replications, each with an interval that holds the truth in 95 of 100 studies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import special, stats

from sim.model.arrays import IntArray

LEVEL = 0.95
"""Confidence of every interval."""

_TAIL = (1.0 - LEVEL) / 2.0
_Z = float(special.ndtri(1.0 - _TAIL))


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval, both ends included; an end that is not known is infinite."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """How far the interval reaches on its longer side."""
        return max(self.high - self.value, self.value - self.low)

    def as_json(self) -> dict[str, float | None]:
        """Plain numbers; JSON has no infinity, so an end that is not known is null."""
        return {"value": self.value, **dict(zip(("low", "high"), self.ends_json(), strict=True))}

    def ends_json(self) -> list[float | None]:
        """The two ends of the interval alone."""
        return [end if math.isfinite(end) else None for end in (self.low, self.high)]


@dataclass(frozen=True)
class Intervals:
    """A way of making intervals around shares, means and quantiles.

    Attributes:
        name: what it is called in a record.
        share_ends: both ends around a share, from successes and trials.
        typical: of n values, the least and the greatest number that may well lie below the true quantile q.
        errors: how many standard errors of a mean of n values lie on either side of it.
    """

    name: str
    share_ends: Callable[[int, int], tuple[float, float]]
    typical: Callable[[int, float], tuple[int, int]]
    errors: Callable[[int], float]

    def probability(self, successes: int, n: int) -> Estimate:
        """Share of successes in n >= 1 independent trials.

        The interval has a width even when nothing, or everything, succeeded, and then ends at exactly 0, or 1.

        Raises ValueError if there are no trials, or more successes than trials.
        """
        if n < 1 or not 0 <= successes <= n:
            raise ValueError(f"{successes} successes in {n} trials")
        return Estimate(successes / n, *self.share_ends(successes, n))

    def mean(self, total: int, squares: int, n: int) -> Estimate:
        """Mean of n >= 1 independent whole numbers, from their sum and the sum of their squares: as if normal.

        One value says nothing about the spread: its interval has no ends.

        Raises ValueError if there is no value.
        """
        if n < 1:
            raise ValueError("the mean of no values")
        value = total / n
        spread = (n * squares - total**2) / n  # in whole numbers until here: nothing cancels
        half = self.errors(n) * math.sqrt(spread / (n - 1) / n) if n > 1 else math.inf
        return Estimate(value, value - half, value + half)

    def mean_count(self, total: int, squares: int, n: int) -> Estimate:
        """Mean of n >= 1 independent counts, 0 or more each, from their sum and the sum of their squares.

        If the two are the same every count is 0 or 1, and the mean is a share with the interval of a share: as if
        normal, rare ones would have an interval that is far too short, and none at all one without a width. Other
        means are as if normal, but not below 0.

        Raises ValueError if there is no count.
        """
        if n > 1 and total == squares:
            return self.probability(total, n)
        mean = self.mean(total, squares, n)
        return replace(mean, low=max(mean.low, 0.0)) if n > 1 else mean

    def quantile(self, values: IntArray, counts: IntArray, q: float) -> Estimate:
        """Quantile of n >= 1 independent values, with the interval between two of the values themselves.

        `values` are the different ones in ascending order and `counts` how often each came up, shape (k,); n is the sum
        of the counts. How many values lie below the true quantile is binomial (n, q), whatever their distribution: H.
        A. David and H. N. Nagaraja, "Order Statistics", 3rd ed., Wiley 2003, section 7.1. Where n is too small for that
        an end is not known. The quantile is the smallest value that a share q of the values do not exceed.

        Raises ValueError if there is no value, or q is not strictly between 0 and 1.
        """
        n = int(counts.sum())
        if n < 1 or not 0.0 < q < 1.0:
            raise ValueError(f"quantile {q} of {n} values")
        below = np.cumsum(counts)
        fewest, most = self.typical(n, q)

        def ranked(rank: int) -> float:
            return float(values[np.searchsorted(below, rank)])

        low = ranked(fewest) if fewest else -math.inf
        high = ranked(most + 1) if most < n else math.inf
        return Estimate(ranked(math.ceil(n * Fraction(str(q)))), low, high)


def _wilson(successes: int, n: int) -> tuple[float, float]:
    """The score interval.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22
    (1927), 209-212.
    """
    share = successes / n
    shrink = 1.0 + _Z**2 / n
    middle = (share + _Z**2 / (2 * n)) / shrink
    half = _Z * math.sqrt(share * (1.0 - share) / n + _Z**2 / (4 * n**2)) / shrink
    return middle - half if successes else 0.0, middle + half if successes < n else 1.0


def _binomial(n: int, q: float) -> tuple[int, int]:
    below = stats.binom(n, q)
    return int(below.ppf(_TAIL)), int(below.ppf(1.0 - _TAIL))


FIXED = Intervals("fixed", _wilson, _binomial, lambda _: _Z)
"""For a number of replications that was chosen beforehand: Wilson, order statistics, 1.96 standard errors."""
