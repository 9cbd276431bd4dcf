"""Moves of stage times that are not known to the second, with or without the events that they cost."""

from __future__ import annotations

import numpy as np

from calibration.chains.effects import Effects, Marginal
from calibration.chains.events import Untold, pick
from calibration.chains.lines import FreeLines, Line
from calibration.chains.state import SLOTS, State
from calibration.problem import Problem
from sim.model.arrays import FloatArray

STEP = 2.4
"""Best step of a random walk on a normal line, in standard deviations."""
LONG_AT_ONCE = 24
"""Long lines in one sweep."""


def move_times(problem: Problem, lines: FreeLines, effects: Effects, state: State, rng: np.random.Generator) -> None:
    """One random-walk Metropolis step of the driving along each line, with the effects integrated out.

    The effects have to be drawn anew before anything else looks at them.
    """
    lost = state.lost(problem)
    marginal = Marginal(problem, effects, state, state.seconds - lost)
    nominal = np.array([stage.track.nominal_s for stage in problem.plan.stages])[problem.cell_stage]
    for line in (*lines.short, *lines.some(problem, LONG_AT_ONCE, rng)):
        cells = line.cells
        # The step hangs on spreads and on the length of the line, which the move leaves as they are, on nothing else.
        slope = line.weights / nominal[cells]
        stiffness = slope @ marginal.precision[:, cells[:, None], cells] @ slope
        back, forth = line.room(state.sums)
        by = rng.normal(size=state.chains) * np.minimum(STEP / np.sqrt(stiffness), 0.6 * (forth - back))
        driven = state.seconds[:, cells] - lost[:, cells]
        to = driven + by[:, None] * line.weights
        possible = (by >= back) & (by <= forth) & (to > 0.0).all(axis=1)
        change = np.where(possible[:, None], np.log(np.where(to > 0.0, to, 1.0) / driven), 0.0)
        # A density of logs becomes one of seconds by dividing by them.
        gain = marginal.gain(cells, change) - change.sum(axis=1)
        taken = possible & (np.log(rng.random(state.chains)) < gain)
        marginal.move(cells, np.where(taken[:, None], change, 0.0))
        _go(state, line, np.where(taken, by, 0.0))


def _go(state: State, line: Line, by: FloatArray) -> None:
    """Move the chains along a line, each by its own length, shape (B,)."""
    state.seconds[:, line.cells] += by[:, None] * line.weights
    state.sums[:, line.rows] += by[:, None] * line.slopes


def move_with_events(problem: Problem, lines: FreeLines, state: State, rng: np.random.Generator) -> None:
    """Let untold events come and go together with the time they cost, or move to another special of the same sum.

    The driving stays as it is. Along a line of one cell an event is born from the prior of the cell, or dies; along a
    line of two cells that make up for each other it goes from one to the other.
    """
    untold = Untold(problem, state)
    for line in lines.short:
        if len(line.cells) == 1:
            _come_or_go(line, state, untold, rng)
        elif line.swaps:
            _change_cells(line, state, untold, rng)


def _come_or_go(line: Line, state: State, expected: Untold, rng: np.random.Generator) -> None:
    cell, chains = line.cells[0], np.arange(state.chains)
    untold = state.untold[:, cell]
    count = untold.sum(axis=1)
    born = rng.random(state.chains) < 0.5
    slot = np.where(born, untold.argmin(axis=1), pick(untold, rng))
    size = np.where(born, expected.draw(line.cells, rng)[:, 0], state.size[chains, cell, slot])
    by = np.where(born, size, -size) / line.weights[0]
    rate = expected.total[:, cell]
    gain = np.where(born, np.log(rate / (count + 1)), np.log(np.maximum(count, 1) / rate))
    back, forth = line.room(state.sums)
    possible = np.where(born, count < SLOTS, count > 0) & (by >= back) & (by <= forth)
    taken = possible & (np.log(rng.random(state.chains)) < gain)
    state.size[chains[taken], cell, slot[taken]] = np.where(born, size, 0.0)[taken]
    _go(state, line, np.where(taken, by, 0.0))


def _change_cells(line: Line, state: State, expected: Untold, rng: np.random.Generator) -> None:
    chains = np.arange(state.chains)
    forward = rng.random(state.chains) < 0.5
    first, second = line.cells
    to, off = np.where(forward, first, second), np.where(forward, second, first)
    here, there = state.untold[chains, off], state.untold[chains, to]
    leaving, free = pick(here, rng), there.argmin(axis=1)
    size = state.size[chains, off, leaving]
    by = np.where(forward, size, -size) * line.weights[0]
    back, forth = line.room(state.sums)
    possible = here.any(axis=1) & ~there.all(axis=1) & (by >= back) & (by <= forth)
    known = np.where(possible, size, 1.0)[:, None]
    gain = (expected.log_intensity(to[:, None], known) - expected.log_intensity(off[:, None], known))[:, 0]
    gain += np.log(np.maximum(here.sum(axis=1), 1) / (there.sum(axis=1) + 1))
    taken = possible & (np.log(rng.random(state.chains)) < gain)
    rows = chains[taken]
    state.size[rows, to[taken], free[taken]] = size[taken]
    state.size[rows, off[taken], leaving[taken]] = 0.0
    _go(state, line, np.where(taken, by, 0.0))
