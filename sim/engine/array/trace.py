"""What the array engine tells of a few replications, in the words of the journal, so that the twins can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.engine.journal import Entry, Kind, Phase
from sim.model.arrays import FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan

NameArray = npt.NDArray[np.object_]

TOLD = (
    Kind.DELAY,
    Kind.LIMP,
    Kind.HALT,
    Kind.STRAND,
    Kind.WRECK,
    Kind.REPAIR,
    Kind.WAIT,
    Kind.HAND_OVER,
    Kind.STAY,
    Kind.TRUCK,
    Kind.WITHDRAW,
    Kind.CLOSED,
    Kind.RECOVERY,
    Kind.FINISH,
    Kind.OVER_TIME,
    Kind.JOB,
)
"""Kinds of happenings that are told."""


@dataclass(frozen=True)
class Tale:
    """One kind of happening to n cars of a stage, arrays of shape (n,); what does not belong to it is None."""

    kind: Kind
    units: IndexArray
    time_s: IntArray
    km: FloatArray | None = None
    mode: int | IndexArray | None = None
    helper: NameArray | None = None
    end_s: IntArray | None = None
    seconds: IntArray | None = None
    spares: IntArray | None = None
    renewal: IntArray | None = None


class Trace:
    """Tales of a block of replications; units are cars, car c of replication r is c * N + r."""

    def __init__(self, plan: Plan, rows: int) -> None:
        self._plan, self._rows = plan, rows
        self._tales: list[tuple[StagePlan, Tale]] = []

    def add(self, stage: StagePlan, tale: Tale) -> None:
        """Keep a tale."""
        self._tales.append((stage, tale))

    def journals(self) -> list[list[Entry]]:
        """What was told of each replication, in no particular order; phases and laps are not known."""
        journals: list[list[Entry]] = [[] for _ in range(self._rows)]
        for stage, tale in self._tales:
            for row, entry in self._entries(stage, tale):
                journals[row].append(entry)
        return journals

    def _entries(self, stage: StagePlan, tale: Tale) -> list[tuple[int, Entry]]:
        count = len(tale.units)
        modes = [""] * count
        if tale.mode is not None:
            modes = np.array(self._plan.modes.names)[np.broadcast_to(tale.mode, count)].tolist()
        blank: list[None] = [None] * count
        columns = [
            blank if values is None else values.tolist()
            for values in (tale.km, tale.end_s, tale.seconds, tale.spares, tale.renewal)
        ]
        helpers = [""] * count if tale.helper is None else tale.helper.tolist()
        return [
            (
                unit % self._rows,
                Entry(
                    time_s=time,
                    phase=Phase.OWN,
                    car=self._plan.crews[unit // self._rows].car,
                    stage=stage.name,
                    km=km,
                    kind=tale.kind,
                    mode=mode,
                    helper=helper,
                    end_s=end,
                    seconds=seconds,
                    spares=spares,
                    renewal=renewal,
                ),
            )
            for unit, time, mode, helper, km, end, seconds, spares, renewal in zip(
                tale.units.tolist(), tale.time_s.tolist(), modes, helpers, *columns, strict=True
            )
        ]
