"""Many cars at once: the state that the event engine keeps in `Car`, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from sim.engine.array.draws import BlockDraws
from sim.engine.luck import Aftermath, Fate, Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan
from sim.model.rules import driving, failures
from sim.model.stable import code
from sim.model.units import whole_seconds


@dataclass
class Fleet:
    """U cars; arrays by mode have shape (M, U), the others (U,). See `sim.engine.event.car.Car` for the meanings.

    Attributes:
        crew: index of the crew of each car.
        row: replication of each car, as a row of the block.
        log_failures: log failure multipliers that hold for the whole rally.
        pinned_job: scripted seconds of a job, 0 where there is none.
    """

    crew: IndexArray
    row: IndexArray
    log_failures: FloatArray
    wear: FloatArray
    threshold: FloatArray
    renewal: IntArray
    nights: IntArray
    limping: BoolArray
    stopping: BoolArray
    hidden: BoolArray
    field_mended: BoolArray
    limp_factors: FloatArray
    spares: IntArray
    pinned_job: IntArray

    def take(self, cars: IndexArray) -> Fleet:
        """A copy of some of the cars."""
        return Fleet(**{f.name: getattr(self, f.name)[..., cars] for f in fields(self)})

    def put(self, cars: IndexArray, other: Fleet) -> None:
        """Write cars back that were taken from here."""
        for f in fields(self):
            getattr(self, f.name)[..., cars] = getattr(other, f.name)

    @property
    def broken(self) -> BoolArray:
        """Modes with damage that has not been repaired, shape (M, U)."""
        return np.asarray(self.limping | self.stopping | self.hidden)


@dataclass(frozen=True)
class Policy:
    """What the crews of each team do for each other, shape (teams,); see `sim.model.plan.TeamPlan`."""

    hands_over: BoolArray
    stays: BoolArray
    help_chance: FloatArray
    hand_over_s: IntArray


class Workshop:
    """What is done to cars of a fleet: renewals, breakages and jobs, at (mode, car) index pairs."""

    def __init__(self, plan: Plan, draws: BlockDraws) -> None:
        self.plan, self.draws = plan, draws
        self.mode_codes = np.array(plan.modes.codes, dtype=np.uint64)
        self.crew_codes = np.array([crew.code for crew in plan.crews], dtype=np.uint64)
        cars = [crew.car for crew in plan.crews]
        self.mate_codes = np.array([[code(mate, car) for car in cars] for mate in cars], dtype=np.uint64)
        self.truck_codes = np.zeros((max(len(team.trucks) for team in plan.teams), len(cars)), dtype=np.uint64)
        for team in plan.teams:
            for (t, truck), crew in product(enumerate(team.trucks), team.crews):
                self.truck_codes[t, crew] = code(team.name, truck.name, cars[crew])
        self.policy = Policy(
            hands_over=np.array([team.hands_over for team in plan.teams]),
            stays=np.array([team.stays for team in plan.teams]),
            help_chance=np.array([team.help_chance for team in plan.teams]),
            hand_over_s=np.array([team.hand_over_s for team in plan.teams]),
        )

    def block(self, purpose: Purpose, fleet: Fleet, modes: IndexArray, cars: IndexArray) -> FloatArray:
        """The block of draws of the failure that ends the present life of each (mode, car), shape (4, n)."""
        return self.draws.blocks(
            purpose,
            fleet.row[cars],
            fleet.renewal[modes, cars],
            self.mode_codes[modes],
            self.crew_codes[fleet.crew[cars]],
        )

    def renew(
        self,
        fleet: Fleet,
        modes: IndexArray,
        cars: IndexArray,
        *,
        wear: FloatArray | None = None,
        in_field: bool = False,
    ) -> None:
        """Fit parts: the next lives begin at the present wear (that of the fleet, unless given), shorter in the field."""
        if not len(modes):
            return
        table = self.plan.modes
        share = table.field_life[modes] if in_field else np.ones(len(modes))
        if not self.plan.scripted_only:
            uniforms = self.block(Purpose.FATE, fleet, modes, cars)[Fate.NEXT_LIFE]
            lives = hazards.weibull_life(uniforms, table.scale_km[modes], table.shape[modes])
            worn = fleet.wear[modes, cars] if wear is None else wear
            fleet.threshold[modes, cars] = failures.life_ends_at(worn, lives, share)
        fleet.renewal[modes, cars] += 1
        fleet.nights[modes, cars] = 0
        for damage in (fleet.limping, fleet.stopping, fleet.hidden):
            damage[modes, cars] = False
        fleet.limp_factors[modes, cars] = table.limp_factor[modes]
        fleet.field_mended[modes, cars] = share < 1.0
        fleet.pinned_job[modes, cars] = 0

    def break_down(self, fleet: Fleet, damage: BoolArray, modes: IndexArray, cars: IndexArray) -> None:
        """Parts break and stay broken; `damage` is one of the damage arrays of the fleet."""
        damage[modes, cars] = True
        fleet.threshold[modes, cars] = np.inf

    def job_s(self, fleet: Fleet, modes: IndexArray, cars: IndexArray, slowdown: FloatArray) -> IntArray:
        """Seconds of bivouac jobs, times the slowdown of the refuge."""
        table = self.plan.modes
        median = table.job_s[modes]
        uniforms = self.block(Purpose.AFTERMATH, fleet, modes, cars)[Aftermath.JOB]
        drawn = hazards.duration_s(uniforms, np.where(median > 0, median, 1.0) * slowdown, table.job_sigma[modes])
        pinned = fleet.pinned_job[modes, cars]
        scripted = np.maximum(whole_seconds(pinned * slowdown), 1)
        return np.where(pinned > 0, scripted, np.where(median > 0, drawn, 0))

    def drive_liaison(self, fleet: Fleet, cars: IndexArray, wear_km: FloatArray) -> None:
        """Wear of a liaison; what breaks on it is found in the evening."""
        rate = driving.liaison_wear_rate(self.plan.modes.shape[:, None], fleet.log_failures[:, cars])
        end = failures.worn(fleet.wear[:, cars], rate, 0.0, wear_km[:, None])
        modes, which = np.nonzero(failures.fails(fleet.threshold[:, cars], end))
        fleet.wear[:, cars] = end
        self.break_down(fleet, fleet.hidden, modes, cars[which])
