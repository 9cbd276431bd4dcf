"""The replay of one whole rally: what the event engine gives back."""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine.day import Day
from sim.engine.journal import Journal
from sim.engine.outcomes import Outcomes
from sim.engine.parts import Parts
from sim.model.plan import Drawn, Plan


@dataclass(frozen=True)
class Replay:
    """One rally, event by event.

    Attributes:
        plan: what was run.
        drawn: what parameters were in this replication.
        seed: seed of the luck.
        replication: its index.
        outcomes: the same row that a study has for this replication.
        days: by (stage, crew), for each crew that was in the race that morning.
        journal: what happened.
        parts: the parts of each car in the end.
    """

    plan: Plan
    drawn: Drawn
    seed: int
    replication: int
    outcomes: Outcomes
    days: dict[tuple[int, int], Day]
    journal: Journal
    parts: tuple[Parts, ...]
