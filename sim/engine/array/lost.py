"""Seconds that cars lose on a special."""

from __future__ import annotations

import numpy as np

from sim.model.arrays import FloatArray, IndexArray, IntArray


class LostTime:
    """What U cars lost for each of M modes, noted as it comes: few cars lose anything."""

    def __init__(self, modes: int, units: int) -> None:
        self._modes, self._column = modes, np.full(units, -1, dtype=np.intp)
        self._notes: list[tuple[IndexArray, IndexArray, FloatArray | IntArray]] = []

    def note(self, units: IndexArray, modes: IndexArray, seconds: FloatArray | IntArray) -> None:
        """Some cars lose seconds for one mode each, arrays of shape (n,)."""
        self._notes.append((units, modes, seconds))

    def of(self, units: IndexArray) -> FloatArray:
        """Seconds by mode of some cars, shape (M, n), added up in the order in which they came."""
        count = len(units)
        if not self._notes:
            return np.zeros((self._modes, count))
        lost_by, modes, seconds = (np.concatenate(column) for column in zip(*self._notes, strict=True))
        self._column[units] = np.arange(count)
        columns = self._column[lost_by]
        self._column[units] = -1
        mine = columns >= 0
        cells = modes[mine] * count + columns[mine]
        sums = np.bincount(cells, seconds[mine], self._modes * count).reshape(self._modes, count)
        return np.asarray(sums, dtype=np.float64)
