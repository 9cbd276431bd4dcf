"""Where chains begin: spread over the prior, at times that agree with every observation."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from calibration.chains.prior import draw_prior
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import FloatArray

SLOWEST = 6.0
"""Longest time of a special at the start, in ground times; what observations say goes before."""


class NoStart(Exception):
    """No times agree with all observations at once."""


def start(problem: Problem, chains: int, rng: np.random.Generator) -> State:
    """Chains at random places.

    Raises NoStart if the observations contradict each other.
    """
    state = draw_prior(problem, chains, rng)
    state.seconds = _times(problem, state.stage, state.make)
    state.sums = state.seconds @ problem.matrix.T
    state.told = _told(problem, chains)
    state.told_kind = np.argmax(problem.seen.allowed * rng.random((chains, *problem.seen.allowed.shape)), axis=2)
    return state


def _told(problem: Problem, chains: int) -> FloatArray:
    """Seconds that told events lose at the start: what is said, else a few minutes."""
    seen = problem.seen
    middle = np.where(np.isfinite(seen.high_s), (seen.low_s + seen.high_s) / 2.0, np.maximum(seen.low_s, 300.0))
    return np.tile(middle, (chains, 1))


def _times(problem: Problem, stage: FloatArray, pace: FloatArray) -> FloatArray:
    """Times near those of the ground that agree with every observation, shape (B, n): a linear program a chain."""
    guesses = np.exp(stage[:, problem.cell_stage] + pace[:, problem.make[problem.cell_car]])
    cells = problem.cells
    if not len(problem.matrix):
        return guesses
    upper, lower = np.isfinite(problem.high), np.isfinite(problem.low)
    bounds_of_sums = np.concatenate((problem.matrix[upper], -problem.matrix[lower]))
    limits = np.concatenate((problem.high[upper], -problem.low[lower]))
    same = np.eye(cells)
    matrix = np.block(
        [
            [bounds_of_sums, np.zeros((len(bounds_of_sums), cells))],
            [same, -same],
            [-same, -same],
        ]
    )
    times = np.empty_like(guesses)
    for chain, guess in enumerate(guesses):
        found = linprog(
            np.concatenate((np.zeros(cells), 1.0 / guess)),
            A_ub=matrix,
            b_ub=np.concatenate((limits, guess, -guess)),
            bounds=[(0.3 * g, SLOWEST * g) for g in guess] + [(0.0, None)] * cells,
            method="highs",
        )
        if found.x is None:
            raise NoStart(found.message)
        times[chain] = found.x[:cells]
    return times
