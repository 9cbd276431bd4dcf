"""A simulated rally as a folder of observations: what is told of it is true, and the readers take it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from calibration.build import build
from calibration.cli import main
from calibration.facts import Reporting, Told
from calibration.observations import read
from calibration.observe import observe, press
from calibration.observe.happened import Failure, failures_of
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.findings import ScenarioError
from sim.model.scenario import load

ROOT = Path(__file__).resolve().parents[2]
MARATHON = ROOT / "scenarios/examples/three-crews-marathon.toml"
SIX_CREWS = "scenarios/examples/six-crews-five-stages.toml"
FOLDER = "calibration/data/six-crews"

SCRIPT = f"""\
extends = '{MARATHON}'

[script]
unscripted = "median"
driving_s = {{ 11 = {{ 1 = 11000 }}, 12 = {{ 1 = 11100 }}, 13 = {{ 1 = 11060 }} }}

[script.happenings]
sand = {{ stage = "2", car = "11", mode = "stuck", km = 100, severity = "delay", lost_s = 600 }}
arm = {{ stage = "1", car = "12", mode = "suspension_arm", km = 20, severity = "limp", limp_factor = 1.2 }}
belt = {{ stage = "2", car = "12", mode = "alternator_belt", km = 90, severity = "halt", repaired_by = "nobody" }}

[script.happenings.wheel]
stage = "1"
car = "11"
mode = "puncture"
km = 50.4
severity = "halt"
repaired_by = "crew"
repair_s = 300

[script.happenings.knuckle]
stage = "2"
car = "13"
mode = "knuckle"
km = 70
severity = "halt"
repaired_by = "truck"
repair_s = 1200

[script.penalties]
belt = {{ stage = "1", car = "11", seconds = 120, sporting = true }}
"""


def scripted(folder: Path, script: str = SCRIPT) -> Replay:
    file = folder / "scripted.toml"
    file.write_text(script, encoding="utf-8")
    return replay(load(file).plan(), Luck(0), 0)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return scripted(tmp_path_factory.mktemp("scripted"))


class Fixed:
    """A stream that gives the same two uniforms for every failure."""

    def __init__(self, *uniforms: float) -> None:
        self.uniforms = uniforms

    def random(self, count: int) -> np.ndarray:
        return np.array(self.uniforms[:count])


def reporting(*, serious: float, minor: float) -> Reporting:
    return Reporting({"camel": Told(1800.0, serious, minor, {}, "")})


def facts(rows: list[press.Cells], *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row.get(column, "") for column in columns) for row in rows]


# ------------------------------------------------------------------------------------------------------- what happened


def test_every_failure_on_a_special_is_seen_with_who_mended_it(told):
    seen = [(f.stage, f.car, round(f.km), f.mode, f.severities, f.repaired_by) for f in failures_of(told)]
    assert seen == [
        ("1", "11", 50, "puncture", ("halt",), "crew"),
        ("1", "12", 20, "suspension_arm", ("limp",), ""),
        ("2", "11", 100, "stuck", ("delay",), ""),
        ("2", "12", 90, "alternator_belt", ("halt", "strand"), ""),
        ("2", "13", 70, "knuckle", ("halt",), "truck"),
    ]


def test_what_a_repair_by_the_crew_and_a_delay_cost_is_what_they_took(told):
    lost = {failure.mode: failure.lost_s for failure in failures_of(told)}
    assert (lost["puncture"], lost["stuck"]) == (300.0, 600.0)


def test_what_a_repair_by_a_truck_cost_contains_the_wait_for_it(told):
    halt = next(failure for failure in failures_of(told) if failure.repaired_by == "truck")
    day = told.days[1, 2]
    assert halt.lost_s == day.waiting_s + day.repair_s
    assert day.repair_s == 1200
    assert day.waiting_s > 0


def test_a_truck_that_cannot_mend_a_car_is_not_taken_for_who_mended_it(told):
    assert told.days[1, 1].waiting_s > 0
    halt = next(failure for failure in failures_of(told) if failure.mode == "alternator_belt")
    recovery = next(entry for entry in told.journal if entry.kind == "recovery")
    assert recovery.end_s is not None
    assert halt.lost_s == recovery.end_s - recovery.time_s


def test_a_limping_car_that_stays_with_a_team_mate_is_not_mended_by_that(tmp_path):
    helping = SCRIPT.split("[script.happenings.wheel]")[0] + (
        '[script.happenings.stuck]\nstage = "1"\ncar = "11"\nmode = "stuck"\nkm = 50\nseverity = "halt"\n'
        'repaired_by = "12"\nrepair_s = 900\n'
    )
    told = scripted(tmp_path, helping)
    assert told.days[0, 1].helping_s == 900
    assert [(f.car, f.mode, f.repaired_by) for f in failures_of(told) if f.stage == "1"] == [
        ("11", "stuck", "team_mate"),
        ("12", "suspension_arm", ""),
    ]


def test_a_limp_that_is_mended_at_once_costs_what_the_crew_took(tmp_path):
    file = tmp_path / "spare.toml"
    file.write_text(
        f"extends = '{MARATHON}'\n[crews.13]\nspares = {{ suspension_arm = 1 }}\n"
        "[modes.suspension_arm]\nscale_km = 200\ncrew_repair = 1\nseverity = { limp = 1, halt = 0, strand = 0 }\n",
        encoding="utf-8",
    )
    told = replay(load(file).plan(), Luck(0), 0)
    limp = next(failure for failure in failures_of(told) if failure.car == "13" and failure.mode == "suspension_arm")
    repair = next(entry for entry in told.journal if entry.car == "13" and entry.kind == "repair")
    assert repair.mode == "suspension_arm"
    assert repair.end_s is not None
    assert (limp.repaired_by, limp.lost_s) == ("crew", repair.end_s - repair.time_s)


# -------------------------------------------------------------------------------------------------------- what is told


def test_the_winner_has_a_time_the_front_half_gaps_and_the_others_places(told):
    first = [row for row in press.times(told) if row["stage"] == "1"]
    assert facts(first, "car", "kind", "low", "high", "to") == [
        ("13", "position", 1, 1, ""),
        ("13", "time", 11060, 11060, ""),
        ("11", "position", 2, 2, ""),
        ("11", "gap", 240, 240, "13"),
        ("12", "position", 3, 3, ""),
    ]


def test_places_on_a_stage_are_by_time_and_penalties(tmp_path):
    others = SCRIPT.replace(
        'belt = { stage = "1", car = "11", seconds = 120', 'belt = { stage = "1", car = "13", seconds = 300'
    )
    first = [row for row in press.times(scripted(tmp_path, others)) if row["stage"] == "1"]
    assert facts(first, "car", "kind", "low", "to")[:4] == [
        ("11", "position", 1, ""),
        ("11", "time", 11300, ""),
        ("13", "position", 2, ""),
        ("13", "gap", -240, "11"),
    ]


def test_a_special_that_was_not_completed_is_told_with_what_was_attributed_for_it(told):
    rows = [row for row in press.times(told) if row["kind"] == "not_completed"]
    day = told.days[1, 1]
    assert facts(rows, "stage", "car", "low") == [("2", "12", day.seconds + day.penalty_s)]


def test_a_car_that_is_out_completes_nothing_any_more(tmp_path):
    out = SCRIPT.replace(
        'mode = "suspension_arm", km = 20, severity = "limp", limp_factor = 1.2',
        'mode = "impact", km = 20, severity = "wreck"',
    )
    out = "\n".join(line for line in out.splitlines() if not line.startswith('belt = { stage = "2"'))
    rows = [row for row in press.times(scripted(tmp_path, out)) if row["car"] == "12"]
    assert facts(rows, "stage", "kind", "low") == [("1", "not_completed", ""), ("2", "not_completed", "")]


def test_penalties_of_completed_specials_are_told_to_the_second(told):
    assert facts(press.penalties(told), "stage", "car", "low", "high") == [("1", "11", 120, 120)]


def test_totals_contain_the_penalties(told):
    rows = [row for row in press.standings(told) if row["after"] == "1"]
    assert facts(rows, "car", "kind", "low", "to") == [
        ("13", "position", 1, ""),
        ("13", "total", 11060, ""),
        ("11", "position", 2, ""),
        ("11", "gap", 360, "13"),
    ]


def test_a_failure_is_told_with_the_probability_of_its_kind(told):
    failures = failures_of(told)
    serious = press.incidents(told, failures, reporting(serious=1.0, minor=0.0), Fixed(0.5, 0.9))
    assert facts(serious, "stage", "car") == [("1", "12"), ("2", "12"), ("2", "13")]
    minor = press.incidents(told, failures, reporting(serious=0.0, minor=1.0), Fixed(0.5, 0.9))
    assert facts(minor, "stage", "car") == [("1", "11"), ("2", "11")]


def test_a_car_that_had_to_be_fetched_is_serious_whatever_it_lost(told):
    fetched = Failure("1", "11", 40000, 10.0, "knuckle", ("halt", "strand"), "", 0.0)
    rows = press.incidents(told, [fetched], reporting(serious=1.0, minor=0.0), Fixed(0.5, 0.9))
    assert facts(rows, "car", "lost_low_s") == [("11", "")]


def test_losses_are_told_to_the_minute_and_those_of_limps_and_unmended_halts_not_at_all(told):
    rows = press.incidents(told, failures_of(told), reporting(serious=1.0, minor=1.0), Fixed(0.5, 0.9))
    assert facts(rows, "modes", "severity", "repaired_by", "lost_low_s", "lost_high_s")[:4] == [
        ("puncture", "halt", "crew", 270, 329),
        ("suspension_arm", "limp", "", "", ""),
        ("stuck", "delay", "", 570, 629),
        ("alternator_belt", "halt|strand", "", "", ""),
    ]


@pytest.mark.parametrize(("lost_s", "told_as"), [(1.0, (0, 29)), (29.0, (0, 29)), (30.0, (30, 89)), (89.0, (30, 89))])
def test_the_interval_of_a_loss_holds_what_rounds_to_the_same_minute(told, lost_s, told_as):
    failure = Failure("1", "11", 40000, 10.0, "stuck", ("delay",), "", lost_s)
    (row,) = press.incidents(told, [failure], reporting(serious=1.0, minor=1.0), Fixed(0.5, 0.9))
    assert (row["lost_low_s"], row["lost_high_s"]) == told_as


def test_now_and_then_the_cause_is_not_told(told):
    (row, *_) = press.incidents(told, failures_of(told), reporting(serious=1.0, minor=1.0), Fixed(0.5, 0.1))
    assert (row["modes"], row["severity"]) == ("?", "halt")


# ----------------------------------------------------------------------------------------------------------- the folder


def test_the_six_crews_are_what_the_command_makes(tmp_path, monkeypatch):
    (tmp_path / SIX_CREWS).parent.mkdir(parents=True)
    shutil.copy(ROOT / SIX_CREWS, tmp_path / SIX_CREWS)
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, ["observe", SIX_CREWS, "--replication", "5", "--seed", "2026", "--out", FOLDER])
    assert (ran.exit_code, ran.stderr) == (0, f"wrote {FOLDER}: 15 of 25 failures are told\n")
    made = {file.name: file.read_bytes() for file in (tmp_path / FOLDER).iterdir()}
    assert made == {file.name: file.read_bytes() for file in (ROOT / FOLDER).iterdir()}


@pytest.mark.parametrize(
    ("scenario", "replication"),
    [
        (SIX_CREWS, 4),  # a wreck, a strand and a truck
        (SIX_CREWS, 18),  # penalties, and halts that nobody mended
        ("scenarios/examples/three-crews-marathon.toml", 0),  # a team-mate that stayed
        ("scenarios/dakar-2026.toml", 2),  # a prologue, and a make whose cars fail more often
    ],
)
def test_the_readers_take_the_folder_of_any_rally(tmp_path, scenario, replication):
    observe(load(ROOT / scenario), tmp_path / "made", seed=2026, replication=replication, command="")
    obs = read(tmp_path / "made")
    assert obs.set_aside == ()
    assert build(obs).known == len(obs.scenario.rally.stages)


def test_the_told_rows_of_the_six_crews_are_the_rally_that_replay_shows():
    outcomes = replay(load(ROOT / SIX_CREWS).plan(), Luck(2026), 5).outcomes
    with (ROOT / FOLDER / "standings.csv").open(encoding="utf-8") as lines:
        totals = {row["after"]: int(row["low"]) for row in csv.DictReader(lines) if row["kind"] == "total"}
    assert totals["5"] == outcomes.total_s[0].min()


def test_the_prior_is_not_the_truth():
    problem = build(read(ROOT / FOLDER))
    assert problem.priors.makes["mule"].pace.mean == pytest.approx(0.0675 + 0.01)
    assert problem.priors.terrains["dunes"] == pytest.approx(60 * 1.05)


# ------------------------------------------------------------------------------------------------------------- refusals


def test_what_cannot_be_observed_is_refused_with_all_findings(tmp_path):
    file = tmp_path / "odd.toml"
    file.write_text(
        f"extends = '{ROOT / SIX_CREWS}'\n"
        "[wear.stuck]\nterrain = { dunes = 0, gravel = 0, stones = 0 }\n"
        '[state]\nafter_stage = "1"\n' + "".join(f"[state.crews.{car}]\ntotal_s = 12000\n" for car in range(61, 67)),
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as error:
        observe(load(file), tmp_path / "made", seed=0, replication=0, command="")
    assert [str(finding) for finding in error.value.findings] == [
        "state: must not be there: a rally is observed from its first stage",
        "modes.stuck: cannot fail: no stage wears it; remove it with `without`",
    ]
    assert not (tmp_path / "made").exists()


def test_a_folder_with_files_in_it_is_left_alone(tmp_path):
    (tmp_path / "times.csv").write_text("mine", encoding="utf-8")
    ran = CliRunner().invoke(main, ["observe", str(ROOT / SIX_CREWS), "--out", str(tmp_path)])
    assert ran.exit_code == 2
    assert "is not empty; name a new folder" in ran.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["times.csv"]


def test_a_scenario_with_errors_is_refused_with_exit_code_2(tmp_path):
    ran = CliRunner().invoke(main, ["observe", str(tmp_path / "none.toml"), "--out", str(tmp_path / "made")])
    assert (ran.exit_code, (tmp_path / "made").exists()) == (2, False)
    assert "cannot be read" in ran.stderr


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = CliRunner().invoke(main, ["observe", str(ROOT / SIX_CREWS), "--out", str(tmp_path / "file" / "made")])
    assert ran.exit_code == 2
    assert "cannot make the folder" in ran.stderr
