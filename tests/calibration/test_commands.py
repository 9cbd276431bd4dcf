"""`rally-calibrate` from the command line: what it writes and shows, and every way in which it refuses."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from calibration import fit as fitting
from calibration.chains.start import NoStart
from calibration.cli import main
from calibration.commands import fit as fit_command
from calibration.commands import hindcast as hindcast_command
from calibration.convergence import judge
from calibration.fit import Effort
from calibration.hindcast.scoring import QUESTIONS
from calibration.observations import read
from sim.model.scenario import load

from .conftest import MARATHON, RESULTS

UNKNOWN_CAR = RESULTS.replace("1,13,completed", "1,31,completed")


@pytest.fixture
def content_with_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains of a moment pass as converged."""
    monkeypatch.setattr(fitting, "judge", lambda names, samples, **_: judge(names, samples, max_rhat=99, min_ess=0))


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit of a moment."""
    monkeypatch.setattr(fit_command, "EFFORT", Effort(warm_up=20, sweeps=60))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where a posterior is written, outside the folder of the observations."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "draws.json"


def calibrate(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def fit(folder: Path, *words: object) -> Result:
    return calibrate("fit", folder, "--draws", 20, *words)


def hindcast(folder: Path, *words: object) -> Result:
    return calibrate("hindcast", folder, "--sweeps", 20, "--replications", 50, *words)


def told(result: Result) -> str:
    return " ".join(result.stderr.split())


def shown(result: Result) -> str:
    return " ".join(result.stdout.split())


def document(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


# fit


def test_a_fit_that_has_not_converged_names_the_worst_and_writes_nothing(rally_over: Callable[..., Path], out: Path):
    result = fit(rally_over(), "--out", out)
    assert result.exit_code == 3
    assert "have not converged (16 chains of 12 draws)" in told(result)
    assert "Nothing was written. More sweeps may help: --sweeps 120 --out FILE." in told(result)
    assert list(out.parent.iterdir()) == []


@pytest.mark.usefixtures("content_with_anything")
def test_a_fit_writes_draws_that_a_scenario_runs_with(rally_over, out):
    result = fit(rally_over(), "--out", out)
    assert (result.exit_code, told(result)) == (0, f"wrote {out}: 20 of 192 draws, evenly spaced")
    file = out.parent / "calibrated.toml"
    file.write_text(f"extends = '{MARATHON}'\nparameters = 'draws.json'\n", encoding="utf-8")
    scenario = load(file)
    assert scenario.parameters is not None
    assert len(scenario.parameters) == 20
    assert "fitted to the results of Three cars, two days up to stage 2" in scenario.sources["crews.12.pace"].text


@pytest.mark.usefixtures("content_with_anything")
def test_a_fit_of_an_evening_holds_the_totals_so_far_for_a_scenario_with_a_state(rally_over, out):
    assert fit(rally_over(), "--after", 1, "--out", out).exit_code == 0
    crews = "".join(f"[state.crews.{car}]\ntotal_s = 0\n" for car in (11, 12, 13))
    file = out.parent / "evening.toml"
    file.write_text(f"extends = '{MARATHON}'\nparameters = 'draws.json'\n[state]\nafter_stage = '1'\n{crews}")
    assert (load(file).plan().drawn.total_s[:, 1] == 12000).all()


@pytest.mark.usefixtures("content_with_anything")
def test_the_same_command_writes_the_same_digits_for_any_number_of_workers(rally_over, out):
    folder = rally_over()
    fit(folder, "--out", out)
    fit(folder, "--out", out.with_name("again.json"), "--workers", 2)
    assert document(out) == document(out.with_name("again.json"))


@pytest.mark.usefixtures("content_with_anything")
def test_the_record_says_what_was_done_with_what(rally_over, out):
    folder = rally_over()
    fit(folder, "--after", 1, "--choice", "margin=seconds", "--sweeps", 90, "--seed", 7, "--out", out)
    record = document(out)["record"]
    words = "--after 1 --choice margin=seconds --sweeps 90 --seed 7 --draws 20"
    assert record["command"] == f"rally-calibrate fit {os.path.relpath(folder)} {words}"
    assert (record["evening"], record["seed"]) == (1, 7)
    assert (record["effort"]["warm_up"], record["effort"]["sweeps"]) == (30, 90)
    assert record["digests"] == read(folder).digests
    assert set(record["convergence"]) == {"worst_rhat", "least_ess"}


@pytest.mark.usefixtures("content_with_anything")
def test_the_eve_of_the_rally_says_that_its_draws_know_nothing_of_it(rally_over, out):
    fit(rally_over(), "--after", 0, "--out", out)
    assert "nothing of Three cars, two days itself" in document(out)["sources"]["crews"]


@pytest.mark.usefixtures("content_with_anything")
@pytest.mark.parametrize(("words", "name"), [((), "rally.json"), (("--after", 1), "rally-evening-01.json")])
def test_a_posterior_is_called_after_its_folder_and_its_evening(rally_over, tmp_path, monkeypatch, words, name):
    monkeypatch.setattr(fit_command, "CALIBRATION", tmp_path)
    folder = shutil.copytree(rally_over(), tmp_path / "rally", ignore=shutil.ignore_patterns("rally"))
    assert fit(folder, *words).exit_code == 0
    assert [file.name for file in (tmp_path / "posterior").iterdir()] == [name]


@pytest.mark.usefixtures("content_with_anything")
def test_a_fit_shows_every_parameter_beside_its_prior(rally_over, out):
    text = shown(fit(rally_over(), "--after", 1, "--out", out))
    for title in (
        "Paces",
        "Stages",
        "Failures of a car",
        "Life scales",
        "Severities",
        "Delays",
        "Assistance",
        "Totals",
    ):
        assert title in text
    assert "12 3:20:00 3:20:00 3:20:00 constant" in text  # the total of car 12 is known
    assert "R-hat effective draws" in text


@pytest.mark.usefixtures("content_with_anything")
def test_what_is_set_aside_is_named(rally_over, out):
    result = fit(rally_over(times=UNKNOWN_CAR), "--lenient", "--out", out)
    assert result.exit_code == 0
    assert "set aside: times.csv, line 6, car: unknown car '31'" in told(result)
    assert document(out)["record"]["set_aside"] != []


def test_an_unknown_car_is_named_with_file_line_and_column(rally_over, out):
    result = fit(rally_over(times=UNKNOWN_CAR), "--out", out)
    assert result.exit_code == 2
    assert "times.csv, line 6, car: unknown car '31'; known: 11, 12, 13" in told(result)
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--after", 3], "must be 0 to 2, the counted stages, got 3"),
        (["--after", -1], "-1 is not in the range"),
        (["--choice", "margin"], "a choice is KEY=ALTERNATIVE, got 'margin'"),
        (["--choice", "margins=seconds", "--out", "x.json"], "did you mean 'margin'?"),
        (["--choice", "margin=hours", "--out", "x.json"], "hours"),
        (["--sweeps", 4, "--out", "x.json"], "4 is not in the range"),
        (["--draws", 1000], "60 sweeps leave 192 draws, fewer than the 1,000 that are to be written"),
        (["--seed", "1.5"], "a seed is a whole number"),
        (["--workers", 0], "0 is not in the range"),
        (["--out", "nowhere/draws.json"], "there is no folder 'nowhere'"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_runs(rally_over, words, message):
    result = fit(rally_over(), *words)
    assert result.exit_code == 2
    assert message in told(result)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--choice", "margin=seconds"), "another reading"),
        (("--lenient",), "a fit without the rows that are set aside"),
        (("--sweeps", 60), "chains of another length than the usual"),
    ],
)
def test_a_fit_of_another_kind_does_not_overwrite_the_posterior_of_the_folder(rally_over, monkeypatch, words, what):
    monkeypatch.setattr(fit_command, "run_chains", lambda *_, **__: pytest.fail("fitted"))
    result = fit(rally_over(), *words)
    assert result.exit_code == 2
    why = "would replace the posterior that scenarios refer to; name a file of its own with --out FILE"
    assert f"{words[0]}: {what} {why}" in told(result)


@pytest.mark.usefixtures("content_with_anything")
def test_a_fit_tells_chains_sweeps_warm_up_and_thinning(rally_over, out):
    assert (
        "16 chains of 80 sweeps: a warm-up of 20 is discarded, the other 60 are thinned by 5, which leaves 12 draws a "
        "chain and 192 in all."
    ) in shown(fit(rally_over(), "--out", out))


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    result = fit(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "nowhere' does not exist" in told(result)


def test_a_prior_that_lacks_a_mode_is_refused(rally_over):
    folder = rally_over()
    text = (folder / "priors.toml").read_text()
    (folder / "priors.toml").write_text(text.replace("knuckle = { median = 0.2, log_sd = 0.5 }\n", ""))
    result = fit(folder)
    assert result.exit_code == 2
    assert "failures.knuckle: is missing: the scenario has it" in told(result)


def test_a_folder_without_a_prior_is_refused(rally_over):
    folder = rally_over()
    (folder / "priors.toml").unlink()
    result = fit(folder)
    assert (result.exit_code, "priors.toml" in told(result)) == (2, True)


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "Error: Stopped"),
        (BrokenProcessPool("gone"), 3, "the workers are lost"),
        (MemoryError(), 3, "not enough memory"),
        (NoStart("no way"), 2, "no times agree with all observations at once: no way"),
    ],
    ids=["ctrl-c", "killed", "memory", "no start"],
)
@pytest.mark.parametrize(("command", "module"), [(fit, fit_command), (hindcast, hindcast_command)])
def test_what_breaks_on_the_way_is_a_message(rally_over, monkeypatch, command, module, error, code, message):
    def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(module, "run_chains" if module is fit_command else "run_evenings", breaks)
    result = command(rally_over())
    assert result.exit_code == code
    assert message in told(result)
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("content_with_anything")
def test_a_file_that_cannot_be_written_is_told_after_the_tables(rally_over, out, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr(fit_command, "write_posterior", fails)
    result = fit(rally_over(), "--out", out)
    assert result.exit_code == 3
    assert "No space left on device" in told(result)
    assert "Paces" in shown(result)


# hindcast


def test_a_hindcast_shows_odds_scores_and_what_they_cannot_prove(rally_over):
    result = hindcast(rally_over())
    assert result.exit_code == 0, result.output
    for words in (
        "the eve *",
        "stage 1 *",
        "model no failures present order constant",
        "2 evenings of one rally are not so many trials",
        "77.9% to be classified, is the one of Dakar 2026, whatever rally is hindcast.",
        "Not scored, since nobody published a place: 13.",
    ):
        assert words in shown(result)


def test_a_hindcast_has_all_its_numbers_in_a_file(rally_over, tmp_path):
    folder, file = rally_over(), tmp_path / "hindcast.json"
    assert hindcast(folder, "--evenings", 1, "--json", file).exit_code == 0
    found = document(file)
    assert found["schema"] == "rally-hindcast/1"
    words = "--evenings 1-1 --replications 50 --seed 2026 --sweeps 20"
    assert found["record"]["command"] == f"rally-calibrate hindcast {os.path.relpath(folder)} {words}"
    assert found["truth"]["places"] == {"12": 1, "11": 2}
    assert [evening["evening"] for evening in found["evenings"]] == [1]
    assert [one["forecaster"] for one in found["evenings"][0]["forecasts"]] == [
        "model",
        "no failures",
        "present order",
        "constant",
    ]
    assert {score["question"] for score in found["evenings"][0]["scores"]} <= set(QUESTIONS)
    assert len(found["means"]) == 4 * len(QUESTIONS)


def test_a_hindcast_draws_its_figures(rally_over, tmp_path):
    result = hindcast(rally_over(), "--figures", tmp_path / "figures")
    assert result.exit_code == 0
    names = [f"{name}.{kind}" for name in ("odds", "reliability", "scores") for kind in ("png", "svg")]
    assert sorted(file.name for file in (tmp_path / "figures").iterdir()) == names


@pytest.mark.usefixtures("content_with_anything")
def test_a_hindcast_writes_each_evening_for_a_scenario_in_mid_rally(rally_over, tmp_path):
    result = hindcast(rally_over(), "--posteriors", tmp_path / "draws" / "of")
    assert result.exit_code == 0, result.output
    files = [tmp_path / "draws" / "of" / f"evening-0{k}.json" for k in (0, 1)]
    assert sorted(files[0].parent.iterdir()) == files
    crews = "".join(f"[state.crews.{car}]\ntotal_s = 0\n" for car in (11, 12, 13))
    for file, state in zip(files, ("", f"[state]\nafter_stage = '1'\n{crews}"), strict=True):
        scenario = tmp_path / "next.toml"
        scenario.write_text(f"extends = '{MARATHON}'\nparameters = 'draws/of/{file.name}'\n{state}")
        drawn = load(scenario).plan().drawn
        assert len(drawn) == 200
    assert (drawn.total_s[:, 1] == 12000).all()


@pytest.mark.usefixtures("content_with_anything")
def test_the_posterior_of_an_evening_says_where_it_is_from_and_nothing_of_this_machine(rally_over, tmp_path):
    hindcast(rally_over(), "--evenings", 1, "--posteriors", tmp_path / "draws")
    found = document(tmp_path / "draws" / "evening-01.json")
    assert found["record"]["evening"] == 1
    assert found["record"]["effort"]["sweeps"] == 20
    assert set(found["record"]["convergence"]) == {"worst_rhat", "least_ess"}
    assert "up to stage 1" in found["sources"]["crews"]
    assert not [word for word in shlex.split(found["record"]["command"]) if word.startswith("/")]


def test_an_evening_that_has_not_converged_is_not_written(rally_over, tmp_path):
    result = hindcast(rally_over(), "--evenings", 1, "--posteriors", tmp_path / "draws")
    assert result.exit_code == 3
    assert "no draws were written of evenings whose chains have not converged: evening 1: largest R-hat" in told(result)
    assert "More sweeps may help: --sweeps 40." in told(result)
    assert "stage 1 *" in shown(result)
    assert list((tmp_path / "draws").iterdir()) == []


def test_a_stored_hindcast_is_not_fitted_again(rally_over, tmp_path, monkeypatch):
    run = partial(hindcast, rally_over(), "--store", tmp_path / "store", "--json", tmp_path / "x.json")
    assert run().exit_code == 0
    first = document(tmp_path / "x.json")
    monkeypatch.setattr("calibration.fit_store.fit", lambda *_, **__: pytest.fail("fitted again"))
    assert run().exit_code == 0
    assert document(tmp_path / "x.json") == first


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--evenings", "0-2"], "evenings are 0 to 1, got 2"),
        (["--evenings", "1-0"], "a number or a range such as 0-12, got '1-0'"),
        (["--evenings", "last"], "a number or a range such as 0-12, got 'last'"),
        (["--replications", 0], "0 is not in the range"),
        (["--json", "nowhere/x.json"], "there is no folder 'nowhere'"),
    ],
)
def test_a_hindcast_that_cannot_be_made_is_refused(rally_over, words, message):
    result = hindcast(rally_over(), *words)
    assert result.exit_code == 2
    assert message in told(result)


def test_a_rally_without_final_places_has_no_hindcast(rally_over):
    result = hindcast(rally_over(standings=""))
    assert result.exit_code == 2
    assert "standings.csv has no position after stage 2" in told(result)


def test_a_store_that_is_a_file_is_refused(rally_over, tmp_path):
    (tmp_path / "store").write_text("")
    assert hindcast(rally_over(), "--store", tmp_path / "store").exit_code == 2
