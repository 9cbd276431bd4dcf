"""What all processes of one rally share."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.engine.day import Day
from sim.engine.event.clock import Clock
from sim.engine.journal import Entry, Journal, Kind, Phase
from sim.engine.luck import Draws
from sim.model.plan import Drawn, Plan, StagePlan


@dataclass
class World:
    """The clock, the plan, the parameters and the luck of the replication, and what is written down."""

    plan: Plan
    drawn: Drawn
    draws: Draws
    env: Clock
    journal: Journal = field(default_factory=Journal)
    days: dict[tuple[int, int], Day] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """The present second of the rally clock."""
        return self.env.second

    def say(
        self,
        kind: Kind,
        car: str,
        stage: StagePlan,
        phase: Phase | None = None,
        km: float | None = None,
        mode: int | None = None,
        helper: str = "",
        at: int | None = None,
        end: int | None = None,
        seconds: int | None = None,
        spares: int | None = None,
        renewal: int | None = None,
        detail: str = "",
    ) -> None:
        """Write a happening of this instant, or of another second `at` (an own event, unless a phase is given)."""
        now = self.env.second
        present = at is None or at == now
        if phase is None:
            phase = self.env.phase if present else Phase.OWN
        self.journal.add(
            Entry(
                now if at is None else at,
                phase,
                car,
                stage.name,
                km,
                kind,
                "" if mode is None else self.plan.modes.names[mode],
                helper,
                end,
                seconds,
                spares,
                renewal,
                detail,
                self.env.lap if present else 0,
            )
        )
