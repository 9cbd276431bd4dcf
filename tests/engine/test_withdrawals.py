"""Crews whose orders say when to give up waiting, and how every wait ends."""

from __future__ import annotations

import pytest

from sim.engine.journal import Kind
from tests.support.rallies import day_of, happens, helping, rally, run, told, truck


def test_a_crew_withdraws_when_the_next_truck_is_further_away_than_its_order_says() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 89}}}
    team = {"red": {"trucks": {"T1": truck(start_delay_min=90)}}}
    race = run(rally(crews, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:40:00", "1", "withdraws arm"),
        ("1 10:40:00", "1", "recovery arm until 12:40:00"),
    ]
    assert not day_of(race, "1").completed


def test_a_crew_waits_for_a_truck_that_is_just_as_far_away_as_its_order_says() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 90}}}
    team = {"red": {"trucks": {"T1": truck(start_delay_min=90)}}}
    race = run(rally(crews, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 12:10:00", "1", "truck works arm with red/T1 until 12:40:00"),
        ("1 13:40:00", "1", "finish 13200 s"),
    ]


def test_a_crew_with_an_order_to_withdraw_does_not_wait_where_no_truck_comes() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 600}}}
    race = run(rally(crews, happenings=[happens("1", "arm", 40)]))
    assert told(race, only=[Kind.WITHDRAW, Kind.CLOSED]) == [("1 10:40:00", "1", "withdraws arm")]


def test_a_crew_withdraws_only_when_no_team_mate_is_left_behind_it() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {}, "3": {}}
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:42:00", "1", "withdraws arm"),
        ("1 10:42:00", "1", "recovery arm until 12:42:00"),
    ]


def test_a_crew_does_not_withdraw_before_its_last_team_mate_has_started_and_come_by() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {}}
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 0.5)]))
    assert told(race, only=[Kind.HALT, Kind.WITHDRAW]) == [
        ("1 10:00:30", "1", "halt arm, 0 left"),
        ("1 10:01:30", "1", "withdraws arm"),
    ]


def test_a_crew_does_not_withdraw_while_a_team_mate_works_on_its_own_car_beside_it() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {"spares": {"arm": 2}}}
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:01:00", "1", "hand-over arm with 2 until 11:06:00"),
        ("1 11:06:00", "1", "repair arm until 11:26:00, 0 left"),
        ("1 12:26:00", "1", "finish 8760 s"),
    ]


@pytest.mark.parametrize("km", [10, 40], ids=["further back", "beside it"])
def test_a_crew_does_not_withdraw_while_a_team_mate_stops_before_it_has_come_by(km: int) -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {}}
    script = [happens("1", "arm", 40), happens("2", "arm", km, "delay", lost_s=3600)]
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race, only=[Kind.WITHDRAW]) == [("1 11:41:00", "1", "withdraws arm")]


def test_a_stop_of_a_team_mate_that_has_come_by_does_not_keep_a_crew_waiting() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {}}
    script = [happens("2", "arm", 60, "delay", lost_s=3600), happens("1", "arm", 10, "delay", lost_s=1800)]
    script.append(happens("1", "arm", 40))
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race, only=[Kind.DELAY, Kind.WITHDRAW]) == [
        ("1 10:10:00", "1", "delay arm until 10:40:00"),
        ("1 11:01:00", "2", "delay arm until 12:01:00"),
        ("1 11:10:00", "1", "withdraws arm"),
    ]


def test_two_crews_that_wait_beside_each_other_do_not_wait_for_each_other() -> None:
    patient = {"orders": {"withdraw_wait_min": 60}}
    race = run(rally({"1": patient, "2": patient}, happenings=[happens("1", "arm", 40), happens("2", "arm", 40)]))
    assert told(race, only=[Kind.WITHDRAW, Kind.CLOSED]) == [
        ("1 10:41:00", "1", "withdraws arm"),
        ("1 10:41:00", "2", "withdraws arm"),
    ]


def test_a_crew_withdraws_when_the_truck_that_came_could_not_mend_it_and_no_other_follows() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 60}}}
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(crews, modes={"arm": {"truck_repair": 0}}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race, only=[Kind.TRUCK_FAILED, Kind.WITHDRAW]) == [
        ("1 11:40:00", "1", "truck cannot mend it arm with red/T1"),
        ("1 11:40:00", "1", "withdraws arm"),
    ]


def test_a_truck_that_is_at_work_behind_a_crew_is_still_the_next_truck() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 61}}, "2": {}}
    team = {"red": {"trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 60), happens("2", "arm", 30)]
    race = run(rally(crews, teams=team, happenings=script))
    assert told(race, car="red/T1") == [
        ("1 11:01:00", "red/T1", "truck works arm with 2 until 11:31:00"),
        ("1 12:01:00", "red/T1", "truck works arm with 1 until 12:31:00"),
    ]
    assert told(race, only=[Kind.WITHDRAW]) == []


def test_a_truck_that_is_at_work_where_a_crew_waits_is_still_the_next_truck() -> None:
    crews = {"1": {}, "2": {"orders": {"withdraw_wait_min": 60}}}
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(crews, teams=team, happenings=[happens("1", "arm", 40), happens("2", "arm", 40)]))
    assert told(race, only=[Kind.TRUCK, Kind.WITHDRAW]) == [
        ("1 11:11:00", "1", "truck works arm with red/T1 until 11:41:00"),
        ("1 11:11:00", "red/T1", "truck works arm with 1 until 11:41:00"),
        ("1 11:41:00", "2", "truck works arm with red/T1 until 12:11:00"),
        ("1 11:41:00", "red/T1", "truck works arm with 2 until 12:11:00"),
    ]


def test_when_the_course_closes_every_wait_ends_by_the_close() -> None:
    crews = {"1": {}, "2": {"orders": {"withdraw_wait_min": 60}}}
    race = run(rally(crews, happenings=[happens("1", "arm", 30), happens("2", "arm", 60)]))
    # Crew 2 does not withdraw while crew 1 stands behind it, and both waits end in the same second.
    assert told(race, only=[Kind.CLOSED, Kind.WITHDRAW]) == [
        ("1 16:31:00", "1", "wait ends arm"),
        ("1 16:31:00", "2", "wait ends arm"),
    ]
