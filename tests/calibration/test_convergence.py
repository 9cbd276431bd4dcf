"""Convergence of chains: R-hat, effective sample sizes, errors and the verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

from calibration.convergence import Verdict, ess_bulk, ess_tail, judge, mean_error, rhat
from sim.model.arrays import FloatArray

CHAINS, DRAWS = 4, 1000
BIAS = 0.02
"""What effective sample sizes may be wrong by beyond chance: the sum over the lags ends where noise lets it."""


def noise(seed: int, draws: int = DRAWS) -> FloatArray:
    """Independent normal draws, shape (CHAINS, draws)."""
    return np.random.default_rng(seed).normal(size=(CHAINS, draws))


def autoregression(rho: float, seed: int, draws: int = DRAWS) -> FloatArray:
    """Stationary chains of unit variance in which every draw is rho times the one before it, plus noise."""
    shocks = noise(seed, draws) * math.sqrt(1 - rho**2)
    shocks[:, 0] /= math.sqrt(1 - rho**2)
    return np.asarray(signal.lfilter([1.0], [1.0, -rho], shocks, axis=1))


def verdict(*parameters: FloatArray) -> Verdict:
    """The verdict on parameters called a, b, ..., each of shape (chains, draws)."""
    return judge("abcdefghij"[: len(parameters)], np.stack(parameters, axis=2))


def replicated(quantity: object, make: object, count: int = 200) -> tuple[float, float]:
    """(mean, its standard error) of a quantity of the chains made from seeds 0, 1, ..."""
    values = [quantity(make(seed)) for seed in range(count)]  # type: ignore[operator]
    return float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(count)


# R-hat


def test_rhat_of_independent_draws_is_one():
    assert rhat(noise(1)) == pytest.approx(1.0, abs=0.004)


def test_rhat_of_a_small_case_is_that_of_a_hand_computation():
    """Ranks 1 .. 8; halves {1, 2}, {5, 6}, {3, 4}, {7, 8}, whose normal scores are antisymmetric."""
    chains = np.array([[10.0, 20.0, 30.0, 40.0], [50.0, 60.0, 70.0, 80.0]])
    outer, upper, lower, inner = 1.4342, 0.8524, 0.4728, 0.1525  # quantiles of 7.625, 6.625, 5.625 and 4.625 of 8.25
    within = ((outer - upper) ** 2 + (lower - inner) ** 2) / 4
    means = np.array([-(outer + upper) / 2, -(lower + inner) / 2, (lower + inner) / 2, (outer + upper) / 2])
    between = (means**2).sum() / 3
    assert rhat(chains) == pytest.approx(math.sqrt((within / 2 + between) / within), rel=1e-3)


def test_rhat_sees_a_chain_elsewhere():
    chains = noise(2)
    chains[0] += 1.0
    assert rhat(chains) > 1.05


def test_rhat_sees_a_chain_that_is_only_wider():
    chains = noise(3)
    chains[0] *= 3.0
    assert rhat(chains + 10.0) > 1.05


def test_rhat_sees_a_trend_that_all_chains_share():
    assert rhat(noise(4) + np.linspace(0, 2, DRAWS)) > 1.05


def test_rhat_is_the_same_for_every_increasing_function_of_the_draws_as_far_as_places_go():
    shifted = noise(5) + np.array([[0.5], [0.0], [0.0], [0.0]])
    assert rhat(np.exp(shifted)) == pytest.approx(rhat(shifted), abs=1e-12)


def test_rhat_works_without_a_mean_or_a_variance():
    cauchy = np.random.default_rng(6).standard_cauchy((CHAINS, DRAWS))
    assert rhat(cauchy) < 1.01
    cauchy[0] += 2.0
    assert rhat(cauchy) > 1.05


def test_rhat_of_chains_that_stand_apart_is_infinite():
    assert rhat(np.repeat([[0.1], [0.2]], 10, axis=1)) == math.inf


def test_rhat_of_draws_that_are_all_the_same_is_not_a_number():
    assert math.isnan(rhat(np.full((2, 10), 0.1)))


def test_rhat_of_two_values_on_either_side_of_their_median_is_that_of_the_draws():
    """Folded they are all the same, which says nothing."""
    coins = np.sign(noise(7))
    coins[:, 0] = [1.0, -1.0, 1.0, -1.0]
    assert rhat(coins) == pytest.approx(1.0, abs=0.01)


# Effective sample sizes


def test_independent_draws_count_in_full():
    mean, error = replicated(ess_bulk, noise)
    assert mean == pytest.approx(CHAINS * DRAWS, abs=4 * error + BIAS * CHAINS * DRAWS)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_an_autoregression_is_worth_its_known_share_of_independent_draws(rho: float):
    mean, error = replicated(ess_bulk, lambda seed: autoregression(rho, seed, 4 * DRAWS))
    known = CHAINS * 4 * DRAWS * (1 - rho) / (1 + rho)
    assert mean == pytest.approx(known, abs=4 * error + BIAS * known)


def test_a_swinging_chain_is_worth_more_than_independent_draws():
    mean, error = replicated(ess_bulk, lambda seed: autoregression(-0.2, seed))
    assert mean == pytest.approx(CHAINS * DRAWS * 1.2 / 0.8, abs=4 * error + BIAS * CHAINS * DRAWS)


def test_a_swinging_chain_is_worth_no_more_than_n_log10_n():
    n = CHAINS * DRAWS
    assert ess_bulk(autoregression(-0.9, 8)) == pytest.approx(n * math.log10(n))


def test_effective_draws_are_those_of_direct_sums():
    """The same sums, lag by lag and chain by chain, where a pair of lags is above the pair before it."""
    chains = autoregression(0.7, 18, 101)
    halves = [half for chain in chains for half in (chain[:50], chain[51:])]
    within = np.mean([np.var(half, ddof=1) for half in halves])
    overall = 49 / 50 * within + np.var([half.mean() for half in halves], ddof=1)
    pairs: list[float] = []
    for lag in range(0, 50, 2):
        pair = 0.0
        for k in (lag, lag + 1):
            centred = [half - half.mean() for half in halves]
            covariance = np.mean([sum(c[i] * c[i + k] for i in range(50 - k)) / 49 for c in centred])
            pair += 1 - (within - covariance) / overall
        if pair <= 0:
            break
        pairs.append(min([pair, *pairs]))
    size = 400 / (2 * sum(pairs) - 1)
    assert mean_error(chains) == pytest.approx(chains.std(ddof=1) / math.sqrt(size), rel=1e-10)


def test_chains_in_different_places_are_worth_few_draws():
    assert ess_bulk(noise(10) + 3.0 * np.arange(CHAINS)[:, None]) < 20


def test_bulk_is_the_same_for_every_increasing_function_of_the_draws():
    chains = autoregression(0.5, 11)
    assert ess_bulk(np.exp(chains)) == pytest.approx(ess_bulk(chains), rel=1e-10)


def test_heavy_tails_have_effective_draws():
    cauchy = np.random.default_rng(12).standard_cauchy((CHAINS, DRAWS))
    assert 3000 < ess_bulk(cauchy) < 5000
    assert 3000 < ess_tail(cauchy) < 5000


def test_the_tail_sees_what_the_bulk_does_not():
    """One chain in two never visits the upper tail, but is in the middle where the others are."""
    chains = noise(13)
    chains[:2] = np.minimum(chains[:2], 1.2)
    assert ess_tail(chains) < 200 < 3000 < ess_bulk(chains)


def test_both_tails_count():
    chains = noise(14)
    chains[:2] = np.minimum(chains[:2], 1.2)
    assert ess_tail(-chains) == pytest.approx(ess_tail(chains))


def test_a_limit_at_which_many_draws_stand_is_a_tail():
    """Some 8 % of the draws are the largest one: none is beyond the upper quantile. Two chains never get there."""
    chains = np.minimum(noise(15), 1.0)
    assert 3000 < ess_tail(chains) < 5000
    chains[:2][chains[:2] == 1.0] = 0.9
    assert ess_tail(chains) < 200


@pytest.mark.parametrize("quantity", [ess_bulk, ess_tail])
def test_effective_draws_of_a_constant_are_not_a_number(quantity):
    assert math.isnan(quantity(np.full((2, 10), 0.1)))


# The error of the mean


def test_the_error_of_a_mean_is_that_of_many_means():
    """Of an autoregression with rho = 0.6 the mean of n draws has the variance 4 / n."""
    mean, error = replicated(mean_error, lambda seed: autoregression(0.6, seed))
    assert mean == pytest.approx(math.sqrt(4 / (CHAINS * DRAWS)), abs=4 * error)


def test_the_error_of_the_mean_is_in_the_unit_of_the_draws():
    chains = noise(16)
    assert mean_error(60 * chains) == pytest.approx(60 * mean_error(chains))


def test_the_mean_of_a_constant_has_no_error():
    assert mean_error(np.full((2, 10), 0.1)) == 0.0


# The verdict


def test_sound_chains_pass():
    result = verdict(noise(17), autoregression(0.3, 18))
    assert result.passed
    assert result.failed == ()


def test_a_chain_elsewhere_is_refused_by_name():
    shifted = noise(19) + np.array([[1.0], [0.0], [0.0], [0.0]])
    result = verdict(noise(17), shifted)
    assert [one.name for one in result.failed] == ["b"]
    assert "R-hat" in result.failed[0].problems[0]


def test_a_sluggish_chain_is_refused_for_its_few_draws():
    result = judge(["a"], autoregression(0.95, 20)[:, :, None], max_rhat=2.0)
    assert [problem.split(" ", 1)[1] for problem in result.failed[0].problems] == [
        "effective draws in the bulk (at least 400)",
        "effective draws in the tails (at least 400)",
    ]


def test_a_constant_is_no_problem_and_is_named():
    result = verdict(noise(17), np.full((CHAINS, DRAWS), 0.1))
    assert result.passed
    assert result.constant == ("b",)
    assert str(result).endswith("; constant: b")


def test_chains_that_stand_apart_are_refused():
    result = verdict(np.repeat([[0.1], [0.1], [0.1], [0.2]], DRAWS, axis=1))
    assert not result.passed
    assert result.constant == ()
    assert result.failed[0].problems[:2] == ("chain 1 of 4 stands still", "chain 2 of 4 stands still")


def test_a_chain_that_stands_still_alone_is_named():
    chains = noise(21)
    chains[2] = 0.3
    assert verdict(chains).failed[0].problems[0] == "chain 3 of 4 stands still"


def test_draws_that_are_not_finite_are_refused():
    chains = noise(22)
    chains[0, :3] = [math.nan, math.inf, -math.inf]
    assert verdict(chains).failed[0].problems == ("3 of 4000 draws are not finite",)
    assert verdict(chains).constant == ()


def test_the_worst_come_first():
    broken = np.full((CHAINS, DRAWS), math.nan)
    result = verdict(autoregression(0.95, 23), autoregression(0.995, 24), noise(17), broken)
    assert [one.name for one in result.failed] == ["d", "b", "a"]


def test_the_message_tells_the_worst_five_and_counts_the_rest():
    result = verdict(*(autoregression(0.99, seed) for seed in range(7)), noise(17))
    lines = str(result).splitlines()
    assert lines[0].startswith("7 of 8 parameters have not converged (4 chains of 1000 draws); largest R-hat 1.")
    assert [line[:4] for line in lines[1:6]] == [f"  {one.name}:" for one in result.failed[:5]]
    assert lines[6:] == ["  and 2 more"]


def test_the_message_of_what_passed_has_the_worst_values():
    result = verdict(noise(17))
    assert str(result) == (
        f"all parameters have converged (4 chains of 1000 draws); "
        f"largest R-hat {result.worst_rhat:.3f}, fewest effective draws {result.least_ess:.0f}"
    )


def test_the_worst_values_are_over_all_parameters():
    chains = [noise(17), autoregression(0.5, 25)]
    result = verdict(*chains, np.full((CHAINS, DRAWS), 1.0))
    assert result.worst_rhat == max(rhat(one) for one in chains)
    assert result.least_ess == min(min(ess_bulk(one), ess_tail(one)) for one in chains)


def test_constants_alone_have_the_best_values():
    result = verdict(np.full((CHAINS, DRAWS), 1.0))
    assert (result.passed, result.worst_rhat, result.least_ess) == (True, 1.0, math.inf)


def test_a_single_chain_is_judged_by_its_halves():
    assert judge(["a"], noise(26)[:1, :, None]).passed
    assert not judge(["a"], (noise(26)[:1] + np.linspace(0, 2, DRAWS))[:, :, None]).passed


@pytest.mark.parametrize("shape", [(4, 100), (4, 100, 2), (0, 100, 1)])
def test_samples_of_another_shape_are_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"samples of shape .* where \(chains, draws, 1\) is needed"):
        judge(["a"], np.zeros(shape))


def test_chains_that_cannot_be_halved_are_refused():
    with pytest.raises(ValueError, match="3 draws in a chain, 4 are the least"):
        judge(["a"], np.zeros((4, 3, 1)))
