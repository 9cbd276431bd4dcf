"""What a replication begins with: paces, shared failure multipliers, first lives and hours of routine service.

What every rally needs is drawn here, whole tables at once: a table costs what twenty single draws do. The draws have
the same addresses as the array engine's.
"""

from __future__ import annotations

import numpy as np

from sim.engine.luck import Draws, Purpose
from sim.model import hazards
from sim.model.arrays import FloatArray, IntArray
from sim.model.plan import Drawn, Plan
from sim.model.rules import driving, failures


def parameters(plan: Plan, draws: Draws) -> Drawn:
    """What parameters are in this replication."""
    return plan.drawn.at(int(plan.drawn.index(draws.one(Purpose.PARAMETERS))))


def pace_factors(plan: Plan, drawn: Drawn, draws: Draws) -> FloatArray:
    """Time factors, shape (S, C)."""
    stages = _stages(plan)
    return driving.pace_factor(
        drawn.pace,
        drawn.consistency,
        hazards.normal(draws.ones(Purpose.PACE, stages, _crews(plan))),
        drawn.stage_sd,
        hazards.normal(draws.ones(Purpose.STAGE_PACE, stages, 0)),
        drawn.make_sd,
        hazards.normal(draws.ones(Purpose.MAKE_PACE, stages, _makes(plan))),
    )


def failure_wear(plan: Plan, drawn: Drawn, draws: Draws) -> FloatArray:
    """Factors on wear from what multiplies failures for the whole rally, shape (C, M)."""
    spec, crews, makes = plan.rally.variation, _crews(plan)[:, None], _makes(plan)[:, None]
    rally = driving.shared_failures(spec.rally_sd, hazards.normal(draws.one(Purpose.RALLY_FAILURES)))
    care = driving.shared_failures(spec.care_sd, hazards.normal(draws.ones(Purpose.CARE_FAILURES, 0, crews)))
    by_make = hazards.normal(draws.ones(Purpose.MAKE_FAILURES, _modes(plan), makes))
    log_failures = drawn.log_failures[:, None] + rally + care + driving.shared_failures(spec.make_sd, by_make)
    return driving.failure_wear(plan.modes.shape, log_failures)


def stage_wear(plan: Plan, draws: Draws) -> FloatArray:
    """Factors on wear from what multiplies the failures of all cars on a stage, shape (S, M)."""
    uniforms = draws.ones(Purpose.STAGE_FAILURES, _stages(plan), _modes(plan))
    log_failures = driving.shared_failures(plan.modes.stage_sd, hazards.normal(uniforms))
    return driving.failure_wear(plan.modes.shape, log_failures)


def first_thresholds(plan: Plan, drawn: Drawn, draws: Draws) -> FloatArray:
    """Wear at which the first lives end, shape (C, M)."""
    if plan.scripted_only:
        return np.full(plan.ages_km.shape, np.inf)
    uniforms = draws.ones(Purpose.FIRST_LIFE, _modes(plan), _crews(plan)[:, None])
    lives = hazards.weibull_residual_life(uniforms, plan.ages_km, drawn.scale_km, plan.modes.shape)
    return failures.life_ends_at(0.0, lives)


def routine_s(plan: Plan, draws: Draws) -> IntArray:
    """Seconds of the routine service of each night, shape (S, C)."""
    teams = [plan.teams[crew.team] for crew in plan.crews]
    median = np.array([team.routine_s for team in teams])
    uniforms = draws.ones(Purpose.ROUTINE, _stages(plan), _crews(plan))
    drawn = hazards.duration_s(uniforms, median, np.array([team.routine_sigma for team in teams]))
    return np.where(median == 0.0, 0, drawn)


def _stages(plan: Plan) -> IntArray:
    """Codes of the stages, one a row."""
    return np.array([[stage.code] for stage in plan.stages], dtype=np.int64)


def _crews(plan: Plan) -> IntArray:
    return np.array([crew.code for crew in plan.crews], dtype=np.int64)


def _makes(plan: Plan) -> IntArray:
    """The code of each crew's make."""
    return np.array([plan.teams[crew.team].make_code for crew in plan.crews], dtype=np.int64)


def _modes(plan: Plan) -> IntArray:
    return np.array(plan.modes.codes, dtype=np.int64)
