"""Running many replications."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sim.engine.array import run_block
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes, concatenate
from sim.model.plan import Plan

Engine = Literal["array", "event"]

BLOCKS = (256, 1024, 4096)
"""Replications that the array engine runs at once: few at first, so that there is soon something to show. The numbers
do not depend on it."""


def run_study(
    plan: Plan, luck: Luck, replications: int, engine: Engine, on_done: Callable[[int], None]
) -> tuple[Outcomes | None, bool]:
    """Replications 0 .. replications - 1; both engines give the same outcomes.

    `on_done` is told how many more are over, now and then. Returns the outcomes and whether all are there: Ctrl-C keeps
    what is over by then, None if that is nothing.
    """
    parts: list[Outcomes] = []
    first = 0
    try:
        while first < replications:
            size = BLOCKS[min(len(parts), len(BLOCKS) - 1)] if engine == "array" else 1
            count = min(size, replications - first)
            parts.append(_run(plan, luck, first, count, engine))
            first += count
            on_done(count)
    except KeyboardInterrupt:
        pass
    outcomes = concatenate(parts) if parts else None
    return outcomes, outcomes is not None and len(outcomes) == replications


def _run(plan: Plan, luck: Luck, first: int, count: int, engine: Engine) -> Outcomes:
    """Some replications in one go; the event engine runs one."""
    return run_block(plan, luck, first, count) if engine == "array" else replay(plan, luck, first).outcomes
