"""The cells of the tables of an event: what they may name and how they are written.

Every check raises a ValueError in the words of a finding. What a cell may name (stages, cars, modes, ...) comes with
the validation, as its context.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, get_args

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from calibration.facts import Meaning, Repairer, StandingKind, TimeKind, counted_stages
from sim.model.findings import unknown
from sim.model.scenario import Scenario
from sim.model.spec.modes import SEVERITIES
from sim.model.units import HOUR_S, MINUTE_S

FASTEST_KMH = 200
"""No car covers a special at a higher mean speed: rally cars are held to 170 km/h."""
ANY_MODE = "?"
"""Stands for every mode of the scenario."""


@dataclass(frozen=True)
class Names:
    """What the cells may name.

    Attributes:
        scenario: of the event.
        choices: alternatives by key.
        known: all names of a kind, by kind.
    """

    scenario: Scenario
    choices: dict[str, list[str]]
    known: dict[str, tuple[str, ...]]


def names_of(scenario: Scenario, choices: dict[str, list[str]]) -> Names:
    """The names of a scenario and of the formats, with the choices of an event."""
    rally = scenario.rally
    known = {
        "stage": tuple(rally.stages),
        "counted stage": counted_stages(scenario),
        "car": tuple(rally.crews),
        "mode": tuple(rally.modes),
        "make": tuple(sorted({team.make for team in rally.teams.values()})),
        "severity": SEVERITIES,
        "kind of a time": get_args(TimeKind),
        "kind of a standing": get_args(StandingKind),
        "repairer": get_args(Repairer),
        "meaning": get_args(Meaning),
    }
    return Names(scenario, choices, known)


def shortest_s(scenario: Scenario, stage: str) -> float:
    """Seconds of a special at the highest mean speed."""
    return HOUR_S * scenario.rally.stages[stage].special_km / FASTEST_KMH


def _one_name(kind: str, *, or_empty: bool = False) -> BeforeValidator:
    def check(text: str, info: ValidationInfo[Names]) -> str:
        known = info.context.known[kind]
        if text not in known and (text or not or_empty):
            raise ValueError(unknown(kind, text, known))
        return text

    return BeforeValidator(check)


def _some_names(kind: str) -> BeforeValidator:
    """Names joined by |."""

    def check(text: str, info: ValidationInfo[Names]) -> tuple[str, ...]:
        known = info.context.known[kind]
        if text == ANY_MODE and kind == "mode":
            return known
        names = tuple(text.split("|"))
        wrong = [unknown(kind, name, known) for name in names if name not in known]
        if wrong:
            raise ValueError("; ".join(wrong))
        if len(set(names)) < len(names):
            raise ValueError(f"names one twice: {text!r}")
        return names

    return BeforeValidator(check)


def _choice(text: str, info: ValidationInfo[Names]) -> str:
    """Empty, or key:alternative of a choice of the event."""
    if not text:
        return text
    key, colon, alternative = text.partition(":")
    choices = info.context.choices
    if key not in choices:
        raise ValueError(unknown("choice", key, choices))
    if not colon or alternative not in choices[key]:
        raise ValueError(unknown(f"alternative of {key}", alternative, choices[key]))
    return text


def _keys(text: str) -> str:
    if not re.fullmatch(r"\[\w+\]( \[\w+\])*", text):
        raise ValueError(f"must be keys of sources, as [S3] [TG3], got {text!r}")
    return text


def _number(pattern: str, words: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {words}, got {text!r}{_in_seconds(text) if 'seconds' in words else ''}")
        return float(text)

    return read


def _in_seconds(text: str) -> str:
    """What to write for 4:31:05, or for 22:37, which can be read in two ways; "" if it is no such time."""
    found = re.fullmatch(r"([+-]?)([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]+)?))?", text)
    if not found:
        return ""
    sign, first, second, third = found.groups()
    minus = "-" if sign == "-" else ""
    if third is None:
        small, large = (f"{minus}{unit * int(first) + unit // 60 * int(second)}" for unit in (MINUTE_S, HOUR_S))
        return f"; write seconds ({small} if these are minutes and seconds, {large} if hours and minutes)"
    seconds = HOUR_S * int(first) + MINUTE_S * int(second) + float(third)
    return f"; write seconds ({minus}{seconds:.12g})"


def _open(end: float, words: str) -> BeforeValidator:
    """A number that may be left out; then it is `end`."""
    read = _number(r"-?[0-9]{1,12}(\.[0-9]+)?", f"a number of {words} or empty")
    return BeforeValidator(lambda text: read(text) if text else end)


def _whole(text: str) -> int:
    return int(_number(r"[0-9]{1,12}", "a whole number")(text))


StageName = Annotated[str, _one_name("stage")]
CountedName = Annotated[str, _one_name("counted stage")]
LaterName = Annotated[str, _one_name("counted stage", or_empty=True)]
CarName = Annotated[str, _one_name("car")]
ModeName = Annotated[str, _one_name("mode")]
ModeNames = Annotated[tuple[str, ...], _some_names("mode")]
SeverityNames = Annotated[tuple[str, ...], _some_names("severity")]
Make = Annotated[str, _one_name("make")]
KindOfTime = Annotated[TimeKind, _one_name("kind of a time")]
KindOfStanding = Annotated[StandingKind, _one_name("kind of a standing")]
RepairerName = Annotated[str, _one_name("repairer", or_empty=True)]
MeaningName = Annotated[Meaning, _one_name("meaning")]
Choice = Annotated[str, AfterValidator(_choice)]
Keys = Annotated[str, AfterValidator(_keys)]
Low = Annotated[float, _open(-math.inf, "seconds or a place")]
High = Annotated[float, _open(math.inf, "seconds or a place")]
LowFromZero = Annotated[float, _open(0.0, "seconds")]
HighSeconds = Annotated[float, _open(math.inf, "seconds")]
LowKm = Annotated[float, _open(0.0, "kilometres")]
HighKm = Annotated[float, _open(math.inf, "kilometres")]
Whole = Annotated[int, BeforeValidator(_whole)]
Seconds = Annotated[float, BeforeValidator(_number(r"[0-9]{1,12}(\.[0-9]+)?", "a number of seconds"))]
Amount = Annotated[float, BeforeValidator(_number(r"[0-9]{1,12}(\.[0-9]+)?", "a number"))]
