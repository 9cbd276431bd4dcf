"""Estimates from independent replications, each with an interval that holds the truth in 95 of 100 studies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

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

    def as_json(self) -> dict[str, float | None]:
        """Plain numbers; JSON has no infinity, so an end that is not known is null."""
        return {"value": self.value, "low": _finite_or_none(self.low), "high": _finite_or_none(self.high)}


def probability(successes: int, n: int) -> Estimate:
    """Share of successes in n >= 1 independent trials, with the score interval of Wilson (1927).

    It stays within [0, 1] and has a width even when nothing, or everything, succeeded: E. B. Wilson, "Probable
    inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22 (1927), 209-212.

    Raises ValueError if there are no trials, or more successes than trials.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials")
    share = successes / n
    shrink = 1.0 + _Z**2 / n
    middle = (share + _Z**2 / (2 * n)) / shrink
    half = _Z * math.sqrt(share * (1.0 - share) / n + _Z**2 / (4 * n**2)) / shrink
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == n else middle + half
    return Estimate(share, low, high)


def mean(values: npt.ArrayLike) -> Estimate:
    """Mean of n >= 1 independent values, shape (n,), with the normal interval: 1.96 standard errors on either side.

    One value says nothing about the spread: its interval has no ends.

    Raises ValueError if there is no value.
    """
    array = np.asarray(values, dtype=np.float64)
    return mean_of_sums(
        float(array.sum()), float(np.square(array - array.mean()).sum()) if array.size else 0.0, array.size
    )


def mean_of_sums(total: float, squares: float, n: int) -> Estimate:
    """The same as `mean`, from the sum of n values and the sum of the squares of their distances from their mean.

    Raises ValueError if there is no value.
    """
    if n < 1:
        raise ValueError("the mean of no values")
    value = total / n
    half = _Z * math.sqrt(squares / (n - 1) / n) if n > 1 else math.inf
    return Estimate(value, value - half, value + half)


def quantile(values: npt.ArrayLike, q: float) -> Estimate:
    """Quantile of n >= 1 independent values, shape (n,), with the interval between two of the values themselves.

    How many values lie below the true quantile is binomial (n, q), whatever their distribution: H. A. David and H. N.
    Nagaraja, "Order Statistics", 3rd ed., Wiley 2003, section 7.1. Where n is too small for such an interval the ends
    are the smallest and the largest value, and hold the truth less often. The quantile is the smallest value that a
    share q of the values do not exceed.

    Raises ValueError if there is no value, or q is not strictly between 0 and 1.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n = ordered.size
    if n < 1 or not 0.0 < q < 1.0:
        raise ValueError(f"quantile {q} of {n} values")
    below = stats.binom(n, q)
    first = max(int(below.ppf(_TAIL)), 1)
    last = min(int(below.ppf(1.0 - _TAIL)) + 1, n)
    value = float(np.quantile(ordered, q, method="inverted_cdf"))
    return Estimate(value, float(ordered[first - 1]), float(ordered[last - 1]))


def _finite_or_none(end: float) -> float | None:
    return end if math.isfinite(end) else None
