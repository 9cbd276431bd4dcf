"""Driving times that stand in no exact sum, scaled together: a draw from the exact law along the way.

The logs of all driving times are one normal vector once the effects are integrated out. Where a group of them moves by
one and the same number, that number is normal, and every bound on a sum of times leaves an interval of it: the sum is
linear in the factor. So a number is drawn from a truncated normal law, and nothing is ever refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.chains.draws import draw_truncated
from calibration.chains.effects import Marginal
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray

KEPT = (0.5, 0.8, 0.95)
"""Shares of a group that are moved when it is thinned."""


@dataclass(frozen=True)
class Group:
    """Cells that stand in no exact sum, and the bounded sums with their coefficients (rows, cells)."""

    cells: IndexArray
    rows: IndexArray
    coefficients: FloatArray
    low: FloatArray
    high: FloatArray

    def room(self, sums: FloatArray, slopes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Between which logs of a factor every sum (B, R) stays in its bounds, shape (B,); 0 is always among them.

        Scaling by 1 + t adds t * slopes to the sums, slopes (B, rows).
        """
        here = sums[:, self.rows]
        moves = slopes != 0.0
        per = np.where(moves, slopes, 1.0)
        one, other = (self.low - here) / per, (self.high - here) / per
        least = np.where(moves, np.minimum(one, other), -np.inf).max(axis=1, initial=-1.0)
        most = np.where(moves, np.maximum(one, other), np.inf).min(axis=1, initial=np.inf)
        with np.errstate(divide="ignore"):
            return np.log1p(np.clip(least, -1.0, 0.0)), np.log1p(np.maximum(most, 0.0))

    def allows(self, sums: FloatArray, by: FloatArray) -> BoolArray:
        """Do all sums (B, R) stay in their bounds if the times change by so many seconds (B, cells)? Shape (B,)."""
        there = sums[:, self.rows] + by @ self.coefficients.T
        return np.asarray(((there >= self.low) & (there <= self.high)).all(axis=1))

    def go(self, state: State, by: FloatArray) -> None:
        """Change the times by so many seconds, shape (B, cells)."""
        state.seconds[:, self.cells] += by
        state.sums[:, self.rows] += by @ self.coefficients.T


def group_of(problem: Problem, cells: IndexArray) -> Group:
    """The group of some cells, none of which may stand in an exact sum."""
    coefficients = problem.matrix[:, cells]
    rows = np.flatnonzero((coefficients != 0.0).any(axis=1))
    return Group(cells, rows, coefficients[rows], problem.low[rows], problem.high[rows])


def scale(group: Group, marginal: Marginal, state: State, lost: FloatArray, rng: np.random.Generator) -> None:
    """Draw the factor on the driving of a group given everything else but the effects; `lost` as of the state."""
    cells = group.cells
    driven = state.seconds[:, cells] - lost[:, cells]
    slopes = driven @ group.coefficients.T
    centre, sd = marginal.shift(cells)
    by = draw_truncated(centre, sd, *group.room(state.sums, slopes), rng)
    marginal.move(cells, np.repeat(by[:, None], len(cells), axis=1))
    group.go(state, np.expm1(by)[:, None] * driven)
