"""What the times, gaps, places and totals of a rally say about the times of its cars, as linear inequalities.

The unknowns are cells: the seconds that a car took for the special of a stage, a prologue among them, without steward
penalties. A special that may not have been completed keeps its cell; it then stands for the seconds that were
attributed, or for any number large enough if the car was out. The inequalities of places hold for it too, since an
uncompleted special ranks behind every completed one. A special that is known not to have been completed has a cell that
nothing is said about, and no sum that contains it is used. Sums are over counted stages only.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

import numpy as np

from calibration.facts import Observations, Row, StandingRow
from sim.model.arrays import BoolArray, FloatArray

Cell = tuple[str, str]
"""Stage and car."""


@dataclass(frozen=True)
class Cells:
    """The unknown seconds.

    Attributes:
        stages: those that have been run, in order, a prologue among them.
        cars: in the order of a plan.
        free: (stages, cars), False where the special is known not to have been completed.
    """

    stages: tuple[str, ...]
    cars: tuple[str, ...]
    free: BoolArray

    def index(self, stage: str, car: str) -> int:
        """Index of a cell among all: stages one after the other, in each the cars. Raises ValueError if unknown."""
        return self.stages.index(stage) * len(self.cars) + self.cars.index(car)


@dataclass(frozen=True)
class LinearConstraints:
    """low <= matrix @ cells <= high, both ends included, in whole seconds; -inf or inf where an end is open.

    Attributes:
        matrix: (R, cells) of -1, 0 and 1.
        low, high: (R,).
    """

    matrix: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class _Sum:
    """Cells that are added up, and the steward penalties that come on top, in seconds."""

    cells: tuple[Cell, ...]
    penalty_low: float = 0.0
    penalty_high: float = 0.0


@dataclass(frozen=True)
class _Inequality:
    """low <= cells of `plus` - cells of `minus` <= high."""

    plus: tuple[Cell, ...]
    minus: tuple[Cell, ...]
    low: float
    high: float


def cells_of(obs: Observations) -> Cells:
    """The cells of the stages that have been run."""
    free = np.ones((len(obs.run), len(obs.cars)), dtype=np.bool_)
    for stage, car in _uncompleted(obs):
        free[obs.run.index(stage), obs.cars.index(car)] = False
    free.flags.writeable = False
    return Cells(obs.run, obs.cars, free)


def linear_constraints(obs: Observations) -> LinearConstraints:
    """Every inequality that follows from the observations.

    Of the cars with a place on a stage each is compared with the next one, and those without a place with the last car
    up to which all places are known; places after a stage likewise, by the sums. Equal times allow either order.
    """
    lines = [*_of_stages(obs), *_of_standings(obs)]
    lines = [line for line in lines if math.isfinite(line.low) or math.isfinite(line.high)]
    cells = cells_of(obs)
    matrix = np.zeros((len(lines), cells.free.size))
    for r, line in enumerate(lines):
        for sign, group in ((1, line.plus), (-1, line.minus)):
            for stage, car in group:
                matrix[r, cells.index(stage, car)] += sign
    return LinearConstraints(
        matrix=matrix,
        low=np.array([line.low for line in lines], dtype=np.float64),
        high=np.array([line.high for line in lines], dtype=np.float64),
    )


def _uncompleted(obs: Observations) -> set[Cell]:
    return {(row.stage, row.car) for row in obs.times if row.kind == "not_completed"}


def _of_stages(obs: Observations) -> Iterator[_Inequality]:
    """Times and gaps as they are; places by time plus penalties."""
    uncompleted = _uncompleted(obs)
    for stage in obs.run:
        rows = [row for row in obs.times if row.stage == stage]
        for row in rows:
            if row.kind in ("time", "gap"):
                minus = ((stage, row.to),) if row.to else ()
                yield _Inequality(((stage, row.car),), minus, row.low, row.high)
        results = {car: _on_stage(obs, stage, car) for car in obs.cars if (stage, car) not in uncompleted}
        yield from _of_places([row for row in rows if row.kind == "position"], results)


def _of_standings(obs: Observations) -> Iterator[_Inequality]:
    """Totals, gaps and places of the cars that may have completed every stage, others are passed over."""
    by_stage: dict[str, list[StandingRow]] = defaultdict(list)
    for row in obs.standings:
        by_stage[row.after].append(row)
    uncompleted = _uncompleted(obs)
    for after, rows in by_stage.items():
        totals = {car: _after_stage(obs, after, car) for car in obs.cars}
        totals = {car: total for car, total in totals.items() if not uncompleted.intersection(total.cells)}
        usable = [row for row in rows if row.car in totals and (row.to is None or row.to in totals)]
        for row in usable:
            if row.kind == "total":
                yield _between(totals[row.car], _Sum(()), row.low, row.high)
            elif row.to is not None:
                yield _between(totals[row.car], totals[row.to], row.low, row.high)
        yield from _of_places([row for row in rows if row.kind == "position"], totals)


def _of_places(rows: Sequence[Row], sums: Mapping[str, _Sum]) -> Iterator[_Inequality]:
    """What places say about sums; cars without a sum are passed over."""
    placed = sorted(rows, key=lambda row: row.low)
    known = [row for row in placed if row.car in sums]
    for before, after in pairwise(known):
        yield _slower(after.car, before.car, sums)
    first = [row for place, row in takewhile(lambda pair: pair[1].low == pair[0], enumerate(placed, start=1))]
    last = next((row for row in reversed(first) if row.car in sums), None)
    if last:
        for car in [car for car in sums if car not in {row.car for row in placed}]:
            yield _slower(car, last.car, sums)


def _slower(car: str, faster: str, sums: Mapping[str, _Sum]) -> _Inequality:
    return _between(sums[car], sums[faster], 0.0, math.inf)


def _between(plus: _Sum, minus: _Sum, low: float, high: float) -> _Inequality:
    """From low to high for plus less minus, penalties included, as an inequality of the cells alone."""
    return _Inequality(
        plus.cells,
        minus.cells,
        low - plus.penalty_high + minus.penalty_low,
        high - plus.penalty_low + minus.penalty_high,
    )


def _on_stage(obs: Observations, stage: str, car: str) -> _Sum:
    return _Sum(((stage, car),), *_penalties(obs, {stage}, car))


def _after_stage(obs: Observations, after: str, car: str) -> _Sum:
    run = obs.stages[: obs.stages.index(after) + 1]
    return _Sum(tuple((stage, car) for stage in run), *_penalties(obs, run, car))


def _penalties(obs: Observations, stages: Iterable[str], car: str) -> tuple[float, float]:
    """The least and the greatest sum of the steward penalties of a car on some stages."""
    given = [penalty for penalty in obs.penalties if penalty.car == car and penalty.stage in stages]
    return math.fsum(penalty.low for penalty in given), math.fsum(penalty.high for penalty in given)
