"""The state files of the evenings of Dakar 2026 say what the observations of each evening say, and no more."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from calibration.chains.start import start
from calibration.forecast import forecast_plan
from calibration.hindcast.evening import problem_of
from calibration.observations import read
from calibration.posterior import parameters
from calibration.problem import Problem
from calibration.standing import state_of, totals
from sim.model.changes import Changes
from sim.model.evening import Evening, evenings_in
from sim.model.parameters import Parameters
from sim.model.parameters.draws import frozen
from sim.model.scenario import load
from sim.model.units import parse_duration

ROOT = Path(__file__).resolve().parents[2]
OBSERVATIONS = read(ROOT / "calibration/data/dakar-2026")
SCENARIO = ROOT / "scenarios/dakar-2026-evenings.toml"
TOLD = evenings_in(ROOT / "scenarios/evenings/dakar-2026")
UNDER_WAY = [str(stage) for stage in range(1, 13)]


def problem(stage: str) -> Problem:
    return problem_of(OBSERVATIONS, int(stage))


def times(evening: Evening) -> dict[str, int]:
    """The totals that it tells, by car."""
    crews = evening.tree["crews"]
    return {car: parse_duration(crew["total_s"]) for car, crew in crews.items() if "total_s" in crew}


def test_an_evening_can_be_laid_over_a_scenario_again_and_again():
    before = deepcopy(TOLD["11"].tree)
    load(SCENARIO, evening=TOLD["11"], changes=Changes(("modes.knuckle.scale_km*=2",)))
    assert TOLD["11"].tree == before


def test_every_stage_that_counts_has_its_evening():
    assert sorted(TOLD, key=int) == [*UNDER_WAY, "13"]


@pytest.mark.parametrize("stage", UNDER_WAY)
def test_start_places_and_jokers_are_those_that_were_published_by_then(stage):
    known = state_of(problem(stage), dict.fromkeys(OBSERVATIONS.cars, 0.0)).crews
    told = TOLD[stage].tree["crews"]
    assert told.keys() == known.keys()
    assert {car: crew.get("start_position") for car, crew in told.items()} == {
        car: crew.start_position for car, crew in known.items()
    }
    assert {car: crew.get("uncompleted", []) for car, crew in told.items()} == {
        car: crew.uncompleted for car, crew in known.items()
    }


@pytest.mark.parametrize("stage", UNDER_WAY)
def test_a_total_is_told_where_the_results_by_then_leave_only_one(stage):
    one = problem(stage)
    columns = totals(one, start(one, 12, np.random.default_rng(1)))
    exact = {path.split(".")[2]: round(column[0]) for path, column in columns.items() if np.ptp(column) < 0.5}
    # Chains begin on the bound of a time of which only a bound is known, as on stage 1 those of the privateers.
    assert times(TOLD[stage]) == {car: total for car, total in exact.items() if car.isdigit()}


@pytest.mark.parametrize("stage", ["0", "8", "11"])
def test_the_rest_of_the_rally_is_the_one_that_is_hindcast(stage):
    """But for nominal times, which draws of the pace of a stage allow for, and for ages of parts."""
    one = problem(stage)
    columns = parameters(one, start(one, 2, np.random.default_rng(1)))
    draws = Parameters("any", tuple(columns), frozen(np.stack(list(columns.values()), axis=1)), {})
    hindcast, shipped = forecast_plan(one, draws).rally, load(SCENARIO, "point", evening=TOLD.get(stage)).rally
    for name in ("wear", "regulations", "variation", "refuge", "fatigue"):
        assert getattr(shipped, name) == getattr(hindcast, name), name
    assert shipped.driving.stage_sd == hindcast.driving.stage_sd
    assert [team.formation for team in shipped.teams.values()] == [team.formation for team in hindcast.teams.values()]
