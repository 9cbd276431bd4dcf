"""A hindcast as JSON: `rally-hindcast/1`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from calibration.forecast import Forecast
from calibration.hindcast.run import FORECASTERS, MODEL, Evening
from calibration.hindcast.scoring import QUESTIONS, difference, mean
from calibration.hindcast.truth import Truth

SCHEMA = "rally-hindcast/1"


def document(evenings: Sequence[Evening], cars: Sequence[str], truth: Truth, record: dict[str, Any]) -> dict[str, Any]:
    """Forecasts, scores and comparisons, in plain JSON types; what is not known is null."""
    return {
        "schema": SCHEMA,
        "record": record,
        "cars": list(cars),
        "truth": {"places": truth.places, "unplaced": list(truth.unplaced), "total_s": truth.total_s},
        "evenings": [_evening(one) for one in evenings],
        "means": _means(evenings),
    }


def _evening(one: Evening) -> dict[str, Any]:
    posterior = one.posterior
    return {
        "evening": one.evening,
        "stage": one.stage,
        "convergence": {
            "converged": posterior.converged,
            "worst_rhat": _finite(posterior.worst_rhat),
            "least_ess": _finite(posterior.least_ess),
        },
        "forecasts": [_forecast(forecast) for forecast in one.forecasts],
        "scores": [asdict(score) for score in one.scores],
    }


def _forecast(forecast: Forecast) -> dict[str, Any]:
    tables = {name: getattr(forecast, name).tolist() for name in ("classified", "win", "podium", "places")}
    return {"forecaster": forecast.forecaster, **tables}


def _means(evenings: Sequence[Evening]) -> list[dict[str, Any]]:
    """Mean score of every forecaster and question, and the model's less that."""
    rows = [score for one in evenings for score in one.scores]
    found = []
    for question in QUESTIONS:
        for name in FORECASTERS:
            against = difference(rows, MODEL, name, question) if name != MODEL else None
            found.append(
                {
                    "question": question,
                    "forecaster": name,
                    "mean": _finite(mean(rows, name, question)),
                    "model_less_it": against.as_json() if against else None,
                }
            )
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
