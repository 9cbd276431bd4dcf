"""Totals on an evening, and the state from which a rally is run on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calibration.build import build
from calibration.chains.start import start
from calibration.observations import read
from calibration.posterior import parameters
from calibration.problem import Problem
from calibration.standing import state_of, totals
from sim.model.arrays import FloatArray


@pytest.fixture
def evening(rally_over: Callable[..., Path]) -> Callable[..., Problem]:
    """The problem of an evening of a folder that is given by what differs."""
    return lambda stages, **tables: build(read(rally_over(**tables)).until(stages))


def totals_of(problem: Problem) -> dict[str, FloatArray]:
    found = totals(problem, start(problem, 3, np.random.default_rng(1)))
    return {path.split(".")[2]: column for path, column in found.items()}


def test_a_published_time_is_the_total_in_every_draw(evening):
    assert totals_of(evening(1))["12"].tolist() == [12000.0] * 3


def test_what_the_chains_lose_in_rounding_does_not_move_a_total(evening):
    problem = evening(1)
    state = start(problem, 3, np.random.default_rng(1))
    state.seconds += np.array([[-1e-9], [0.0], [1e-9]])
    assert totals(problem, state)["state.crews.12.total_s"].tolist() == [12000.0] * 3


def test_a_time_that_is_not_published_is_what_the_chains_have_in_its_place(evening):
    assert (np.clip(totals_of(evening(1))["11"], 12300, 12360) == totals_of(evening(1))["11"]).all()


def test_a_penalty_counts_by_its_middle(evening):
    assert totals_of(evening(1, penalties="1,12,60,120,[A],"))["12"].tolist() == [12090.0] * 3


def test_a_penalty_of_unknown_size_counts_for_nothing(evening):
    assert totals_of(evening(1, penalties="1,12,,,[A],"))["12"].tolist() == [12000.0] * 3


def test_a_special_that_was_not_completed_counts_by_the_middle_of_what_was_attributed(evening):
    rows = "1,12,not_completed,36000,40000,,,,[A],"
    assert totals_of(evening(1, times=rows, standings=""))["12"].tolist() == [38000.0] * 3


def test_without_a_published_one_the_time_allowed_and_the_fixed_penalty_are_attributed(evening):
    # 2 h + 2 x 11,400 s are allowed, 5 h are the penalty
    rows = "1,12,not_completed,,,,,,[A],"
    assert totals_of(evening(1, times=rows, standings=""))["12"].tolist() == [48000.0] * 3


@pytest.mark.parametrize("stages", [0, 2])
def test_before_the_start_and_at_the_end_there_are_no_totals(evening, stages):
    assert totals_of(evening(stages)) == {}


def test_a_prologue_is_in_no_total(rally_over, with_prologue):
    folder = rally_over(with_prologue, times="P,12,time,900,900,,,,[A],\n1,12,time,12000,12000,,,,[A],", standings="")
    assert totals_of(build(read(folder).until(1)))["12"].tolist() == [12000.0] * 3


def test_a_prologue_that_was_not_completed_costs_nothing(rally_over, with_prologue):
    rows = "P,12,not_completed,,,,,,[A],\n1,12,time,12000,12000,,,,[A],"
    folder = rally_over(with_prologue, times=rows, standings="")
    assert totals_of(build(read(folder).until(1)))["12"].tolist() == [12000.0] * 3


def test_totals_are_parameters_of_a_rally_under_way(evening):
    problem = evening(1)
    found = parameters(problem, start(problem, 3, np.random.default_rng(1)))
    assert [name for name in found if name.startswith("state.")] == [
        f"state.crews.{car}.total_s" for car in (11, 12, 13)
    ]


def test_a_state_knows_specials_that_were_not_completed_and_published_places(evening):
    rows = "1,13,position,1,1,,,,[A],\n1,12,not_completed,,,,,,[A],"
    state = state_of(evening(1, times=rows, standings=""), {"11": 1.4, "12": 2.6, "13": 3.0})
    assert state.after_stage == "1"
    assert [(car, one.total_s, one.uncompleted, one.start_position) for car, one in state.crews.items()] == [
        ("11", 1, [], None),
        ("12", 3, ["1"], None),
        ("13", 3, [], 1),
    ]
