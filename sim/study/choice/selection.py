"""What came out of a choice: the best design, how far the others are behind it, and what it cost to find out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.study.choice.samples import Samples
from sim.study.estimates import LEVEL, Estimate
from sim.study.precision import sequential_errors

PRIOR = 256.0
"""Weight of the mixture behind the intervals, in rallies: they are narrowest after some ten times so many."""


@dataclass(frozen=True)
class Rival:
    """A design that was not chosen.

    Attributes:
        design: its index.
        behind: by how much the chosen one is better, over the rallies that both have.
        rallies: how many rallies it was given.
        same: was there no difference in any of these rallies?
    """

    design: int
    behind: Estimate
    rallies: int
    same: bool

    @property
    def told_apart(self) -> bool:
        """Is the chosen one surely better?"""
        return self.behind.low > 0.0


@dataclass(frozen=True)
class Selection:
    """The choice among K designs.

    The intervals of `behind` hold together in 95 of 100 choices, whichever design is chosen and whenever each was
    dropped, and so does that of `value`. They are asymptotic, see `sim.study.precision`.

    Attributes:
        best: index of the chosen design.
        value: mean of its goal.
        rallies: how many it was given.
        rivals: the others, the nearest to it first.
        correct: posterior probability that no rival is better, from below; see `posterior`.
        good: posterior probability that no rival is better by the indifference or more, from below.
    """

    best: int
    value: Estimate
    rallies: int
    rivals: tuple[Rival, ...]
    correct: float
    good: float

    @property
    def cost(self) -> int:
        """Rallies that were simulated in all."""
        return self.rallies + sum(rival.rallies for rival in self.rivals)


def select(samples: Samples, best: int, indifference: float) -> Selection:
    """The selection of a design, from what was simulated of all; at least two rallies of each."""
    count = len(samples)
    pairs = count * (count - 1) / 2
    rivals = [_rival(samples, best, design, pairs) for design in range(count) if design != best]
    return Selection(
        best=best,
        value=_mean(samples[best], count),
        rallies=len(samples[best]),
        rivals=tuple(sorted(rivals, key=lambda rival: (rival.behind.value, rival.design))),
        correct=posterior(samples, best, 0.0),
        good=posterior(samples, best, indifference),
    )


def posterior(samples: Samples, best: int, indifference: float) -> float:
    """Probability that no design is better than the chosen one by so much: at least this, by the inequality of Boole.

    The mean difference of two designs is taken to be normal around the one that was seen, the posterior of a flat
    prior: C. H. Chen et al., "Simulation budget allocation for further enhancing the efficiency of ordinal
    optimization", Discrete Event Dyn. Syst. 10 (2000), 251-270. Designs that never differed from it are not better.
    """
    wrong = 0.0
    for design in range(len(samples)):
        difference = samples.difference(best, design)
        error = standard_error(difference)
        if error > 0.0:
            wrong += float(special.ndtr(-(difference.mean() + indifference) / error))
    return max(0.0, 1.0 - wrong)


def standard_error(values: FloatArray) -> float:
    """Of the mean of at least two independent values."""
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def _rival(samples: Samples, best: int, design: int, pairs: float) -> Rival:
    difference = samples.difference(best, design)
    return Rival(design, _mean(difference, pairs), len(samples[design]), not difference.any())


def _mean(values: FloatArray, statements: float) -> Estimate:
    """A mean whose interval holds whenever one looks, together with so many others."""
    half = standard_error(values) * sequential_errors(len(values), (1.0 - LEVEL) / max(statements, 1.0), PRIOR)
    value = float(np.mean(values))
    return Estimate(value, value - half, value + half)
