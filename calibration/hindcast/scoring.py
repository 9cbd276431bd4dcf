"""Scores of forecasts, one entry a forecaster, evening, question and car; and what several of them say together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.forecast import Forecast
from calibration.hindcast.truth import Interval, Truth
from calibration.scores import brier, crps_interval, log_score, mean_difference, ranked_probability
from sim.model.arrays import FloatArray
from sim.study.estimates import Estimate

PODIUM = 3
EVENTS = ("classified", "win", "podium")
QUESTIONS = (
    *(f"{event}_{kind}" for kind in ("brier", "log") for event in EVENTS),
    "place_rps",
    "stage_crps",
    "total_crps",
)
"""What is scored; those with times in seconds."""


@dataclass(frozen=True)
class Score:
    """The penalty of one forecast.

    Attributes:
        evening, forecaster, question, car: which; the question is one of QUESTIONS.
        low, high: the least and the greatest that it can be, which differ where the truth is only known to lie between
            two limits.
    """

    evening: int
    forecaster: str
    question: str
    car: str
    low: float
    high: float

    @property
    def value(self) -> float:
        """The middle of what it can be."""
        return (self.low + self.high) / 2.0


@dataclass(frozen=True)
class Said:
    """An event that was forecast: its probability, and whether it happened."""

    event: str
    car: str
    probability: float
    happened: bool


def said(forecast: Forecast, cars: Sequence[str], truth: Truth) -> Iterator[Said]:
    """The events of the cars whose final place is known, all of which were classified."""
    for car, place in truth.places.items():
        happened = {"classified": True, "win": place == 1, "podium": place <= PODIUM}
        for event, came in happened.items():
            yield Said(event, car, float(getattr(forecast, event)[cars.index(car)]), came)


def scores(evening: int, stage: str, forecast: Forecast, cars: Sequence[str], truth: Truth) -> Iterator[Score]:
    """All scores of a forecast made on an evening, `stage` being the next one; `cars` are those of the forecast."""
    name = forecast.forecaster
    for one in said(forecast, cars, truth):
        for kind, rule in (("brier", brier), ("log", log_score)):
            penalty = float(rule(one.probability, one.happened))
            yield Score(evening, name, f"{one.event}_{kind}", one.car, penalty, penalty)
    for car, place in truth.places.items():
        penalty = float(ranked_probability(forecast.places[cars.index(car)], place - 1))
        yield Score(evening, name, "place_rps", car, penalty, penalty)
    stage_s = {car: seconds for (where, car), seconds in truth.stage_s.items() if where == stage}
    for question, samples, seconds in (
        ("stage_crps", forecast.stage_s, stage_s),
        ("total_crps", forecast.total_s, truth.total_s),
    ):
        for car, sample, interval in _known(cars, samples, seconds):
            low, high = crps_interval(sample, *interval)
            yield Score(evening, name, question, car, float(low), float(high))


def mean(rows: Iterable[Score], forecaster: str, question: str, evening: int | None = None) -> float:
    """Mean score of a forecaster, on one evening or on all; nan if it has none."""
    values = [row.value for row in rows if _is(row, forecaster, question) and evening in (None, row.evening)]
    return float(np.mean(values)) if values else float("nan")


def difference(rows: Iterable[Score], forecaster: str, other: str, question: str) -> Estimate | None:
    """Mean score of a forecaster less that of another; evenings are resampled as a whole. None without common scores.

    The evenings of one rally have one outcome, so that an interval says how much the difference hangs on which evenings
    are asked about, and nothing of what another rally would have shown.
    """
    rows = list(rows)
    first, second = _by_event(rows, forecaster, question), _by_event(rows, other, question)
    common = [key for key in first if key in second]
    if not common:
        return None
    own, others = (np.array([found[key] for key in common]) for found in (first, second))
    return mean_difference(own, others, [evening for evening, _ in common])


def _by_event(rows: Iterable[Score], forecaster: str, question: str) -> dict[tuple[int, str], float]:
    """Scores of one forecaster by evening and car."""
    return {(row.evening, row.car): row.value for row in rows if _is(row, forecaster, question)}


def _known(
    cars: Sequence[str], samples: Sequence[FloatArray], seconds: dict[str, Interval]
) -> Iterator[tuple[str, FloatArray, Interval]]:
    """Cars whose seconds are known and forecast at all."""
    for car, sample in zip(cars, samples, strict=False):
        if car in seconds and len(sample):
            yield car, sample, seconds[car]


def _is(row: Score, forecaster: str, question: str) -> bool:
    return row.forecaster == forecaster and row.question == question
