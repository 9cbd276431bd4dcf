"""The journal of one rally as lines for a reader: what happened to whom, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.engine.journal import Entry, Kind
from sim.engine.replay import Replay
from sim.model.plan import Plan, StagePlan
from sim.report.words import OF_A_PART, cause_text, is_truck, words_of

ROUTINE = frozenset({
    Kind.DEPART, Kind.START, Kind.FINISH, Kind.ARRIVE, Kind.SERVICE, Kind.SUNSET, Kind.BAY, Kind.ROUTINE, Kind.RENEWED,
})  # fmt: skip
"""Kinds that every day has: the tables of results tell what they would."""

SPANS = frozenset({Kind.DELAY, Kind.REPAIR, Kind.HAND_OVER, Kind.STAY, Kind.TRUCK})
"""Kinds that cost the time they last."""

PENALTIES = frozenset({Kind.LATE, Kind.WAYPOINT, Kind.STEWARDS})
"""Kinds that cost a penalty."""

WAIT_ENDS = frozenset({Kind.HAND_OVER, Kind.STAY, Kind.TRUCK, Kind.CLOSED, Kind.WITHDRAW})
"""Kinds that end the wait of a halted car."""

NOT_COMPLETED = frozenset({Kind.RECOVERY, Kind.NO_START, Kind.OVER_TIME})
"""Kinds after which the special counts as not completed."""


@dataclass(frozen=True)
class Line:
    """What happened to one car in one second.

    Attributes:
        car: race number, "" for a truck.
        cost_s: seconds it cost, None if that is not known or nothing.
        cost: what else it cost, in words.
    """

    time_s: int
    car: str
    km: float | None
    text: str
    cost_s: int | None
    cost: str


def lines_of(replay: Replay, stage: StagePlan) -> list[Line]:
    """What happened on a stage and in the night after it, in the order of time; routine is left out."""
    entries = [entry for entry in replay.journal if entry.stage == stage.name]
    costs = _costs(entries)
    costs.update(_limp_costs(replay, stage, entries, costs))
    moments: dict[tuple[int, str], list[Entry]] = {}
    for entry in entries:
        if _worth_a_line(entry):
            moments.setdefault((entry.time_s, entry.car), []).append(entry)
    return [_line(replay, found, costs) for found in moments.values()]


def wait_ends(entries: Iterable[Entry]) -> dict[tuple[str, int], int]:
    """When each wait ends: {(car, second at which it began): second at which it ended}; entries in journal order."""
    ends: dict[tuple[str, int], int] = {}
    since: dict[str, int] = {}
    for entry in entries:
        if entry.kind is Kind.WAIT:
            since[entry.car] = entry.time_s
        elif entry.kind in WAIT_ENDS and entry.car in since:
            ends[entry.car, since.pop(entry.car)] = entry.time_s
    return ends


def _worth_a_line(entry: Entry) -> bool:
    if entry.kind in ROUTINE or (entry.kind is Kind.SECONDARY and entry.detail != "damage"):
        return False
    if entry.kind is Kind.JOB and entry.end_s == entry.time_s:
        return False
    return not is_truck(entry) or entry.kind is Kind.TRUCK_OUT


def _costs(entries: list[Entry]) -> dict[int, int]:
    """Seconds that entries cost, by the identity of the entry."""
    ends = wait_ends(entries)
    costs: dict[int, int] = {}
    for entry in entries:
        if entry.kind in SPANS and entry.end_s is not None:
            costs[id(entry)] = entry.end_s - entry.time_s
        elif entry.kind in PENALTIES and entry.seconds is not None:
            costs[id(entry)] = entry.seconds
        elif entry.kind is Kind.WAIT and (entry.car, entry.time_s) in ends:
            costs[id(entry)] = ends[entry.car, entry.time_s] - entry.time_s
    return costs


def _limp_costs(replay: Replay, stage: StagePlan, entries: list[Entry], costs: dict[int, int]) -> dict[int, int]:
    """What driving on with damage cost: all that the day has booked on the part, less what its stops cost."""
    plan = replay.plan
    crews = {crew.car: crew.index for crew in plan.crews}
    limps = {(entry.car, entry.mode): entry for entry in reversed(entries) if entry.kind is Kind.LIMP}
    found: dict[int, int] = {}
    for (car, mode), limp in limps.items():
        day = replay.days[stage.index, crews[car]]
        stops = sum(costs.get(id(entry), 0) for entry in entries if (entry.car, entry.mode) == (car, mode))
        slower = round(day.lost.get(plan.modes.index(mode), 0.0)) - stops
        if day.completed and slower > 0:
            found[id(limp)] = slower
    return found


def _line(replay: Replay, entries: list[Entry], costs: dict[int, int]) -> Line:
    """One line for what happened to one car in one second."""
    known = [costs[id(entry)] for entry in entries if id(entry) in costs]
    kinds = {entry.kind for entry in entries}
    return Line(
        time_s=entries[0].time_s,
        car="" if is_truck(entries[0]) else entries[0].car,
        km=next((entry.km for entry in entries if entry.km is not None), None),
        text=_text(replay.plan, entries),
        cost_s=sum(known) or None,
        cost="retired" if Kind.RETIRED in kinds else "not completed" if kinds & NOT_COMPLETED else "",
    )


def _text(plan: Plan, entries: list[Entry]) -> str:
    """What the entries of one car in one second tell; each part or incident is named once."""
    if [entry.kind for entry in entries] == [Kind.HALT, Kind.REPAIR]:
        return f"{cause_text(entries[0].mode, plan)}: mended by the crew"
    parts: list[str] = []
    about = ""
    for entry in entries:
        words = "time lost" if entry.kind is Kind.DELAY else words_of(entry, plan)
        if entry.mode and entry.kind in OF_A_PART and entry.mode != about:
            words = f"{cause_text(entry.mode, plan)}: {words}"
            about = entry.mode
        parts.append(words)
    return "; ".join(parts)
