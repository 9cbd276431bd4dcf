"""How much a route wears a car, interval by interval of the replacement policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.hazards import cumulative_hazard
from sim.model.plan.tables import NEVER, REST_DAY, ModeTable, Plan, StagePlan
from sim.model.spec import Renewal


def wear_km(plan: Plan) -> FloatArray:
    """Wear-kilometres of the whole rally at calibrated pace, liaisons included, shape (M,)."""
    return np.array([sum(_stage_km(mode, stage) for stage in plan.stages) for mode in range(len(plan.modes))])


def expected_failures(plan: Plan) -> FloatArray:
    """Cumulative hazard of one car over the rally under the replacement policy of each mode, shape (M,).

    The sum over replacement intervals of (wear / scale) ** shape: the expected number of failures if each is mended
    to the state just before it. Before any multiplier, and without field repairs; at the point value of a scale that
    is drawn.
    """
    modes = plan.modes
    hazards = [
        sum(
            cumulative_hazard(part.km, spec.scale_km, modes.shape[mode])
            for part in _intervals(mode, plan.stages, modes)
        )
        for mode, spec in enumerate(modes.specs)
    ]
    return np.array(hazards, dtype=np.float64)


@dataclass(frozen=True)
class Interval:
    """The service of one part between two replacements: its wear-kilometres and bivouac nights."""

    km: float = 0.0
    nights: int = 0


NEW = Interval()
"""Of a new part."""


def age(mode: int, stages: Sequence[StagePlan], modes: ModeTable, renewed: Renewal | None = None) -> Interval:
    """Age of a part after these stages and their nights, if it has not failed since it was last known to be new.

    `renewed` says when that was, on one of these stages; None: when the rally began.
    """
    if renewed is None:
        return _intervals(mode, stages, modes)[-1]
    done = [stage.name for stage in stages].index(renewed.stage)
    if renewed.km is None:
        return _intervals(mode, stages[done + 1 :], modes)[-1]
    stage = stages[done]
    over_km = float(stage.liaison_wear_before[mode] + stage.track.wear_of_mode_at(mode, renewed.km))
    return _intervals(mode, stages[done:], modes, Interval(-over_km))[-1]


def ahead(plan: Plan, crew: int, mode: int, last: int) -> list[Interval]:
    """Service of a part of a crew from where the run begins to the night after stage `last` (an index).

    The wear-kilometres of the first interval include the age of the part, `plan.ages_km`.
    """
    age_now = Interval(float(plan.ages_km[crew, mode]), int(plan.nights[crew, mode]))
    return _intervals(mode, plan.stages[plan.first_stage : last + 1], plan.modes, age_now)


def _intervals(mode: int, stages: Sequence[StagePlan], modes: ModeTable, first: Interval = NEW) -> list[Interval]:
    """Service of a part between replacements; the last interval is still open after the last night.

    `first` is the service of the part before these stages; negative if it was new in the middle of the first of them.
    """
    policy, intervals = int(modes.replaced_nights[mode]), [first]
    for stage in stages:
        served = stage.spec.night in ("bivouac", "rest_day")
        now = Interval(intervals[-1].km + _stage_km(mode, stage), intervals[-1].nights + served)
        intervals[-1] = now
        rest = policy == REST_DAY and stage.spec.night == "rest_day"
        if rest or (served and policy > NEVER and now.nights >= policy):
            intervals.append(Interval())
    return intervals


def _stage_km(mode: int, stage: StagePlan) -> float:
    liaison = stage.liaison_wear_before[mode] + stage.liaison_wear_after[mode]
    return float(stage.track.wear[mode, -1] + liaison)
