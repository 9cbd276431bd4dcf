"""Blocks: the pieces in which a study is computed, anywhere and in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sim.engine.array import run_block
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes, concatenate
from sim.model.plan import Plan
from sim.model.rules.results import Status
from sim.study.record import computing_versions
from sim.study.tally import Tally

Engine = Literal["array", "event"]
Rows = dict[str, npt.NDArray[Any]]
"""Columns of the file of outcomes, by name, one row a replication."""

BLOCK: dict[Engine, int] = {"array": 10_240, "event": 64}
"""Replications in a block, by engine: seconds of work, at most a few hundred MiB. What comes out does not depend on it,
but for the number of replications after which `--precision` stops."""


@dataclass(frozen=True, order=True)
class Block:
    """Replications first .. first + count - 1."""

    first: int
    count: int

    @property
    def end(self) -> int:
        """Index of the replication after the last."""
        return self.first + self.count

    def __str__(self) -> str:
        return f"replications {self.first} to {self.end - 1}"


@dataclass(frozen=True)
class Source:
    """What is simulated: any replication follows from it.

    Attributes:
        plan: the rally.
        seed: seed of the luck, 0 to 2**64 - 1.
        engine: "array" or "event"; both give the same outcomes.
    """

    plan: Plan
    seed: int
    engine: Engine = "array"


@dataclass(frozen=True)
class Result:
    """What came out of a block.

    Attributes:
        block: which.
        tally: what was counted.
        rows: every rally of it; None unless they were asked for.
        versions: of what computed it.
    """

    block: Block
    tally: Tally
    rows: Rows | None
    versions: dict[str, str]


def split(first: int, end: int, size: int) -> Iterator[Block]:
    """The blocks of replications first .. end - 1: they end at multiples of `size`, and at `end`."""
    while first < end:
        until = min((first // size + 1) * size, end)
        yield Block(first, until - first)
        first = until


def simulate(source: Source, block: Block) -> Outcomes:
    """Outcomes of the replications of a block."""
    luck = Luck(source.seed)
    if source.engine == "array":
        return run_block(source.plan, luck, block.first, block.count)
    return concatenate([replay(source.plan, luck, k).outcomes for k in range(block.first, block.end)])


def compute(source: Source, block: Block, *, with_rows: bool = False) -> Result:
    """What comes out of a block, in whatever process this is called; arguments and result can be pickled."""
    outcomes = simulate(source, block)
    rows = rows_of(outcomes) if with_rows else None
    return Result(block, Tally.of(source.plan, outcomes), rows, computing_versions())


def rows_of(outcomes: Outcomes) -> Rows:
    """The columns of the file of outcomes."""
    names = np.array([status.name.lower() for status in Status])
    return {
        "status": names[outcomes.status],
        "total_s": outcomes.total_s,
        "stage_s": outcomes.stage_s,
        "penalty_s": outcomes.penalty_s,
        "completed": outcomes.completed,
        "replication": outcomes.replication,
    }
