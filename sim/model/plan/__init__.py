"""The plan: what an engine needs to run one rally, and how it is compiled from a scenario."""

from sim.model.plan.compile import at_points, car_order, compile_plan, digest_of, run_alike
from sim.model.plan.drawn import Drawn
from sim.model.plan.tables import (
    NEVER,
    REST_DAY,
    CrewPlan,
    ModeTable,
    Plan,
    StagePlan,
    TeamPlan,
    TruckPlan,
)

__all__ = [
    "NEVER",
    "REST_DAY",
    "CrewPlan",
    "Drawn",
    "ModeTable",
    "Plan",
    "StagePlan",
    "TeamPlan",
    "TruckPlan",
    "at_points",
    "car_order",
    "compile_plan",
    "digest_of",
    "run_alike",
]
