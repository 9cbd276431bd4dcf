"""Many rallies at once, stage by stage: mornings, specials, results and nights.

What the event engine's race control and crews do one after another is done here for a block of replications.
"""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine.array.block import Block
from sim.engine.array.draws import BlockDraws
from sim.engine.array.evening import spend_night
from sim.engine.array.morning import open_day
from sim.engine.array.special_day import drive_special
from sim.engine.array.trace import Trace
from sim.engine.journal import Entry
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from sim.engine.parts import Parts
from sim.model.plan import Plan


def run_block(plan: Plan, luck: Luck, first: int, count: int) -> Outcomes:
    """Outcomes of replications first .. first + count - 1, at least one.

    Raises ValueError if there is none, or if they are not all among 0 .. 2**32 - 1.
    """
    # The cars are gone before the outcomes are put together: that takes memory too.
    return _run(plan, luck, first, count, None).ledger.outcomes()


@dataclass(frozen=True)
class Traced:
    """A block of replications with what happened in it.

    Attributes:
        outcomes: one row a replication.
        parts: by replication, the parts of each car in the end.
        journals: by replication, what happened, of the kinds in `trace.TOLD`.
    """

    outcomes: Outcomes
    parts: list[tuple[Parts, ...]]
    journals: list[list[Entry]]


def trace_block(plan: Plan, luck: Luck, first: int, count: int) -> Traced:
    """The same replications as `run_block`, told; raises what that raises."""
    trace = Trace(plan, count)
    block = _run(plan, luck, first, count, trace)
    crews = range(len(plan.crews))
    parts = [tuple(block.fleet.parts(crew * count + row) for crew in crews) for row in range(count)]
    return Traced(block.ledger.outcomes(), parts, trace.journals())


def _run(plan: Plan, luck: Luck, first: int, count: int, trace: Trace | None) -> Block:
    """Every stage that is still to be run."""
    if count < 1:
        raise ValueError(f"a block has at least 1 replication, got {count}")
    block = Block(plan, BlockDraws(luck, first, count, median=plan.scripted_only), trace)
    for stage in plan.stages[plan.first_stage :]:
        day = open_day(block, stage)
        trucks = drive_special(block, stage, day)
        block.order = block.ledger.close_stage(stage, day)
        if stage.spec.night != "finish":
            spend_night(block, stage, day, trucks)
    return block
