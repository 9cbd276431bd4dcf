"""The bare cost of the draws of the array engine: what a block of replications costs at the very least.

The addresses that one `run_block` asks for are drawn again, each once, and every uniform that the engine looked at is
put through its inverse distribution function. Nothing else is done, and it is done in whatever batches are fastest:
addresses are grouped by what they decide, so that parameters are scalars or columns, and worked on in pieces that stay
in the cache.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.inverses import Inverses
from benchmarks.recording import Decision, Record, RecordingLuck, Scattered
from sim.engine.array import run_block
from sim.engine.luck import LANES, Luck
from sim.model.arrays import IntArray
from sim.model.plan import Plan

PIECE = 4096
"""Philox blocks drawn at once."""

Work = Callable[[], object]


@dataclass(frozen=True)
class Drawn:
    """How many uniforms, or blocks of four, were asked for at addresses of one purpose, and at how many; per rally."""

    purpose: str
    asked: float
    distinct: float


@dataclass(frozen=True)
class BareDraws:
    """The draws of one block of replications.

    Attributes:
        work: drawing and transforming them again, piece by piece.
        by_purpose: how many they are.
        blocks: Philox blocks per rally, each address once; one block serves four replications of one decision.
        uniforms: uniforms per rally that are looked at.
    """

    work: list[Work]
    by_purpose: list[Drawn]
    blocks: float
    uniforms: float

    def run(self) -> None:
        """Do it all again."""
        for piece in self.work:
            piece()


def bare_draws(plan: Plan, seed: int, count: int) -> BareDraws:
    """The draws of replications 0 .. count - 1."""
    recording = RecordingLuck(seed)
    run_block(plan, recording, 0, count)
    record, luck, inverses = recording.record, Luck(seed), Inverses(plan)
    decisions, tables = list(dict.fromkeys(record.decisions)), _distinct(record.scattered)
    indices = np.arange(-(-count // LANES))
    scattered = sum(len(table) for table in tables)
    return BareDraws(
        work=[*_decide(luck, inverses, decisions, indices), *_look_up(luck, inverses, tables)],
        by_purpose=_by_purpose(record, decisions, tables, count),
        blocks=(len(decisions) * len(indices) + scattered) / count,
        uniforms=len(decisions) + sum(int(table.used.sum()) for table in tables) / count,
    )


def _by_purpose(record: Record, decisions: list[Decision], tables: list[Scattered], count: int) -> list[Drawn]:
    asked, distinct = _totals(record.decisions, record.scattered, count), _totals(decisions, tables, count)
    return [Drawn(purpose, asked[purpose] / count, distinct[purpose] / count) for purpose in asked]


def _totals(decisions: list[Decision], tables: list[Scattered], count: int) -> Counter[str]:
    """Draws by purpose."""
    totals = Counter[str]()
    for decision in decisions:
        totals[decision.purpose.name] += count
    for table in tables:
        totals[table.purpose.name] += len(table)
    return totals


def _distinct(tables: list[Scattered]) -> list[Scattered]:
    """One table for each purpose and kind of draw, every address once, in the order (where, used, who, ...)."""
    kinds = dict.fromkeys((table.purpose, table.block) for table in tables)
    return [_merged([table for table in tables if (table.purpose, table.block) == kind]) for kind in kinds]


def _merged(tables: list[Scattered]) -> Scattered:
    address = np.concatenate([table.address for table in tables], axis=1)
    used = np.concatenate([table.used for table in tables], axis=1)
    order = np.lexsort(address)
    address, used = address[:, order], used[:, order]
    first = np.flatnonzero(np.concatenate(([True], (np.diff(address) != 0).any(axis=0))))
    return Scattered(tables[0].purpose, tables[0].block, address[:, first], np.logical_or.reduceat(used, first, axis=1))


def _decide(luck: Luck, inverses: Inverses, decisions: list[Decision], indices: IntArray) -> Iterator[Work]:
    """Decisions for all replications, several at once.

    Drawn as blocks, since those take many addresses in one call: the words of the addresses are those of the engine's
    draws but for the bit that tells the two kinds apart.
    """
    for purpose in dict.fromkeys(decision.purpose for decision in decisions):
        some, size = [d for d in decisions if d.purpose == purpose], max(PIECE // len(indices), 1)
        for start in range(0, len(some), size):
            yield _decision_work(luck, inverses, some[start : start + size], indices)


def _decision_work(luck: Luck, inverses: Inverses, batch: list[Decision], indices: IntArray) -> Work:
    purpose, parts = batch[0].purpose, [(d.attempt, d.where, d.who) for d in batch]
    attempts, wheres, whos = np.repeat(np.array(parts, dtype=np.int64).T, len(indices), axis=1)
    index, shape = np.tile(indices, len(batch)), (LANES, len(batch), len(indices))
    invert = inverses.of_decisions(batch)
    return lambda: invert(luck.blocks(purpose, index, attempts, wheres, whos).reshape(shape))


def _look_up(luck: Luck, inverses: Inverses, tables: list[Scattered]) -> Iterator[Work]:
    """Draws at scattered addresses, those that decide the same together."""
    for table in tables:
        lanes = table.used.T @ (1 << np.arange(LANES))
        groups = np.stack((table.address[2], lanes))
        order = np.lexsort(groups)
        begins = np.flatnonzero(np.diff(groups[:, order], prepend=-1).any(axis=0))
        for group in np.split(order, begins[1:]):
            for start in range(0, len(group), PIECE):
                yield _look_up_work(luck, inverses, table, group[start : start + PIECE])


def _look_up_work(luck: Luck, inverses: Inverses, table: Scattered, some: IntArray) -> Work:
    """`some` addresses with one `where`, of which the same uniforms are used."""
    purpose = table.purpose
    replications, attempts, wheres, whos = table.address[:, some]
    where = int(wheres[0])
    if not table.block:
        invert = inverses.of_one(purpose, where)
        return lambda: invert(luck.ones(purpose, replications, attempts, where, whos))
    lanes = [(lane, inverses.of_lane(purpose, lane, where)) for lane in np.flatnonzero(table.used[:, some[0]]).tolist()]

    def work() -> None:
        uniforms = luck.blocks(purpose, replications, attempts, where, whos)
        for lane, invert in lanes:
            invert(uniforms[lane])

    return work
