"""`rally choose` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.model.scenario import load
from sim.study.choice.goal import goal_of
from sim.study.choice.spec import proposals, read_study

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MARATHON = SCENARIOS / "examples/three-crews-marathon.toml"
HEAD = f"""
format = "rally-designs/1"
name = "what to carry"
scenario = "{MARATHON}"
"""
GOAL = 'goal = "crews.11.classified"\n'
DESIGNS = """
[designs."as it is"]
[designs.fragile]
asks = "punctures ten times as often"
set = ["modes.puncture.scale_km*=0.1"]
"""


def choose(folder: Path, text: str, *words: object) -> Result:
    file = folder / "designs.toml"
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, ["choose", str(file), *(str(word) for word in words)])


def document(folder: Path, text: str, *words: object) -> dict:
    out = folder / "choice.json"
    result = choose(folder, text, *words, "--json", out)
    assert result.exit_code == 0, result.output
    return json.loads(out.read_text())


def test_the_better_design_is_chosen_and_written_in_the_documented_form(tmp_path: Path) -> None:
    found = document(tmp_path, HEAD + GOAL + DESIGNS)
    assert list(found) == [
        "schema", "record", "goal", "indifference", "promise", "budget", "best", "others", "too_heavy", "posterior",
        "rallies",
    ]  # fmt: skip
    assert (found["best"]["name"], found["promise"], found["budget"]) == ("as it is", 0.95, None)
    (fragile,) = found["others"]
    assert fragile["told_apart"]
    assert fragile["behind"]["low"] > 0
    assert found["rallies"]["run"] == found["best"]["rallies"] + fragile["rallies"]


def test_the_digits_are_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    assert document(tmp_path, HEAD + GOAL + DESIGNS) == document(tmp_path, HEAD + GOAL + DESIGNS, "--workers", 2)


def test_designs_that_are_the_same_cannot_be_told_apart(tmp_path: Path) -> None:
    result = choose(tmp_path, HEAD + GOAL + "[designs.one]\n[designs.two]\n")
    assert "One other cannot be told apart from it." in " ".join(result.output.split())
    assert "the same in every rally" in result.output


def test_a_grid_leaves_out_loads_that_are_too_heavy(tmp_path: Path) -> None:
    grid = '[grid]\n"crews.11.spares.suspension_arm" = [0, 1]\n"crews.11.spares.puncture" = [1, 2, 100]\n'
    found = document(tmp_path, HEAD + GOAL + grid)
    names = {found["best"]["name"], *(other["name"] for other in found["others"])}
    assert names == {f"suspension_arm {arms}, puncture {wheels}" for arms in (0, 1) for wheels in (1, 2)}
    assert found["too_heavy"] == 2


def test_a_budget_is_kept(tmp_path: Path) -> None:
    found = document(tmp_path, HEAD + GOAL + "budget = 2000\n" + DESIGNS)
    assert (found["budget"], found["promise"]) == (2000, None)
    assert 1024 <= found["rallies"]["run"] <= 2000


def test_points_are_counted_by_final_place(tmp_path: Path) -> None:
    points = '[points]\nof = "crews.11"\nby_place = [3, 2, 1]\n'
    found = document(tmp_path, HEAD + "indifference = 0.1\n" + points + DESIGNS)
    assert found["goal"]["quantities"] == ["crews.11.place_1", "crews.11.place_2", "crews.11.place_3"]
    assert 0 < found["best"]["value"]["value"] < 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEAD + GOAL, "there is nothing to choose from"),
        (HEAD + GOAL + "[designs.one]\n", "there is one design only"),
        (HEAD + DESIGNS, "give either a goal"),
        (HEAD + GOAL + "promise = 0.9\nbudget = 9\n" + DESIGNS, "give either a promise"),
        (HEAD + GOAL + "promise = 1.5\n" + DESIGNS, "promise: must be < 1, got 1.5"),
        (HEAD + GOAL + "budget = 100\n" + DESIGNS, "budget: 2 designs take 1,024 rallies at least, got 100"),
        (HEAD + GOAL + "indiference = 0.1\n" + DESIGNS, "did you mean 'indifference'"),
        (HEAD + 'goal = "crews.11.wins"\n' + DESIGNS, "did you mean 'crews.11.win'"),
        (HEAD + 'goal = "crews.11.lost_s"\n' + DESIGNS, "unknown probability 'crews.11.lost_s'"),
        (HEAD + GOAL + '[grid]\n"crews.11.spares.puncture" = [99, 100]\n', "2 of 2 designs weigh too much"),
        (HEAD + GOAL + '[grid]\n"crews.11.pace" = []\n', 'grid."crews.11.pace": must have at least 1 entry'),
        (HEAD + GOAL + '[grid]\n"crews.11.pace" = [0, 0]\n', "makes the design 'pace 0' twice"),
        (HEAD + GOAL + DESIGNS + '[designs.odd]\nset = ["crews.11.pase=0"]\n', "designs.odd, crews.11.pase=0: unknown"),
        (HEAD.replace("three", "four") + GOAL + DESIGNS, "scenario: there is no file"),
        (HEAD + '[points]\nof = "crews.1"\nby_place = [1]\n' + DESIGNS, "unknown crew or team 'crews.1'"),
        (HEAD + '[points]\nof = "crews.11"\nby_place = [0, 0]\n' + DESIGNS, "all places count the same"),
        (HEAD + GOAL + DESIGNS + '[designs.gone]\nwithout = ["crews.11"]\n', "design 'gone': goal: unknown"),
    ],
)
def test_what_cannot_be_chosen_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    result = choose(tmp_path, text)
    assert result.exit_code == 2, result.output
    assert problem in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("words", ['extends = "three.toml"\n', 'format = "rally-scenario/1"\n'])
def test_of_a_scenario_it_is_told_only_that_it_is_no_file_of_designs(tmp_path: Path, words: str) -> None:
    result = choose(tmp_path, words + "[crews.11]\npace = 0.1\n")
    assert "1 error\n  format: " in result.output
    assert "rally-designs/1" in result.output


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    wrong = '[designs.one]\nset = ["crews.11.pase=0"]\n[designs.two]\nset = ["crews.11.pace=fast"]\n'
    result = choose(tmp_path, HEAD + GOAL + wrong)
    assert "2 errors" in result.output
    assert "designs.one, crews.11.pase=0" in result.output
    assert "designs.two" in result.output


@pytest.mark.parametrize("file", sorted((SCENARIOS / "studies").glob("*.toml")), ids=lambda file: file.stem)
def test_the_studies_that_ship_can_be_run(file: Path) -> None:
    study = read_study(file)
    first, *_ = proposals(study)
    plan = load(file.parent / study.scenario, "point", first.changes).plan()
    assert goal_of(study, plan).reach == 1.0
