"""The base class of every table in a scenario file, and the number types they are built from.

What counts and times are made of has upper limits that no rally comes near: the engines keep counts in 16 bits and
seconds in 64, and what is too large for them would be cut off without a word.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from sim.model.units import HOUR_S, MINUTE_S, YEAR_S, parse_clock

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
CAR_PATTERN = r"([1-9][0-9]*|[A-Za-z][A-Za-z0-9_-]*)"


class Spec(BaseModel):
    """A table of a scenario file: frozen, strict, and without room for unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def _check_clock(text: str) -> str:
    parse_clock(text)
    return text


def _accept_int_as_float(value: object) -> object:
    """TOML writes 3 where 3.0 is meant; a bool is never a number."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _check_name(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name):
        raise ValueError("a name holds letters, digits, '_' and '-', and starts with a letter or digit")
    return name


def _check_car(car: str) -> str:
    if not re.fullmatch(CAR_PATTERN, car):
        raise ValueError("a car is called by its race number (without leading zeros) or by a name")
    return car


FOR_PEOPLE = "for people"
"""Marks a field that only tells a reader something: no rally runs differently for it."""

Text = Annotated[str, FOR_PEOPLE]
Number = Annotated[float, BeforeValidator(_accept_int_as_float)]
NotNegative = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
"""A probability or a fraction, both ends included."""
Factor = Annotated[Number, Field(ge=1, le=100)]
"""A multiplier that can only slow down or shorten: at least 1."""
Multiplier = Annotated[Number, Field(gt=0, le=1000)]
"""Of repair times or of failures; 1 changes nothing."""
PerHour = Annotated[Number, Field(ge=0, le=10)]
"""What an hour of lost sleep adds to a factor."""
LogPace = Annotated[Number, Field(ge=-2, le=2)]
"""Log of a time over the nominal one."""
PaceSpread = Annotated[Number, Field(ge=0, le=1)]
"""Standard deviation of the log of a driving time."""
Spread = Annotated[Number, Field(ge=0, le=5)]
"""Standard deviation of the log of a duration, or of a number of failures."""
Count = Annotated[int, Field(ge=0, le=10_000)]
AtLeastOne = Annotated[int, Field(ge=1, le=10_000)]
Km = Annotated[Number, Field(ge=0, le=10_000)]
"""Kilometres of road."""
Length = Annotated[Number, Field(gt=0, le=10_000)]
"""Kilometres of road, more than none."""
Speed = Annotated[Number, Field(ge=1, le=1000)]
"""Kilometres an hour."""
Seconds = Annotated[int, Field(ge=0, le=YEAR_S)]
WholeSeconds = Annotated[int, Field(gt=0, le=YEAR_S)]
"""Seconds, at least 1."""
Minutes = Annotated[Number, Field(ge=0, le=YEAR_S // MINUTE_S)]
SomeMinutes = Annotated[Number, Field(gt=0, le=YEAR_S // MINUTE_S)]
"""Minutes, more than none."""
Hours = Annotated[Number, Field(ge=0, le=YEAR_S // HOUR_S)]
SomeHours = Annotated[Number, Field(gt=0, le=YEAR_S // HOUR_S)]
"""Hours, more than none."""
Clock = Annotated[str, AfterValidator(_check_clock)]
"""Local time of day, "HH:MM" or "HH:MM:SS", from 00:00 to 23:59:59."""
Name = Annotated[str, AfterValidator(_check_name)]
Car = Annotated[str, AfterValidator(_check_car)]
