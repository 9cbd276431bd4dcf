"""Luck has an address, not a position.

A uniform is a pure function of (seed, purpose, attempt, where, who, replication). Nothing depends on the order in
which draws are made, so a replication can be replayed alone, a what-if is paired with its base, and adding a crew, a
mode or a stage moves nobody else's draws. The generator is Philox4x64-10 (Salmon et al., "Parallel random numbers:
as easy as 1, 2, 3", SC11) as NumPy implements it: a random-access function of a key and a counter.
"""

from __future__ import annotations

import operator
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sim.engine.philox import CodeArray, philox_4x64
from sim.model.arrays import FloatArray, IntArray

MAX_SEED = 2**64 - 1
LANES = 4
"""Uniforms in one Philox block."""
FEW = 48
"""Scattered addresses below which NumPy's own generator, aimed at each, is faster than the one for many keys."""

_HALF_STEP = 0.5
_SCALE = 2.0**-52


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
    AFTERMATH = 10
    """A block of four, see Aftermath."""
    ASSISTANCE = 11
    """A block of four, see Assistance."""
    SECONDARY = 12
    TRUCK_RUNS = 13
    ROUTINE = 14


class Fate(IntEnum):
    """Lanes of the block of failure k of (crew, mode)."""

    SEVERITY = 0
    CREW_REPAIR = 1
    TIME = 2
    """Of the delay, or of the repair by a crew."""
    NEXT_LIFE = 3


class Aftermath(IntEnum):
    """Lanes of a second block, for what few failures need."""

    JOB = 0
    RECOVERY = 1
    WAYPOINT = 2


class Assistance(IntEnum):
    """Lanes of the block of one helper at failure k of (crew, mode)."""

    WILLING = 0
    """Does a team-mate stop, can a truck mend it?"""
    TIME = 1


def to_uniform(raw: npt.NDArray[np.uint64]) -> FloatArray:
    """Map 64 random bits to the open interval (0, 1), 52 of them and a half step: never 0, never 1."""
    return ((raw >> np.uint64(12)).astype(np.float64) + _HALF_STEP) * _SCALE


class Draws(Protocol):
    """The luck of one replication."""

    def one(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:
        """One uniform in (0, 1)."""
        ...

    def block(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> FloatArray:
        """The four uniforms of one block."""
        ...


class Luck:
    """All the luck of a study: uniforms by address for any replication.

    Raises ValueError for a seed outside 0 .. 2**64 - 1 (0 is a seed like any other), TypeError for no integer.
    """

    def __init__(self, seed: int) -> None:
        if not 0 <= operator.index(seed) <= MAX_SEED:
            raise ValueError(f"a seed is an integer from 0 to 2**64 - 1, got {seed}")
        self.seed = operator.index(seed)
        self._philox = np.random.Philox(key=0)
        self._counter = np.zeros(4, dtype=np.uint64)
        self._key = np.array([seed, 0], dtype=np.uint64)
        self._state: Any = {
            "bit_generator": "Philox",
            "state": {"counter": self._counter, "key": self._key},
            "buffer": np.zeros(4, dtype=np.uint64),
            "buffer_pos": 4,
            "has_uint32": 0,
            "uinteger": 0,
        }

    def contiguous(
        self, purpose: Purpose, first: int, count: int, *, attempt: int = 0, where: int = 0, who: int = 0
    ) -> FloatArray:
        """Uniforms of replications first .. first + count - 1 for one decision, shape (count,)."""
        skip = first % LANES
        self._aim(purpose, attempt, first // LANES, 0, where, who)
        raw = self._philox.random_raw(skip + count)
        return to_uniform(raw[skip:])

    def block(
        self, purpose: Purpose, replication: int, *, attempt: int = 0, where: int = 0, who: int = 0
    ) -> FloatArray:
        """The four uniforms of one block of one replication, shape (4,)."""
        self._aim(purpose, attempt, replication, 1, where, who)
        return to_uniform(self._philox.random_raw(LANES))

    def ones(
        self, purpose: Purpose, replications: IntArray, attempts: IntArray, wheres: CodeArray, whos: CodeArray
    ) -> FloatArray:
        """One uniform for each of many addresses, shape (n,); every argument but the purpose has shape (n,)."""
        four = self._scattered(purpose, attempts, replications // LANES, 0, wheres, whos)
        return np.asarray(four[replications % LANES, np.arange(len(replications))])

    def blocks(
        self, purpose: Purpose, replications: IntArray, attempts: IntArray, wheres: CodeArray, whos: CodeArray
    ) -> FloatArray:
        """The blocks of many addresses, shape (4, n); every argument but the purpose has shape (n,)."""
        return self._scattered(purpose, attempts, replications, 1, wheres, whos)

    def of(self, replication: int) -> ReplicationLuck:
        """The luck of one replication (counted from 0)."""
        return ReplicationLuck(self, replication)

    def _scattered(
        self, purpose: Purpose, attempts: IntArray, index: IntArray, kind: int, wheres: CodeArray, whos: CodeArray
    ) -> FloatArray:
        """Uniforms of the Philox blocks that `_aim` would aim at; NumPy's counter stands one before the block."""
        if len(index) < FEW:
            raw = np.empty((LANES, len(index)), dtype=np.uint64)
            for i in range(len(index)):
                self._aim(purpose, int(attempts[i]), int(index[i]), kind, int(wheres[i]), int(whos[i]))
                raw[:, i] = self._philox.random_raw(LANES)
            return to_uniform(raw)
        first = index.astype(np.uint64) + np.uint64(1)
        counter = np.stack((first, np.full(len(index), kind, dtype=np.uint64), wheres, whos))
        key_1 = np.uint64(int(purpose) << 32) | attempts.astype(np.uint64)
        return to_uniform(philox_4x64(counter, np.full(len(index), self._key[0]), key_1))

    def _aim(self, purpose: Purpose, attempt: int, index: int, kind: int, where: int, who: int) -> None:
        self._key[1] = (int(purpose) << 32) | attempt
        self._counter[:] = (index, kind, where, who)
        self._philox.state = self._state


class ReplicationLuck:
    """Draws of one replication of a Luck."""

    def __init__(self, luck: Luck, replication: int) -> None:
        self._luck = luck
        self._replication = replication

    def one(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:
        """One uniform in (0, 1)."""
        return float(self._luck.contiguous(purpose, self._replication, 1, attempt=attempt, where=where, who=who)[0])

    def block(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> FloatArray:
        """The four uniforms of one block."""
        return self._luck.block(purpose, self._replication, attempt=attempt, where=where, who=who)


class MedianLuck:
    """Every uniform is one half: a deterministic run held at its medians."""

    def one(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> float:  # noqa: ARG002
        """One half."""
        return 0.5

    def block(self, purpose: Purpose, *, attempt: int = 0, where: int = 0, who: int = 0) -> FloatArray:  # noqa: ARG002
        """Four halves."""
        return np.full(LANES, 0.5)
