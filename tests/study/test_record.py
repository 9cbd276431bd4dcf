"""The record with which numbers are computed again."""

from __future__ import annotations

import platform
import re

import numpy as np

from sim.study.record import Record, installed_versions


def test_a_record_names_everything_that_the_numbers_depend_on() -> None:
    record = Record(
        scenario="Dakar",
        file="dakar.toml",
        digest="ab12",
        parameters="drawn from a fit, 4 draws",
        seed=2**64 - 1,
        first_replication=5,
        replications=100,
        engine="event",
        intervals="fixed",
        command="rally odds dakar.toml -n 100",
        versions={"python": "3.11.2"},
    )
    assert record.as_json() == {
        "scenario": "Dakar",
        "file": "dakar.toml",
        "digest": "ab12",
        "parameters": "drawn from a fit, 4 draws",
        "seed": 18446744073709551615,
        "first_replication": 5,
        "replications": 100,
        "engine": "event",
        "intervals": "fixed",
        "command": "rally odds dakar.toml -n 100",
        "versions": {"python": "3.11.2"},
    }


def test_the_versions_are_those_of_what_computes() -> None:
    versions = installed_versions()
    assert list(versions) == ["python", "rally-endurance", "numpy", "scipy", "simpy"]
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{8}", versions["rally-endurance"])
    assert (versions["python"], versions["numpy"]) == (platform.python_version(), np.__version__)
