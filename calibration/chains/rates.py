"""Moves of rates, shares and durations: given the complete counts each is drawn from its own conjugate law."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from calibration.categories import LEAST_SIGMA
from calibration.chains.counts import Counts, count, group_rates
from calibration.chains.densities import TINY, add_at
from calibration.chains.draws import draw_gamma, draw_shares, gamma_like_shared
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.model.rules.failures import Severity


def move_rates(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """One round of all moves."""
    counts = count(problem, state, rng)
    _draw_failures(problem, state, counts, rng)
    _draw_shared(problem, state, counts, rng)
    _draw_shares(problem, state, counts, rng)
    _draw_medians(problem, state, counts, rng)
    _draw_recovery(problem, state, rng)


def _draw_failures(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Failures of modes, then of makes (privateers against factory cars)."""
    number = counts.rally.sum(axis=(1, 2)) + counts.groups.sum(axis=1)
    expected = state.rates(problem).sum(axis=(1, 2)) + group_rates(problem, state).sum(axis=1)
    state.failures = draw_gamma(problem.failures, number, expected / state.failures, rng)
    number, expected = _by_make(problem, counts.rally, counts.groups), _by_make(problem, *_rates(problem, state))
    by_make = expected.sum(axis=2) / state.make_failures
    state.make_failures = draw_gamma(problem.make_failures, number.sum(axis=2), by_make, rng)


def _draw_shared(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Multipliers that several lives share: rallies, make x mode, crews, stage x mode."""
    variation = problem.plan.rally.variation
    rally, groups = _rates(problem, state)
    number, exposure = _by_rally(problem, counts.rally, counts.groups), _by_rally(problem, rally, groups)
    state.rally = draw_gamma(gamma_like_shared(variation.rally_sd), number, exposure / state.rally, rng)

    expected = _by_make(problem, *_rates(problem, state)) / state.make_mode
    number = _by_make(problem, counts.rally, counts.groups)
    state.make_mode = draw_gamma(gamma_like_shared(variation.make_sd), number, expected, rng)

    expected = state.rates(problem).sum(axis=(1, 3)) / state.care
    state.care = draw_gamma(gamma_like_shared(variation.care_sd), counts.rally.sum(axis=(1, 3)), expected, rng)

    expected = state.rates(problem).sum(axis=2) / state.stage_mode
    state.stage_mode = draw_gamma(
        gamma_like_shared(problem.plan.modes.stage_sd), counts.rally.sum(axis=2), expected, rng
    )


def _rates(problem: Problem, state: State) -> tuple[FloatArray, FloatArray]:
    """Expected failures of this rally, shape (B, S, C, M), and of the groups of earlier ones, (B, G, M)."""
    return state.rates(problem), group_rates(problem, state)


def _by_make(problem: Problem, rally: FloatArray, groups: FloatArray) -> FloatArray:
    """Sums by make and mode, shape (B, K, M)."""
    sums = np.zeros((len(rally), len(problem.makes), rally.shape[3]))
    add_at(sums, (slice(None), problem.make), rally.sum(axis=1))
    add_at(sums, (slice(None), problem.groups.make), groups)
    return sums


def _by_rally(problem: Problem, rally: FloatArray, groups: FloatArray) -> FloatArray:
    """Sums by rally, shape (B, 1 + earlier ones)."""
    sums = np.zeros((len(rally), problem.rallies))
    sums[:, 0] = rally.sum(axis=(1, 2, 3))
    add_at(sums, (slice(None), problem.groups.rally), groups.sum(axis=2))
    return sums


def _draw_shares(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Severities of each mode, and the share of halts that the crew mends."""
    kinds, modes = problem.kinds, len(problem.plan.modes)
    cases = np.zeros((state.chains, modes, len(Severity)))
    add_at(cases, (slice(None), kinds.mode, kinds.severity), counts.kinds)
    halts = np.zeros((state.chains, modes, 2))
    for column, which in enumerate((kinds.crew_halts, kinds.helped_halts)):
        add_at(halts, (slice(None), kinds.mode[which], column), counts.kinds[:, which])
    state.severity = draw_severity(problem, cases, rng)
    state.crew_repair = draw_crew_repair(problem, halts, rng)


def draw_severity(problem: Problem, cases: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Shares of the severities of each mode given so many cases, shape (B, M, 5) both."""
    base = np.array([spec.severity.shares() for spec in problem.plan.modes.specs])
    return draw_shares(base, problem.priors.severity.weight, cases, rng)


def draw_crew_repair(problem: Problem, halts: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Share of the halts that the crew mends, shape (B, M), given so many that it did and did not, (B, M, 2)."""
    alone = np.array([spec.crew_repair for spec in problem.plan.modes.specs])
    base = np.stack((alone, 1.0 - alone), axis=1)
    return draw_shares(base, problem.priors.repair.weight, halts, rng)[..., 0]


def _draw_medians(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Medians of delays, limps and repairs."""
    number, total = counts.durations
    prior_sd = np.array(problem.priors.minutes.of_medians)
    sigma = np.ones((len(problem.plan.modes), 3))
    learned = (problem.kinds.duration >= 0) & (problem.kinds.duration < 3)
    sigma[problem.kinds.mode[learned], problem.kinds.duration[learned]] = problem.kinds.sigma[learned]
    state.medians = _draw_normal(problem.kinds.prior_log, prior_sd, number, total, sigma, rng)


def _draw_recovery(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """The hours of told recoveries within what the sources say, then the median of the way back of a stranded car."""
    prior, seen = problem.priors.recovery.hours, problem.seen
    sigma = np.full(state.chains, max(problem.plan.rally.recovery.sigma, LEAST_SIGMA))
    timed = np.flatnonzero((seen.cell < 0) & np.isfinite(seen.high_s))
    limits = (np.maximum(seen.low_s[timed], 1.0), seen.high_s[timed])
    low, high = (ndtr((np.log(limit / 3600.0) - state.recovery[:, None]) / sigma[:, None]) for limit in limits)
    share = low + (high - low) * rng.random(low.shape)
    drawn = state.recovery[:, None] + sigma[:, None] * ndtri(np.clip(share, TINY, 1.0 - 1e-12))
    # A special that was not completed saw events that did not end it as well.
    ended = problem.kinds.ends_special[state.told_kind[:, timed]]
    state.told[:, timed] = np.where(ended, np.clip(3600.0 * np.exp(drawn), *limits), state.told[:, timed])
    hours = np.where(ended, np.log(state.told[:, timed] / 3600.0), 0.0)
    number, total = ended.sum(axis=1).astype(np.float64), hours.sum(axis=1)
    state.recovery = _draw_normal(np.log(prior.median), prior.log_sd, number, total, sigma, rng)


def _draw_normal(
    mean: FloatArray | float,
    sd: FloatArray | float,
    number: FloatArray,
    total: FloatArray,
    sigma: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw the mean of normal values with a normal prior, from their number and sum."""
    precision = 1.0 / np.square(sd) + number / np.square(sigma)
    centre = (mean / np.square(sd) + total / np.square(sigma)) / precision
    return np.asarray(centre + rng.normal(size=number.shape) / np.sqrt(precision))
