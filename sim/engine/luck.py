"""Luck has an address, not a position.

A uniform is a pure function of (seed, purpose, attempt, where, who, replication). Nothing depends on the order in
which draws are made, so a replication can be replayed alone, a what-if is paired with its base, and adding a crew, a
mode or a stage moves nobody else's draws. The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers:
as easy as 1, 2, 3", SC11), a random-access function: the seed is its key, the rest of the address its counter.
"""

from __future__ import annotations

import operator
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.engine.philox import MASK, philox, philox_many
from sim.model.arrays import FloatArray, IntArray, Whole

MAX_SEED = 2**64 - 1
MAX_REPLICATIONS = 2**32
"""Their indices are words of 32 bits."""
LANES = 4
"""Uniforms in one Philox block."""

_HALF_STEP = 0.5
_SCALE = 2.0**-32
_SINGLE, _BLOCK = 0, 1
"""Kinds of draws: a lane for each replication, or four lanes for one."""


class Purpose(IntEnum):
    """What a uniform decides. The numbers are part of every address: they are never reused or reordered."""

    PACE = 1
    """Time of a crew on a stage."""
    STAGE_PACE = 2
    """Time of everybody on a stage."""
    MAKE_PACE = 3
    """Time of a make on a stage."""
    RALLY_FAILURES = 4
    MAKE_FAILURES = 5
    CARE_FAILURES = 6
    STAGE_FAILURES = 7
    FIRST_LIFE = 8
    """Life of a part that was new, or of unknown age, at the start."""
    FATE = 9
    """A block of four, see Fate."""
    JOB = 10
    """Time of the job in the bivouac or the refuge after a failure."""
    ASSISTANCE = 11
    """A block of four, see Assistance."""
    SECONDARY = 12
    TRUCK_RUNS = 13
    ROUTINE = 14
    PARAMETERS = 15
    """Which draw of the parameters a replication lives in."""


class Fate(IntEnum):
    """Lanes of the block of failure k of (crew, mode)."""

    SEVERITY = 0
    CHANCE = 1
    """Can the crew mend it? Of a delay: is a waypoint missed?"""
    TIME = 2
    """Of the delay, of the repair by a crew, or of the recovery if nobody mends it: only one of them comes."""
    NEXT_LIFE = 3


class Assistance(IntEnum):
    """Lanes of the block of one helper at failure k of (crew, mode)."""

    WILLING = 0
    """Does a team-mate stop, can a truck mend it?"""
    TIME = 1


def to_uniform(words: npt.NDArray[np.uint64]) -> FloatArray:
    """Map words of 32 bits to the middles of 2**32 equal parts of (0, 1): never 0, never 1."""
    return np.asarray((words + _HALF_STEP) * _SCALE, dtype=np.float64)


class Draws(Protocol):
    """The luck of one replication."""

    def one(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:
        """One uniform in (0, 1)."""
        ...

    def block(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> FloatArray:
        """The four uniforms of one block."""
        ...

    def ones(self, purpose: Purpose, wheres: Whole, whos: Whole) -> FloatArray:
        """One uniform for each pair of a table of addresses; its shape is that of the parts, broadcast."""
        ...

    def blocks(self, purpose: Purpose, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """The block of each address of a table, shape (4, *shape of the parts, broadcast)."""
        ...


class Luck:
    """All the luck of a study: uniforms by address for any replication below 2**32.

    Codes of where and who are words of 32 bits (`sim.model.stable.code`), attempts stay below 2**26. For the sake of
    speed nobody checks them, nor the replications of single addresses: `of` and `contiguous` do.
    Raises ValueError for a seed outside 0 .. 2**64 - 1 (0 is a seed like any other), TypeError for no integer.
    """

    def __init__(self, seed: int) -> None:
        if not 0 <= operator.index(seed) <= MAX_SEED:
            raise ValueError(f"a seed is an integer from 0 to 2**64 - 1, got {seed}")
        self.seed = operator.index(seed)
        self._key = (self.seed & MASK, self.seed >> 32)

    def contiguous(
        self, purpose: Purpose, first: int, count: int, *, attempt: int = 0, where: int = 0, who: int = 0
    ) -> FloatArray:
        """Uniforms of replications first .. first + count - 1 for one decision, shape (count,).

        Raises ValueError if these are not all among 0 .. 2**32 - 1.
        """
        if not 0 <= first <= first + count <= MAX_REPLICATIONS:
            last, end = MAX_REPLICATIONS - 1, first + count - 1
            raise ValueError(f"replications are counted from 0 to {last}, got {first} to {end}")
        skip = first % LANES
        index = np.arange(first // LANES, -(-(first + count) // LANES))
        four = self._many(purpose, _SINGLE, index, attempt, where, who)
        return np.ravel(four, order="F")[skip : skip + count]

    def one(self, purpose: Purpose, replication: int, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:
        """One uniform of one replication."""
        counter = (replication // LANES, attempt + _word(purpose, _SINGLE), where, who)
        return (philox(counter, self._key)[replication % LANES] + _HALF_STEP) * _SCALE

    def block(
        self, purpose: Purpose, replication: int, *, attempt: int = 0, where: int = 0, who: int = 0
    ) -> FloatArray:
        """The four uniforms of one block of one replication, shape (4,)."""
        counter = (replication, attempt + _word(purpose, _BLOCK), where, who)
        return (np.array(philox(counter, self._key)) + _HALF_STEP) * _SCALE

    def ones(self, purpose: Purpose, replications: IntArray, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """One uniform for each of many addresses, shape (n,); the parts of an address are scalars or of shape (n,)."""
        four = self._many(purpose, _SINGLE, replications // LANES, attempts, wheres, whos)
        return np.asarray(four[replications % LANES, np.arange(len(replications))])

    def blocks(
        self, purpose: Purpose, replications: IntArray, attempts: Whole, wheres: Whole, whos: Whole
    ) -> FloatArray:
        """The blocks of many addresses, shape (4, n); the parts of an address are scalars or of shape (n,)."""
        return self._many(purpose, _BLOCK, replications, attempts, wheres, whos)

    def of(self, replication: int) -> ReplicationLuck:
        """The luck of one replication (counted from 0).

        Raises ValueError for one that is not among 0 .. 2**32 - 1.
        """
        if not 0 <= replication < MAX_REPLICATIONS:
            raise ValueError(f"replications are counted from 0 to {MAX_REPLICATIONS - 1}, got {replication}")
        return ReplicationLuck(self, replication)

    def _many(
        self, purpose: Purpose, kind: int, index: IntArray, attempts: Whole, wheres: Whole, whos: Whole
    ) -> FloatArray:
        words = np.empty((LANES, len(index)), dtype=np.uint64)
        words[0], words[1], words[2], words[3] = index, attempts, wheres, whos
        words[1] += np.uint64(_word(purpose, kind))
        philox_many(words, self._key)
        return to_uniform(words)


def _word(purpose: Purpose, kind: int) -> int:
    """What the word of an address that counts attempts has in its upper bits: purpose and kind of draw."""
    return (int(purpose) << 27) + (kind << 26)


class ReplicationLuck:
    """Draws of one replication of a Luck."""

    def __init__(self, luck: Luck, replication: int) -> None:
        self._luck = luck
        self._replication = replication

    def one(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:
        """One uniform in (0, 1)."""
        return self._luck.one(purpose, self._replication, attempt=attempt, where=where, who=who)

    def block(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> FloatArray:
        """The four uniforms of one block."""
        return self._luck.block(purpose, self._replication, attempt=attempt, where=where, who=who)

    def ones(self, purpose: Purpose, wheres: Whole, whos: Whole) -> FloatArray:
        """One uniform for each pair of a table of addresses; its shape is that of the parts, broadcast."""
        table, (wheres, whos) = self._table(wheres, whos)
        return self._luck.ones(purpose, table.ravel(), 0, wheres, whos).reshape(table.shape)

    def blocks(self, purpose: Purpose, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:
        """The block of each address of a table, shape (4, *shape of the parts, broadcast)."""
        table, parts = self._table(attempts, wheres, whos)
        return self._luck.blocks(purpose, table.ravel(), *parts).reshape(LANES, *table.shape)

    def _table(self, *parts: Whole) -> tuple[IntArray, list[IntArray]]:
        """The replication at each address, in the shape of the table, and the parts of the addresses in a row."""
        table = np.full(np.broadcast(*parts).shape, self._replication)
        return table, [np.full(table.shape, part).ravel() for part in parts]


class MedianLuck:
    """Every uniform is one half: a deterministic run held at its medians."""

    def one(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:  # noqa: ARG002
        """One half."""
        return 0.5

    def block(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> FloatArray:  # noqa: ARG002
        """Four halves."""
        return np.full(LANES, 0.5)

    def ones(self, purpose: Purpose, wheres: Whole, whos: Whole) -> FloatArray:  # noqa: ARG002
        """Halves in the shape of the parts, broadcast."""
        return np.full(np.broadcast(wheres, whos).shape, 0.5)

    def blocks(self, purpose: Purpose, attempts: Whole, wheres: Whole, whos: Whole) -> FloatArray:  # noqa: ARG002
        """Blocks of halves."""
        return np.full((LANES, *np.broadcast(attempts, wheres, whos).shape), 0.5)
