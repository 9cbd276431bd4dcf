"""Simulation-based calibration: sound fitters pass at their rate, unsound ones are refused and told why."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from calibration.shares import exact_share
from calibration.uniformity import Coverage, chi_square, coverage, envelope, judge
from sim.model.arrays import IntArray

TOP, DATASETS = 99, 300


def uniform(seed: int, parameters: int = 1, datasets: int = DATASETS) -> IntArray:
    """Ranks of a sound fitter, shape (data sets, parameters)."""
    return np.random.default_rng(seed).integers(0, TOP + 1, size=(datasets, parameters))


def fitted(seed: int, *, width: float = 1.0, shift: float = 0.0, parameters: int = 1) -> IntArray:
    """Ranks of normal means from a posterior whose width is so many times, and whose place so many widths, off.

    The prior is N(0, 1), one value is seen with an error N(0, 1), so that the posterior is N(value / 2, 1 / 2).
    """
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(DATASETS, parameters))
    value = truth + rng.normal(size=truth.shape)
    noise = rng.normal(size=(TOP, *truth.shape))
    draws = value / 2 + math.sqrt(1 / 2) * (shift + width * noise)
    return np.asarray((draws < truth).sum(axis=0))


NAMES = ["a", "b", "c"]


def unsound(ranks: IntArray) -> IntArray:
    """Three parameters, of which the second has these ranks."""
    return np.column_stack([uniform(1), ranks, uniform(2)])


def test_a_sound_fitter_passes():
    assert judge(NAMES, fitted(3, parameters=3), TOP).passed


@pytest.mark.parametrize(
    ("ranks", "shape"),
    [
        (fitted(4, width=0.6), "too confident"),
        (fitted(4, width=1.7), "too cautious"),
        (fitted(4, shift=0.5), "estimates too high"),
        (fitted(4, shift=-0.5), "estimates too low"),
    ],
)
def test_an_unsound_fitter_is_refused_by_parameter_and_told_why(ranks: IntArray, shape: str):
    verdict = judge(NAMES, unsound(ranks), TOP)
    assert [(check.name, check.shape) for check in verdict.failed] == [("b", shape)]


def test_both_tests_refuse_an_unsound_fitter():
    (check,) = judge(["a"], fitted(4, width=0.5), TOP).checks
    assert check.chi_square < 1e-6
    assert check.ecdf < 1e-4


def test_ranks_that_are_neither_off_nor_of_a_wrong_width_can_be_refused():
    """All of them are one standard deviation of uniform ranks away from the middle."""
    (check,) = judge(["a"], np.tile([21, 78], 150)[:, None], TOP).failed
    assert check.shape == "neither off to one side nor of a wrong width, but not uniform"


@pytest.mark.parametrize("level", [0.01, 0.05, 0.2])
def test_the_false_alarms_of_both_tests_come_at_their_rate(level: float):
    band, runs = envelope(DATASETS, TOP), 4000
    ranks = uniform(5, parameters=runs).T
    error = math.sqrt(level * (1 - level) / runs)
    assert np.mean([band.p_value(row) <= level for row in ranks]) == pytest.approx(level, abs=4 * error)
    assert np.mean([chi_square(row, TOP) <= level for row in ranks]) == pytest.approx(level, abs=4 * error)


def test_false_alarms_over_many_parameters_are_no_more_than_was_said_and_not_far_fewer():
    """Two tests of the same ranks are alike, so that the correction asks for a bit more than it must."""
    alpha, runs = 0.1, 1000
    alarms = [not judge(list("abcdefgh"), uniform(seed, 8), TOP, alpha=alpha).passed for seed in range(runs)]
    error = math.sqrt(alpha * (1 - alpha) / runs)
    assert alpha / 2 < np.mean(alarms) < alpha + 4 * error


def test_sound_parameters_stay_in_the_envelope_in_95_of_100_cases():
    band, runs = envelope(DATASETS, TOP), 4000
    differences = np.array([band.differences(row) for row in uniform(6, parameters=runs).T])
    inside = ((differences >= band.low - 1e-12) & (differences <= band.high + 1e-12)).all(axis=1)
    assert inside.mean() == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs))


def test_the_p_value_of_the_envelope_is_that_of_all_possible_sets_of_ranks():
    """Of six ranks 0 .. 2 the numbers below 1 and below 2 are binomial with 1/3 and 2/3; by enumeration."""
    band, datasets = envelope(6, 2), 6
    assert band.edges.tolist() == [1, 2]
    exact = []
    for low_count, middle in itertools.product(range(datasets + 1), repeat=2):
        if low_count + middle <= datasets:
            counts = [low_count, middle, datasets - low_count - middle]
            tails = [two_sided(low_count, 1 / 3), two_sided(low_count + middle, 2 / 3)]
            exact.append((min(tails), stats.multinomial.pmf(counts, datasets, [1 / 3] * 3)))
    ranks = np.array([0, 0, 0, 0, 1, 2])
    surprise = min(two_sided(4, 1 / 3), two_sided(5, 2 / 3))
    known = sum(chance for tail, chance in exact if tail <= surprise + 1e-12)
    assert band.p_value(ranks) == pytest.approx(known, abs=4 * math.sqrt(known / 100_000))


def two_sided(count: int, share: float) -> float:
    law = stats.binom(6, share)
    return float(2 * min(law.cdf(count), law.sf(count - 1)))


def test_a_difference_is_the_observed_less_the_expected_share_of_lower_ranks():
    band = envelope(4, 2)
    assert band.shares.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert band.differences(np.array([0, 0, 1, 2])) == pytest.approx([2 / 4 - 1 / 3, 3 / 4 - 2 / 3])


def test_many_ranks_are_compared_at_fifty_points():
    assert len(envelope(100, 999).edges) == 50


def test_chi_square_is_that_of_pearson():
    """Two bins of 50 ranks each, 30 and 10 of 40 ranks in them: (30 - 20)^2 / 20 twice."""
    ranks = np.repeat([49, 50], [30, 10])
    assert chi_square(ranks, TOP, bins=2) == pytest.approx(stats.chi2.sf(10.0, 1))


def test_bins_that_do_not_divide_the_ranks_have_their_own_expectations():
    """Ranks 0 .. 4 in two bins: two ranks and three."""
    ranks = np.tile(np.arange(5), 20)
    assert chi_square(ranks, 4, bins=2) == 1.0


def test_too_few_data_sets_for_so_many_bins_are_refused():
    with pytest.raises(ValueError, match=r"49 ranks in 0 \.\. 99 are too few for 10 bins: five are needed in each"):
        chi_square(uniform(7, datasets=49)[:, 0], TOP)
    assert chi_square(uniform(7, datasets=50)[:, 0], TOP) <= 1.0


def test_p_values_are_corrected_after_holm():
    """By hand, from the p-values of the tests themselves: the smallest times their number, the next times one less."""
    verdict = judge(NAMES, fitted(8, parameters=3, width=0.9), TOP)
    single = sorted((p, check.name) for check in verdict.checks for p in (check.chi_square, check.ecdf))
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, (p, name) in enumerate(single):
        largest = max(largest, min(p * (6 - place), 1.0))
        corrected.setdefault(name, largest)
    assert {check.name: check.adjusted for check in verdict.checks} == pytest.approx(corrected)


def test_alpha_decides():
    ranks = fitted(9, width=0.8)
    (check,) = judge(["a"], ranks, TOP).checks
    assert judge(["a"], ranks, TOP, alpha=check.adjusted * 1.01).failed == (check,)
    assert judge(["a"], ranks, TOP, alpha=check.adjusted * 0.99).passed


def test_the_worst_come_first_and_the_message_counts_the_rest():
    columns = [fitted(seed, width=0.6 - 0.05 * seed) for seed in range(7)]
    verdict = judge([f"p{k}" for k in range(8)], np.column_stack([*columns, uniform(10)]), TOP)
    values = [check.adjusted for check in verdict.failed]
    assert values == sorted(values)
    assert verdict.failed[0].name == "p6"
    lines = str(verdict).splitlines()
    assert lines[0] == (
        f"the ranks of {len(values)} of 8 parameters are not uniform "
        f"(300 data sets, smallest p {values[0]:.2g} after correction for 16 tests)"
    )
    assert lines[1] == f"  {verdict.failed[0].name}: too confident (p = {values[0]:.2g})"
    assert len(lines) == 7
    assert lines[-1] == f"  and {len(values) - 5} more"


def test_the_message_of_what_passed_says_how_much_was_looked_at():
    verdict = judge(NAMES, uniform(11, 3), TOP)
    smallest = min(check.adjusted for check in verdict.checks)
    assert str(verdict) == (
        "the ranks of all parameters are uniform as far as can be seen "
        f"(300 data sets, smallest p {smallest:.2g} after correction for 6 tests)"
    )


# Coverage


def test_coverage_counts_the_ranks_between_two_draws():
    """The 90 % interval of 99 draws leaves five ranks on either side, the 50 % interval twenty-five."""
    ranks = np.array([[4], [5], [24], [25], [74], [75], [94], [95]])
    assert coverage(["a"], ranks, TOP) == (
        Coverage("a", 0.5, exact_share(2, 8)),
        Coverage("a", 0.9, exact_share(6, 8)),
    )


def test_coverage_tells_the_level_that_the_draws_allow():
    (nearest,) = coverage(["a"], np.array([[3]]), 10, levels=[0.5])
    (widest,) = coverage(["a"], np.array([[3]]), 4, levels=[0.9])
    assert nearest.level == pytest.approx(5 / 11)
    assert widest.level == pytest.approx(0.6)


def test_intervals_of_a_sound_fitter_cover_at_their_level():
    covered = coverage(NAMES, fitted(12, parameters=3), TOP)
    assert [(one.name, one.level) for one in covered] == [(name, level) for name in NAMES for level in (0.5, 0.9)]
    assert all(one.agrees for one in covered)


def test_intervals_of_a_fitter_that_is_too_confident_cover_too_little():
    for one in coverage(["a"], fitted(13, width=0.6), TOP):
        assert not one.agrees
        assert one.share.high < one.level


# Bad input


@pytest.mark.parametrize("shape", [(10,), (10, 2), (0, 3)])
@pytest.mark.parametrize("function", [judge, coverage])
def test_ranks_of_another_shape_are_refused(function, shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"ranks of shape .* where \(data sets, 3\) is needed"):
        function(NAMES, np.zeros(shape, dtype=np.int64), TOP)


@pytest.mark.parametrize(("least", "greatest"), [(-1, 99), (0, 100)])
@pytest.mark.parametrize("function", [judge, coverage])
def test_ranks_beyond_the_draws_are_refused(function, least: int, greatest: int):
    with pytest.raises(ValueError, match=rf"ranks from {least} to {greatest} where 0 \.\. 99 is possible"):
        function(["a"], np.array([[least], [greatest]]), TOP)


@pytest.mark.parametrize("function", [judge, coverage])
def test_a_single_draw_is_too_little(function):
    with pytest.raises(ValueError, match="at least two posterior draws are needed"):
        function(["a"], np.array([[0], [1]]), 1)
