"""What a forecaster has to beat: two without a model, and the model in which nothing ever breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from calibration.forecast import Forecast
from sim.model.arrays import FloatArray
from sim.model.parameters import Parameters
from sim.model.parameters.draws import frozen

FINISHING = 0.779
"""Share of the starters of all classes that came to the end of Dakar 2026, 247 of 317; used whatever rally is
hindcast. Nobody knew it before that one: there it makes the baseline a little better than it could have been."""

NEVER_KM = 1e30
"""The scale of a part that does not fail."""

CONSTANT = "constant"
ORDER = "present order"


def constant(cars: int) -> Forecast:
    """The same for every car: classified at the base rate, and any place among the classified."""
    return _of_places(CONSTANT, _any_place(cars))


def present_order(totals: Sequence[float], share: float) -> Forecast:
    """The order of the totals stands, and all cars reach the end, with a chance of `share`; else `constant`.

    `share` is how much of the rally is behind, 0 to 1: before the start an order says nothing, at the end everything.
    So no place is impossible before the end, and there is no number to choose.
    """
    cars = len(totals)
    now = np.zeros((cars, cars + 1))
    now[np.argsort(totals, kind="stable"), np.arange(cars)] = 1.0
    return _of_places(ORDER, share * now + (1.0 - share) * _any_place(cars))


def without_failures(parameters: Parameters) -> Parameters:
    """The same draws, but nothing ever breaks or happens."""
    draws = np.array(parameters.draws)
    draws[:, [name.startswith("modes.") and name.endswith(".scale_km") for name in parameters.names]] = NEVER_KM
    return replace(parameters, draws=frozen(draws))


def _any_place(cars: int) -> FloatArray:
    """Each car is classified at the base rate, by itself, and the order is any: place j is there if j cars are."""
    there = stats.binom.sf(np.arange(cars), cars, FINISHING) / cars
    return np.tile(np.append(there, 1.0 - FINISHING), (cars, 1))


def _of_places(forecaster: str, places: FloatArray) -> Forecast:
    return Forecast(
        forecaster,
        classified=1.0 - places[:, -1],
        win=places[:, 0],
        podium=places[:, :3].sum(axis=1),
        places=places,
    )
