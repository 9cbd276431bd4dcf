"""The array engine and the event engine are one model: replication by replication, to the second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engine.array import run_block
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes, concatenate
from sim.model.plan import Plan, compile_plan
from sim.model.scenario import load
from tests.support.generated import rallies
from tests.support.rallies import Tree, happens, planned, rally, truck

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
ROWS = ("status", "total_s", "penalty_s", "stage_s", "sporting_s", "completed", "retired_km", "replication")


def told_one_by_one(plan: Plan, luck: Luck, first: int, count: int) -> Outcomes:
    return concatenate([replay(plan, luck, k).outcomes for k in range(first, first + count)])


def differences(array: Outcomes, event: Outcomes) -> list[str]:
    """Names of what is not the same in both."""
    found = [name for name in ROWS if not np.array_equal(getattr(array, name), getattr(event, name))]
    order = np.lexsort((event.losses.cause, event.losses.stage, event.losses.crew, event.losses.row))
    for name in ("row", "crew", "stage", "cause", "uncompleted", "retired", "lost_s"):
        ours, theirs = getattr(array.losses, name), getattr(event.losses, name)[order]
        same = np.allclose(ours, theirs, rtol=0, atol=1e-6) if ours.shape == theirs.shape else False
        found += [] if same else [f"losses.{name}"]
    return found


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("dakar-2026.toml", 150),
        ("dakar-2026-history.toml", 2),
        ("examples/one-crew-one-stage.toml", 300),
        ("examples/three-crews-marathon.toml", 200),
    ],
)
def test_the_twins_agree_on_every_shipped_scenario(name: str, count: int) -> None:
    plan, luck = compile_plan(load(SCENARIOS / name).rally), Luck(20260103)
    assert differences(run_block(plan, luck, 0, count), told_one_by_one(plan, luck, 0, count)) == []


def test_a_block_that_begins_in_the_middle_is_the_same_rallies() -> None:
    plan, luck = compile_plan(load(SCENARIOS / "examples/three-crews-marathon.toml").rally), Luck(7)
    assert differences(run_block(plan, luck, 1003, 40), told_one_by_one(plan, luck, 1003, 40)) == []


@settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tree=rallies(), seed=st.integers(0, 2**64 - 1))
def test_the_twins_agree_on_generated_rallies(tree: Tree, seed: int) -> None:
    plan, luck = planned(tree), Luck(seed)
    assert differences(run_block(plan, luck, 0, 12), told_one_by_one(plan, luck, 0, 12)) == []


def test_a_truck_that_is_at_the_end_in_the_second_of_an_offer_is_off_the_course_for_both() -> None:
    teams = {"red": {"trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 99.999)]
    plan, luck = planned(rally(["1"], teams=teams, modes={"arm": {"crew_repair": 0}}, happenings=script)), Luck(1)
    event = told_one_by_one(plan, luck, 0, 1)
    assert event.completed.tolist() == [[[False]]]
    assert differences(run_block(plan, luck, 0, 1), event) == []


def test_a_rally_in_which_nothing_can_break_is_the_same_for_both() -> None:
    plan, luck = planned(rally(["1", "2"], modes={}, drawn=True)), Luck(1)
    assert differences(run_block(plan, luck, 0, 3), told_one_by_one(plan, luck, 0, 3)) == []
