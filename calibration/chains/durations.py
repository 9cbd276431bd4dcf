"""Moves of median durations together with everything that was lost by them.

The more events a median has, the less it can move while they stay as they are, and most of them are themselves not
known. So median and losses are scaled together. Times that stand in no exact sum follow; elsewhere the driving would
have to gain what the events lose, so that there only some of them are scaled, or none.
"""

from __future__ import annotations

import numpy as np

from calibration.categories import DELAY, REPAIR
from calibration.chains.densities import add_at, log_driving_pdf, normal_log_pdf
from calibration.chains.events import name_untold
from calibration.chains.lines import FreeLines
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray

AT_ONCE = 4
"""Medians that are moved in one sweep: each time a mode by how often it fails, and one of its durations."""
SCALED = (0.0, 0.0, 0.5, 1.0)
"""Shares, of which one is taken at random, of the cells in exact sums whose losses are scaled."""
STEPS = (0.25, 1.0)
"""Steps, of which one is taken at random, in standard deviations of the prior."""


def move_durations(problem: Problem, lines: FreeLines, state: State, rng: np.random.Generator) -> None:
    """One Metropolis step of some medians; kinds of untold events are drawn first, and then stay."""
    kinds = problem.kinds
    *_, kind, _ = name_untold(problem, state, rng)
    untold = np.full(state.size.shape, -1)
    untold[state.untold] = kind
    learned = np.flatnonzero((kinds.duration >= DELAY) & (kinds.duration <= REPAIR))
    often = (problem.failures.shape / problem.failures.rate * problem.exposure.sum(axis=(0, 1)))[kinds.mode[learned]]
    if not often.any():
        return
    for chosen in rng.choice(learned, AT_ONCE, p=often / often.sum()):
        _scale(problem, lines, state, chosen, untold, rng)


def _scale(
    problem: Problem, lines: FreeLines, state: State, kind: int, untold: IndexArray, rng: np.random.Generator
) -> None:
    """Scale the median of one kind and its losses by one factor."""
    seen, free = problem.seen, lines.free.cells
    mode, duration = problem.kinds.mode[kind], problem.kinds.duration[kind]
    scaled = rng.random(problem.cells) < rng.choice(SCALED)
    scaled[free] = True
    in_cell = seen.cell >= 0
    untold_here, told_here = untold == kind, (state.told_kind == kind) & in_cell
    untold_along, told_along = untold_here & scaled[:, None], told_here & scaled[seen.cell]
    sd = problem.priors.minutes.of_medians[duration]
    step = rng.choice(STEPS) * sd * rng.normal(size=state.chains)
    size = np.where(untold_along, np.exp(step)[:, None, None], 1.0) * state.size
    cost = np.where(told_along, np.exp(step)[:, None], 1.0) * state.told
    longer = (size - state.size).sum(axis=2)
    add_at(longer, (slice(None), seen.cell[in_cell]), (cost - state.told)[:, in_cell])
    centre, median = problem.kinds.prior_log[mode, duration], state.medians[:, mode, duration]
    gain = normal_log_pdf(median + step, centre, sd) - normal_log_pdf(median, centre, sd)
    gain += _gain_of_driving(problem, state, longer, free)
    medians, sigma = state.log_medians(problem)[:, :, kind], problem.kinds.sigma[kind]
    log_size = np.log(np.where(state.untold, state.size, 1.0))
    stay = untold_here & ~untold_along
    gain += _gain_of_sizes(log_size, stay, medians[:, problem.cell_stage, None], step[:, None, None], sigma)
    stay = told_here & ~told_along
    gain += _gain_of_sizes(np.log(state.told), stay, medians[:, seen.stage], step[:, None], sigma)
    said = (~told_along | ((cost >= seen.low_s) & (cost <= seen.high_s))).all(axis=1)
    taken = said & lines.free.allows(state.sums, longer[:, free]) & (np.log(rng.random(state.chains)) < gain)
    lines.free.go(state, np.where(taken[:, None], longer[:, free], 0.0))
    state.size = np.where(taken[:, None, None], size, state.size)
    state.told = np.where(taken[:, None], cost, state.told)
    state.medians[:, mode, duration] = np.where(taken, median + step, median)


def _gain_of_sizes(
    log_size: FloatArray, here: BoolArray, median: FloatArray, step: FloatArray, sigma: float
) -> FloatArray:
    """Gain in log density, shape (B,), if the medians of the losses that are `here` move by a step."""
    change = normal_log_pdf(log_size, median + step, sigma) - normal_log_pdf(log_size, median, sigma)
    return np.asarray(np.where(here, change, 0.0).reshape(len(step), -1).sum(axis=1))


def _gain_of_driving(problem: Problem, state: State, longer: FloatArray, free: IndexArray) -> FloatArray:
    """Gain in log density, shape (B,), if driving makes up for longer losses (B, n) but in the free cells."""
    mean, sd = state.mean_log(problem), state.scatter(problem)
    driven = state.seconds - state.lost(problem)
    there = driven - longer
    there[:, free] = driven[:, free]
    return np.asarray((log_driving_pdf(there, mean, sd) - log_driving_pdf(driven, mean, sd)).sum(axis=1))
