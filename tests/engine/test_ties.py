"""Things that happen in one second or at one km, each race with the tie that it is about."""

from __future__ import annotations

from sim.engine.journal import Kind
from sim.engine.replay import Replay
from tests.support.rallies import calendar, clock, happens, helping, rally, run, told, truck

ARM = {"spares": {"arm": 1}}
TOGETHER = {"start_gap_s": 0}
SERVICE = {"service_points": [{"km": 50, "minutes": 30}]}


def moments(race: Replay, *kinds: Kind, stage: str = "1") -> list[tuple[str, str, float | None]]:
    """(car, clock, km) of some kinds of happenings."""
    return [(e.car, clock(e.time_s), e.km) for e in race.journal if e.kind in kinds and e.stage == stage]


def test_of_two_trucks_that_start_together_each_would_come_in_the_same_second_and_the_first_serves() -> None:
    def race(*trucks: str) -> Replay:
        teams = {"red": {"trucks": {name: truck() for name in trucks}}}
        return run(rally(["1"], teams=teams, happenings=[happens("1", "arm", 40)]))

    assert told(race("T1"), car="red/T1") == [("1 11:10:00", "red/T1", "truck works arm with 1 until 11:40:00")]
    assert told(race("T2"), car="red/T2") == [("1 11:10:00", "red/T2", "truck works arm with 1 until 11:40:00")]
    assert told(race("T2", "T1"), only=[Kind.TRUCK]) == [
        ("1 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("1 11:10:00", "red/T1", "truck works arm with 1 until 11:40:00"),
    ]


def test_two_trucks_that_start_together_serve_two_crews_halted_in_one_second_at_one_km() -> None:
    teams = {"red": {"trucks": {"T1": truck(), "T2": truck()}}}
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], stages=calendar(TOGETHER), teams=teams, happenings=script))
    assert moments(race, Kind.HALT) == [("1", "1 10:40:00", 40), ("2", "1 10:40:00", 40)]
    assert told(race, only=[Kind.TRUCK], car="1") == [("1 11:10:00", "1", "truck works arm with red/T1 until 11:40:00")]
    assert told(race, only=[Kind.TRUCK], car="2") == [("1 11:10:00", "2", "truck works arm with red/T2 until 11:40:00")]


def test_of_two_crews_halted_in_one_second_at_one_km_the_truck_serves_the_lower_number_first() -> None:
    teams = {"red": {"trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], stages=calendar(TOGETHER), teams=teams, happenings=script))
    assert moments(race, Kind.HALT) == [("1", "1 10:40:00", 40), ("2", "1 10:40:00", 40)]
    assert told(race, only=[Kind.TRUCK], car="red/T1") == [
        ("1 11:10:00", "red/T1", "truck works arm with 1 until 11:40:00"),
        ("1 11:40:00", "red/T1", "truck works arm with 2 until 12:10:00"),
    ]


def test_of_two_crews_halted_in_one_second_at_one_km_the_lower_number_is_given_the_last_part() -> None:
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    teams = {"red": {"help": helping()}}
    race = run(rally({"1": {}, "2": {}, "3": ARM}, stages=calendar(TOGETHER), teams=teams, happenings=script))
    assert moments(race, Kind.HALT) == [("1", "1 10:40:00", 40), ("2", "1 10:40:00", 40)]
    assert told(race, only=[Kind.HAND_OVER, Kind.CLOSED]) == [
        ("1 10:40:00", "1", "hand-over arm with 3 until 10:45:00"),
        ("1 10:40:00", "3", "hand-over arm with 1 until 10:45:00, 0 left"),
        ("1 16:30:00", "2", "wait ends arm"),
    ]


def test_a_halt_and_a_limp_whose_lives_end_at_a_service_point_come_before_it() -> None:
    modes = {"arm": {"scale_km": 50}, "belt": {"scale_km": 50, "severity": {"limp": 1}, "job_hours": 0.25}}
    crews = {"1": {"spares": {"arm": 2}}}
    race = run(rally(crews, stages=calendar({**SERVICE, "special_km": 99}), modes=modes, drawn=True))
    assert moments(race, Kind.HALT, Kind.LIMP, Kind.SERVICE) == [
        ("1", "1 10:50:00", 50),
        ("1", "1 10:50:00", 50),
        ("1", "1 11:10:00", 50),
    ]
    assert told(race) == [
        ("1 10:50:00", "1", "limp belt"),
        ("1 10:50:00", "1", "halt arm, 2 left"),
        ("1 10:50:00", "1", "repair arm until 11:10:00, 1 left"),
        ("1 11:10:00", "1", "service point until 11:40:00"),
        ("1 11:10:00", "1", "job belt until 11:25:00"),
        ("1 12:29:00", "1", "finish 7140 s"),
    ]


def test_a_failure_at_the_very_end_of_a_special_comes_before_the_finish() -> None:
    race = run(rally({"1": ARM}, happenings=[happens("1", "arm", 100)]))
    assert moments(race, Kind.HALT, Kind.FINISH) == [("1", "1 11:40:00", 100), ("1", "1 12:00:00", 100)]
    assert told(race) == [
        ("1 11:40:00", "1", "halt arm, 1 left"),
        ("1 11:40:00", "1", "repair arm until 12:00:00, 0 left"),
        ("1 12:00:00", "1", "finish 7200 s"),
    ]


def test_nobody_helps_at_the_very_end_of_a_special_where_everybody_finishes_in_that_second() -> None:
    teams = {"red": {"trucks": {"T1": truck()}, "help": helping()}}
    race = run(rally({"1": {}, "2": ARM}, teams=teams, happenings=[happens("1", "arm", 100)]))
    assert moments(race, Kind.HALT, Kind.FINISH) == [("1", "1 11:40:00", 100), ("2", "1 11:41:00", 100)]
    assert told(race, car="1") == [
        ("1 11:40:00", "1", "halt arm, 0 left"),
        ("1 11:40:00", "1", "wait arm"),
        ("1 16:31:00", "1", "wait ends arm"),
        ("1 16:31:00", "1", "recovery arm until 18:31:00"),
    ]


def test_two_parts_whose_lives_end_just_with_the_special_fail_in_order_at_the_start_of_the_next() -> None:
    worn_out = {"scale_km": 100, "severity": {"delay": 1}, "delay_min": 1}
    race = run(rally(["1"], stages=calendar({}, {"special_km": 99}), modes={"b": worn_out, "a": worn_out}, drawn=True))
    assert moments(race, Kind.DELAY) == []
    assert moments(race, Kind.DELAY, stage="2") == [("1", "2 10:00:00", 0), ("1", "2 10:01:00", 0)]


def test_a_team_mate_that_meets_something_by_itself_where_a_crew_waits_helps_afterwards() -> None:
    script = [happens("1", "arm", 40), happens("2", "arm", 40, "delay")]
    race = run(rally({"1": {}, "2": ARM}, teams={"red": {"help": helping()}}, happenings=script))
    assert moments(race, Kind.HALT, Kind.DELAY) == [("1", "1 10:40:00", 40), ("2", "1 10:41:00", 40)]
    assert told(race, only=[Kind.DELAY, Kind.HAND_OVER], car="2") == [
        ("1 10:41:00", "2", "delay arm until 10:51:00"),
        ("1 10:51:00", "2", "hand-over arm with 1 until 10:56:00, 0 left"),
    ]


def test_a_team_mate_helps_beside_a_service_point_only_when_it_leaves_it() -> None:
    script = [happens("1", "arm", 50)]
    race = run(
        rally({"1": {}, "2": ARM}, stages=calendar(SERVICE), teams={"red": {"help": helping()}}, happenings=script)
    )
    assert moments(race, Kind.HALT, Kind.SERVICE)[:2] == [("1", "1 10:50:00", 50), ("2", "1 10:51:00", 50)]
    assert told(race, only=[Kind.SERVICE, Kind.HAND_OVER]) == [
        ("1 10:51:00", "2", "service point until 11:21:00"),
        ("1 11:21:00", "1", "hand-over arm with 2 until 11:26:00"),
        ("1 11:21:00", "2", "hand-over arm with 1 until 11:26:00, 0 left"),
        ("1 11:46:00", "1", "service point until 12:16:00"),
    ]


def test_a_team_mate_that_comes_by_in_the_second_in_which_the_truck_gives_up_helps() -> None:
    teams = {"red": {"trucks": {"T1": truck()}, "help": helping()}}
    script = [happens("1", "arm", 40), happens("2", "arm", 10, "delay", lost_s=3600)]
    race = run(rally({"1": {}, "2": ARM}, modes={"arm": {"truck_repair": 0}}, teams=teams, happenings=script))
    assert told(race, only=[Kind.TRUCK, Kind.TRUCK_FAILED, Kind.WAIT, Kind.HAND_OVER], car="1") == [
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:11:00", "1", "truck works arm with red/T1 until 11:41:00"),
        ("1 11:41:00", "1", "truck cannot mend it arm with red/T1"),
        ("1 11:41:00", "1", "wait arm"),
        ("1 11:41:00", "1", "hand-over arm with 2 until 11:46:00"),
    ]


def test_a_crew_that_halts_in_the_second_in_which_the_truck_is_done_beside_it_is_served_next() -> None:
    teams = {"red": {"trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 40), happens("2", "arm", 10, "delay", lost_s=3600), happens("2", "arm", 40)]
    race = run(rally(["1", "2"], teams=teams, happenings=script))
    assert moments(race, Kind.HALT) == [("1", "1 10:40:00", 40), ("2", "1 11:41:00", 40)]
    assert told(race, only=[Kind.TRUCK], car="red/T1") == [
        ("1 11:11:00", "red/T1", "truck works arm with 1 until 11:41:00"),
        ("1 11:41:00", "red/T1", "truck works arm with 2 until 12:11:00"),
    ]
