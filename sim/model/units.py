"""Seconds, clocks and durations: the only place where time is rounded, read or written."""

from __future__ import annotations

import re

import numpy as np

from sim.model.arrays import IntArray, Real

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400
YEAR_S = 365 * DAY_S
"""No duration of a rally is longer."""

_DURATION = re.compile(r"(\d+):([0-5]\d):([0-5]\d)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def whole_seconds(seconds: Real) -> IntArray:
    """Round seconds to whole ones, halves to the even second; scalars and arrays alike.

    Every drawn or computed duration passes here exactly once, so that sums are exact in any order.
    """
    return np.asarray(np.rint(seconds), dtype=np.int64)


def parse_clock(text: str) -> int:
    """Seconds after midnight of a local time "HH:MM" or "HH:MM:SS".

    Raises ValueError if the text is anything else.
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f'a local time is written "HH:MM" or "HH:MM:SS", got {text!r}')
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * HOUR_S + minutes * MINUTE_S + seconds


def parse_duration(text: str) -> int:
    """Seconds of a duration "h:mm:ss".

    Raises ValueError if the text is anything else.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f'a duration is written "h:mm:ss", got {text!r}')
    hours, minutes, seconds = map(int, match.groups())
    return hours * HOUR_S + minutes * MINUTE_S + seconds


def clock_text(time_s: int) -> str:
    """Rally clock as "day 3 14:05:09"; day 1 begins at second 0."""
    day, rest = divmod(int(time_s), DAY_S)
    return f"day {day + 1} {duration_text(rest, pad=True)}"


def duration_text(seconds: int, *, pad: bool = False) -> str:
    """A duration as "h:mm:ss", negative ones with a minus; `pad` writes two digits of hours."""
    sign = "-" if seconds < 0 else ""
    hours, rest = divmod(abs(int(seconds)), HOUR_S)
    minutes, secs = divmod(rest, MINUTE_S)
    return f"{sign}{hours:02d}:{minutes:02d}:{secs:02d}" if pad else f"{sign}{hours}:{minutes:02d}:{secs:02d}"
