"""What is done to cars of a fleet, many at once: parts fitted and broken, jobs, liaisons."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from sim.engine.array.draws import BlockDraws
from sim.engine.array.fleet import FIELD_MENDED, HIDDEN, Fleet, pairs
from sim.engine.array.trace import Trace
from sim.engine.luck import Fate, Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, TeamPlan
from sim.model.rules import failures
from sim.model.stable import code
from sim.model.units import whole_seconds


@dataclass(frozen=True)
class Policy:
    """What the crews of each team do for each other, shape (teams,); see `sim.model.plan.TeamPlan`."""

    hands_over: BoolArray
    stays: BoolArray
    help_chance: FloatArray
    hand_over_s: IntArray

    @classmethod
    def of(cls, plan: Plan) -> Policy:
        """The policies of all teams."""
        names = ("hands_over", "stays", "help_chance", "hand_over_s")
        return cls(*(np.array([getattr(team, name) for team in plan.teams]) for name in names))


@dataclass(frozen=True)
class Effects:
    """What a failure of one mode may do to another, one entry for each pair of modes; see `sim.model.plan.Plan`."""

    first: IndexArray
    other: IndexArray
    pair: IntArray
    chance: FloatArray
    wear_km: FloatArray
    damage: BoolArray

    @classmethod
    def of(cls, plan: Plan) -> Effects:
        """The effects of all modes."""
        rows = [(first, *effect) for first, effects in enumerate(plan.secondary) for effect in effects]
        kinds = (np.intp, np.intp, np.int64, np.float64, np.float64, np.bool_)
        return cls(*(np.array([row[i] for row in rows], dtype=kind) for i, kind in enumerate(kinds)))


class Workshop:
    """Work on the cars of one plan; modes are given as one for all cars, or as one for each.

    Attributes:
        mate_codes: stable code of (helping crew, helped crew), shape (C, C).
        truck_codes: stable code of (truck of the team of the crew, helped crew), shape (T, C).
        car_names, truck_names: names of the cars, shape (C,), and of the trucks of the team of each crew, shape (T, C).
        skill: factors on repair times, shape (C,).
        spares: parts on board of each crew on the morning of each stage, shape (S, M, C).
        mends_limps: does the crew mend a limp with this mode at the roadside? Shape (M, C).
        trace: where to tell what happens, if anybody wants to know.
    """

    def __init__(self, plan: Plan, draws: BlockDraws, trace: Trace | None) -> None:
        self.plan, self.draws, self.trace = plan, draws, trace
        self.policy, self.effects = Policy.of(plan), Effects.of(plan)
        cars = [crew.car for crew in plan.crews]
        self.mode_codes = np.array(plan.modes.codes, dtype=np.int64)
        self.crew_codes = np.array([crew.code for crew in plan.crews], dtype=np.int64)
        self.mate_codes = np.array([[code(mate, car) for car in cars] for mate in cars], dtype=np.int64)
        self.truck_codes = np.zeros((max(len(team.trucks) for team in plan.teams), len(cars)), dtype=np.int64)
        self.truck_names = np.full(self.truck_codes.shape, "", dtype=np.object_)
        for team in plan.teams:
            for (t, truck), crew in product(enumerate(team.trucks), team.crews):
                self.truck_codes[t, crew] = code(team.name, truck.name, cars[crew])
                self.truck_names[t, crew] = f"{team.name}/{truck.name}"
        self.skill = np.array([crew.spec.repair_skill for crew in plan.crews])
        self.mends_limps = np.zeros((len(plan.modes), len(plan.crews)), dtype=np.bool_)
        for owner in plan.crews:
            self.mends_limps[list(owner.mend_limps), owner.index] = True
        self.spares = np.stack([crew.spares for crew in plan.crews], axis=-1).astype(np.int16)
        self.car_names = np.array(cars, dtype=np.object_)

    def fate(
        self, fleet: Fleet, modes: int | IndexArray, cars: IndexArray, renewal: IntArray | None = None
    ) -> FloatArray:
        """The block of draws of the failure that ends the present life (or the one given) of modes of cars, (4, n)."""
        attempts = fleet.renewal[modes, cars] if renewal is None else renewal
        whos = self.crew_codes[fleet.crew[cars]]
        return self.draws.blocks(Purpose.FATE, fleet.row[cars], attempts, self.mode_codes[modes], whos)

    def spreads(
        self, fleet: Fleet, modes: IndexArray, cars: IndexArray, renewal: IntArray
    ) -> tuple[IndexArray, IndexArray]:
        """What failures that end the given lives do to other modes: (which of the n failures, which of the effects)."""
        table = self.effects
        which, effect = np.nonzero(modes[:, None] == table.first)
        if not len(which):
            return which, effect
        hit, whos = cars[which], self.crew_codes[fleet.crew[cars[which]]]
        uniforms = self.draws.ones(Purpose.SECONDARY, fleet.row[hit], renewal[which], table.pair[effect], whos)
        happens = failures.happens(uniforms, table.chance[effect])
        return which[happens], effect[happens]

    def fit(
        self,
        fleet: Fleet,
        modes: int | IndexArray,
        cars: IndexArray,
        *,
        uniforms: FloatArray | None = None,
        wear: FloatArray | None = None,
        share: float | FloatArray = 1.0,
    ) -> None:
        """New parts where nothing is broken: a share of a new life begins at the present wear.

        The draws of the lives and the wear are looked up unless they are given.
        """
        if not len(cars):
            return
        if not self.plan.scripted_only:
            table = self.plan.modes
            if uniforms is None:
                uniforms = self.fate(fleet, modes, cars)[Fate.NEXT_LIFE]
            lives = hazards.weibull_life(
                uniforms, self.plan.drawn.scale_km[fleet.draw[cars], modes], table.shape[modes]
            )
            worn = fleet.wear[modes, cars] if wear is None else wear
            fleet.threshold[modes, cars] = failures.life_ends_at(worn, lives, share)
        fleet.renewal[modes, cars] += 1
        fleet.nights[modes, cars] = 0

    def renew(
        self,
        fleet: Fleet,
        modes: int | IndexArray,
        cars: IndexArray,
        *,
        uniforms: FloatArray | None = None,
        wear: FloatArray | None = None,
        in_field: bool | BoolArray = False,
    ) -> None:
        """Mend what is broken; a life from the field is shorter."""
        share = np.where(in_field, self.plan.modes.field_life[modes], 1.0)
        self.fit(fleet, modes, cars, uniforms=uniforms, wear=wear, share=share)
        fleet.damage[modes, cars] = np.less(share, 1.0) * FIELD_MENDED
        if fleet.scripted:
            fleet.limp_factors[modes, cars] = self.plan.drawn.limp_factor[fleet.draw[cars], modes]
            fleet.pinned_job[modes, cars] = 0

    def break_down(self, fleet: Fleet, damage: np.uint8, modes: int | IndexArray, cars: IndexArray) -> None:
        """Parts break and stay broken; `damage` says how, as a bit."""
        fleet.damage[modes, cars] |= damage
        fleet.threshold[modes, cars] = np.inf

    def job_s(
        self, fleet: Fleet, modes: int | IndexArray, cars: IndexArray, slowdown: float | FloatArray = 1.0
    ) -> IntArray:
        """Seconds of bivouac jobs, times the slowdown of the refuge."""
        table = self.plan.modes
        median = table.job_s[modes]
        whos = self.crew_codes[fleet.crew[cars]]
        renewal = fleet.renewal[modes, cars]
        uniforms = self.draws.ones(Purpose.JOB, fleet.row[cars], renewal, self.mode_codes[modes], whos)
        drawn = hazards.duration_s(uniforms, np.where(median > 0, median, 1.0) * slowdown, table.job_sigma[modes])
        seconds = np.where(median > 0, drawn, 0)
        if not fleet.scripted:
            return seconds
        pinned = fleet.pinned_job[modes, cars]
        return np.where(pinned > 0, np.maximum(whole_seconds(pinned * slowdown), 1), seconds)

    def restock(self, fleet: Fleet, stage: int, cars: IndexArray) -> None:
        """Cars have the parts of the morning of a stage on board again."""
        fresh = self.spares[stage].take(fleet.crew[cars], axis=1)
        # Mode by mode, as the spares of a fleet lie in memory: that is several times as fast.
        for on_board, parts in zip(fleet.spares, fresh, strict=True):
            on_board[cars] = parts

    def cars_of(self, team: TeamPlan) -> IndexArray:
        """The cars of a team in a block of N replications, shape (K, N)."""
        rows = self.draws.count
        return np.array(team.crews, dtype=np.intp)[:, None] * rows + np.arange(rows)

    def drive_liaison(self, fleet: Fleet, cars: IndexArray, wear_km: FloatArray) -> None:
        """Wear of a liaison; what breaks on it is found in the evening."""
        end = failures.worn(fleet.wear[:, cars], fleet.failure_wear[:, cars], 0.0, wear_km[:, None])
        fleet.wear[:, cars] = end
        self.find_broken(fleet, cars, end)

    def find_broken(self, fleet: Fleet, cars: IndexArray, end: FloatArray) -> None:
        """What has broken by the end of a liaison, given the wear there, shape (M, n)."""
        modes, which = pairs(failures.fails(fleet.threshold[:, cars], end))
        self.break_down(fleet, HIDDEN, modes, cars[which])
