"""A hindcast, evening by evening: fit what was known, forecast the rest, score it by what came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.facts import Observations, counted_stages
from calibration.fit import Progress
from calibration.fit_store import Posterior, Work, posterior_of
from calibration.forecast import Forecast, Runs, forecast_plan, simulated
from calibration.hindcast.baselines import CONSTANT, ORDER, constant, present_order, without_failures
from calibration.hindcast.evening import problem_of
from calibration.hindcast.scoring import Said, Score, said, scores
from calibration.hindcast.truth import Truth
from calibration.problem import Problem
from calibration.standing import under_way

MODEL = "model"
SMOOTH = "no failures"
FORECASTERS = (MODEL, SMOOTH, ORDER, CONSTANT)
"""The model, the model in which nothing breaks, and two without a model."""


@dataclass(frozen=True)
class Evening:
    """The forecasts of one evening and their scores.

    Attributes:
        evening: counted stages that were over.
        stage: the last of them; "" before the start.
        posterior: what the forecasts of the model rest on.
        forecasts: one a forecaster, in the order of FORECASTERS.
        said: the model's forecasts of events, and what came of them.
        scores: of all forecasters.
    """

    evening: int
    stage: str
    posterior: Posterior
    forecasts: tuple[Forecast, ...]
    said: tuple[Said, ...]
    scores: tuple[Score, ...]


def hindcast(
    observations: Observations,
    truth: Truth,
    evenings: Sequence[int],
    work: Work,
    runs: Runs,
    *,
    store: Path | None = None,
    progress: Progress = lambda _: None,
) -> Iterator[Evening]:
    """The evenings asked for, each from 0 to one less than there are counted stages.

    Args:
        observations: of the whole rally; of each evening only what was known on it is used.
        truth: what the forecasts are scored by.
        evenings: numbers of counted stages that are over.
        work: how the evenings are fitted.
        runs: how they are forecast.
        store: folder in which posteriors are kept.
        progress: is told the sweeps that were made.

    Raises NoStart if the observations of an evening contradict each other, OSError if the store cannot be written, and
    what `sim.study.run.results` raises.
    """
    stages = counted_stages(observations.scenario)
    for evening in evenings:
        problem = problem_of(observations, evening)
        posterior = posterior_of(problem, work, store, progress)
        forecasts = _forecasts(problem, posterior, stages[evening], runs)
        yield Evening(
            evening=evening,
            stage=stages[evening - 1] if evening else "",
            posterior=posterior,
            forecasts=forecasts,
            said=tuple(said(forecasts[0], observations.cars, truth)),
            scores=tuple(
                score
                for forecast in forecasts
                for score in scores(evening, stages[evening], forecast, observations.cars, truth)
            ),
        )


def _forecasts(problem: Problem, posterior: Posterior, stage: str, runs: Runs) -> tuple[Forecast, ...]:
    parameters = posterior.parameters(f"evening {problem.observations.evening}")
    plans = {
        name: forecast_plan(problem, drawn)
        for name, drawn in (
            (MODEL, parameters),
            (SMOOTH, without_failures(parameters)),
        )
    }
    cars = [crew.car for crew in problem.plan.crews]
    medians = parameters.medians()
    totals = [medians[f"state.crews.{car}.total_s"] if under_way(problem) else 0.0 for car in cars]
    return (
        *(simulated(name, plan, stage, runs) for name, plan in plans.items()),
        present_order(totals, behind(problem)),
        constant(len(cars)),
    )


def behind(problem: Problem) -> float:
    """Share of the kilometres of the counted specials that are behind, 0 to 1."""
    km = np.array([stage.track.length_km * stage.spec.counted for stage in problem.plan.stages])
    return float(km[: problem.known].sum() / km.sum())
