"""Lines along which stage times may move without touching what is known exactly.

Observations are bounds on sums of times. Exact ones fix sums; the free directions are those that leave them as they
are: one cell that stands in no exact sum, or cells that make up for each other. Short lines reach every point; long
ones, and groups of cells that are scaled, take along all times that hang together, because nobody published any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.chains.scaling import Group, group_of
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray

_ZERO = 1e-9
"""Below it a coefficient is nothing but rounding."""


@dataclass(frozen=True)
class Line:
    """A direction: cells with the seconds that they gain by going 1, and the sums that change, with their slopes."""

    cells: IndexArray
    weights: FloatArray
    rows: IndexArray
    slopes: FloatArray
    low: FloatArray
    high: FloatArray

    def room(self, sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far one may go back and forth, shape (B,); infinite where nothing is in the way."""
        here = sums[:, self.rows]
        below, above = (self.low - here) / self.slopes, (self.high - here) / self.slopes
        back = np.minimum(below, above).max(axis=1, initial=-np.inf)
        forth = np.maximum(below, above).min(axis=1, initial=np.inf)
        return np.minimum(back, 0.0), np.maximum(forth, 0.0)

    def go(self, state: State, by: FloatArray) -> None:
        """Move the times of the chains, each by its own length, shape (B,)."""
        state.seconds[:, self.cells] += by[:, None] * self.weights
        state.sums[:, self.rows] += by[:, None] * self.slopes

    @property
    def swaps(self) -> bool:
        """Is it one cell against another?"""
        return len(self.cells) == 2 and float(self.weights.sum()) == 0.0


@dataclass(frozen=True)
class FreeLines:
    """All lines of a problem: the short ones suffice, the others are for speed.

    Attributes:
        alone: of one cell that stands in no exact sum.
        tied: of few cells that make up for each other.
        long: of the cells of a stage where some of them are made up for on another stage.
        singles: the cells of `alone`, each a group of its own.
        free: the cells that stand in no exact sum, a group of all.
        crews: those of each crew, none perhaps, shape (C,).
        wide: those of a crew or of a make, several each.
        across: those of a stage, or of a make on it, several each.
    """

    alone: tuple[Line, ...]
    tied: tuple[Line, ...]
    long: tuple[Line, ...]
    singles: tuple[Group, ...]
    free: Group
    crews: tuple[Group, ...]
    wide: tuple[Group, ...]
    across: tuple[Group, ...]


def lines_of(problem: Problem) -> FreeLines:
    """Lines from which every point that agrees with the exact observations can be reached."""
    exact = problem.matrix[problem.low == problem.high]
    short = [_line(problem, d) for d in null_directions(exact)]
    free = ~(exact != 0.0).any(axis=0)
    car, stage = problem.cell_car, problem.cell_stage
    make = problem.make[car]
    of_crews = [free & (car == c) for c in range(len(problem.make))]
    of_makes = [free & (make == k) for k in range(len(problem.makes))]
    of_stages = [free & (stage == s) for s in range(problem.known)]
    by_make = [there & (make == k) for there in of_stages for k in range(len(problem.makes))]
    return FreeLines(
        alone=tuple(line for line in short if len(line.cells) == 1),
        tied=tuple(line for line in short if len(line.cells) > 1),
        long=tuple(_line(problem, d) for d in _unique(_long_directions(problem, exact))),
        free=group_of(problem, np.flatnonzero(free)),
        singles=tuple(group_of(problem, np.array([cell])) for cell in np.flatnonzero(free)),
        crews=tuple(group_of(problem, np.flatnonzero(cells)) for cells in of_crews),
        wide=_several(problem, [*of_crews, *of_makes]),
        across=_several(problem, [*of_stages, *by_make]),
    )


def _several(problem: Problem, groups: list[BoolArray]) -> tuple[Group, ...]:
    """Groups of more than one cell, each once."""
    once = dict.fromkeys(tuple(np.flatnonzero(group).tolist()) for group in groups)
    return tuple(group_of(problem, np.array(cells)) for cells in once if len(cells) > 1)


def null_directions(matrix: FloatArray) -> list[FloatArray]:
    """Directions along which no row of a matrix of -1, 0 and 1 changes, with few cells each.

    The basis that elimination gives (one free cell each), and all differences of two cells with equal columns.
    """
    reduced, pivots = _reduced(matrix)
    cells = matrix.shape[1]
    directions = []
    for cell in sorted(set(range(cells)) - set(pivots)):
        direction = np.zeros(cells)
        direction[cell] = 1.0
        direction[pivots] = -reduced[: len(pivots), cell]
        directions.append(direction)
    bound = np.flatnonzero((matrix != 0.0).any(axis=0))
    for i, one in enumerate(bound):
        for other in bound[i + 1 :]:
            if np.array_equal(matrix[:, one], matrix[:, other]):
                direction = np.zeros(cells)
                direction[[one, other]] = 1.0, -1.0
                directions.append(direction)
    return _unique(directions)


def _reduced(matrix: FloatArray) -> tuple[FloatArray, list[int]]:
    """(reduced row echelon form, columns of the pivots); pivots are sought from the last column on."""
    reduced, pivots = matrix.astype(np.float64).copy(), list[int]()
    for column in range(matrix.shape[1] - 1, -1, -1):
        row = len(pivots)
        below = np.flatnonzero(np.abs(reduced[row:, column]) > _ZERO)
        if not len(below):
            continue
        reduced[[row, row + below[0]]] = reduced[[row + below[0], row]]
        reduced[row] /= reduced[row, column]
        others = np.arange(len(reduced)) != row
        reduced[others] -= np.outer(reduced[others, column], reduced[row])
        pivots.append(column)
    return reduced, pivots


def _unique(directions: list[FloatArray]) -> list[FloatArray]:
    """Each direction once, whatever its sign and length."""
    found: dict[tuple[float, ...], FloatArray] = {}
    for direction in directions:
        largest = np.abs(direction).max()
        sign = np.sign(direction[direction != 0.0][0])
        found.setdefault(tuple(np.round(direction * sign / largest, 9)), direction)
    return list(found.values())


def _nominal_s(problem: Problem) -> FloatArray:
    """Nominal seconds of each cell: along long lines times change in proportion to them."""
    return np.array([stage.track.nominal_s for stage in problem.plan.stages])[problem.cell_stage]


def _long_directions(problem: Problem, exact: FloatArray) -> list[FloatArray]:
    """All times of a stage, and of a make on a stage, with those that stand in exact sums.

    For these the same car makes up on another stage, one direction for each such.
    """
    in_sum, nominal = (exact != 0.0).any(axis=0), _nominal_s(problem)
    make, directions = problem.make[problem.cell_car], list[FloatArray]()
    for stage in range(problem.known):
        for members in (np.ones(len(make), dtype=np.bool_), *(make == k for k in range(len(problem.makes)))):
            free = np.where(members & (problem.cell_stage == stage) & ~in_sum, nominal, 0.0)
            directions += [free + d for d in _made_up(problem, exact, members, stage, nominal)]
    return [direction for direction in directions if (direction != 0.0).sum() > 1]


def _made_up(
    problem: Problem, exact: FloatArray, members: BoolArray, stage: int, nominal: FloatArray
) -> list[FloatArray]:
    """For each other stage: the cells of one stage that stand in exact sums, made up for there by the same cars."""
    directions = []
    for other in range(problem.known):
        direction = np.zeros(problem.cells)
        for car in range(len(problem.make)):
            cells = [
                np.flatnonzero(members & (problem.cell_car == car) & (problem.cell_stage == s)) for s in (stage, other)
            ]
            if other == stage or not all(map(len, cells)):
                continue
            one, two = int(cells[0][0]), int(cells[1][0])
            if exact[:, one].any() and np.array_equal(exact[:, one], exact[:, two]):
                direction[one], direction[two] = nominal[one], -nominal[one]
        if direction.any():
            directions.append(direction)
    return directions


def _line(problem: Problem, direction: FloatArray) -> Line:
    slopes = problem.matrix @ direction
    rows, cells = np.flatnonzero(np.abs(slopes) > _ZERO), np.flatnonzero(direction)
    return Line(cells, direction[cells], rows, slopes[rows], problem.low[rows], problem.high[rows])
