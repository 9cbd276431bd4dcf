"""Scores of forecasts once the truth is known, and how sure their differences are.

All scores are penalties: 0 is perfect, less is better. All are proper: who believes in a distribution expects the
least penalty from forecasting it, and none is saved by shading it: T. Gneiting and A. E. Raftery, "Strictly proper
scoring rules, prediction, and estimation", J. Am. Stat. Assoc. 102 (2007), 359-378. Arguments may be numbers or arrays,
which are combined element by element; samples have their members along the first axis, as rallies are in
`sim.engine.outcomes`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from calibration.shares import exact_share
from sim.model.arrays import BoolArray, FloatArray, Real, Truth, Whole
from sim.study.estimates import LEVEL, Estimate

RESAMPLES = 10_000
"""Resamples of the groups behind an interval: its ends are then good to a few percent of its width."""

SEED = 2026
"""Of the resampling: the same scores have the same interval."""

MIN_GROUPS = 6
"""Fewer groups have no interval: all of them are on one side of the truth in more than 5 of 100 cases (2 / 2^groups),
and then every resample is."""

_ROUNDING = 1e-9


def from_counts(hits: Whole | Real, n: int) -> FloatArray:
    """The probability for which a forecast stands that saw an event in `hits` of n >= 1 rallies.

    It is (hits + 1/2) / (n + 1). No finite number of rallies shows that an event is impossible or certain. One that was
    never seen gets less than 1 / n, one that was always seen lacks as little to 1, and others hardly change: the
    posterior mean under the prior of Jeffreys. Without it a single surprise would have an infinite logarithmic score.

    Raises ValueError if there are no rallies, or more hits than rallies.
    """
    if n < 1 or np.any(np.less(hits, 0) | np.greater(hits, n)):
        raise ValueError(f"hits outside 0 .. {n} rallies")
    return np.asarray((np.asarray(hits, dtype=np.float64) + 0.5) / (n + 1.0))


def brier(probability: Real, happened: Truth) -> FloatArray:
    """Square of the distance between the probability of an event and 1 if it happened, 0 if not: between 0 and 1."""
    _check_probability(probability)
    return np.asarray(np.square(np.subtract(probability, happened, dtype=np.float64)))


def log_score(probability: Real, happened: Truth) -> FloatArray:
    """Minus the natural logarithm of the probability of what happened, event or not; infinite if that was 0.

    Probabilities from counted rallies come from `from_counts`, which is never 0 or 1.
    """
    _check_probability(probability)
    of_truth = np.where(happened, probability, np.subtract(1.0, probability))
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log(of_truth))


def ranked_probability(probabilities: FloatArray, category: Whole) -> FloatArray:
    """Ranked probability score of ordered categories, such as places: between 0 and 1, and small if it was a near miss.

    The mean Brier score of the K - 1 questions whether the truth lies in one of the first 1, 2, ..., K - 1 categories.
    (Other authors have the sum. The mean can be compared between rallies with more cars and with fewer.) E. S. Epstein,
    "A scoring system for probability forecasts of ranked categories", J. Appl. Meteorol. 8 (1969), 985-987.

    Args:
        probabilities: of the K >= 2 categories, shape (..., K); they add up to 1.
        category: index of the true one, 0 .. K - 1, shape (...).

    Raises ValueError if they do not add up to 1, or there is no such category.
    """
    count = probabilities.shape[-1]
    _check_probability(probabilities)
    if not np.allclose(probabilities.sum(axis=-1), 1.0, rtol=0.0, atol=_ROUNDING):
        raise ValueError("the probabilities of all categories do not add up to 1")
    if np.any(np.less(category, 0) | np.greater_equal(category, count)):
        raise ValueError(f"a category outside 0 .. {count - 1}")
    within = np.minimum(np.cumsum(probabilities, axis=-1)[..., :-1], 1.0)  # rounding may lead beyond 1
    reached = np.expand_dims(category, -1) <= np.arange(count - 1)
    return np.asarray(brier(within, reached).mean(axis=-1))


def crps(sample: FloatArray, observed: Real) -> FloatArray:
    """Continuous ranked probability score of the distribution that a sample was drawn from, in the unit of the sample.

    The mean distance of the sample from the truth, less half the mean distance of two of its members. The second mean
    is taken over pairs of *different* members, which makes the score an unbiased estimate of that of the distribution.
    (Over all pairs it would be the exact score of the sample itself. But what is judged is the simulator, not the
    number of rallies that someone happened to run: with all pairs a study of 100 rallies is worse than one of 10,000
    from the same forecaster.) So a score can be slightly below 0. C. A. T. Ferro, "Fair scores for ensemble forecasts",
    Q. J. R. Meteorol. Soc. 140 (2014), 1917-1923.

    A sample of one is a point forecast, and its score the absolute error.

    Args:
        sample: shape (members, ...), at least one member; finite.
        observed: the truth, shape (...).

    Raises ValueError if the sample is empty or not finite.
    """
    return _distance(sample, observed) - _spread(sample)


def crps_interval(sample: FloatArray, low: Real, high: Real) -> tuple[FloatArray, FloatArray]:
    """(least, greatest) score that `crps` can have if the truth is only known to lie in [low, high].

    No distribution of the truth within its interval is made up: forecasters can be told apart where their pairs do not
    overlap. The score is convex in the truth, so that it is least as near to the median of the sample as the interval
    lets it be, and greatest at one of its ends, which may be infinite; then the score is, too.

    Raises ValueError if the sample is empty or not finite, or if an interval has its ends the wrong way round.
    """
    if np.any(np.greater(low, high)):
        raise ValueError("an interval with its ends the wrong way round")
    least = crps(sample, np.clip(np.median(sample, axis=0), low, high))
    return least, np.maximum(crps(sample, low), crps(sample, high))


def pit(sample: FloatArray, observed: Real) -> FloatArray:
    """Where the truth lies in a sample of m members, shape (m, ...), as a probability: (rank + 1/2) / (m + 1).

    The rank, 0 .. m, is the number of members below the truth. If the forecast is right all ranks are equally likely:
    the probability integral transform is uniform. Members equal to the truth count half. (Who draws lots instead has
    exact uniformity, but another result for every draw; with half counts values with ties are a little too close to
    1/2, which matters only where many members are equal.) Infinite values have their place.

    Raises ValueError if the sample is empty, or a value is not a number.
    """
    if not len(sample) or np.isnan(sample).any() or np.isnan(observed).any():
        raise ValueError("an empty sample, or a value that is not a number")
    rank = np.less(sample, observed).sum(axis=0) + np.equal(sample, observed).sum(axis=0) / 2.0
    return from_counts(rank, len(sample))


@dataclass(frozen=True)
class Bin:
    """Forecasts of about the same probability, and what came of them.

    Attributes:
        low, high: the probabilities in it: low <= p < high; 1 is in the last one.
        forecast: their mean.
        frequency: how often the event happened, with an interval as if the forecasts were independent.
        count: how many forecasts there are.
    """

    low: float
    high: float
    forecast: float
    frequency: Estimate
    count: int


def reliability(probability: FloatArray, happened: BoolArray, bins: int = 10) -> tuple[Bin, ...]:
    """Forecasts of events, shape (n,), in so many bins of the same width; empty ones are left out."""
    _check_probability(probability)
    edges = np.arange(bins + 1) / bins
    index = np.minimum(np.searchsorted(edges, probability, side="right") - 1, bins - 1)
    return tuple(
        _bin(float(edges[k]), float(edges[k + 1]), probability[index == k], happened[index == k])
        for k in np.unique(index)
    )


def skill(scores: FloatArray, baseline: FloatArray) -> float:
    """Share of the baseline's mean penalty that a forecaster saves: 1 is perfect, 0 no better, less is worse.

    Raises ValueError if the baseline is perfect.
    """
    if np.mean(baseline) == 0.0:
        raise ValueError("the baseline is perfect: nothing can be saved")
    return float(1.0 - np.mean(scores) / np.mean(baseline))


def mean_difference(scores: FloatArray, baseline: FloatArray, groups: Sequence[object]) -> Estimate:
    """Mean of the scores of one forecaster less those of another, of the same n events; below 0 the first is better.

    Events of one group, such as an evening or a car, share their luck, so that whole groups are resampled with
    replacement: the block bootstrap. Few groups make its percentiles too narrow; they are taken further out, to where
    those of a normal sample of so many groups would be right: T. C. Hesterberg, "What teachers should know about the
    bootstrap", The American Statistician 69 (2015), 371-386. For a dozen groups or more they then hold the truth in 95
    of 100 cases, for six in 93; if the differences are very skewed, in fewer. Fewer than MIN_GROUPS have no ends.

    Args:
        scores: of the first, shape (n,), n >= 1; finite.
        baseline: of the other, likewise.
        groups: the group of each event, n of them; equal ones are one group.

    Raises ValueError if these are not equally many.
    """
    if not len(scores) == len(baseline) == len(groups) > 0:
        raise ValueError(f"{len(scores)} scores, {len(baseline)} of the baseline and {len(groups)} groups")
    number = {group: k for k, group in enumerate(dict.fromkeys(groups))}
    index = [number[group] for group in groups]
    sums, sizes = np.bincount(index, weights=scores - baseline), np.bincount(index)
    mean, count = float(np.mean(scores - baseline)), len(number)
    if count < MIN_GROUPS:
        return Estimate(mean, -math.inf, math.inf)
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES)
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), _percentiles(count))
    return Estimate(mean, float(low), float(high))


def _bin(low: float, high: float, probability: FloatArray, happened: BoolArray) -> Bin:
    frequency = exact_share(int(happened.sum()), happened.size)
    return Bin(low, high, float(probability.mean()), frequency, happened.size)


def _percentiles(groups: int) -> tuple[float, float]:
    """Of a resampled mean, the percentiles that hold the truth for normal values of so many groups."""
    wide = math.sqrt(groups / (groups - 1)) * special.stdtrit(groups - 1, (1.0 - LEVEL) / 2.0)
    tail = float(special.ndtr(wide))
    return tail, 1.0 - tail


def _distance(sample: FloatArray, observed: Real) -> FloatArray:
    """Mean distance of the members from the truth."""
    if not len(sample) or not np.isfinite(sample).all():
        raise ValueError("a sample that is empty or not finite")
    return np.asarray(np.abs(np.subtract(sample, observed)).mean(axis=0))


def _spread(sample: FloatArray) -> FloatArray:
    """Half the mean distance of two different members, by their order; 0 for one member.

    In ascending order member i of m is above i - 1 others and below m - i.
    """
    members = len(sample)
    weights = 2.0 * np.arange(1, members + 1) - members - 1.0
    return np.asarray(np.tensordot(weights, np.sort(sample, axis=0), axes=1) / max(members * (members - 1), 1))


def _check_probability(probability: Real) -> None:
    if not np.all(np.greater_equal(probability, 0.0) & np.less_equal(probability, 1.0)):
        raise ValueError("a probability outside 0 .. 1")
