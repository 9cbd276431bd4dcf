"""The command `rally` as a user meets it: what it writes, what it refuses, and with which exit code."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.commands import history
from sim.study import blocks, outcomes_file

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MARATHON = str(SCENARIOS / "examples/three-crews-marathon.toml")


def rally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_odds_are_written_in_the_documented_form(tmp_path: Path) -> None:
    file = tmp_path / "odds.json"
    assert rally("odds", MARATHON, "-n", 40, "--seed", 0, "--json", file).exit_code == 0
    document = json.loads(file.read_text())
    assert list(document) == ["schema", "record", "crews", "teams", "losses"]
    assert document["schema"] == "rally-odds/1"
    assert (document["record"]["seed"], document["record"]["replications"]) == (0, 40)
    assert [crew["car"] for crew in document["crews"]] == ["11", "12", "13"]
    assert set(document["crews"][0]) >= {"car", "driver", "team", "classified", "finished", "win", "podium", "places"}
    assert set(document["crews"][0]["classified"]) == {"value", "low", "high"}
    assert set(document["losses"][0]) == {"mode", "stage", "retired", "uncompleted", "mean_lost_s", "intervals"}


def test_outcomes_open_without_pickle_and_have_the_documented_shapes(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.npz"
    assert rally("odds", MARATHON, "-n", 9, "--outcomes", file).exit_code == 0
    with np.load(file, allow_pickle=False) as stored:
        shapes = {name: stored[name].shape for name in stored.files}
        kinds = {name: stored[name].dtype.kind for name in stored.files}
    assert shapes == {
        "car": (3,),
        "stage": (2,),
        "status": (9, 3),
        "total_s": (9, 3),
        "stage_s": (9, 3, 2),
        "penalty_s": (9, 3),
        "completed": (9, 3, 2),
        "replication": (9,),
    }
    assert kinds["car"] == kinds["stage"] == kinds["status"] == "U"
    assert kinds["total_s"] == kinds["stage_s"] == kinds["penalty_s"] == "i"
    assert kinds["completed"] == "b"


@pytest.mark.parametrize("engine", ["array", "event"])
def test_a_replay_is_the_rally_with_that_index_in_the_odds(tmp_path: Path, engine: str) -> None:
    odds, told = tmp_path / "outcomes.npz", tmp_path / "replay.json"
    rally("odds", MARATHON, "-n", 8, "--seed", 5, "--engine", engine, "--outcomes", odds)
    rally("replay", MARATHON, "--seed", 5, "--replication", 6, "--json", told)
    document = json.loads(told.read_text())
    with np.load(odds) as stored:
        assert [crew["total_s"] for crew in document["crews"]] == stored["total_s"][6].tolist()
        assert [crew["status"] for crew in document["crews"]] == stored["status"][6].tolist()


def test_a_replay_is_written_in_the_documented_form(tmp_path: Path) -> None:
    file = tmp_path / "replay.json"
    assert rally("replay", MARATHON, "--json", file).exit_code == 0
    document = json.loads(file.read_text())
    assert list(document) == ["schema", "record", "crews", "journal"]
    assert document["schema"] == "rally-replay/1"
    assert list(document["journal"][0]) == ["time_s", "clock", "stage", "car", "km", "kind", "detail"]


def test_figures_are_written_as_png_and_svg(tmp_path: Path) -> None:
    rally("odds", MARATHON, "-n", 20, "--figures", tmp_path)
    rally("replay", MARATHON, "--figures", tmp_path)
    names = {f"{name}.{kind}" for name in ("places", "survival", "losses", "timeline") for kind in ("png", "svg")}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_the_history_of_2026_is_met_wherever_it_follows_from_the_rules(tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    result = rally("history", "--json", file)
    assert result.exit_code == 0
    assert "272 met, 0 not met" in result.output
    document = json.loads(file.read_text())
    assert document["schema"] == "rally-history/1"
    assert list(document["rows"][0]) == ["stage", "car", "quantity", "official", "simulated", "difference", "basis"]


def test_a_scenario_without_pins_has_no_history() -> None:
    result = rally("history", MARATHON)
    assert result.exit_code == 2
    assert "nothing is pinned in this scenario" in result.output


def test_official_results_that_are_not_there_are_the_users_mistake() -> None:
    result = rally("history", "--official", "nope.csv")
    assert result.exit_code == 2
    assert "nope.csv" in result.output


def test_explain_marks_assumptions_and_lists_sources_on_demand() -> None:
    short, long = rally("explain", MARATHON), rally("explain", MARATHON, "--sources")
    assert (short.exit_code, long.exit_code) == (0, 0)
    assert "Values marked * are assumptions." in short.output
    assert "Where the values come from" not in short.output
    assert "Where the values come from" in long.output


@pytest.mark.parametrize("seed", ["0", "18446744073709551615"])
def test_any_seed_of_64_bits_is_taken(seed: str) -> None:
    assert rally("replay", MARATHON, "--seed", seed).exit_code == 0


@pytest.mark.parametrize("seed", ["-1", "18446744073709551616", "1.5", "x", "", "٣", "9" * 5000])
def test_any_other_seed_is_refused(seed: str) -> None:
    result = rally("replay", MARATHON, "--seed", seed)
    assert result.exit_code == 2
    assert "a seed is a whole number from 0 to 18446744073709551615" in result.output


@pytest.mark.parametrize("words", [("-n", 0), ("-n", "many"), ("--engine", "steam")])
def test_bad_options_are_refused(words: tuple[object, ...]) -> None:
    assert rally("odds", MARATHON, *words).exit_code == 2


@pytest.mark.parametrize("command", ["brief", "contingency", "counterfactual", "forecast", "sensitivity", "twins"])
def test_more_rallies_than_the_luck_has_are_refused(command: str) -> None:
    result = rally(command, MARATHON, "-n", 4_294_967_297)
    assert result.exit_code == 2
    assert "4294967297 is not in the range" in result.output


def test_a_folder_that_is_not_there_is_refused_before_the_work(tmp_path: Path) -> None:
    result = rally("odds", MARATHON, "--json", tmp_path / "nowhere" / "odds.json")
    assert result.exit_code == 2
    assert "there is no folder" in result.output


@pytest.mark.parametrize("option", ["--figures", "--study"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path: Path, option: str) -> None:
    (tmp_path / "odds.txt").write_text("here already")
    result = rally("odds", MARATHON, option, tmp_path / "odds.txt" / "new" / "folder")
    assert result.exit_code == 2
    assert "odds.txt' is a file" in " ".join(result.output.split())


def test_an_outcomes_file_that_cannot_be_begun_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / ".rallies.npz-xyz"))

    monkeypatch.setattr(outcomes_file, "TemporaryDirectory", full)
    result = rally("odds", MARATHON, "-n", 10, "--outcomes", tmp_path / "rallies.npz")
    assert result.exit_code == 3
    assert f"{tmp_path / 'rallies.npz'}: No space left on device" in result.output


def test_a_full_disk_is_told_with_the_file_that_it_has_no_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")  # as it comes: without a name

    monkeypatch.setattr(Path, "write_text", full)
    result = rally("odds", MARATHON, "-n", 10, "--json", tmp_path / "odds.json")
    assert result.exit_code == 3
    assert f"{tmp_path / 'odds.json'}: No space left on device" in result.output


def test_a_history_is_stored_before_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(history, "console", closed)
    assert rally("history", "--json", tmp_path / "history.json").exit_code == 3
    assert json.loads((tmp_path / "history.json").read_text())["schema"] == "rally-history/1"


def test_a_bad_scenario_is_refused_with_all_its_errors_and_without_a_traceback(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(f'extends = "{MARATHON}"\n[crews.11]\nteam = "nobody"\nspars = 1\n')
    result = rally("odds", file)
    assert result.exit_code == 2
    assert "2 errors" in result.output
    assert "crews.11.spars: unknown key 'spars'; did you mean 'spares'" in result.output
    assert "crews.11.team: unknown team 'nobody'" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_cannot_be_written_costs_no_result(tmp_path: Path) -> None:
    (tmp_path / "places.png").mkdir()
    result = rally("odds", MARATHON, "-n", 5, "--figures", tmp_path)
    assert result.exit_code == 3
    assert "Crews: odds in percent" in result.output


def test_ctrl_c_keeps_what_is_done_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished = blocks.run_block

    def interrupted(plan, luck, first, count):
        if first > 0:
            raise KeyboardInterrupt
        return finished(plan, luck, first, count)

    monkeypatch.setattr(blocks, "run_block", interrupted)
    monkeypatch.setitem(blocks.BLOCK, "array", 256)
    file = tmp_path / "odds.json"
    result = rally("odds", MARATHON, "-n", 5000, "--json", file)
    assert result.exit_code == 130
    assert "Stopped early: these are the first 256 of 5,000 rallies." in " ".join(result.output.split())
    assert json.loads(file.read_text())["record"]["replications"] == 256


@pytest.mark.parametrize(
    ("command", "broken"),
    [("explain", "sim.commands.explain.explanation"), ("twins", "sim.commands.twins.first_difference")],
)
@pytest.mark.parametrize(
    ("error", "code", "message"),
    [(KeyboardInterrupt, 130, "Error: Stopped"), (MemoryError, 3, "Error: not enough memory")],
)
def test_ctrl_c_and_want_of_memory_end_any_command_with_their_exit_code(
    command: str,
    broken: str,
    error: type[BaseException],
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopped(*_: object) -> None:
        raise error

    monkeypatch.setattr(broken, stopped)
    result = rally(command, MARATHON)
    assert (result.exit_code, message in result.stderr) == (code, True)


def test_the_summary_of_every_command_is_told_to_its_end() -> None:
    summaries = rally("--help").output.partition("Commands:")[2]
    assert "odds" in summaries
    assert "..." not in summaries


def test_a_scenario_with_brackets_in_its_path_is_named_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]x[/bold]"
    folder.mkdir(parents=True)
    (folder / "a.toml").write_text(f'extends = "{MARATHON}"\n')
    result = rally("twins", folder / "a.toml", "-n", 1)
    assert result.exit_code == 0
    assert "[bold]x[/bold]/a.toml" in "".join(result.output.split())


def test_ctrl_c_before_anything_is_done_has_nothing_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(plan, luck, first, count):
        raise KeyboardInterrupt

    monkeypatch.setattr(blocks, "run_block", interrupted)
    result = rally("odds", MARATHON)
    assert result.exit_code == 130
    assert "there is nothing to show" in result.output
