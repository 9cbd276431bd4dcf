"""Moves of events together with the stage time that they cost; the driving stays as it is.

Where nobody published the time, what is drawn from the prior needs no more than room between the bounds.
"""

from __future__ import annotations

import numpy as np

from calibration.chains.draws import draw_index
from calibration.chains.events import Untold, pick, told_weights
from calibration.chains.lines import FreeLines, Line
from calibration.chains.state import SLOTS, State
from calibration.problem import Problem
from sim.model.arrays import FloatArray


def move_costs(problem: Problem, lines: FreeLines, state: State, rng: np.random.Generator) -> None:
    """Let events come, go and cost something else, or move to another special of the same sum.

    In a cell that stands in no exact sum an untold event is born from the prior of the cell, dies, or makes room for
    another one, and a told one is drawn anew; along a line of two cells that make up for each other an untold one goes
    from one to the other.
    """
    untold, cells = Untold(problem, state), np.arange(problem.cells)
    born, anew = untold.draw(cells, rng), untold.draw(cells, rng)
    for line in lines.alone:
        cell = int(line.cells[0])
        _be_born_or_die(line, state, untold.total[:, cell], born[:, cell], rng)
        _cost_anew(line, state, anew[:, cell], rng)
    for line in lines.tied:
        if line.swaps:
            _change_cells(line, state, untold, rng)
    _tell_anew(problem, lines, state, rng)


def _be_born_or_die(line: Line, state: State, rate: FloatArray, size: FloatArray, rng: np.random.Generator) -> None:
    """An untold event of a cell comes, and costs what was drawn from its prior, or one of them goes."""
    cell, chains = line.cells[0], np.arange(state.chains)
    untold = state.untold[:, cell]
    count = untold.sum(axis=1)
    born = rng.random(state.chains) < 0.5
    slot = np.where(born, untold.argmin(axis=1), pick(untold, rng))
    size = np.where(born, size, state.size[chains, cell, slot])
    by = np.where(born, size, -size) / line.weights[0]
    gain = np.where(born, np.log(rate / (count + 1)), np.log(np.maximum(count, 1) / rate))
    back, forth = line.room(state.sums)
    possible = np.where(born, count < SLOTS, count > 0) & (by >= back) & (by <= forth)
    taken = possible & (np.log(rng.random(state.chains)) < gain)
    state.size[chains[taken], cell, slot[taken]] = np.where(born, size, 0.0)[taken]
    line.go(state, np.where(taken, by, 0.0))


def _cost_anew(line: Line, state: State, size: FloatArray, rng: np.random.Generator) -> None:
    """An untold event costs what was drawn from the prior of its cell: another one in its place."""
    cell, chains = line.cells[0], np.arange(state.chains)
    untold = state.untold[:, cell]
    slot = pick(untold, rng)
    own = state.size[chains, cell, slot]
    by = (size - own) / line.weights[0]
    back, forth = line.room(state.sums)
    taken = untold.any(axis=1) & (by >= back) & (by <= forth)
    state.size[chains, cell, slot] = np.where(taken, size, own)
    line.go(state, np.where(taken, by, 0.0))


def _tell_anew(problem: Problem, lines: FreeLines, state: State, rng: np.random.Generator) -> None:
    """A told event is of another kind and costs as much as that lets expect, within what the sources say."""
    seen = problem.seen
    weight = told_weights(problem, state)
    medians, sigma = state.log_medians(problem), problem.kinds.sigma
    for line in lines.alone:
        for event in np.flatnonzero(seen.cell == line.cells[0]):
            kind = draw_index(weight[:, event], rng)
            median = medians[np.arange(state.chains), seen.stage[event], kind]
            size = np.exp(median + sigma[kind] * rng.normal(size=state.chains))
            own = state.told[:, event]
            by = (size - own) / line.weights[0]
            back, forth = line.room(state.sums)
            taken = (size >= seen.low_s[event]) & (size <= seen.high_s[event]) & (by >= back) & (by <= forth)
            taken &= weight[:, event].any(axis=1)
            state.told[:, event] = np.where(taken, size, own)
            state.told_kind[:, event] = np.where(taken, kind, state.told_kind[:, event])
            line.go(state, np.where(taken, by, 0.0))


def _change_cells(line: Line, state: State, law: Untold, rng: np.random.Generator) -> None:
    """An untold event goes from one cell of a line to the other, in either direction."""
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
    gain = (law.log_intensity(to[:, None], known) - law.log_intensity(off[:, None], known))[:, 0]
    gain += np.log(np.maximum(here.sum(axis=1), 1) / (there.sum(axis=1) + 1))
    taken = possible & (np.log(rng.random(state.chains)) < gain)
    rows = chains[taken]
    state.size[rows, to[taken], free[taken]] = size[taken]
    state.size[rows, off[taken], leaving[taken]] = 0.0
    line.go(state, np.where(taken, by, 0.0))
