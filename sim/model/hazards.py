"""Inverse distribution functions: one uniform in, one life, duration or normal out.

All functions work element by element on scalars and arrays alike and give the same bits for both: powers are written
as exp(log(x) * y), since NumPy's power takes short cuts for scalar exponents.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from sim.model.arrays import FloatArray, IntArray, Real
from sim.model.units import YEAR_S, whole_seconds


def power(base: Real, exponent: Real) -> FloatArray:
    """Give base ** exponent for base > 0."""
    return np.asarray(np.exp(np.log(base) * exponent))


def cumulative_hazard(wear: Real, scale: Real, shape: Real) -> FloatArray:
    """Expected failures of a part by the wear-kilometres `wear` >= 0: (wear / scale) ** shape."""
    wear = np.asarray(wear, dtype=np.float64)
    used = wear > 0
    return np.where(used, power(np.where(used, wear, scale) / scale, shape), 0.0)


def weibull_life(uniform: Real, scale: Real, shape: Real) -> FloatArray:
    """Life of a new part in wear-kilometres: the Weibull quantile, scale * (-log(1 - u)) ** (1 / shape)."""
    return np.asarray(scale * np.exp(np.log(-np.log1p(-np.asarray(uniform))) / shape))


def weibull_residual_life(uniform: Real, age: Real, scale: Real, shape: Real) -> FloatArray:
    """Life still ahead of a part that has survived `age` >= 0 wear-kilometres, given that survival.

    The conditional quantile: H(age + x) = H(age) - log(1 - u) with H(x) = (x / scale) ** shape. At age 0 it is
    `weibull_life`, to the bit.
    """
    hazard = cumulative_hazard(age, scale, shape) - np.log1p(-np.asarray(uniform))
    return np.asarray(scale * np.exp(np.log(hazard) / shape) - age)


def normal(uniform: Real) -> FloatArray:
    """Standard normal quantile."""
    return np.asarray(ndtri(uniform))


def lognormal(uniform: Real, median: Real, sigma: Real) -> FloatArray:
    """Log-normal quantile: median * exp(sigma * z)."""
    return np.asarray(median * np.exp(sigma * ndtri(uniform)))


def duration_s(uniform: Real, median_s: Real, sigma: Real) -> IntArray:
    """A log-normal duration in whole seconds, from 1 to a year: what is shorter or longer counts as that."""
    return whole_seconds(np.minimum(np.maximum(lognormal(uniform, median_s, sigma), 1), YEAR_S))
