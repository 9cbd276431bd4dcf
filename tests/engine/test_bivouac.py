"""The night in the bivouac: bays, the order of the jobs, what is left undone, and when parts are renewed."""

from __future__ import annotations

from typing import Any

import pytest

from sim.engine.journal import Kind
from tests.support.rallies import calendar, happens, rally, run, seconds, start_list, told, where_it_fails

HOUR = 3600
TOGETHER = {"start_gap_s": 0, "liaison_after_km": 20}
"""All cars start at 10:00, and clean ones are in the bivouac at 12:00."""
BAYS = (Kind.BAY, Kind.NO_BAY)
WORK = (*BAYS, Kind.JOB, Kind.JOB_LEFT, Kind.ROUTINE)


def stranded(car: str, back: str, mode: str = "arm", stage: str = "1", **known: Any) -> dict[str, Any]:
    """A car that strands at 10:50 on the first day and is back at a time of the same day or (day 2) of the next."""
    day, at = back.split()
    hours, minutes, secs = (int(part) for part in at.split(":"))
    recovery_s = (int(day) - 1) * 24 * HOUR + hours * HOUR + minutes * 60 + secs - (10 * HOUR + 50 * 60)
    return happens(car, mode, 50, "strand", stage=stage, recovery_s=recovery_s, **known)


def test_of_two_cars_that_arrive_in_the_same_second_the_lower_number_takes_the_only_bay_and_the_other_waits() -> None:
    teams = {"red": {"bays": 1, "routine_hours": 2}}
    race = run(rally(["2", "1"], stages=calendar(TOGETHER, {}), teams=teams))
    assert told(race, only=[Kind.ARRIVE, *WORK], stage="1") == [
        ("1 12:00:00", "1", "arrives"),
        ("1 12:00:00", "2", "arrives"),
        ("1 12:00:00", "1", "takes a bay until 14:00:00 (1)"),
        ("1 12:00:00", "1", "routine service until 14:00:00"),
        ("1 14:00:00", "2", "takes a bay until 16:00:00 (1)"),
        ("1 14:00:00", "2", "routine service until 16:00:00"),
    ]


def test_with_a_bay_for_each_car_nobody_waits() -> None:
    teams = {"red": {"bays": 2, "routine_hours": 2}}
    race = run(rally(["2", "1"], stages=calendar(TOGETHER, {}), teams=teams))
    assert told(race, only=BAYS) == [
        ("1 12:00:00", "1", "takes a bay until 14:00:00 (1)"),
        ("1 12:00:00", "2", "takes a bay until 14:00:00 (2)"),
    ]


def test_who_comes_first_is_served_first_whatever_its_number() -> None:
    teams = {"red": {"bays": 1, "routine_hours": 2}}
    script = [happens("1", "arm", 50, "delay", lost_s=1200), happens("2", "arm", 50, "delay", lost_s=600)]
    race = run(rally(["1", "2", "3"], stages=calendar(TOGETHER, {}), teams=teams, happenings=script))
    assert told(race, only=BAYS) == [
        ("1 12:00:00", "3", "takes a bay until 14:00:00 (1)"),
        ("1 14:00:00", "2", "takes a bay until 16:00:00 (1)"),
        ("1 16:00:00", "1", "takes a bay until 18:00:00 (1)"),
    ]


def test_a_car_takes_the_bay_that_is_free_earliest() -> None:
    teams = {"red": {"bays": 2, "routine_hours": 1}}
    script = [
        happens("1", "arm", 50, "limp", job_s=2 * HOUR, limp_factor=1),
        happens("3", "arm", 50, "delay", lost_s=600),
        happens("4", "arm", 50, "delay", lost_s=5 * HOUR),
    ]
    race = run(rally(["1", "2", "3", "4"], stages=calendar(TOGETHER, {}), teams=teams, happenings=script))
    assert told(race, only=BAYS) == [
        ("1 12:00:00", "1", "takes a bay until 15:00:00 (1)"),
        ("1 12:00:00", "2", "takes a bay until 13:00:00 (2)"),
        ("1 13:00:00", "3", "takes a bay until 14:00:00 (2)"),
        ("1 17:00:00", "4", "takes a bay until 18:00:00 (2)"),
    ]


def test_teams_do_not_share_their_bays() -> None:
    teams = {"red": {"bays": 1, "routine_hours": 2}, "blue": {"bays": 1, "routine_hours": 3}}
    crews = {"1": {"team": "red"}, "2": {"team": "blue"}}
    race = run(rally(crews, stages=calendar(TOGETHER, {}), teams=teams))
    assert told(race, only=BAYS) == [
        ("1 12:00:00", "1", "takes a bay until 14:00:00 (1)"),
        ("1 12:00:00", "2", "takes a bay until 15:00:00 (1)"),
    ]


def test_a_car_that_gets_no_bay_before_the_first_departure_starts_with_its_damage() -> None:
    teams = {"red": {"bays": 1}}
    stages = calendar({"liaison_after_km": 60}, {"liaison_before_km": 30})
    script = [
        stranded("1", "1 12:00:00", job_s=21 * HOUR + 1800 + 1),
        happens("2", "arm", 100, "limp"),
    ]
    race = run(rally(["1", "2"], stages=stages, teams=teams, happenings=script))
    assert told(race, only=[*WORK, Kind.LATE, Kind.START]) == [
        ("1 10:00:00", "1", "start"),
        ("1 10:01:00", "2", "start"),
        ("1 12:00:00", "1", "takes a bay until 2 09:30:01 (1)"),
        ("1 12:00:00", "1", "job arm until 2 09:30:01"),
        ("2 09:30:00", "2", "no bay in time"),
        ("2 10:00:00", "2", "start"),
        ("2 10:01:00", "1", "start"),
    ]
    assert seconds(race, "2") == {"1": 6000, "2": 9000}


def test_a_bay_that_becomes_free_in_the_second_of_the_departure_is_still_taken() -> None:
    teams = {"red": {"bays": 1}}
    script = [stranded("1", "1 12:00:00", job_s=22 * HOUR), stranded("2", "1 13:00:00", job_s=29 * 60)]
    race = run(rally(["1", "2"], stages=calendar(TOGETHER, TOGETHER), teams=teams, happenings=script))
    assert told(race, only=[*WORK, Kind.LATE]) == [
        ("1 12:00:00", "1", "takes a bay until 2 10:00:00 (1)"),
        ("1 12:00:00", "1", "job arm until 2 10:00:00"),
        ("2 10:00:00", "1", "routine service until 10:00:00"),
        ("2 10:00:00", "2", "takes a bay until 10:29:00 (1)"),
        ("2 10:00:00", "2", "job arm until 10:29:00"),
        ("2 10:29:00", "2", "late 1740 s"),
    ]


def test_jobs_that_stop_the_car_come_first_up_to_the_maximum_lateness_and_others_wait_for_the_next_night() -> None:
    modes = {"arm": {}, "knuckle": {}, "belt": {}}
    script = [happens("1", "belt", 50, "limp", limp_factor=1.25), stranded("1", "2 07:00:00", "arm", job_s=210 * 60)]
    race = run(rally(["1"], stages=calendar({}, {}, {}), modes=modes, happenings=script))
    assert told(race, only=[*WORK, Kind.LATE]) == [
        ("2 07:00:00", "1", "takes a bay until 10:30:00 (1)"),
        ("2 07:00:00", "1", "job arm until 10:30:00"),
        ("2 10:30:00", "1", "job left undone belt until 10:30:00"),
        ("2 10:30:00", "1", "late 1800 s"),
        ("2 12:35:00", "1", "takes a bay until 13:35:00 (1)"),
        ("2 12:35:00", "1", "job belt until 13:35:00"),
        ("2 13:35:00", "1", "routine service until 13:35:00"),
    ]
    assert [seconds(race, stage)["1"] for stage in "23"] == [7500, 6000]


def test_a_job_that_does_not_end_before_the_departure_is_skipped_whole_and_a_shorter_one_is_done() -> None:
    modes = {"impact": {}, "belt": {}, "arm": {}, "knuckle": {}}
    script = [
        stranded("1", "2 07:00:00", "arm", job_s=2 * HOUR),
        happens("1", "impact", 20, "limp", job_s=40 * 60, limp_factor=1),
        happens("1", "belt", 20, "limp", job_s=20 * 60 + 1, limp_factor=1.25),
        happens("1", "knuckle", 20, "limp", job_s=20 * 60, limp_factor=1),
    ]
    race = run(rally(["1"], stages=calendar({}, {}), modes=modes, happenings=script))
    assert told(race, only=[Kind.JOB, Kind.JOB_LEFT]) == [
        ("2 07:07:30", "1", "job arm until 09:07:30"),
        ("2 09:07:30", "1", "job impact until 09:47:30"),
        ("2 09:47:30", "1", "job left undone belt until 09:47:30"),
        ("2 09:47:30", "1", "job left undone knuckle until 09:47:30"),
    ]
    script[0] = stranded("1", "2 06:52:30", "arm", job_s=2 * HOUR)
    race = run(rally(["1"], stages=calendar({}, {}), modes=modes, happenings=script))
    assert told(race, only=[Kind.JOB, Kind.JOB_LEFT]) == [
        ("2 07:00:00", "1", "job arm until 09:00:00"),
        ("2 09:00:00", "1", "job impact until 09:40:00"),
        ("2 09:40:00", "1", "job left undone belt until 09:40:00"),
        ("2 09:40:00", "1", "job knuckle until 10:00:00"),
    ]
    assert seconds(race, "2") == {"1": 7500}


def test_the_routine_service_comes_last_and_only_if_it_ends_before_the_departure() -> None:
    modes = {"arm": {"replaced": "every_night"}, "belt": {"replaced": "every_night"}}
    only = [Kind.JOB, Kind.ROUTINE, Kind.RENEWED]

    def works(back: str) -> list[tuple[str, str, str]]:
        script = [stranded("1", back, job_s=HOUR)]
        teams = {"red": {"routine_hours": 2}}
        return told(run(rally(["1"], stages=calendar({}, {}), modes=modes, teams=teams, happenings=script)), only=only)

    assert works("2 07:00:00") == [
        ("2 07:00:00", "1", "job arm until 08:00:00"),
        ("2 08:00:00", "1", "routine service until 10:00:00"),
        ("2 10:00:00", "1", "new parts (belt)"),
    ]
    assert works("2 07:00:01") == [("2 07:00:01", "1", "job arm until 08:00:01")]


def test_a_part_that_failed_on_the_liaison_is_found_and_mended_that_night() -> None:
    stages = calendar({"liaison_before_km": 20, "liaison_after_km": 20}, {})
    modes = {"arm": {"scale_km": 10}, "belt": {"scale_km": 130, "job_hours": 2}}
    tree = rally(["1"], stages=stages, modes=modes, drawn=True)
    race = run({**tree, "wear": {"all": {"liaison": 1, "terrain": {"flat": 1}}}})
    assert told(race, stage="1", also=[Kind.START]) == [
        ("1 10:00:00", "1", "start"),
        ("1 11:40:00", "1", "finish 6000 s"),
        ("1 12:00:00", "1", "fails on the liaison belt"),
        ("1 12:00:00", "1", "fails on the liaison arm"),
        ("1 12:00:00", "1", "job belt until 14:00:00"),
        ("1 14:00:00", "1", "job arm until 15:00:00"),
    ]


def test_a_part_that_failed_on_the_liaison_and_is_not_mended_that_night_limps_next_day() -> None:
    stages = calendar({"liaison_after_km": 20}, {})
    modes = {"arm": {"scale_km": 110, "job_hours": 23}}
    tree = rally(["1"], stages=stages, modes=modes, drawn=True)
    race = run({**tree, "wear": {"all": {"liaison": 1, "terrain": {"flat": 1}}}})
    assert told(race) == [
        ("1 11:40:00", "1", "finish 6000 s"),
        ("1 12:00:00", "1", "fails on the liaison arm"),
        ("1 12:00:00", "1", "job left undone arm until 12:00:00"),
        ("2 12:30:00", "1", "finish 9000 s"),
    ]


def test_a_late_arrival_at_the_bivouac_costs_pace_next_day_except_on_a_rest_day() -> None:
    def next_day(night: str, liaison_km: int) -> int:
        stages = calendar({"night": night, "liaison_after_km": liaison_km}, {})
        fatigue = {"bedtime": "12:40", "pace_per_hour": 0.1, "max_hours": 2}
        return seconds(run(rally(["1"], stages=stages, fatigue=fatigue)), "2")["1"]

    assert next_day("bivouac", 60) == 6000
    assert next_day("bivouac", 150) == 6900
    assert next_day("bivouac", 360) == 7200
    assert next_day("rest_day", 150) == 6000


NIGHTS = calendar({}, {"night": "rest_day"}, {}, {}, {}, {})


@pytest.mark.parametrize(
    ("replaced", "fails"),
    [
        ("never", [("4", 20)]),
        ("rest_day", [("6", 20)]),
        ("every_night", []),
        (3, []),
        (4, [("4", 20)]),
    ],
)
def test_parts_are_renewed_when_their_policy_says(replaced: str | int, fails: list[tuple[str, float]]) -> None:
    modes = {"belt": {"severity": {"delay": 1}, "scale_km": 320, "replaced": replaced}}
    race = run(rally(["1"], stages=NIGHTS, modes=modes, drawn=True))
    assert where_it_fails(race, "belt") == fails


def test_new_parts_are_listed_night_by_night() -> None:
    policies = {"arm": "never", "belt": "rest_day", "brakes": "every_night", "damper": 2, "hub": 3}
    modes = {name: {"replaced": policy} for name, policy in policies.items()}
    race = run(rally(["1"], stages=NIGHTS, modes=modes))
    assert told(race, only=[Kind.RENEWED]) == [
        ("1 11:40:00", "1", "new parts (brakes)"),
        ("2 11:40:00", "1", "new parts (brakes, damper, belt)"),
        ("4 11:40:00", "1", "new parts (brakes, hub)"),
        ("5 11:40:00", "1", "new parts (brakes, damper)"),
        ("6 11:40:00", "1", "new parts (brakes)"),
    ]


def test_a_part_that_was_mended_on_the_rest_day_is_not_renewed_on_it_again() -> None:
    script = [happens("1", "arm", 50, "limp")]
    modes = {"arm": {"replaced": "rest_day"}, "belt": {"replaced": "rest_day"}}
    race = run(rally(["1"], stages=calendar({"night": "rest_day"}, {}), modes=modes, happenings=script))
    assert told(race, only=[Kind.JOB, Kind.RENEWED]) == [
        ("1 12:05:00", "1", "job arm until 13:05:00"),
        ("1 13:05:00", "1", "new parts (belt)"),
    ]


def test_a_refuge_renews_nothing_and_does_not_count_as_a_bivouac_night() -> None:
    modes = {"arm": {"replaced": "every_night"}, "belt": {"replaced": 2}}
    stages = calendar({}, {"night": "refuge"}, {}, {})
    assert told(run(rally(["1"], stages=stages, modes=modes)), only=[Kind.RENEWED]) == [
        ("1 11:40:00", "1", "new parts (arm)"),
        ("3 11:40:00", "1", "new parts (belt, arm)"),
    ]


def test_a_part_fitted_at_night_counts_its_bivouac_nights_from_the_next_one() -> None:
    script = [happens("1", "belt", 50, "limp", stage="1", limp_factor=1)]
    race = run(rally(["1"], stages=calendar({}, {}, {}, {}), modes={"belt": {"replaced": 2}}, happenings=script))
    assert told(race, only=[Kind.JOB, Kind.RENEWED]) == [
        ("1 11:40:00", "1", "job belt until 12:40:00"),
        ("3 11:40:00", "1", "new parts (belt)"),
    ]


def test_a_damaged_part_is_not_renewed_by_the_routine_but_by_its_job() -> None:
    modes = {"arm": {"replaced": "every_night"}}
    script = [happens("1", "arm", 50, "limp", job_s=30 * HOUR)]
    race = run(rally(["1"], stages=calendar({}, {}), modes=modes, happenings=script))
    assert told(race, only=[Kind.JOB, Kind.JOB_LEFT, Kind.RENEWED]) == [
        ("1 12:05:00", "1", "job left undone arm until 12:05:00"),
    ]
    assert seconds(race, "2") == {"1": 9000}


def test_spares_are_refilled_in_the_bivouac() -> None:
    script = [happens("1", "arm", km, stage=stage) for stage in "12" for km in (20, 60)]
    race = run(rally({"1": {"spares": {"arm": 2}}}, stages=calendar({}, {}), happenings=script))
    assert [text for _, _, text in told(race, only=[Kind.REPAIR], stage="2")] == [
        "repair arm until 10:40:00, 1 left",
        "repair arm until 11:40:00, 0 left",
    ]


def test_late_cars_keep_their_place_in_the_start_list() -> None:
    script = [stranded("1", "2 06:00:00", job_s=4 * HOUR + 15 * 60)]
    race = run(rally(["1", "2", "3"], stages=calendar({}, {}), happenings=script))
    assert start_list(race, "2") == [("2 10:00:00", "2"), ("2 10:01:00", "3"), ("2 10:02:00", "1")]
    assert told(race, stage="2", only=[Kind.LATE, Kind.START]) == [
        ("2 10:00:00", "2", "start"),
        ("2 10:01:00", "3", "start"),
        ("2 10:15:00", "1", "late 780 s"),
        ("2 10:15:00", "1", "start"),
    ]
