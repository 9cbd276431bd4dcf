"""A run that starts in mid-rally, from what is known on the evening after a stage."""

from __future__ import annotations

from typing import Any

import pytest

from sim.engine.journal import Kind
from sim.model.rules.results import Status
from tests.support.rallies import calendar, happens, rally, run, seconds, start_list, told, where_it_fails

THREE = calendar({}, {}, {})


def after(stage: str, crews: dict[str, dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A rally that is taken up after a stage; every crew has its state in `crews`."""
    changes = {"stages": THREE, **changes}
    known = {car: {"total_s": 6000 * int(stage), **state} for car, state in crews.items()}
    return {**rally(changes.pop("start", list(crews)), **changes), "state": {"after_stage": stage, "crews": known}}


def test_the_run_starts_with_the_next_stage_and_adds_to_the_totals() -> None:
    race = run(after("1", {"1": {"total_s": 7000, "penalty_s": 900}, "2": {}}))
    assert told(race, only=[Kind.START]) == [
        ("2 10:00:00", "1", "start"),
        ("2 10:01:00", "2", "start"),
        ("3 10:00:00", "1", "start"),
        ("3 10:01:00", "2", "start"),
    ]
    assert race.outcomes.total_s[0].tolist() == [19000, 18000]
    assert race.outcomes.penalty_s[0].tolist() == [900, 0]
    assert race.outcomes.rank[0].tolist() == [2, 1]


def test_the_start_list_is_as_known_then_by_race_number_and_without_the_retired() -> None:
    crews = {"1": {}, "2": {"retired": True}, "3": {"start_position": 2}, "4": {}, "5": {"start_position": 1}}
    race = run(after("1", crews))
    assert [car for _, car in start_list(race, "2")] == ["5", "3", "1", "4"]
    assert race.outcomes.status[0].tolist() == [0, Status.RETIRED, 0, 0, 0]
    assert race.outcomes.rank[0].tolist() == [1, 0, 2, 3, 4]


def test_specials_that_were_not_completed_have_used_their_jokers() -> None:
    script = [happens("1", "arm", 50, "strand", stage="3")]
    for before, status in (([], Status.REJOINED), (["1"], Status.REJOINED), (["1", "2"], Status.RETIRED)):
        race = run(after("2", {"1": {"uncompleted": before}}, happenings=script))
        assert race.outcomes.status[0, 0] == status
    assert run(after("2", {"1": {"uncompleted": ["1"]}})).outcomes.status[0, 0] == Status.REJOINED


def test_a_car_goes_on_with_its_damage_until_a_bivouac_mends_it() -> None:
    race = run(after("1", {"1": {"damage": ["arm"]}}))
    assert [seconds(race, stage)["1"] for stage in "23"] == [9000, 6000]


def test_spares_are_those_on_board_unless_it_is_known_otherwise() -> None:
    start = {"1": {"spares": {"arm": 2}}, "2": {"spares": {"arm": 2}}}
    script = [happens(car, "arm", 50, stage="2") for car in "12"]
    race = run(after("1", {"1": {}, "2": {"spares": {"arm": 1}}}, start=start, happenings=script))
    assert told(race, only=[Kind.HALT]) == [
        ("2 10:50:00", "1", "halt arm, 2 left"),
        ("2 10:51:00", "2", "halt arm, 1 left"),
    ]


@pytest.mark.parametrize(
    ("replaced", "known", "fails"),
    [
        ("never", {}, [("2", 30), ("3", 60)]),
        ("every_night", {}, []),
        ("never", {"arm": 90}, [("2", 40), ("3", 70)]),
        ("every_night", {"arm": 90}, [("2", 40)]),
        ("never", {"arm": 0}, [("3", 30)]),
    ],
)
def test_a_part_is_as_old_as_it_is_known_to_be_or_as_its_policy_says(
    replaced: str, known: dict[str, float], fails: list[tuple[str, float]]
) -> None:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 130, "replaced": replaced}}
    race = run(after("1", {"1": {"wear_km": known}}, modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == fails


def test_the_nights_of_a_part_are_counted_from_the_start_of_the_rally() -> None:
    stages = calendar({}, {}, {}, {}, {})
    modes = {"belt": {"replaced": 2}}
    whole = told(run(rally(["1"], stages=stages, modes=modes)), only=[Kind.RENEWED])
    taken_up = told(run(after("1", {"1": {}}, stages=stages, modes=modes)), only=[Kind.RENEWED])
    assert whole == [("2 11:40:00", "1", "new parts (belt)"), ("4 11:40:00", "1", "new parts (belt)")]
    assert taken_up == whole


def test_the_nights_of_a_part_that_is_known_to_be_new_are_counted_from_then_car_by_car() -> None:
    stages = calendar({}, {}, {}, {}, {})
    crews = {"1": {}, "2": {"renewed": {"belt": {"stage": "1"}}}}
    race = run(after("1", crews, stages=stages, modes={"belt": {"replaced": 2}}))
    renewed = [(entry.stage, entry.car) for entry in race.journal if entry.kind is Kind.RENEWED]
    assert renewed == [("2", "1"), ("3", "2"), ("4", "1")]


def test_a_part_that_is_known_to_be_new_fails_later() -> None:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 130}}
    race = run(after("1", {"1": {"renewed": {"arm": {"stage": "1", "km": 80}}}}, modes=modes, drawn=True))
    assert where_it_fails(race, "arm") == [("3", 10)]
