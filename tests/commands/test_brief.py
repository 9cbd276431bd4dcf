"""`rally brief` as a user meets it: the evening in the terminal, as JSON, and as one page."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main

MARATHON = Path(__file__).resolve().parents[2] / "scenarios/examples/three-crews-marathon.toml"
FIVE_STAGES = Path(__file__).resolve().parents[2] / "scenarios/examples/six-crews-five-stages.toml"

STATE = """
format = "rally-state/1"
after_stage = "1"
note = "the arm of 61 breaks <b>"
crews.61 = { total_s = "10:30:00", damage = ["suspension_arm"], uncompleted = ["1"] }
crews.62 = { total_s = "8:10:00" }
crews.63 = { total_s = "8:20:00" }
crews.64 = { total_s = "8:15:00" }
crews.65 = { total_s = "8:40:00" }
crews.66 = { total_s = "9:40:00", retired = true }
"""


def brief(*words: object) -> Result:
    return CliRunner().invoke(main, ["brief", *(str(word) for word in words)])


@dataclass(frozen=True)
class Told:
    terminal: str
    document: dict
    page: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("brief")
    (folder / "state.toml").write_text(STATE)
    given = (FIVE_STAGES, "--state", folder / "state.toml", "-n", 30)
    result = brief(*given, "--json", folder / "b.json", "--html", folder / "b.html")
    assert result.exit_code == 0, result.stderr
    return Told(result.stdout, json.loads((folder / "b.json").read_text()), (folder / "b.html").read_text())


def test_the_json_form_has_the_documented_parts(told: Told) -> None:
    document = told.document
    assert list(document) == [
        "schema", "record", "after_stage", "stage", "note", "cars", "night", "jobs", "spares", "parts",
    ]  # fmt: skip
    assert (document["schema"], document["after_stage"], document["stage"]) == ("rally-brief/1", "1", "2")
    assert [car["car"] for car in document["cars"]] == ["61", "62", "63", "64", "65"]
    assert set(document["cars"][0]["win"]) == {"now", "change"}
    assert document["cars"][0]["win"]["change"] is None, "yesterday is not known"
    assert [(job["job"]["car"], job["job"]["mode"]) for job in document["jobs"]] == [("61", "suspension_arm")]


def test_all_seven_parts_stand_in_their_order_in_the_terminal_and_on_the_page(told: Told) -> None:
    for text in (told.terminal, told.page):
        titles = re.findall(r"^(?:<h2>)?([1-7])\. ", text, flags=re.MULTILINE)
        assert titles == list("1234567")


def test_the_page_needs_no_other_file_and_escapes_what_it_is_given(told: Told) -> None:
    assert not re.search(r"(src|href)=|@import|url\(|<script", told.page)
    assert "&lt;b&gt;" in told.page


def test_no_line_is_wider_than_the_terminal(told: Told) -> None:
    assert max(len(line.rstrip()) for line in told.terminal.splitlines()) <= 120


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say which evening: --after STAGE or --state FILE"),
        (("--after", "1"), "comes without evenings"),
    ],
)
def test_what_is_not_known_is_refused_with_exit_code_2(words: tuple[object, ...], said: str) -> None:
    result = brief(MARATHON, *words)
    assert result.exit_code == 2
    assert said in result.stderr
