"""The luck of a block of replications, by the same addresses as the event engine's."""

from __future__ import annotations

import numpy as np

from sim.engine.luck import LANES, Luck, Purpose
from sim.model.arrays import FloatArray, IntArray, Whole


class BlockDraws:
    """Draws of replications first .. first + count - 1; with `median` every uniform is one half."""

    def __init__(self, luck: Luck, first: int, count: int, *, median: bool) -> None:
        self._luck, self.first, self.count, self._median = luck, first, count, median

    def each(self, purpose: Purpose, *, where: int = 0, who: int = 0) -> FloatArray:
        """One uniform for every replication of the block, shape (count,)."""
        if self._median:
            return np.full(self.count, 0.5)
        return self._luck.contiguous(purpose, self.first, self.count, where=where, who=who)

    def ones(self, purpose: Purpose, rows: IntArray, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """One uniform each for some rows of the block, shape (n,)."""
        if self._median:
            return np.full(len(rows), 0.5)
        return self._luck.ones(purpose, rows + self.first, attempts, wheres, whos)

    def blocks(self, purpose: Purpose, rows: IntArray, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """Blocks of four uniforms for some rows of the block, shape (4, n)."""
        if self._median:
            return np.full((LANES, len(rows)), 0.5)
        return self._luck.blocks(purpose, rows + self.first, attempts, wheres, whos)
