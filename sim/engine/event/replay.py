"""Run one replication of a plan, and gather its outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.day import Day
from sim.engine.event import start
from sim.engine.event.car import Car, Fortune
from sim.engine.event.clock import Clock
from sim.engine.event.control import RaceControl
from sim.engine.event.crew import CrewRun
from sim.engine.event.fates import Fates
from sim.engine.event.world import World
from sim.engine.luck import Draws, Luck, MedianLuck
from sim.engine.outcomes import OTHER_CAUSES, Losses, Outcomes
from sim.engine.replay import Replay
from sim.model.arrays import FloatArray
from sim.model.plan import Drawn, Plan
from sim.model.plan.opening import first_start_list, was_completed
from sim.model.rules import results


def replay(plan: Plan, luck: Luck, replication: int) -> Replay:
    """Replication `replication` (from 0) of a study of `plan` with this luck, event by event."""
    draws: Draws = MedianLuck() if plan.scripted_only else luck.of(replication)
    opening = plan.stages[plan.first_stage].first_departure if plan.first_stage < len(plan.stages) else 0
    drawn = start.parameters(plan, draws)
    world = World(plan, drawn, draws, Clock(opening))
    control = RaceControl(world, start.pace_factors(plan, drawn, draws), start.stage_wear(plan, draws))
    for crew, fortune in zip(plan.crews, _fortunes(plan, drawn, draws), strict=True):
        control.crews.append(CrewRun(world, Car(plan, crew, draws, fortune), control))
    order = first_start_list(plan)
    for run in control.crews:
        world.env.process(run.run())
    world.env.process(control.run(order))
    world.env.run()
    if plan.first_stage < len(plan.stages):
        control.close_last_stage()
    return Replay(
        plan=plan,
        drawn=drawn,
        seed=luck.seed,
        replication=replication,
        outcomes=_outcomes(world, control.crews, replication),
        days=world.days,
        journal=world.journal,
        parts=tuple(run.car.parts for run in control.crews),
    )


def _fortunes(plan: Plan, drawn: Drawn, draws: Draws) -> list[Fortune]:
    """What luck gives each car."""
    failure_wear, thresholds = start.failure_wear(plan, drawn, draws), start.first_thresholds(plan, drawn, draws)
    routine_s, fates = start.routine_s(plan, draws), Fates(plan, drawn, draws)
    return [
        Fortune(failure_wear[crew.index], thresholds[crew.index], routine_s[:, crew.index], fates, drawn)
        for crew in plan.crews
    ]


def _outcomes(world: World, crews: list[CrewRun], replication: int) -> Outcomes:
    plan = world.plan
    shape = (1, len(crews), len(plan.stages))
    stage_s, sporting = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    completed = np.zeros(shape, dtype=np.bool_)
    retired_km = np.full(shape[:2], np.inf)
    stage_ends = plan.stage_ends
    _take_up(plan, completed, retired_km)
    for (stage, crew), day in world.days.items():
        stage_s[0, crew, stage], sporting[0, crew, stage] = day.seconds, day.sporting_s
        completed[0, crew, stage] = day.completed
        if day.retired:
            retired_km[0, crew] = stage_ends[stage] + day.retired_km
    status = results.final_status(
        np.array([run.uncompleted for run in crews]), np.array([run.retired for run in crews])
    )
    return Outcomes(
        cars=tuple(run.name for run in crews),
        stages=tuple(stage.name for stage in plan.stages),
        counted=tuple(stage.spec.counted for stage in plan.stages),
        causes=(*plan.modes.names, *OTHER_CAUSES),
        replication=np.array([replication]),
        status=status[None],
        total_s=np.array([[run.total_s for run in crews]], dtype=np.int64),
        penalty_s=np.array([[run.penalty_s for run in crews]], dtype=np.int64),
        stage_s=stage_s,
        sporting_s=sporting,
        completed=completed,
        retired_km=retired_km,
        losses=_losses(plan, world.days),
    )


def _take_up(plan: Plan, completed: npt.NDArray[np.bool_], retired_km: FloatArray) -> None:
    """What the state in mid-rally says of the stages that are over; their times are not known one by one."""
    if plan.state is None:
        return
    for crew in plan.crews:
        known = plan.state.crews[crew.car]
        for stage in plan.stages[: plan.first_stage]:
            completed[0, crew.index, stage.index] = was_completed(plan, crew.index, stage.index)
        if known.retired:
            retired_km[0, crew.index] = plan.stage_ends[plan.first_stage]


def _losses(plan: Plan, days: dict[tuple[int, int], Day]) -> Losses:
    """One row for every cause that cost a crew something on a stage; row index 0 throughout."""
    rows = [
        (crew, stage, cause, seconds, _missed(plan, stage, day, cause), day.retired and day.cause == cause)
        for (stage, crew), day in days.items()
        for cause, seconds in _booked(day, counted=plan.stages[stage].spec.counted).items()
    ]
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * 6
    return Losses(
        row=np.zeros(len(rows), dtype=np.int64),
        crew=np.array(columns[0], dtype=np.int64),
        stage=np.array(columns[1], dtype=np.int64),
        cause=np.array(columns[2], dtype=np.int64),
        lost_s=np.array(columns[3], dtype=np.float64),
        uncompleted=np.array(columns[4], dtype=np.bool_),
        retired=np.array(columns[5], dtype=np.bool_),
    )


def _missed(plan: Plan, stage: int, day: Day, cause: int) -> bool:
    """Was a counted special not completed because of a cause?"""
    return plan.stages[stage].spec.counted and not day.completed and day.cause == cause


def _booked(day: Day, *, counted: bool) -> dict[int, float]:
    """Losses of a day by cause; what ended it is there even if it cost no counted second.

    A stage that does not count costs nothing, but a crew may retire on it.
    """
    cost = {cause: seconds for cause, seconds in day.lost.items() if seconds and counted}
    ended = day.cause is not None and (counted or day.retired)
    return {day.cause: 0.0, **cost} if ended and day.cause is not None else cost
