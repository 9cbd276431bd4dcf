"""How fast a crew drives and how fast its car wears."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IntArray, Real, Whole
from sim.model.units import HOUR_S, whole_seconds


def pace_factor(
    pace: Real,
    consistency: Real,
    z_crew: Real,
    stage_sd: Real,
    z_stage: Real,
    make_sd: Real,
    z_make: Real,
) -> FloatArray:
    """Time of a crew on a stage over the nominal one, before orders, damage and fatigue.

    The z are standard normals of (crew, stage), of the stage, and of (make, stage).
    """
    return np.asarray(
        np.exp(pace + np.multiply(consistency, z_crew) + stage_sd * np.asarray(z_stage) + make_sd * np.asarray(z_make))
    )


def shared_failures(sd: Real, z: Real) -> FloatArray:
    """Log of a failure multiplier that several lives share: log-normal with log standard deviation `sd` and mean 1.

    Mean 1, so that more spread makes bad rallies worse and good ones better, without more failures on the whole.
    """
    sd = np.asarray(sd)
    return np.asarray(sd * np.asarray(z) - sd * sd / 2)


def failure_wear(shape: Real, log_failures: Real) -> FloatArray:
    """Factor on wear from what multiplies failures (a log).

    The expected failures of a Weibull life go with wear ** shape, so a multiplier of failures enters wear with the
    exponent 1 / shape.
    """
    return np.asarray(np.exp(log_failures / np.asarray(shape)))


def order_wear(pace_exponent: Real, order: Real) -> FloatArray:
    """Factor on wear from the pace order: order ** -pace_exponent."""
    return np.asarray(np.exp(-pace_exponent * np.log(order)))


def incident_wear(is_part: BoolArray, factor: Real) -> FloatArray:
    """A factor that night or fatigue puts on incidents: 1 for parts."""
    return np.where(is_part, 1.0, factor)


def limp_product(limp_factors: FloatArray, damaged: BoolArray) -> FloatArray:
    """Product of the time factors of unrepaired damage, in the order of the modes.

    `damaged` has shape (M,) or (M, n).
    """
    product = np.ones(damaged.shape[1:])
    for mode in np.flatnonzero(damaged.any(axis=tuple(range(1, damaged.ndim)))):
        product = np.where(damaged[mode], product * limp_factors[mode], product)
    return product


@overload
def driven_s(before: float, factor: float, nominal: float) -> float: ...
@overload
def driven_s(before: Real, factor: FloatArray, nominal: Real) -> FloatArray: ...
def driven_s(before: Any, factor: Any, nominal: Any) -> Any:
    """Driving seconds since the start of the special, unrounded: those before the last anchor plus factor x nominal.

    The account stays a float along the special and is rounded once for each clock reading (`whole_seconds`), so
    that the driving time of a stage does not depend on how often the car stopped.
    """
    return before + factor * nominal


def truck_arrival(leaves: Whole, from_km: Real, to_km: Real, s_per_km: Real) -> IntArray:
    """The second at which a truck that leaves `from_km` at `leaves` is at `to_km`."""
    return np.asarray(leaves + whole_seconds((to_km - from_km) * s_per_km))


def hours_late_to_bed(arrival: Whole, bedtime: Whole, max_hours: float) -> FloatArray:
    """Hours of sleep lost by arriving at the bivouac after bedtime."""
    return np.minimum(np.maximum((arrival - bedtime) / HOUR_S, 0.0), max_hours)


def hours_worked_too_long(worked_s: Whole, free_hours: float, max_hours: float) -> FloatArray:
    """Hours of sleep lost by working in the refuge beyond the free hours."""
    return np.minimum(np.maximum(worked_s / HOUR_S - free_hours, 0.0), max_hours)


@overload
def fatigue_factor(lost_hours: float, per_hour: float) -> float: ...
@overload
def fatigue_factor(lost_hours: FloatArray, per_hour: float) -> FloatArray: ...
def fatigue_factor(lost_hours: Any, per_hour: Any) -> Any:
    """1 + coefficient x hours of sleep lost."""
    return 1.0 + per_hour * lost_hours
