"""The morning of many replications at once: start lists, pace orders, who may start, formations."""

from __future__ import annotations

import numpy as np

from sim.engine.array.block import Block
from sim.engine.array.fleet import LIMPING, STOPPING
from sim.engine.array.ledger import Day
from sim.engine.array.start import pace_factors
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import StagePlan
from sim.model.rules import driving, results


def open_day(block: Block, stage: StagePlan) -> Day:
    """The start list of a stage, who starts on it and how fast; refused starts are booked."""
    listed = block.ledger.retire_at > stage.first_departure
    slot = stage.first_slot + _places(block, listed) * stage.gap_s
    order = _pace_orders(block, stage)
    lateness = results.lateness_s(block.ready, slot - stage.liaison_before_s)
    starts, cause = _admit(block, stage, lateness)
    starts &= listed
    lost_hours = np.where(starts, block.lost_hours, 0.0)
    fatigue = driving.fatigue_factor(lost_hours, block.plan.rally.fatigue.pace_per_hour)
    factor = pace_factors(block.plan, block.draws, block.draw, stage) * order * fatigue
    pinned = _pin(block, stage, factor)
    formation = _form_up(block, stage, starts, factor, pinned)
    day = Day(
        listed=listed,
        starts=starts,
        slot=slot,
        start=slot + lateness,
        factor=factor,
        order=order,
        pinned=pinned,
        formation=formation,
    )
    _steward(block, stage, day)
    refused = np.flatnonzero(listed & ~starts)
    cost = block.ledger.fail_special(stage, day, refused, cause[refused], stage.allowed_s, np.full(len(refused), 0))
    block.ledger.lose(stage, day, refused, cause[refused], cost)
    return day


def _places(block: Block, listed: BoolArray) -> IntArray:
    """Place in the start list, from 0, of the cars that are in it."""
    in_list = listed.reshape(block.crews, block.rows)
    place = np.zeros((block.crews, block.rows), dtype=np.int64)
    columns = np.arange(block.rows)
    for rank in range(1, block.crews):
        ahead = in_list[block.order[rank - 1], columns]
        place[block.order[rank], columns] = place[block.order[rank - 1], columns] + ahead
    return place.reshape(-1)


def _pace_orders(block: Block, stage: StagePlan) -> FloatArray:
    order = np.ones((block.crews, block.rows))
    totals = block.ledger.table(block.ledger.total)
    ranked = block.ledger.table(block.ledger.retire_at > stage.first_departure)
    for crew in block.plan.crews:
        fixed = crew.pace_orders[stage.index]
        order[crew.index] = fixed
        if crew.rules:
            lead = results.lead_s(totals, ranked)[:, crew.index]
            behind = results.behind_s(totals, ranked)[:, crew.index]
            order[crew.index] = results.pace_order(fixed, crew.rules, stage.index, lead, behind)
    return order.reshape(-1)


def _admit(block: Block, stage: StagePlan, lateness: IntArray) -> tuple[BoolArray, IndexArray]:
    """(may it start?, the cause on which it is booked if not) of every car."""
    stopping = block.fleet.damage & STOPPING > 0
    back = block.arrival <= stage.first_departure
    fit = ~stopping.any(axis=0)
    starts = back & ~block.barred & fit & (lateness <= block.plan.max_lateness_s)
    known = ~fit & (block.left <= stage.first_departure)
    cause = np.where(known, stopping.argmax(axis=0) if len(stopping) else 0, block.plan.late)
    return starts, cause


def _pin(block: Block, stage: StagePlan, factor: FloatArray) -> BoolArray:
    """Pinned driving times take the place of factors, which are changed; of which cars?"""
    pinned = np.zeros(block.units, dtype=np.bool_)
    for crew in range(block.crews):
        seconds = block.plan.driving_s.get((stage.index, crew))
        if seconds is not None:
            factor[block.ledger.of(crew)] = seconds / stage.track.nominal_s
            pinned[block.ledger.of(crew)] = True
    return pinned


def _form_up(block: Block, stage: StagePlan, starts: BoolArray, factor: FloatArray, pinned: BoolArray) -> BoolArray:
    """Teams in formation run at the slowest starter's factor; changes `factor`, and tells which cars are in one."""
    formation = np.zeros(block.units, dtype=np.bool_)
    for team in block.plan.teams:
        if not (team.formation[stage.index] and team.crews):
            continue
        units = block.shop.cars_of(team).reshape(-1)
        limp = driving.limp_product(block.fleet.limps_of(units), block.fleet.damage[:, units] & LIMPING > 0)
        shown = np.where(starts[units], factor[units] * limp, 0.0).reshape(len(team.crews), block.rows)
        slowest = np.tile(shown.max(axis=0), len(team.crews))
        formation[units] = starts[units]
        factor[units] = np.where(starts[units] & ~pinned[units], slowest, factor[units])
    return formation


def _steward(block: Block, stage: StagePlan, day: Day) -> None:
    """Book the penalties that the stewards give."""
    for crew in range(block.crews):
        given = block.plan.penalties.get((stage.index, crew), ())
        here = block.ledger.of(crew)[day.listed[block.ledger.of(crew)]]
        day.penalty[here] += sum(penalty.seconds for penalty in given)
        day.sporting[here] += sum(penalty.seconds for penalty in given if penalty.sporting)
