"""A calibration problem: everything that stays fixed while the chains run, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from calibration.categories import Categories
from calibration.facts import Observations
from calibration.priors import Priors
from sim.model.arrays import BoolArray, FloatArray, IndexArray
from sim.model.plan import Plan


@dataclass(frozen=True)
class GammaPrior:
    """Gamma distributions with given shapes and rates; where the shape is infinite, fixed at what stands as rate."""

    shape: FloatArray
    rate: FloatArray


@dataclass(frozen=True)
class Seen:
    """The E events in the sources, one entry for each (two punctures are two).

    Attributes:
        cell: index of the cell in which it happened, -1 if the special was not completed, shape (E,).
        stage, car: where, shape (E,).
        allowed: kinds that it may have been, shape (E, J).
        low_s, high_s: what it lost, ends included, 0 and inf where nobody said, shape (E,).
    """

    cell: IndexArray
    stage: IndexArray
    car: IndexArray
    allowed: BoolArray
    low_s: FloatArray
    high_s: FloatArray

    @cached_property
    def rounds(self) -> tuple[IndexArray, ...]:
        """The events in cells, in rounds in which no cell comes twice: first the first of each, and so on."""
        in_cells = np.flatnonzero(self.cell >= 0)
        turn = np.array(
            [(self.cell[in_cells[:i]] == self.cell[e]).sum() for i, e in enumerate(in_cells)], dtype=np.intp
        )
        return tuple(in_cells[turn == r] for r in range(int(turn.max(initial=-1)) + 1))


@dataclass(frozen=True)
class Groups:
    """The G groups of cars of earlier rallies, of which only counts are known.

    Attributes:
        make: index of the make, shape (G,).
        rally: index of the rally, 0 is the one that is calibrated, shape (G,).
        exposure: expected failures at the base scales, shape (G, M).
        seen: counts in the sources, shape (G, M); their severities are not told.
        missing: cars that fell out, or missed a special, of which no more is told, shape (G,).
        reported: chance that an event of each kind is among `seen`, shape (G, J); nan where it counts as `missing`.
    """

    make: IndexArray
    rally: IndexArray
    exposure: FloatArray
    seen: FloatArray
    missing: FloatArray
    reported: FloatArray


@dataclass(frozen=True)
class Wait:
    """A halt that an assistance truck ended: where, when the car was there, and what it lost, ends included."""

    km: float
    driven_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True)
class Problem:
    """Sizes: S stages, C cars, K makes, M modes, J kinds of events, n cells (a car on a special that it completed).

    Attributes:
        plan, priors, observations: what it was made of.
        makes: names of the makes; make: index of each car's, shape (C,).
        cell_stage, cell_car: where the cells are, shape (n,).
        completed: is it known that the car completed the special? Shape (n,).
        exposure: expected failures at the base scales, shape (S, C, M); zero on stages that are not over.
        matrix, low, high: low <= matrix @ seconds <= high, shapes (R, n) and (R,).
        noise: factor on the consistency of a stage, shape (S,).
        formation: do the cars of the make run in formation? Shape (S, K).
        terrain_km: kilometres by terrain, shape (S, T); terrain_prior: log km/h, shape (T,).
        ultimate: log seconds of the winner of the fastest class, nan where not known, shape (S,).
        kinds, seen, groups, waits: events.
        failures: prior of the factor on failures by mode, shape (M,).
        make_failures: prior of the factor of a make, shape (K,); infinite shape: fixed.
        known: number of stages that are over.
    """

    plan: Plan
    priors: Priors
    observations: Observations
    makes: tuple[str, ...]
    make: IndexArray
    cell_stage: IndexArray
    cell_car: IndexArray
    completed: BoolArray
    exposure: FloatArray
    matrix: FloatArray
    low: FloatArray
    high: FloatArray
    noise: FloatArray
    formation: BoolArray
    terrain_km: FloatArray
    terrain_prior: FloatArray
    ultimate: FloatArray
    kinds: Categories
    seen: Seen
    groups: Groups
    waits: tuple[Wait, ...]
    failures: GammaPrior
    make_failures: GammaPrior
    known: int

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.cell_stage)

    @property
    def rallies(self) -> int:
        """Number of rallies, this one and the earlier ones."""
        return 1 + int(self.groups.rally.max(initial=0))
