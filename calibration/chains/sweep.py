"""One sweep of the sampler: every unknown is moved, given all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.chains.assistance import move_assistance
from calibration.chains.costs import move_costs
from calibration.chains.durations import move_durations
from calibration.chains.effects import Effects
from calibration.chains.events import move_events
from calibration.chains.lines import FreeLines, lines_of
from calibration.chains.pace import move_pace
from calibration.chains.rates import move_rates
from calibration.chains.state import State
from calibration.chains.times import move_times
from calibration.problem import Problem


@dataclass(frozen=True)
class Moves:
    """What the moves of a problem need to know of it."""

    lines: FreeLines
    effects: Effects


def moves_of(problem: Problem) -> Moves:
    """The moves of a problem."""
    return Moves(lines_of(problem), Effects(problem))


def sweep(problem: Problem, moves: Moves, state: State, rng: np.random.Generator) -> None:
    """Move every unknown; events twice, since they are many and hang together with the times."""
    if problem.cells:
        move_events(problem, state, rng)
        move_costs(problem, moves.lines, state, rng)
        move_times(problem, moves.lines, moves.effects, state, rng)
    move_pace(problem, moves.lines, moves.effects, state, rng)
    move_events(problem, state, rng)
    if problem.cells:
        move_durations(problem, moves.lines, state, rng)
    move_rates(problem, state, rng)
    move_assistance(problem, state, rng)
