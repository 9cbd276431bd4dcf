"""Moves of rates, shares and durations: given the complete counts each is drawn from its own conjugate law."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from calibration.categories import LEAST_SIGMA
from calibration.chains.counts import Counts, count, group_rates
from calibration.chains.densities import TINY, add_at
from calibration.chains.state import State
from calibration.problem import GammaPrior, Problem
from sim.model.arrays import FloatArray


def move_rates(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """One round of all moves."""
    counts = count(problem, state, rng)
    _draw_failures(problem, state, counts, rng)
    _draw_shared(problem, state, counts, rng)
    _draw_shares(problem, state, counts, rng)
    _draw_medians(problem, state, counts, rng)
    _draw_recovery(problem, state, rng)


def _gamma(prior: GammaPrior, number: FloatArray, exposure: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw Gamma variables given counts and exposures; those of infinite shape stay as they are."""
    fixed = np.isinf(prior.shape)
    shape, rate = np.where(fixed, 1.0, prior.shape), np.where(fixed, 1.0, prior.rate)
    drawn = rng.gamma(shape + number) / (rate + exposure)
    return np.where(fixed, prior.rate, np.maximum(drawn, 1e-12))


def like_shared(sd: float | FloatArray) -> GammaPrior:
    """Gamma with mean 1 and the spread of a log-normal multiplier of log standard deviation `sd`."""
    variance = np.expm1(np.square(np.asarray(sd, dtype=np.float64)))
    shape = np.where(variance > 0.0, 1.0 / np.where(variance > 0.0, variance, 1.0), np.inf)
    return GammaPrior(shape, np.where(variance > 0.0, shape, 1.0))


def _draw_failures(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Failures of modes, then of makes (privateers against factory cars)."""
    number = counts.rally.sum(axis=(1, 2)) + counts.groups.sum(axis=1)
    expected = state.rates(problem).sum(axis=(1, 2)) + group_rates(problem, state).sum(axis=1)
    state.failures = _gamma(problem.failures, number, expected / state.failures, rng)
    number, expected = _by_make(problem, counts.rally, counts.groups), _by_make(problem, *_expected(problem, state))
    by_make = expected.sum(axis=2) / state.make_failures
    state.make_failures = _gamma(problem.make_failures, number.sum(axis=2), by_make, rng)


def _draw_shared(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Multipliers that several lives share: rallies, make x mode, crews, stage x mode."""
    variation = problem.plan.rally.variation
    rally, groups = _expected(problem, state)
    number, exposure = _by_rally(problem, counts.rally, counts.groups), _by_rally(problem, rally, groups)
    state.rally = _gamma(like_shared(np.full(problem.rallies, variation.rally_sd)), number, exposure / state.rally, rng)

    expected = _by_make(problem, *_expected(problem, state)) / state.make_mode
    number = _by_make(problem, counts.rally, counts.groups)
    state.make_mode = _gamma(like_shared(variation.make_sd), number, expected, rng)

    expected = state.rates(problem).sum(axis=(1, 3)) / state.care
    state.care = _gamma(like_shared(variation.care_sd), counts.rally.sum(axis=(1, 3)), expected, rng)

    expected = state.rates(problem).sum(axis=2) / state.stage_mode
    state.stage_mode = _gamma(like_shared(problem.plan.modes.stage_sd), counts.rally.sum(axis=2), expected, rng)


def _expected(problem: Problem, state: State) -> tuple[FloatArray, FloatArray]:
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
    kinds, priors, specs = problem.kinds, problem.priors, problem.plan.modes.specs
    base = np.array([spec.severity.shares() for spec in specs])
    weights = np.zeros((state.chains, *base.shape))
    add_at(weights, (slice(None), kinds.mode, kinds.severity), counts.kinds)
    weights += priors.severity.weight * base
    drawn = np.where(base > 0.0, rng.gamma(np.where(base > 0.0, weights, 1.0)), 0.0)
    drawn = np.where(base > 0.0, np.maximum(drawn, 1e-12), 0.0)
    state.severity = drawn / drawn.sum(axis=2, keepdims=True)
    alone = np.array([spec.crew_repair for spec in specs])
    open_ended = (alone > 0.0) & (alone < 1.0)
    mended, helped = np.zeros((state.chains, len(specs))), np.zeros((state.chains, len(specs)))
    add_at(mended, (slice(None), kinds.mode[kinds.crew_halts]), counts.kinds[:, kinds.crew_halts])
    add_at(helped, (slice(None), kinds.mode[kinds.helped_halts]), counts.kinds[:, kinds.helped_halts])
    safe = np.where(open_ended, alone, 0.5)
    weight = priors.repair.weight
    share = rng.beta(weight * safe + mended, weight * (1.0 - safe) + helped)
    state.crew_repair = np.where(open_ended, share, alone)


def _draw_medians(problem: Problem, state: State, counts: Counts, rng: np.random.Generator) -> None:
    """Medians of delays, limps and repairs."""
    number, total = counts.durations
    minutes = problem.priors.minutes
    prior_sd = np.array([minutes.log_sd, minutes.limp_log_sd, minutes.log_sd])
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
