"""Moves of what makes a stage time: ground, stages, makes, crews, and how much each of them scatters."""

from __future__ import annotations

import numpy as np

from calibration.chains.densities import log_normal_pdf
from calibration.chains.effects import Effects, ground_log_s
from calibration.chains.state import State
from calibration.priors import Spread
from calibration.problem import Problem
from sim.model.arrays import FloatArray

CREWS_AT_ONCE = 3
"""Crews whose consistency is moved in one sweep: each costs the law of all times."""


def move_pace(problem: Problem, effects: Effects, state: State, rng: np.random.Generator) -> None:
    """One round of all moves."""
    _move_spreads(problem, effects, state, rng)
    effects.draw(problem, state, rng)
    _move_speeds(problem, state, rng)


def _move_speeds(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """One Metropolis step of the speed on each terrain."""
    prior, sd = problem.terrain_prior, problem.priors.terrain_log_sd
    for terrain in range(len(prior)):
        speed = state.speed.copy()
        speed[:, terrain] += rng.normal(size=state.chains) * 1.2 * sd
        gain = _log_stages(problem, state, speed) - _log_stages(problem, state, state.speed)
        gain += log_normal_pdf(speed[:, terrain], prior[terrain], sd)
        gain -= log_normal_pdf(state.speed[:, terrain], prior[terrain], sd)
        taken = np.log(rng.random(state.chains)) < gain
        state.speed = np.where(taken[:, None], speed, state.speed)


def _log_stages(problem: Problem, state: State, speed: FloatArray) -> FloatArray:
    density = log_normal_pdf(state.stage, ground_log_s(problem, speed), state.stage_sd[:, None])
    return np.asarray(density.sum(axis=1))


def _move_spreads(problem: Problem, effects: Effects, state: State, rng: np.random.Generator) -> None:
    """One Metropolis step of every standard deviation, on the log scale, with the effects integrated out.

    The effects have to be drawn anew before anything else looks at them.
    """
    stages, crews = problem.priors.stages, problem.priors.crews
    spreads: list[tuple[FloatArray, Spread, float]] = [
        (state.stage_sd, stages.common_sd, 0.0),
        (state.make_sd, stages.make_sd, 0.0),
        (state.crew_sd, crews.spread, 0.0),
        (state.ultimate_sd, stages.ultimate_sd, 0.0),
    ]
    for car in rng.permutation(len(problem.make))[:CREWS_AT_ONCE]:
        spread = problem.priors.makes[problem.makes[problem.make[car]]].consistency
        spreads.append((state.consistency[:, car], spread, crews.consistency_floor))
    driven = np.log(state.seconds - state.lost(problem))
    here = effects.log_density(problem, state, driven)
    for sd, prior, floor in spreads:
        old = sd.copy()
        step = prior.log_sd * rng.normal(size=state.chains)
        np.multiply(sd, np.exp(step), out=sd)
        there = effects.log_density(problem, state, driven)
        centre = np.log(prior.median)
        gain = there - here
        gain += log_normal_pdf(np.log(sd), centre, prior.log_sd) - log_normal_pdf(np.log(old), centre, prior.log_sd)
        taken = (sd > floor) & (np.log(rng.random(state.chains)) < gain)
        sd[:] = np.where(taken, sd, old)
        here = np.where(taken, there, here)
