"""What happened, as far as it was published: places at the end, times of stages, final totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration.facts import Observations, Row, counted_stages
from sim.study.errors import StudyError

Interval = tuple[float, float]
"""Seconds, both ends included and finite."""


@dataclass(frozen=True)
class Truth:
    """What forecasts of a rally are held against.

    Attributes:
        places: final place of each car whose place is known: these are scored, and they were classified.
        unplaced: the cars whose final place nobody published, which are not scored.
        total_s: final total by car.
        stage_s: time of a counted special by (stage, car), without penalties.
    """

    places: dict[str, int]
    unplaced: tuple[str, ...]
    total_s: dict[str, Interval]
    stage_s: dict[tuple[str, str], Interval]


def truth_of(observations: Observations) -> Truth:
    """The truth of a rally that is over.

    Raises StudyError if the place of no car at the end is known.
    """
    stages = counted_stages(observations.scenario)
    final = [row for row in observations.standings if row.after == stages[-1]]
    places = {row.car: int(row.low) for row in final if row.kind == "position"}
    if not places:
        raise StudyError(
            f"{observations.folder}: standings.csv has no position after stage {stages[-1]}, so there is nothing "
            "to hold forecasts against"
        )
    return Truth(
        places=places,
        unplaced=tuple(car for car in observations.cars if car not in places),
        total_s=_seconds(final, "total"),
        stage_s={
            (stage, car): seconds
            for stage in stages
            for car, seconds in _seconds([row for row in observations.times if row.stage == stage], "time").items()
        },
    )


def _seconds(rows: Sequence[Row], own: str) -> dict[str, Interval]:
    """Seconds by car from rows of the kind `own`, and from gaps to cars whose seconds are known."""
    known = {row.car: (row.low, row.high) for row in rows if row.kind == own}
    gaps = [row for row in rows if row.kind == "gap"]
    for _ in gaps:
        for row in gaps:
            if row.car not in known and row.to in known:
                low, high = known[row.to]
                known[row.car] = low + row.low, high + row.high
    return {car: (low, high) for car, (low, high) in known.items() if abs(low) + abs(high) < float("inf")}
