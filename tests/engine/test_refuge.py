"""The marathon night: only the crews work, with what their cars carry."""

from __future__ import annotations

from typing import Any

from sim.engine.journal import Kind
from sim.engine.replay import Replay
from tests.support.rallies import calendar, happens, rally, run, seconds, told, truck, where_it_fails

PAIR = calendar({"night": "refuge"}, {})
NIGHT = (Kind.JOB, Kind.JOB_LEFT, Kind.BORROW)


def carrying(arms: int) -> dict[str, Any]:
    return {"spares": {"arm": arms}}


def limping(*cars: str) -> list[dict[str, Any]]:
    return [happens(car, "arm", 40, "limp") for car in cars]


def night(crews: dict[str, Any], *more: dict[str, Any], limps: tuple[str, ...] = ("1",), **changes: Any) -> Replay:
    return run(rally(crews, stages=PAIR, happenings=[*limping(*limps), *more], **changes))


def test_a_crew_with_the_spare_mends_its_car_slower_than_mechanics() -> None:
    race = night({"1": carrying(1), "2": {}})
    assert told(race, stage="1") == [
        ("1 10:40:00", "1", "limp arm"),
        ("1 11:41:00", "2", "finish 6000 s"),
        ("1 12:10:00", "1", "finish 7800 s"),
        ("1 12:10:00", "1", "job arm until 14:10:00"),
    ]
    assert seconds(race, "2") == {"1": 6000, "2": 6000}


def test_the_spare_of_the_refuge_is_used_up() -> None:
    race = night({"1": carrying(1)}, happens("1", "arm", 50, stage="2"))
    assert told(race, stage="2", only=[Kind.HALT]) == [("2 10:50:00", "1", "halt arm, 0 left")]


def test_a_crew_without_the_spare_limps_on_next_day() -> None:
    race = night({"1": {}, "2": {}})
    assert told(race, only=NIGHT) == [("1 12:10:00", "1", "job left undone arm (no part)")]
    assert seconds(race, "2") == {"1": 9000, "2": 6000}


def test_a_job_that_needs_no_part_is_done_without_one() -> None:
    race = night({"1": {}}, modes={"arm": {"needs_part": False}})
    assert told(race, only=NIGHT) == [("1 12:10:00", "1", "job arm until 14:10:00")]


def test_the_part_is_borrowed_from_the_team_mate_with_most_of_it_and_not_before_it_comes() -> None:
    delay = happens("3", "arm", 10, "delay", lost_s=3600)
    race = night({"1": {}, "2": carrying(1), "3": carrying(2)}, delay)
    assert told(race, only=NIGHT) == [
        ("1 12:42:00", "1", "borrows a part arm with 3"),
        ("1 12:42:00", "1", "job arm until 14:42:00"),
    ]
    assert seconds(race, "2") == {"1": 6000, "2": 6000, "3": 6000}


def test_a_borrowed_job_starts_when_the_car_itself_comes_if_the_lender_is_there() -> None:
    race = night({"1": {}, "2": carrying(1)})
    assert told(race, only=NIGHT) == [
        ("1 12:10:00", "1", "borrows a part arm with 2"),
        ("1 12:10:00", "1", "job arm until 14:10:00"),
    ]


def test_of_two_lenders_with_as_many_parts_the_lower_number_lends() -> None:
    race = night({"1": {}, "3": carrying(1), "2": carrying(1)})
    assert told(race, only=[Kind.BORROW]) == [("1 12:10:00", "1", "borrows a part arm with 2")]


def test_who_has_lent_a_part_has_one_less_next_day() -> None:
    race = night({"1": {}, "2": carrying(1)}, happens("2", "arm", 50, stage="2"))
    assert told(race, stage="2", only=[Kind.HALT]) == [("2 10:50:00", "2", "halt arm, 0 left")]


def test_own_parts_go_to_own_damage_first() -> None:
    race = night({"1": {}, "2": carrying(1)}, limps=("1", "2"))
    assert told(race, only=NIGHT) == [
        ("1 12:10:00", "1", "job left undone arm (no part)"),
        ("1 12:11:00", "2", "job arm until 14:11:00"),
    ]


def test_the_last_part_is_lent_to_the_lower_race_number() -> None:
    race = night({"2": {}, "1": {}, "3": carrying(1)}, limps=("2", "1"))
    assert told(race, only=NIGHT) == [
        ("1 12:10:00", "1", "borrows a part arm with 3"),
        ("1 12:10:00", "1", "job arm until 14:10:00"),
        ("1 12:11:00", "2", "job left undone arm (no part)"),
    ]


def test_nothing_is_borrowed_from_another_team() -> None:
    teams = {"red": {}, "blue": {}}
    race = night({"1": {}, "2": {**carrying(2), "team": "blue"}}, teams=teams)
    assert told(race, only=NIGHT) == [("1 12:10:00", "1", "job left undone arm (no part)")]


def test_jobs_of_one_car_follow_each_other_in_the_order_of_the_modes() -> None:
    modes = {"knuckle": {"job_hours": 0.5}, "arm": {}}
    race = night({"1": {"spares": {"arm": 1, "knuckle": 1}}}, happens("1", "knuckle", 100, "limp"), modes=modes)
    assert told(race, only=NIGHT) == [
        ("1 12:10:00", "1", "job arm until 14:10:00"),
        ("1 14:10:00", "1", "job knuckle until 15:10:00"),
    ]


def test_a_job_that_does_not_end_before_the_departure_is_left_and_its_part_stays_on_board() -> None:
    longest = (21 * 3600 + 50 * 60) // 2

    def told_of(job_s: int) -> list[tuple[str, str, str]]:
        script = [happens("1", "arm", 40, "limp", job_s=job_s), happens("1", "arm", 50, stage="2")]
        return told(run(rally({"1": carrying(1)}, stages=PAIR, happenings=script)), only=[*NIGHT, Kind.HALT])

    assert told_of(longest) == [
        ("1 12:10:00", "1", "job arm until 2 10:00:00"),
        ("2 10:50:00", "1", "halt arm, 0 left"),
    ]
    assert told_of(longest + 1) == [
        ("1 12:10:00", "1", "job left undone arm (no time)"),
        ("2 11:15:00", "1", "halt arm, 1 left"),
    ]


def test_hours_worked_beyond_the_free_ones_cost_pace_next_day() -> None:
    tired = {"fatigue": {"pace_per_hour": 0.1}, "modes": {"arm": {"job_hours": 2}}}
    assert seconds(night({"1": carrying(1)}, refuge={"free_hours": 3}, **tired), "2") == {"1": 6600}
    assert seconds(night({"1": carrying(1)}, refuge={"free_hours": 4}, **tired), "2") == {"1": 6000}


def test_no_more_than_the_greatest_number_of_hours_is_lost() -> None:
    tired = {"fatigue": {"pace_per_hour": 0.1, "max_hours": 2}, "modes": {"arm": {"job_hours": 2}}}
    assert seconds(night({"1": carrying(1)}, refuge={"free_hours": 1}, **tired), "2") == {"1": 7200}


def test_who_lends_a_part_loses_no_sleep() -> None:
    tired = {"fatigue": {"pace_per_hour": 0.1}, "refuge": {"free_hours": 0}}
    assert seconds(night({"1": {}, "2": carrying(1)}, **tired), "2") == {"1": 7200, "2": 6000}


def test_lost_sleep_is_made_up_for_after_one_day() -> None:
    stages = calendar({"night": "refuge"}, {}, {})
    tables = {"fatigue": {"pace_per_hour": 0.1}, "refuge": {"free_hours": 0}}
    race = run(rally({"1": carrying(1)}, stages=stages, happenings=limping("1"), **tables))
    assert [seconds(race, stage)["1"] for stage in "123"] == [7800, 7200, 6000]


def test_lost_sleep_brings_incidents_but_wears_no_parts() -> None:
    modes: dict[str, Any] = {
        "arm": {"severity": {"limp": 1}, "scale_km": 90},
        "stuck": {"kind": "incident", "severity": {"delay": 1}, "scale_km": 175},
        "belt": {"severity": {"delay": 1}, "scale_km": 175},
    }
    tables = {"fatigue": {"incidents_per_hour": 0.25}, "refuge": {"free_hours": 0}}
    race = run(rally({"1": carrying(1)}, stages=PAIR, modes=modes, drawn=True, **tables))
    assert where_it_fails(race, "arm")[0] == ("1", 90)
    assert where_it_fails(race, "stuck") == [("2", 50)]
    assert where_it_fails(race, "belt") == [("2", 75)]


def test_a_part_mended_in_the_refuge_lives_shorter_until_a_bivouac_has_worked_on_it() -> None:
    stages = calendar({"night": "refuge"}, {"special_km": 50}, {})
    modes = {"arm": {"severity": {"limp": 1}, "scale_km": 90, "field_life": 0.5}}
    race = run(rally({"1": carrying(1)}, stages=stages, modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == [("1", 90), ("2", 45), ("3", 90)]
    modes["arm"]["field_life"] = 0.8
    race = run(rally({"1": carrying(1)}, stages=stages, modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == [("1", 90), ("3", 90)]


def test_the_refuge_mends_a_part_that_failed_on_the_liaison() -> None:
    stages = calendar({"night": "refuge", "liaison_after_km": 20}, {})
    wear = {"all": {"liaison": 1, "terrain": {"flat": 1}}}
    tree = rally({"1": carrying(1)}, stages=stages, modes={"arm": {"scale_km": 110}}, drawn=True)
    race = run({**tree, "wear": wear})
    assert told(race, stage="1") == [
        ("1 11:40:00", "1", "finish 6000 s"),
        ("1 12:00:00", "1", "fails on the liaison arm"),
        ("1 12:00:00", "1", "job arm until 14:00:00"),
    ]


def test_trucks_work_in_the_refuge_only_where_the_regulations_allow_it() -> None:
    teams = {"red": {"trucks": {"T1": truck()}}}

    def jobs(allowed: bool) -> list[tuple[str, str, str]]:
        race = night({"1": {}, "2": {}}, teams=teams, regulations={"trucks_in_refuge": allowed})
        return told(race, only=NIGHT)

    assert jobs(False) == [("1 12:10:00", "1", "job left undone arm (no part)")]
    assert jobs(True) == [("1 12:11:00", "1", "job arm until 13:11:00")]


def test_where_a_truck_brings_the_part_nobody_waits_for_a_team_mate_who_has_one() -> None:
    teams = {"red": {"trucks": {"T1": truck()}}}
    delay = happens("2", "arm", 10, "delay", lost_s=3 * 3600)
    race = night({"1": {}, "2": carrying(1)}, delay, teams=teams, regulations={"trucks_in_refuge": True})
    assert told(race, only=NIGHT) == [("1 12:11:00", "1", "job arm until 13:11:00")]


def test_who_is_recovered_on_the_first_day_of_a_marathon_does_not_start_the_second() -> None:
    stages = calendar({"night": "refuge"}, {}, {})
    race = run(rally(["1", "2"], stages=stages, happenings=[happens("1", "arm", 40, "strand")]))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "strand arm"),
        ("1 10:40:00", "1", "recovery arm until 12:40:00"),
        ("2 10:00:00", "1", "no start (not with its team since the first day of the marathon)"),
        ("2 11:41:00", "1", "job arm until 12:41:00"),
        ("3 11:41:00", "1", "finish 6000 s"),
    ]


def test_who_is_recovered_on_the_first_day_starts_the_second_where_the_regulations_allow_it() -> None:
    stages = calendar({"night": "refuge"}, {}, {})
    regulations = {"restart_after_marathon_recovery": True}
    script = [happens("1", "arm", 40, "strand")]
    race = run(rally(["1", "2"], stages=stages, happenings=script, regulations=regulations))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "strand arm"),
        ("1 10:40:00", "1", "recovery arm until 12:40:00"),
        ("1 12:40:00", "1", "job arm until 13:40:00"),
        ("2 11:41:00", "1", "finish 6000 s"),
        ("3 11:40:00", "1", "finish 6000 s"),
    ]


def test_cars_carry_their_marathon_parts_on_both_specials_of_the_pair_and_no_longer() -> None:
    crews = {"1": {"spares": {"arm": 1}, "marathon_spares": {"arm": 3}}}
    modes = {"arm": {"severity": {"halt": 1}}}
    script = [happens("1", "arm", 50, stage=stage) for stage in "1234"]
    stages = calendar({}, {"night": "refuge"}, {}, {})
    race = run(rally(crews, stages=stages, modes=modes, happenings=script))
    assert told(race, only=[Kind.HALT]) == [
        ("1 10:50:00", "1", "halt arm, 1 left"),
        ("2 10:50:00", "1", "halt arm, 3 left"),
        ("3 10:50:00", "1", "halt arm, 2 left"),
        ("4 10:50:00", "1", "halt arm, 1 left"),
    ]


def test_a_rally_that_begins_with_a_marathon_begins_with_the_marathon_parts() -> None:
    crews = {"1": {"spares": {"arm": 1}, "marathon_spares": {"arm": 3}}}
    race = run(rally(crews, stages=PAIR, happenings=[happens("1", "arm", 50)]))
    assert told(race, only=[Kind.HALT]) == [("1 10:50:00", "1", "halt arm, 3 left")]


def test_a_crew_may_carry_other_parts_on_one_stage() -> None:
    crews = {
        "1": {"spares": {"arm": 1}, "marathon_spares": {"arm": 3}, "stage_spares": {"1": {"arm": 2}, "3": {"arm": 4}}}
    }
    script = [happens("1", "arm", 50, stage=stage) for stage in "12345"]
    stages = calendar({}, {}, {"night": "refuge"}, {}, {})
    race = run(rally(crews, stages=stages, happenings=script))
    assert [text for _, _, text in told(race, only=[Kind.HALT])] == [
        "halt arm, 2 left",
        "halt arm, 1 left",
        "halt arm, 4 left",
        "halt arm, 3 left",
        "halt arm, 1 left",
    ]
