"""Simulation-based calibration: does a fitter find again what the data were made with, neither too sure nor too shy?

Draw parameters from the prior, simulate data from them, fit, and count for each parameter how many of L posterior draws
are below the truth. If prior, simulator and fitter belong together, that rank is uniform on 0 .. L: S. Talts et al.,
"Validating Bayesian inference algorithms with simulation-based calibration", arXiv:1804.06788. The draws have to be
about independent: thin them. `ranks` of all parameters have the shape (data sets, parameters); `top` is L.

Ranks that crowd at both ends come from posteriors that are too narrow, in the middle from posteriors that are too wide,
and at one end from posteriors that are off to the other side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special, stats

from calibration.shares import exact_share
from sim.model.arrays import FloatArray, IntArray
from sim.study.estimates import LEVEL, Estimate

ALPHA = 0.01
"""Chance of refusing a sound fitter, all its parameters and tests together."""

BINS = 10
"""Of the chi-square test."""

LEVELS = (0.5, 0.9)
"""Intervals whose coverage is counted."""

POINTS = 50
"""Ranks at which distribution functions are compared with the uniform one."""

SIMULATIONS = 100_000
"""Sets of uniform ranks behind an envelope: the smallest p-value is one in so many, enough for 500 parameters."""

TOLD = 5
"""Parameters that the message of a verdict tells."""

SEED = 2026
"""Of the simulations: the same ranks have the same p-value."""

_CHUNK = 5_000
_DIGITS = 12
_LEAST_EXPECTED = 5.0
_VISIBLE = 3.0


@dataclass(frozen=True, eq=False)
class Envelope:
    """How far the empirical distribution of uniform ranks strays from the straight line, at all points together.

    Attributes:
        edges: ranks below which is counted, ascending, shape (points,).
        shares: the probability of a rank below each, shape (points,).
        low, high: least and greatest difference between the observed and the expected share, both included, shape
            (points,). 95 of 100 sets of uniform ranks stay inside at *all* points.
        tails: two-sided tail of 0, 1, ... ranks below each edge, shape (points, data sets + 1).
        simulated: smallest tails of sets of uniform ranks, ascending, shape (SIMULATIONS,).
    """

    edges: IntArray
    shares: FloatArray
    low: FloatArray
    high: FloatArray
    tails: FloatArray
    simulated: FloatArray

    def differences(self, ranks: IntArray) -> FloatArray:
        """Observed less expected share of ranks below the edges; ranks of shape (data sets,)."""
        return self._below(ranks) / len(ranks) - self.shares

    def p_value(self, ranks: IntArray) -> float:
        """Chance that uniform ranks stray at least as far at the point where they stray most."""
        as_rare = np.searchsorted(self.simulated, _surprise(self.tails, self._below(ranks)), side="right")
        return float((as_rare + 1) / (SIMULATIONS + 1))

    def _below(self, ranks: IntArray) -> IntArray:
        return np.asarray(np.searchsorted(np.sort(ranks), self.edges), dtype=np.int64)


@lru_cache(maxsize=8)
def envelope(datasets: int, top: int) -> Envelope:
    """The envelope of the ranks 0 .. top of so many data sets.

    The number of ranks below an edge is binomial, and its two-sided tail says how surprising it is. The smallest tail
    over all edges, of simulated uniform ranks, says how small a tail may be: after T. Säilynoja, P.-C. Bürkner and
    A. Vehtari, "Graphical test for discrete uniformity and its applications in goodness-of-fit evaluation and multiple
    sample comparison", Statistics and Computing 32 (2022), 32.
    """
    edges = np.unique(np.linspace(0, top + 1, POINTS + 2).round().astype(np.int64))[1:-1]
    shares = edges / (top + 1)
    tails = _tails(datasets, shares)
    simulated = _simulate(datasets, shares, tails)
    usual = tails >= simulated[math.floor((1.0 - LEVEL) * SIMULATIONS)]
    least, most = usual.argmax(axis=1), datasets - usual[:, ::-1].argmax(axis=1)
    return Envelope(edges, shares, least / datasets - shares, most / datasets - shares, tails, simulated)


@dataclass(frozen=True)
class Check:
    """The ranks of one parameter.

    Attributes:
        name: of the parameter.
        chi_square, ecdf: p-values of the two tests, each by itself.
        adjusted: the smaller of them, corrected for all tests of the verdict.
        shape: in words, what the ranks look like if they are not uniform.
    """

    name: str
    chi_square: float
    ecdf: float
    adjusted: float
    shape: str

    def __str__(self) -> str:
        return f"{self.name}: {self.shape} (p = {self.adjusted:.2g})"


@dataclass(frozen=True)
class Verdict:
    """All parameters, in the order in which they were given; refused if a corrected p-value is below `alpha`."""

    checks: tuple[Check, ...]
    datasets: int
    alpha: float

    @property
    def failed(self) -> tuple[Check, ...]:
        """The parameters that are refused, the worst first."""
        return tuple(sorted((one for one in self.checks if one.adjusted < self.alpha), key=lambda one: one.adjusted))

    @property
    def passed(self) -> bool:
        """Are the ranks of all parameters as good as uniform?"""
        return not self.failed

    def __str__(self) -> str:
        failed, count = self.failed, len(self.checks)
        worst = min(self.checks, key=lambda one: one.adjusted)
        tests = f"{self.datasets} data sets, smallest p {worst.adjusted:.2g} after correction for {2 * count} tests"
        if not failed:
            return f"the ranks of all parameters are uniform as far as can be seen ({tests})"
        rest = [f"and {len(failed) - TOLD} more"] if len(failed) > TOLD else []
        head = f"the ranks of {len(failed)} of {count} parameters are not uniform ({tests})"
        return "\n  ".join([head, *map(str, failed[:TOLD]), *rest])


def judge(names: Sequence[str], ranks: IntArray, top: int, *, bins: int = BINS, alpha: float = ALPHA) -> Verdict:
    """Test the ranks of every parameter by chi-square and by envelope, and all tests together after Holm.

    A sound fitter is refused with a chance of at most `alpha`, however many parameters it has and however they depend
    on each other: S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979), 65-70.

    Raises ValueError if the shape is not (data sets, parameters), a rank is not in 0 .. top, top is less than 2, or
    there are too few data sets for so many bins.
    """
    _check(names, ranks, top)
    columns, band = ranks.T, envelope(len(ranks), top)
    p_values = np.array([(chi_square(column, top, bins), band.p_value(column)) for column in columns])
    adjusted = _holm(p_values.ravel()).reshape(p_values.shape).min(axis=1)
    rows = zip(names, columns, p_values.tolist(), adjusted.tolist(), strict=True)
    checks = (Check(name, chi, ecdf, p, _shape(column, top)) for name, column, (chi, ecdf), p in rows)
    return Verdict(tuple(checks), len(ranks), alpha)


def chi_square(ranks: IntArray, top: int, bins: int = BINS) -> float:
    """p-value of Pearson's test that ranks, shape (data sets,), are uniform on 0 .. top, in bins as equal as can be.

    Raises ValueError if fewer than five ranks are expected in a bin: the p-value would not hold.
    """
    edges = np.arange(bins + 1) * (top + 1) // bins
    expected = len(ranks) * np.diff(edges) / (top + 1)
    if expected.min() < _LEAST_EXPECTED:
        raise ValueError(f"{len(ranks)} ranks in 0 .. {top} are too few for {bins} bins: five are needed in each")
    observed = np.diff(np.searchsorted(np.sort(ranks), edges))
    return float(special.chdtrc(bins - 1, ((observed - expected) ** 2 / expected).sum()))


@dataclass(frozen=True)
class Coverage:
    """How often an interval of a parameter held the truth.

    Attributes:
        name: of the parameter.
        level: how often it should: between two posterior draws only certain levels are possible.
        share: how often it did.
    """

    name: str
    level: float
    share: Estimate

    @property
    def agrees(self) -> bool:
        """Does chance explain the difference? In 95 of 100 sound cases, each by itself."""
        return self.share.low <= self.level <= self.share.high


def coverage(names: Sequence[str], ranks: IntArray, top: int, levels: Sequence[float] = LEVELS) -> tuple[Coverage, ...]:
    """Coverage of the central intervals that come nearest to each level, parameter by parameter.

    The interval from the a-th smallest to the a-th largest draw holds the truth if its rank is in a .. top - a: in
    top + 1 - 2 a of top + 1 cases.

    Raises ValueError if the shape is not (data sets, parameters), a rank is not in 0 .. top, or top is less than 2.
    """
    _check(names, ranks, top)
    return tuple(
        _covered(name, column, top, level) for name, column in zip(names, ranks.T, strict=True) for level in levels
    )


def _covered(name: str, ranks: IntArray, top: int, level: float) -> Coverage:
    beyond = max(round((1.0 - level) / 2.0 * (top + 1)), 1)
    held = int(((ranks >= beyond) & (ranks <= top - beyond)).sum())
    return Coverage(name, 1.0 - 2.0 * beyond / (top + 1), exact_share(held, len(ranks)))


def _check(names: Sequence[str], ranks: IntArray, top: int) -> None:
    if ranks.ndim != 2 or ranks.shape[1] != len(names) or not ranks.size:
        raise ValueError(f"ranks of shape {ranks.shape} where (data sets, {len(names)}) is needed")
    if top < 2:
        raise ValueError(f"ranks in 0 .. {top}: at least two posterior draws are needed")
    if ranks.min() < 0 or ranks.max() > top:
        raise ValueError(f"ranks from {ranks.min()} to {ranks.max()} where 0 .. {top} is possible")


def _tails(datasets: int, shares: FloatArray) -> FloatArray:
    """Two-sided tails of the binomial counts 0 .. data sets below each edge, shape (points, data sets + 1).

    Rounded, because counts that mirror each other are equally surprising and must not differ by an error of rounding.
    """
    counts = np.arange(datasets + 1)
    below = stats.binom.cdf(counts, datasets, shares[:, None])
    above = stats.binom.sf(counts - 1, datasets, shares[:, None])
    return np.round(2.0 * np.minimum(below, above), _DIGITS)


def _simulate(datasets: int, shares: FloatArray, tails: FloatArray) -> FloatArray:
    """The smallest tails of simulated sets of uniform ranks, ascending, shape (SIMULATIONS,)."""
    rng = np.random.default_rng(SEED)
    between = np.diff(shares, prepend=0.0, append=1.0)
    counts = (rng.multinomial(datasets, between, size=_CHUNK) for _ in range(SIMULATIONS // _CHUNK))
    return np.sort(np.concatenate([_surprise(tails, np.cumsum(some[:, :-1], axis=1)) for some in counts]))


def _surprise(tails: FloatArray, below: IntArray) -> FloatArray:
    """The smallest tail over all edges, from the counts below them, shape (..., points)."""
    return np.asarray(tails[np.arange(len(tails)), below].min(axis=-1))


def _holm(p_values: FloatArray) -> FloatArray:
    """p-values of any tests, shape (n,), such that the chance that any sound one is below alpha is at most alpha."""
    order = np.argsort(p_values)
    raised = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return adjusted


def _shape(ranks: IntArray, top: int) -> str:
    """The more visible of what mean and spread of the ranks say, in words."""
    values = np.arange(top + 1) - top / 2.0
    centred = ranks - top / 2.0
    place = centred.mean() / math.sqrt((values**2).mean() / len(ranks))
    spread = ((centred**2).mean() - (values**2).mean()) / math.sqrt((values**2).var() / len(ranks))
    if max(abs(place), abs(spread)) < _VISIBLE:
        return "neither off to one side nor of a wrong width, but not uniform"
    if abs(place) > abs(spread):
        return "estimates too low" if place > 0 else "estimates too high"
    return "too confident" if spread > 0 else "too cautious"
