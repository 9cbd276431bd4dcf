"""The plan: a resolved rally as read-only tables in a fixed order, compiled before any draw is made.

Crews stand in the order of their race numbers (names come after numbers), so that "ties go to the lower race number"
means "to the lower index". Modes stand in the order of their stable codes, which no added mode can change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IntArray, Whole
from sim.model.parameters import Parameters
from sim.model.plan.drawn import Drawn
from sim.model.spec import Crew, Happening, Mode, PaceRule, Rally, Stage, State, StewardPenalty, Truck
from sim.model.track import Track

NEVER = 0
"""Replacement policy: no routine replacement."""
REST_DAY = -1
"""Replacement policy: on the rest day only; positive numbers count bivouac nights."""


@dataclass(frozen=True)
class ModeTable:
    """What is fixed of the M failure modes, one array entry each (see `sim.model.spec.Mode` for the meanings)."""

    names: tuple[str, ...]
    specs: tuple[Mode, ...]
    codes: tuple[int, ...]
    is_part: BoolArray
    shape: FloatArray
    delay_sigma: FloatArray
    missed_waypoint: FloatArray
    needs_part: BoolArray
    repair_sigma: FloatArray
    truck_s: FloatArray
    truck_sigma: FloatArray
    job_s: FloatArray
    job_sigma: FloatArray
    pace_exponent: FloatArray
    field_life: FloatArray
    stage_sd: FloatArray
    replaced_nights: IntArray
    """NEVER, REST_DAY, or the number of bivouac nights."""

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Index of a mode by its name."""
        return self.names.index(name)


@dataclass(frozen=True)
class CrewPlan:
    """One crew; `index` is its place in the order of race numbers."""

    index: int
    car: str
    code: int
    spec: Crew
    team: int
    spares: IntArray
    """Parts on board at the start of each stage, shape (S, M)."""
    pace_orders: tuple[float, ...]
    """By stage."""
    rules: tuple[tuple[PaceRule, int], ...]
    """Pace rules, each with the index of the first stage on which it may hold."""
    mend_limps: frozenset[int]
    withdraw_wait_s: int | None


@dataclass(frozen=True)
class TruckPlan:
    """One assistance truck, `index` among those of all teams; `avoids` are its detours [from km, to km] by stage."""

    index: int
    name: str
    code: int
    spec: Truck
    avoids: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True)
class TeamPlan:
    """One team; `crews` are indices into the crews of the plan, `formation` holds by stage."""

    name: str
    make_code: int
    bays: int
    routine_s: float
    routine_sigma: float
    crews: tuple[int, ...]
    trucks: tuple[TruckPlan, ...]
    hands_over: bool
    stays: bool
    help_chance: float
    hand_over_s: int
    formation: tuple[bool, ...]


@dataclass(frozen=True)
class StagePlan:
    """One day. Times are seconds of the rally clock."""

    index: int
    name: str
    code: int
    spec: Stage
    track: Track
    day_s: int
    """Midnight before the day."""
    first_slot: int
    gap_s: int
    sunset: int
    bedtime: int
    allowed_s: int
    liaison_before_s: int
    liaison_after_s: int
    transport_s: int
    """Time of a car that goes to the next bivouac by road, without driving the special."""
    liaison_wear_before: FloatArray
    """Wear-kilometres by mode, shape (M,)."""
    liaison_wear_after: FloatArray
    service_km: tuple[float, ...]
    service_s: tuple[int, ...]
    starts_marathon: bool
    """The night after it is spent in the refuge."""
    ends_marathon: bool
    trucks_allowed: bool

    @property
    def marathon(self) -> bool:
        """Is the special part of a marathon pair?"""
        return self.starts_marathon or self.ends_marathon

    @property
    def first_departure(self) -> int:
        """When the first car of the class has to leave the bivouac: what every night is planned against."""
        return self.first_slot - self.liaison_before_s

    def last_slot(self, cars: Whole) -> IntArray:
        """The last slot of a start list of so many cars: one number, or an array of them."""
        return np.asarray(self.first_slot + np.maximum(cars - 1, 0) * self.gap_s)


@dataclass(frozen=True)
class Plan:
    """Everything an engine needs to run one rally, besides luck."""

    rally: Rally
    digest: str
    stages: tuple[StagePlan, ...]
    modes: ModeTable
    parameters: Parameters | None
    """What is drawn, as it was given; None if nothing is."""
    drawn: Drawn
    """What may be drawn, drawn or not."""
    crews: tuple[CrewPlan, ...]
    teams: tuple[TeamPlan, ...]
    secondary: tuple[tuple[tuple[int, int, float, float, bool], ...], ...]
    """By mode: (other mode, stable code of the pair, chance, wear-kilometres, damage)."""
    max_lateness_s: int
    closing_margin_s: int
    fixed_penalty_s: int
    no_start_penalty_s: int
    driving_s: dict[tuple[int, int], int]
    """Pinned driving seconds by (stage, crew)."""
    happenings: dict[tuple[int, int], tuple[tuple[int, Happening], ...]]
    """By (stage, crew): (mode, happening) in the order of the km, then of the mode."""
    penalties: dict[tuple[int, int], tuple[StewardPenalty, ...]]
    first_stage: int
    """Index of the first stage that is run."""
    state: State | None
    ages_km: FloatArray
    """Wear-kilometres of each part when the run begins, shape (C, M): 0 unless it begins in mid-rally."""
    nights: IntArray
    """Bivouac nights since each part was new when the run begins, shape (C, M)."""

    @property
    def scripted_only(self) -> bool:
        """A deterministic run: no failure happens that is not scripted."""
        return self.rally.script.unscripted == "median"

    @property
    def stage_ends(self) -> FloatArray:
        """Special-km of the rally at its start and at the end of each stage, shape (S + 1,)."""
        return np.cumsum([0.0, *(stage.track.length_km for stage in self.stages)])

    @property
    def late(self) -> int:
        """Index of a cause of a loss, behind those of the modes: late at a start."""
        return len(self.modes)

    @property
    def over_time(self) -> int:
        """Index of a cause of a loss, the last one: too slow for the time allowed."""
        return len(self.modes) + 1

    def stage_index(self, name: str) -> int:
        """Index of a stage by its name."""
        return next(stage.index for stage in self.stages if stage.name == name)
