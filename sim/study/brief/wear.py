"""How likely parts are to fail on what is ahead: the Weibull lives that are left, in closed form."""

from __future__ import annotations

import numpy as np

from sim.model import hazards
from sim.model.arrays import FloatArray
from sim.model.plan import Plan
from sim.model.plan.exposure import ahead


def fails_by(plan: Plan, crew: int, mode: int, last: int) -> float:
    """Chance that a mode of a crew fails before the night after stage `last` (an index) is over.

    1 - exp(-H), H the cumulative hazard of a life that has lasted to its age, and of each new part that the replacement
    policy fits on the way; the mean over the draws of the parameters. At pace orders of 1.00, and before what rally,
    make, crew and stage add or take.
    """
    intervals = ahead(plan, crew, mode, last)
    hazard = _hazard(plan, crew, mode, float(plan.ages_km[crew, mode]), intervals[0].km)
    for part in intervals[1:]:
        hazard = hazard + _hazard(plan, crew, mode, 0.0, part.km)
    return float(np.mean(-np.expm1(-hazard)))


def saved_by_new(plan: Plan, crew: int, mode: int) -> float:
    """By how much the chance to fail on the first stage falls if the part is new."""
    stage = plan.first_stage
    age = float(plan.ages_km[crew, mode])
    km = ahead(plan, crew, mode, stage)[0].km - age
    new = float(np.mean(-np.expm1(-_hazard(plan, crew, mode, 0.0, km))))
    return fails_by(plan, crew, mode, stage) - new


def _hazard(plan: Plan, crew: int, mode: int, from_km: float, to_km: float) -> FloatArray:
    """Cumulative hazard between two ages in each draw, shape (D,); what multiplies failures speeds up wear."""
    shape, scale = plan.modes.shape[mode], plan.drawn.scale_km[:, mode]
    faster = np.exp(plan.drawn.log_failures[:, crew] / shape)
    before = hazards.cumulative_hazard(np.full(len(scale), from_km), scale, shape)
    after = hazards.cumulative_hazard(from_km + (to_km - from_km) * faster, scale, shape)
    return np.asarray(after - before)
