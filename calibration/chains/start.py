"""Where chains begin: spread over the prior, at times that agree with every observation."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from calibration.chains.prior import draw_prior
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import FloatArray

LEAST = 0.1
"""Least share of the driving that the ground lets expect, at the start."""
BRIEF_S = 30.0
"""Seconds that a told event loses at the start if nobody said how many."""


class NoStart(Exception):
    """No times agree with all observations at once."""


def start(problem: Problem, chains: int, rng: np.random.Generator) -> State:
    """Chains at random places.

    Raises NoStart if the observations contradict each other.
    """
    state = draw_prior(problem, chains, rng)
    state.told = _told(problem, chains)
    state.seconds = _times(problem, state)
    state.sums = state.seconds @ problem.matrix.T
    state.told_kind = np.argmax(problem.seen.allowed * rng.random((chains, *problem.seen.allowed.shape)), axis=2)
    return state


def _told(problem: Problem, chains: int) -> FloatArray:
    """Seconds that told events lose at the start: the middle of what is said, else the least that is possible.

    Who is told to have lost a lot has a special to fit it; of the others, many may share a short one.
    """
    seen = problem.seen
    said = np.isfinite(seen.high_s)
    middle = np.where(said, (seen.low_s + np.where(said, seen.high_s, 0.0)) / 2.0, np.maximum(seen.low_s, BRIEF_S))
    return np.tile(middle, (chains, 1))


def _times(problem: Problem, state: State) -> FloatArray:
    """Times that agree with every observation, shape (B, n), near those of the ground: a linear program a chain.

    None is so short that the told events leave no time for driving.
    """
    pace = state.make[:, problem.make[problem.cell_car]]
    driving, lost = np.exp(state.stage[:, problem.cell_stage] + pace), state.lost(problem)
    guesses = driving + lost
    cells = problem.cells
    if not len(problem.matrix):
        return guesses
    bounds_of_sums, limits = _bounds_of_sums(problem)
    same = np.eye(cells)
    matrix = np.block(
        [
            [bounds_of_sums, np.zeros((len(bounds_of_sums), cells))],
            [same, -same],
            [-same, -same],
        ]
    )
    times = np.empty_like(guesses)
    for chain, (guess, least) in enumerate(zip(guesses, lost + LEAST * driving, strict=True)):
        found = linprog(
            np.concatenate((np.zeros(cells), 1.0 / guess)),
            A_ub=matrix,
            b_ub=np.concatenate((limits, guess, -guess)),
            bounds=[(low, None) for low in least] + [(0.0, None)] * cells,
            method="highs",
        )
        if found.x is None:
            raise NoStart(f"the losses told in incidents.csv leave no time to drive: {_short_of_time(problem, least)}")
        times[chain] = found.x[:cells]
    return times


def _bounds_of_sums(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """(matrix, limits) of all observations as matrix @ seconds <= limits."""
    upper, lower = np.isfinite(problem.high), np.isfinite(problem.low)
    matrix = np.concatenate((problem.matrix[upper], -problem.matrix[lower]))
    return matrix, np.concatenate((problem.high[upper], -problem.low[lower]))


def _short_of_time(problem: Problem, least: FloatArray) -> str:
    """Where times that agree with every observation fall short of the least, by as little as possible in all."""
    matrix, limits = _bounds_of_sums(problem)
    same = np.eye(problem.cells)
    found = linprog(
        np.concatenate((np.zeros(problem.cells), np.ones(problem.cells))),
        A_ub=np.block([[matrix, np.zeros_like(matrix)], [-same, -same]]),
        b_ub=np.concatenate((limits, -least)),
        method="highs",
    )
    if found.x is None:
        return "no times agree with the results alone"
    short = np.flatnonzero(found.x[problem.cells :] > 0.5)
    stages, crews = problem.plan.stages, problem.plan.crews
    return ", ".join(
        f"car {crews[problem.cell_car[cell]].car} on stage {stages[problem.cell_stage[cell]].name}" for cell in short
    )
