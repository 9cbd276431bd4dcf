"""What was known on an evening of a rally, as a problem that has not seen any result of later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.build import build
from calibration.facts import Observations
from calibration.fit_store import Posterior
from calibration.priors import read_priors
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.model.plan import compile_plan
from sim.model.scenario import Scenario
from sim.model.spec import Terrain


def problem_of(observations: Observations, evening: int) -> Problem:
    """The problem of one evening: what was known on it, in a scenario that has not seen any result either.

    Nominal times of stages, and the speeds by terrain that shape them, are made from results where there are any. Here
    both are those of the ground in the prior, and with them the times allowed, unless a stage names its own.

    Raises ScenarioError if the prior does not fit the scenario.
    """
    known = observations.until(evening)
    return build(replace(known, scenario=without_results(known)))


def without_results(observations: Observations) -> Scenario:
    """The scenario of a rally with the times that the ground alone lets expect: by the speeds of the prior.

    Raises ScenarioError if the prior does not fit the scenario.
    """
    rally = observations.scenario.rally
    speeds = read_priors(observations.folder / "priors.toml", compile_plan(rally)).terrains
    changes = {
        "stages": {name: stage.model_copy(update={"nominal_s": None}) for name, stage in rally.stages.items()},
        "terrains": {name: Terrain(speed_kmh=speed) for name, speed in speeds.items()},
    }
    return replace(observations.scenario, rally=rally.model_copy(update=changes))


def in_scenario(observations: Observations, posterior: Posterior) -> FloatArray:
    """Draws of an evening for the scenario of the observations as it stands, shape (D, P).

    The pace of a stage is told against its nominal time, and that is another one there: the seconds stay the same.
    """
    ground, own = compile_plan(without_results(observations).rally), observations.scenario.plan()
    shift = {
        f"stages.{stage.name}.pace": np.log(before.track.nominal_s / stage.track.nominal_s)
        for before, stage in zip(ground.stages, own.stages, strict=True)
    }
    return np.asarray(posterior.draws + [shift.get(name, 0.0) for name in posterior.names])
