"""What comes out of a study: one row a replication, one column a crew, in the order of the race numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.model.rules import results

OTHER_CAUSES = ("late", "over_time")
"""Causes of a loss besides the failure modes, `Plan.late` and `Plan.over_time`."""


@dataclass(frozen=True)
class Losses:
    """Where time and specials were lost, one entry for each (replication, crew, stage, cause) that cost something.

    Attributes:
        row: row of the outcomes, shape (k,).
        crew, stage, cause: indices, shape (k,); causes are the modes of the plan, then OTHER_CAUSES.
        lost_s: seconds lost; of an uncompleted special, what it cost over a clean run.
        uncompleted: was the special not completed because of it?
        retired: did it end the rally of the crew?
    """

    row: IntArray
    crew: IntArray
    stage: IntArray
    cause: IntArray
    lost_s: FloatArray
    uncompleted: BoolArray
    retired: BoolArray


@dataclass(frozen=True)
class Outcomes:
    """Results of n replications for C crews and S stages.

    Attributes:
        cars: race numbers, in their order.
        stages: names, in the order of the rally.
        counted: does the stage count (a prologue does not)?
        causes: names of the causes of losses.
        replication: index of each replication, shape (n,).
        status: a `Status` each, shape (n, C).
        total_s: counted seconds plus penalties, shape (n, C); of a retired crew, up to its retirement.
        penalty_s: penalties in it, shape (n, C).
        stage_s: seconds of each special, attributed ones included, shape (n, C, S); 0 where it was not in the race.
        sporting_s: penalties that count for the start order, shape (n, C, S).
        completed: was the special completed, shape (n, C, S).
        retired_km: special-km of the rally at which the crew retired, infinite if it did not, shape (n, C).
        losses: where it was lost.
    """

    cars: tuple[str, ...]
    stages: tuple[str, ...]
    counted: tuple[bool, ...]
    causes: tuple[str, ...]
    replication: IntArray
    status: npt.NDArray[np.int8]
    total_s: IntArray
    penalty_s: IntArray
    stage_s: IntArray
    sporting_s: IntArray
    completed: BoolArray
    retired_km: FloatArray
    losses: Losses

    def __len__(self) -> int:
        return len(self.replication)

    @property
    def classified(self) -> BoolArray:
        """Finished or rejoined, shape (n, C)."""
        return np.asarray(self.status != results.Status.RETIRED)

    @property
    def rank(self) -> IntArray:
        """Final place among the classified, from 1, 0 for the retired, shape (n, C)."""
        return results.standings(self.total_s, self.classified)

    @property
    def positions(self) -> IntArray:
        """Place on each stage, from 1, 0 where it was not completed, shape (n, C, S)."""
        by_stage = [
            results.stage_positions(self.stage_s[:, :, s], self.sporting_s[:, :, s], self.completed[:, :, s])
            for s in range(len(self.stages))
        ]
        return np.stack(by_stage, axis=-1)


def concatenate(parts: Sequence[Outcomes]) -> Outcomes:
    """Outcomes of several runs of one plan, in the order given; at least one."""
    first = parts[0]
    offsets = np.cumsum([0, *(len(part) for part in parts[:-1])])
    joined = {
        f.name: np.concatenate([getattr(part, f.name) for part in parts])
        for f in fields(Outcomes)
        if isinstance(getattr(first, f.name), np.ndarray)
    }
    losses = {f.name: np.concatenate([getattr(part.losses, f.name) for part in parts]) for f in fields(Losses)}
    losses["row"] = np.concatenate([part.losses.row + offset for part, offset in zip(parts, offsets, strict=True)])
    return Outcomes(
        cars=first.cars,
        stages=first.stages,
        counted=first.counted,
        causes=first.causes,
        losses=Losses(**losses),
        **joined,
    )
