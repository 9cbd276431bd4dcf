"""The morning of a stage: from the evening that is known, or as if nothing had failed so far."""

from __future__ import annotations

from dataclasses import replace

from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.findings import unknown
from sim.model.plan import Plan, compile_plan
from sim.model.rules import results
from sim.model.scenario import Scenario
from sim.model.spec import CrewState, State
from sim.study.errors import StudyError


def rally_before(scenario: Scenario, stage: str) -> Scenario:
    """The scenario with a state from which the run reaches a stage: its own, or `calm_state`.

    Raises StudyError if there is no such stage, if it is over, or if nothing is drawn.
    """
    plan = scenario.plan()
    names = [s.name for s in plan.stages]
    if stage not in names:
        raise StudyError(f"--stage: {unknown('stage', stage, names)} (the rally has {_span(names)})")
    if plan.scripted_only:
        raise StudyError('a deterministic run (script.unscripted = "median") has no odds: give a scenario that draws')
    if names.index(stage) < plan.first_stage:
        raise StudyError(f"--stage: stage {stage} is over: the run goes from {_span(names[plan.first_stage :])}")
    if plan.state is not None or names.index(stage) == 0:
        return scenario
    state = calm_state(plan, names.index(stage))
    return replace(scenario, rally=scenario.rally.model_copy(update={"state": state}))


def _span(names: list[str]) -> str:
    return f"stages {names[0]} to {names[-1]}" if len(names) > 1 else f"stage {names[0]}" if names else "no stage"


def calm_state(plan: Plan, stage: int) -> State:
    """The evening before a stage (an index > 0) had nothing failed, every crew at the medians of all that is drawn.

    What a script pins has happened.
    """
    script = plan.rally.script.model_copy(update={"unscripted": "median"})
    calm = replay(compile_plan(plan.rally.model_copy(update={"script": script, "parameters": None})), Luck(0), 0)
    out, last = calm.outcomes, stage - 1
    order = results.stage_order(out.stage_s[0, :, last], out.sporting_s[0, :, last], out.completed[0, :, last]).tolist()
    crews = {crew.car: _crew_state(calm, stage, crew.index, order.index(crew.index) + 1) for crew in plan.crews}
    return State(after_stage=plan.stages[last].name, crews=crews)


def _crew_state(calm: Replay, stage: int, crew: int, place: int) -> CrewState:
    """What is booked for a crew on the stages before this one."""
    days = {s: calm.days[s, crew] for s in range(stage) if (s, crew) in calm.days}
    counted = {s: day for s, day in days.items() if calm.plan.stages[s].spec.counted}
    penalty_s = sum(day.penalty_s for day in counted.values())
    return CrewState(
        total_s=penalty_s + sum(day.seconds for day in counted.values()),
        penalty_s=penalty_s,
        uncompleted=[calm.plan.stages[s].name for s, day in counted.items() if not day.completed],
        retired=any(day.retired for day in days.values()),
        start_position=place,
    )
