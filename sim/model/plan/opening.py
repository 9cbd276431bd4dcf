"""How a run begins: the first start list, and what is known of the stages before it."""

from __future__ import annotations

from sim.model.plan.tables import Plan


def first_start_list(plan: Plan) -> list[int]:
    """Crews (by index) in the order of the first start list: by race number, or as the state in mid-rally says."""
    known = {} if plan.state is None else plan.state.crews
    places = {car: state.start_position for car, state in known.items() if state.start_position is not None}
    return sorted(range(len(plan.crews)), key=lambda c: (places.get(plan.crews[c].car, len(plan.crews) + 1), c))


def was_completed(plan: Plan, crew: int, stage: int) -> bool:
    """Had a crew completed a stage that was over when the run began? Of a retired crew nothing is known."""
    assert plan.state is not None
    known = plan.state.crews[plan.crews[crew].car]
    return plan.stages[stage].name not in known.uncompleted and not known.retired
