"""From draws of the parameters to a forecast of the rest of a rally: in memory, run by the array engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.facts import stages_by_date
from calibration.problem import Problem
from calibration.scores import from_counts
from calibration.standing import state_of, under_way
from sim.model.arrays import FloatArray
from sim.model.parameters import Parameters
from sim.model.plan import Plan, compile_plan
from sim.model.rules.results import standings
from sim.model.spec import ParametersUsed, Spec, Team
from sim.study.blocks import BLOCK, Source, split
from sim.study.executors import Pool
from sim.study.run import results

STAGE_SD = 0.01
"""What a stage has left to chance once the time of the class on it is drawn: tracks and weather of the day."""


@dataclass(frozen=True)
class Forecast:
    """What one forecaster says of C cars on one evening.

    Attributes:
        forecaster: its name.
        classified, win, podium: probabilities, shape (C,).
        places: of each place and, last, of not being classified, shape (C, C + 1).
        stage_s: by car a sample of the seconds of the next counted stage, given that it completes it; none of a
            forecaster that has no opinion on times.
        total_s: likewise of the final total, given that it is classified.
    """

    forecaster: str
    classified: FloatArray
    win: FloatArray
    podium: FloatArray
    places: FloatArray
    stage_s: tuple[FloatArray, ...] = ()
    total_s: tuple[FloatArray, ...] = ()


@dataclass(frozen=True)
class Runs:
    """How forecasts are simulated: seed of the luck, rallies a forecast, and who computes."""

    seed: int
    replications: int
    pool: Pool


def forecast_plan(problem: Problem, parameters: Parameters) -> Plan:
    """The rest of the rally as it looked on the evening of a problem.

    The scenario of the observations with the totals so far and the draws of the evening; a formation is known on the
    eve of its stage and not before.
    """
    rally = problem.plan.rally
    used = ParametersUsed(name=parameters.name, use="drawn", draws=len(parameters), sha256=parameters.sha256)
    changes: dict[str, Spec | dict[str, Team]] = {
        "driving": rally.driving.model_copy(update={"stage_sd": STAGE_SD}),
        "teams": {name: _with_known_formation(problem, team) for name, team in rally.teams.items()},
        "parameters": used,
    }
    if under_way(problem):
        medians = parameters.medians()
        total_s = {crew.car: medians[f"state.crews.{crew.car}.total_s"] for crew in problem.plan.crews}
        changes["state"] = state_of(problem, total_s)
    return compile_plan(rally.model_copy(update=changes), parameters)


def simulated(forecaster: str, plan: Plan, stage: str, runs: Runs) -> Forecast:
    """The forecast of a plan; `stage` is the one whose times are wanted."""
    source, blocks = Source(plan, runs.seed), split(0, runs.replications, BLOCK["array"])
    rows = [one.rows for one in results(source, blocks, runs.pool, with_rows=True) if one.rows is not None]
    status, total_s, seconds, completed = (
        np.concatenate([row[name] for row in rows]) for name in ("status", "total_s", "stage_s", "completed")
    )
    classified, index = status != "retired", [one.name for one in plan.stages].index(stage)
    place, count, cars = standings(total_s, classified), len(status), range(len(plan.crews))
    hits = np.stack([(place == one).sum(axis=0) for one in (*range(1, len(cars) + 1), 0)], axis=-1)
    return Forecast(
        forecaster=forecaster,
        classified=from_counts(classified.sum(axis=0), count),
        win=from_counts(hits[:, 0], count),
        podium=from_counts(hits[:, :3].sum(axis=1), count),
        places=hits / count,
        stage_s=tuple(seconds[completed[:, c, index], c, index].astype(np.float64) for c in cars),
        total_s=tuple(total_s[classified[:, c], c].astype(np.float64) for c in cars),
    )


def _with_known_formation(problem: Problem, team: Team) -> Team:
    known = stages_by_date(problem.observations.scenario)[: problem.known + 1]
    return team.model_copy(update={"formation": [stage for stage in team.formation if stage in known]})
