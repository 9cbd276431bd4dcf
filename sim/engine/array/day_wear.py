"""A day's wear of all modes of all cars at once: who fails on it, if nothing else happens?"""

from __future__ import annotations

import numpy as np

from sim.engine.array.block import Block
from sim.engine.array.fleet import pairs
from sim.engine.array.ledger import Day
from sim.engine.array.start import stage_wear
from sim.model.arrays import FloatArray, IndexArray
from sim.model.plan import StagePlan
from sim.model.rules import driving, failures

CHUNK = 1024
"""Cars worked on at once: all of it stays in the cache."""


def wear_down(block: Block, stage: StagePlan, day: Day) -> tuple[IndexArray, IndexArray]:
    """Wear all cars that start until the evening; returns (modes, cars) of the lives that end on the way.

    The wear of the fleet is then that at the start of the special, `block.wear_home` that of the evening, and
    `block.rate` holds the wear rates on the special in daylight.
    """
    shared = stage_wear(block.plan, block.draws, stage)
    stretches = (stage.liaison_wear_before, stage.track.wear[:, -1], stage.liaison_wear_after)
    wear_km = [np.repeat(of_modes[None], min(CHUNK, block.rows), axis=0).T for of_modes in stretches]
    modes, cars = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
    for first in range(0, block.units, block.rows):
        for row in range(0, block.rows, CHUNK):
            end = min(row + CHUNK, block.rows)
            chunk = slice(first + row, first + end)
            _set_rates(block, day, chunk, shared[:, row:end])
            _wear_chunk(block, day, chunk, [of_modes[:, : end - row] for of_modes in wear_km])
            mode, car = pairs(failures.fails(block.fleet.threshold[:, chunk], block.wear_home[:, chunk]))
            starts = day.starts[chunk][car]
            modes.append(mode[starts])
            cars.append(car[starts] + chunk.start)
    return np.concatenate(modes), np.concatenate(cars)


def _set_rates(block: Block, day: Day, chunk: slice, shared: FloatArray) -> None:
    """The wear rates of some cars on the special; `shared` has shape (M, n). Factors of 1 are left out."""
    table, fatigue, rate = block.plan.modes, block.plan.rally.fatigue, block.rate[:, chunk]
    np.multiply(block.fleet.failure_wear[:, chunk], shared, out=rate)
    ordered = np.flatnonzero(day.order[chunk] != 1.0)
    if len(ordered):
        rate[:, ordered] *= driving.order_wear(table.pace_exponent[:, None], day.order[chunk][ordered])
    tired = np.flatnonzero(block.lost_hours[chunk] > 0.0)
    if len(tired):
        factor = driving.fatigue_factor(block.lost_hours[chunk][tired], fatigue.incidents_per_hour)
        rate[:, tired] *= driving.incident_wear(table.is_part[:, None], factor)


def _wear_chunk(block: Block, day: Day, chunk: slice, wear_km: list[FloatArray]) -> None:
    """The wear of some cars at the start of the special and in the evening; `wear_km` is that of the stretches."""
    before, special, after = wear_km
    wear, home, liaison = block.fleet.wear[:, chunk], block.wear_home[:, chunk], block.fleet.failure_wear[:, chunk]
    idle = np.flatnonzero(~day.starts[chunk])
    untouched = wear[:, idle]
    wear[:] = failures.worn(wear, liaison, 0.0, before)
    home[:] = failures.worn(wear, block.rate[:, chunk], 0.0, special)
    home[:] = failures.worn(home, liaison, 0.0, after)
    wear[:, idle] = home[:, idle] = untouched
