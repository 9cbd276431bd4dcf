"""Who starts the next stage when."""

from __future__ import annotations

from typing import Any

from sim.model.rules.results import Status
from tests.support.rallies import calendar, happens, rally, run, seconds, start_list

HOUR = 3600


def cars_in_order(tree: dict[str, Any], stage: str) -> list[str]:
    return [car for _, car in start_list(run(tree), stage)]


def test_the_first_stage_is_started_by_race_number_and_names_come_after_numbers() -> None:
    race = run(rally(["beta", "10", "9", "alpha", "100"]))
    assert start_list(race, "1") == [
        ("1 10:00:00", "9"),
        ("1 10:01:00", "10"),
        ("1 10:02:00", "100"),
        ("1 10:03:00", "alpha"),
        ("1 10:04:00", "beta"),
    ]


def test_the_next_stage_is_started_by_time_plus_sporting_penalties_then_the_others_by_race_number() -> None:
    driving_s = {car: {"1": time} for car, time in {"2": 6300, "3": 6100, "5": 6200, "6": 6050}.items()}
    penalties = [
        {"stage": "1", "car": "6", "seconds": 200, "sporting": True},
        {"stage": "1", "car": "3", "seconds": 9999, "sporting": False},
    ]
    script = [happens("4", "arm", 90, "strand"), happens("1", "arm", 50, "strand")]
    cars = ["1", "2", "3", "4", "5", "6"]
    tree = rally(cars, stages=calendar({}, {}), driving_s=driving_s, penalties=penalties, happenings=script)
    assert start_list(run(tree), "2") == [
        ("2 10:00:00", "3"),
        ("2 10:01:00", "5"),
        ("2 10:02:00", "6"),
        ("2 10:03:00", "2"),
        ("2 10:04:00", "1"),
        ("2 10:05:00", "4"),
    ]


def test_a_special_that_was_completed_goes_before_one_that_was_not_whatever_the_penalty() -> None:
    penalties = [{"stage": "1", "car": "2", "seconds": 99999, "sporting": True}]
    script = [happens("1", "arm", 90, "strand")]
    assert cars_in_order(rally(["1", "2"], stages=calendar({}, {}), penalties=penalties, happenings=script), "2") == [
        "2",
        "1",
    ]


def test_equal_times_are_started_by_race_number() -> None:
    driving_s = {car: {"1": 6000 if car == "4" else 6100} for car in "1234"}
    assert cars_in_order(rally(["3", "4", "2", "1"], stages=calendar({}, {}), driving_s=driving_s), "2") == list("4123")


def test_the_start_list_looks_at_the_last_stage_alone() -> None:
    driving_s = {"1": {"1": 6000, "2": 6001}, "2": {"1": 9000, "2": 6000}}
    tree = rally(["1", "2"], stages=calendar({}, {}, {}), driving_s=driving_s)
    assert cars_in_order(tree, "2") == ["1", "2"]
    assert cars_in_order(tree, "3") == ["2", "1"]


def test_the_start_list_does_not_depend_on_who_arrives_first() -> None:
    driving_s = {"1": {"1": 6000}, "2": {"1": 5990}}
    race = run(rally(["1", "2"], stages=calendar({}, {}), driving_s=driving_s))
    ends = {car: race.days[0, i].end for i, car in enumerate("12")}
    assert (ends["1"] or 0) < (ends["2"] or 0)
    assert start_list(race, "2") == [("2 10:00:00", "2"), ("2 10:01:00", "1")]


def test_neither_lateness_nor_a_service_point_moves_a_crew_back() -> None:
    stages = calendar({}, {}, {})
    script = [
        happens("1", "arm", 50, "strand", recovery_s=22 * HOUR + 1800),
        happens("2", "arm", 50, "delay", stage="2", lost_s=60),
    ]
    tree = rally(["1", "2"], stages=stages, happenings=script)
    assert run(tree).days[1, 0].penalty_s > 0
    assert cars_in_order(tree, "3") == ["1", "2"]


def test_a_crew_that_did_not_start_is_started_after_those_that_completed_the_special() -> None:
    script = [happens("1", "arm", 50, "strand", job_s=23 * HOUR), happens("2", "arm", 50, "strand", stage="2")]
    tree = rally(["1", "2", "3"], stages=calendar({}, {}, {}), happenings=script)
    assert cars_in_order(tree, "2") == ["2", "3", "1"]
    assert cars_in_order(tree, "3") == ["3", "1", "2"]


def test_the_start_list_has_no_gap_where_a_crew_has_retired() -> None:
    script = [happens("2", "arm", 50, "wreck")]
    assert start_list(run(rally(["1", "2", "3"], stages=calendar({}, {}), happenings=script)), "2") == [
        ("2 10:00:00", "1"),
        ("2 10:01:00", "3"),
    ]


def test_a_prologue_sets_the_order_and_counts_for_nothing_else() -> None:
    stages = calendar({"counted": False}, {})
    driving_s = {"1": {"1": 6200}, "2": {"1": 6100}}
    script = [happens("3", "arm", 50, "strand")]
    penalties = [{"stage": "1", "car": "2", "seconds": 50, "sporting": True}]
    race = run(
        rally(
            ["1", "2", "3"],
            stages=stages,
            driving_s=driving_s,
            happenings=script,
            penalties=penalties,
            regulations={"jokers": 0},
        )
    )
    assert start_list(race, "2") == [("2 10:00:00", "2"), ("2 10:01:00", "1"), ("2 10:02:00", "3")]
    assert seconds(race, "1") == {"1": 6200, "2": 6100, "3": 6 * HOUR}
    assert race.outcomes.total_s[0].tolist() == [6000, 6000, 6000]
    assert race.outcomes.penalty_s[0].tolist() == [0, 0, 0]
    assert race.outcomes.status[0].tolist() == [Status.FINISHED] * 3
