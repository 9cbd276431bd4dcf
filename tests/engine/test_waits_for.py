"""A halted crew that has decided whom to wait for."""

from __future__ import annotations

from sim.engine.journal import Kind
from tests.support.rallies import happens, helping, rally, run, told, truck

ARM = {"spares": {"arm": 1}}
TEAM = {"red": {"help": helping("stay"), "trucks": {"T1": truck()}}}
IMPATIENT = {"spares": {"arm": 1}, "orders": {"withdraw_wait_min": 600}}


def test_a_crew_that_waits_for_the_truck_neither_mends_it_nor_takes_the_help_of_a_team_mate() -> None:
    race = run(rally({"1": ARM, "2": ARM}, teams=TEAM, happenings=[happens("1", "arm", 40, waits_for="truck")]))
    assert told(race, car="1") == [
        ("1 10:40:00", "1", "halt arm, 1 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:11:00", "1", "truck works arm with red/T1 until 11:41:00"),
        ("1 12:41:00", "1", "finish 9660 s"),
    ]


def test_a_crew_that_waits_for_a_team_mate_lets_the_truck_pass() -> None:
    tree = rally({"1": ARM, "2": {}}, teams=TEAM, happenings=[happens("2", "arm", 40, waits_for="team_mate")])
    race = run(tree)
    assert told(race, car="2") == [
        ("1 10:41:00", "2", "halt arm, 0 left"),
        ("1 10:41:00", "2", "wait arm"),
        ("1 16:31:00", "2", "wait ends arm"),
        ("1 16:31:00", "2", "recovery arm until 18:31:00"),
    ]


def test_a_team_mate_that_comes_by_helps_a_crew_that_waits_for_one() -> None:
    race = run(rally({"1": ARM, "2": {}}, teams=TEAM, happenings=[happens("1", "arm", 40, waits_for="team_mate")]))
    assert told(race, car="1")[2:] == [
        ("1 10:41:00", "1", "stays to help arm with 2 until 11:01:00"),
        ("1 12:01:00", "1", "finish 7260 s"),
    ]


def test_with_an_order_to_withdraw_it_goes_once_nobody_is_left_that_it_waits_for() -> None:
    script = [happens("1", "arm", 40, waits_for="team_mate"), happens("2", "arm", 40, waits_for="truck")]
    tree = rally(
        {"1": IMPATIENT, "2": {**IMPATIENT, "orders": {"withdraw_wait_min": 0}}}, teams=TEAM, happenings=script
    )
    race = run(tree)
    assert told(race, only=[Kind.WITHDRAW]) == [
        ("1 10:41:00", "1", "withdraws arm"),
        ("1 10:41:00", "2", "withdraws arm"),
    ]


def test_a_crew_that_waits_for_the_truck_does_not_stay_for_a_team_mate_behind_it() -> None:
    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {}}
    race = run(rally(crews, teams=TEAM, happenings=[happens("1", "arm", 40, waits_for="truck")]))
    assert told(race, only=[Kind.WITHDRAW]) == [("1 10:40:00", "1", "withdraws arm")]
