"""How much each special of each car asked of each part: expected failures at the base life scales.

The cumulative hazard of the engines (`sim.model.hazards`), stage by stage: a part wears on liaisons and specials, is
new after a replacement or a repair, and its hazard over a day is the growth of (wear / scale) ** shape. A multiplier of
failures multiplies it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.model.arrays import FloatArray, Real
from sim.model.hazards import cumulative_hazard
from sim.model.plan import Plan, StagePlan
from sim.model.rules.failures import replacement_due

Failures = Mapping[tuple[int, int, int], float]
"""Km of what is known to have failed, by (stage, crew, mode), indices of the plan."""
Ends = Mapping[tuple[int, int], float]
"""Km at which a car left a special that it did not complete, by (stage, crew)."""


def expected_failures(plan: Plan, failures: Failures, ends: Ends) -> FloatArray:
    """Expected failures of each car on each day, shape (S, C, M), liaisons included.

    A part that failed is new from that km on (limps and strands: from the next night, which is much the same); a car
    that left a special adds nothing behind that km.
    """
    shape = (len(plan.stages), len(plan.crews), len(plan.modes))
    hazards = np.zeros(shape)
    for crew in range(shape[1]):
        age, nights = np.zeros(shape[2]), np.zeros(shape[2], dtype=np.int64)
        for stage in plan.stages:
            end = ends.get((stage.index, crew), stage.track.length_km)
            broken = {m: km for (s, c, m), km in failures.items() if (s, c) == (stage.index, crew)}
            hazards[stage.index, crew], age = _day(plan, stage, age, broken, end)
            served = stage.spec.night in ("bivouac", "rest_day")
            nights = nights + served
            due = replacement_due(plan.modes.replaced_nights, nights, rest_day=stage.spec.night == "rest_day")
            age, nights = np.where(due & served, 0.0, age), np.where(due & served, 0, nights)
    return hazards


def _day(
    plan: Plan, stage: StagePlan, age: FloatArray, broken: Mapping[int, float], end_km: float
) -> tuple[FloatArray, FloatArray]:
    """(expected failures, age in the evening) of all modes, shape (M,) each."""
    start = age + stage.liaison_wear_before
    evening = start + stage.track.wear_at(end_km) + stage.liaison_wear_after
    hazard = _growth(plan, age, evening)
    for mode, km in broken.items():
        failed_at = start[mode] + float(stage.track.wear_of_mode_at(mode, min(km, end_km)))
        since = evening[mode] - failed_at
        hazard[mode] = _growth(plan, age[mode], failed_at, mode) + _growth(plan, 0.0, since, mode)
        evening[mode] = since
    return hazard, evening


def _growth(plan: Plan, start: Real, end: Real, mode: int | slice = slice(None)) -> FloatArray:
    scale = np.array([spec.scale_km for spec in plan.modes.specs])[mode]
    shape = plan.modes.shape[mode]
    return np.asarray(cumulative_hazard(end, scale, shape) - cumulative_hazard(start, scale, shape))
