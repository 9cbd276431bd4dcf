"""Seconds, clocks and durations."""

import numpy as np
import pytest

from sim.model.units import clock_text, duration_text, parse_clock, whole_seconds


def test_halves_are_rounded_to_the_even_second():
    assert whole_seconds([0.5, 1.5, 2.5, 3.5, -0.5, -1.5]).tolist() == [0, 2, 2, 4, 0, -2]


def test_everything_else_is_rounded_to_the_nearest_second():
    assert whole_seconds([0.4999, 0.5001, 86399.51]).tolist() == [0, 1, 86400]


def test_rounded_seconds_are_64_bit_integers():
    assert whole_seconds(2.6).dtype == np.int64


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:00", 0), ("09:05", 32_700), ("09:05:07", 32_707), ("19:00", 68_400), ("23:59:59", 86_399)],
)
def test_a_clock_is_read_as_seconds_after_midnight(text, seconds):
    assert parse_clock(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "9:00", "24:00", "12:60", "12:00:60", "12", "12.00", " 12:00", "12:00 ", "-1:00", "12:00:00.5"]
)
def test_any_other_text_is_no_clock(text):
    with pytest.raises(ValueError, match='a local time is written "HH:MM" or "HH:MM:SS", got '):
        parse_clock(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "day 1 00:00:00"), (86_399, "day 1 23:59:59"), (86_400, "day 2 00:00:00"), (209_385, "day 3 10:09:45")],
)
def test_the_rally_clock_counts_days_from_1(seconds, text):
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00:00"),
        (59, "0:00:59"),
        (3_599, "0:59:59"),
        (30_869, "8:34:29"),
        (209_385, "58:09:45"),
        (-61, "-0:01:01"),
    ],
)
def test_a_duration_counts_hours_beyond_a_day(seconds, text):
    assert duration_text(seconds) == text


def test_a_padded_duration_has_two_digits_of_hours():
    assert [duration_text(s, pad=True) for s in (32_707, -32_707, 209_385)] == ["09:05:07", "-09:05:07", "58:09:45"]
