"""The library of what-ifs: each changes what runs, says what it asks, and stands in the table of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.model.changes import Changes
from sim.model.plan import run_alike
from sim.model.scenario import load
from sim.model.spec import Rally

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "scenarios/what-if").glob("*.toml"))
TABLE = (ROOT / "docs/what-if.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def base() -> Rally:
    return load(ROOT / "scenarios/dakar-2026.toml").rally


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_what_if_changes_what_runs_and_says_what_it_asks_and_rests_on(file, base):
    rally = load(file).rally
    assert not run_alike(base, rally)
    assert rally.name.startswith("What if: ")
    question, mark, rest = rally.description.partition("? ")
    assert mark
    assert "assum" in rest
    assert f"| {file.stem} | {question}? | {rest} |" in TABLE


def test_the_table_of_answers_has_no_other_what_ifs():
    assert [line.split()[1] for line in TABLE.splitlines() if line.startswith("| ") and "?" in line] == [
        file.stem for file in FILES
    ]


def test_texts_for_people_are_no_part_of_what_runs(base):
    renamed = base.model_copy(update={"name": "Another", "description": "And so on."})
    assert run_alike(base, renamed)


def test_other_values_are(base):
    file = ROOT / "scenarios/dakar-2026.toml"
    for setting in ("regulations.jokers=3", "crews.502.failures=1.1", "modes.puncture.scale_km*=1.01"):
        assert not run_alike(base, load(file, changes=Changes((setting,))).rally)
    assert run_alike(
        base, load(file, changes=Changes(("crews.502.driver=Somebody", "modes.puncture.label=flat"))).rally
    )
