"""`rally-calibrate check`: exit codes, output, and a store that is gone on with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from calibration import sbc
from calibration.cli import main
from calibration.commands import check as command
from calibration.observations import read
from calibration.official import Official
from calibration.predictive import Check, checks, rallies_of
from calibration.report.check_tables import predictive_table
from calibration.sbc import DataSet, Looks
from calibration.sbc_store import Store
from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.model.rules.results import Status
from sim.model.scenario import load
from sim.study.errors import StudyError
from tests.report.test_terminal import rows

ROOT = Path(__file__).resolve().parents[2]
DAKAR = ROOT / "calibration/data/dakar-2026"
SCENARIO = ROOT / "scenarios/dakar-2026-assumed.toml"


@pytest.fixture
def checked(monkeypatch, tmp_path):
    """Run the command with chains that are too short to be right, and few rallies."""
    monkeypatch.setattr(command, "LOOKS", Looks(chains=9, warm_up=1, draws=1, thin=1))
    few = ["check", "--data-sets", "16", "--workers", "1", "-n", "100", "--scenario", str(SCENARIO)]
    return lambda *words: CliRunner().invoke(main, [*few, *map(str, words)])


def test_a_wrong_fitter_that_is_not_seen_through_ends_with_exit_code_3(checked, monkeypatch, tmp_path):
    monkeypatch.setattr(sbc, "SHRINK", 1.0)
    result = checked("--json", tmp_path / "check.json", "--figures", tmp_path / "figures")
    document = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))
    assert (result.exit_code, document["passed"]) == (3, False), result.output
    assert document["ranks"]["data_sets"] == 16
    assert document["predictive"]["margin"]["official"] == pytest.approx(14280 / 3600)
    names = {file.name for file in (tmp_path / "figures").iterdir()}
    assert {"ranks.png", "ranks-wrong-fitter.png", "predictive-stage.png", "predictive-order.svg"} <= names


def test_a_store_is_gone_on_with_and_gives_the_same_ranks(checked, tmp_path):
    store, first, second = tmp_path / "store", tmp_path / "first.json", tmp_path / "second.json"
    checked("--store", store, "--json", first)
    (store / "00003.json").unlink()
    before = (store / "00004.json").stat().st_mtime_ns
    checked("--store", store, "--json", second)
    assert (store / "00004.json").stat().st_mtime_ns == before
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")


def test_a_store_of_another_seed_is_refused(checked, tmp_path):
    store = tmp_path / "store"
    Store.open(store, {"seed": 1})
    result = checked("--store", store)
    assert result.exit_code == 2
    assert "holds data sets of another check" in result.output


def test_a_folder_with_other_files_is_no_store(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(StudyError, match="is not empty and holds no check"):
        Store.open(tmp_path, {"seed": 1})


def test_a_calibrated_scenario_that_is_not_there_ends_with_exit_code_2(checked, tmp_path):
    result = checked("--scenario", tmp_path / "none.toml")
    assert result.exit_code == 2
    assert "none.toml" in result.output


def test_a_folder_without_official_results_ends_with_exit_code_2(checked):
    result = checked(command.MADE_UP)
    assert result.exit_code == 2
    assert "there are no official results" in result.output


def test_too_few_data_sets_with_a_start_end_with_exit_code_3(checked, monkeypatch):
    def none(problem, missing, **_):
        nothing = np.zeros(0, dtype=np.int64)
        return iter([DataSet(index, (), nothing, nothing, nothing.astype(bool), "no time") for index in missing])

    monkeypatch.setattr(command, "data_sets", none)
    result = checked()
    assert result.exit_code == 3
    assert "0 data sets could be fitted, 16 are the least; data set 0: no time" in result.output


def test_official_results_of_another_rally_are_refused_before_anything_is_made_up(checked, monkeypatch):
    monkeypatch.setattr(command, "data_sets", lambda *_, **__: pytest.fail("made up"))
    result = checked("--scenario", ROOT / "scenarios/examples/three-crews-marathon.toml")
    assert result.exit_code == 2
    assert "unknown car '500'" in result.output


@pytest.fixture(scope="module")
def official():
    return Official.read(ROOT / "scenarios/official/dakar-2026.csv", read(DAKAR).stages)


def test_the_official_results_say_what_the_checks_look_for(official):
    makes = dict.fromkeys(("500", "502", "504"), "defender") | dict.fromkeys(("501", "503"), "toyota")
    assert official.margin_s == 14280
    assert official.stages_won == 7
    assert official.podiums(makes)["defender"] == 10
    assert official.classified == {"500", "501", "502", "503", "504"}
    assert (official.winning_s("2"), official.winning_s("3")) == (17853, None)


def test_every_check_has_a_truth_and_a_finite_sample(official):
    plan = load(SCENARIO).plan()
    rallies = rallies_of(plan, run_block(plan, Luck(1), 0, 300), "privateer")
    found = checks(rallies, official, read(DAKAR).incidents)
    assert [one.name for one in found[-11:]][:6] == [
        "margin", "stages-won", "podiums", "uncompleted", "classified", "order",
    ]  # fmt: skip
    assert all(np.isfinite(one.sample).all() and len(one.sample) for one in found)
    assert {one.name for one in found if one.name.startswith("stage-")} >= {"stage-1", "stage-13"}


@pytest.mark.parametrize(
    ("quantity", "missing"),
    [
        ("standing", {"margin", "stages-won", "order"}),
        ("total_gap_s", {"margin"}),
        ("stage_position", {"stage-1", "podiums"}),
        ("completed", {"uncompleted"}),
        ("status", {"classified", "order"}),
    ],
)
def test_a_check_whose_truth_was_not_published_is_left_out(official, quantity, missing):
    plan = load(SCENARIO).plan()
    rallies = rallies_of(plan, run_block(plan, Luck(1), 0, 20), "privateer")
    known = Official(tuple(fact for fact in official.facts if fact.quantity != quantity), official.counted)
    whole, found = ({one.name for one in checks(rallies, results, ())} for results in (official, known))
    assert {name for name in whole - found if name == "stage-1" or not name.startswith("stage-")} == missing


def test_a_check_of_which_no_rally_has_a_value_is_left_out(official):
    plan = load(SCENARIO).plan()
    rallies = rallies_of(plan, run_block(plan, Luck(1), 0, 20), "privateer")
    nobody = replace(rallies.outcomes, status=np.full_like(rallies.outcomes.status, Status.RETIRED))
    assert "margin" not in {one.name for one in checks(replace(rallies, outcomes=nobody), official, ())}


@pytest.mark.parametrize(
    ("truth", "tail", "place"),
    [
        (50, 0.5, "inside"),
        (5, 0.05, "inside"),
        (97, 0.04, "in the tail"),
        (100, 0.01, "in the tail"),
        (101, 0.0, "outside"),
    ],
)
def test_a_truth_has_its_place_in_the_predictive_distribution(truth, tail, place):
    one = Check("x", "x", np.arange(1, 101), truth)
    assert (one.tail, one.place) == (pytest.approx(tail), place)


@pytest.mark.parametrize(
    ("unit", "value", "told", "quantity"),
    [
        ("minutes", 244.983, "4:04:59", "margin, minutes"),
        ("hours", 1.5, "1:30:00", "margin, hours"),
        ("%", 1.77, "1.8 %", "margin, %"),
        ("", 10.0, "10", "margin"),
    ],
)
def test_a_checked_value_is_told_in_its_unit(unit, value, told, quantity):
    one = Check("x", "margin", np.array([1.0]), 1.0, unit)
    assert (one.text(value), one.quantity_in_unit) == (told, quantity)


@pytest.mark.parametrize("width", [80, 120])
def test_all_times_of_a_check_are_told_alike(width):
    one = Check("x", "stage P", np.full(20, 11.65), 12.05, "minutes")
    assert (
        rows(predictive_table([one]), width=width)[0] == "stage P 0:11:39 0:11:39 0:11:39 0:12:03 100.0 % 0.0 % outside"
    )
