"""What a crew may do where it breaks down, as a happening that is pinned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from sim.model.plan import CrewPlan, Plan, StagePlan, compile_plan
from sim.model.rules.failures import Severity
from sim.model.spec import Happening
from sim.study.contingency.timetable import Timetable, Zone

Action = Literal["alone", "team_mate", "truck", "limp", "withdraw"]
ACTIONS: tuple[Action, ...] = get_args(Action)

CONDITIONAL = ("alone", "limp")
"""What a crew can only do if it can mend the car itself, or if the car still drives."""

_PINS: dict[Action, dict[str, Any]] = {
    "alone": {"severity": "halt", "repaired_by": "crew"},
    "team_mate": {"severity": "halt", "waits_for": "team_mate"},
    "truck": {"severity": "halt", "waits_for": "truck"},
    "limp": {"severity": "limp"},
    "withdraw": {"severity": "strand"},
}
"""Withdrawing is what the model calls a strand: recovered from where and when it stops."""

_PINNED = "pinned by the card"


@dataclass(frozen=True)
class Situation:
    """Who may break down where: crew `crew` of a plan, on a stage."""

    plan: Plan
    stage: StagePlan
    crew: CrewPlan
    times: Timetable

    def happening(self, mode: int, zone: Zone, action: Action) -> Happening:
        """The failure of a mode in the middle of a zone, and what the crew does."""
        name = self.plan.modes.names[mode]
        return Happening(stage=self.stage.name, car=self.crew.car, mode=name, km=zone.km, **_PINS[action])

    def part_on_board(self, mode: int) -> bool:
        """Is no part needed, or is one on board in the morning?"""
        plan, spares = self.plan, int(self.crew.spares[self.stage.index][mode])
        if plan.state is not None and self.stage.index == plan.first_stage:
            spares = plan.state.crews[self.crew.car].spares.get(plan.modes.names[mode], spares)
        return not plan.modes.needs_part[mode] or spares > 0

    def why_not(self, mode: int, zone: Zone, action: Action) -> str:
        """Why the crew cannot do that, in a few words; "" if it can."""
        reasons = {"alone": self._alone, "team_mate": lambda _: self._mates(), "limp": self._limp}
        if action == "truck":
            return self._truck(zone)
        return reasons[action](mode) if action in reasons else ""

    def chance_alone(self, mode: int) -> float:
        """Chance that the crew can mend a halt of the mode, the part at hand; the median of what is drawn."""
        return float(np.median(self.plan.drawn.crew_repair[:, mode]))

    def _alone(self, mode: int) -> str:
        if not self.chance_alone(mode):
            return "the crew never can"
        return "" if self.part_on_board(mode) else "no part on board"

    def _mates(self) -> str:
        team, state = self.plan.teams[self.crew.team], self.plan.state
        mates = [self.plan.crews[c].car for c in team.crews if c != self.crew.index]
        if not [car for car in mates if state is None or not state.crews[car].retired]:
            return "no team-mate"
        return "" if team.hands_over or team.stays or team.formation[self.stage.index] else "they do not stop"

    def _truck(self, zone: Zone) -> str:
        if not self.plan.teams[self.crew.team].trucks:
            return "no truck"
        if not self.stage.trucks_allowed:
            return "barred on marathons"
        return "" if self.times.truck_at(zone.km) is not None else "does not get there"

    def _limp(self, mode: int) -> str:
        return "" if self.can_limp(mode) else "stops the car"

    def can_limp(self, mode: int) -> bool:
        """Does the mode ever leave the car driving, slower?"""
        return self._share(mode, Severity.LIMP) > 0.0

    def can_halt(self, mode: int) -> bool:
        """Does the mode ever stop a car that may be mended?"""
        return self._share(mode, Severity.HALT) > 0.0

    def _share(self, mode: int, severity: Severity) -> float:
        shares = np.diff(self.plan.drawn.severity[:, mode], axis=1, prepend=0.0)
        return float(np.median(shares[:, severity]))


def pinned(plan: Plan, happening: Happening) -> Plan:
    """The plan with one more happening in its script."""
    script = plan.rally.script
    more = script.model_copy(update={"happenings": {**script.happenings, _PINNED: happening}})
    return compile_plan(plan.rally.model_copy(update={"script": more}), plan.parameters)
