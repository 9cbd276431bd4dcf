"""`rally contingency` as a user meets it: the card in the terminal, as JSON, and as one page."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main

MARATHON = str(Path(__file__).resolve().parents[2] / "scenarios/examples/three-crews-marathon.toml")


def contingency(*words: object) -> Result:
    return CliRunner().invoke(main, ["contingency", *(str(word) for word in words)])


@dataclass(frozen=True)
class Told:
    terminal: str
    document: dict
    page: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("card")
    given = (MARATHON, "--stage", 2, "--car", 11, "-n", 30, "--json", folder / "c.json", "--html", folder / "c.html")
    result = contingency(*given, "--set", "crews.11.driver=<b>Ann & Bob</b>")
    assert result.exit_code == 0
    return Told(result.stdout, json.loads((folder / "c.json").read_text()), (folder / "c.html").read_text())


def test_the_json_form_has_every_mode_zone_and_action(told: Told) -> None:
    document = told.document
    assert list(document) == ["schema", "record", "stage", "car", "penalty", "zones", "without", "modes"]
    assert (document["schema"], document["stage"], document["car"]) == ("rally-contingency/1", "2", "11")
    assert len(document["zones"]) == 3
    assert document["modes"]
    for mode in document["modes"]:
        for cell in mode["cells"]:
            can = [action["action"] for action in cell["actions"]]
            assert set(can) | set(cell["cannot"]) == {"alone", "team_mate", "truck", "limp", "withdraw"}
            assert not set(can) & set(cell["cannot"])
            assert cell["best"]["best"] in can


def test_the_command_of_the_record_gives_the_same_card(told: Told, tmp_path: Path) -> None:
    file = tmp_path / "again.json"
    words = shlex.split(told.document["record"]["command"])[1:]
    assert CliRunner().invoke(main, [*words, "--json", str(file)]).exit_code == 0
    assert json.loads(file.read_text()) == told.document


def test_the_page_needs_no_other_file_and_escapes_what_it_is_given(told: Told) -> None:
    assert not re.search(r"(src|href)=|@import|url\(|<script", told.page)
    assert "&lt;b&gt;Ann &amp; Bob&lt;/b&gt;" in told.page
    assert "size: A4" in told.page


def test_a_full_page_has_no_more_rows_than_fit_on_it(told: Told) -> None:
    """70 rows of 3.35 mm and ten lines of text are 268 mm of the 279 mm that a sheet has: five modes have 50 rows."""
    rows = told.page.count("<tr") / max(len(told.document["modes"]), 1)
    assert rows * 5 <= 70


def test_no_line_is_wider_than_the_terminal(told: Told) -> None:
    assert max(len(line.rstrip()) for line in told.terminal.splitlines()) <= 120


def test_what_the_terminal_shows_stands_on_the_page(told: Told) -> None:
    for row in told.document["modes"]:
        name = row["mode"].replace("_", " ")
        assert name in told.terminal.replace("\n", " ")
    for text in (told.terminal, told.page):
        assert "stage 2: if car 11" in text


def test_a_folder_with_the_evening_of_no_stage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evenings").mkdir()
    state = 'format = "rally-state/1"\nafter_stage = "88"\n[crews]\n'
    (tmp_path / "evenings" / "odd.toml").write_text(state, encoding="utf-8")
    variant = tmp_path / "variant.toml"
    variant.write_text(f'extends = "{Path(MARATHON).as_posix()}"\nevenings = "evenings"\n', encoding="utf-8")
    result = contingency(variant, "--stage", 2, "--car", 11)
    assert result.exit_code == 2
    assert "odd.toml" in result.stderr
    assert "after_stage: unknown stage '88'" in result.stderr


@pytest.mark.parametrize(
    ("words", "told_"),
    [
        (("--stage", 3, "--car", 11), "unknown stage '3'"),
        (("--stage", 2, "--car", 14), "unknown crew '14'; known: 11, 12, 13"),
        (("--stage", 2), "Missing option '--car'"),
    ],
)
def test_what_is_not_there_is_refused_with_exit_code_2(words: tuple[object, ...], told_: str) -> None:
    result = contingency(MARATHON, *words)
    assert result.exit_code == 2
    assert told_ in result.stderr
    assert "Traceback" not in result.stderr
