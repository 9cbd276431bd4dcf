"""Many cars at once: the state that the event engine keeps in `Car`, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray

BY_CAR = (
    "wear",
    "threshold",
    "renewal",
    "nights",
    "limping",
    "stopping",
    "hidden",
    "field_mended",
    "spares",
)
BY_SCRIPT = ("limp_factors", "pinned_job")
"""Arrays that are the same for all cars in a rally without scripted happenings."""


@dataclass
class Fleet:
    """U cars; `crew` and `row` have shape (U,), the others (M, U). See `sim.engine.event.car.Car` for the meanings.

    Attributes:
        crew: index of the crew of each car.
        row: replication of each car, as a row of the block.
        failure_wear: factor on wear from what multiplies failures for the whole rally; not copied with the cars.
        limp_factors: time factors of damage; shape (M, 1) in a rally without scripted happenings, where all are alike.
        pinned_job: scripted seconds of a job, 0 where there is none; shape (M, 1) as above.
    """

    crew: IndexArray
    row: IndexArray
    failure_wear: FloatArray
    wear: FloatArray
    threshold: FloatArray
    renewal: IntArray
    nights: IntArray
    limping: BoolArray
    stopping: BoolArray
    hidden: BoolArray
    field_mended: BoolArray
    spares: IntArray
    limp_factors: FloatArray
    pinned_job: IntArray
    scripted: bool

    def take(self, cars: IndexArray) -> Fleet:
        """A copy of some of the cars."""
        copies = {name: getattr(self, name)[:, cars] for name in self._names}
        alike = {name: getattr(self, name) for name in BY_SCRIPT if name not in copies}
        return Fleet(
            self.crew[cars], self.row[cars], self.failure_wear[:, :0], scripted=self.scripted, **copies, **alike
        )

    def put(self, cars: IndexArray, other: Fleet, which: IndexArray) -> None:
        """Write back some of the cars that were taken from here: `which` of the other fleet."""
        for name in self._names:
            getattr(self, name)[:, cars] = getattr(other, name)[:, which]

    def limps_of(self, cars: IndexArray) -> FloatArray:
        """Time factors of the damage of some cars, shape (M, n) or (M, 1)."""
        return self.limp_factors[:, cars] if self.scripted else self.limp_factors

    @property
    def broken(self) -> BoolArray:
        """Modes with damage that has not been repaired, shape (M, U)."""
        return np.asarray(self.limping | self.stopping | self.hidden)

    def broken_at(self, modes: IndexArray, cars: IndexArray) -> BoolArray:
        """The same for one mode of each car, shape (n,)."""
        return np.asarray(self.limping[modes, cars] | self.stopping[modes, cars] | self.hidden[modes, cars])

    @property
    def _names(self) -> tuple[str, ...]:
        return BY_CAR + BY_SCRIPT if self.scripted else BY_CAR
