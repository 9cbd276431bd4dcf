"""Journal entries, durations and clocks in words."""

from __future__ import annotations

import datetime

from sim.engine.journal import Entry, Kind
from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.model.units import DAY_S, HOUR_S, MINUTE_S, duration_text

CAUSES = {"late": "late at the start", "over_time": "too slow for the time allowed"}
"""What the causes besides the failure modes are called."""

WORDS = {
    Kind.DEPART: "sets out for the special",
    Kind.START: "starts the special",
    Kind.LATE: "starts {seconds} late",
    Kind.NO_START: "does not start: {detail}",
    Kind.FORMATION: "drives in formation",
    Kind.SERVICE: "service point, {lasts}, not timed",
    Kind.SUNSET: "goes on in the dark",
    Kind.DELAY: "{lasts} lost",
    Kind.WAYPOINT: "misses a waypoint, penalty {seconds}",
    Kind.LIMP: "goes on slower",
    Kind.HALT: "stops",
    Kind.STRAND: "stops, cannot be mended on the course",
    Kind.WRECK: "the car is a wreck",
    Kind.REPAIR: "the crew mends it in {lasts}, goes on at {until}",
    Kind.WAIT: "waits for help",
    Kind.TRUCK_FAILED: "{helper} cannot mend it",
    Kind.CLOSED: "the course closes, nobody has mended it",
    Kind.WITHDRAW: "withdraws, help is too far away",
    Kind.RECOVERY: "is recovered in {lasts}, back in the bivouac at {until}",
    Kind.FINISH: "finishes in {time}",
    Kind.OVER_TIME: "finishes in {time}, over the time allowed",
    Kind.LIAISON: "fails on the liaison",
    Kind.ARRIVE: "arrives",
    Kind.BAY: "in bay {detail} for {lasts}, until {until}",
    Kind.NO_BAY: "comes too late for a bay",
    Kind.JOB: "repaired in {lasts}, done at {until}",
    Kind.JOB_LEFT: "not repaired",
    Kind.BORROW: "the part is lent by {helper}",
    Kind.ROUTINE: "routine service, {lasts}, until {until}",
    Kind.STEWARDS: "stewards' penalty, {seconds}",
    Kind.RETIRED: "retires: {detail}",
}
"""What an entry says, where its kind alone decides; the others have functions below."""

OF_A_PART = frozenset({
    Kind.DELAY, Kind.WAYPOINT, Kind.LIMP, Kind.HALT, Kind.STRAND, Kind.WRECK, Kind.SECONDARY, Kind.REPAIR, Kind.WAIT,
    Kind.HAND_OVER, Kind.STAY, Kind.TRUCK, Kind.TRUCK_FAILED, Kind.CLOSED, Kind.WITHDRAW, Kind.RECOVERY, Kind.LIAISON,
    Kind.JOB, Kind.JOB_LEFT, Kind.BORROW,
})  # fmt: skip
"""Kinds whose words need to be told what they are about."""


def span_text(seconds: int) -> str:
    """A duration in words, to the second: "41 min 12 s", "2 h 5 min"."""
    hours, rest = divmod(seconds, HOUR_S)
    minutes, secs = divmod(rest, MINUTE_S)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (secs, "s")) if number]
    return " ".join(parts) or "0 s"


def time_of_day(time_s: int) -> str:
    """Local time "14:05:09" of a second of the rally clock."""
    return duration_text(time_s % DAY_S, pad=True)


def hm(seconds: float) -> str:
    """Hours and minutes "58:10" of a duration, rounded to the nearest minute."""
    return duration_text(round(seconds / MINUTE_S) * MINUTE_S)[:-3]


def hm_of_day(time_s: int) -> str:
    """Local time "14:05", rounded to the nearest minute."""
    return time_of_day(round(time_s / MINUTE_S) * MINUTE_S)[:-3]


def date_of(plan: Plan, time_s: int) -> datetime.date:
    """Date of a second of the rally clock, which starts at midnight before the first stage."""
    return plan.stages[0].spec.date + datetime.timedelta(days=time_s // DAY_S)


def clock_time(plan: Plan, time_s: int) -> str:
    """Date and local time "2026-01-04 14:05:09" of a second of the rally clock."""
    return f"{date_of(plan, time_s).isoformat()} {time_of_day(time_s)}"


def cause_text(name: str, plan: Plan) -> str:
    """What a failure mode, or another cause of a loss, is called."""
    return plan.rally.modes[name].label if name in plan.rally.modes else CAUSES.get(name, name)


def team_text(name: str) -> str:
    """What a team is called, of which only the key is known."""
    return name.replace("_", " ")


def is_truck(entry: Entry) -> bool:
    """Is it an entry of an assistance truck? Its name holds that of its team, which no race number does."""
    return "/" in entry.car


def describe(entry: Entry, plan: Plan) -> str:
    """What a journal entry tells, in words, from its fields alone."""
    words = words_of(entry, plan)
    return f"{cause_text(entry.mode, plan)}: {words}" if entry.mode and entry.kind in OF_A_PART else words


def words_of(entry: Entry, plan: Plan) -> str:
    """The same without saying what part or incident it is about."""
    if entry.kind is Kind.ORDER:
        return _order(float(entry.detail))
    if entry.kind is Kind.RENEWED:
        return "new parts: " + ", ".join(cause_text(name, plan) for name in entry.detail.split(", "))
    if entry.kind is Kind.TRUCK_OUT:
        team, _, truck = entry.car.partition("/")
        return f"truck {truck} of {team} does not run today"
    if entry.kind is Kind.SECONDARY:
        return "damaged by it" if entry.detail == "damage" else "worn by it"
    if entry.kind in (Kind.HAND_OVER, Kind.STAY, Kind.TRUCK):
        return _help(entry)
    words = WORDS[entry.kind].format(
        seconds=span_text(entry.seconds or 0),
        time=duration_text(entry.seconds or 0),
        lasts=_lasts(entry),
        until=_until(entry),
        helper=_helper(entry),
        detail=entry.detail,
    )
    remark = entry.detail if entry.kind in (Kind.JOB_LEFT, Kind.STEWARDS, Kind.FORMATION) else ""
    return f"{words} ({remark})" if remark else words


def _order(order: float) -> str:
    percent = abs(order - 1.0) * 100
    return f"ordered to drive {percent:.1f} % {'faster' if order < 1.0 else 'slower'}"


def _help(entry: Entry) -> str:
    """Help, told by either party: only the journal of the one who gives it counts its spares."""
    helper, lasts, until = _helper(entry), _lasts(entry), _until(entry)
    if entry.kind is Kind.TRUCK:
        return f"{'works on' if is_truck(entry) else 'is worked on by'} {helper} for {lasts}, until {until}"
    if entry.kind is Kind.HAND_OVER:
        gives = f"hands the part to {helper}" if entry.spares is not None else f"is handed the part by {helper}"
        return f"{gives}, {lasts}"
    if entry.spares is not None:
        return f"stays to mend {helper} for {lasts}, goes on at {until}"
    return f"{helper} stays and mends it in {lasts}, goes on at {until}"


def _helper(entry: Entry) -> str:
    team, slash, truck = entry.helper.partition("/")
    return f"truck {truck}" if slash else team


def _lasts(entry: Entry) -> str:
    return "" if entry.end_s is None else span_text(entry.end_s - entry.time_s)


def _until(entry: Entry) -> str:
    if entry.end_s is None:
        return ""
    days = entry.end_s // DAY_S - entry.time_s // DAY_S
    later = {0: "", 1: " the next day"}.get(days, f" {days} days later")
    return time_of_day(entry.end_s) + later


def run_text(replay: Replay) -> str:
    """Which rally it is."""
    if replay.plan.scripted_only:
        return "as pinned, nothing is drawn"
    return f"one rally, seed {replay.seed}, replication {replay.replication}"


def rallies(count: int) -> str:
    """How many rallies: "1 rally" or "10,000 rallies"."""
    return "1 rally" if count == 1 else f"{count:,} rallies"
