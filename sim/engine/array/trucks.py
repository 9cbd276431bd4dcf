"""The assistance trucks of many teams on one special."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.rules import driving


@dataclass
class Trucks:
    """Truck t of each of R teams, shape (T, R): does it run, from which km does it leave, when, and how fast is it."""

    runs: BoolArray
    km: FloatArray
    leaves: IntArray
    s_per_km: FloatArray

    def of(self, rows: IndexArray) -> Trucks:
        """A copy of the trucks of some of the teams."""
        return Trucks(self.runs[:, rows], self.km[:, rows], self.leaves[:, rows], self.s_per_km[:, rows])

    def put(self, rows: IndexArray, other: Trucks, which: BoolArray) -> None:
        """Note where some of the teams' trucks are in the end."""
        self.km[:, rows], self.leaves[:, rows] = other.km[:, which], other.leaves[:, which]

    @staticmethod
    def join(parts: list[Trucks]) -> Trucks:
        """The trucks of several groups of teams, one behind the other."""
        columns = ([getattr(part, f.name) for part in parts] for f in fields(Trucks))
        return Trucks(*(np.concatenate(column, axis=1) for column in columns))

    def arrival(self, rows: IndexArray, km: FloatArray | float) -> IntArray:
        """When the trucks of some teams are at a km, shape (T, n), whether they run or not."""
        return driving.truck_arrival(self.leaves[:, rows], self.km[:, rows], km, self.s_per_km[:, rows])
