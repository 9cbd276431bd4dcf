"""What contradicts itself in words: places given twice, and specials that were completed and not completed."""

from __future__ import annotations

from collections.abc import Iterator

from calibration.facts import Observations, Row
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
