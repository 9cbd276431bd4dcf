"""Verdicts: does an estimate from many replications agree with a value that is known without simulation?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

LIMIT = 4.0
"""Standard errors at which an estimate contradicts its reference: in one sound check of 15,800."""


@dataclass(frozen=True)
class Verdict:
    """An estimate against its reference; `z` is how far they are apart, in standard errors."""

    what: str
    estimate: float
    reference: float
    standard_error: float
    z: float

    @property
    def passed(self) -> bool:
        """Is the distance one that chance explains?"""
        return abs(self.z) < LIMIT

    def __str__(self) -> str:
        verb = "agrees with" if self.passed else "contradicts"
        return (
            f"{self.what}: the estimate {self.estimate:.6g} {verb} the known value {self.reference:.6g}, "
            f"{abs(self.z):.1f} standard errors of {self.standard_error:.2g} away (limit {LIMIT:g})"
        )


def of_share(what: str, hits: npt.ArrayLike, reference: float) -> Verdict:
    """The share of independent trials that hit, shape (n,); z has the tail of the exact binomial test."""
    trials = np.asarray(hits, dtype=np.bool_)
    test = stats.binomtest(int(trials.sum()), trials.size, reference)
    share = float(trials.mean())
    tails = stats.norm.isf(test.pvalue / 2)
    error = math.sqrt(reference * (1.0 - reference) / trials.size)
    return Verdict(what, share, reference, error, math.copysign(tails, share - reference))


def of_mean(what: str, values: npt.ArrayLike, reference: float) -> Verdict:
    """The mean of independent values, shape (n,)."""
    sample = np.asarray(values, dtype=np.float64)
    error = float(sample.std(ddof=1)) / math.sqrt(sample.size)
    return _normal(what, float(sample.mean()), reference, error)


def of_ratio(what: str, numerators: npt.ArrayLike, denominators: npt.ArrayLike, reference: float) -> Verdict:
    """The ratio of two means over independent pairs, shape (n,): the estimator of regenerative simulation."""
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    ratio = float(above.mean() / below.mean())
    error = float(np.std(above - ratio * below, ddof=1) / below.mean()) / math.sqrt(above.size)
    return _normal(what, ratio, reference, error)


def of_fit(what: str, probabilities: npt.ArrayLike) -> Verdict:
    """The distance of Kolmogorov and Smirnov of independent F(x) from uniform, shape (n,), with the tail of its test.

    The reference is the mean distance of a sample that has the distribution F.
    """
    values = np.asarray(probabilities, dtype=np.float64)
    test, root = stats.kstest(values, "uniform"), math.sqrt(values.size)
    usual, spread = stats.kstwobign.mean() / root, stats.kstwobign.std() / root
    return Verdict(what, float(test.statistic), float(usual), float(spread), float(stats.norm.isf(test.pvalue / 2)))


def _normal(what: str, estimate: float, reference: float, error: float) -> Verdict:
    return Verdict(what, estimate, reference, error, (estimate - reference) / error)
