"""Estimates and their intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

import numpy as np
import pytest
from scipy import stats

from sim.study.estimates import FIXED, Estimate, Intervals
from sim.study.precision import SEQUENTIAL

probability = FIXED.probability


def mean(values: Iterable[int]) -> Estimate:
    given = list(values)
    return FIXED.mean(sum(given), sum(value**2 for value in given), len(given))


def quantile(values: Iterable[int], q: float) -> Estimate:
    different, counts = np.unique(np.array(list(values), dtype=np.int64), return_counts=True)
    return FIXED.quantile(different, counts, q)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_that_of_wilson_as_newcombe_tabulates_it(
    successes: int, n: int, low: float, high: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    estimate = probability(successes, n)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (low, high)


def test_a_share_is_the_successes_over_the_trials() -> None:
    assert probability(3, 8).value == 0.375


def test_what_always_happened_has_an_interval_that_ends_at_exactly_one() -> None:
    estimate = probability(10, 10)
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert estimate.low == pytest.approx(0.7225, abs=5e-5)


def test_what_never_happened_has_an_interval_that_begins_at_exactly_zero() -> None:
    assert [probability(0, n).low for n in (1, 7, 1000)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_a_share_of_impossible_counts_is_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"{successes} successes in {n} trials"):
        probability(successes, n)


def test_a_mean_has_two_standard_errors_on_either_side() -> None:
    estimate = mean([1, 2, 3, 4])
    assert estimate.value == 2.5
    assert estimate.low == pytest.approx(1.234849, abs=1e-6)
    assert estimate.high == pytest.approx(3.765151, abs=1e-6)


def test_the_mean_of_one_value_has_an_interval_without_ends() -> None:
    assert mean([3]) == Estimate(3.0, -math.inf, math.inf)


def test_an_end_that_is_not_known_is_null_in_json() -> None:
    assert json.dumps(mean([3]).as_json(), allow_nan=False) == '{"value": 3.0, "low": null, "high": null}'


def test_the_mean_of_no_values_is_refused() -> None:
    with pytest.raises(ValueError, match="the mean of no values"):
        mean([])


def test_a_mean_far_from_zero_keeps_its_small_spread() -> None:
    far = 10**12
    shifted = FIXED.mean(4 * far + 10, sum((far + k) ** 2 for k in (1, 2, 3, 4)), 4)
    assert shifted.high - shifted.low == pytest.approx(2 * 1.265151, abs=2e-4)


@pytest.mark.parametrize("intervals", [FIXED, SEQUENTIAL])
@pytest.mark.parametrize("hits", [0, 1, 7, 40_000])
def test_the_mean_of_counts_that_are_all_0_or_1_has_the_interval_of_a_share(intervals: Intervals, hits: int) -> None:
    assert intervals.mean_count(hits, hits, 40_000) == intervals.probability(hits, 40_000)


def test_the_mean_of_rare_counts_does_not_begin_below_zero() -> None:
    estimate, normal = FIXED.mean_count(2, 4, 40_000), FIXED.mean(2, 4, 40_000)
    assert normal.low < 0.0
    assert estimate == Estimate(normal.value, 0.0, normal.high)


def test_the_mean_of_larger_counts_is_as_if_normal() -> None:
    assert FIXED.mean_count(10, 30, 4) == FIXED.mean(10, 30, 4)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_mean_of_one_count_has_an_interval_without_ends(count: int) -> None:
    assert FIXED.mean_count(count, count**2, 1) == Estimate(count, -math.inf, math.inf)


def test_equal_values_count_in_a_quantile_as_often_as_they_came_up() -> None:
    assert quantile([5] * 90 + [7] * 10, 0.5) == Estimate(5, 5, 5)
    assert quantile([5] * 90 + [7] * 10, 0.9) == Estimate(5, 5, 7)


@pytest.mark.parametrize(("q", "expected"), [(0.1, (10, 5, 17)), (0.5, (50, 40, 61)), (0.9, (90, 84, 96))])
def test_the_interval_of_a_quantile_lies_between_two_of_the_values(q: float, expected: tuple[int, int, int]) -> None:
    values = list(range(100, 0, -1))
    assert quantile(values, q) == Estimate(*expected)


def test_the_interval_of_a_quantile_holds_it_with_at_least_95_percent() -> None:
    for n in range(1, 120):
        for q in (0.1, 0.5, 0.9):
            estimate = quantile(range(1, n + 1), q)
            below = stats.binom(n, q)
            assert below.cdf(estimate.high - 1) - below.cdf(estimate.low - 1) >= 0.95


def test_too_few_values_cannot_tell_an_end_of_a_quantile() -> None:
    nothing = float("inf")
    assert quantile([7, 3], 0.5) == Estimate(3, -nothing, nothing)
    assert quantile(range(1, 10), 0.1) == Estimate(1, -nothing, 4)
    assert quantile(range(1, 10), 0.9) == Estimate(9, 6, nothing)


def test_a_quantile_never_lies_outside_its_interval() -> None:
    assert all(
        estimate.low <= estimate.value <= estimate.high
        for n in range(1, 40)
        for estimate in (quantile(range(n), q) for q in (0.001, 0.1, 0.25, 0.5, 0.9, 0.999))
    )


@pytest.mark.parametrize(("values", "q"), [([], 0.5), ([1, 2], 0.0), ([1, 2], 1.0)])
def test_a_quantile_of_nothing_or_at_an_end_is_refused(values: list[int], q: float) -> None:
    with pytest.raises(ValueError, match=f"quantile {q} of {len(values)} values"):
        quantile(values, q)
