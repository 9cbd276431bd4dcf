"""Crossing luck with parameters: the same replications meet every draw of a plan, in one block."""

from __future__ import annotations

import numpy as np

from sim.engine.luck import Luck, Purpose
from sim.model.arrays import FloatArray, IntArray, Whole


class CrossedLuck(Luck):
    """The luck of D * count replications: number d * count + j lives in draw d and has the luck of first + j.

    For the array engine, which asks for replications from 0 on.
    """

    def __init__(self, luck: Luck, draws: int, first: int, count: int) -> None:
        super().__init__(luck.seed)
        self._draws, self._first, self._count = draws, first, count

    def contiguous(
        self, purpose: Purpose, first: int, count: int, *, attempt: int = 0, where: int = 0, who: int = 0
    ) -> FloatArray:
        """Uniforms of replications first .. first + count - 1 for one decision, shape (count,)."""
        replications = np.arange(first, first + count)
        if purpose is Purpose.PARAMETERS:
            return np.asarray((replications // self._count + 0.5) / self._draws)
        uniforms = super().contiguous(purpose, self._first, self._count, attempt=attempt, where=where, who=who)
        return np.asarray(uniforms[replications % self._count])

    def ones(self, purpose: Purpose, replications: IntArray, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """One uniform for each of many addresses, shape (n,)."""
        return super().ones(purpose, self._first + replications % self._count, attempts, wheres, whos)

    def blocks(
        self, purpose: Purpose, replications: IntArray, attempts: Whole, wheres: Whole, whos: Whole
    ) -> FloatArray:
        """The blocks of many addresses, shape (4, n)."""
        return super().blocks(purpose, self._first + replications % self._count, attempts, wheres, whos)
