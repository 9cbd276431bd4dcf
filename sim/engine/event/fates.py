"""What each failure will be if it comes: drawn for the whole field and for several renewals at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.engine.luck import Draws, Fate, Purpose
from sim.model import hazards
from sim.model.plan import Drawn, Plan
from sim.model.rules import failures

AHEAD = 4
"""Renewals drawn at once: few parts fail more often, and one more for the whole field costs next to nothing."""


class Failure(NamedTuple):
    """One failure, and the life after it.

    Attributes:
        severity: what it does.
        crew_can: can the crew mend it, given the part?
        missed: if it is a delay, is a waypoint missed?
        delay_s: seconds of the delay, if it is one.
        repair_s: seconds of a repair by a crew.
        recovery_s: seconds of the recovery, if nobody mends it.
        next_life: wear-kilometres of the next life, before any field repair.
    """

    severity: failures.Severity
    crew_can: bool
    missed: bool
    delay_s: int
    repair_s: int
    recovery_s: int
    next_life: float


class Fates:
    """The failures of all crews, by (renewal, crew, mode)."""

    def __init__(self, plan: Plan, drawn: Drawn, draws: Draws) -> None:
        self._plan, self._drawn, self._draws = plan, drawn, draws
        self._rows: list[tuple[int, bool, bool, int, int, int, float]] = []

    def of(self, crew: int, mode: int, renewal: int) -> Failure:
        """The failure that ends life `renewal` of a mode of a crew."""
        field, modes = len(self._plan.crews), len(self._plan.modes)
        row = (renewal * field + crew) * modes + mode
        while row >= len(self._rows):
            self._draw(len(self._rows) // (field * modes))
        severity, crew_can, missed, delay_s, repair_s, recovery_s, life = self._rows[row]
        return Failure(failures.Severity(severity), crew_can, missed, delay_s, repair_s, recovery_s, life)

    def _draw(self, first: int) -> None:
        """Draw the failures that end the lives `first` and the next ones."""
        plan, modes, drawn = self._plan, self._plan.modes, self._drawn
        block = self._draws.blocks(
            Purpose.FATE,
            np.arange(first, first + AHEAD)[:, None, None],
            np.array(modes.codes, dtype=np.int64),
            np.array([[crew.code] for crew in plan.crews], dtype=np.int64),
        )
        skill = np.array([[crew.spec.repair_skill] for crew in plan.crews])
        fields = (
            failures.severity(block[Fate.SEVERITY], drawn.severity),
            failures.happens(block[Fate.CHANCE], drawn.crew_repair),
            failures.happens(block[Fate.CHANCE], modes.missed_waypoint),
            hazards.duration_s(block[Fate.TIME], drawn.delay_s, modes.delay_sigma),
            hazards.duration_s(block[Fate.TIME], drawn.repair_s * skill, modes.repair_sigma),
            hazards.duration_s(block[Fate.TIME], drawn.recovery_s, plan.rally.recovery.sigma),
            hazards.weibull_life(block[Fate.NEXT_LIFE], drawn.scale_km, modes.shape),
        )
        self._rows += zip(*(field.ravel().tolist() for field in fields), strict=True)
