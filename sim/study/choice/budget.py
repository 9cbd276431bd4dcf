"""Selection of the best with a budget of rallies: they go to the designs that are hard to tell from the best one.

Optimal computing budget allocation: C. H. Chen, J. Lin, E. Yücesan and S. E. Chick, "Simulation budget allocation for
further enhancing the efficiency of ordinal optimization", Discrete Event Dyn. Syst. 10 (2000), 251-270. A rival is
given rallies in proportion to (spread / distance)**2. Here luck is common, as in M. C. Fu, J. Q. Hu, C. H. Chen and
X. Xiong, "Simulation allocation for determining the best design in the presence of correlated sampling", INFORMS J.
Comput. 19 (2007), 101-111: the spread is that of the difference to the best design, rally by rally, and since a
difference needs both, the best one is given as many rallies as the rival that is given most. A distance below the
indifference counts as that.
"""

from __future__ import annotations

import numpy as np

from sim.model.arrays import FloatArray
from sim.study.choice.samples import Sampler, Samples
from sim.study.choice.selection import Selection, select, standard_error

FIRST = 512
"""Rallies of every design before the first allocation."""
ROUNDS = 12
"""Allocations in which the rest of the budget is spent."""
LEAST = 64
"""A design is given a multiple of so many rallies at a time."""


def spend(
    sampler: Sampler, designs: int, budget: int, indifference: float, *, first: int = FIRST, least: int = LEAST
) -> Selection:
    """The best of at least one design, by the largest mean of the goal, for `budget` rallies at most.

    Raises ValueError if the budget is too small for `first` rallies of each design.
    """
    if budget < designs * first:
        raise ValueError(f"{designs} designs need {designs * first} rallies at least, got {budget}")
    samples = Samples(sampler, designs)
    samples.extend(dict.fromkeys(range(designs), first))
    rest = budget - designs * first
    for k in range(1, ROUNDS + 1):
        counts = allocate(samples, _best(samples), designs * first + rest * k // ROUNDS, indifference)
        more = {design: len(samples[design]) + least * int((n - len(samples[design])) // least) for design, n in counts}
        samples.extend(more)
    return select(samples, _best(samples), indifference)


def allocate(samples: Samples, best: int, budget: int, indifference: float) -> list[tuple[int, float]]:
    """(design, how many rallies it should have in all), none less than it has; together they are the budget."""
    weights = np.array([_weight(samples, best, design, indifference) for design in range(len(samples))])
    weights[best] = weights.max()
    if not weights.any():
        weights[:] = 1.0
    return list(enumerate(_filled(weights, np.array(samples.counts, dtype=np.float64), budget)))


def _weight(samples: Samples, best: int, design: int, indifference: float) -> float:
    difference = samples.difference(best, design)
    spread = standard_error(difference) * np.sqrt(len(difference))
    return float(spread / max(float(difference.mean()), indifference)) ** 2


def _filled(weights: FloatArray, counts: FloatArray, budget: int) -> FloatArray:
    """max(count, c x weight) for the c at which they add up to the budget, which is no less than the counts."""
    turns = np.divide(counts, weights, out=np.full(len(counts), np.inf), where=weights > 0)
    for c in np.sort(turns[weights > 0])[::-1]:  # is there enough to give more to the design that has most?
        if np.maximum(counts, c * weights).sum() <= budget:
            break
    raised = turns <= c
    return np.where(raised, weights * (budget - counts[~raised].sum()) / weights[raised].sum(), counts)


def _best(samples: Samples) -> int:
    """The design with the largest mean, the first of them."""
    return max(range(len(samples)), key=lambda design: float(samples[design].mean()))
