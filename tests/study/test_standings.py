"""Results after every stage and at the end, on rallies with scripted failures."""

from __future__ import annotations

import dataclasses
from typing import Any

from sim.engine.replay import Replay
from sim.study.standings import final_result, overall_after, retirement, stage_result, uncompleted_stages
from tests.support.rallies import calendar, happens, planned, rally, run

THREE_STAGES = calendar({}, {}, {})


def overall(race: Replay, stage: int) -> list[tuple[str, int | None, int, int | None, int]]:
    cars = race.outcomes.cars
    return [(cars[row.crew], row.rank, row.total_s, row.gap_s, row.penalty_s) for row in overall_after(race, stage)]


def test_a_stage_is_ranked_by_time_and_its_gaps_are_to_the_winner() -> None:
    race = run(rally(["1", "2", "3"], happenings=[happens("1", "arm", 40, "delay", lost_s=77)]))
    rows = [(row.crew, row.place, row.seconds, row.gap_s) for row in stage_result(race, 0)]
    assert rows == [(1, 1, 6000, 0), (2, 2, 6000, 0), (0, 3, 6077, 77)]


def test_who_did_not_complete_the_special_comes_last_without_place_and_gap() -> None:
    race = run(rally(["1", "2"], happenings=[happens("1", "arm", 40, "strand")]))
    rows = [(row.crew, row.place, row.seconds, row.gap_s, row.penalty_s) for row in stage_result(race, 0)]
    assert rows == [(1, 1, 6000, 0, 0), (0, None, 6 * 3600, None, 10 * 3600)]


def test_sporting_penalties_count_in_the_gaps_of_a_stage() -> None:
    penalties = [{"stage": "1", "car": "1", "seconds": 60, "sporting": True}]
    race = run(rally(["1", "2"], penalties=penalties))
    assert [(row.crew, row.place, row.seconds, row.gap_s) for row in stage_result(race, 0)] == [
        (1, 1, 6000, 0),
        (0, 2, 6000, 60),
    ]


def test_a_stage_that_nobody_completed_has_no_gaps() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40, "strand")]))
    assert [(row.place, row.gap_s) for row in stage_result(race, 0)] == [(None, None)]


def test_totals_grow_stage_by_stage_with_the_penalties() -> None:
    script = [happens("1", "arm", 40, "strand", stage="2", recovery_s=3600)]
    race = run(rally(["1", "2"], stages=THREE_STAGES, happenings=script))
    ten_hours = 36_000
    assert overall(race, 0) == [("1", 1, 6000, 0, 0), ("2", 2, 6000, 0, 0)]
    assert overall(race, 1) == [("2", 1, 12_000, 0, 0), ("1", 2, 63_600, 51_600, ten_hours)]
    assert overall(race, 2) == [("2", 1, 18_000, 0, 0), ("1", 2, 69_600, 51_600, ten_hours)]


def test_a_prologue_adds_nothing_to_the_totals() -> None:
    stages = calendar({"counted": False}, {})
    race = run(rally(["1", "2"], stages=stages, happenings=[happens("1", "arm", 40, "delay", lost_s=77)]))
    assert overall(race, 0) == [("1", 1, 0, 0, 0), ("2", 2, 0, 0, 0)]
    assert overall(race, 1) == [("1", 1, 6000, 0, 0), ("2", 2, 6000, 0, 0)]


def test_who_retires_is_ranked_until_then_and_listed_last_from_then_on() -> None:
    race = run(rally(["1", "2"], stages=THREE_STAGES, happenings=[happens("1", "arm", 40, "wreck", stage="2")]))
    assert [row[:2] for row in overall(race, 0)] == [("1", 1), ("2", 2)]
    assert overall(race, 1) == [("2", 1, 12_000, 0, 0), ("1", None, 6000, None, 0)]


def test_the_standings_after_the_last_stage_are_the_final_classification() -> None:
    script = [
        happens("1", "arm", 40, "strand", stage="2"),
        happens("2", "arm", 40, "wreck", stage="3"),
        happens("3", "arm", 40, "delay"),
    ]
    race = run(rally(["1", "2", "3"], stages=THREE_STAGES, happenings=script))
    assert overall_after(race, 2) == final_result(race)


def test_the_first_stage_and_day_on_which_a_crew_retired_is_found() -> None:
    race = run(rally(["1", "2"], stages=THREE_STAGES, happenings=[happens("1", "arm", 40, "wreck", stage="2")]))
    assert retirement(race, 0) == (1, race.days[1, 0])
    assert retirement(race, 1) is None


def test_uncompleted_specials_are_named_without_the_prologue() -> None:
    stages = calendar({"counted": False}, {}, {})
    script = [happens("1", "arm", 40, "strand", stage="1"), happens("1", "arm", 60, "strand", stage="3")]
    race = run(rally(["1", "2"], stages=stages, happenings=script))
    assert (uncompleted_stages(race, 0), uncompleted_stages(race, 1)) == (["3"], [])


def in_mid_rally(crews: dict[str, dict[str, Any]]) -> Replay:
    """Stage 2 of two, run from given states after stage 1."""
    tree = {**rally(["1", "2"], stages=calendar({}, {})), "state": {"after_stage": "1", "crews": crews}}
    blank = run(rally(["1", "2"], stages=calendar({}, {})))
    days = {place: day for place, day in blank.days.items() if place[0] == 1}
    plan = planned(tree)
    return dataclasses.replace(blank, plan=plan, drawn=plan.drawn.at(0), days=days)


def test_a_run_in_mid_rally_begins_with_the_totals_that_are_known() -> None:
    race = in_mid_rally({"1": {"total_s": 50_000, "penalty_s": 900}, "2": {"total_s": 40_000}})
    assert overall(race, 1) == [("2", 1, 46_000, 0, 0), ("1", 2, 56_000, 10_000, 900)]


def test_specials_that_were_not_completed_before_a_run_in_mid_rally_are_named_first() -> None:
    race = in_mid_rally({"1": {"total_s": 50_000, "uncompleted": ["1"]}, "2": {"total_s": 40_000}})
    assert uncompleted_stages(race, 0) == ["1"]


def test_who_had_retired_before_a_run_in_mid_rally_is_not_ranked() -> None:
    race = in_mid_rally({"1": {"total_s": 50_000, "retired": True}, "2": {"total_s": 60_000}})
    assert [row[:2] for row in overall(race, 1)] == [("2", 1), ("1", None)]
