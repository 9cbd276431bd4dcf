"""What contradicts itself in words: places given twice, specials completed and not, and ended but not missed."""

from __future__ import annotations

from collections.abc import Iterator

from calibration.facts import OUT_OF_THE_SPECIAL, Incident, Observations, Row
from calibration.findings import Finding


def contradictions(obs: Observations) -> Iterator[Finding]:
    """One finding for each row that contradicts an earlier one of its file."""
    yield from _places_given_twice(obs)
    yield from _completed_and_not(obs)


def _places_given_twice(obs: Observations) -> Iterator[Finding]:
    first: dict[tuple[str, str], int] = {}
    places: list[tuple[Row, str]] = []
    places += [(row, f"on stage {row.stage}") for row in obs.times if row.kind == "position"]
    places += [(row, f"after stage {row.after}") for row in obs.standings if row.kind == "position"]
    for row, where in places:
        place = f"place {row.low:.0f} {where}"
        earlier = first.setdefault((row.FILE, place), row.row)
        if earlier != row.row:
            yield Finding(row.FILE, row.row, "low", f"{place} is given to another car in line {earlier}")


def _completed_and_not(obs: Observations) -> Iterator[Finding]:
    """Who has a time, a place or a gap on a stage, or is the other car of a gap, completed the special."""
    said: dict[tuple[str, str], tuple[bool, int]] = {}
    for row in obs.times:
        if row.kind == "at_start":
            continue
        completed = row.kind != "not_completed"
        for car, column in ((row.car, "kind"), (row.to, "to")):
            if car is None:
                continue
            earlier, line = said.setdefault((row.stage, car), (completed, row.row))
            if earlier != completed:
                words = {True: "completed", False: "not completed"}
                problem = f"says that car {car} has {words[completed]} stage {row.stage}, line {line} that it has "
                yield Finding(row.FILE, row.row, column, problem + ("not" if completed else "completed it"))


def ended_but_not_missed(obs: Observations) -> Iterator[Finding]:
    """One finding for each incident that must have ended a special of which it is not said that it was missed."""
    missed = {(row.stage, row.car) for row in obs.times if row.kind == "not_completed"}
    for row in obs.incidents:
        severities = _possible(obs, row)
        if (row.stage, row.car) not in missed and set(severities) <= set(OUT_OF_THE_SPECIAL):
            needed = f"times.csv needs a row not_completed of car {row.car} on stage {row.stage}"
            yield Finding(row.FILE, row.row, "severity", f"{' or '.join(severities)} ends the special, so {needed}")


def _possible(obs: Observations, row: Incident) -> list[str]:
    """The severities of an incident that happen with one of its modes."""
    shares = [obs.scenario.rally.modes[mode].severity for mode in row.modes]
    return [severity for severity in row.severities if any(getattr(share, severity) > 0 for share in shares)]
