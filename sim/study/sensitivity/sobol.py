"""Variance-based indices: which parameters, alone and together with others, make an outcome vary over a box.

First-order: the share of the variance that would go if the parameter were known. Total: the share that would stay if
all others were. I. M. Sobol', Math. Comput. Simul. 55 (2001), 271-280; A. Saltelli et al., Comput. Phys. Commun. 181
(2010), 259-270.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.stats import qmc

from sim.model.arrays import FloatArray, IntArray
from sim.study.estimates import Estimate

RESAMPLES = 999
"""Of the bootstrap, from which the 95 % intervals come."""


@dataclass(frozen=True)
class Indices:
    """The indices of one parameter, with bootstrap intervals over the points."""

    first: Estimate
    total: Estimate


def indices(
    function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray, points: int, seed: int
) -> tuple[Indices, ...] | None:
    """The indices of d independent parameters, uniform from low to high, shape (d,); None if the values do not vary.

    `function` takes points, shape (k, d), to values, shape (k,); it is asked once, for points * (d + 2) of them.
    `points` is a power of two. Estimates may lie a little below 0 or above 1.
    """
    count = len(low)
    uniforms = qmc.Sobol(2 * count, rng=seed).random(points)
    a, b = (low + (high - low) * part for part in np.hsplit(uniforms, 2))
    mixed = [np.where(np.arange(count) == i, b, a) for i in range(count)]
    values = function(np.concatenate([a, b, *mixed])).reshape(count + 2, points)
    if np.ptp(values[:2]) == 0:
        return None

    def estimate(chosen: IntArray) -> FloatArray:
        """First-order and total indices from the chosen points, shape (2, d)."""
        parts = values[:, None, chosen]
        found = stats.sobol_indices(func={"f_A": parts[0], "f_B": parts[1], "f_AB": parts[2:]}, n=points)
        return np.stack([found.first_order.ravel(), found.total_order.ravel()])

    ends = stats.bootstrap(
        (np.arange(points),), estimate, vectorized=False, n_resamples=RESAMPLES, method="percentile", rng=seed
    ).confidence_interval
    table = np.stack([estimate(np.arange(points)), np.asarray(ends.low), np.asarray(ends.high)], axis=-1)
    return tuple(Indices(Estimate(*table[0, i].tolist()), Estimate(*table[1, i].tolist())) for i in range(count))
