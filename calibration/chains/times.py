"""Moves of stage times that are not known to the second, events staying as they are."""

from __future__ import annotations

import numpy as np

from calibration.chains.effects import Effects, Marginal
from calibration.chains.lines import FreeLines, Line
from calibration.chains.scaling import KEPT, Group, group_of, scale
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import FloatArray

STEP = 2.4
"""Best step of a random walk on a normal line, in standard deviations."""
LONG_AT_ONCE = 12
"""Long lines in one sweep."""
ACROSS_AT_ONCE = 12
"""Groups across a stage in one sweep."""


def move_times(problem: Problem, lines: FreeLines, effects: Effects, state: State, rng: np.random.Generator) -> None:
    """One step of the driving along each line, with the effects integrated out.

    The effects have to be drawn anew before anything else looks at them.
    """
    lost = state.lost(problem)
    marginal = Marginal(problem, effects, state, state.seconds - lost)
    for group in (*lines.singles, *_groups(problem, lines, rng)):
        scale(group, marginal, state, lost, rng)
    nominal = np.array([stage.track.nominal_s for stage in problem.plan.stages])[problem.cell_stage]
    for line in (*lines.tied, *(lines.long[i] for i in rng.permutation(len(lines.long))[:LONG_AT_ONCE])):
        _step(line, marginal, state, lost, nominal, rng)


def _groups(problem: Problem, lines: FreeLines, rng: np.random.Generator) -> list[Group]:
    """The wide groups, whole and thinned at random, and some of those across stages.

    A cell that is held between two others would hold all of its group; left out now and then, it does not.
    """
    groups = list[Group]()
    for group in (
        *lines.wide,
        *(lines.across[i] for i in rng.permutation(len(lines.across))[:ACROSS_AT_ONCE]),
    ):
        kept = rng.random(len(group.cells)) < rng.choice(KEPT)
        groups.append(group)
        if kept.any():
            groups.append(group_of(problem, group.cells[kept]))
    return groups


def _step(
    line: Line, marginal: Marginal, state: State, lost: FloatArray, nominal: FloatArray, rng: np.random.Generator
) -> None:
    """One random-walk Metropolis step along a line."""
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
    line.go(state, np.where(taken, by, 0.0))
