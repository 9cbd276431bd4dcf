"""The rally of tomorrow with one thing changed on every car, or one job done on one of them."""

from __future__ import annotations

import math

from sim.model.plan import CrewPlan, Plan, compile_plan
from sim.model.spec import Crew, CrewState, Rally


def on_board(plan: Plan, crew: CrewPlan, mode: int) -> int:
    """How many parts of a mode a crew has on board when the run begins."""
    given = int(crew.spares[plan.first_stage][mode])
    if plan.state is None:
        return given
    return plan.state.crews[crew.car].spares.get(plan.modes.names[mode], given)


def heaviest_kg(plan: Plan) -> float:
    """The heaviest load of spares with which a car begins the run."""
    parts = range(len(plan.modes.specs))
    loads = ([on_board(plan, crew, mode) * plan.modes.specs[mode].part_kg for mode in parts] for crew in plan.crews)
    return max(math.fsum(load) for load in loads)


def with_parts(plan: Plan, mode: int, change: int) -> Plan:
    """Every car starts the run with so many more parts of a mode on board, but not with less than none."""
    name = plan.modes.names[mode]
    counts = {crew.car: max(on_board(plan, crew, mode) + change, 0) for crew in plan.crews}
    if plan.state is None:
        stage = plan.stages[plan.first_stage].name

        def load(car: str, crew: Crew) -> Crew:
            here = {**crew.stage_spares.get(stage, {}), name: counts[car]}
            return crew.model_copy(update={"stage_spares": {**crew.stage_spares, stage: here}})

        return _compiled(plan, {"crews": {car: load(car, crew) for car, crew in plan.rally.crews.items()}})

    def loaded(car: str, state: CrewState) -> CrewState:
        return state.model_copy(update={"spares": {**state.spares, name: counts[car]}})

    crews = {car: loaded(car, state) for car, state in plan.state.crews.items()}
    return _compiled(plan, {"state": plan.state.model_copy(update={"crews": crews})})


def with_pace(plan: Plan, order: float) -> Plan:
    """Every crew drives so many times its order in force, on all stages that are to come."""
    ahead = [stage for stage in plan.stages if stage.index >= plan.first_stage]

    def told(crew: CrewPlan) -> Crew:
        orders = crew.spec.orders
        pace = orders.pace | {stage.name: crew.pace_orders[stage.index] * order for stage in ahead}
        rules = [rule.model_copy(update={"pace": rule.pace * order}) for rule in orders.rules]
        return crew.spec.model_copy(update={"orders": orders.model_copy(update={"pace": pace, "rules": rules})})

    crews = {crew.car: told(crew) for crew in plan.crews}
    return _compiled(plan, {"crews": {car: crews[car] for car in plan.rally.crews}})


def without_a_joker(plan: Plan) -> Plan:
    """Every crew has one joker less, of at least one."""
    rules = plan.rally.regulations
    return _compiled(plan, {"regulations": rules.model_copy(update={"jokers": rules.jokers - 1})})


def with_job_done(plan: Plan, car: str, mode: str) -> Plan:
    """The damage of one mode of one car is mended."""
    assert plan.state is not None
    crew = plan.state.crews[car]
    mended = crew.model_copy(update={"damage": [name for name in crew.damage if name != mode]})
    crews = {**plan.state.crews, car: mended}
    return _compiled(plan, {"state": plan.state.model_copy(update={"crews": crews})})


def _compiled(plan: Plan, changes: dict[str, object]) -> Plan:
    rally: Rally = plan.rally.model_copy(update=changes)
    return compile_plan(rally, plan.parameters)
