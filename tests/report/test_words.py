"""Journal entries, durations and clocks in words."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from sim.engine.journal import Entry, Kind, Phase
from sim.model.plan import Plan
from sim.report.words import cause_text, clock_time, describe, hm, span_text
from tests.support.rallies import calendar, planned, rally

TEN_ON_DAY_2 = 86_400 + 10 * 3600


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A rally from 1 January 2030 on, with an arm and a puncture that can fail."""
    modes = {"arm": {"label": "rear arm"}, "puncture": {"label": "puncture"}}
    return planned(rally(["1", "2"], stages=calendar({}, {}), modes=modes))


def entry(kind: Kind, **fields: Any) -> Entry:
    blank = Entry(time_s=TEN_ON_DAY_2, phase=Phase.OWN, car="1", stage="2", km=None, kind=kind)
    return dataclasses.replace(blank, **fields)


ARM: dict[str, Any] = {"mode": "arm"}
FOR_20_MIN: dict[str, Any] = {"end_s": TEN_ON_DAY_2 + 1200}
TOLD: list[tuple[Kind, dict[str, Any], str]] = [
    (Kind.DEPART, FOR_20_MIN, "sets out for the special"),
    (Kind.START, {}, "starts the special"),
    (Kind.LATE, {"seconds": 90}, "starts 1 min 30 s late"),
    (Kind.NO_START, {"detail": "too late"}, "does not start: too late"),
    (Kind.ORDER, {"detail": "0.980"}, "ordered to drive 2.0 % faster"),
    (Kind.ORDER, {"detail": "1.015"}, "ordered to drive 1.5 % slower"),
    (Kind.FORMATION, {}, "drives in formation"),
    (Kind.SERVICE, FOR_20_MIN, "service point, 20 min, not timed"),
    (Kind.SUNSET, {}, "goes on in the dark"),
    (Kind.DELAY, {**ARM, **FOR_20_MIN}, "rear arm: 20 min lost"),
    (Kind.WAYPOINT, {**ARM, "seconds": 900}, "rear arm: misses a waypoint, penalty 15 min"),
    (Kind.LIMP, ARM, "rear arm: goes on slower"),
    (Kind.HALT, ARM, "rear arm: stops"),
    (Kind.STRAND, ARM, "rear arm: stops, cannot be mended on the course"),
    (Kind.WRECK, ARM, "rear arm: the car is a wreck"),
    (Kind.SECONDARY, {**ARM, "detail": "damage"}, "rear arm: damaged by it"),
    (Kind.SECONDARY, {**ARM, "detail": "wear"}, "rear arm: worn by it"),
    (Kind.REPAIR, {**ARM, **FOR_20_MIN}, "rear arm: the crew mends it in 20 min, goes on at 10:20:00"),
    (Kind.WAIT, ARM, "rear arm: waits for help"),
    (Kind.TRUCK_FAILED, {**ARM, "helper": "red/T1"}, "rear arm: truck T1 cannot mend it"),
    (Kind.CLOSED, ARM, "rear arm: the course closes, nobody has mended it"),
    (Kind.WITHDRAW, ARM, "rear arm: withdraws, help is too far away"),
    (
        Kind.RECOVERY,
        {**ARM, "end_s": TEN_ON_DAY_2 + 15 * 3600},
        "rear arm: is recovered in 15 h, back in the bivouac at 01:00:00 the next day",
    ),
    (Kind.FINISH, {"seconds": 6677}, "finishes in 1:51:17"),
    (Kind.OVER_TIME, {"seconds": 36_000}, "finishes in 10:00:00, over the time allowed"),
    (Kind.LIAISON, ARM, "rear arm: fails on the liaison"),
    (Kind.ARRIVE, {}, "arrives"),
    (Kind.BAY, {**FOR_20_MIN, "detail": "2"}, "in bay 2 for 20 min, until 10:20:00"),
    (Kind.NO_BAY, {}, "comes too late for a bay"),
    (Kind.JOB, {**ARM, **FOR_20_MIN}, "rear arm: repaired in 20 min, done at 10:20:00"),
    (Kind.JOB_LEFT, ARM, "rear arm: not repaired"),
    (Kind.JOB_LEFT, {**ARM, "detail": "no part"}, "rear arm: not repaired (no part)"),
    (Kind.BORROW, {**ARM, "helper": "2"}, "rear arm: the part is lent by 2"),
    (Kind.ROUTINE, FOR_20_MIN, "routine service, 20 min, until 10:20:00"),
    (Kind.RENEWED, {"detail": "arm, puncture"}, "new parts: rear arm, puncture"),
    (Kind.STEWARDS, {"seconds": 60, "detail": "speeding"}, "stewards' penalty, 1 min (speeding)"),
    (Kind.TRUCK_OUT, {"car": "red/T1"}, "truck T1 of red does not run today"),
    (Kind.RETIRED, {**ARM, "detail": "out of jokers"}, "retires: out of jokers"),
]


@pytest.mark.parametrize(("kind", "fields", "words"), TOLD, ids=[f"{kind}-{i}" for i, (kind, _, _) in enumerate(TOLD)])
def test_an_entry_is_told_in_words(plan: Plan, kind: Kind, fields: dict[str, Any], words: str) -> None:
    assert describe(entry(kind, **fields), plan) == words


@pytest.mark.parametrize(
    ("kind", "halted", "helping"),
    [
        (Kind.HAND_OVER, "rear arm: is handed the part by 2, 20 min", "rear arm: hands the part to 1, 20 min"),
        (
            Kind.STAY,
            "rear arm: 2 stays and mends it in 20 min, goes on at 10:20:00",
            "rear arm: stays to mend 1 for 20 min, goes on at 10:20:00",
        ),
    ],
)
def test_help_between_team_mates_is_told_from_either_side(plan: Plan, kind: Kind, halted: str, helping: str) -> None:
    assert describe(entry(kind, car="1", helper="2", **ARM, **FOR_20_MIN), plan) == halted
    assert describe(entry(kind, car="2", helper="1", spares=0, **ARM, **FOR_20_MIN), plan) == helping


def test_the_help_of_a_truck_is_told_from_either_side(plan: Plan) -> None:
    halted = entry(Kind.TRUCK, car="1", helper="red/T1", **ARM, **FOR_20_MIN)
    truck = entry(Kind.TRUCK, car="red/T1", helper="1", **ARM, **FOR_20_MIN)
    assert describe(halted, plan) == "rear arm: is worked on by truck T1 for 20 min, until 10:20:00"
    assert describe(truck, plan) == "rear arm: works on 1 for 20 min, until 10:20:00"


def test_every_kind_of_entry_has_words() -> None:
    assert {kind for kind, _, _ in TOLD} | {Kind.HAND_OVER, Kind.STAY, Kind.TRUCK} == set(Kind)


def test_an_end_after_midnight_names_the_day(plan: Plan) -> None:
    ends = [TEN_ON_DAY_2 + hours * 3600 for hours in (13, 14, 38)]
    assert [describe(entry(Kind.ROUTINE, end_s=end), plan).rpartition("until ")[2] for end in ends] == [
        "23:00:00",
        "00:00:00 the next day",
        "00:00:00 2 days later",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (50, "50 s"), (60, "1 min"), (2472, "41 min 12 s"), (7200, "2 h"), (7505, "2 h 5 min 5 s")],
)
def test_a_duration_is_told_to_the_second_without_empty_parts(seconds: int, words: str) -> None:
    assert span_text(seconds) == words


def test_second_0_of_the_rally_is_midnight_of_the_first_stage(plan: Plan) -> None:
    assert [clock_time(plan, time) for time in (0, TEN_ON_DAY_2 + 309)] == [
        "2030-01-01 00:00:00",
        "2030-01-02 10:05:09",
    ]


def test_causes_are_called_by_the_labels_of_their_modes_and_the_others_in_words(plan: Plan) -> None:
    assert [cause_text(name, plan) for name in ("arm", "late", "over_time")] == [
        "rear arm",
        "late at the start",
        "too slow for the time allowed",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(209385, "58:10"), (89, "0:01"), (-120, "-0:02")])
def test_hours_and_minutes_are_rounded_to_the_minute(seconds: float, text: str) -> None:
    assert hm(seconds) == text
