"""The rows of an event in one order, whatever the order in its files."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from calibration.facts import Exposure, Finishers, Incident, Observations, Penalty, Row, StandingRow, stages_by_date
from sim.model.plan import car_order


def in_order(obs: Observations) -> Observations:
    """The same observations, rows by stage in the order of the rally, by car in the order of a plan, then by content.

    What is known of earlier rallies is ordered by its content, counts by mode and seconds by stage as in the scenario.
    """
    stages = stages_by_date(obs.scenario)

    def place(row: Row | Incident | Penalty) -> tuple[Any, ...]:
        stage = row.after if isinstance(row, StandingRow) else row.stage
        return stages.index(stage), car_order(row.car), _content(row)

    return replace(
        obs,
        times=tuple(sorted(obs.times, key=place)),
        standings=tuple(sorted(obs.standings, key=place)),
        incidents=tuple(sorted(obs.incidents, key=place)),
        penalties=tuple(sorted(obs.penalties, key=place)),
        history=tuple(sorted(obs.history, key=_content)),
        finishers=tuple(sorted(obs.finishers, key=_content)),
        shares={mode: obs.shares[mode] for mode in obs.scenario.rally.modes if mode in obs.shares},
        ultimate={stage: obs.ultimate[stage] for stage in stages if stage in obs.ultimate},
    )


def _content(row: Row | Incident | Penalty | Exposure | Finishers) -> tuple[Any, ...]:
    """All of a row but its line number; rows of one kind either all have another car or none has."""
    return tuple(getattr(row, field.name) for field in fields(row) if field.name != "row")
