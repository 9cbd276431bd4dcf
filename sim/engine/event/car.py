"""A car through the rally: wear, lives, damage and spares. What happens to it is decided elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.luck import Aftermath, Draws, Fate, Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.model.plan import CrewPlan, Plan
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

if TYPE_CHECKING:
    from sim.model.spec import Happening, State


class Car:
    """State of one car; arrays by mode, shape (M,).

    Attributes:
        wear: cumulative wear-kilometres since the rally began.
        threshold: wear at which the present life ends; infinite while a part is broken.
        renewal: index of the present life.
        nights: bivouac nights since the part was new.
        limping: broken, and the car drives slower with it.
        stopping: broken, and the car cannot start with it.
        hidden: broke on a liaison, found in the evening.
        field_mended: mended on the road, to be done properly in the next bivouac.
        limp_factors: time factor of each mode's damage.
        spares: parts on board.
    """

    def __init__(self, plan: Plan, crew: CrewPlan, draws: Draws, log_failures: FloatArray) -> None:
        count = len(plan.modes)
        self.plan = plan
        self.crew = crew
        self.draws = draws
        self.log_failures = log_failures
        self.wear = np.zeros(count)
        self.renewal = np.zeros(count, dtype=np.int64)
        self.nights = plan.nights.copy()
        self.limping = np.zeros(count, dtype=np.bool_)
        self.stopping = np.zeros(count, dtype=np.bool_)
        self.hidden = np.zeros(count, dtype=np.bool_)
        self.field_mended = np.zeros(count, dtype=np.bool_)
        self.limp_factors = plan.modes.limp_factor.copy()
        self.spares: IntArray
        self.restock(min(plan.first_stage, len(plan.stages) - 1))
        self.pinned_jobs: dict[int, int] = {}
        self._fates: dict[int, tuple[int, FloatArray]] = {}
        self.threshold = self._first_lives()
        self._take_up(plan.state)

    @property
    def broken(self) -> BoolArray:
        """Modes with damage that has not been repaired."""
        return self.limping | self.stopping | self.hidden

    def fate(self, mode: int) -> FloatArray:
        """The block of draws of the failure that ends the present life of a mode (see luck.Fate)."""
        renewal = int(self.renewal[mode])
        known = self._fates.get(mode)
        if known is None or known[0] != renewal:
            block = self.draws.block(
                Purpose.FATE, attempt=renewal, where=self.plan.modes.codes[mode], who=self.crew.code
            )
            known = self._fates[mode] = (renewal, block)
        return known[1]

    def aftermath(self, mode: int) -> FloatArray:
        """The second block of draws of the same failure (see luck.Aftermath)."""
        return self.draws.block(
            Purpose.AFTERMATH,
            attempt=int(self.renewal[mode]),
            where=self.plan.modes.codes[mode],
            who=self.crew.code,
        )

    def renew(self, mode: int, field_life: float = 1.0) -> None:
        """Fit a part: the next life begins at the present wear."""
        uniform = self.fate(mode)[Fate.NEXT_LIFE]
        life = hazards.weibull_life(uniform, self.plan.modes.scale_km[mode], self.plan.modes.shape[mode])
        self.renewal[mode] += 1
        if not self.plan.scripted_only:
            self.threshold[mode] = failures.life_ends_at(self.wear[mode], life, field_life)
        self.nights[mode] = 0
        self.limping[mode] = self.stopping[mode] = self.hidden[mode] = False
        self.limp_factors[mode] = self.plan.modes.limp_factor[mode]
        self.field_mended[mode] = False
        self.pinned_jobs.pop(mode, None)

    def mend_in_field(self, mode: int) -> None:
        """A repair on the road or in the refuge: the next life is shorter until a bivouac has worked on it."""
        field_life = float(self.plan.modes.field_life[mode])
        self.renew(mode, field_life)
        self.field_mended[mode] = field_life < 1.0

    def break_down(self, mode: int, kind: BoolArray, happening: Happening | None = None) -> None:
        """A part breaks and stays broken; `kind` is one of the damage arrays of this car."""
        kind[mode] = True
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
        uniform = self.aftermath(mode)[Aftermath.JOB]
        return int(hazards.duration_s(uniform, median * slowdown, self.plan.modes.job_sigma[mode]))

    def drive_liaison(self, wear_km: FloatArray) -> None:
        """Wear of a liaison; what breaks on it is hidden: nobody finds it before the evening."""
        rate = driving.liaison_wear_rate(self.plan.modes.shape, self.log_failures)
        end = failures.worn(self.wear, rate, 0.0, wear_km)
        self.wear = end
        for mode in np.flatnonzero(failures.fails(self.threshold, end)).tolist():
            self.break_down(mode, self.hidden)

    def restock(self, stage: int) -> None:
        """Fill up the parts on board to what is carried on a stage."""
        self.spares = self.crew.spares[stage].copy()

    def end_night(self) -> None:
        """What was found in the evening and not mended stays as damage."""
        self.limping |= self.hidden
        self.hidden[:] = False

    def jobs(self) -> tuple[list[int], list[int]]:
        """Tonight's jobs in the order of the modes: those without which the car cannot start, and the others."""
        others = (self.limping | self.hidden | self.field_mended) & ~self.stopping
        return np.flatnonzero(self.stopping).tolist(), np.flatnonzero(others).tolist()

    @property
    def refuge_needs(self) -> BoolArray:
        """Damage that needs a part in the refuge."""
        return (self.limping | self.hidden) & self.plan.modes.needs_part

    def _first_lives(self) -> FloatArray:
        plan, modes = self.plan, self.plan.modes
        if plan.scripted_only or len(modes) == 0:
            return np.full(len(modes), np.inf)
        uniforms = np.array(
            [self.draws.one(Purpose.FIRST_LIFE, where=mode, who=self.crew.code) for mode in modes.codes]
        )
        ages = plan.ages_km[self.crew.index]
        lives = hazards.weibull_residual_life(uniforms, ages, modes.scale_km, modes.shape)
        return failures.life_ends_at(self.wear, lives)

    def _take_up(self, state: State | None) -> None:
        """Start the run from what is known of the car in mid-rally."""
        if state is None:
            return
        known = state.crews[self.crew.car]
        for name, count in known.spares.items():
            self.spares[self.plan.modes.index(name)] = count
        for name in known.damage:
            self.break_down(self.plan.modes.index(name), self.limping)
