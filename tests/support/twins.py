"""Both engines on the same replications, compared in everything that both of them tell."""

from __future__ import annotations

from sim.engine.array import trace_block
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.study.twins import Difference, difference


def compared(plan: Plan, luck: Luck, first: int, count: int) -> tuple[list[Replay], list[Difference]]:
    """Replications first .. first + count - 1 told by the event engine, and what the array engine has otherwise."""
    traced = trace_block(plan, luck, first, count)
    races = [replay(plan, luck, k) for k in range(first, first + count)]
    found = [difference(race, traced, row) for row, race in enumerate(races)]
    return races, [unlike for unlike in found if unlike is not None]


def disagreements(plan: Plan, luck: Luck, first: int, count: int) -> list[Difference]:
    """What the array engine has otherwise than the event engine in each replication, if anything."""
    return compared(plan, luck, first, count)[1]
