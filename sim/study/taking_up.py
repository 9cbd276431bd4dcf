"""Taking up a replayed rally on one of its evenings: how the cars stand there, and the rally that goes on from it."""

from __future__ import annotations

from sim.engine.journal import Entry, Kind
from sim.engine.replay import Replay
from sim.model.plan import Plan, compile_plan
from sim.model.scenario import Scenario
from sim.model.spec import CrewState, Renewal, State
from sim.study.errors import StudyError
from sim.study.standings import OverallRow, overall_after, uncompleted_stages

_BREAKS = frozenset({Kind.LIMP, Kind.HALT, Kind.STRAND, Kind.LIAISON})
_MENDS = frozenset({Kind.DELAY, Kind.REPAIR, Kind.STAY, Kind.TRUCK, Kind.JOB})
"""After these another life has begun."""


def state_after(replay: Replay, stage: int) -> State:
    """How the cars of a replayed rally stand on the evening of a stage (by index), when its night's work is done.

    Damage is what was left undone; a part that has failed is as old as what took its place. Parts on board are told
    where the night does not fill them up.
    """
    plan = replay.plan
    entries: dict[str, list[Entry]] = {crew.car: [] for crew in plan.crews}
    for entry in replay.journal:
        if entry.car in entries and plan.stage_index(entry.stage) <= stage:
            entries[entry.car].append(entry)
    places = replay.outcomes.positions[0, :, stage].tolist()
    rows = {row.crew: row for row in overall_after(replay, stage)}
    crews = {
        crew.car: _state_of(replay, rows[crew.index], stage, places[crew.index], entries[crew.car])
        for crew in plan.crews
    }
    return State(after_stage=plan.stages[stage].name, crews=crews)


def taken_up(scenario: Scenario, state: State) -> Plan:
    """The plan of a scenario from a state on.

    Raises StudyError if the scenario lacks a stage, a crew or a mode that the state knows, or pins what happens.
    """
    rally = scenario.rally
    if rally.script.happenings or rally.script.driving_s or scenario.plan().scripted_only:
        raise StudyError(f"{scenario.file}: pins what happens, so nothing could be drawn from it")
    modes = {mode for crew in state.crews.values() for mode in (*crew.renewed, *crew.damage)}
    for kind, needed, there in (
        ("stage", {state.after_stage}, rally.stages),
        ("mode", modes, rally.modes),
        ("crew", set(state.crews), rally.crews),
    ):
        lacking = sorted(needed - set(there))
        if lacking:
            raise StudyError(f"{scenario.file}: lacks the {kind} {lacking[0]!r} of the history")
    if set(rally.crews) - set(state.crews):
        raise StudyError(f"{scenario.file}: has a crew that the history lacks")
    return compile_plan(rally.model_copy(update={"state": state}), scenario.parameters)


def _state_of(replay: Replay, row: OverallRow, stage: int, place: int, entries: list[Entry]) -> CrewState:
    """What is known of a crew; `entries` are its own up to the evening."""
    broken: set[str] = set()
    renewed: dict[str, Renewal] = {}
    for entry in entries:
        if entry.kind in _BREAKS or (entry.kind is Kind.SECONDARY and entry.detail == "damage"):
            broken.add(entry.mode)
        elif entry.kind in _MENDS and not _helps(entry):
            broken.discard(entry.mode)
            renewed[entry.mode] = Renewal(stage=entry.stage, km=entry.km)
    plan = replay.plan.stages[stage]
    left = {e.mode: e.spares for e in entries if e.stage == plan.name and e.mode and e.spares is not None}
    return CrewState(
        total_s=row.total_s,
        penalty_s=row.penalty_s,
        uncompleted=uncompleted_stages(replay, row.crew, stage),
        retired=row.rank is None,
        start_position=place or None,
        damage=sorted(broken),
        spares=left if plan.starts_marathon else {},
        renewed=renewed,
    )


def _helps(entry: Entry) -> bool:
    """Is it the entry of the crew that stays to mend a team-mate's car?"""
    return entry.kind is Kind.STAY and entry.spares is not None
