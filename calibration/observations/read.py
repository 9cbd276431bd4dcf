"""From a folder to Observations: event.toml, the tables, and whether all of it can be true."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from calibration.facts import (
    Exposure,
    Finishers,
    Incident,
    Observations,
    Penalty,
    StandingRow,
    TimeRow,
    counted_stages,
)
from calibration.findings import Finding, ObservationError
from calibration.observations import event as events
from calibration.observations import lines
from calibration.observations.cells import names_of
from calibration.observations.checks import completed_and_not, ended_but_not_missed
from calibration.observations.event import Event, read_event, reporting_of
from calibration.observations.feasibility import infeasible
from calibration.observations.order import in_order
from calibration.observations.tables import Tables, read_tables
from sim.model.scenario import Scenario

AS_CHOSEN: Mapping[str, str] = MappingProxyType({})
"""The alternatives that event.toml chooses."""


def read(folder: str | Path, *, choices: Mapping[str, str] = AS_CHOSEN, lenient: bool = False) -> Observations:
    """Read and check all that is known of an event.

    If there is nothing wrong the order of the lines in the files makes no difference.

    Args:
        folder: with event.toml and the tables; calibration/data/README.md describes them.
        choices: other alternatives than event.toml chooses, by key.
        lenient: set wrong rows aside, and list them, instead of refusing the folder; of rows that contradict each other
            the fewest without which the others can be true, and all that may be wrong if that can be had in several
            ways. A file that cannot be read, or is no such table, is refused in any case.

    Raises ObservationError with all findings at once (but contradictions that rest on a table with other errors are
    told when these are mended), ScenarioError if it is the scenario of the event that is wrong.
    """
    path = Path(folder)
    event, scenario = read_event(path, choices)
    chosen = {key: choice.chosen for key, choice in event.choices.items()}
    names = names_of(scenario, {key: choice.alternatives for key, choice in event.choices.items()})
    tables = read_tables(path, names, chosen, lenient=lenient)
    found = [*tables.broken, *tables.wrong]
    obs = _observations(path, event, scenario, tables)
    # A check that reasons from what no row says needs all rows of the table in which it would stand.
    checks = (
        (partial(completed_and_not, lenient=lenient), ""),
        (ended_but_not_missed, lines.TimeLine.FILE),
        (partial(infeasible, lenient=lenient), lines.PenaltyLine.FILE),
    )
    holes = {finding.file for finding in found} if tables.broken or not lenient else set[str]()
    for check, whole in checks:
        if whole in holes:
            continue
        obs, findings = _sift(obs, check)
        found += findings
    if tables.broken or (found and not lenient):
        raise ObservationError(path, found)
    return replace(in_order(obs), set_aside=tuple(found))


def _sift(obs: Observations, check: Callable[[Observations], Iterable[Finding]]) -> tuple[Observations, list[Finding]]:
    """The observations without the rows that a check finds, and what it finds."""
    findings = list(check(obs))
    wrong = {(finding.file, finding.row) for finding in findings}
    times = tuple(row for row in obs.times if (row.FILE, row.row) not in wrong)
    standings = tuple(row for row in obs.standings if (row.FILE, row.row) not in wrong)
    incidents = tuple(row for row in obs.incidents if (row.FILE, row.row) not in wrong)
    return replace(obs, times=times, standings=standings, incidents=incidents), findings


def _observations(folder: Path, event: Event, scenario: Scenario, tables: Tables) -> Observations:
    return Observations(
        folder=folder,
        name=event.name,
        scenario=scenario,
        evening=len(counted_stages(scenario)),
        times=tuple(_time(row, line) for row, line in tables.of(lines.TimeLine)),
        standings=tuple(_standing(row, line) for row, line in tables.of(lines.StandingLine)),
        incidents=tuple(_incidents(scenario, tables)),
        penalties=tuple(
            Penalty(line.stage, line.car, line.low, line.high, row, line.source)
            for row, line in tables.of(lines.PenaltyLine)
        ),
        history=tuple(
            Exposure(line.rally, line.make, line.mode, line.count, line.car_rallies, row)
            for row, line in tables.of(lines.ExposureLine)
        ),
        shares={line.mode: line.count for _, line in tables.of(lines.ShareLine)},
        finishers=tuple(
            Finishers(line.group, line.edition, line.starters, line.finishers, line.meaning, row)
            for row, line in tables.of(lines.FinishersLine)
        ),
        ultimate={line.stage: line.time_s for _, line in tables.of(lines.UltimateLine)},
        reporting=reporting_of(event),
        digests=_digests(folder),
        set_aside=(),
    )


def _time(row: int, line: lines.TimeLine) -> TimeRow:
    return TimeRow(
        stage=line.stage,
        car=line.car,
        kind=line.kind,
        low=line.low,
        high=line.high,
        to=line.to or None,
        known_after=line.known_after or line.stage,
        row=row,
        source=line.source,
    )


def _standing(row: int, line: lines.StandingLine) -> StandingRow:
    return StandingRow(
        after=line.after,
        car=line.car,
        kind=line.kind,
        low=line.low,
        high=line.high,
        to=line.to or None,
        known_after=line.known_after or line.after,
        row=row,
        source=line.source,
    )


def _incidents(scenario: Scenario, tables: Tables) -> Iterator[Incident]:
    for row, line in tables.of(lines.IncidentLine):
        yield Incident(
            stage=line.stage,
            car=line.car,
            km_low=line.km_low,
            km_high=min(line.km_high, scenario.rally.stages[line.stage].special_km),
            modes=line.modes,
            severities=line.severity,
            count=line.count,
            repaired_by=line.repaired_by,
            lost_low_s=line.lost_low_s,
            lost_high_s=line.lost_high_s,
            row=row,
            source=line.source,
        )


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that was read; one that is not there has none."""
    names = [events.FILE, *(line.FILE for line in lines.LINES)]
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names if (folder / name).is_file()
    }
