"""Means and differences in words."""

from __future__ import annotations

from sim.report.quantities import UNITS


def test_a_difference_that_rounds_to_nothing_has_no_minus() -> None:
    assert UNITS["probability"].change(-0.0004) == "+0.0"


def test_a_mean_that_rounds_to_nothing_has_no_minus() -> None:
    assert UNITS["probability"].number(-0.0004) == "0.0"
