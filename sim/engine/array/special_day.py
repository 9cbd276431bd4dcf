"""The special of many replications at once: what the road settles, what the teams do, and what is booked for it."""

from __future__ import annotations

import numpy as np

from sim.engine.array.block import Block
from sim.engine.array.course import Course
from sim.engine.array.day_wear import wear_down
from sim.engine.array.fleet import LIMPING
from sim.engine.array.ledger import Day
from sim.engine.array.road import Road
from sim.engine.array.runs import ABSENT, GONE, NO_TIME, SETTLED, Runs
from sim.engine.array.specials import FINISHED, RECOVERED, WRECKED
from sim.engine.array.trace import Tale
from sim.engine.array.trucks import Trucks
from sim.engine.journal import Kind
from sim.engine.luck import Purpose
from sim.engine.outcomes import OTHER_CAUSES
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import StagePlan
from sim.model.rules import driving, failures, results
from sim.model.units import whole_seconds


def drive_special(block: Block, stage: StagePlan, day: Day) -> IntArray:
    """Drive the special; returns when each team's first truck is in the next bivouac, shape (teams, N)."""
    day.penalty[day.starts] += (day.start - day.slot)[day.starts]
    failing = wear_down(block, stage, day)
    road = Road(block.plan, stage, block.shop, block.fleet, block.rate, block.wear_home, failing)
    road.drive()
    finish, settled = _settled(block, stage, day, road)
    sent = [_send_trucks(block, stage, index, day) for index in range(len(block.plan.teams))]
    course = _course(block, stage, day, road, settled, sent)
    course.run()
    for team, trucks in enumerate(sent):
        theirs = course.teams == team
        trucks.put(course.runs.row[: course.rows][theirs], course.trucks, theirs)
    raced = np.flatnonzero(course.runs.doing == GONE)
    settled[course.runs.cars[raced]] = False
    road.bring_home(settled)
    _file(block, stage, day, road, finish, settled)
    goes_on = _take_back(block, stage, day, course, raced)
    _wear_of_the_day(block, stage, course.runs, raced, goes_on)
    block.fleet.wear, block.wear_home = block.wear_home, block.fleet.wear
    return np.array([_first_truck_at_end(block, stage, trucks) for trucks in sent])


def _settled(block: Block, stage: StagePlan, day: Day, road: Road) -> tuple[IntArray, BoolArray]:
    """(finish, settled?) of every car: those that met only what their own crews settle, in time and in daylight."""
    driven = whole_seconds(driving.driven_s(0.0, day.factor, stage.track.nominal_s))
    limps = np.flatnonzero(road.limp_mode >= 0)
    end = np.full(len(limps), stage.track.length_km)
    driven[limps] = whole_seconds(road.driven_at(limps, end, day.factor[limps]))
    neutral = sum(stage.service_s)
    finish = day.start + neutral + road.stopped + driven
    settled = day.starts & ~road.involved & ~(block.fleet.damage & LIMPING > 0).any(axis=0)
    settled &= (finish < stage.sunset) & results.in_time(finish - day.start - neutral, stage.allowed_s)
    for crew in range(block.crews):
        if (stage.index, crew) in block.plan.happenings:
            settled[block.ledger.of(crew)] = False
    return finish, settled


def _file(block: Block, stage: StagePlan, day: Day, road: Road, finish: IntArray, settled: BoolArray) -> None:
    """Book the day of the cars that the road has settled."""
    units = np.flatnonzero(settled)
    if block.trace is not None:
        road.tell(block.trace, settled, day.start, day.factor)
    block.left[units] = finish[units]
    block.arrival[units] = finish[units] + stage.liaison_after_s
    block.ending[units] = FINISHED
    day.sporting[units] += road.sporting[units]
    day.penalty[units] += road.sporting[units]
    day.completed[units] = True
    day.seconds[units] = finish[units] - day.start[units] - sum(stage.service_s)
    block.ledger.book(stage, day, units, block.left[units])
    _tell_finish(block, stage, Kind.FINISH, units, day.seconds[units])
    late = units[day.start[units] > day.slot[units]]
    block.ledger.lose(stage, day, late, np.full(len(late), block.plan.late), (day.start - day.slot)[late].astype(float))
    stops = np.flatnonzero(settled[road.stops.units])
    lost = road.lost_s(stops, day.factor)
    block.ledger.lose(stage, day, road.stops.units[stops], road.stops.modes[stops], lost)


def _send_trucks(block: Block, stage: StagePlan, index: int, day: Day) -> Trucks:
    """The trucks of a team on this stage, in all replications; of a team without crews none runs."""
    team, count, drawn = block.plan.teams[index], block.shop.truck_codes.shape[0], block.plan.drawn
    trucks = Trucks(
        runs=np.zeros((count, block.rows), dtype=np.bool_),
        km=np.zeros((count, block.rows)),
        leaves=np.zeros((count, block.rows), dtype=np.int64),
        s_per_km=np.zeros((count, block.rows)),
    )
    if not (team.crews and stage.trucks_allowed):
        return trucks
    units = block.shop.cars_of(team)
    last = np.where(day.listed[units], day.slot[units], 0).max(axis=0)
    for t, truck in enumerate(team.trucks):
        trucks.leaves[t] = last + drawn.truck_delay_s[block.draw, truck.index]
        trucks.s_per_km[t] = drawn.truck_s_per_km[block.draw, truck.index]
        uniform = block.draws.each(Purpose.TRUCK_RUNS, where=stage.code, who=truck.code)
        trucks.runs[t] = failures.happens(uniform, truck.spec.runs) & day.listed[units].any(axis=0)
    return trucks


def _course(block: Block, stage: StagePlan, day: Day, road: Road, settled: BoolArray, sent: list[Trucks]) -> Course:
    """The teams and replications in which the road has not settled the day of every car."""
    unsettled = day.starts & ~settled
    rows = [np.flatnonzero(unsettled[block.shop.cars_of(team)].any(axis=0)) for team in block.plan.teams]
    slots = max(len(team.crews) for team in block.plan.teams)
    teams = np.repeat(np.arange(len(sent)), [len(some) for some in rows])
    at = np.concatenate(rows)
    crews = np.full((len(sent), slots), -1)
    for t, team in enumerate(block.plan.teams):
        crews[t, : len(team.crews)] = team.crews
    crew = crews[teams].T
    # In the empty slots of a smaller team stands its first car again, which does not race there.
    cars = (np.where(crew < 0, crew[0], crew) * block.rows + at).reshape(-1)
    races = (crew.reshape(-1) >= 0) & day.starts[cars]
    runs = _runs(block, stage, day, road, cars, races)
    runs.doing[settled[cars]] = SETTLED
    runs.doing[~races] = ABSENT
    listed = block.ledger.table(day.listed)[at].sum(axis=1)
    closes = stage.last_slot(listed) + stage.allowed_s + block.plan.closing_margin_s
    trucks = Trucks.join([sent[t].of(some) for t, some in enumerate(rows)])
    morning = block.ledger.closes_at(stage)
    return Course(block.plan, stage, block.shop, runs, morning, teams=teams, close=closes, trucks=trucks)


def _runs(block: Block, stage: StagePlan, day: Day, road: Road, cars: IndexArray, races: BoolArray) -> Runs:
    """Cars on the special, with what the road has found out about those that race."""
    runs = Runs(
        block.plan,
        stage,
        block.fleet,
        block.rate,
        cars,
        start=day.start[cars],
        factor=day.factor[cars],
        pinned=day.pinned[cars],
        formation=day.formation[cars] & races,
    )
    unit_of = np.full(block.units, -1)
    unit_of[cars[races]] = np.flatnonzero(races)
    failing = unit_of[road.stops.units]
    here = np.flatnonzero(failing >= 0)
    runs.foresee(failing[here], road.stops.modes[here], road.stops.first_km[here])
    return runs


def _first_truck_at_end(block: Block, stage: StagePlan, trucks: Trucks) -> IntArray:
    """When the first truck of a team is in the next bivouac, shape (N,)."""
    end = trucks.arrival(np.arange(block.rows), stage.track.length_km) + stage.liaison_after_s
    return np.asarray(np.where(trucks.runs, end, NO_TIME).min(axis=0, initial=NO_TIME))


def _take_back(block: Block, stage: StagePlan, day: Day, run: Course, mine: IndexArray) -> BoolArray:
    """Bring cars back from a special, and book how it ended for each; which of them drive on to the bivouac?"""
    units, morning = run.runs.cars[mine], block.ledger.closes_at(stage)
    left, ending, cause = run.left[mine], run.ending[mine], run.cause[mine]
    block.left[units], block.arrival[units], block.ending[units] = left, run.end[mine], ending
    day.sporting[units] += run.accounts.sporting[mine]
    day.penalty[units] += run.accounts.sporting[mine]
    lost = _lost(block, day, units, run.accounts.lost.of(mine))
    elapsed = run.end[mine] - day.start[units] - run.accounts.neutral[mine]
    open_ = left > morning
    in_time = (ending == FINISHED) & results.in_time(elapsed, stage.allowed_s) & ~open_
    worst = _worst(block, run, mine, lost, open_, in_time)
    day.completed[units] = in_time
    day.seconds[units] = np.where(in_time, elapsed, 0)
    wrecked = ending == WRECKED
    failed = np.flatnonzero(~in_time & (open_ | ~wrecked))
    back = np.where(open_, morning, run.end[mine])[failed]
    cost = block.ledger.fail_special(
        stage, day, units[failed], worst[failed], back - day.start[units[failed]], left[failed]
    )
    lost[:, failed] = 0.0
    lost[worst[failed], failed] = cost
    block.ledger.book(stage, day, units[in_time], left[in_time])
    wrecked &= block.ledger.retire_at[units] > left
    day.cause[units[wrecked]] = cause[wrecked]
    block.ledger.retire(stage, day, units[wrecked], left[wrecked], run.runs.km[mine[wrecked]])
    _file_losses(block, stage, day, units, lost)
    over = (ending == FINISHED) & ~in_time
    _tell_finish(block, stage, Kind.FINISH, units[in_time], elapsed[in_time])
    _tell_finish(block, stage, Kind.OVER_TIME, units[over], elapsed[over])
    _tell_recovery(block, stage, run, units, mine)
    goes_on: BoolArray = (ending == FINISHED) & (block.ledger.retire_at[units] > left)
    block.arrival[units[goes_on]] += stage.liaison_after_s
    return goes_on


def _wear_of_the_day(block: Block, stage: StagePlan, runs: Runs, mine: IndexArray, goes_on: BoolArray) -> None:
    """The wear of cars in the evening, and what broke on the liaison; `goes_on` tells which of them drove it.

    A car that finished in daylight has the wear that the road has worked out.
    """
    as_foreseen = goes_on & ~runs.bent[mine]
    home = runs.cars[mine[as_foreseen]]
    block.shop.find_broken(block.fleet, home, block.wear_home[:, home])
    runs.settle_wear(mine[~as_foreseen])
    block.shop.drive_liaison(block.fleet, runs.cars[mine[goes_on & ~as_foreseen]], stage.liaison_wear_after)
    others = runs.cars[mine[~as_foreseen]]
    block.wear_home[:, others] = block.fleet.wear[:, others]


def _tell_finish(block: Block, stage: StagePlan, kind: Kind, units: IndexArray, seconds: IntArray) -> None:
    if block.trace is not None:
        km = np.full(len(units), stage.track.length_km)
        block.trace.add(stage, Tale(kind, units, block.left[units], km, seconds=seconds))


def _tell_recovery(block: Block, stage: StagePlan, run: Course, units: IndexArray, mine: IndexArray) -> None:
    if block.trace is not None:
        told = (run.ending[mine] == RECOVERED) & (block.ledger.retire_at[units] == NO_TIME)
        units, mine = units[told], mine[told]
        tale = Tale(Kind.RECOVERY, units, run.left[mine], run.runs.km[mine], run.cause[mine], end_s=run.end[mine])
        block.trace.add(stage, tale)


def _worst(
    block: Block, run: Course, mine: IndexArray, lost: FloatArray, open_: BoolArray, in_time: BoolArray
) -> IndexArray:
    """Why the special is not completed, if it is not; adds to `lost` what limping cost.

    A result that is still open in the morning is blamed on what is known by then.
    """
    worst = run.cause[mine]
    worst[open_] = block.ledger.blame(lost[:, open_])
    known = np.flatnonzero(~open_)
    lost[: len(block.plan.modes), known] += run.runs.limp_lost.of(mine[known])
    slow = (run.ending[mine] == FINISHED) & ~open_ & ~in_time
    worst[slow] = block.ledger.blame(lost[:, slow])
    return worst


def _lost(block: Block, day: Day, units: IndexArray, by_mode: FloatArray) -> FloatArray:
    """Seconds lost by cause, shape (causes, n), from those lost by mode on the special."""
    lost = np.zeros((len(by_mode) + len(OTHER_CAUSES), len(units)))
    lost[: len(by_mode)] = by_mode
    lost[block.plan.late] = day.start[units] - day.slot[units]
    return lost


def _file_losses(block: Block, stage: StagePlan, day: Day, units: IndexArray, lost: FloatArray) -> None:
    booked = lost != 0.0
    ended = np.flatnonzero(day.cause[units] >= 0)
    booked[day.cause[units[ended]], ended] = True
    causes, which = np.nonzero(booked)
    block.ledger.lose(stage, day, units[which], causes, lost[causes, which])
