"""An outcome as a function of the parameters: rallies at many points, all of them with the same luck."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.array import run_block
from sim.engine.crossed import CrossedLuck
from sim.engine.luck import Luck
from sim.model.arrays import FloatArray
from sim.model.parameters import Parameters
from sim.model.parameters.draws import frozen
from sim.model.parameters.names import mode_of_share
from sim.model.plan import Plan, at_points
from sim.model.spec import SEVERITIES, Rally
from sim.study.blocks import BLOCK
from sim.study.quantities import values


@dataclass(frozen=True)
class Crossing:
    """Some points of the parameters, each of which meets replications first .. first + count - 1.

    Attributes:
        plan: one draw a point.
        seed: of the luck.
        quantity: what is asked of each rally.
    """

    plan: Plan
    seed: int
    first: int
    count: int
    quantity: str

    def __len__(self) -> int:
        """How many rallies that is."""
        return len(self.plan.drawn) * self.count


def cross(crossing: Crossing) -> FloatArray:
    """The quantity in each rally, shape (points, count), in whatever process this is called."""
    points = len(crossing.plan.drawn)
    luck = CrossedLuck(Luck(crossing.seed), points, crossing.first, crossing.count)
    outcomes = run_block(crossing.plan, luck, 0, len(crossing))
    return values(crossing.plan, outcomes, [crossing.quantity])[:, 0].reshape(points, crossing.count)


def crossings(plan: Plan, points: Parameters, seed: int, replications: int, quantity: str) -> Iterator[Crossing]:
    """The work of meeting replications 0 .. n - 1 at each point, in pieces that fill a block: points, then luck."""
    count = min(replications, BLOCK["array"])
    width = max(1, BLOCK["array"] // count)
    for begin in range(0, len(points), width):
        some = Parameters(points.name, points.names, frozen(points.draws[begin : begin + width]), {})
        here = at_points(plan, some)
        for first in range(0, replications, count):
            yield Crossing(here, seed, first, min(count, replications - first), quantity)


def points_of(rally: Rally, names: Sequence[str], values_at: FloatArray) -> Parameters:
    """Points at which the named parameters have these values, shape (k, len(names)), and all others those of a rally.

    The shares of a severity stay shares: those that are not named make room for those that are, in proportion.
    """
    columns = dict(zip(names, values_at.T, strict=True))
    for mode in dict.fromkeys(mode_of_share(name) for name in names):
        if mode is not None:
            columns |= _severity(rally, mode, columns)
    return Parameters("points", tuple(columns), frozen(np.stack(list(columns.values()), axis=1)), {})


def _severity(rally: Rally, mode: str, columns: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """All shares of the severity of a mode, which add up to 1, with some as they are in the columns."""
    severity = rally.modes[mode.removeprefix("modes.")].severity
    written = {f"{mode}.severity.{kind}": getattr(severity, kind) for kind in SEVERITIES}
    named = {name: columns[name] for name in written if name in columns}
    others = {name: value for name, value in written.items() if name not in named}
    taken, room = np.sum(list(named.values()), axis=0), math.fsum(others.values())
    scale = np.maximum(taken, 1.0 if room else math.ulp(0.0))  # with no room they are all there is
    left = 1.0 - taken / scale
    return {
        **{name: column / scale for name, column in named.items()},
        **{name: value / (room or 1.0) * left for name, value in others.items()},
    }
