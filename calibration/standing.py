"""How the cars stand on the evening of a problem, and how a run begins from there."""

from __future__ import annotations

import math

import numpy as np

from calibration.chains.state import State as Unknowns
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.model.spec import CrewState, State

DECIMALS = 3
"""Of a second: a total that is known does not move by what the chains lose in rounding."""


def under_way(problem: Problem) -> bool:
    """Has the rally begun, and is it not over?"""
    return 0 < problem.known < len(problem.plan.stages)


def totals(problem: Problem, unknowns: Unknowns) -> dict[str, FloatArray]:
    """The total of each car by its path in a state, `state.crews.CAR.total_s`, shape (B,); none unless `under_way`.

    Seconds of the counted specials, which are unknowns where nobody published them; for a special that was not
    completed the middle of what was attributed for it, else what the regulations say, the time lost not being known;
    the middle of the stewards' penalties, and nothing for one of unknown size.
    """
    if not under_way(problem):
        return {}
    counted = np.array([stage.spec.counted for stage in problem.plan.stages], dtype=np.bool_)[problem.cell_stage]
    return {
        f"state.crews.{crew.car}.total_s": _given(problem, crew.car)
        + unknowns.seconds[:, counted & (problem.cell_car == crew.index)].sum(axis=1).round(DECIMALS)
        for crew in problem.plan.crews
    }


def state_of(problem: Problem, total_s: dict[str, float]) -> State:
    """The state from which a rally that is `under_way` is run on, with these totals in seconds by car.

    No car is known to be out, none to start with a damage, and its parts are as old as the replacement policy says. The
    next start list follows the places that were published for the last stage.
    """
    rows, last = problem.observations.times, problem.plan.stages[problem.known - 1].name
    places = {row.car: int(row.low) for row in rows if row.kind == "position" and row.stage == last}
    counted = set(problem.observations.stages)
    crews = {
        car: CrewState(
            total_s=round(seconds),
            uncompleted=[r.stage for r in rows if r.car == car and r.kind == "not_completed" and r.stage in counted],
            start_position=places.get(car),
        )
        for car, seconds in total_s.items()
    }
    return State(after_stage=last, crews=crews)


def _given(problem: Problem, car: str) -> float:
    """Seconds of a car that no clock measured: attributed ones and penalties."""
    observations = problem.observations
    missed = [row for row in observations.times if row.kind == "not_completed" and row.car == car]
    attributed = [_attributed(problem, row.stage, row.low, row.high) for row in missed]
    given = [
        _middle(row.low, row.high) or 0.0
        for row in observations.penalties
        if row.car == car and row.stage in observations.stages
    ]
    return math.fsum(attributed + given)


def _attributed(problem: Problem, name: str, low: float, high: float) -> float:
    """Seconds for a special that was not completed; 0 where it does not count."""
    stage = next(stage for stage in problem.plan.stages if stage.name == name)
    if not stage.spec.counted:
        return 0.0
    published = _middle(low, high)
    return published if published is not None else float(stage.allowed_s + problem.plan.fixed_penalty_s)


def _middle(low: float, high: float) -> float | None:
    """The middle of an interval; None if one of its ends is not known."""
    return (low + high) / 2.0 if math.isfinite(low) and math.isfinite(high) else None
