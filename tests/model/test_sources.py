"""The shipped scenarios load, and say of every value where it comes from."""

from __future__ import annotations

import csv
import datetime
import re
from functools import reduce
from pathlib import Path

import pytest

from sim.model.evening import read_evening
from sim.model.scenario import Scenario, load

SCENARIOS = Path(__file__).parents[2] / "scenarios"
EVENINGS = sorted((SCENARIOS / "evenings").rglob("*.toml"))
FILES = sorted(file for file in SCENARIOS.rglob("*.toml") if file.parent.name != "studies")
REAL = sorted(SCENARIOS.glob("*.toml")) + EVENINGS
KEY = re.compile(r"\[([^\]]*)\]")


def keys_of_sources_md() -> set[str]:
    """The first column of the tables of keys and addresses."""
    text = (SCENARIOS / "SOURCES.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| (\w+) \| \S", text, re.MULTILINE)) - {"key"}


def shipped(file: Path) -> Scenario:
    """A scenario, or the one whose evening a state file is: that with the name of its folder."""
    if file not in EVENINGS:
        return load(file)
    return load(SCENARIOS / f"{file.parent.name}-evenings.toml", evening=read_evening(file))


def values(file: Path) -> dict[str, tuple[object, str]]:
    """Value and source text by path."""
    scenario = shipped(file)
    tree = scenario.rally.model_dump()
    return {
        path: (reduce(lambda node, key: node[key], path.split("."), tree), source.text)
        for path, source in scenario.sources.items()
    }


def says_something(value: object) -> bool:
    """Is it a number, a date, a clock, true or false, or a table or list of such: what needs a source?"""
    if isinstance(value, dict | list):
        return len(value) > 0
    return isinstance(value, bool | int | float | datetime.date) or bool(re.fullmatch(r"[\d:]+", str(value)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_scenario_becomes_a_plan(file):
    assert len(shipped(file).plan().stages) >= 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_number_has_a_source(file):
    assert [path for path, (value, text) in values(file).items() if says_something(value) and not text] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_assumption_says_why(file):
    texts = {text for _, text in values(file).values() if text.startswith("assumed")}
    assert [text for text in texts if not re.match(r"assumed: \S.{5}", text, re.DOTALL)] == []


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.stem)
def test_what_is_neither_assumed_nor_fitted_names_its_source_by_a_key(file):
    texts = {text for _, text in values(file).values() if text and not text.startswith(("assumed: ", "fitted"))}
    assert [text for text in texts if not KEY.search(text)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_key_of_a_source_text_stands_in_sources_md(file):
    keys = {key for _, text in values(file).values() for key in KEY.findall(text)}
    assert sorted(keys - keys_of_sources_md()) == []


@pytest.mark.parametrize("file", sorted(SCENARIOS.rglob("*.csv")), ids=lambda file: file.stem)
def test_every_row_of_official_results_names_known_sources(file):
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows != []
    assert [row for row in rows if not KEY.findall(row["source"])] == []
    assert sorted({key for row in rows for key in KEY.findall(row["source"])} - keys_of_sources_md()) == []


def test_no_key_of_sources_md_stands_for_two_sources():
    text = (SCENARIOS / "SOURCES.md").read_text(encoding="utf-8")
    keys = re.findall(r"^\| ([A-Z]\w*) \| \S", text, re.MULTILINE)
    assert sorted({key for key in keys if keys.count(key) > 1}) == []
