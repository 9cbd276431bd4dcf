"""Pairs of rallies: replication k of a base and replication k of a variant of it, with the same luck.

Luck has addresses (common random numbers), so the two rallies of a pair meet the very same rocks and live in the same
draw of the parameters; they differ by what was changed and by what follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.engine.outcomes import OTHER_CAUSES, Outcomes
from sim.model.arrays import IntArray
from sim.model.plan import Plan, car_order, run_alike
from sim.model.units import whole_seconds
from sim.study.quantities import Kind, catalogue

NOBODY = -1
"""Stands for the winner where nobody wins whom both rallies have."""


@dataclass(frozen=True)
class Pairing:
    """A base and a variant, and what the two have in common.

    Attributes:
        base, variant: the plans.
        same: are they the same in everything that runs? Then no rally of one can differ from that of the other.
        quantities: what both can be asked, with its kind, in the order of the base.
        cars: race numbers of the crews in both, in their order.
        causes, stages: names of the causes of losses and of the stages of either, those of the base first.
    """

    base: Plan
    variant: Plan
    same: bool
    quantities: dict[str, Kind]
    cars: tuple[str, ...]
    causes: tuple[str, ...]
    stages: tuple[str, ...]

    @classmethod
    def of(cls, base: Plan, variant: Plan) -> Pairing:
        """Pair what both plans have."""
        asked = catalogue(variant)
        cars = {crew.car for crew in base.crews} & {crew.car for crew in variant.crews}
        return cls(
            base=base,
            variant=variant,
            same=run_alike(base.rally, variant.rally),
            quantities={name: kind for name, kind in catalogue(base).items() if name in asked},
            cars=tuple(sorted(cars, key=car_order)),
            causes=(*dict.fromkeys((*base.modes.names, *variant.modes.names)), *OTHER_CAUSES),
            stages=_either([stage.name for stage in base.stages], [stage.name for stage in variant.stages]),
        )

    @property
    def unpaired(self) -> dict[str, list[str]]:
        """Race numbers of the crews that only one has, by "base" and "variant"."""
        cars = {"base": self.base.crews, "variant": self.variant.crews}
        return {side: [crew.car for crew in crews if crew.car not in self.cars] for side, crews in cars.items()}

    @property
    def cells(self) -> int:
        """Number of pairs of a cause and a stage: cell = cause * S + stage."""
        return len(self.causes) * len(self.stages)

    def cell_name(self, cell: int) -> tuple[str, str]:
        """(cause, stage) of a cell; ("", "") of the one after the last, which stands for whatever else."""
        if cell == self.cells:
            return "", ""
        return self.causes[cell // len(self.stages)], self.stages[cell % len(self.stages)]

    def look(self, outcomes: Outcomes) -> Seen:
        """The outcomes of either plan as the pairing sees them."""
        losses, stages = outcomes.losses, len(self.stages)
        cause, stage = _positions(outcomes.causes, self.causes), _positions(outcomes.stages, self.stages)
        crew = _positions(outcomes.cars, self.cars)
        own = crew[losses.crew] != NOBODY
        return Seen(
            place=outcomes.rank[:, [outcomes.cars.index(car) for car in self.cars]],
            winner=np.where(np.any(outcomes.rank == 1, axis=1), crew[np.argmax(outcomes.rank == 1, axis=1)], NOBODY),
            row=losses.row[own],
            crew=crew[losses.crew[own]],
            cell=(cause[losses.cause] * stages + stage[losses.stage])[own],
            lost_s=whole_seconds(losses.lost_s)[own],
            retired=losses.retired[own].astype(np.int64),
        )


@dataclass(frozen=True)
class Seen:
    """n rallies with the crews, causes and stages of a pairing.

    Attributes:
        place: final place among all crews of its rally, 0 for the retired, shape (n, C).
        winner: index of the winner, NOBODY if there is none or it is not in both rallies, shape (n,).
        row, crew, cell, lost_s, retired: entries of the losses, shape (k,) each; see `Losses`.
    """

    place: IntArray
    winner: IntArray
    row: IntArray
    crew: IntArray
    cell: IntArray
    lost_s: IntArray
    retired: IntArray

    def ended_by(self, other: int) -> IntArray:
        """The cell by which each crew retired, `other` if there is none, shape (n, C)."""
        cells = np.full(self.place.shape, other, dtype=np.int64)
        out = self.retired > 0
        cells[self.row[out], self.crew[out]] = self.cell[out]
        return cells


def _either(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, *others)))


def _positions(names: Sequence[str], among: Sequence[str]) -> IntArray:
    """Where each name stands among others, NOBODY if it does not, shape (k,)."""
    return np.array([among.index(name) if name in among else NOBODY for name in names], dtype=np.int64)
