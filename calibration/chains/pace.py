"""Moves of what makes a stage time: ground, stages, makes, crews, and how much each of them scatters."""

from __future__ import annotations

import numpy as np

from calibration.chains.densities import normal_log_pdf
from calibration.chains.effects import Effects, ground_log_s
from calibration.chains.lines import FreeLines
from calibration.chains.spreads import move_consistency, move_spreads
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import FloatArray


def move_pace(problem: Problem, lines: FreeLines, effects: Effects, state: State, rng: np.random.Generator) -> None:
    """One round of all moves."""
    move_spreads(problem, lines, effects, state, rng)
    effects.draw(problem, state, rng)
    _move_speeds(problem, state, rng)
    move_consistency(problem, state, rng)


def _move_speeds(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """One Metropolis step of the speed on each terrain."""
    prior, sd = problem.terrain_prior, problem.priors.terrain_log_sd
    for terrain in range(len(prior)):
        speed = state.speed.copy()
        speed[:, terrain] += rng.normal(size=state.chains) * 1.2 * sd
        gain = _log_stages(problem, state, speed) - _log_stages(problem, state, state.speed)
        gain += normal_log_pdf(speed[:, terrain], prior[terrain], sd)
        gain -= normal_log_pdf(state.speed[:, terrain], prior[terrain], sd)
        taken = np.log(rng.random(state.chains)) < gain
        state.speed = np.where(taken[:, None], speed, state.speed)


def _log_stages(problem: Problem, state: State, speed: FloatArray) -> FloatArray:
    density = normal_log_pdf(state.stage, ground_log_s(problem, speed), state.stage_sd[:, None])
    return np.asarray(density.sum(axis=1))
