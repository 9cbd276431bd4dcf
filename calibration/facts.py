"""What is known of a rally: one record a row of its tables (calibration/data/README.md describes them).

Seconds and kilometres are intervals with both ends included: a value that was published in minutes is an interval, a
bound is open at one end. An open end is -inf or inf. `row` is the line number in the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import ClassVar, Literal

from calibration.findings import Finding
from sim.model.plan import car_order
from sim.model.scenario import Scenario
from sim.model.units import duration_text

TimeKind = Literal["time", "gap", "position", "completed", "not_completed", "at_start"]
StandingKind = Literal["total", "gap", "position"]
Repairer = Literal["crew", "truck", "team_mate"]
Meaning = Literal["classified", "every_special"]

OUT_OF_THE_SPECIAL = ("strand", "wreck")
"""Severities after which a car has to be fetched."""


@dataclass(frozen=True)
class TimeRow:
    """What is known of a car on a stage.

    Attributes:
        stage, car: which.
        kind: `time` of the special, all but steward penalties; `gap` behind car `to` on the stage; `position` in the
            class on the stage; `completed`, and nothing else known; `not_completed`, with the seconds attributed for it
            if they were published; `at_start`, it took the start of the special, and nothing else known.
        low, high: seconds, or places, both included.
        to: the other car of a gap.
        known_after: the stage on whose evening it is known, its own unless it was told later.
        row, source: line in the file, keys of the sources.
    """

    FILE: ClassVar[str] = "times.csv"

    stage: str
    car: str
    kind: TimeKind
    low: float
    high: float
    to: str | None
    known_after: str
    row: int
    source: str

    @property
    def text(self) -> str:
        """What the row says, in words."""
        return f"car {self.car} on stage {self.stage}: {_said(self.kind, self.low, self.high, self.to)}"


@dataclass(frozen=True)
class StandingRow:
    """What is known of the standing of a car in the class after a stage; penalties are in it, a prologue is not.

    Attributes:
        after, car: the last stage that counts in it, and whose it is.
        kind: `total` in seconds; `gap` behind car `to`; `position`.
        low, high, to, known_after, row, source: as in TimeRow.
    """

    FILE: ClassVar[str] = "standings.csv"

    after: str
    car: str
    kind: StandingKind
    low: float
    high: float
    to: str | None
    known_after: str
    row: int
    source: str

    @property
    def text(self) -> str:
        """What the row says, in words."""
        return f"car {self.car} after stage {self.after}: {_said(self.kind, self.low, self.high, self.to)}"


Row = TimeRow | StandingRow


@dataclass(frozen=True)
class Incident:
    """Something that was reported to have happened to a car.

    Attributes:
        stage, car: where and to whom.
        km_low, km_high: of the special, both included; 0 and its length if not known.
        modes: those of the scenario that it may have been; all of them if nothing is known.
        severities: those that it may have had.
        count: how many of the kind (two punctures are 2).
        repaired_by: a Repairer; "" if it is not known, if there was nothing to repair, or if it was done in a bivouac.
        lost_low_s, lost_high_s: seconds that the source puts down to it, both included; 0 and inf if it does not.
        row, source: as in TimeRow.
    """

    FILE: ClassVar[str] = "incidents.csv"

    stage: str
    car: str
    km_low: float
    km_high: float
    modes: tuple[str, ...]
    severities: tuple[str, ...]
    count: int
    repaired_by: str
    lost_low_s: float
    lost_high_s: float
    row: int
    source: str


@dataclass(frozen=True)
class Penalty:
    """Seconds given to a car by the stewards for a stage, both ends included; 0 to inf if the size is not known."""

    stage: str
    car: str
    low: float
    high: float
    row: int
    source: str


@dataclass(frozen=True)
class Exposure:
    """Reports of a failure mode at an earlier rally.

    Attributes:
        rally, make, mode: whose failures, and where.
        count: reports of them.
        car_rallies: how much was driven, in cars times rallies of the counted length of the scenario.
        row: line in the file.
    """

    rally: str
    make: str
    mode: str
    count: int
    car_rallies: float
    row: int


@dataclass(frozen=True)
class Finishers:
    """How many of a group of starters finished an earlier edition: classified, or with every special completed."""

    group: str
    edition: int
    starters: int
    finishers: int
    meaning: Meaning
    row: int


@dataclass(frozen=True)
class Told:
    """How likely it is that what happens to a car of a make gets into the sources.

    Attributes:
        serious_from_s: a loss of more seconds than this is serious; so is a car that has to be fetched.
        serious, minor: probabilities of being told.
        by_mode: takes the place of `minor` for single modes.
        source: where the numbers come from.
    """

    serious_from_s: float
    serious: float
    minor: float
    by_mode: dict[str, float]
    source: str


@dataclass(frozen=True)
class Reporting:
    """How much is told of what happens, by make."""

    makes: dict[str, Told]

    def probability(self, make: str, mode: str, severity: str, lost_s: float) -> float:
        """Probability that a failure gets into the sources; raises KeyError for an unknown make."""
        told = self.makes[make]
        if severity in OUT_OF_THE_SPECIAL or lost_s > told.serious_from_s:
            return told.serious
        return told.by_mode.get(mode, told.minor)


@dataclass(frozen=True)
class Observations:
    """All that is known of a rally, and of rallies before it.

    Attributes:
        folder, name: where it was read from, and what it is called.
        scenario: the forecast of the rally; stages, cars and modes are its.
        evening: how many counted stages have been run.
        times, standings, incidents, penalties: of the stages run, by stage, then by car.
        history, finishers: of earlier rallies.
        shares: counts of published failures in other classes of earlier rallies, by mode.
        ultimate: winning seconds of the fastest class by stage.
        reporting: how much gets told.
        digests: SHA-256 of each file.
        set_aside: the rows that were left out as wrong.
    """

    folder: Path
    name: str
    scenario: Scenario
    evening: int
    times: tuple[TimeRow, ...]
    standings: tuple[StandingRow, ...]
    incidents: tuple[Incident, ...]
    penalties: tuple[Penalty, ...]
    history: tuple[Exposure, ...]
    shares: dict[str, int]
    finishers: tuple[Finishers, ...]
    ultimate: dict[str, float]
    reporting: Reporting
    digests: dict[str, str]
    set_aside: tuple[Finding, ...]

    @cached_property
    def cars(self) -> tuple[str, ...]:
        """Race numbers in the order of a plan."""
        return tuple(sorted(self.scenario.rally.crews, key=car_order))

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The counted stages that have been run, in order."""
        return counted_stages(self.scenario)[: self.evening]

    @cached_property
    def run(self) -> tuple[str, ...]:
        """All stages that have been run, in order, a prologue among them."""
        order = stages_by_date(self.scenario)
        return order[: order.index(self.stages[-1]) + 1] if self.stages else ()

    def until(self, stages: int) -> Observations:
        """What is known on the evening after so many counted stages; 0 is before the prologue: history only.

        A result is known on the evening of its stage, whenever the page was published that it was read from, unless
        the row says that it was told or can be inferred only later. Raises ValueError for more stages than have been
        run.
        """
        if not 0 <= stages <= self.evening:
            raise ValueError(f"evenings are 0 to {self.evening}, got {stages}")
        evening = replace(self, evening=stages)
        run = evening.run
        return replace(
            evening,
            times=tuple(row for row in self.times if row.known_after in run),
            standings=tuple(row for row in self.standings if row.known_after in run),
            incidents=tuple(row for row in self.incidents if row.stage in run),
            penalties=tuple(row for row in self.penalties if row.stage in run),
            ultimate={stage: seconds for stage, seconds in self.ultimate.items() if stage in run},
        )


def stages_by_date(scenario: Scenario) -> tuple[str, ...]:
    """All stages, a prologue included, in the order in which they are run."""
    stages = scenario.rally.stages
    return tuple(sorted(stages, key=lambda name: stages[name].date))


def counted_stages(scenario: Scenario) -> tuple[str, ...]:
    """The stages that count in the totals, in the order in which they are run."""
    return tuple(name for name in stages_by_date(scenario) if scenario.rally.stages[name].counted)


def _said(kind: str, low: float, high: float, to: str | None) -> str:
    if kind == "position":
        return f"place {low:.0f}"
    if kind in ("completed", "not_completed", "at_start"):
        return kind.replace("_", " ")
    behind = f" behind car {to}" if kind == "gap" else ""
    return f"{kind} {_interval_text(low, high)}{behind}"


def _interval_text(low: float, high: float) -> str:
    if low == high:
        return duration_text(int(low))
    if not isfinite(high):
        return f"at least {duration_text(int(low))}"
    if not isfinite(low):
        return f"at most {duration_text(int(high))}"
    return f"{duration_text(int(low))} to {duration_text(int(high))}"
