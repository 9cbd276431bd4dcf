"""What the race report tells of a stage, line by line, on rallies with scripted failures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sim.engine.journal import Entry, Kind, Phase
from sim.engine.replay import Replay
from sim.report.happenings import lines_of, wait_ends
from sim.report.words import time_of_day
from tests.support.rallies import calendar, happens, helping, rally, run, truck

ARM: dict[str, Any] = {"spares": {"arm": 1}}
CANNOT = {"arm": {"crew_repair": 0}}


def told(race: Replay, stage: int = 0) -> list[tuple[str, str, float | None, str, int | None, str]]:
    return [
        (time_of_day(line.time_s), line.car, _rounded(line.km), line.text, line.cost_s, line.cost)
        for line in lines_of(race, race.plan.stages[stage])
    ]


def _rounded(km: float | None) -> float | None:
    return None if km is None else round(km, 3)


def texts(race: Replay) -> list[str]:
    return [line.text for line in lines_of(race, race.plan.stages[0])]


def test_a_stage_on_which_nothing_happens_has_no_lines() -> None:
    assert told(run(rally(["1", "2"], stages=calendar({}, {})))) == []


def test_a_halt_that_the_crew_mends_at_once_is_one_line_with_what_it_cost() -> None:
    race = run(rally({"1": ARM}, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [("10:40:00", "1", 40.0, "arm: mended by the crew", 1200, "")]


def test_a_wait_costs_the_time_until_help_comes() -> None:
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(["1"], modes=CANNOT, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("10:40:00", "1", 40.0, "arm: stops; waits for help", 1800, ""),
        ("11:10:00", "1", 40.0, "arm: is worked on by truck T1 for 30 min, until 11:40:00", 1800, ""),
    ]


def test_both_parties_of_a_hand_over_have_a_line_with_their_own_cost() -> None:
    team = {"red": {"help": helping()}}
    race = run(rally({"1": {}, "2": ARM}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("10:40:00", "1", 40.0, "arm: stops; waits for help", 60, ""),
        ("10:41:00", "1", 40.0, "arm: is handed the part by 2, 5 min", 300, ""),
        ("10:41:00", "2", 40.0, "arm: hands the part to 1, 5 min", 300, ""),
        ("10:46:00", "1", 40.0, "arm: the crew mends it in 20 min, goes on at 11:06:00", 1200, ""),
    ]


def test_a_truck_that_cannot_mend_it_leaves_the_crew_waiting() -> None:
    modes = {"arm": {"crew_repair": 0, "truck_repair": 0}}
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(["1"], modes=modes, teams=team, happenings=[happens("1", "arm", 40)]))
    assert "arm: truck T1 cannot mend it; waits for help" in texts(race)


def test_a_special_that_is_not_completed_says_so_and_the_recovery_comes_last() -> None:
    race = run(rally(["1"], modes=CANNOT, happenings=[happens("1", "arm", 40)]))
    closed = "arm: the course closes, nobody has mended it; is recovered in 2 h, back in the bivouac at 18:30:00"
    assert told(race)[1:] == [("16:30:00", "1", 40.0, closed, None, "not completed")]


def test_a_retirement_is_what_it_cost_even_where_the_wait_took_no_time() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}}
    race = run(rally(crews, modes=CANNOT, regulations={"jokers": 0}, happenings=[happens("1", "arm", 40)]))
    assert [(line[4], line[5]) for line in told(race)] == [(None, "retired")]


def test_a_wait_that_ends_at_once_costs_nothing() -> None:
    stages = calendar({"time_allowed_s": 1800})
    race = run(rally(["1"], stages=stages, modes=CANNOT, happenings=[happens("1", "arm", 80)]))
    assert [(line[4], line[5]) for line in told(race)] == [(None, "not completed")]


def test_a_delay_with_a_missed_waypoint_costs_the_sum_of_both() -> None:
    modes = {"navigation": {"severity": {"delay": 1}, "missed_waypoint": 1, "scale_km": 60}}
    race = run(rally(["1"], modes=modes, drawn=True))
    assert told(race) == [("11:00:00", "1", 60.0, "navigation: time lost; misses a waypoint, penalty 15 min", 1500, "")]


def test_driving_on_with_damage_costs_what_it_slows_down() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40, "limp")]))
    assert told(race) == [("10:40:00", "1", 40.0, "arm: goes on slower", 1800, "")]


def test_damage_that_does_not_slow_down_has_no_cost() -> None:
    race = run(rally(["1"], modes={"arm": {"limp_factor": 1}}, happenings=[happens("1", "arm", 40, "limp")]))
    assert told(race) == [("10:40:00", "1", 40.0, "arm: goes on slower", None, "")]


def test_work_of_the_night_belongs_to_the_stage_before_it_and_has_no_km() -> None:
    race = run(rally(["1"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "limp")]))
    assert told(race)[1:] == [("12:10:00", "1", None, "arm: repaired in 1 h, done at 13:10:00", None, "")]
    assert told(race, stage=1) == []


def test_a_job_that_takes_no_time_is_not_worth_a_line() -> None:
    modes = {"arm": {"job_hours": 0}}
    race = run(rally(["1"], stages=calendar({}, {}), modes=modes, happenings=[happens("1", "arm", 40, "limp")]))
    assert len(told(race)) == 1


def test_a_truck_that_does_not_run_is_told_without_a_car() -> None:
    team = {"red": {"trucks": {"T1": truck(runs=0)}}}
    race = run(rally(["1"], teams=team))
    assert told(race) == [("10:00:00", "", None, "truck T1 of red does not run today", None, "")]


def test_what_else_was_damaged_is_told_after_what_happened_and_mere_wear_is_not_told() -> None:
    modes: dict[str, Any] = {
        "impact": {"scale_km": 60, "severity": {"delay": 1}, "secondary": {}},
        "arm": {"job_hours": 0},
        "belt": {"job_hours": 0},
    }
    modes["impact"]["secondary"] = {"arm": {"chance": 1, "damage": True}, "belt": {"chance": 1, "wear_km": 1}}
    race = run(rally(["1"], modes=modes, drawn=True))
    assert texts(race) == ["impact: time lost; arm: damaged by it"]


def test_a_wait_ends_with_the_next_entry_that_ends_it_for_the_same_car() -> None:
    def entry(time_s: int, car: str, kind: Kind) -> Entry:
        return Entry(time_s=time_s, phase=Phase.OWN, car=car, stage="1", km=5.0, kind=kind)

    journal: Iterable[Entry] = [
        entry(10, "1", Kind.WAIT),
        entry(20, "2", Kind.WAIT),
        entry(30, "2", Kind.TRUCK),
        entry(50, "1", Kind.WITHDRAW),
        entry(60, "1", Kind.STAY),
    ]
    assert wait_ends(journal) == {("1", 10): 50, ("2", 20): 30}
