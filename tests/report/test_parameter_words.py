"""What is said of the values of parameters."""

from __future__ import annotations

import math

import pytest

from sim.report.parameters import value_text


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("crews.502.pace", math.log(0.9373), "-6.3 %"),
        ("crews.502.pace", math.log(1.154), "15 %"),
        ("crews.502.consistency", 0.00518, "0.52 %"),
        ("modes.arm.scale_km", 10_063.2, "10,063 km"),
        ("modes.arm.delay_min", 6.789, "6.79 min"),
        ("crews.502.failures", 1.5, "1.5"),
    ],
)
def test_a_value_has_its_unit_and_logs_of_times_are_percent(name: str, value: float, told: str) -> None:
    assert value_text(name, value) == told
