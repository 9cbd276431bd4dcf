"""Other histories: what follows from a change, where the histories part, and how they are taken up there."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.changes import Changes
from sim.model.plan import compile_plan
from sim.model.scenario import load
from sim.model.spec import Renewal
from sim.study.counterfactual import chances, changes_of, first_change
from sim.study.errors import StudyError
from sim.study.executors import SERIAL
from sim.study.taking_up import state_after, taken_up
from tests.support.rallies import calendar, happens, helping, rally, run

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HISTORY = SCENARIOS / "dakar-2026-history.toml"
HAPPENINGS = "script.happenings."


@pytest.fixture(scope="module")
def was() -> Replay:
    """The history as it is."""
    return told()


def told(*settings: str, without: str = "") -> Replay:
    """The history with a change."""
    changes = Changes(settings, (HAPPENINGS + without,) if without else ())
    return replay(load(HISTORY, changes=changes).plan(), Luck(0), 0)


def gained(was: Replay, would: Replay) -> dict[str, tuple[int | None, int | None, int]]:
    """(place, other place, seconds more) of the crews that a change concerns."""
    rows = changes_of(was, would)
    return {
        was.plan.crews[row.crew].car: (row.was, row.would, row.would_s - row.was_s)
        for row in rows
        if (row.was, row.was_s) != (row.would, row.would_s)
    }


def test_had_the_belt_held_car_500_would_have_been_second(was: Replay) -> None:
    # 18,420 s of driving instead of 24 h
    would = told(without="stage8_500_belt")
    assert gained(was, would) == {"504": (2, 3, 0), "503": (3, 4, 0), "500": (4, 2, 18_420 - 86_400)}
    assert was.plan.stages[first_change(was, would) or 0].name == "8"


def test_had_the_arm_held_car_504_would_have_lost_two_hours_less(was: Replay) -> None:
    would = told(without="stage1_504_arm")
    assert gained(was, would) == {"504": (2, 2, 15_622 - 22_900)}


def test_without_help_at_km_98_car_504_would_have_lost_the_second_place(was: Replay) -> None:
    would = told(f"{HAPPENINGS}stage1_504_arm.repaired_by=nobody")
    assert {car: places[:2] for car, places in gained(was, would).items()} == {"504": (2, 3), "503": (3, 2)}


def test_a_change_that_changes_nothing_does_not_part_the_histories(was: Replay) -> None:
    assert first_change(was, told(f"{HAPPENINGS}stage1_504_arm.note=something else")) is None


def test_histories_part_where_other_times_are_booked_though_nothing_else_happens(was: Replay) -> None:
    would = told("regulations.fixed_penalty_h=20")
    assert gained(was, would)["500"] == (4, 4, 36_000)
    assert was.plan.stages[first_change(was, would) or 0].name == "3", "the first special not completed"


def test_histories_of_other_crews_are_not_compared() -> None:
    one, other = (run(rally(cars)) for cars in (["1", "2"], ["1", "3"]))
    with pytest.raises(StudyError, match=r"^both histories need the same crews: 1, 2; changed: 1, 3$"):
        changes_of(one, other)


def test_a_history_that_is_taken_up_on_any_evening_ends_as_it_did(was: Replay) -> None:
    rally_ = load(HISTORY).rally
    for stage in was.plan.stages:
        plan = compile_plan(rally_.model_copy(update={"state": state_after(was, stage.index)}))
        again = replay(plan, Luck(0), 0).outcomes
        assert again.total_s.tolist() == was.outcomes.total_s.tolist(), stage.name
        assert again.penalty_s.tolist() == was.outcomes.penalty_s.tolist(), stage.name
        assert again.status.tolist() == was.outcomes.status.tolist(), stage.name


def test_parts_that_were_mended_are_as_old_as_that() -> None:
    stages = calendar({}, {}, {})
    script = [
        happens("1", "arm", 40, "delay", lost_s=60),
        happens("2", "arm", 50, repaired_by="crew"),
        happens("3", "arm", 60, "strand", recovery_s=7200),
        happens("4", "arm", 70, "limp", stage="2"),
    ]
    start = {car: {"spares": {"arm": 1}} for car in "1234"}
    modes = {"arm": {"job_hours": 1, "field_life": 0.5}}
    race = run(rally(start, stages=stages, modes=modes, happenings=script))
    first, second = (state_after(race, stage).crews for stage in (0, 1))
    assert {car: crew.renewed for car, crew in first.items()} == {
        "1": {"arm": Renewal(stage="1", km=40)},
        "2": {"arm": Renewal(stage="1")},  # the bivouac has worked on what was mended in the field
        "3": {"arm": Renewal(stage="1")},
        "4": {},
    }
    assert second["4"].renewed == {"arm": Renewal(stage="2")}
    assert (first["3"].uncompleted, second["3"].uncompleted) == (["1"], ["1"])
    assert [crew.start_position for crew in first.values()] == [2, 3, None, 1]  # car 4 drives on undisturbed


def test_jokers_of_the_days_to_come_are_not_used_yet(was: Replay) -> None:
    seventh, eighth = (state_after(was, was.plan.stage_index(stage)).crews["500"] for stage in "78")
    assert (seventh.uncompleted, eighth.uncompleted) == ([], ["8"])


def test_what_is_left_undone_stays_damaged_and_a_refuge_fills_nothing_up() -> None:
    stages = calendar({"night": "refuge"}, {}, {})
    script = [happens("1", "arm", 50, "limp"), happens("2", "arm", 50, repaired_by="crew")]
    start = {car: {"spares": {"arm": 1 if car == "2" else 0}} for car in "12"}
    known = state_after(run(rally(start, stages=stages, happenings=script)), 0).crews
    assert (known["1"].damage, known["1"].renewed) == (["arm"], {})
    assert (known["2"].damage, known["2"].spares) == ([], {"arm": 0})


def test_who_stays_to_help_has_no_new_part() -> None:
    script = [happens("1", "arm", 50, repaired_by="2")]
    start = {"1": {}, "2": {"spares": {"arm": 1}}}
    stages = calendar({}, {})
    race = run(rally(start, stages=stages, teams={"red": {"help": helping("stay")}}, happenings=script))
    known = state_after(race, 0).crews
    assert (known["1"].renewed, known["2"].renewed) == ({"arm": Renewal(stage="1", km=50)}, {})


def test_a_crew_that_is_out_stays_out() -> None:
    race = run(rally(["1", "2"], stages=calendar({}, {}), happenings=[happens("1", "arm", 50, "wreck")]))
    known = state_after(race, 0).crews
    assert (known["1"].retired, known["2"].retired) == (True, False)


def test_one_history_twice_has_differences_of_exactly_nothing(was: Replay) -> None:
    plan = taken_up(load(SCENARIOS / "dakar-2026.toml"), state_after(was, was.plan.stage_index("8")))
    for one in chances(plan, plan, 3, 300, SERIAL, lambda _: None):
        assert [(d.value, d.low, d.high) for d in one.difference.values()] == [(0, 0, 0)] * 3
        assert one.was == one.would


def test_had_the_belt_held_the_odds_of_car_500_would_have_been_better(was: Replay) -> None:
    base, stage = load(SCENARIOS / "dakar-2026.toml"), was.plan.stage_index("8")
    plans = [taken_up(base, state_after(one, stage)) for one in (was, told(without="stage8_500_belt"))]
    done: list[int] = []
    found = {one.car: one for one in chances(*plans, 3, 1000, SERIAL, done.append)}
    assert found["500"].difference["win"].low > 0.2
    assert found["502"].difference["win"].high < 0
    assert found["500"].difference["win"].value == pytest.approx(
        found["500"].would["win"].value - found["500"].was["win"].value
    )
    assert sum(done) == 1000


def test_a_rally_that_pins_what_happens_cannot_be_drawn_from(was: Replay) -> None:
    with pytest.raises(StudyError, match="pins what happens"):
        taken_up(load(HISTORY), state_after(was, 3))


def test_a_rally_of_other_crews_or_stages_cannot_be_taken_up(was: Replay) -> None:
    with pytest.raises(StudyError, match="lacks the stage '3' of the history"):
        taken_up(load(SCENARIOS / "examples/three-crews-marathon.toml"), state_after(was, 3))
    changes = Changes(removals=("crews.501",))
    with pytest.raises(StudyError, match="lacks the crew '501' of the history"):
        taken_up(load(SCENARIOS / "dakar-2026.toml", changes=changes), state_after(was, 3))
    fewer = replay(
        load(
            HISTORY,
            changes=Changes(removals=("crews.Hamza", f"{HAPPENINGS}stage6_hamza_trouble", "script.driving_s.Hamza")),
        ).plan(),
        Luck(0),
        0,
    )
    with pytest.raises(StudyError, match="has a crew that the history lacks"):
        taken_up(load(SCENARIOS / "dakar-2026.toml"), state_after(fewer, 3))
