"""Assistance trucks on the special, and who serves whom when several could."""

from __future__ import annotations

from typing import Any

from sim.engine.journal import Kind
from tests.support.rallies import accounts, calendar, clock, day_of, happens, helping, rally, run, told, truck

ARM = {"spares": {"arm": 1}}


def with_truck(**changes: Any) -> dict[str, Any]:
    return {"red": {"trucks": {"T1": truck(**changes)}}}


def test_the_truck_serves_two_halted_cars_in_the_order_of_the_km() -> None:
    script = [happens("1", "arm", 60), happens("2", "arm", 30)]
    race = run(rally(["1", "2"], teams=with_truck(), happenings=script))
    assert told(race) == [
        ("1 10:31:00", "2", "halt arm, 0 left"),
        ("1 10:31:00", "2", "wait arm"),
        ("1 11:00:00", "1", "halt arm, 0 left"),
        ("1 11:00:00", "1", "wait arm"),
        ("1 11:01:00", "2", "truck works arm with red/T1 until 11:31:00"),
        ("1 11:01:00", "red/T1", "truck works arm with 2 until 11:31:00"),
        ("1 12:01:00", "1", "truck works arm with red/T1 until 12:31:00"),
        ("1 12:01:00", "red/T1", "truck works arm with 1 until 12:31:00"),
        ("1 12:41:00", "2", "finish 9600 s"),
        ("1 13:11:00", "1", "finish 11460 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "waiting": 61 * 60, "repair": 1800}
    assert accounts(race, "2") == {"driving": 6000, "waiting": 30 * 60, "repair": 1800}


def test_at_one_place_the_truck_serves_the_lower_race_number_first() -> None:
    script = [happens("1", "arm", 10, "delay"), happens("1", "arm", 40), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], teams=with_truck(), happenings=script))
    assert told(race, only=[Kind.HALT, Kind.TRUCK]) == [
        ("1 10:41:00", "2", "halt arm, 0 left"),
        ("1 10:50:00", "1", "halt arm, 0 left"),
        ("1 11:11:00", "1", "truck works arm with red/T1 until 11:41:00"),
        ("1 11:11:00", "red/T1", "truck works arm with 1 until 11:41:00"),
        ("1 11:41:00", "2", "truck works arm with red/T1 until 12:11:00"),
        ("1 11:41:00", "red/T1", "truck works arm with 2 until 12:11:00"),
    ]


def test_the_truck_passes_a_car_under_repair_without_losing_a_second() -> None:
    script = [happens("1", "arm", 60), happens("2", "arm", 30, repair_s=7200)]
    race = run(rally({"1": {}, "2": ARM}, teams=with_truck(), happenings=script))
    assert told(race, only=[Kind.REPAIR, Kind.TRUCK]) == [
        ("1 10:31:00", "2", "repair arm until 12:31:00, 0 left"),
        ("1 11:31:00", "1", "truck works arm with red/T1 until 12:01:00"),
        ("1 11:31:00", "red/T1", "truck works arm with 1 until 12:01:00"),
    ]


def test_the_truck_never_turns_back_for_a_car_that_halts_behind_it() -> None:
    script = [happens("1", "arm", 20, repair_s=3 * 3600), happens("1", "arm", 30)]
    race = run(rally({"1": ARM}, teams=with_truck(), happenings=script))
    assert told(race) == [
        ("1 10:20:00", "1", "halt arm, 1 left"),
        ("1 10:20:00", "1", "repair arm until 13:20:00, 0 left"),
        ("1 13:30:00", "1", "halt arm, 0 left"),
        ("1 13:30:00", "1", "wait arm"),
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "1", "recovery arm until 18:30:00"),
    ]


def test_a_truck_that_works_further_on_is_not_the_next_truck_of_a_crew_behind_it() -> None:
    crews = {"1": {}, "2": {"orders": {"withdraw_wait_min": 60}}}
    script = [happens("1", "arm", 60), happens("2", "arm", 10, "delay", lost_s=40 * 60), happens("2", "arm", 55)]
    race = run(rally(crews, teams=with_truck(), happenings=script))
    assert told(race, only=[Kind.TRUCK, Kind.WITHDRAW]) == [
        ("1 11:31:00", "1", "truck works arm with red/T1 until 12:01:00"),
        ("1 11:31:00", "red/T1", "truck works arm with 1 until 12:01:00"),
        ("1 11:36:00", "2", "withdraws arm"),
    ]


def test_a_truck_that_leaves_a_place_has_passed_it() -> None:
    script = [happens("1", "arm", 40), happens("2", "arm", 10, "delay", lost_s=3600), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], teams=with_truck(), happenings=script))
    assert told(race, only=[Kind.HALT, Kind.TRUCK, Kind.CLOSED]) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 11:11:00", "1", "truck works arm with red/T1 until 11:41:00"),
        ("1 11:11:00", "red/T1", "truck works arm with 1 until 11:41:00"),
        ("1 11:41:00", "2", "halt arm, 0 left"),
        ("1 11:41:00", "2", "truck works arm with red/T1 until 12:11:00"),
        ("1 11:41:00", "red/T1", "truck works arm with 2 until 12:11:00"),
    ]
    script[1] = happens("2", "arm", 10, "delay", lost_s=3601)
    race = run(rally(["1", "2"], teams=with_truck(), happenings=script))
    assert told(race, only=[Kind.HALT, Kind.TRUCK, Kind.CLOSED], car="2") == [
        ("1 11:41:01", "2", "halt arm, 0 left"),
        ("1 16:31:00", "2", "wait ends arm"),
    ]


def test_of_a_team_mate_and_a_truck_in_the_same_second_the_team_mate_serves() -> None:
    crews, script = {"1": {}, "2": ARM}, [happens("1", "arm", 40)]
    trucks = {"T1": truck(start_delay_min=20, speed_kmh=120)}
    both = run(rally(crews, teams={"red": {"trucks": trucks, "help": helping()}}, happenings=script))
    only_truck = run(rally(crews, teams={"red": {"trucks": trucks}}, happenings=script))
    assert told(only_truck, car="red/T1") == [("1 10:41:00", "red/T1", "truck works arm with 1 until 11:11:00")]
    assert told(both) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:41:00", "1", "hand-over arm with 2 until 10:46:00"),
        ("1 10:41:00", "2", "hand-over arm with 1 until 10:46:00, 0 left"),
        ("1 10:46:00", "1", "repair arm until 11:06:00, 0 left"),
        ("1 11:46:00", "2", "finish 6300 s"),
        ("1 12:06:00", "1", "finish 7560 s"),
    ]


def test_of_two_team_mates_in_the_same_second_the_lower_number_serves() -> None:
    crews = {"3": ARM, "2": ARM, "1": {}}
    stages = calendar({"start_gap_s": 0})
    race = run(rally(crews, stages=stages, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:40:00", "1", "hand-over arm with 2 until 10:45:00"),
        ("1 10:40:00", "2", "hand-over arm with 1 until 10:45:00, 0 left"),
        ("1 10:45:00", "1", "repair arm until 11:05:00, 0 left"),
        ("1 11:40:00", "3", "finish 6000 s"),
        ("1 11:45:00", "2", "finish 6300 s"),
        ("1 12:05:00", "1", "finish 7500 s"),
    ]


def test_of_two_trucks_in_the_same_second_the_first_by_name_serves_and_the_other_drives_on() -> None:
    teams = {"red": {"trucks": {"T2": truck(), "T1": truck()}}}
    script = [happens("1", "arm", 60), happens("2", "arm", 30)]
    race = run(rally(["1", "2"], teams=teams, happenings=script))
    assert told(race, only=[Kind.TRUCK]) == [
        ("1 11:01:00", "2", "truck works arm with red/T1 until 11:31:00"),
        ("1 11:01:00", "red/T1", "truck works arm with 2 until 11:31:00"),
        ("1 11:31:00", "1", "truck works arm with red/T2 until 12:01:00"),
        ("1 11:31:00", "red/T2", "truck works arm with 1 until 12:01:00"),
    ]


def test_after_a_truck_has_failed_the_wait_is_open_for_another_truck_but_not_for_the_same() -> None:
    teams = {"red": {"trucks": {"T1": truck(), "T2": truck(start_delay_min=120)}}}
    race = run(rally(["1"], modes={"arm": {"truck_repair": 0}}, teams=teams, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("1 11:40:00", "1", "truck cannot mend it arm with red/T1"),
        ("1 11:40:00", "1", "wait arm"),
        ("1 12:40:00", "1", "truck works arm with red/T2 until 13:10:00"),
        ("1 13:10:00", "1", "truck cannot mend it arm with red/T2"),
        ("1 13:10:00", "1", "wait arm"),
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "1", "recovery arm until 18:30:00"),
    ]
    assert accounts(race, "1") == {"driving": 2400, "waiting": (30 + 60 + 200) * 60, "repair": 3600}


def test_a_team_mate_drives_past_a_car_on_which_the_truck_works_and_one_that_comes_later_helps() -> None:
    crews = {"1": {}, "2": ARM, "3": ARM}
    teams = {"red": {"trucks": {"T1": truck()}, "help": helping()}}
    script = [
        happens("1", "arm", 40),
        happens("2", "arm", 10, "delay", lost_s=40 * 60),
        happens("3", "arm", 10, "delay", lost_s=90 * 60),
    ]
    race = run(rally(crews, modes={"arm": {"truck_repair": 0}}, teams=teams, happenings=script))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:12:00", "1", "truck works arm with red/T1 until 11:42:00"),
        ("1 11:42:00", "1", "truck cannot mend it arm with red/T1"),
        ("1 11:42:00", "1", "wait arm"),
        ("1 12:12:00", "1", "hand-over arm with 3 until 12:17:00"),
        ("1 12:17:00", "1", "repair arm until 12:37:00, 0 left"),
        ("1 13:37:00", "1", "finish 13020 s"),
    ]
    assert told(race, car="2") == [
        ("1 10:11:00", "2", "delay arm until 10:51:00"),
        ("1 12:21:00", "2", "finish 8400 s"),
    ]


def test_a_truck_goes_round_a_stretch_with_both_its_ends() -> None:
    script = [happens("1", "arm", 30), happens("2", "arm", 40), happens("3", "arm", 50), happens("4", "arm", 50.5)]
    teams = with_truck(avoids={"1": [{"from_km": 30, "to_km": 50}]})
    race = run(rally(["1", "2", "3", "4"], teams=teams, happenings=script))
    assert told(race, only=[Kind.TRUCK, Kind.CLOSED]) == [
        ("1 11:23:30", "4", "truck works arm with red/T1 until 11:53:30"),
        ("1 11:23:30", "red/T1", "truck works arm with 4 until 11:53:30"),
        ("1 16:33:00", "1", "wait ends arm"),
        ("1 16:33:00", "2", "wait ends arm"),
        ("1 16:33:00", "3", "wait ends arm"),
    ]


def test_a_detour_holds_only_on_its_own_stage() -> None:
    script = [happens("1", "arm", 40, stage="1"), happens("1", "arm", 40, stage="2")]
    teams = with_truck(avoids={"1": [{"from_km": 30, "to_km": 50}]})
    race = run(rally(["1"], stages=calendar({}, {}), teams=teams, happenings=script))
    assert told(race, only=[Kind.TRUCK, Kind.CLOSED], car="1") == [
        ("1 16:30:00", "1", "wait ends arm"),
        ("2 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
    ]


def test_trucks_help_on_marathon_specials_only_where_the_regulations_allow_it() -> None:
    script = [happens("1", "arm", 40, stage=stage) for stage in ("1", "2", "3")]
    stages = calendar({"night": "refuge"}, {}, {})

    def trucks(allowed: bool) -> list[tuple[str, str, str]]:
        regulations = {"trucks_on_marathon_specials": allowed, "restart_after_marathon_recovery": True}
        race = run(rally(["1"], stages=stages, teams=with_truck(), happenings=script, regulations=regulations))
        return told(race, only=[Kind.TRUCK], car="1")

    assert trucks(True) == [
        ("1 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("2 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("3 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
    ]
    assert trucks(False) == [("3 11:10:00", "1", "truck works arm with red/T1 until 11:40:00")]


def test_a_truck_that_does_not_run_helps_nobody() -> None:
    race = run(rally(["1"], teams=with_truck(runs=0), happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:00:00", "red/T1", "truck does not run"),
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "1", "recovery arm until 18:30:00"),
    ]


def test_the_truck_of_another_team_drives_by() -> None:
    teams = {"red": {}, "blue": {"trucks": {"T1": truck()}}}
    crews = {"1": {}, "2": {"team": "blue"}}
    race = run(rally(crews, teams=teams, happenings=[happens("1", "arm", 40)]))
    assert told(race, only=[Kind.TRUCK]) == []


def test_the_truck_starts_behind_the_last_slot_of_its_own_team() -> None:
    teams = {**with_truck(), "blue": {}}
    crews = {"1": {}, "2": {"team": "red"}, "3": {"team": "blue"}}
    race = run(rally(crews, teams=teams, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="red/T1") == [("1 11:11:00", "red/T1", "truck works arm with 1 until 11:41:00")]


def test_a_late_start_does_not_hold_up_the_truck() -> None:
    script = [
        happens("1", "arm", 40, "strand", recovery_s=22 * 3600 + 40 * 60),
        happens("1", "arm", 40, stage="2"),
    ]
    race = run(rally(["1"], stages=calendar({}, {}), teams=with_truck(), happenings=script))
    assert day_of(race, "1", "2").start is not None
    assert told(race, stage="2", car="1") == [
        ("2 10:20:00", "1", "late 1200 s"),
        ("2 11:00:00", "1", "halt arm, 0 left"),
        ("2 11:00:00", "1", "wait arm"),
        ("2 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("2 12:40:00", "1", "finish 8400 s"),
    ]


def test_the_course_closes_for_everybody_after_the_last_slot_whoever_starts_late() -> None:
    script = [
        happens("1", "arm", 40, "strand", recovery_s=22 * 3600 + 40 * 60),
        happens("1", "arm", 40, stage="2"),
        happens("2", "arm", 40, stage="2"),
    ]
    race = run(rally(["1", "2"], stages=calendar({}, {}), happenings=script))
    assert [(clock(day_of(race, car, "2").start or 0), car) for car in "12"] == [
        ("2 10:20:00", "1"),
        ("2 10:00:00", "2"),
    ]
    assert told(race, stage="2", only=[Kind.CLOSED]) == [
        ("2 16:31:00", "1", "wait ends arm"),
        ("2 16:31:00", "2", "wait ends arm"),
    ]


def test_of_two_places_in_the_same_second_the_truck_serves_the_lower_km_first() -> None:
    script = [happens("1", "arm", 40.003), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], teams=with_truck(), happenings=script))
    assert told(race, car="red/T1") == [
        ("1 11:11:00", "red/T1", "truck works arm with 2 until 11:41:00"),
        ("1 11:41:00", "red/T1", "truck works arm with 1 until 12:11:00"),
    ]


def test_nobody_turns_back_by_as_little_as_three_metres() -> None:
    modes = {"arm": {}, "knuckle": {}}
    crews = {"1": {"spares": {"arm": 1, "knuckle": 1}}, "2": {}}
    script = [happens("1", "knuckle", 40.003, repair_s=3600), happens("2", "arm", 40)]
    race = run(rally(crews, modes=modes, teams={"red": {"help": helping("stay")}}, happenings=script))
    assert told(race, only=[Kind.REPAIR, Kind.HAND_OVER, Kind.STAY, Kind.CLOSED]) == [
        ("1 10:40:00", "1", "repair knuckle until 11:40:00, 0 left"),
        ("1 16:31:00", "2", "wait ends arm"),
    ]
    script = [happens("1", "arm", 40.003), happens("2", "arm", 10, "delay", lost_s=2400), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], teams=with_truck(), happenings=script))
    assert told(race, only=[Kind.HALT, Kind.TRUCK, Kind.CLOSED]) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 11:11:00", "1", "truck works arm with red/T1 until 11:41:00"),
        ("1 11:11:00", "red/T1", "truck works arm with 1 until 11:41:00"),
        ("1 11:21:00", "2", "halt arm, 0 left"),
        ("1 16:31:00", "2", "wait ends arm"),
    ]


def test_two_team_mates_serve_two_cars_in_the_same_second() -> None:
    crews = {"1": {}, "2": {}, "3": ARM, "4": ARM}
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    stages = calendar({"start_gap_s": 0})
    race = run(rally(crews, stages=stages, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race, only=[Kind.HAND_OVER]) == [
        ("1 10:40:00", "1", "hand-over arm with 3 until 10:45:00"),
        ("1 10:40:00", "2", "hand-over arm with 4 until 10:45:00"),
        ("1 10:40:00", "3", "hand-over arm with 1 until 10:45:00, 0 left"),
        ("1 10:40:00", "4", "hand-over arm with 2 until 10:45:00, 0 left"),
    ]


def test_in_a_deterministic_run_a_chance_above_one_half_happens_and_one_below_does_not() -> None:
    def services(mode: dict[str, float], **parts: Any) -> list[str]:
        race = run(rally(parts.pop("crews"), modes={"arm": mode}, happenings=[happens("1", "arm", 40)], **parts))
        ends = [Kind.REPAIR, Kind.TRUCK_FAILED, Kind.HAND_OVER, Kind.CLOSED]
        return [text.split(" arm")[0] for _, car, text in told(race, only=ends) if car == "1"]

    alone, pair = {"1": ARM}, {"1": {}, "2": ARM}
    assert services({"crew_repair": 0.6}, crews=alone) == ["repair"]
    assert services({"crew_repair": 0.4}, crews=alone) == ["wait ends"]
    assert services({"truck_repair": 0.6}, crews=["1"], teams=with_truck(runs=0.6)) == []
    assert services({"truck_repair": 0.4}, crews=["1"], teams=with_truck(runs=0.6)) == [
        "truck cannot mend it",
        "wait ends",
    ]
    assert services({"truck_repair": 0.6}, crews=["1"], teams=with_truck(runs=0.4)) == ["wait ends"]
    assert services({}, crews=pair, teams={"red": {"help": helping(chance=0.6)}}) == ["hand-over", "repair"]
    assert services({}, crews=pair, teams={"red": {"help": helping(chance=0.4)}}) == ["wait ends"]
