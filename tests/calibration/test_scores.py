"""Scores of forecasts: closed forms, propriety, and the intervals of differences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from calibration.scores import (
    Bin,
    brier,
    crps,
    crps_interval,
    from_counts,
    log_score,
    mean_difference,
    pit,
    ranked_probability,
    reliability,
    skill,
)
from calibration.shares import exact_share
from sim.model.arrays import FloatArray
from sim.study.estimates import Estimate
from tests.support.verdict import of_mean

TENTHS = [k / 10 for k in range(11)]


def distributions() -> Iterator[FloatArray]:
    """All distributions over three categories in steps of a tenth."""
    for first, second in itertools.product(range(11), repeat=2):
        if first + second <= 10:
            yield np.array([first, second, 10 - first - second]) / 10


# Events


def test_the_brier_score_is_the_squared_distance():
    assert brier(np.array([0.8, 0.8, 0.0, 1.0]), np.array([True, False, False, True])) == pytest.approx(
        [0.04, 0.64, 0.0, 0.0]
    )


def test_the_log_score_is_minus_the_logarithm_of_the_probability_of_what_happened():
    scores = log_score(np.array([0.8, 0.8, 1.0]), np.array([True, False, True]))
    assert scores == pytest.approx([0.2231436, 1.6094379, 0.0])


def test_the_log_score_of_an_impossible_event_is_infinite():
    assert log_score(0.0, True) == math.inf


@pytest.mark.parametrize("score", [brier, log_score])
@pytest.mark.parametrize("truth", [0.1, 0.4, 0.9])
def test_the_expected_score_of_an_event_is_least_for_its_probability(score, truth: float):
    expected = {p: truth * score(p, True) + (1 - truth) * score(p, False) for p in TENTHS[1:-1]}
    assert min(expected, key=lambda p: expected[p]) == truth


@pytest.mark.parametrize("score", [brier, log_score])
@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan])
def test_what_is_no_probability_has_no_score(score, probability: float):
    with pytest.raises(ValueError, match=r"a probability outside 0 \.\. 1"):
        score(probability, True)


def test_never_in_n_rallies_is_less_than_once_and_more_than_nothing():
    assert from_counts(0, 9) == pytest.approx(0.05)
    assert from_counts(9, 9) == pytest.approx(0.95)


def test_counted_probabilities_hardly_change():
    assert from_counts(np.array([10_000, 20_000]), 40_000) == pytest.approx([0.25, 0.5], abs=1e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_no_forecast(hits: int, n: int):
    with pytest.raises(ValueError, match=rf"hits outside 0 \.\. {n} rallies"):
        from_counts(hits, n)


# Places


def test_the_ranked_probability_score_is_the_mean_of_the_scores_of_its_thresholds():
    """P(first) = 0.2 and P(first or second) = 0.7; the truth is the third place, the first, the second."""
    probabilities = np.array([0.2, 0.5, 0.3])
    assert ranked_probability(probabilities, 2) == pytest.approx((0.04 + 0.49) / 2)
    assert ranked_probability(probabilities, 0) == pytest.approx((0.64 + 0.09) / 2)
    assert ranked_probability(probabilities, 1) == pytest.approx((0.04 + 0.09) / 2)


def test_a_near_miss_costs_less_than_a_far_one():
    near, far = ranked_probability(np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), 0)
    assert (near, far) == (0.5, 1.0)


def test_the_ranked_probability_score_of_two_categories_is_that_of_brier():
    probabilities = np.array(TENTHS)
    pairs = np.stack([probabilities, 1 - probabilities], axis=1)
    assert ranked_probability(pairs, 0) == pytest.approx(brier(probabilities, True))
    assert ranked_probability(pairs, 1) == pytest.approx(brier(probabilities, False))


@pytest.mark.parametrize("truth", [[0.1, 0.2, 0.7], [0.5, 0.0, 0.5], [0.3, 0.4, 0.3]])
def test_the_expected_ranked_probability_score_is_least_for_the_true_distribution(truth: list[float]):
    def expected(forecast: FloatArray) -> float:
        return sum(truth[place] * float(ranked_probability(forecast, place)) for place in range(3))

    assert min(distributions(), key=expected).tolist() == truth


def test_every_forecast_is_scored_with_its_own_place():
    probabilities = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    assert ranked_probability(probabilities, np.array([[0, 0]])).tolist() == [[0.0, 1.0]]


def test_rounding_in_the_sum_of_probabilities_is_no_error():
    """0.2 + 0.4 + 0.3 + 0.1 is above 1 in binary numbers."""
    assert ranked_probability(np.array([0.2, 0.4, 0.3, 0.1, 0.0]), 0) == pytest.approx((0.64 + 0.16 + 0.01) / 4)


def test_probabilities_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="do not add up to 1"):
        ranked_probability(np.array([0.5, 0.4]), 0)


@pytest.mark.parametrize("category", [-1, 2])
def test_a_place_that_does_not_exist_is_refused(category: int):
    with pytest.raises(ValueError, match=r"a category outside 0 \.\. 1"):
        ranked_probability(np.array([0.5, 0.5]), category)


# Quantities


def test_the_score_of_a_sample_is_that_of_all_its_pairs():
    sample, truth = np.array([3.0, 1.0, 7.0, 7.0]), 5.0
    distances = [abs(a - b) for a, b in itertools.permutations(sample, 2)]
    expected = np.mean([2, 4, 2, 2]) - np.mean(distances) / 2
    assert crps(sample, truth) == pytest.approx(expected)


@pytest.mark.parametrize("z", [-1.5, 0.0, 0.4, 2.0])
def test_the_score_of_a_small_normal_sample_is_on_average_that_of_the_normal_distribution(z: float):
    """Closed form: T. Gneiting et al., Monthly Weather Review 133 (2005), 1098-1118."""
    samples = np.random.default_rng(1).normal(size=(10, 4000))
    known = z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi)
    verdict = of_mean("score", crps(samples, z), known)
    assert verdict.passed, verdict


def test_the_expected_score_of_a_sample_is_least_for_the_true_distribution():
    """By enumeration of all samples of two, and with all truths; members and truths are 0, 1 or 3."""
    values, truth = np.array([0.0, 1.0, 3.0]), [0.2, 0.5, 0.3]
    pairs = list(itertools.product(range(3), repeat=2))
    scores = crps(values[np.array(pairs).T][:, :, None], values)  # (pairs, truths)

    def expected(forecast: FloatArray) -> float:
        return sum(forecast[i] * forecast[j] * float(row @ truth) for (i, j), row in zip(pairs, scores, strict=True))

    assert min(distributions(), key=expected).tolist() == truth


def test_the_score_of_a_point_forecast_is_its_absolute_error():
    assert crps(np.array([[5.0, 5.0]]), np.array([2.0, 9.0])).tolist() == [3.0, 4.0]


def test_the_score_is_in_the_unit_of_the_sample():
    sample = np.random.default_rng(2).normal(size=50)
    assert crps(60 * sample, 30.0) == pytest.approx(60 * crps(sample, 0.5))


def test_a_long_time_before_the_sample_changes_nothing():
    sample = np.random.default_rng(3).normal(size=1000)
    assert crps(sample + 2e8, 2e8) == pytest.approx(crps(sample, 0.0), abs=1e-7)


def test_every_column_of_a_sample_has_its_own_truth():
    sample = np.random.default_rng(4).normal(size=(20, 3))
    together = crps(sample, np.array([0.0, 1.0, 2.0]))
    assert together == pytest.approx([crps(sample[:, k], float(k)) for k in range(3)])


@pytest.mark.parametrize("sample", [[], [1.0, math.inf], [math.nan, 1.0]])
def test_a_sample_that_is_empty_or_not_finite_is_refused(sample: list[float]):
    with pytest.raises(ValueError, match="a sample that is empty or not finite"):
        crps(np.array(sample), 0.0)


@pytest.mark.parametrize(("low", "high"), [(-2.0, -1.0), (-0.5, 1.5), (2.0, 4.0), (1.0, 1.0)])
def test_the_scores_of_an_interval_are_the_extremes_over_all_truths_in_it(low: float, high: float):
    sample = np.random.default_rng(5).normal(size=21)
    possible = [float(crps(sample, truth)) for truth in np.linspace(low, high, 2001)]
    least, greatest = crps_interval(sample, low, high)
    assert least == pytest.approx(min(possible), abs=1e-6)
    assert greatest == pytest.approx(max(possible), abs=1e-12)


def test_a_truth_with_a_lower_limit_only_has_a_least_score_and_no_greatest():
    least, greatest = crps_interval(np.array([5.0]), 7.0, math.inf)
    assert (least, greatest) == (2.0, math.inf)


def test_an_interval_the_wrong_way_round_is_refused():
    with pytest.raises(ValueError, match="an interval with its ends the wrong way round"):
        crps_interval(np.array([5.0]), 7.0, 6.0)


# The place of the truth in a sample


def test_every_place_in_the_sample_is_equally_likely_if_the_forecast_is_right():
    """Each of five values is the truth once and the others are the sample."""
    values = np.array([2.0, 3.0, 5.0, 7.0, 11.0])
    places = [float(pit(np.delete(values, k), values[k])) for k in range(5)]
    assert places == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


def test_members_equal_to_the_truth_count_half():
    assert pit(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == pytest.approx((1 + 1 + 0.5) / 5)


def test_places_are_uniform_for_truths_from_the_same_distribution():
    draws = np.random.default_rng(6).exponential(size=(100, 3000))
    assert stats.kstest(pit(draws[1:], draws[0]), "uniform").pvalue > 1e-4


def test_who_retired_has_a_place_above_all_times():
    assert pit(np.array([1.0, 2.0, math.inf]), math.inf) == pytest.approx((2 + 0.5 + 0.5) / 4)


@pytest.mark.parametrize(("sample", "truth"), [([], 1.0), ([math.nan], 1.0), ([1.0], math.nan)])
def test_what_is_not_a_number_has_no_place(sample: list[float], truth: float):
    with pytest.raises(ValueError, match="an empty sample, or a value that is not a number"):
        pit(np.array(sample), truth)


# Reliability


def test_a_bin_has_the_mean_forecast_the_frequency_and_the_count():
    probability = np.array([0.12, 0.18, 0.15, 0.95])
    happened = np.array([False, True, False, True])
    assert reliability(probability, happened) == (
        Bin(0.1, 0.2, pytest.approx(0.15), exact_share(1, 3), 3),
        Bin(0.9, 1.0, 0.95, exact_share(1, 1), 1),
    )


@pytest.mark.parametrize(("probability", "low"), [(0.0, 0.0), (0.1, 0.1), (0.3, 0.3), (0.7, 0.7), (1.0, 0.9)])
def test_a_limit_belongs_to_the_bin_above_it_and_one_to_the_last(probability: float, low: float):
    (only,) = reliability(np.array([probability]), np.array([True]))
    assert only.low == low


def test_the_number_of_bins_can_be_chosen():
    bins = reliability(np.array([0.2, 0.4, 0.6]), np.array([True, True, False]), bins=2)
    assert [(one.low, one.high, one.count) for one in bins] == [(0.0, 0.5, 2), (0.5, 1.0, 1)]


# Against a baseline


def test_skill_is_the_share_of_the_penalty_that_is_saved():
    assert skill(np.array([0.1, 0.3]), np.array([0.2, 0.6])) == pytest.approx(0.5)
    assert skill(np.array([0.3]), np.array([0.2])) == pytest.approx(-0.5)


def test_nothing_can_be_saved_from_a_perfect_baseline():
    with pytest.raises(ValueError, match="the baseline is perfect"):
        skill(np.array([0.1]), np.array([0.0]))


def difference(values: FloatArray, groups: list[int]) -> Estimate:
    return mean_difference(values, np.zeros(len(values)), groups)


def test_the_difference_is_the_mean_over_all_events():
    """A group of three events counts three times as much as a group of one."""
    scores, baseline = np.array([1.0, 2.0, 3.0, 10.0]), np.array([1.0, 1.0, 1.0, 1.0])
    assert mean_difference(scores, baseline, ["a", "a", "a", "b"]).value == 3.0


def test_the_interval_of_normal_groups_is_that_of_student():
    """Half of it is 2.160 standard errors for fourteen groups."""
    values = stats.norm.ppf((np.arange(14) + 0.5) / 14)
    half = 2.1604 * values.std(ddof=1) / math.sqrt(14)
    estimate = difference(values, list(range(14)))
    assert (estimate.low, estimate.high) == pytest.approx((-half, half), rel=0.03)


def test_the_same_event_many_times_in_its_group_tells_nothing_more():
    values = np.random.default_rng(7).normal(size=14)
    once = difference(values, list(range(14)))
    often = difference(np.repeat(values, 5), [k for k in range(14) for _ in range(5)])
    assert (often.value, often.low, often.high) == pytest.approx((once.value, once.low, once.high))


def test_what_both_forecasters_suffer_from_cancels():
    rng = np.random.default_rng(8)
    luck, gain = rng.exponential(size=40) * 100, rng.normal(-1.0, 0.1, size=40)
    estimate = mean_difference(luck + gain, luck, list(range(40)))
    assert -1.1 < estimate.low < estimate.high < -0.9


def test_the_interval_holds_the_truth_at_its_rate():
    rng = np.random.default_rng(9)
    groups = [k for k in range(14) for _ in range(3)]
    held = []
    for _ in range(300):
        values = np.repeat(rng.normal(size=14), 3) + rng.normal(size=42)
        estimate = difference(values, groups)
        held.append(estimate.low <= 0.0 <= estimate.high)
    assert np.mean(held) == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 300))


def test_the_same_scores_have_the_same_interval():
    values = np.arange(10.0) ** 2
    assert difference(values, list(range(10))) == difference(values, list(range(10)))


def test_fewer_than_six_groups_have_an_interval_without_ends():
    assert difference(np.arange(10.0), [0, 1, 2, 3, 4] * 2) == Estimate(4.5, -math.inf, math.inf)
    assert math.isfinite(difference(np.arange(12.0), [0, 1, 2, 3, 4, 5] * 2).low)


@pytest.mark.parametrize(("scores", "baseline", "groups"), [(2, 1, 2), (2, 2, 1), (0, 0, 0)])
def test_scores_that_are_not_paired_are_refused(scores: int, baseline: int, groups: int):
    message = f"{scores} scores, {baseline} of the baseline and {groups} groups"
    with pytest.raises(ValueError, match=message):
        mean_difference(np.zeros(scores), np.zeros(baseline), list(range(groups)))
