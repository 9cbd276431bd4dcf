"""The night of many replications at once: who goes where, what is mended, who sleeps too little."""

from __future__ import annotations

import numpy as np

from sim.engine.array.block import Block
from sim.engine.array.fleet import HIDDEN, LIMPING
from sim.engine.array.ledger import Day
from sim.engine.array.runs import NO_TIME
from sim.engine.array.specials import FINISHED
from sim.model.arrays import IntArray
from sim.model.plan import StagePlan
from sim.model.rules import driving


def spend_night(block: Block, stage: StagePlan, day: Day, trucks: IntArray) -> None:
    """The night after a stage; `trucks` is when each team's first truck is in the next bivouac, shape (teams, N)."""
    plan, fatigue = block.plan, block.plan.rally.fatigue
    drove_in = day.starts & (block.ending == FINISHED)
    stayed = day.listed & ~day.starts
    block.arrival = np.where(stayed, np.maximum(block.arrival, day.slot) + stage.transport_s, block.arrival)
    racing = day.listed & (
        block.ledger.retire_at > np.where(day.starts, block.left, np.maximum(block.left, stage.first_departure))
    )
    in_refuge = racing & drove_in & stage.starts_marathon
    has_bivouac = not stage.starts_marathon or plan.rally.regulations.restart_after_marathon_recovery
    in_bivouac = racing & ~in_refuge & has_bivouac
    nowhere = racing & ~in_refuge & ~in_bivouac
    block.ready = np.where(racing, block.arrival, block.ready)
    block.barred = np.where(racing, nowhere, block.barred)
    hours = block.lost_hours.copy()
    if in_refuge.any():
        helpers = trucks if plan.rally.regulations.trucks_in_refuge else np.full_like(trucks, NO_TIME)
        ready, worked = block.nights.refuge(block.fleet, stage, in_refuge, block.arrival, helpers)
        block.ready = np.where(in_refuge, ready, block.ready)
        tired = driving.hours_worked_too_long(worked, plan.rally.refuge.free_hours, fatigue.max_hours)
        hours = np.where(in_refuge, tired, hours)
    if in_bivouac.any():
        ready = block.nights.bivouac(block.fleet, stage, in_bivouac, block.arrival)
        block.ready = np.where(in_bivouac, ready, block.ready)
        late = driving.hours_late_to_bed(block.arrival, np.int64(stage.bedtime), fatigue.max_hours)
        rested = ~day.starts | (stage.spec.night == "rest_day")
        hours = np.where(in_bivouac, np.where(rested, 0.0, late), hours)
    block.lost_hours = hours
    found = (block.fleet.damage & HIDDEN > 0) & (in_refuge | in_bivouac)
    block.fleet.damage ^= found * (HIDDEN | LIMPING)
