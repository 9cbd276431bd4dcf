"""What each crew was doing, second by second, on rallies with scripted failures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from sim.engine.replay import Replay
from sim.report.activities import activities
from tests.support.rallies import calendar, clock, happens, helping, rally, run, truck

ARM: dict[str, Any] = {"spares": {"arm": 1}}
WITH_ROADS = {"liaison_before_km": 30, "liaison_after_km": 60}


def spans(race: Replay, car: str = "1") -> list[tuple[str, str]]:
    """(begin, activity) of every span, and the end of the last."""
    found = activities(race)[car]
    return [*((clock(span.start), span.activity.name) for span in found), (clock(found[-1].end), "")]


def test_a_clean_day_is_rest_liaison_special_liaison_and_rest() -> None:
    race = run(rally(["1"], stages=calendar(WITH_ROADS, WITH_ROADS)))
    assert spans(race) == [
        ("1 00:00:00", "REST"),
        ("1 09:30:00", "LIAISON"),
        ("1 10:00:00", "SPECIAL"),
        ("1 11:40:00", "LIAISON"),
        ("1 12:40:00", "REST"),
        ("2 09:30:00", "LIAISON"),
        ("2 10:00:00", "SPECIAL"),
        ("2 11:40:00", "LIAISON"),
        ("2 12:40:00", ""),
    ]


def test_a_repair_on_the_course_interrupts_the_special() -> None:
    race = run(rally({"1": ARM}, happenings=[happens("1", "arm", 40)]))
    assert spans(race) == [
        ("1 00:00:00", "REST"),
        ("1 10:00:00", "SPECIAL"),
        ("1 10:40:00", "REPAIR"),
        ("1 11:00:00", "SPECIAL"),
        ("1 12:00:00", ""),
    ]


def test_a_delay_is_time_stuck_or_off_course() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40, "delay")]))
    assert ("1 10:40:00", "DELAY") in spans(race)
    assert ("1 10:50:00", "SPECIAL") in spans(race)


def test_waiting_ends_when_the_truck_begins_to_work() -> None:
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(["1"], modes={"arm": {"crew_repair": 0}}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert spans(race)[2:5] == [("1 10:40:00", "WAIT"), ("1 11:10:00", "REPAIR"), ("1 11:40:00", "SPECIAL")]


def test_who_stays_with_a_team_mate_is_halted_as_well() -> None:
    team = {"red": {"help": helping("stay")}}
    crews = {"1": {}, "2": ARM}
    race = run(rally(crews, modes={"arm": {"crew_repair": 0}}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert spans(race, "2")[2:4] == [("1 10:41:00", "REPAIR"), ("1 11:01:00", "SPECIAL")]


def test_a_service_point_and_a_bay_are_service() -> None:
    stages = calendar({"service_points": [{"km": 50, "minutes": 30}]}, {})
    race = run(rally(["1"], stages=stages, teams={"red": {"routine_hours": 2}}))
    assert spans(race)[2:6] == [
        ("1 10:50:00", "SERVICE"),
        ("1 11:20:00", "SPECIAL"),
        ("1 12:10:00", "SERVICE"),
        ("1 14:10:00", "REST"),
    ]


def test_a_recovery_lasts_until_the_car_is_back() -> None:
    race = run(rally(["1"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "strand")]))
    assert spans(race)[2:5] == [("1 10:40:00", "RECOVERY"), ("1 12:40:00", "SERVICE"), ("1 13:40:00", "REST")]


def test_who_does_not_start_goes_to_the_next_bivouac_by_road_once_it_is_back() -> None:
    known: dict[str, Any] = {"recovery_s": 86_400, "job_s": 60}
    race = run(rally(["1"], stages=calendar({}, {}, {}), happenings=[happens("1", "arm", 40, "strand", **known)]))
    assert spans(race)[2:5] == [("1 10:40:00", "RECOVERY"), ("2 10:40:00", "LIAISON"), ("2 12:20:00", "SERVICE")]


def test_retirement_is_for_the_rest_of_the_rally() -> None:
    stages = calendar({}, WITH_ROADS)
    race = run(rally(["1", "2"], stages=stages, happenings=[happens("1", "arm", 40, "wreck")]))
    assert spans(race, "1")[-2:] == [("1 10:40:00", "RETIRED"), ("2 12:40:00", "")]
    assert spans(race, "2")[-1] == ("2 12:40:00", "")


def test_who_had_retired_before_a_run_in_mid_rally_is_retired_throughout() -> None:
    state = {"after_stage": "1", "crews": {"1": {"total_s": 6000}, "2": {"total_s": 0, "retired": True}}}
    race = run({**rally(["1", "2"], stages=calendar({}, {})), "state": state})
    assert spans(race, "2") == [("2 00:00:00", "RETIRED"), ("2 11:40:00", "")]


def test_the_activities_of_a_crew_follow_each_other_without_gaps_and_change_every_time() -> None:
    script = [happens("1", "arm", 40, "strand"), happens("2", "arm", 60), happens("2", "arm", 80, stage="2")]
    team = {"red": {"routine_hours": 2}}
    race = run(rally(["1", "2"], stages=calendar(WITH_ROADS, WITH_ROADS), teams=team, happenings=script))
    for found in activities(race).values():
        assert all(a.end == b.start and a.activity is not b.activity for a, b in pairwise(found))
        assert all(span.start < span.end for span in found)


def test_trucks_have_no_lane() -> None:
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(["1"], modes={"arm": {"crew_repair": 0}}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert list(activities(race)) == ["1"]
