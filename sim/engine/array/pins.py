"""What is pinned of the failures of cars on a special, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from sim.model.arrays import BoolArray, IndexArray, IntArray
from sim.model.spec import Happening
from sim.model.spec.script import Helper


class Pins:
    """What the script says of the failure that each of U cars has met last; of one that is drawn it says nothing."""

    def __init__(self, units: int) -> None:
        self._which = np.full(units, -1, dtype=np.intp)
        self._happenings: list[Happening] = []

    def forget(self, units: IndexArray) -> None:
        """These cars meet failures that are drawn."""
        self._which[units] = -1

    def learn(self, unit: int, happening: Happening) -> None:
        """A car meets one that is pinned."""
        self._which[unit] = len(self._happenings)
        self._happenings.append(happening)

    def known(self, units: IndexArray) -> BoolArray:
        """Is the failure of each of these cars pinned?"""
        return np.asarray(self._which[units] >= 0)

    def of(self, units: IndexArray) -> Iterator[tuple[int, Happening]]:
        """Those that are: (place among these cars, happening)."""
        if self._happenings:
            for i in np.flatnonzero(self.known(units)).tolist():
                yield i, self._happenings[self._which[units[i]]]

    def put(self, key: str, units: IndexArray, values: IntArray) -> IntArray:
        """Seconds of these cars with those that are pinned in their places; `values` is changed."""
        for i, happening in self.of(units):
            pin = getattr(happening, key)
            values[i] = values[i] if pin is None else pin
        return values

    def helper_known(self, units: IndexArray) -> BoolArray:
        """Is it known who mended each car, if anybody did?"""
        return self._where(units, lambda happening: happening.repaired_by is not None)

    def mended_by(self, name: str, units: IndexArray) -> BoolArray:
        """Is it known that this helper mended it?"""
        return self._where(units, lambda happening: happening.repaired_by == name)

    def waits_only_for(self, helper: Helper, units: IndexArray) -> BoolArray:
        """Does the crew take help from such helpers only?"""
        return self._where(units, lambda happening: happening.waits_for == helper)

    def _where(self, units: IndexArray, holds: Callable[[Happening], bool]) -> BoolArray:
        found = np.zeros(len(units), dtype=np.bool_)
        for i, happening in self.of(units):
            found[i] = holds(happening)
        return found
