"""Late starts, the time allowed, specials not completed, jokers and statuses."""

from __future__ import annotations

import pytest

from sim.engine.journal import Kind
from sim.engine.replay import Replay
from sim.model.rules.results import Status
from tests.support.rallies import calendar, day_of, happens, rally, run, seconds, start_list, told

HOUR = 3600
ALLOWED, FIXED, NO_START = 6 * HOUR, 10 * HOUR, 2 * HOUR


def mended_at(time: str, stages: int = 2, **changes: object) -> Replay:
    """A car that strands on the first day, and whose job ends at a time of the second."""
    hours, minutes, secs = (int(part) for part in time.split(":"))
    job_s = 24 * HOUR + (hours - 12) * HOUR + minutes * 60 + secs
    script = [happens("1", "arm", 50, "strand", recovery_s=70 * 60, job_s=job_s)]
    return run(rally(["1"], stages=calendar(*[{}] * stages), happenings=script, **changes))  # type: ignore[arg-type]


def results_of(race: Replay, car: str, stage: str = "1") -> tuple[bool, int, int]:
    day = day_of(race, car, stage)
    return day.completed, day.seconds, day.penalty_s


def test_lateness_within_the_limit_is_a_penalty_second_for_second_and_no_part_of_the_special() -> None:
    race = mended_at("10:17:23")
    assert told(race, stage="2", also=[Kind.DEPART, Kind.START]) == [
        ("2 10:17:23", "1", "depart until 10:17:23"),
        ("2 10:17:23", "1", "late 1043 s"),
        ("2 10:17:23", "1", "start"),
        ("2 11:57:23", "1", "finish 6000 s"),
    ]
    assert results_of(race, "1", "2") == (True, 6000, 1043)
    assert race.outcomes.total_s[0, 0] == ALLOWED + FIXED + 6000 + 1043
    assert race.outcomes.penalty_s[0, 0] == FIXED + 1043


def test_a_car_that_is_ready_in_time_starts_at_its_slot() -> None:
    race = mended_at("10:00:00")
    assert told(race, stage="2", also=[Kind.START]) == [
        ("2 10:00:00", "1", "start"),
        ("2 11:40:00", "1", "finish 6000 s"),
    ]


def test_a_car_leaves_for_a_late_start_as_early_as_it_can() -> None:
    stages = calendar({}, {"liaison_before_km": 30})
    script = [happens("1", "arm", 50, "strand", recovery_s=70 * 60, job_s=(21 * 60 + 40) * 60)]
    race = run(rally(["1"], stages=stages, happenings=script))
    assert told(race, stage="2", also=[Kind.DEPART, Kind.START]) == [
        ("2 09:40:00", "1", "depart until 10:10:00"),
        ("2 10:10:00", "1", "late 600 s"),
        ("2 10:10:00", "1", "start"),
        ("2 11:50:00", "1", "finish 6000 s"),
    ]


def test_lateness_of_exactly_the_limit_is_accepted() -> None:
    assert results_of(mended_at("10:30:00"), "1", "2") == (True, 6000, 1800)


def test_a_second_more_than_the_limit_and_the_start_is_refused_at_the_cost_of_the_regulations() -> None:
    race = mended_at("10:30:01")
    assert told(race, stage="2") == [("2 10:00:00", "1", "no start (not repaired: arm)")]
    assert results_of(race, "1", "2") == (False, ALLOWED, FIXED + NO_START)
    assert race.outcomes.total_s[0, 0] == 2 * (ALLOWED + FIXED) + NO_START
    assert race.outcomes.status[0, 0] == Status.REJOINED


def test_a_start_that_is_refused_uses_a_joker() -> None:
    race = mended_at("10:30:01", regulations={"jokers": 1})
    assert told(race, stage="2") == [
        ("2 10:00:00", "1", "no start (not repaired: arm)"),
        ("2 10:00:00", "1", "retired arm (out of jokers)"),
    ]
    assert race.outcomes.status[0, 0] == Status.RETIRED


def test_a_car_that_did_not_start_goes_to_the_next_bivouac_by_road_and_is_mended_there() -> None:
    stages = calendar({}, {"liaison_before_km": 10, "liaison_after_km": 20}, {})
    script = [happens("1", "arm", 50, "strand", recovery_s=23 * HOUR, job_s=2 * HOUR)]
    race = run(rally(["1"], stages=stages, happenings=script))
    assert told(race, also=[Kind.ARRIVE, Kind.BAY, Kind.START]) == [
        ("1 10:00:00", "1", "start"),
        ("1 10:50:00", "1", "strand arm"),
        ("1 10:50:00", "1", "recovery arm until 2 09:50:00"),
        ("2 09:50:00", "1", "arrives"),
        ("2 09:50:00", "1", "takes a bay until 09:50:00 (1)"),
        ("2 09:50:00", "1", "job left undone arm until 09:50:00"),
        ("2 09:50:00", "1", "no start (not repaired: arm)"),
        ("2 12:10:00", "1", "takes a bay until 14:10:00 (1)"),
        ("2 12:10:00", "1", "job arm until 14:10:00"),
        ("3 10:00:00", "1", "start"),
        ("3 11:40:00", "1", "finish 6000 s"),
        ("3 11:40:00", "1", "arrives"),
    ]


def test_a_car_that_is_not_back_by_the_first_departure_does_not_start() -> None:
    for recovery_s, starts in ((23 * HOUR + 600, True), (23 * HOUR + 601, False)):
        script = [happens("1", "arm", 50, "strand", recovery_s=recovery_s, job_s=60)]
        race = run(rally(["1"], stages=calendar({}, {}), happenings=script))
        refused = [] if starts else [("2 10:00:00", "1", "no start (not back in the bivouac)")]
        assert told(race, only=[Kind.NO_START]) == refused
        assert results_of(race, "1", "2") == ((True, 6000, 60) if starts else (False, ALLOWED, FIXED + NO_START))


def test_lateness_does_not_eat_into_the_time_allowed() -> None:
    stages = calendar({}, {"time_allowed_s": 6000})
    script = [happens("1", "arm", 50, "strand", recovery_s=70 * 60, job_s=22 * HOUR + 1800)]
    race = run(rally(["1"], stages=stages, happenings=script))
    assert results_of(race, "1", "2") == (True, 6000, 1800)


def test_a_special_in_exactly_the_time_allowed_is_completed_and_a_second_over_is_not() -> None:
    stages = calendar({"time_allowed_s": 6100})
    script = [happens("1", "arm", 50, "delay", lost_s=100), happens("2", "arm", 50, "delay", lost_s=101)]
    race = run(rally(["1", "2"], stages=stages, happenings=script))
    assert told(race) == [
        ("1 10:50:00", "1", "delay arm until 10:51:40"),
        ("1 10:51:00", "2", "delay arm until 10:52:41"),
        ("1 11:41:40", "1", "finish 6100 s"),
        ("1 11:42:41", "2", "over time 6101 s"),
    ]
    assert results_of(race, "1") == (True, 6100, 0)
    assert results_of(race, "2") == (False, 6100, FIXED)
    assert race.outcomes.status[0].tolist() == [Status.FINISHED, Status.REJOINED]


def test_the_time_allowed_follows_from_the_nominal_time_where_the_stage_does_not_say() -> None:
    regulations = {"time_allowed_base_h": 0.5, "time_allowed_factor": 0.8, "time_allowed_max_h": 1.9}
    race = run(rally(["1"], stages=calendar({}), regulations=regulations))
    assert results_of(race, "1") == (True, 6000, 0)
    assert race.plan.stages[0].allowed_s == 1800 + 4800
    shorter = run(rally(["1"], stages=calendar({}), regulations={**regulations, "time_allowed_max_h": 1.5}))
    assert results_of(shorter, "1") == (False, 5400, FIXED)


def test_a_service_point_does_not_count_towards_the_time_allowed() -> None:
    stages = calendar({"time_allowed_s": 6000, "service_points": [{"km": 50, "minutes": 30}]})
    race = run(rally(["1"], stages=stages))
    assert told(race, only=[Kind.FINISH]) == [("1 12:10:00", "1", "finish 6000 s")]


def test_a_car_over_its_time_drives_on_to_the_bivouac_or_the_refuge_and_starts_next_day() -> None:
    stages = calendar({"time_allowed_s": 5999, "night": "refuge"}, {})
    race = run(rally(["1"], stages=stages))
    assert told(race, also=[Kind.ARRIVE, Kind.START]) == [
        ("1 10:00:00", "1", "start"),
        ("1 11:40:00", "1", "over time 6000 s"),
        ("1 11:40:00", "1", "arrives"),
        ("2 10:00:00", "1", "start"),
        ("2 11:40:00", "1", "finish 6000 s"),
        ("2 11:40:00", "1", "arrives"),
    ]


def test_where_the_time_lost_is_attributed_it_runs_until_the_car_is_back() -> None:
    regulations = {"uncompleted": "time_lost_plus_fixed"}
    script = [happens("1", "arm", 50, "strand")]
    race = run(rally(["1"], happenings=script, regulations=regulations))
    assert results_of(race, "1") == (False, 50 * 60 + 2 * HOUR, FIXED)


def test_where_the_time_lost_is_attributed_a_refused_start_costs_the_same_from_any_slot() -> None:
    regulations = {"uncompleted": "time_lost_plus_fixed"}
    script = [happens(car, "arm", 50, "strand", job_s=30 * HOUR) for car in ("1", "2")]
    race = run(rally(["1", "2", "3"], stages=calendar({}, {}), happenings=script, regulations=regulations))
    for car in ("1", "2"):
        assert results_of(race, car, "2") == (False, ALLOWED, FIXED + NO_START)


def test_where_the_time_lost_is_attributed_it_runs_from_the_start_and_lateness_comes_on_top() -> None:
    regulations = {"uncompleted": "time_lost_plus_fixed"}
    script = [
        happens("1", "arm", 50, "strand", recovery_s=70 * 60, job_s=22 * HOUR + 1200),
        happens("1", "arm", 50, "strand", stage="2"),
    ]
    race = run(rally(["1"], stages=calendar({}, {}), happenings=script, regulations=regulations))
    assert results_of(race, "1", "2") == (False, 50 * 60 + 2 * HOUR, FIXED + 1200)


def test_the_third_special_not_completed_excludes_a_crew_with_two_jokers() -> None:
    script = [happens("1", "arm", 50, "strand", stage=stage) for stage in "124"]
    race = run(rally(["1", "2"], stages=calendar({}, {}, {}, {}, {}), happenings=script))
    assert told(race, car="1") == [
        ("1 10:50:00", "1", "strand arm"),
        ("1 10:50:00", "1", "recovery arm until 12:50:00"),
        ("1 12:50:00", "1", "job arm until 13:50:00"),
        ("2 10:51:00", "1", "strand arm"),
        ("2 10:51:00", "1", "recovery arm until 12:51:00"),
        ("2 12:51:00", "1", "job arm until 13:51:00"),
        ("3 11:41:00", "1", "finish 6000 s"),
        ("4 10:50:00", "1", "strand arm"),
        ("4 10:50:00", "1", "retired arm (out of jokers)"),
    ]
    assert race.outcomes.status[0].tolist() == [Status.RETIRED, Status.FINISHED]
    assert race.outcomes.total_s[0].tolist() == [3 * (ALLOWED + FIXED) + 6000, 30000]
    assert race.outcomes.rank[0].tolist() == [0, 1]
    assert (4, 0) not in race.days


def test_two_specials_not_completed_leave_a_crew_with_two_jokers_classified_behind() -> None:
    script = [happens("1", "arm", 50, "strand", stage=stage) for stage in "13"]
    race = run(rally(["1", "2"], stages=calendar({}, {}, {}), happenings=script))
    assert race.outcomes.status[0].tolist() == [Status.REJOINED, Status.FINISHED]
    assert race.outcomes.total_s[0].tolist() == [2 * (ALLOWED + FIXED) + 6000, 18000]
    assert race.outcomes.rank[0].tolist() == [2, 1]


@pytest.mark.parametrize(("jokers", "last_stage"), [(0, "1"), (1, "2"), (2, "3")])
def test_each_joker_forgives_one_special_that_was_not_completed(jokers: int, last_stage: str) -> None:
    script = [happens("1", "arm", 50, "strand", stage=stage) for stage in "123"]
    stages = calendar({}, {}, {}, {})
    race = run(rally(["1"], stages=stages, happenings=script, regulations={"jokers": jokers}))
    retired = [entry.stage for entry in race.journal if entry.kind is Kind.RETIRED]
    assert retired == [last_stage]


def test_the_result_of_a_car_that_is_still_out_is_closed_at_the_first_departure() -> None:
    stages = calendar({"time_allowed_s": 7000}, {}, {})
    script = [happens("1", "arm", 50, "delay", lost_s=23 * HOUR + 30 * 60)]
    race = run(rally(["1", "2"], stages=stages, happenings=script))
    assert told(race, car="1", also=[Kind.ARRIVE]) == [
        ("1 10:50:00", "1", "delay arm until 2 10:20:00"),
        ("2 10:00:00", "1", "no start (not back in the bivouac)"),
        ("2 11:10:00", "1", "over time 90600 s"),
        ("2 11:10:00", "1", "arrives"),
        ("2 11:10:00", "1", "no bay in time"),
        ("3 11:41:00", "1", "finish 6000 s"),
        ("3 11:41:00", "1", "arrives"),
    ]
    assert results_of(race, "1", "1") == (False, 7000, FIXED)
    assert results_of(race, "1", "2") == (False, ALLOWED, FIXED + NO_START)


def test_a_crew_that_was_excluded_while_it_was_still_out_does_not_retire_again() -> None:
    script = [happens("1", "arm", 50, "delay", lost_s=23 * HOUR + 30 * 60), happens("1", "arm", 60, "wreck")]
    race = run(rally(["1", "2"], stages=calendar({}, {}), happenings=script, regulations={"jokers": 0}))
    assert told(race, only=[Kind.RETIRED]) == [("2 10:00:00", "1", "retired (out of jokers)")]
    assert race.outcomes.retired_km[0, 0] == 100


def test_penalties_of_the_stewards_are_added_to_the_total() -> None:
    given = [
        {"stage": "1", "car": "1", "seconds": 900, "sporting": True},
        {"stage": "2", "car": "1", "seconds": 100, "sporting": False, "note": "seat belt"},
    ]
    race = run(rally(["1"], stages=calendar({}, {}), penalties=given))
    assert told(race, only=[Kind.STEWARDS]) == [
        ("1 10:00:00", "1", "stewards' penalty 900 s"),
        ("2 10:00:00", "1", "stewards' penalty 100 s (seat belt)"),
    ]
    assert (race.outcomes.total_s[0, 0], race.outcomes.penalty_s[0, 0]) == (13000, 1000)


def test_a_missed_waypoint_costs_its_penalty_and_counts_for_the_start_order() -> None:
    modes = {
        "navigation": {
            "kind": "incident",
            "severity": {"delay": 1},
            "delay_min": 1,
            "missed_waypoint": 1,
            "scale_km": 80,
            "pace_exponent": 10,
        }
    }
    crews = {"1": {}, "2": {"orders": {"pace": {"1": 1.05}}}}
    race = run(rally(crews, stages=calendar({}, {}), modes=modes, drawn=True))
    assert told(race, stage="1", car="1") == [
        ("1 11:20:00", "1", "delay navigation until 11:21:00"),
        ("1 11:20:00", "1", "missed waypoint navigation 900 s"),
        ("1 11:41:00", "1", "finish 6060 s"),
    ]
    assert results_of(race, "1") == (True, 6060, 900)
    assert results_of(race, "2") == (True, 6300, 0)
    assert start_list(race, "2") == [("2 10:00:00", "2"), ("2 10:01:00", "1")]


def test_equal_totals_are_ranked_by_race_number() -> None:
    race = run(rally(["20", "3", "100"]))
    assert race.outcomes.cars == ("3", "20", "100")
    assert race.outcomes.rank[0].tolist() == [1, 2, 3]
    assert seconds(race) == {"3": 6000, "20": 6000, "100": 6000}
