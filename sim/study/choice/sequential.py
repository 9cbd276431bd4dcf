"""Selection of the best with a promised probability: rounds of rallies, and after each one the hopeless are dropped.

The procedure KN of S.-H. Kim and B. L. Nelson, "A fully sequential procedure for indifference-zone selection in
simulation", ACM Trans. Model. Comput. Simul. 11 (2001), 251-273, with c = 1. If the best design is better than all
others by the indifference or more, it is selected with the promised probability at least; common random numbers are
allowed, and variances may differ. The promise is exact where the means of batches are normal. To look only after each
round, instead of after each batch, makes errors rarer: C. Jennison, I. M. Johnstone and B. W. Turnbull, "Asymptotically
optimal procedures for sequential adaptive selection of the best of several normal means", in Statistical Decision
Theory and Related Topics III, Academic Press 1982.
"""

from __future__ import annotations

import numpy as np

from sim.model.arrays import FloatArray
from sim.study.choice.samples import Sampler, Samples
from sim.study.choice.selection import Selection, select

BATCH = 64
"""Rallies in a batch, whose mean is one observation."""
FIRST = 32 * BATCH
"""Rallies of every design before the first look."""
ROUND = 32 * BATCH
"""Rallies of every design that is left between two looks."""


def choose(
    sampler: Sampler,
    designs: int,
    promise: float,
    indifference: float,
    *,
    first: int = FIRST,
    batch: int = BATCH,
    round_size: int = ROUND,
) -> Selection:
    """The best of at least one design, by the largest mean of the goal.

    `promise` is the probability of a correct selection, more than 1/2 and less than 1, `indifference` > 0 the least
    difference that matters. `first` (at least two batches) and `round_size` are multiples of `batch`. Of designs that
    are tied to the last, as those that never differ, the first is taken.
    """
    samples = Samples(sampler, designs)
    alive = list(range(designs))
    samples.extend(dict.fromkeys(alive, first))
    reach = _reach(samples, promise, first // batch, batch)
    done = first
    while len(alive) > 1:
        means = np.array([samples[design].mean() for design in alive])
        margin = _margin(reach[np.ix_(alive, alive)], indifference, done // batch)
        stays = (means[:, None] >= means[None, :] - margin).all(axis=1)
        alive = [alive[i] for i in np.flatnonzero(stays)]
        if not margin.any():
            break
        if len(alive) > 1:
            done += round_size
            samples.extend(dict.fromkeys(alive, done))
    return select(samples, max(alive, key=lambda design: float(samples[design].mean())), indifference)


def cost_of_all(selection: Selection) -> int:
    """Rallies that it would have taken to run all designs until the choice was made."""
    longest = max([selection.rallies, *(rival.rallies for rival in selection.rivals)])
    return longest * (1 + len(selection.rivals))


def _reach(samples: Samples, promise: float, batches: int, batch: int) -> FloatArray:
    """h**2 S**2 of each pair of designs, shape (K, K): the wider, the longer they are kept."""
    means = np.stack([samples[design].reshape(batches, batch).mean(axis=1) for design in range(len(samples))])
    others = max(len(samples) - 1, 1)
    eta = ((2.0 * (1.0 - promise) / others) ** (-2.0 / (batches - 1)) - 1.0) / 2.0
    return np.asarray(2.0 * eta * (batches - 1) * difference_variances(means))


def difference_variances(means: FloatArray) -> FloatArray:
    """Variances of the differences between designs from the means of batches, shape (K, B) to (K, K)."""
    covariance = np.atleast_2d(np.cov(means))
    own = np.diagonal(covariance)
    return np.maximum(own[:, None] + own[None, :] - 2.0 * covariance, 0.0)


def _margin(reach: FloatArray, indifference: float, batches: int) -> FloatArray:
    """W: how far a design may be behind another and stay, after so many batches."""
    return np.asarray(np.maximum(reach / indifference - indifference * batches, 0.0) / (2.0 * batches))
