"""What a sensitivity study found, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sim.study.quantities import Kind
from sim.study.record import Record
from sim.study.sensitivity.ranges import Range
from sim.study.sensitivity.sobol import Indices
from sim.study.sensitivity.spread import Spread
from sim.study.sensitivity.tornado import Tornado

SCHEMA = "rally-sensitivity/1"


@dataclass(frozen=True)
class Sensitivity:
    """The answers to one quantity.

    Attributes:
        quantity, kind: what was asked.
        replications: of each mean.
        tornado: one parameter at a time.
        joint_ranges, points: the parameters that were moved together, and how many points there were; none, and 0.
        joint: their indices; None if they were not asked for, or the mean never moved.
        spread: luck against parameters; None for a scenario that draws none.
    """

    quantity: str
    kind: Kind
    replications: int
    tornado: Tornado
    joint_ranges: Sequence[Range]
    points: int
    joint: Sequence[Indices] | None
    spread: Spread | None

    def as_json(self, record: Record) -> dict[str, Any]:
        """The documented form "rally-sensitivity/1"."""
        return {
            "schema": SCHEMA,
            "record": record.as_json(),
            "quantity": self.quantity,
            "base": self.tornado.base.as_json(),
            "one_at_a_time": [
                {
                    "parameter": swing.range.name,
                    "values": [swing.range.low, swing.range.middle, swing.range.high],
                    "at_low": swing.low.as_json(),
                    "at_high": swing.high.as_json(),
                }
                for swing in self.tornado.swings
            ],
            "points": self.points,
            "together": [
                {"parameter": moved.name, "first_order": index.first.as_json(), "total": index.total.as_json()}
                for moved, index in zip(self.joint_ranges if self.joint else (), self.joint or (), strict=True)
            ],
            "spread": self.spread and _spread_json(self.spread),
        }


def _spread_json(spread: Spread) -> dict[str, Any]:
    return {
        "mean": spread.mean,
        "draws": spread.draws,
        "between": spread.between.as_json(),
        "within": spread.within,
        "share_of_parameters": spread.share.as_json(),
    }
