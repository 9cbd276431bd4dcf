"""What the papers tell of a simulated rally: the rows of the tables of an event.

The winner's time to the second, exact gaps of the front half, places of everybody else. Of the failures some, each with
the probability of being told; now and then without the cause. What is told of a loss is rounded to the minute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from calibration.facts import Reporting
from calibration.observations.cells import ANY_MODE
from calibration.observe.happened import Failure
from sim.engine.day import Day
from sim.engine.replay import Replay
from sim.model.plan import Plan, StagePlan
from sim.model.units import MINUTE_S, clock_text
from sim.study.standings import OverallRow, overall_after

SOURCE_KEY = "RUN"
"""Resolved in the SOURCES.md of the folder."""
CAUSE_NOT_TOLD = 0.15
"""Share of the told failures whose cause is not."""

Cells = dict[str, str | int]
"""A row of a table by column; what is not there is empty."""


def times(replay: Replay) -> list[Cells]:
    """Rows of times.csv: a car that is out of the rally has not completed what comes after, either."""
    rows: list[Cells] = []
    for stage in replay.plan.stages:
        days = {crew: day for (s, crew), day in replay.days.items() if s == stage.index}
        finished = sorted(
            (crew for crew, day in days.items() if day.completed), key=lambda crew: (_result_s(days[crew]), crew)
        )
        for place, crew in enumerate(finished, start=1):
            rows += _completed(replay.plan, stage, place, crew, finished[0], days)
        for crew, plan in enumerate(replay.plan.crews):
            if crew not in finished:
                rows.append(_row(stage=stage.name, car=plan.car, kind="not_completed", **_attributed(days.get(crew))))
    return rows


def standings(replay: Replay) -> list[Cells]:
    """Rows of standings.csv: the front half every evening, everybody at the finish."""
    counted = [stage for stage in replay.plan.stages if stage.spec.counted]
    return [
        row
        for stage in counted
        for standing in overall_after(replay, stage.index)
        if standing.rank and (stage is counted[-1] or standing.rank <= _front(replay.plan))
        for row in _standing(replay, stage, standing)
    ]


def penalties(replay: Replay) -> list[Cells]:
    """Rows of penalties.csv; those of a special that was not completed are in what was attributed for it."""
    return [
        _row(stage=replay.plan.stages[stage].name, car=replay.plan.crews[crew].car, **_exactly(day.penalty_s))
        for (stage, crew), day in sorted(replay.days.items())
        if day.completed and day.penalty_s
    ]


def incidents(
    replay: Replay, failures: Sequence[Failure], reporting: Reporting, rng: np.random.Generator
) -> list[Cells]:
    """Rows of incidents.csv: two uniforms for each failure, whether it is told, and whether its cause is."""
    rally = replay.plan.rally
    makes = {car: rally.teams[crew.team].make for car, crew in rally.crews.items()}
    rows = []
    for failure in failures:
        chance = reporting.probability(makes[failure.car], failure.mode, failure.severities[-1], failure.lost_s)
        told, cause = rng.random(2)
        if told < chance:
            rows.append(_incident(failure, rally.stages[failure.stage].special_km, cause_told=cause >= CAUSE_NOT_TOLD))
    return rows


def _incident(failure: Failure, length_km: float, *, cause_told: bool) -> Cells:
    km = f"{min(round(failure.km), length_km):g}"
    row = _row(
        stage=failure.stage,
        car=failure.car,
        km_low=km,
        km_high=km,
        modes=failure.mode if cause_told else ANY_MODE,
        severity="|".join(failure.severities),
        count=1,
        repaired_by=failure.repaired_by,
        note=clock_text(failure.time_s) + ("" if cause_told else "; the cause is not told"),
    )
    return row | _minutes(failure)


def _minutes(failure: Failure) -> Cells:
    """What is told of the loss: nobody knows what a limp costs, nor how a halt would have ended."""
    if failure.severities not in {("delay",), ("halt",), ("strand",)} or failure.lost_s == 0:
        return {}
    low = MINUTE_S * math.floor(failure.lost_s / MINUTE_S + 0.5) - MINUTE_S // 2
    return {"lost_low_s": max(low, 0), "lost_high_s": low + MINUTE_S - 1}


def _completed(plan: Plan, stage: StagePlan, place: int, crew: int, winner: int, days: dict[int, Day]) -> list[Cells]:
    where: Cells = {"stage": stage.name, "car": plan.crews[crew].car}
    rows = [_row(**where, kind="position", **_exactly(place))]
    if place == 1:
        rows.append(_row(**where, kind="time", **_exactly(days[crew].seconds)))
    elif place <= _front(plan):
        gap = _exactly(days[crew].seconds - days[winner].seconds)
        rows.append(_row(**where, kind="gap", **gap, to=plan.crews[winner].car))
    return rows


def _standing(replay: Replay, stage: StagePlan, standing: OverallRow) -> list[Cells]:
    crews = replay.plan.crews
    where: Cells = {"after": stage.name, "car": crews[standing.crew].car}
    rows = [_row(**where, kind="position", **_exactly(standing.rank or 0))]
    if standing.rank == 1:
        return [*rows, _row(**where, kind="total", **_exactly(standing.total_s))]
    leader = overall_after(replay, stage.index)[0]
    return [*rows, _row(**where, kind="gap", **_exactly(standing.gap_s or 0), to=crews[leader.crew].car)]


def _front(plan: Plan) -> int:
    """The last place of the front half."""
    return math.ceil(len(plan.crews) / 2)


def _result_s(day: Day) -> int:
    """What a stage is ranked by: the time with all penalties, as the readers of the tables take it."""
    return day.seconds + day.penalty_s


def _attributed(day: Day | None) -> Cells:
    """Seconds attributed for a special that was not completed; nothing to a car that is out."""
    return _exactly(_result_s(day)) if day is not None and day.seconds else {}


def _exactly(value: int) -> Cells:
    return {"low": value, "high": value}


def _row(**cells: str | int) -> Cells:
    return {**cells, "source": f"[{SOURCE_KEY}]"}
