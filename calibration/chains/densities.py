"""Log densities and sums that several moves share."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.arrays import FloatArray

TINY = 1e-300
"""Instead of 0 where a logarithm is taken."""
_HALF_LOG_2PI = 0.5 * np.log(2.0 * np.pi)


def normal_log_pdf(x: FloatArray, mean: FloatArray | float, sd: FloatArray | float) -> FloatArray:
    """Log density of a normal variable."""
    return np.asarray(-0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - _HALF_LOG_2PI)


def log_driving_pdf(driven: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Log density, in seconds, of a log-normal driving time; -inf where it is not positive."""
    possible = driven > 0.0
    log_driven = np.log(np.where(possible, driven, 1.0))
    return np.where(possible, normal_log_pdf(log_driven, mean, sd) - log_driven, -np.inf)


def add_at(sums: FloatArray, where: Any, values: FloatArray | float) -> None:
    """Add values to places of an array, in place; a place that comes twice gets both."""
    np.add.at(sums, where, values)
