"""The journal: its order, and what its fields say."""

from __future__ import annotations

from itertools import pairwise

from sim.engine.journal import Entry, Journal, Kind, Phase
from tests.support.rallies import calendar, happens, helping, rally, run, told, truck


def entry(time_s: int, phase: Phase, car: str, kind: Kind) -> Entry:
    return Entry(time_s=time_s, phase=phase, car=car, stage="1", km=None, kind=kind)


def test_entries_are_read_by_second_phase_and_race_number() -> None:
    journal = Journal()
    written = [
        entry(7, Phase.OWN, "2", Kind.HALT),
        entry(5, Phase.CLOSE, "1", Kind.CLOSED),
        entry(5, Phase.OWN, "10", Kind.HALT),
        entry(5, Phase.OWN, "10", Kind.WAIT),
        entry(5, Phase.OFFER, "red/T1", Kind.TRUCK),
        entry(5, Phase.OFFER, "10", Kind.TRUCK),
        entry(5, Phase.OFFER, "9", Kind.HAND_OVER),
        entry(5, Phase.OWN, "11", Kind.FINISH),
    ]
    for item in written:
        journal.add(item)
    assert [(item.time_s, item.car, item.kind) for item in journal] == [
        (5, "10", Kind.HALT),
        (5, "10", Kind.WAIT),
        (5, "11", Kind.FINISH),
        (5, "9", Kind.HAND_OVER),
        (5, "10", Kind.TRUCK),
        (5, "red/T1", Kind.TRUCK),
        (5, "1", Kind.CLOSED),
        (7, "2", Kind.HALT),
    ]


def test_a_whole_day_of_a_crew_is_told_in_the_order_of_cause_and_effect() -> None:
    stages = calendar({"liaison_before_km": 30, "liaison_after_km": 20}, {"liaison_before_km": 30})
    script = [happens("1", "arm", 40, "limp"), happens("1", "knuckle", 90)]
    modes = {"arm": {}, "knuckle": {}}
    crews = {"1": {"spares": {"knuckle": 1}}}
    teams = {"red": {"routine_hours": 2}}
    race = run(rally(crews, stages=stages, teams=teams, modes=modes, happenings=script))
    assert told(race, stage="1", only=Kind) == [
        ("1 09:30:00", "1", "depart until 10:00:00"),
        ("1 10:00:00", "1", "start"),
        ("1 10:40:00", "1", "limp arm"),
        ("1 11:55:00", "1", "halt knuckle, 1 left"),
        ("1 11:55:00", "1", "repair knuckle until 12:15:00, 0 left"),
        ("1 12:30:00", "1", "finish 9000 s"),
        ("1 12:50:00", "1", "arrives"),
        ("1 12:50:00", "1", "takes a bay until 15:50:00 (1)"),
        ("1 12:50:00", "1", "job arm until 13:50:00"),
        ("1 13:50:00", "1", "routine service until 15:50:00"),
    ]


def test_the_end_of_a_wait_comes_before_what_follows_from_it() -> None:
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    stages = calendar({"start_gap_s": 0})
    race = run(rally(["1", "2"], stages=stages, happenings=script, regulations={"jokers": 0}))
    for car in "12":
        assert told(race, car=car)[-2:] == [
            ("1 16:30:00", car, "wait ends arm"),
            ("1 16:30:00", car, "retired arm (out of jokers)"),
        ]


def test_a_refused_start_comes_before_the_retirement_that_follows_from_it() -> None:
    script = [happens("1", "arm", 40, "strand", job_s=30 * 3600)]
    race = run(rally(["1"], stages=calendar({}, {}), happenings=script, regulations={"jokers": 1}))
    assert told(race, stage="2") == [
        ("2 10:00:00", "1", "no start (not repaired: arm)"),
        ("2 10:00:00", "1", "retired arm (out of jokers)"),
    ]


def test_what_race_control_decides_comes_before_the_start_even_in_the_same_second() -> None:
    crews = {"1": {"orders": {"pace": {"1": 1.1}}}}
    race = run(rally(crews, teams={"red": {"formation": ["1"]}}))
    assert told(race, only=[Kind.ORDER, Kind.FORMATION, Kind.START]) == [
        ("1 10:00:00", "1", "pace order (1.100)"),
        ("1 10:00:00", "1", "formation"),
        ("1 10:00:00", "1", "start"),
    ]


def test_both_parties_of_a_happening_tell_it() -> None:
    crews = {"1": {}, "2": {"spares": {"arm": 1}}, "3": {}}
    teams = {"red": {"help": helping(), "trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 40), happens("3", "arm", 40)]
    race = run(rally(crews, teams=teams, happenings=script))
    parties = {(e.kind, e.time_s, e.km, e.mode, e.end_s): set[str]() for e in race.journal if e.helper}
    for e in race.journal:
        if e.helper:
            parties[e.kind, e.time_s, e.km, e.mode, e.end_s] |= {e.car, e.helper}
            twins = [
                o for o in race.journal if (o.kind, o.time_s, o.car, o.helper) == (e.kind, e.time_s, e.helper, e.car)
            ]
            assert len(twins) == 1
    assert list(parties.values()) == [{"1", "2"}, {"3", "red/T1"}]


def test_places_are_told_in_full_precision() -> None:
    race = run(rally({"1": {"spares": {"arm": 1}}}, happenings=[happens("1", "arm", 100 / 3)]))
    halt, repair = (e for e in race.journal if e.kind in (Kind.HALT, Kind.REPAIR))
    assert (halt.km, repair.km) == (100 / 3, 100 / 3)


def test_the_lives_of_a_part_are_counted() -> None:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 30}}
    race = run(rally(["1"], modes=modes, drawn=True))
    assert [(e.kind, e.renewal) for e in race.journal if e.mode] == [(Kind.DELAY, i) for i in range(3)]
    times = [e.time_s for e in race.journal]
    assert all(one <= other for one, other in pairwise(times))


def test_the_life_that_a_job_ends_is_told_wherever_it_is_done() -> None:
    stages = calendar({}, {"night": "refuge"}, {"service_points": [{"km": 90, "minutes": 60}]})
    script = [happens("1", "arm", 80, "limp", stage=stage) for stage in "123"]
    race = run(rally({"1": {"spares": {"arm": 1}}}, stages=stages, happenings=script))
    kinds = (Kind.LIMP, Kind.JOB)
    assert [(e.stage, e.kind, e.renewal) for e in race.journal if e.kind in kinds] == [
        (stage, kind, life) for life, stage in enumerate("123") for kind in kinds
    ]
