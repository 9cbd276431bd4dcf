"""How the odds of a rally moved from evening to evening."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sim.study.blocks import BLOCK, Source, split
from sim.study.executors import Pool
from sim.study.odds import Odds, summarise
from sim.study.record import Record
from sim.study.run import results
from sim.study.tally import RunningTally

SCHEMA = "rally-forecast/1"

MOVED = 0.08
"""A chance to win that moved by so much since the evening before was moved by something that happened."""


@dataclass(frozen=True)
class Outlook:
    """The odds on one evening.

    Attributes:
        stage: name of the stage that is over; "" before the start.
        note: what happened on it, in a few words.
        odds: from there on.
        record: how to have them again.
    """

    stage: str
    note: str
    odds: Odds
    record: Record


def odds_of(source: Source, replications: int, pool: Pool, on_done: Callable[[int], None]) -> Odds:
    """The odds of a plan from replications 0 .. replications - 1; `on_done` is told how many more are over.

    Raises what `sim.study.run.results` raises.
    """
    tally = RunningTally()
    for result in results(source, split(0, replications, BLOCK[source.engine]), pool):
        tally.add(result.tally)
        on_done(result.block.count)
    return summarise(source.plan, tally.total)


def moved(outlooks: Sequence[Outlook]) -> list[bool]:
    """Did the chance to win of some crew move by MOVED or more since the evening before? Of the first evening, no."""
    wins = [[crew.win.value for crew in outlook.odds.crews] for outlook in outlooks]
    steps = (max(abs(now - then) for then, now in zip(*two, strict=True)) for two in pairwise(wins))
    return [False, *(step >= MOVED for step in steps)][: len(wins)]


def forecast_json(outlooks: Sequence[Outlook]) -> dict[str, Any]:
    """The documented form "rally-forecast/1": of every evening the odds of the crews and teams, with intervals."""
    evenings = []
    for one in outlooks:
        odds = one.odds.as_json(one.record)
        evenings.append(
            {"stage": one.stage, "note": one.note, **{key: odds[key] for key in ("record", "crews", "teams")}}
        )
    return {"schema": SCHEMA, "evenings": evenings}
