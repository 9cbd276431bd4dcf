"""`rally forecast` and `rally counterfactual` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.study import blocks

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
EVENINGS = SCENARIOS / "dakar-2026-evenings.toml"
MARATHON = SCENARIOS / "examples/three-crews-marathon.toml"
AFTER_8 = SCENARIOS / "evenings/dakar-2026/after-08.toml"


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 128 rallies in the array engine."""
    monkeypatch.setitem(blocks.BLOCK, "array", 128)


def rally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def odds(folder: Path, *words: object) -> dict[str, Any]:
    """What a command writes as JSON."""
    file = folder / "numbers.json"
    result = rally(*words, "--json", file)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def refusal(*words: object) -> str:
    result = rally(*words)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return " ".join(result.stderr.split())


def test_after_the_last_stage_the_final_ranking_is_certain(tmp_path: Path) -> None:
    document = odds(tmp_path, "forecast", EVENINGS, "--after", 13, "-n", 200, "--figures", tmp_path)
    certain = {crew["car"]: crew["places"].index(1.0) + 1 for crew in document["crews"]}
    assert certain == {"502": 1, "504": 2, "503": 3, "500": 4, "501": 5, "Hamza": 6, "privateer2": 7}
    assert document["crews"][2]["total_s"]["p10"]["value"] == document["crews"][2]["total_s"]["p90"]["value"] == 209385
    assert [file.stem for file in sorted(tmp_path.glob("*.png"))] == ["places"]


def test_before_the_start_a_forecast_is_the_odds(tmp_path: Path) -> None:
    words = (EVENINGS, "-n", 150, "--seed", 4)
    before, whole = odds(tmp_path, "forecast", "--after", 0, *words), odds(tmp_path, "odds", *words)
    assert before["crews"] == whole["crews"]


@pytest.mark.parametrize("command", ["forecast", "brief"])
def test_the_eve_of_a_rally_needs_no_evenings(command: str) -> None:
    result = rally(command, MARATHON, "--after", "0", "-n", 1000)
    assert result.exit_code == 0, result.output


def test_an_evening_can_be_given_as_a_file_by_anyone(tmp_path: Path) -> None:
    words = ("-n", 100, "--seed", 4)
    shipped = odds(tmp_path, "forecast", EVENINGS, "--after", 8, *words)
    given = odds(tmp_path, "forecast", EVENINGS, "--state", AFTER_8, *words)
    assert given["crews"] == shipped["crews"]
    assert given["record"]["command"].split()[3:7] == ["--after", "8", "--state", str(AFTER_8)]
    table = "car,total_s,start_position,retired\n11,4:00:00,2,\n12,3:50:00,1,\n13,,,true\n"
    (tmp_path / "state.csv").write_text(table, encoding="utf-8")
    drawn = odds(tmp_path, "forecast", MARATHON, "--after", 1, "--state", tmp_path / "state.csv", *words)
    assert [crew["retired"]["value"] for crew in drawn["crews"]][2] == 1.0


def test_a_forecast_is_repeated_by_the_command_of_its_record_and_by_more_workers(tmp_path: Path) -> None:
    words = ("forecast", EVENINGS, "--after", 5, "-n", 300, "--set", "crews.502.orders.pace.6=1.1")
    first = odds(tmp_path, *words)
    assert odds(tmp_path, *first["record"]["command"].split()[1:]) == first
    assert odds(tmp_path, *words, "--workers", 2) == first


def test_the_evenings_of_a_rally_are_told_one_by_one(tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    result = rally("forecast", EVENINGS, "--all", "-n", 60, "--figures", tmp_path, "--json", file)
    document = json.loads(file.read_text())
    assert document["schema"] == "rally-forecast/1"
    assert [one["stage"] for one in document["evenings"]] == ["", *(str(stage) for stage in range(1, 14))]
    eighth = document["evenings"][8]
    assert eighth["note"] == "the belt of 500 breaks: 24 hours"
    assert set(eighth["crews"][0]["podium"]) == {"value", "low", "high"}
    assert eighth["crews"] == odds(tmp_path, *eighth["record"]["command"].split()[1:])["crews"]
    assert {"evenings.png", "evenings.svg"} <= {file.name for file in tmp_path.iterdir()}
    text = " ".join(result.stdout.split())
    assert all(
        f"who {question}, evening by evening" in text for question in ("wins", "is on the podium", "is classified")
    )
    (line,) = [line for line in result.stdout.splitlines() if "the belt of 500 breaks" in line]
    wins = [crew["win"]["value"] for crew in eighth["crews"]]
    assert line.split()[:8] == ["8", *(f"{100 * win:.1f}" for win in wins)]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((EVENINGS,), "say from which evening: --after STAGE, --state FILE, or --all"),
        ((EVENINGS, "--after", 14), "--after: unknown evening '14'; known: 0, 1, 2"),
        ((EVENINGS, "--all", "--after", 8), "--all is about all evenings: leave out --after and --state"),
        ((MARATHON, "--after", 1), "comes without evenings: say what is known with --state FILE"),
        (
            (EVENINGS, "--after", 7, "--state", AFTER_8),
            "after_stage: must be the stage that was asked for, '7', got '8'",
        ),
        ((MARATHON, "--state", AFTER_8), "after_stage: unknown stage '8'; known: 1, 2"),
        ((EVENINGS, "--after", 8, "--set", "crews.599.pace=0"), "unknown key '599'"),
    ],
)
def test_what_cannot_be_forecast_is_refused(words: tuple[object, ...], problem: str) -> None:
    assert problem in refusal("forecast", *words)


def test_a_counterfactual_shows_both_histories_and_what_follows_by_chance(tmp_path: Path) -> None:
    words = ("counterfactual", "--without", "stage8_500_belt")
    text = rally(*words).stdout
    (line,) = [line for line in text.splitlines() if line.startswith("500 ")]
    assert line.split()[3:] == ["4", "78:48:36", "2", "59:55:36", "-18:53:00", "-2"]
    assert "The histories part on stage 8." in text
    document = odds(tmp_path, *words, "--odds", "-n", 200)
    assert (document["schema"], document["parted"]) == ("rally-counterfactual/1", "8")
    assert document["crews"][3] == {
        "car": "500",
        "was": {"place": 4, "total_s": 283716},
        "would": {"place": 2, "total_s": 215736},
    }
    assert document["odds"][0]["difference"]["podium"]["low"] > 0
    assert odds(tmp_path, *document["record"]["command"].split()[1:]) == document


def test_a_change_from_which_nothing_follows_is_said_to_be_one() -> None:
    words = ("counterfactual", "--set", "script.happenings.stage1_504_arm.note=nothing", "--odds")
    assert "The histories are alike: nothing follows from the change." in rally(*words).stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "say what went otherwise: --without HAPPENING or --set PATH=VALUE; happenings: stage1_502_puncture_one,"),
        (("--without", "stage8_500_bellt"), "unknown key 'stage8_500_bellt'; did you mean 'stage8_500_belt'"),
        (("--set", "script.happenings.stage8_500_belt.kilometre=3"), "unknown key 'kilometre'"),
        ((MARATHON, "--without", "crews.11"), "is left to chance, so it is no history"),
        (("--without", "stage8_500_belt", "--odds", "--from", MARATHON), "lacks the stage '8' of the history"),
    ],
)
def test_what_is_no_other_history_is_refused(words: tuple[object, ...], problem: str) -> None:
    assert problem in refusal("counterfactual", *words)
