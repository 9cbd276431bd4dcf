"""Which draws the array engine makes: a luck that writes down every address and which uniforms are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from sim.engine.luck import LANES, Luck, Purpose
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray, Whole


@dataclass(frozen=True)
class Decision:
    """One draw for every replication of the block, at the address (purpose, attempt, where, who)."""

    purpose: Purpose
    attempt: int
    where: int
    who: int


@dataclass(frozen=True)
class Scattered:
    """Draws at n addresses of one purpose.

    Attributes:
        block: blocks of four uniforms, or single uniforms?
        address: replication, attempt, where and who, shape (4, n).
        used: which uniforms of a block were looked at, shape (4, n); single ones stand for the first of a block.
    """

    purpose: Purpose
    block: bool
    address: IntArray
    used: BoolArray

    def __len__(self) -> int:
        return len(self.used[0])


@dataclass
class Record:
    """All draws of a block of replications, in the order in which they were made."""

    decisions: list[Decision] = field(default_factory=list)
    scattered: list[Scattered] = field(default_factory=list)


class Watched(np.ndarray[Any, np.dtype[np.float64]]):
    """Blocks of uniforms, shape (4, n), that note which of them are looked at.

    Attributes:
        used: where to note it, shape (4, all addresses of the call).
        which: which of the addresses these are, shape (n,).
    """

    used: BoolArray
    which: IndexArray

    @classmethod
    def over(cls, values: FloatArray, used: BoolArray, which: IndexArray) -> Self:
        """Watch these values."""
        watched = values.view(cls)
        watched.used, watched.which = used, which
        return watched

    def __getitem__(self, key: Any) -> Any:
        """One lane as a plain array, which counts as used, or some of the addresses, watched on."""
        lane, rest = key if isinstance(key, tuple) else (key, slice(None))
        values = np.asarray(self)[key]
        if isinstance(lane, slice):
            return self.over(values, self.used, self.which[rest])
        self.used[lane, self.which[rest]] = True
        return values

    def __iter__(self) -> Iterator[Any]:
        """The lanes one by one."""
        return (self[lane] for lane in range(LANES))


class RecordingLuck(Luck):
    """The same luck as Luck(seed); `record` holds every address that was asked for."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.record = Record()

    def contiguous(
        self, purpose: Purpose, first: int, count: int, *, attempt: int = 0, where: int = 0, who: int = 0
    ) -> FloatArray:
        """As Luck does."""
        self.record.decisions.append(Decision(purpose, attempt, where, who))
        return super().contiguous(purpose, first, count, attempt=attempt, where=where, who=who)

    def ones(self, purpose: Purpose, replications: IntArray, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """As Luck does."""
        self._note(purpose, replications, attempts, wheres, whos, block=False)
        return super().ones(purpose, replications, attempts, wheres, whos)

    def blocks(
        self, purpose: Purpose, replications: IntArray, attempts: Whole, wheres: Whole, whos: Whole
    ) -> FloatArray:
        """As Luck does, but watched."""
        used = self._note(purpose, replications, attempts, wheres, whos, block=True)
        values = super().blocks(purpose, replications, attempts, wheres, whos)
        return Watched.over(values, used, np.arange(len(replications)))

    def _note(self, purpose: Purpose, replications: IntArray, *parts: Whole, block: bool) -> BoolArray:
        """Write addresses down; returns where to note which uniforms are used."""
        address = np.stack([np.broadcast_to(part, replications.shape) for part in (replications, *parts)])
        used = np.zeros((LANES, len(replications)), dtype=np.bool_)
        used[0] = not block
        self.record.scattered.append(Scattered(purpose, block, address.astype(np.int64), used))
        return used
