"""The pinned history of the Dakar 2026: what follows from the rules is what happened, and it is compared honestly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from sim.engine.event import replay
from sim.engine.journal import Entry, Kind
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.findings import ScenarioError
from sim.model.scenario import load
from sim.report.history import history_table
from sim.study.history import Row, Summary, compare, history_json, summary

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HISTORY = SCENARIOS / "dakar-2026-history.toml"
OFFICIAL = SCENARIOS / "official" / "dakar-2026.csv"
HEADER = "stage,car,quantity,value,low,high,confidence,source,comment"


def _told(file: Path, seed: int = 0) -> Replay:
    return replay(load(file).plan(), Luck(seed), 0)


@pytest.fixture(scope="module")
def told() -> Replay:
    """The history as it is."""
    return _told(HISTORY)


@pytest.fixture(scope="module")
def rows(told: Replay) -> list[Row]:
    """Its comparison with the official results."""
    return compare(told.plan, told, OFFICIAL)


def _variant(folder: Path, changes: str) -> Replay:
    """The history with changes."""
    file = folder / "variant.toml"
    file.write_text(f'extends = "{HISTORY.as_posix()}"\n{changes}', encoding="utf-8")
    return _told(file)


def _compare(told: Replay, folder: Path, *lines: str) -> list[Row]:
    """Compare with a made-up file of results."""
    file = folder / "official.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return compare(told.plan, told, file)


def _found(rows: list[Row], stage: str, car: str, quantity: str) -> Row:
    (row,) = [row for row in rows if (row.stage, row.car, row.quantity) == (stage, car, quantity)]
    return row


def _ranking(told: Replay) -> list[str]:
    rank = told.outcomes.rank[0]
    return [told.outcomes.cars[crew] for crew in np.argsort(rank, kind="stable") if rank[crew] > 0]


def _entries(told: Replay, stage: str, car: str, *kinds: Kind) -> list[Entry]:
    return [entry for entry in told.journal if (entry.stage, entry.car) == (stage, car) and entry.kind in kinds]


def _start_list(told: Replay, stage: str) -> list[str]:
    index = told.plan.stage_index(stage)
    slots = {told.plan.crews[crew].car: day.slot for (s, crew), day in told.days.items() if s == index}
    return sorted(slots, key=lambda car: slots[car])


# The history


def test_every_exact_fact_that_follows_from_the_rules_is_met_to_the_second(rows: list[Row]) -> None:
    exact = [row for row in rows if row.basis == "follows" and row.confidence == "exact"]
    assert len(exact) > 150
    assert [row for row in exact if row.simulated != row.official] == []


def test_every_other_fact_lies_within_what_its_sources_allow(rows: list[Row]) -> None:
    others = [row for row in rows if row.confidence in ("inferred", "rounded", "bound", "conflict")]
    assert len(others) > 80
    assert [row for row in others if not row.met] == []


def test_no_pin_contradicts_an_official_value(rows: list[Row]) -> None:
    assert [row for row in rows if row.basis == "pinned" and not row.met] == []


def test_only_what_was_not_published_cannot_be_compared(rows: list[Row]) -> None:
    open_rows = [row for row in rows if row.met is None]
    assert {row.basis for row in open_rows} == {"cannot be compared: not published"}
    assert [(row.stage, row.car, row.quantity) for row in open_rows] == [
        ("3", "501", "completed"),
        ("3", "501", "stage_penalty_s"),
        ("13", "501", "total_s"),
        ("13", "Hamza", "standing"),
        ("13", "Hamza", "status"),
        ("13", "privateer2", "standing"),
        ("13", "privateer2", "status"),
    ]


@pytest.mark.parametrize(
    ("stage", "car", "quantity", "value"),
    [
        ("1", "504", "stage_time_s", 22_900),
        ("3", "502", "total_s", 50_647),
        ("4", "502", "total_s", 72_517),
        ("4", "503", "total_gap_s", 2_556),
        ("6", "502", "total_s", 105_178),
        ("8", "500", "uncompleted_cost_s", 86_400),
        ("8", "500", "standing", 4),
        ("9", "500", "stage_gap_ahead_s", 45),
        ("13", "502", "total_s", 209_385),
        ("13", "504", "total_s", 223_665),
        ("13", "503", "total_gap_s", 30_869),
    ],
)
def test_a_famous_number_follows_from_the_rules(
    rows: list[Row], stage: str, car: str, quantity: str, value: int
) -> None:
    row = _found(rows, stage, car, quantity)
    assert (row.simulated, row.basis) == (value, "follows")


def test_the_final_ranking_is_that_of_2026(told: Replay) -> None:
    assert _ranking(told) == ["502", "504", "503", "500", "501", "Hamza", "privateer2"]


def test_every_car_has_a_pinned_driving_time_on_every_special(told: Replay) -> None:
    assert len(told.plan.driving_s) == 7 * 14


def test_luck_has_no_part_in_the_history(told: Replay) -> None:
    assert list(_told(HISTORY, seed=1).journal) == list(told.journal)


def test_nobody_starts_late_and_nobody_is_refused_a_start(told: Replay) -> None:
    assert [entry for entry in told.journal if entry.kind in (Kind.LATE, Kind.NO_START, Kind.NO_BAY)] == []


def test_car_504_waits_for_the_truck_that_starts_an_hour_behind_the_last_team_car(told: Replay) -> None:
    (wait,) = _entries(told, "1", "504", Kind.WAIT)
    (truck,) = _entries(told, "1", "504", Kind.TRUCK)
    assert (wait.km, truck.helper) == (98.0, "defender/T1")
    last_slot = told.days[told.plan.stage_index("1"), told.outcomes.cars.index("502")].slot
    assert truck.time_s == last_slot + 3600 + 6415  # 98 km at 55 km/h
    assert truck.time_s - wait.time_s == 4878


def test_car_502_passes_both_team_mates_while_they_stand_on_stage_1(told: Replay) -> None:
    (halt,) = _entries(told, "1", "504", Kind.WAIT)
    (truck,) = _entries(told, "1", "504", Kind.TRUCK)
    (stop,) = _entries(told, "1", "500", Kind.DELAY)
    assert stop.end_s is not None
    assert halt.time_s < _at_km(told, 98) < truck.time_s
    assert stop.time_s < _at_km(told, 110) < stop.end_s


def _at_km(told: Replay, km: float) -> float:
    """When car 502 was at a km of stage 1, its wheel changes before it included."""
    changes = _entries(told, "1", "502", Kind.REPAIR)
    stood = sum(entry.end_s - entry.time_s for entry in changes if entry.end_s and entry.km and entry.km < km)
    stage, crew = told.plan.stage_index("1"), told.outcomes.cars.index("502")
    track, day = told.plan.stages[stage].track, told.days[stage, crew]
    return day.slot + stood + day.driving_s * float(track.nominal_at(km)) / track.nominal_s


def test_car_502_changes_its_knuckle_in_the_refuge_with_the_part_it_carries(told: Replay) -> None:
    night = _entries(told, "4", "502", Kind.JOB, Kind.JOB_LEFT, Kind.BORROW)
    assert [(entry.kind, entry.mode) for entry in night] == [(Kind.JOB, "knuckle")]


def test_without_a_knuckle_on_board_it_borrows_one_from_a_team_mate(tmp_path: Path) -> None:
    told = _variant(tmp_path, "crews.502.marathon_spares.knuckle = 0")
    (borrowed,) = _entries(told, "4", "502", Kind.BORROW)
    assert (borrowed.mode, borrowed.helper) == ("knuckle", "500")


def test_car_500_is_recovered_twelve_hours_after_its_belt_broke_and_restarts(told: Replay) -> None:
    (strand,) = _entries(told, "8", "500", Kind.STRAND)
    (recovery,) = _entries(told, "8", "500", Kind.RECOVERY)
    assert (strand.km, strand.mode) == (283.0, "alternator_belt")
    assert recovery.end_s == strand.time_s + 43_200
    assert told.days[told.plan.stage_index("9"), told.outcomes.cars.index("500")].completed


def test_a_start_list_follows_the_result_of_the_day_before(told: Replay) -> None:
    assert _start_list(told, "7")[:3] == ["504", "502", "500"]
    assert _start_list(told, "8")[:3] == ["500", "502", "504"]


def test_had_the_belt_held_car_500_would_have_been_second(tmp_path: Path) -> None:
    told = _variant(tmp_path, 'without = ["script.happenings.stage8_500_belt"]')
    assert _ranking(told)[:4] == ["502", "500", "504", "503"]


def test_a_counterfactual_misses_the_facts_that_it_changes(tmp_path: Path) -> None:
    told = _variant(tmp_path, 'without = ["script.happenings.stage8_500_belt"]')
    missed = [row for row in compare(told.plan, told, OFFICIAL) if row.met is False]
    assert ("8", "500", "completed") in [(row.stage, row.car, row.quantity) for row in missed]
    assert {row.stage for row in missed}.isdisjoint(("P", "1", "2", "3", "4", "5", "6", "7"))


# The comparison


def test_a_time_that_is_the_pinned_driving_time_is_pinned(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "5,502,stage_time_s,16172,16172,16172,exact,[X],")
    assert (row.simulated, row.difference, row.basis, row.met) == (16_172, 0, "pinned", True)


def test_a_time_that_contains_a_stop_follows(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "1,502,stage_time_s,14699,14699,14699,exact,[X],")
    assert (row.simulated, row.basis, row.met) == (14_699, "follows", True)


def test_a_gap_between_two_pinned_times_is_pinned(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "5,504,stage_gap_s,457,457,457,exact,[X],")
    assert (row.simulated, row.basis) == (457, "pinned")


def test_a_gap_follows_if_one_of_its_times_does(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "1,503,stage_gap_s,409,409,409,exact,[X],")
    assert (row.simulated, row.basis) == (409, "follows")


def test_a_total_of_one_pinned_time_is_pinned_and_one_of_several_follows(told: Replay, tmp_path: Path) -> None:
    lines = ["1,503,total_s,15108,15108,15108,exact,[X],", "2,503,total_s,33877,33877,33877,exact,[X],"]
    assert [row.basis for row in _compare(told, tmp_path, *lines)] == ["pinned", "follows"]


def test_a_penalty_of_the_stewards_is_pinned_and_none_at_all_follows(told: Replay, tmp_path: Path) -> None:
    lines = ["4,501,stage_penalty_s,200,200,200,exact,[X],", "4,502,stage_penalty_s,0,0,0,exact,[X],"]
    assert [(row.simulated, row.basis) for row in _compare(told, tmp_path, *lines)] == [(200, "pinned"), (0, "follows")]


def test_a_stop_is_pinned_if_it_is_a_repair_and_follows_if_it_contains_a_wait(told: Replay, tmp_path: Path) -> None:
    lines = ["9,500,stopped_s,1560,,,exact,[X],", "1,504,stopped_s,7278,,,exact,[X],"]
    assert [(row.simulated, row.basis) for row in _compare(told, tmp_path, *lines)] == [
        (1560, "pinned"),
        (7278, "follows"),
    ]


def test_a_place_follows_even_where_all_times_are_pinned(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "5,504,stage_position,3,3,3,exact,[X],")
    assert (row.simulated, row.basis, row.met) == (3, "follows", True)


def test_an_exact_value_is_missed_by_one_second(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "4,502,total_s,72516,72000,73000,exact,[X],")
    assert (row.difference, row.met) == (1, False)


def test_a_rounded_value_is_met_within_its_ends_both_included(told: Replay, tmp_path: Path) -> None:
    lines = [
        "4,502,total_s,72500,72517,72600,rounded,[X],",
        "4,502,total_s,72500,72400,72517,rounded,[X],",
        "4,502,total_s,72500,72518,72600,rounded,[X],",
        "4,502,total_s,72500,72400,72516,rounded,[X],",
    ]
    found = _compare(told, tmp_path, *lines)
    assert [row.met for row in found] == [True, True, False, False]
    assert [row.difference for row in found] == [17, 17, 17, 17]


def test_the_difference_to_a_bound_is_the_distance_to_what_it_allows(told: Replay, tmp_path: Path) -> None:
    lines = [
        "4,502,total_s,,72517,,bound,[X],",
        "4,502,total_s,,72520,,bound,[X],",
        "4,502,total_s,,,72510,bound,[X],",
    ]
    found = _compare(told, tmp_path, *lines)
    assert [(row.met, row.difference) for row in found] == [(True, 0), (False, -3), (False, 7)]


def test_a_time_that_the_run_does_not_have_is_missed(told: Replay, tmp_path: Path) -> None:
    (row,) = _compare(told, tmp_path, "8,500,stage_time_s,18500,18500,18500,exact,[X],")
    assert (row.simulated, row.difference, row.basis, row.met) == (None, None, "follows", False)


def test_a_car_or_stage_that_the_scenario_does_not_have_cannot_be_compared(told: Replay, tmp_path: Path) -> None:
    lines = ["4,599,standing,1,1,1,exact,[X],", "14,502,standing,1,1,1,exact,[X],"]
    assert [(row.basis, row.met) for row in _compare(told, tmp_path, *lines)] == [
        ("cannot be compared: the scenario has no car 599", None),
        ("cannot be compared: the scenario has no stage 14", None),
    ]


def test_a_run_from_mid_rally_starts_from_the_known_totals_and_leaves_the_stages_before_open(tmp_path: Path) -> None:
    cars = ("500", "501", "502", "503", "504", "Hamza", "privateer2")
    state = "".join(f"\n[state.crews.{car}]\ntotal_s = 190000" for car in cars)
    told = _variant(tmp_path, f'[state]\nafter_stage = "12"{state}\nretired = true')
    lines = [
        "12,502,total_s,190000,,,exact,[X],",
        "13,502,total_s,193351,,,exact,[X],",
        "13,privateer2,total_s,190000,,,exact,[X],",
    ]
    assert [(row.simulated, row.basis) for row in _compare(told, tmp_path, *lines)] == [
        (None, "cannot be compared: the run begins after this stage"),
        (193_351, "follows"),
        (None, "follows"),
    ]


def test_a_retired_crew_has_a_status_but_no_standing_and_no_total(tmp_path: Path) -> None:
    wreck = 'script.happenings.out = {stage = "2", car = "501", mode = "crash", km = 5, severity = "wreck"}'
    told = _variant(tmp_path, wreck)
    lines = [
        "13,501,status,retired,,,exact,[X],",
        "2,501,standing,2,2,2,exact,[X],",
        "13,501,total_s,1,1,1,exact,[X],",
        "13,501,start_place,1,1,1,exact,[X],",
    ]
    assert [row.simulated for row in _compare(told, tmp_path, *lines)] == ["retired", None, None, None]


def test_a_malformed_file_of_results_is_refused_with_every_line_that_is_wrong(told: Replay, tmp_path: Path) -> None:
    lines = [
        "4,502,totals,72517,,,exact,[X],",
        "4,502,total_s,72517.5,,,exact,[X],",
        "4,502,total_s,72517,,,sure,[X],",
        "4,502,total_s,,,,bound,[X],",
    ]
    with pytest.raises(ScenarioError) as error:
        _compare(told, tmp_path, *lines)
    assert [str(finding) for finding in error.value.findings] == [
        "line 2: unknown quantity 'totals'; did you mean 'total_s' or 'total_gap_s'?",
        "line 3: value must be a whole number or empty, got '72517.5'",
        "line 4: unknown confidence 'sure'; known: exact, inferred, rounded, bound, conflict, unpublished",
        "line 5: needs a value, or low or high",
    ]


def test_a_file_of_results_without_a_column_is_refused(told: Replay, tmp_path: Path) -> None:
    file = tmp_path / "official.csv"
    file.write_text("stage,car,quantity,value,low,high,source\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="line 1: columns are missing: confidence"):
        compare(told.plan, told, file)


def test_the_summary_counts_every_row_once(told: Replay, tmp_path: Path) -> None:
    lines = [
        "5,502,stage_time_s,16172,,,exact,[X],",
        "5,502,stage_time_s,16173,,,exact,[X],",
        "4,502,total_s,72517,,,exact,[X],",
        "6,502,total_s,105178,,,exact,[X],",
        "8,502,total_s,139214,,,exact,[X],",
        "4,503,total_s,1,,,exact,[X],",
        "4,599,total_s,1,,,exact,[X],",
    ]
    counts = summary(_compare(told, tmp_path, *lines))
    assert counts == Summary(pinned=2, pinned_wrong=1, met=3, missed=1, not_comparable=1)


def test_the_json_form_writes_numbers_as_numbers_and_a_bound_as_a_text(told: Replay, tmp_path: Path) -> None:
    lines = [
        "4,502,total_s,72500,72400,72600,rounded,[X],",
        "10,504,total_gap_s,,12600,,bound,[X],",
        "13,501,total_s,,,,unpublished,[X],",
    ]
    names = ("stage", "car", "quantity", "official", "simulated", "difference", "basis")
    values = [
        ("4", "502", "total_s", 72_500, 72_517, 17, "follows"),
        ("10", "504", "total_gap_s", ">= 12600", 12_942, 0, "follows"),
        ("13", "501", "total_s", None, None, None, "cannot be compared: not published"),
    ]
    assert history_json(_compare(told, tmp_path, *lines)) == {
        "schema": "rally-history/1",
        "rows": [dict(zip(names, row, strict=True)) for row in values],
    }


# The table


def _printed(rows: list[Row], *, colours: bool = False) -> list[str]:
    console = Console(width=120, force_terminal=colours, color_system="standard" if colours else None)
    with console.capture() as capture:
        console.print(history_table(rows))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_table_writes_times_as_clocks_and_ends_with_the_sums(told: Replay, tmp_path: Path) -> None:
    lines = ["4,502,total_s,72500,72400,72600,rounded,[X],", "13,503,standing,3,3,3,exact,[X],"]
    _, _, _, *shown = _printed(_compare(told, tmp_path, *lines))
    assert [line.split() for line in shown[:2]] == [
        ["4", "502", "total", "20:08:20", "(20:06:40", "to", "20:10:00)", "20:08:37", "+0:00:17", "follows"],
        ["13", "503", "standing", "3", "3", "0", "follows"],
    ]
    assert " ".join(shown[2:]) == (
        "2 values follow from the rules: 2 met, 0 not met; 0 pinned (they do not count); 0 cannot be compared."
    )


def test_the_table_puts_what_is_missed_first_and_in_red(told: Replay, tmp_path: Path) -> None:
    lines = ["4,502,total_s,72517,,,exact,[X],", "8,500,stage_time_s,18500,,,exact,[X],"]
    printed = _printed(_compare(told, tmp_path, *lines), colours=True)
    assert "\x1b[31m8" in printed[3]
    assert "none" in printed[3]
    assert "\x1b[31m" not in printed[4]
