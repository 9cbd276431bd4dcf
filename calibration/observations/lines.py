"""The lines of the tables of an event: one model a file, its fields the columns.

A cell is checked for itself by its type, the line as a whole by `problems`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from calibration.facts import counted_stages, stages_by_date
from calibration.observations.cells import (
    Amount,
    CarName,
    Choice,
    CountedName,
    High,
    HighKm,
    HighSeconds,
    Keys,
    KindOfStanding,
    KindOfTime,
    LaterName,
    Low,
    LowFromZero,
    LowKm,
    Make,
    MeaningName,
    ModeName,
    ModeNames,
    Names,
    RepairerName,
    Seconds,
    SeverityNames,
    StageName,
    Whole,
    shortest_s,
)
from sim.model.findings import unknown
from sim.model.units import HOUR_S, duration_text

LONGEST_S = 36 * HOUR_S
"""No special takes longer, and none is attributed more than twice as long."""

Problem = tuple[str, str]
"""Column, and what is wrong."""


class Line(BaseModel):
    """A line of a table; its fields are the columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    FILE: ClassVar[str]
    KEY: ClassVar[tuple[str, ...]]
    """The columns in which no two lines that count may agree."""

    def problems(self, names: Names) -> Iterator[Problem]:
        """What is wrong although every cell is right for itself."""
        del names
        return iter(())


class TimeLine(Line):
    """What is known of a car on a stage."""

    FILE = "times.csv"
    KEY = ("stage", "car", "kind", "to")

    stage: StageName
    car: CarName
    kind: KindOfTime
    low: Low
    high: High
    to: str
    known_after: LaterName
    choice: Choice
    source: Keys
    note: str

    def problems(self, names: Names) -> Iterator[Problem]:
        """Interval, sense of the kind, and what no car can do."""
        yield from _interval(self.low, self.high)
        yield from _other_car(self, names)
        yield from _not_before(self.known_after, self.stage, names)
        if self.kind == "position":
            yield from _place(self.low, self.high, names)
        elif self.kind == "time":
            yield from _limits(self.low, self.high, shortest_s(names.scenario, self.stage), LONGEST_S)
        elif self.kind == "gap":
            yield from _limits(self.low, self.high, -LONGEST_S, LONGEST_S)
        elif self.kind == "not_completed":
            yield from _limits(self.low, self.high, 0, 2 * LONGEST_S)
        elif math.isfinite(self.low) or math.isfinite(self.high):
            yield "low", f"must be empty, as must be high: {self.kind} has no number"
        if self.kind in ("time", "gap") and math.isinf(self.low) and math.isinf(self.high):
            yield "low", f"is empty, and so is high: a {self.kind} needs one of them"


class StandingLine(Line):
    """What is known of the standing of a car after a stage."""

    FILE = "standings.csv"
    KEY = ("after", "car", "kind", "to")

    after: CountedName
    car: CarName
    kind: KindOfStanding
    low: Low
    high: High
    to: str
    known_after: LaterName
    choice: Choice
    source: Keys
    note: str

    def problems(self, names: Names) -> Iterator[Problem]:
        """Interval, sense of the kind, and what no car can do."""
        counted = counted_stages(names.scenario)
        run = counted[: counted.index(self.after) + 1]
        longest = 2 * LONGEST_S * len(run)
        yield from _interval(self.low, self.high)
        yield from _other_car(self, names)
        yield from _not_before(self.known_after, self.after, names)
        if self.kind == "position":
            yield from _place(self.low, self.high, names)
        elif self.kind == "total":
            yield from _limits(self.low, self.high, sum(shortest_s(names.scenario, stage) for stage in run), longest)
        else:
            yield from _limits(self.low, self.high, -longest, longest)
        if math.isinf(self.low) and math.isinf(self.high):
            yield "low", f"is empty, and so is high: a {self.kind} needs one of them"


class IncidentLine(Line):
    """Something that was reported to have happened to a car."""

    FILE = "incidents.csv"
    KEY = ("stage", "car", "km_low", "km_high", "modes", "severity", "note")

    stage: StageName
    car: CarName
    km_low: LowKm
    km_high: HighKm
    modes: ModeNames
    severity: SeverityNames
    count: Whole
    repaired_by: RepairerName
    lost_low_s: LowFromZero
    lost_high_s: HighSeconds
    choice: Choice
    source: Keys
    note: str

    def problems(self, names: Names) -> Iterator[Problem]:
        """Kilometres of the special, a mode that can be that severe and so mended, and something lost, not won."""
        length = names.scenario.rally.stages[self.stage].special_km
        yield from _interval(self.km_low, self.km_high, "km_low", "km_high")
        for column, km in (("km_low", self.km_low), ("km_high", self.km_high)):
            if math.isfinite(km) and not 0 <= km <= length:
                yield column, f"must be from 0 to {length:g}, the special, got {km:g}"
        shares = [names.scenario.rally.modes[mode].severity for mode in self.modes]
        if not any(getattr(share, severity) > 0 for share in shares for severity in self.severity):
            yield "severity", f"{' or '.join(self.severity)} does not happen with {' or '.join(self.modes)}"
        yield from self._repair_problems(names)
        if self.count < 1:
            yield "count", f"must be at least 1, got {self.count}"
        yield from _interval(self.lost_low_s, self.lost_high_s, "lost_low_s", "lost_high_s")
        if self.lost_low_s < 0:
            yield "lost_low_s", f"must be >= 0, got {self.lost_low_s:g}"

    def _repair_problems(self, names: Names) -> Iterator[Problem]:
        """A halt that crews never mend was not mended by one, and one that they always mend by nobody else."""
        if not self.repaired_by or "halt" not in self.severity:
            return
        by_crew = self.repaired_by == "crew"
        if all(names.scenario.rally.modes[mode].crew_repair == (0 if by_crew else 1) for mode in self.modes):
            does = "never mends" if by_crew else "always mends"
            said = f"a crew {does} a halt by {' or '.join(self.modes)}, whose crew_repair is {0 if by_crew else 1}"
            yield "repaired_by", f"cannot be {self.repaired_by}: {said}"


class PenaltyLine(Line):
    """Seconds given to a car by the stewards for a stage."""

    FILE = "penalties.csv"
    KEY = ("stage", "car", "low", "high", "note")

    stage: StageName
    car: CarName
    low: LowFromZero
    high: HighSeconds
    source: Keys
    note: str

    def problems(self, names: Names) -> Iterator[Problem]:
        """Interval, and nothing given back."""
        del names
        yield from _interval(self.low, self.high)
        if self.low < 0:
            yield "low", f"must be >= 0, got {self.low:g}"


class ExposureLine(Line):
    """Reports of a failure mode at an earlier rally."""

    FILE = "history.csv"
    KEY = ("rally", "make", "mode")

    rally: str
    make: Make
    mode: ModeName
    count: Whole
    car_rallies: Amount
    source: Keys
    note: str

    def problems(self, names: Names) -> Iterator[Problem]:
        """Something was driven."""
        del names
        if self.car_rallies <= 0:
            yield "car_rallies", f"must be > 0, got {self.car_rallies:g}"


class ShareLine(Line):
    """Published failures of other classes."""

    FILE = "shares.csv"
    KEY = ("mode",)

    mode: ModeName
    count: Whole
    note: str


class FinishersLine(Line):
    """How many of a group of starters finished an earlier edition."""

    FILE = "finishers.csv"
    KEY = ("group", "edition", "meaning")

    group: str
    edition: Whole
    starters: Whole
    finishers: Whole
    meaning: MeaningName
    source: Keys
    note: str

    def problems(self, names: Names) -> Iterator[Problem]:
        """No more finishers than starters."""
        del names
        if self.finishers > self.starters:
            yield "finishers", f"must be <= starters, {self.starters}, got {self.finishers}"


class UltimateLine(Line):
    """Winning time of the fastest class."""

    FILE = "ultimate.csv"
    KEY = ("stage",)

    stage: StageName
    time_s: Seconds
    source: Keys

    def problems(self, names: Names) -> Iterator[Problem]:
        """What no car can do."""
        yield from _limits(
            self.time_s, self.time_s, shortest_s(names.scenario, self.stage), LONGEST_S, "time_s", "time_s"
        )


LINES: tuple[type[Line], ...] = (
    TimeLine,
    StandingLine,
    IncidentLine,
    PenaltyLine,
    ExposureLine,
    ShareLine,
    FinishersLine,
    UltimateLine,
)
"""One a file, in the order in which the files are read."""


def _interval(low: float, high: float, low_column: str = "low", high_column: str = "high") -> Iterator[Problem]:
    if low > high:
        yield low_column, f"must be <= {high_column}, {high:g}, got {low:g}"


def _limits(
    low: float, high: float, least: float, most: float, low_column: str = "low", high_column: str = "high"
) -> Iterator[Problem]:
    """Ends that are not open have to lie between two limits, both included."""
    for column, end in dict.fromkeys(((low_column, low), (high_column, high))):
        if math.isfinite(end) and not least <= end <= most:
            given = f"{end:g} ({duration_text(int(end))})"
            yield column, f"must be from {math.ceil(least)} to {most:.0f} seconds, got {given}"


def _place(low: float, high: float, names: Names) -> Iterator[Problem]:
    cars = len(names.scenario.rally.crews)
    if low != high:
        yield "low", "must be equal to high: a place is one number"
    elif low not in range(1, cars + 1):
        yield "low", f"must be a place from 1 to {cars}, got {low:g}"


def _other_car(line: TimeLine | StandingLine, names: Names) -> Iterator[Problem]:
    known = names.known["car"]
    if line.kind != "gap":
        if line.to:
            yield "to", f"must be empty: only a gap is to another car, got {line.to!r}"
    elif line.to not in known:
        yield "to", unknown("car", line.to, known)
    elif line.to == line.car:
        yield "to", f"must be another car, got {line.to!r}"


def _not_before(known_after: str, stage: str, names: Names) -> Iterator[Problem]:
    order = stages_by_date(names.scenario)
    if known_after and order.index(known_after) < order.index(stage):
        yield "known_after", f"must not be before stage {stage}, got {known_after!r}"
