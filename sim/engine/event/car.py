"""A car through the rally: wear, lives, damage and spares. What happens to it is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.event.fates import Failure, Fates
from sim.engine.luck import Draws, Purpose
from sim.engine.parts import Parts
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.model.plan import CrewPlan, Drawn, Plan
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

if TYPE_CHECKING:
    from sim.model.spec import Happening, State


@dataclass(frozen=True)
class Fortune:
    """What luck has given a car for the whole rally.

    Attributes:
        failure_wear: factor on its wear from what multiplies its failures, by mode, shape (M,).
        threshold: wear at which its first lives end, shape (M,).
        routine_s: seconds of its routine service by stage, shape (S,).
        fates: what its failures will be.
        drawn: what parameters are.
    """

    failure_wear: FloatArray
    threshold: FloatArray
    routine_s: IntArray
    fates: Fates
    drawn: Drawn


class Car:
    """State of one car; arrays by mode, shape (M,).

    Attributes:
        wear: cumulative wear-kilometres since the rally began.
        threshold: wear at which the present life ends; infinite while a part is broken.
        renewal: index of the present life, by mode.
        nights: bivouac nights since the part was new.
        limping: modes that are broken, and the car drives slower with it.
        stopping: modes that are broken, and the car cannot start with it.
        hidden: modes that broke on a liaison, found in the evening.
        field_mended: modes that were mended on the road, to be done properly in the next bivouac.
        limp_factors: time factor of each mode's damage.
        spares: parts on board.
    """

    def __init__(self, plan: Plan, crew: CrewPlan, draws: Draws, fortune: Fortune) -> None:
        count = len(plan.modes)
        self.plan = plan
        self.crew = crew
        self.draws = draws
        self.fortune = fortune
        self.wear = np.zeros(count)
        self.threshold = fortune.threshold.copy()
        self.renewal = [0] * count
        self.nights = plan.nights[crew.index].copy()
        self.limping: set[int] = set()
        self.stopping: set[int] = set()
        self.hidden: set[int] = set()
        self.field_mended: set[int] = set()
        self.limp_factors = fortune.drawn.limp_factor.copy()
        self.spares: IntArray
        self.restock(min(plan.first_stage, len(plan.stages) - 1))
        self.pinned_jobs: dict[int, int] = {}
        self._fates: dict[int, Failure] = {}
        self._take_up(plan.state)

    @property
    def broken(self) -> set[int]:
        """Modes with damage that has not been repaired."""
        return self.limping | self.stopping | self.hidden

    @property
    def parts(self) -> Parts:
        """A copy of the state of its parts."""
        kinds = ("limping", "stopping", "hidden", "field_mended")
        return Parts(
            wear=self.wear.copy(),
            threshold=self.threshold.copy(),
            renewal=np.array(self.renewal, dtype=np.int64),
            spares=self.spares.copy(),
            broken={kind: frozenset(getattr(self, kind)) for kind in kinds},
        )

    def limp(self, damage: set[int]) -> float:
        """Time factor of some damage."""
        return float(driving.limp_product(self.limp_factors, self._mask(damage))) if damage else 1.0

    def fate(self, mode: int) -> Failure:
        """The failure that ends the present life of a mode."""
        if mode not in self._fates:
            self._fates[mode] = self.fortune.fates.of(self.crew.index, mode, self.renewal[mode])
        return self._fates[mode]

    def renew(self, mode: int, field_life: float = 1.0) -> None:
        """Fit a part: the next life begins at the present wear."""
        if not self.plan.scripted_only:
            life = self.fate(mode).next_life
            self.threshold[mode] = failures.life_ends_at(self.wear[mode], life, field_life)
        self.renewal[mode] += 1
        self._fates.pop(mode, None)
        self.nights[mode] = 0
        for damage in (self.limping, self.stopping, self.hidden, self.field_mended):
            damage.discard(mode)
        self.limp_factors[mode] = self.fortune.drawn.limp_factor[mode]
        self.pinned_jobs.pop(mode, None)

    def mend_in_field(self, mode: int) -> None:
        """A repair on the road or in the refuge: the next life is shorter until a bivouac has worked on it."""
        field_life = float(self.plan.modes.field_life[mode])
        self.renew(mode, field_life)
        if field_life < 1.0:
            self.field_mended.add(mode)

    def break_down(self, mode: int, damage: set[int], happening: Happening | None = None) -> None:
        """A part breaks and stays broken; `damage` is one of the kinds of damage of this car."""
        damage.add(mode)
        self.threshold[mode] = np.inf
        if happening is not None and happening.limp_factor is not None:
            self.limp_factors[mode] = happening.limp_factor
        if happening is not None and happening.job_s is not None:
            self.pinned_jobs[mode] = happening.job_s

    def job_s(self, mode: int, slowdown: float = 1.0) -> int:
        """Seconds of the bivouac job of a mode, times the slowdown of the refuge."""
        if mode in self.pinned_jobs:
            return max(int(whole_seconds(self.pinned_jobs[mode] * slowdown)), 1)
        median = float(self.plan.modes.job_s[mode])
        if median == 0.0:
            return 0
        code = self.plan.modes.codes[mode]
        uniform = self.draws.one(Purpose.JOB, attempt=self.renewal[mode], where=code, who=self.crew.code)
        return int(hazards.duration_s(uniform, median * slowdown, self.plan.modes.job_sigma[mode]))

    def drive_liaison(self, wear_km: FloatArray) -> None:
        """Wear of a liaison; what breaks on it is hidden: nobody finds it before the evening."""
        self.wear = failures.worn(self.wear, self.fortune.failure_wear, 0.0, wear_km)
        for mode in failures.fails(self.threshold, self.wear).nonzero()[0].tolist():
            self.break_down(mode, self.hidden)

    def restock(self, stage: int) -> None:
        """Fill up the parts on board to what is carried on a stage."""
        self.spares = self.crew.spares[stage].copy()

    def end_night(self) -> None:
        """What was found in the evening and not mended stays as damage."""
        self.limping |= self.hidden
        self.hidden.clear()

    def jobs(self) -> tuple[list[int], list[int]]:
        """Tonight's jobs in the order of the modes: those without which the car cannot start, and the others."""
        others = (self.limping | self.hidden | self.field_mended) - self.stopping
        return sorted(self.stopping), sorted(others)

    @property
    def refuge_needs(self) -> BoolArray:
        """Damage that needs a part in the refuge."""
        return self._mask(self.limping | self.hidden) & self.plan.modes.needs_part

    def _mask(self, damage: set[int]) -> BoolArray:
        mask = np.zeros(len(self.renewal), dtype=np.bool_)
        mask[list(damage)] = True
        return mask

    def _take_up(self, state: State | None) -> None:
        """Start the run from what is known of the car in mid-rally."""
        if state is None:
            return
        known = state.crews[self.crew.car]
        for name, count in known.spares.items():
            self.spares[self.plan.modes.index(name)] = count
        for name in known.damage:
            self.break_down(self.plan.modes.index(name), self.limping)
