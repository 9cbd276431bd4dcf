"""Special cases that can be solved without chains: what the chains find must be that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from calibration.build import build
from calibration.chains.assistance import move_assistance
from calibration.chains.effects import Effects
from calibration.chains.prior import draw_prior
from calibration.chains.spreads import rewhiten, whiten
from calibration.chains.sweep import moves_of, sweep
from calibration.commands.check import MADE_UP
from calibration.convergence import ess_bulk
from calibration.observations import read
from calibration.problem import GammaPrior


@pytest.fixture(scope="module")
def made_up():
    return build(read(MADE_UP))


@pytest.fixture(scope="module")
def history_only():
    """Counts of earlier rallies alone; only the failures of the modes vary, half of everything is told."""
    problem = build(read(MADE_UP).until(0))
    groups = problem.groups
    counted = groups.seen.sum(axis=1) > 0
    fixed = np.full(len(problem.makes), np.inf)
    return replace(
        problem,
        plan=_without_variation(problem.plan),
        make_failures=GammaPrior(fixed, np.ones(len(problem.makes))),
        groups=replace(
            groups,
            make=groups.make[counted],
            rally=groups.rally[counted],
            exposure=groups.exposure[counted],
            seen=groups.seen[counted],
            missing=groups.missing[counted],
            reported=np.full((int(counted.sum()), len(problem.kinds)), 0.5),
        ),
    )


def _without_variation(plan):
    variation = plan.rally.variation.model_copy(update={"rally_sd": 0.0, "make_sd": 0.0, "care_sd": 0.0})
    modes = replace(plan.modes, stage_sd=np.zeros(len(plan.modes)))
    return replace(plan, rally=plan.rally.model_copy(update={"variation": variation}), modes=modes)


def test_counts_of_earlier_rallies_give_the_gamma_law_that_they_are_conjugate_to(history_only):
    problem, rng = history_only, np.random.default_rng(1)
    moves, state = moves_of(problem), draw_prior(problem, 50, rng)
    state.told_kind = np.zeros((50, 0), dtype=np.intp)
    draws = []
    for number in range(220):
        sweep(problem, moves, state, rng)
        if number >= 20:
            draws.append(state.failures.copy())
    draws = np.stack(draws, axis=1)
    shape = problem.failures.shape + problem.groups.seen.sum(axis=0)
    rate = problem.failures.rate + 0.5 * problem.groups.exposure.sum(axis=0)
    for mode in range(draws.shape[2]):
        law = stats.gamma(shape[mode], scale=1.0 / rate[mode])
        places = law.cdf(draws[:, :, mode])
        # A sound place has mean 1/2 and variance 1/12; five standard errors of as many draws as they are worth.
        assert places.mean() == pytest.approx(0.5, abs=5.0 * np.sqrt(1.0 / 12.0 / ess_bulk(draws[:, :, mode])))
        assert places.var() == pytest.approx(1.0 / 12.0, abs=5.0 * np.sqrt(1.0 / 180.0 / ess_bulk(draws[:, :, mode])))


@pytest.fixture
def paces(made_up):
    """4,000 chains with the same spreads, times and no losses."""
    problem = replace(made_up, exposure=np.zeros_like(made_up.exposure), seen=_nothing_seen(made_up.seen))
    one = draw_prior(problem, 1, np.random.default_rng(2))
    chains = 4000
    state = replace(
        one, **{name: np.repeat(value, chains, axis=0) for name, value in vars(one).items() if len(value) == 1}
    )
    noise = np.random.default_rng(3).normal(size=problem.cells)
    driven = one.mean_log(problem)[0] + one.scatter(problem)[0] * noise
    state.seconds = np.tile(np.exp(driven), (chains, 1))
    return problem, state, driven


def _nothing_seen(seen):
    none = np.zeros(len(seen.cell), dtype=bool)
    return replace(
        seen,
        cell=seen.cell[none],
        stage=seen.stage[none],
        car=seen.car[none],
        allowed=seen.allowed[none],
        low_s=seen.low_s[none],
        high_s=seen.high_s[none],
    )


def _joint(problem, effects, state):
    """(prior mean and covariance of the effects, covariance of the observations given them)."""
    mean, sd = effects.prior(problem, state)
    _, noise = effects.seen(problem, np.zeros((state.chains, problem.cells)), state)
    return mean[0], np.diag(sd[0] ** 2), np.diag(noise[0] ** 2)


def test_paces_given_exact_times_and_no_events_have_the_normal_law_of_the_closed_form(paces):
    problem, state, driven = paces
    effects = Effects(problem)
    mean, prior, noise = _joint(problem, effects, state)
    seen = np.concatenate((driven, problem.ultimate[effects.known]))
    gain = prior @ effects.design.T @ np.linalg.inv(effects.design @ prior @ effects.design.T + noise)
    expected = mean + gain @ (seen - effects.design @ mean)
    covariance = prior - gain @ effects.design @ prior
    effects.draw(problem, state, np.random.default_rng(4))
    drawn = np.concatenate(
        (state.stage, state.make, state.crew, state.make_stage.reshape(len(state.make), -1), state.ratio[:, None]),
        axis=1,
    )
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((drawn.mean(axis=0) - expected) / sd).max() < 5.0 / np.sqrt(4000)
    assert np.abs(drawn.var(axis=0) / sd**2 - 1.0).max() < 5.0 * np.sqrt(2.0 / 4000)


def test_the_law_of_the_times_without_effects_is_the_normal_law_of_scipy(paces):
    problem, state, driven = paces
    effects = Effects(problem)
    seen = np.concatenate((driven, problem.ultimate[effects.known]))
    found, expected = [], []
    for factor in (0.5, 1.0, 2.0):
        one = replace(state, make_sd=factor * state.make_sd, consistency=factor * state.consistency)
        mean, prior, noise = _joint(problem, effects, one)
        law = stats.multivariate_normal(effects.design @ mean, effects.design @ prior @ effects.design.T + noise)
        found.append(whiten(problem, effects, one, np.log(state.seconds), np.zeros(0, dtype=int)).log_density()[0])
        expected.append(law.logpdf(seen))
    assert np.diff(found) == pytest.approx(np.diff(expected), rel=1e-6)


def test_times_that_go_along_with_a_spread_stay_as_far_off_what_the_others_let_expect(paces):
    problem, state, driven = paces
    effects, state = Effects(problem), replace(paces[1], **{k: v[:1] for k, v in vars(paces[1]).items()})
    along = np.array([2, 5, 6])
    here = whiten(problem, effects, state, np.log(state.seconds), along)
    wider = replace(state, make_sd=3.0 * state.make_sd, consistency=2.0 * state.consistency)
    there = rewhiten(problem, effects, wider, here)
    seen = np.concatenate((driven, problem.ultimate[effects.known]))
    stay = np.setdiff1d(np.arange(len(seen)), along)
    off = []
    for one, values in ((state, seen[along]), (wider, there.along()[0])):
        mean, prior, noise = _joint(problem, effects, one)
        centre, law = effects.design @ mean, effects.design @ prior @ effects.design.T + noise
        gain = law[np.ix_(along, stay)] @ np.linalg.inv(law[np.ix_(stay, stay)])
        rest = law[np.ix_(along, along)] - gain @ law[np.ix_(stay, along)]
        expected = centre[along] + gain @ (seen[stay] - centre[stay])
        off.append(np.linalg.solve(np.linalg.cholesky(rest), values - expected))
    assert off[1] == pytest.approx(off[0], abs=1e-6)


def test_delay_and_speed_of_a_truck_agree_with_a_plain_grid(made_up):
    trucks, (wait,) = made_up.priors.trucks, made_up.waits
    delays, speeds = (
        np.log(prior.median) + prior.log_sd * np.linspace(-5.0, 5.0, 401)
        for prior in (trucks.start_delay_min, trucks.speed_kmh)
    )
    delay, speed = np.meshgrid(delays, speeds, indexing="ij")
    there = np.maximum(60.0 * np.exp(delay) + 3600.0 * wait.km / np.exp(speed) - wait.driven_s, 0.0)
    repair = stats.lognorm(trucks.repair_min.sigma, scale=60.0 * trucks.repair_min.median)
    weight = repair.cdf(wait.high_s - there) - repair.cdf(wait.low_s - there)
    for value, prior in ((delay, trucks.start_delay_min), (speed, trucks.speed_kmh)):
        weight = weight * stats.norm(np.log(prior.median), prior.log_sd).pdf(value)
    weight /= weight.sum()
    rng = np.random.default_rng(5)
    state, draws = draw_prior(made_up, 1000, rng), []
    for number in range(160):
        move_assistance(made_up, state, rng)
        if number >= 40:
            draws.append((state.truck_delay, state.truck_speed))
    for drawn, value in zip(np.moveaxis(np.array(draws), 0, 2), (delay, speed), strict=True):
        mean = (weight * value).sum()
        sd = np.sqrt((weight * (value - mean) ** 2).sum())
        assert drawn.mean() == pytest.approx(mean, abs=5.0 * sd / np.sqrt(ess_bulk(drawn)))
        assert drawn.std() == pytest.approx(sd, rel=5.0 / np.sqrt(2.0 * ess_bulk(drawn)))
