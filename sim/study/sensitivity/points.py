"""Rallies at many points of the parameters, all of them with the same luck."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.engine.array import run_block
from sim.engine.crossed import CrossedLuck
from sim.engine.luck import Luck
from sim.model.arrays import FloatArray, IntArray
from sim.model.parameters import Parameters, mode_of_share
from sim.model.parameters.draws import frozen
from sim.model.plan import Plan, at_points
from sim.model.spec import SEVERITIES, Rally
from sim.study.blocks import BLOCK
from sim.study.executors import Pool
from sim.study.quantities import observe
from sim.study.record import computing_versions
from sim.study.run import in_order

Point = Mapping[str, float]
"""Values of some parameters by their paths; all others are as the rally says."""


@dataclass(frozen=True)
class Question:
    """What is asked of a rally whose parameters move.

    Attributes:
        plan: the rally, with a point value for every parameter.
        seed: of the luck.
        quantity: a name of the catalogue.
        replications: n; every point meets replications 0 .. n - 1.
    """

    plan: Plan
    seed: int
    quantity: str
    replications: int


@dataclass(frozen=True)
class Crossing:
    """Some points, each of which meets replications first .. first + count - 1; `plan` has one draw a point."""

    plan: Plan
    seed: int
    quantity: str
    first: int
    count: int

    def __len__(self) -> int:
        """How many rallies that is."""
        return len(self.plan.drawn) * self.count


@dataclass(frozen=True)
class Crossed:
    """The quantity in each rally, shape (points, count)."""

    values: IntArray
    versions: dict[str, str] = field(default_factory=computing_versions)


def cross(crossing: Crossing) -> Crossed:
    """Run the rallies, in whatever process this is called."""
    points = len(crossing.plan.drawn)
    luck = CrossedLuck(Luck(crossing.seed), points, crossing.first, crossing.count)
    outcomes = run_block(crossing.plan, luck, 0, len(crossing))
    observed = observe(crossing.plan, outcomes, [crossing.quantity])
    return Crossed(observed.values.reshape(points, crossing.count))


def at(question: Question, points: Sequence[Point], pool: Pool) -> Iterator[FloatArray]:
    """The quantity in each replication at each of the points, in their order, shape (n,)."""
    table = table_of(question.plan.rally, points)
    begun: list[IntArray] = []
    for crossed in in_order(cross, _crossings(question, table), pool):
        begun.append(crossed.values)
        if sum(part.shape[1] for part in begun) == question.replications:
            yield from np.concatenate(begun, axis=1).astype(np.float64)
            begun = []


def _crossings(question: Question, table: Parameters) -> Iterator[Crossing]:
    """The work in pieces that fill a block: some points, with as many replications as there is room for."""
    count = min(question.replications, BLOCK["array"])
    width = BLOCK["array"] // count
    for begin in range(0, len(table), width):
        some = Parameters(table.name, table.names, frozen(table.draws[begin : begin + width]), {})
        plan = at_points(question.plan, some)
        for first in range(0, question.replications, count):
            here = min(count, question.replications - first)
            yield Crossing(plan, question.seed, question.quantity, first, here)


def table_of(rally: Rally, points: Sequence[Point]) -> Parameters:
    """Points as draws of all parameters that are named in any of them.

    The shares of a severity stay shares: those that a point does not name make room for those that it does.
    """
    rows = [_with_whole_severities(rally, point) for point in points]
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    middle = {name: value_at(rally, name) for name in names}
    draws = [[row.get(name, middle[name]) for name in names] for row in rows]
    return Parameters("points", names, frozen(np.array(draws).reshape(len(rows), len(names))), {})


def value_at(rally: Rally, path: str) -> float:
    """The value at a path of a rally, which is there."""
    node: Any = rally
    for key in path.split("."):
        node = node[key] if isinstance(node, dict) else getattr(node, key)
    return float(node)


def _with_whole_severities(rally: Rally, point: Point) -> dict[str, float]:
    """A point with all shares of each severity of which it names one; they add up to 1."""
    row = dict(point)
    for mode in dict.fromkeys(mode_of_share(name) for name in point):
        if mode is not None:
            shares = [f"{mode}.severity.{kind}" for kind in SEVERITIES]
            named = {name: point[name] for name in shares if name in point}
            others = {name: value_at(rally, name) for name in shares if name not in point}
            taken, room = math.fsum(named.values()), math.fsum(others.values())
            scale = max(taken, 1.0) if room else taken or 1.0
            row |= {name: value / scale for name, value in named.items()}
            row |= {name: value / (room or 1.0) * (1.0 - taken / scale) for name, value in others.items()}
    return row
