"""The work of tonight: what is damaged, who has a bay for how long, and what is done by the morning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.array.block import Block
from sim.engine.array.draws import BlockDraws
from sim.engine.array.fleet import BROKEN
from sim.engine.luck import Luck
from sim.model.plan import Plan, StagePlan
from sim.model.units import HOUR_S
from sim.study.contingency.timetable import timetable
from sim.study.estimates import Estimate
from sim.study.paired import share


@dataclass(frozen=True)
class Job:
    """A damage that the state leaves open.

    Attributes:
        car: whose.
        mode: name of the mode.
        hours: median of the job.
        done: chance that it is done by the first departure, after the jobs that come before it.
    """

    car: str
    mode: str
    hours: float
    done: Estimate


@dataclass(frozen=True)
class Bays:
    """The bays of a team tonight.

    Attributes:
        team: its name.
        bays: how many.
        hours: bay-hours from the arrival of its first car to the first departure.
        wanted: median hours of all open jobs and of the routine service of every car.
    """

    team: str
    bays: int
    hours: float
    wanted: float


@dataclass(frozen=True)
class Night:
    """The night before the run begins.

    Attributes:
        kind: of the night: only a bivouac or a rest day has bays.
        arrivals: when each car of the plan is in, at the medians.
        jobs, bays: see there; without bays there are none.
    """

    kind: str
    arrivals: tuple[int, ...]
    jobs: tuple[Job, ...]
    bays: tuple[Bays, ...]


def night_of(plan: Plan, seed: int, n: int) -> Night | None:
    """The night before the run begins, n times; None before the first stage.

    Cars come in at the medians of a clean run, or of a recovery from the middle of the special if it was not completed.
    """
    if plan.state is None or plan.first_stage == 0:
        return None
    stage = plan.stages[plan.first_stage - 1]
    arrivals = tuple(_arrival(plan, stage, crew) for crew in range(len(plan.crews)))
    if stage.spec.night not in ("bivouac", "rest_day"):
        return Night(stage.spec.night, arrivals, (), ())
    return Night(stage.spec.night, arrivals, tuple(_jobs(plan, stage, arrivals, seed, n)), _bays(plan, arrivals))


def _arrival(plan: Plan, stage: StagePlan, crew: int) -> int:
    """When a car is in the bivouac; of one that is out, when it would be."""
    assert plan.state is not None
    known = plan.state.crews[plan.crews[crew].car]
    if known.retired:
        return stage.first_slot
    times = timetable(plan, stage, plan.crews[crew])
    if stage.name in known.uncompleted:
        return times.at(stage.track.length_km / 2) + round(plan.rally.recovery.hours * HOUR_S)
    return times.finish(times.start, 0.0) + stage.liaison_after_s


def _jobs(plan: Plan, stage: StagePlan, arrivals: tuple[int, ...], seed: int, n: int) -> list[Job]:
    """The open jobs, as the nights of the array engine do them."""
    assert plan.state is not None
    wanted = [(crew, name) for crew in plan.crews for name in sorted(set(plan.state.crews[crew.car].damage))]
    if not wanted:
        return []
    block = Block(plan, BlockDraws(Luck(seed), 0, n, median=False), None)
    there = np.repeat([not plan.state.crews[crew.car].retired for crew in plan.crews], n)
    block.nights.bivouac(block.fleet, stage, there, np.repeat(np.array(arrivals, dtype=np.int64), n))
    jobs = []
    for crew, name in wanted:
        mode = plan.modes.index(name)
        left = block.fleet.damage[mode, crew.index * n : (crew.index + 1) * n] & BROKEN > 0
        jobs.append(Job(crew.car, name, float(plan.modes.job_s[mode]) / HOUR_S, share(~left)))
    return jobs


def _bays(plan: Plan, arrivals: tuple[int, ...]) -> tuple[Bays, ...]:
    assert plan.state is not None
    departure, found = plan.stages[plan.first_stage].first_departure, []
    for team in plan.teams:
        cars = [plan.crews[c] for c in team.crews if not plan.state.crews[plan.crews[c].car].retired]
        if cars:
            open_s = [plan.modes.job_s[plan.modes.index(m)] for c in cars for m in plan.state.crews[c.car].damage]
            first = min(arrivals[crew.index] for crew in cars)
            hours = team.bays * max(departure - first, 0) / HOUR_S
            wanted = (float(sum(open_s)) + team.routine_s * len(cars)) / HOUR_S
            found.append(Bays(team.name, team.bays, hours, wanted))
    return tuple(found)
