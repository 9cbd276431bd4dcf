"""Many cars at once: the state that the event engine keeps in `Car`, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.parts import Parts
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray

BitArray = npt.NDArray[np.uint8]

LIMPING, STOPPING, HIDDEN, FIELD_MENDED, KNOWN = (np.uint8(1 << bit) for bit in range(5))
"""Bits of the state of a part (see `sim.engine.event.car.Car`); KNOWN: a limp that the pace of a formation contains."""
BROKEN = LIMPING | STOPPING | HIDDEN


def pairs(table: BoolArray) -> tuple[IndexArray, IndexArray]:
    """(modes, cars) of all that is true in a table of shape (M, n), car by car."""
    cars, modes = np.divmod(np.flatnonzero(table.T), max(len(table), 1))
    return modes, cars


@dataclass
class Fleet:
    """U cars; `crew`, `row` and `draw` have shape (U,), the others (M, U). They mean what they do in `event.car.Car`.

    What is worked on car by car - wear and thresholds - lies in memory car by car, the rest mode by mode.

    Attributes:
        crew: index of the crew of each car.
        row: replication of each car, as a row of the block.
        draw: the draw of the parameters in which its replication lives.
        failure_wear: factor on wear from what multiplies failures for the whole rally.
        damage: state of the parts, in bits.
        limp_factors: time factors of damage; in a rally without scripted happenings those of the D draws, shape (M, D).
        pinned_job: scripted seconds of a job, 0 where there is none; shape (M, 1) in a rally without happenings.
        scripted: are there scripted happenings, so that damage and jobs may differ from car to car?
    """

    crew: IndexArray
    row: IndexArray
    draw: IndexArray
    failure_wear: FloatArray
    wear: FloatArray
    threshold: FloatArray
    renewal: IntArray
    nights: IntArray
    damage: BitArray
    spares: IntArray
    limp_factors: FloatArray
    pinned_job: IntArray
    scripted: bool

    def limps_of(self, cars: IndexArray) -> FloatArray:
        """Time factors of the damage of some cars, shape (M, n)."""
        return self.limp_factors[:, cars if self.scripted else self.draw[cars]]

    def is_broken(self, modes: IndexArray, cars: IndexArray) -> BoolArray:
        """Is there damage to one mode of each car that has not been repaired? Shape (n,)."""
        return np.asarray(self.damage[modes, cars] & BROKEN > 0)

    def parts(self, car: int) -> Parts:
        """The parts of one car."""
        kinds = {"limping": LIMPING, "stopping": STOPPING, "hidden": HIDDEN, "field_mended": FIELD_MENDED}
        damage = self.damage[:, car]
        return Parts(
            wear=self.wear[:, car],
            threshold=self.threshold[:, car],
            renewal=self.renewal[:, car].astype(np.int64),
            spares=self.spares[:, car].astype(np.int64),
            broken={kind: frozenset(np.flatnonzero(damage & bit).tolist()) for kind, bit in kinds.items()},
        )
