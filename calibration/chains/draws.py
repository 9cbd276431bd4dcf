"""Draws from the laws that prior and moves share: without any data each of them is the prior."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtri_exp

from calibration.problem import GammaPrior
from sim.model.arrays import FloatArray, IndexArray

_LEAST = 1e-12
"""Least value of a Gamma variable, so that it can be divided by."""


def draw_gamma(
    prior: GammaPrior, number: FloatArray | float, exposure: FloatArray | float, rng: np.random.Generator
) -> FloatArray:
    """Gamma variables given counts and exposures, of the shape of those two and the prior; fixed ones stay fixed."""
    fixed = np.isinf(prior.shape)
    shape, rate = np.where(fixed, 1.0, prior.shape), np.where(fixed, 1.0, prior.rate)
    drawn = rng.gamma(shape + number) / (rate + exposure)
    return np.where(fixed, prior.rate, np.maximum(drawn, _LEAST))


def gamma_like_shared(sd: float | FloatArray) -> GammaPrior:
    """Gamma with mean 1 and the spread of a log-normal multiplier of log standard deviation `sd`."""
    variance = np.expm1(np.square(np.asarray(sd, dtype=np.float64)))
    shape = np.where(variance > 0.0, 1.0 / np.where(variance > 0.0, variance, 1.0), np.inf)
    return GammaPrior(shape, np.where(variance > 0.0, shape, 1.0))


def draw_shares(base: FloatArray, weight: float, number: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Shares that add up to 1 along the last axis, given counts (B, ..., k); those with a base of 0 stay 0.

    A Dirichlet law: the base shares (..., k) count as `weight` cases.
    """
    possible = base > 0.0
    drawn = rng.gamma(np.where(possible, weight * base + number, 1.0))
    drawn = np.where(possible, np.maximum(drawn, _LEAST), 0.0)
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))


def draw_truncated(
    mean: FloatArray, sd: FloatArray, low: FloatArray, high: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Normal variables between two ends, which may be infinite, by inversion; exact as far out as the ends may lie."""
    low, high = (low - mean) / sd, (high - mean) / sd
    turned = low > 0.0
    # Of two tails the left one has the digits.
    below, above = np.where(turned, -high, low), np.where(turned, -low, high)
    share = rng.random(below.shape)
    log_share = np.logaddexp(np.log1p(-share) + log_ndtr(below), np.log(share) + log_ndtr(above))
    drawn = np.clip(ndtri_exp(log_share), below, above)
    return np.asarray(mean + sd * np.where(turned, -drawn, drawn))


def draw_index(weight: FloatArray, rng: np.random.Generator) -> IndexArray:
    """An index along the last axis, each as likely as its weight says; the last one where all weights are 0."""
    edges = weight.cumsum(axis=-1)
    drawn = (rng.random((*edges.shape[:-1], 1)) * edges[..., -1:] >= edges).sum(axis=-1)
    return np.asarray(drawn.clip(max=edges.shape[-1] - 1))
