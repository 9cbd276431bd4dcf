"""Draws as they are written: no more digits than they mean, and shares that still add up."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.parameter_file import rounded


def test_numbers_are_rounded_to_five_digits():
    names = ["crews.12.pace", "modes.puncture.scale_km"]
    assert rounded(names, np.array([[0.012345678, 123456.7]])).tolist() == [[0.012346, 123460.0]]


def test_totals_are_rounded_to_whole_seconds():
    assert rounded(["state.crews.12.total_s"], np.array([[123456.7]])).tolist() == [[123457.0]]


def test_what_rounding_takes_from_the_shares_of_a_severity_falls_to_the_largest():
    names = [f"modes.arm.severity.{name}" for name in ("delay", "limp", "halt")]
    found = rounded([*names, "recovery.hours"], np.array([[0.1111149, 0.1111149, 0.7777702, 6.0]]))
    assert found.tolist() == [[0.11111, 0.11111, 0.77778, 6.0]]


def test_shares_of_two_modes_add_up_each_for_itself():
    names = [f"modes.{mode}.severity.{name}" for mode in ("arm", "belt") for name in ("halt", "limp", "delay")]
    draws = np.random.default_rng(1).dirichlet([1.0, 1.0, 0.1], (1000, 2)).reshape(1000, 6)
    found = rounded(names, draws)
    assert found[:, :3].sum(axis=1) == pytest.approx(np.ones(1000), abs=1e-12)
    assert found[:, 3:].sum(axis=1) == pytest.approx(np.ones(1000), abs=1e-12)
    assert found == pytest.approx(draws, abs=1.5e-5)
