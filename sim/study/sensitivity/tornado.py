"""One parameter at a time: what an outcome does when it is low or high and all others stay, under common luck."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from sim.model.arrays import FloatArray
from sim.study.estimates import LEVEL, Estimate

_Z = float(special.ndtri((1.0 + LEVEL) / 2.0))


@dataclass(frozen=True)
class Swing:
    """What one parameter does.

    Attributes:
        name: its path.
        middle, low_at, high_at: its value in the base, and the two that it was given.
        low, high: the outcome there less that in the base, rally by rally; each interval holds by itself.
    """

    name: str
    middle: float
    low_at: float
    high_at: float
    low: Estimate
    high: Estimate

    @property
    def reach(self) -> float:
        """Distance from the least to the greatest mean of the outcome at the three values."""
        means = (0.0, self.low.value, self.high.value)
        return max(means) - min(means)

    @property
    def seen(self) -> bool:
        """Is it sure, by itself, that the parameter does something?"""
        return any(end.low > 0.0 or end.high < 0.0 for end in (self.low, self.high))


def paired(changed: FloatArray, base: FloatArray) -> Estimate:
    """Mean difference of two runs under common luck, shape (n,) each, n >= 2: as if normal."""
    difference = changed - base
    value, error = float(difference.mean()), float(difference.std(ddof=1)) / math.sqrt(len(difference))
    return Estimate(value, value - _Z * error, value + _Z * error)


def largest_first(swings: list[Swing]) -> list[Swing]:
    """By reach; those that do nothing at all keep their order."""
    return sorted(swings, key=lambda swing: -swing.reach)


def ends_of(draws: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """10 % quantile, median and 90 % quantile of each parameter, shape (D, P) to (P,) each."""
    low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9), axis=0)
    return low, middle, high
