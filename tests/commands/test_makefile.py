"""The Makefile: what its targets would do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def commands(*words: str) -> str:
    """The commands that make would run where the environment has variables of the same names."""
    environment = {**os.environ, "OUT": "thesis", "SCENARIO": "other.toml"}
    command = ["make", "--dry-run", "--no-print-directory", *words]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True).stdout


def test_clean_removes_the_folder_out_and_no_other_whatever_is_given() -> None:
    for words in (["clean"], ["clean", "OUT=thesis"]):
        removed = commands(*words).split()
        assert "out" in removed
        assert "thesis" not in removed


def test_variables_of_the_environment_are_not_taken_for_those_of_the_makefile() -> None:
    assert "odds scenarios/dakar-2026.toml --figures out/figures" in commands("figures")


def test_the_scenario_and_the_folder_can_be_named_on_the_command_line() -> None:
    told = commands("figures", "SCENARIO=mine.toml", "OUT=pictures")
    assert "odds mine.toml --figures pictures/figures" in told
