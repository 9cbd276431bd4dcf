"""What a car meets on the special besides failures: sunset and service points."""

from __future__ import annotations

from math import log

from sim.engine.journal import Kind
from tests.support.rallies import accounts, calendar, day_of, happens, rally, run, seconds, told, where_it_fails

DUSK = calendar({"sunset": "11:00"})
NIGHT_PACE = {"driving": {"night_pace": 1.5}}
SERVICE = calendar({"service_points": [{"km": 50, "minutes": 30}]})


def test_after_sunset_a_car_is_slower_from_where_it_stands_in_that_second() -> None:
    race = run(rally(["1", "2"], stages=DUSK, **NIGHT_PACE))
    assert told(race) == [
        ("1 11:00:00", "1", "sunset"),
        ("1 11:00:00", "2", "sunset"),
        ("1 12:00:00", "1", "finish 7200 s"),
        ("1 12:01:30", "2", "finish 7230 s"),
    ]
    assert [entry.km for entry in race.journal if entry.kind is Kind.SUNSET] == [60, 59]


def test_who_finishes_in_the_second_of_sunset_has_not_seen_the_night() -> None:
    race = run(rally(["1", "2"], stages=calendar({"sunset": "11:40"}), **NIGHT_PACE))
    assert told(race, only=[Kind.FINISH]) == [
        ("1 11:40:00", "1", "finish 6000 s"),
        ("1 11:41:30", "2", "finish 6030 s"),
    ]


def test_a_car_that_stops_over_sunset_sets_off_in_the_dark() -> None:
    script = [happens("1", "arm", 50, "delay", lost_s=1200)]
    race = run(rally(["1"], stages=DUSK, happenings=script, **NIGHT_PACE))
    assert told(race) == [
        ("1 10:50:00", "1", "delay arm until 11:10:00"),
        ("1 12:25:00", "1", "finish 8700 s"),
    ]
    assert accounts(race, "1") == {"driving": 7500, "delay": 1200}


def test_a_car_that_starts_after_sunset_drives_in_the_dark_all_the_way() -> None:
    race = run(rally(["1"], stages=calendar({"sunset": "10:00"}), **NIGHT_PACE))
    assert told(race, only=[Kind.FINISH]) == [("1 12:30:00", "1", "finish 9000 s")]


def test_damage_and_darkness_multiply() -> None:
    script = [happens("1", "arm", 80, "limp", limp_factor=2)]
    race = run(rally(["1"], stages=DUSK, happenings=script, **NIGHT_PACE))
    assert told(race, only=[Kind.FINISH]) == [("1 12:30:00", "1", "finish 9000 s")]


def test_darkness_does_not_change_a_driving_time_that_is_known() -> None:
    race = run(rally(["1"], stages=DUSK, driving_s={"1": {"1": 6543}}, **NIGHT_PACE))
    assert day_of(race, "1").driving_s == day_of(race, "1").seconds == 6543


def test_the_clock_is_rounded_once_however_often_a_car_stops() -> None:
    crews = {"1": {"pace": log(1.0025)}}
    script = [happens("1", "arm", km, "delay", lost_s=7) for km in range(1, 98, 3)]
    race = run(rally(crews, happenings=script))
    # Each leg of 3 km takes 180.45 s.
    assert accounts(race, "1") == {"driving": 6015, "delay": 33 * 7}
    assert seconds(race) == {"1": 6015 + 33 * 7}


def test_after_sunset_incidents_are_more_frequent_and_parts_wear_as_before() -> None:
    modes = {
        "stuck": {"kind": "incident", "severity": {"delay": 1}, "delay_min": 1, "scale_km": 80},
        "arm": {"severity": {"delay": 1}, "delay_min": 1, "scale_km": 85},
    }
    race = run(rally(["1"], stages=DUSK, modes=modes, drawn=True, driving={"night_incidents": 2}))
    assert where_it_fails(race, "stuck") == [("1", 70)]
    assert where_it_fails(race, "arm") == [("1", 85)]


def test_a_service_point_is_a_stop_of_fixed_length_that_does_not_count() -> None:
    race = run(rally(["1"], stages=SERVICE))
    assert told(race) == [
        ("1 10:50:00", "1", "service point until 11:20:00"),
        ("1 12:10:00", "1", "finish 6000 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "neutral": 1800}


def test_a_service_point_mends_what_fits_and_the_car_drives_on_at_full_speed() -> None:
    script = [happens("1", "arm", 40, "limp", job_s=1800)]
    race = run(rally(["1"], stages=SERVICE, happenings=script))
    assert told(race) == [
        ("1 10:40:00", "1", "limp arm"),
        ("1 10:55:00", "1", "service point until 11:25:00"),
        ("1 10:55:00", "1", "job arm until 11:25:00"),
        ("1 12:15:00", "1", "finish 6300 s"),
    ]


def test_a_job_that_does_not_fit_into_a_service_point_is_skipped_whole_and_a_shorter_one_is_done() -> None:
    modes = {"belt": {}, "arm": {}, "knuckle": {}}
    script = [
        happens("1", "belt", 50, "limp", limp_factor=1, job_s=600),
        happens("1", "arm", 50, "limp", limp_factor=1.5, job_s=1201),
        happens("1", "knuckle", 50, "limp", limp_factor=1.25, job_s=1200),
    ]
    race = run(rally(["1"], stages=SERVICE, modes=modes, happenings=script))
    assert told(race) == [
        ("1 10:50:00", "1", "limp belt"),
        ("1 10:50:00", "1", "limp arm"),
        ("1 10:50:00", "1", "limp knuckle"),
        ("1 10:50:00", "1", "service point until 11:20:00"),
        ("1 10:50:00", "1", "job belt until 11:00:00"),
        ("1 11:00:00", "1", "job knuckle until 11:20:00"),
        ("1 12:35:00", "1", "finish 7500 s"),
    ]


def test_spares_are_refilled_at_a_service_point() -> None:
    script = [happens("1", "arm", km) for km in (20, 80)]
    race = run(rally({"1": {"spares": {"arm": 1}}}, stages=SERVICE, happenings=script))
    assert told(race, only=[Kind.HALT, Kind.REPAIR]) == [
        ("1 10:20:00", "1", "halt arm, 1 left"),
        ("1 10:20:00", "1", "repair arm until 10:40:00, 0 left"),
        ("1 12:10:00", "1", "halt arm, 1 left"),
        ("1 12:10:00", "1", "repair arm until 12:30:00, 0 left"),
    ]


def test_a_failure_at_the_km_of_a_service_point_comes_before_it() -> None:
    script = [happens("1", "arm", 50)]
    race = run(rally({"1": {"spares": {"arm": 1}}}, stages=SERVICE, happenings=script))
    assert told(race) == [
        ("1 10:50:00", "1", "halt arm, 1 left"),
        ("1 10:50:00", "1", "repair arm until 11:10:00, 0 left"),
        ("1 11:10:00", "1", "service point until 11:40:00"),
        ("1 12:30:00", "1", "finish 7200 s"),
    ]


def test_failures_at_one_km_come_in_the_order_of_the_modes() -> None:
    worn_out = {"severity": {"delay": 1}, "scale_km": 50}
    modes = {"knuckle": worn_out, "arm": worn_out, "belt": worn_out}
    race = run(rally(["1"], stages=calendar({"special_km": 99}), modes=modes, drawn=True))
    assert told(race) == [
        ("1 10:50:00", "1", "delay belt until 11:00:00"),
        ("1 11:00:00", "1", "delay arm until 11:10:00"),
        ("1 11:10:00", "1", "delay knuckle until 11:20:00"),
        ("1 12:09:00", "1", "finish 7740 s"),
    ]


def test_a_part_whose_life_ends_just_with_the_special_fails_at_the_start_of_the_next() -> None:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 100}}
    race = run(rally(["1"], stages=calendar({}, {"special_km": 99}), modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == [("2", 0)]


def test_each_terrain_wears_parts_at_its_own_rate_and_the_liaison_at_its_own() -> None:
    sections = [
        {"from_km": 0, "to_km": 40, "terrain": "flat"},
        {"from_km": 40, "to_km": 60, "terrain": "road"},
        {"from_km": 60, "to_km": 100, "terrain": "stones"},
    ]
    stages = calendar({"sections": sections, "liaison_before_km": 20})
    tree = rally(["1"], stages=stages, modes={"arm": {"severity": {"delay": 1}, "scale_km": 90}}, drawn=True)
    tree["terrains"] |= {"road": {"speed_kmh": 120}, "stones": {"speed_kmh": 30}}
    tree["wear"] = {"all": {"liaison": 0.5, "terrain": {"flat": 1, "road": 0, "stones": 4}}}
    race = run(tree)
    # 10 on the liaison, 40 to km 40, none to km 60, then the last 40 in 10 km; a whole life lasts 22.5 km of stones.
    assert told(race) == [
        ("1 11:10:00", "1", "delay arm until 11:20:00"),
        ("1 12:05:00", "1", "delay arm until 12:15:00"),
        ("1 12:30:00", "1", "finish 9000 s"),
    ]
    assert where_it_fails(race, "arm") == [("1", 70), ("1", 92.5)]


def test_a_renewed_part_lives_its_whole_life_again() -> None:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 40}}
    race = run(rally(["1"], stages=calendar({}, {}), modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == [("1", 40), ("1", 80), ("2", 20), ("2", 60)]


def test_after_a_field_repair_a_part_lives_a_share_of_its_life() -> None:
    modes = {"arm": {"scale_km": 40, "field_life": 0.25}}
    race = run(rally({"1": {"spares": {"arm": 9}}}, stages=calendar({"special_km": 75}), modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == [("1", 40), ("1", 50), ("1", 60), ("1", 70)]


def test_a_failure_may_wear_or_damage_other_parts() -> None:
    modes = {
        "impact": {
            "kind": "incident",
            "severity": {"delay": 1},
            "scale_km": 40,
            "secondary": {"arm": {"chance": 1, "wear_km": 30}, "belt": {"chance": 1, "damage": True}},
        },
        "arm": {"severity": {"delay": 1}, "scale_km": 80},
        "belt": {"limp_factor": 2},
    }
    race = run(rally(["1"], stages=calendar({"special_km": 79}), modes=modes, drawn=True))
    assert told(race) == [
        ("1 10:40:00", "1", "delay impact until 10:50:00"),
        ("1 10:40:00", "1", "secondary damage belt (damage)"),
        ("1 10:40:00", "1", "secondary damage arm (wear)"),
        ("1 11:10:00", "1", "delay arm until 11:20:00"),
        ("1 12:18:00", "1", "finish 8280 s"),
    ]
