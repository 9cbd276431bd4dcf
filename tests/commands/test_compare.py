"""`rally compare` from the command line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.study import blocks

EXAMPLES = Path(__file__).resolve().parents[2] / "scenarios/examples"
MARATHON, ONE = EXAMPLES / "three-crews-marathon.toml", EXAMPLES / "one-crew-one-stage.toml"
STRONGER = ("--set", "modes.suspension_arm.scale_km*=2")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 128 rallies."""
    monkeypatch.setitem(blocks.BLOCK, "array", 128)


def rally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def compared(*words: object, folder: Path, code: int = 0) -> dict[str, Any]:
    result = rally("compare", *words, "--json", folder / "c.json")
    assert result.exit_code == code, result.output
    document: dict[str, Any] = json.loads((folder / "c.json").read_text())
    return document


def variant_file(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.toml"
    file.write_text(f'extends = "{MARATHON}"\n{text}', encoding="utf-8")
    return file


def quantities(document: dict[str, Any], variant: int = 0) -> dict[str, Any]:
    return {found["name"]: found for found in document["variants"][variant]["quantities"]}


def told(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_comparison_is_written_in_the_documented_form(tmp_path):
    document = compared(MARATHON, *STRONGER, "-n", 300, folder=tmp_path)
    assert document["schema"] == "rally-comparison/1"
    assert list(document) == ["schema", "record", "variants"]
    (variant,) = document["variants"]
    assert list(variant) == [
        "variant", "file", "changes", "digest", "parameters", "same", "unpaired_cars", "quantities", "why",
    ]  # fmt: skip
    assert set(quantities(document)["crews.11.win"]) == {
        "name", "kind", "pairs", "base", "variant", "difference", "told_from_no_change", "variance_gain",
    }  # fmt: skip
    assert set(variant["why"]) == {"flips", "lost_s", "lost_s_by_stage", "places", "places_by_car"}


def test_a_change_that_changes_nothing_gives_0_with_an_interval_of_0(tmp_path):
    renamed = variant_file(tmp_path, "renamed", 'name = "Another"\n[crews.11]\ndriver = "Somebody"\n')
    document = compared(MARATHON, renamed, "-n", 200, folder=tmp_path)
    assert document["variants"][0]["same"] is True
    nothing = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert [found for found in quantities(document).values() if found["difference"] != nothing] == []
    assert document["variants"][0]["why"]["flips"] == []


def test_a_change_that_runs_but_did_not_show_keeps_a_width(tmp_path):
    document = compared(MARATHON, "--set", "regulations.jokers=9", "-n", 1, folder=tmp_path)
    difference = quantities(document)["crews.11.win"]["difference"]
    assert (difference["value"], document["variants"][0]["same"]) == (0.0, False)
    assert difference["low"] < 0 < difference["high"]


def test_the_digits_are_the_same_for_any_number_of_workers_and_size_of_blocks(tmp_path, monkeypatch):
    one = compared(MARATHON, *STRONGER, "-n", 300, folder=tmp_path)
    two = compared(MARATHON, *STRONGER, "-n", 300, "--workers", 2, folder=tmp_path)
    monkeypatch.setitem(blocks.BLOCK, "array", 70)
    assert one == two == compared(MARATHON, *STRONGER, "-n", 300, folder=tmp_path)


def test_files_and_changes_are_variants_side_by_side(tmp_path):
    weaker = variant_file(tmp_path, "weaker", "[factors.modes.suspension_arm]\nscale_km = 0.5\n")
    document = compared(MARATHON, weaker, *STRONGER, "-n", 300, folder=tmp_path)
    assert [variant["variant"] for variant in document["variants"]] == ["weaker", "modes.suspension_arm.scale_km*=2"]
    assert [variant["changes"] for variant in document["variants"]] == ["", "modes.suspension_arm.scale_km*=2"]
    alone = compared(MARATHON, weaker, "-n", 300, folder=tmp_path)
    both, one = quantities(document)["crews.11.win"], quantities(alone)["crews.11.win"]
    assert (both["difference"]["value"], both["base"]) == (one["difference"]["value"], one["base"])
    assert both["difference"]["low"] < one["difference"]["low"]


def test_the_command_of_the_record_gives_the_same_again(tmp_path):
    document = compared(MARATHON, *STRONGER, "-n", 300, "--seed", 4, folder=tmp_path)
    program, name, *words = shlex.split(document["record"]["command"])
    assert (program, name) == ("rally", "compare")
    assert compared(*words, folder=tmp_path) == document


def test_examples_of_a_flip_are_commands_that_replay_it(tmp_path):
    document = compared(MARATHON, *STRONGER, "-n", 300, folder=tmp_path)
    flip = next(f for f in document["variants"][0]["why"]["flips"] if f["flip"] == "retired_to_classified")
    example = flip["examples"][0]
    statuses = []
    for command in (example["base"], example["variant"]):
        file = tmp_path / "replay.json"
        assert rally(*shlex.split(command)[1:], "--json", file).exit_code == 0
        crews = json.loads(file.read_text())["crews"]
        statuses.append(next(crew["status"] for crew in crews if crew["car"] == flip["car"]))
    assert statuses[0] == "retired"
    assert statuses[1] in {"finished", "rejoined"}


def test_one_pair_is_told_side_by_side():
    result = rally("compare", MARATHON, *STRONGER, "--replication", 45)
    assert result.exit_code == 0
    assert "suspension arm: stops; waits for help (5:58:31)" in told(result)
    assert "11 A. First retired 1. 6:57:44" in told(result)
    assert "13 C. Third 1. 7:03:36 2. 7:13:36 +0:10:00" in told(result)


def test_a_pair_without_a_difference_says_so():
    result = rally("compare", MARATHON, "--set", "regulations.jokers=9", "--replication", 0)
    assert "The two rallies are the same." in told(result)


def test_a_pair_in_which_the_same_happens_at_other_times_says_that():
    result = rally("compare", MARATHON, "--set", "crews.13.pace=0.0005", "--replication", 0)
    assert "The same happens in both, at other times." in told(result)


def test_crews_of_one_side_only_are_left_out_and_named(tmp_path):
    fewer = variant_file(tmp_path, "fewer", 'without = ["crews.13"]\n')
    result = rally("compare", MARATHON, fewer, "-n", 50)
    assert result.exit_code == 0
    assert "fewer: crews that both have are compared; 13 only in the base" in told(result)


def test_a_precision_ends_the_study_and_says_after_how_many(tmp_path):
    words = (MARATHON, *STRONGER, "--quantity", "crews.12.classified", "--precision", "40pp")
    result = rally("compare", *words, "--json", tmp_path / "c.json")
    document = json.loads((tmp_path / "c.json").read_text())
    done = document["record"]["replications"]
    assert document["record"]["intervals"] == "sequential"
    assert f"Every difference is known to within 40pp after {done:,} rallies." in told(result)
    assert done % 128 == 0


def test_a_precision_that_is_not_reached_says_how_far_it_got():
    result = rally("compare", MARATHON, *STRONGER, "--quantity", "crews.12.win", "--precision", "1pp", "-n", 128)
    assert result.exit_code == 3
    assert "After 128 rallies not yet known to within 1pp: crews.12.win is known to within 92.3pp." in told(result)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((MARATHON,), "nothing to compare with: give the file of a variant, or a change with --set or --without"),
        ((MARATHON, ONE), "nothing to compare: no crew and no team is in the base and in a variant"),
        ((MARATHON, "--set", "modes.suspension_arm.scale=2"), "did you mean 'scale_km' or 'shape'?"),
        ((MARATHON, "missing.toml", "gone.toml"), "gone.toml: 1 error"),
        ((MARATHON, *STRONGER, "--quantity", "crews.11.winn"), "unknown quantity 'crews.11.winn'; did you mean"),
        ((MARATHON, *STRONGER, "--quantity", "crews.11.win", "--all"), "give one of the two"),
        ((MARATHON, MARATHON, *STRONGER, "--replication", 3), "shows one variant beside the base, and here are 2"),
        ((MARATHON, *STRONGER, "--replication", 3, "-n", 5), "leave out -n, --precision, --json and --figures"),
        ((MARATHON, *STRONGER, "--precision", "3s"), "or of a count, as in 0.01, and more than 0; got '3s'"),
    ],
)
def test_what_cannot_be_compared_is_refused(words, problem):
    result = rally("compare", *words)
    assert result.exit_code == 2
    assert problem in told(result)
    assert "Traceback" not in result.output


def test_figures_are_written(tmp_path):
    assert rally("compare", MARATHON, *STRONGER, "-n", 50, "--figures", tmp_path).exit_code == 0
    assert rally("compare", MARATHON, MARATHON, *STRONGER, "-n", 50, "--figures", tmp_path / "two").exit_code == 0
    for folder in (tmp_path, tmp_path / "two"):
        assert {file.name for file in folder.glob("diff*")} == {"differences.png", "differences.svg"}


def test_totals_are_compared_where_the_crew_is_classified_in_both(tmp_path):
    document = compared(MARATHON, *STRONGER, "-n", 300, folder=tmp_path)
    found = quantities(document)
    total, classified = found["crews.11.total_s"], found["crews.11.classified"]
    flips = {(flip["car"], flip["flip"]): flip["count"] for flip in document["variants"][0]["why"]["flips"]}
    assert classified["pairs"] == 300
    assert total["pairs"] == round(300 * classified["variant"]) - flips["11", "retired_to_classified"]
    assert 6 * 3600 < total["base"] < 40 * 3600
