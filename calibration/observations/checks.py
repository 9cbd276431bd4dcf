"""What contradicts itself in words: specials completed and not, and ended but not missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from calibration.facts import OUT_OF_THE_SPECIAL, Incident, Observations, TimeRow
from calibration.findings import Finding

Said = list[tuple[TimeRow, str]]
"""Rows that say the same of a car, each with the column that names the car or what it did."""


def completed_and_not(obs: Observations, *, lenient: bool) -> Iterator[Finding]:
    """Who has a time, a place or a gap on a stage, or is the other car of a gap, completed the special.

    If that is said, and that it was not, what fewer rows say is wrong. If as many say the one as the other the later
    rows are found or, if `lenient`, all of them.
    """
    said: dict[tuple[str, str], tuple[Said, Said]] = defaultdict(lambda: ([], []))
    for row in obs.times:
        for car, column in ((row.car, "kind"), (row.to, "to")):
            if car is not None and row.kind != "at_start":
                said[row.stage, car][row.kind != "not_completed"].append((row, column))
    for (stage, car), (missed, done) in said.items():
        if not (missed and done):
            continue
        tied = len(missed) == len(done)
        later = max(missed, done, key=lambda side: side[0][0].row)
        wrong = [missed, done] if tied and lenient else [later if tied else min(missed, done, key=len)]
        for side in wrong:
            problem = f"{_against(car, stage, missed, done, of=side)}{'; neither counts' if len(wrong) > 1 else ''}"
            yield from (Finding(row.FILE, row.row, column, problem) for row, column in side)


def _against(car: str, stage: str, missed: Said, done: Said, *, of: Said) -> str:
    others = missed if of is done else done
    lines = f"line{'s' if len(others) > 1 else ''} {' and '.join(str(row.row) for row, _ in others)}"
    if of is done:
        return f"says that car {car} has completed stage {stage}, {lines} that it has not"
    return f"says that car {car} has not completed stage {stage}, {lines} that it has completed it"


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
