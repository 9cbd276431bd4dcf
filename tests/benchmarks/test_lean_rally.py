"""The lean script and the array engine simulate the same rally."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import lean_rally
from benchmarks.agreement import compare
from benchmarks.crafted import rally_of_size, simpler_rally
from benchmarks.lean_rally import Finishes
from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from sim.model.checks import check
from sim.model.plan import compile_plan
from sim.model.spec import Rally


@pytest.fixture(scope="module")
def lean() -> Finishes:
    return lean_rally.run(1000, seed=1)


@pytest.fixture(scope="module")
def array() -> Outcomes:
    return run_block(compile_plan(simpler_rally()), Luck(1), 0, 1000)


def test_both_finish_as_often_and_as_fast(lean: Finishes, array: Outcomes) -> None:
    comparisons = compare(lean, array)
    assert len(comparisons) == 2 * lean_rally.CREWS
    assert [comparison for comparison in comparisons if not comparison.agrees] == []


def test_the_simpler_rally_has_no_uncompleted_specials(array: Outcomes) -> None:
    assert array.completed[array.classified].all()


def test_a_rally_that_is_one_percent_slower_is_found_out(lean: Finishes, array: Outcomes) -> None:
    slower = replace(array, total_s=(array.total_s * 1.01).astype(np.int64))
    assert not all(comparison.agrees for comparison in compare(lean, slower))


def test_a_rally_with_more_finishers_is_found_out(lean: Finishes, array: Outcomes) -> None:
    assert not all(comparison.agrees for comparison in compare(lean, replace(array, status=0 * array.status)))


@pytest.mark.parametrize("rally", [simpler_rally(), rally_of_size(1, 2, 5), rally_of_size(5, 3, 7)])
def test_the_rallies_are_valid_scenarios(rally: Rally) -> None:
    assert check(rally.model_dump(exclude_none=True)) == []


def test_a_rally_has_the_size_that_was_asked_for() -> None:
    plan = compile_plan(rally_of_size(crews=5, stages=3, modes=7))
    assert (len(plan.crews), len(plan.stages), len(plan.modes)) == (5, 3, 7)


def test_nobody_retires_from_a_rally_of_any_size() -> None:
    outcomes = run_block(compile_plan(rally_of_size(5, 3, 20)), Luck(1), 0, 50)
    assert outcomes.classified.all()
    assert not outcomes.completed.all(), "something goes wrong in it"
