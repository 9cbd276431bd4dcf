"""The observations of Dakar 2026: they hold together, are what was reviewed, and every source has an address."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from calibration.constraints import cells_of, linear_constraints
from calibration.observations import Observations, read
from calibration.observations.event import read_event

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "calibration/data/dakar-2026"
FILES = sorted([*FOLDER.glob("*.csv"), FOLDER / "event.toml"])
TABLES = [file for file in FILES if file.suffix == ".csv"]
ALTERNATIVES = [
    (key, alternative)
    for key, choice in read_event(FOLDER, {})[0].choices.items()
    for alternative in choice.alternatives
]


def addresses(file: Path) -> list[str]:
    """The keys of a SOURCES.md that have an address."""
    return re.findall(r"^\| ([A-Z]\w*) \| \S", file.read_text(encoding="utf-8"), re.MULTILINE)


def bounds(obs: Observations, stage: str, car: str) -> tuple[float, float]:
    """The least and the greatest seconds that all rows together allow a car on a stage."""
    constraints, cells = linear_constraints(obs), cells_of(obs)
    matrix = np.concatenate((constraints.matrix, -constraints.matrix))
    limits = np.concatenate((constraints.high, -constraints.low))
    closed = np.isfinite(limits)
    target = np.zeros(cells.free.size)
    target[cells.index(stage, car)] = 1
    least = linprog(target, A_ub=matrix[closed], b_ub=limits[closed])
    greatest = linprog(-target, A_ub=matrix[closed], b_ub=limits[closed])
    return round(least.fun), round(-greatest.fun)


@pytest.fixture(scope="module")
def obs() -> Observations:
    return read(FOLDER)


def test_the_folder_is_without_findings(obs):
    assert obs.set_aside == ()
    assert obs.cars == ("500", "501", "502", "503", "504", "Hamza", "privateer2")
    assert len(obs.stages) == 13


@pytest.mark.parametrize(("key", "alternative"), ALTERNATIVES)
def test_every_alternative_holds_together(key, alternative):
    assert read(FOLDER, choices={key: alternative}).set_aside == ()


@pytest.mark.parametrize(("key", "alternative"), ALTERNATIVES)
def test_every_alternative_is_another_set_of_rows(key, alternative):
    others = [other for name, other in ALTERNATIVES if name == key and other != alternative]
    this, *rest = [read(FOLDER, choices={key: chosen}) for chosen in (alternative, *others)]
    assert all((this.times, this.standings, this.incidents) != (o.times, o.standings, o.incidents) for o in rest)


@pytest.mark.parametrize(
    ("stage", "car", "seconds"),
    [
        ("P", "501", (781, 782)),
        ("12", "502", (15_585, 15_585)),
        ("3", "502", (12_468, 18_095)),
        ("3", "500", (12_407, 18_034)),
        ("4", "503", (22_686, 22_717)),
        ("6", "504", (16_330, 16_330)),
        ("9", "501", (18_775, 18_775)),
    ],
)
def test_all_rows_together_leave_a_car_these_seconds(obs, stage, car, seconds):
    assert bounds(obs, stage, car) == seconds


def test_the_stages_of_the_winner_add_up_to_its_totals(obs):
    known = {row.stage: row.low for row in obs.times if row.car == "502" and row.kind == "time" and row.stage != "P"}
    totals = {row.after: row.low for row in obs.standings if row.car == "502" and row.kind == "total"}
    assert known["5"] + known["6"] == totals["6"] - totals["4"]


@pytest.mark.parametrize(
    ("car", "completed"),
    [("500", 12), ("501", 2), ("502", 13), ("503", 13), ("504", 13), ("Hamza", 1), ("privateer2", 0)],
)
def test_so_many_specials_are_known_to_be_completed(obs, car, completed):
    kinds = ("time", "gap", "position", "completed")
    assert len({row.stage for row in obs.times if row.car == car and row.kind in kinds} - {"P"}) == completed


def test_one_special_is_known_not_to_be_completed(obs):
    missed = [(row.stage, row.car, row.low, row.high) for row in obs.times if row.kind == "not_completed"]
    assert missed == [("8", "500", 86_400, 86_400)]


def test_seven_punctures_of_the_defenders_were_reported(obs):
    assert sum(incident.count for incident in obs.incidents if incident.modes == ("puncture",)) == 7


def test_of_eight_incidents_the_repairer_is_known(obs):
    repaired = [(row.stage, row.car, row.repaired_by) for row in obs.incidents if row.repaired_by]
    assert repaired == [
        ("1", "500", "crew"),
        ("1", "502", "crew"),
        ("1", "504", "truck"),
        ("3", "500", "crew"),
        ("3", "502", "crew"),
        ("3", "504", "crew"),
        ("4", "502", "crew"),
        ("9", "500", "crew"),
    ]


def test_the_prologue_is_known_on_the_first_evening(obs):
    assert [row for row in obs.until(0).times if row.stage == "P"] == []
    assert len([row for row in obs.until(1).times if row.stage == "P"]) == 10


def test_what_leans_on_a_later_report_is_known_after_it(obs):
    times = {(row.stage, row.car, row.kind, row.known_after) for row in obs.times if row.known_after != row.stage}
    completed = {(stage, "503", "completed", "13") for stage in ("2", "3", "6", "7", "8", "10", "11", "12")}
    assert times == completed | {("9", "503", "position", "13"), ("9", "500", "gap", "13")}
    standings = [(row.after, row.car, row.known_after) for row in obs.standings if row.known_after != row.after]
    assert standings == [("2", "501", "3"), ("2", "502", "3")]


def test_what_only_its_own_team_tells_is_known_after_the_finish(obs):
    assert [row.text for row in obs.until(12).times if "[TAB]" in row.source] == []


def test_the_history_has_every_mode_of_every_rally(obs):
    modes = set(obs.scenario.rally.modes)
    for rally in ("2021", "2022", "2023"):
        assert {row.mode for row in obs.history if row.rally == rally} == modes


def test_the_history_has_the_reports_of_two_cars_over_three_rallies(obs):
    reported = {mode: sum(row.count for row in obs.history if row.mode == mode) for mode in obs.scenario.rally.modes}
    assert {mode: count for mode, count in reported.items() if count} == {
        "knuckle": 1,
        "steering": 1,
        "power_steering": 2,
        "alternator_belt": 1,
        "driveshaft": 1,
        "engine": 1,
        "cooling": 1,
        "puncture": 4,
        "stuck": 4,
        "roll_over": 1,
    }
    exposures = {row.rally: row.car_rallies for row in obs.history}
    assert sum(exposures.values()) == pytest.approx(27_462 / 4_809, abs=0.001)


def test_the_shares_are_those_of_sixty_notes(obs):
    assert set(obs.shares) == set(obs.scenario.rally.modes)
    assert sum(obs.shares.values()) == 60


def test_the_factory_cars_of_six_editions_were_all_classified(obs):
    factory = [row for row in obs.finishers if row.group == "t2_factory" and row.meaning == "classified"]
    assert [(row.edition, row.starters, row.finishers) for row in factory] == [
        (year, 2, 2) for year in range(2020, 2026)
    ]


def test_nothing_of_the_event_itself_is_among_the_base_rates(obs):
    assert max(row.edition for row in obs.finishers) == 2025


def test_every_digest_is_the_one_in_sources_md(obs):
    text = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\w+\.\w+) \| .* \| ([0-9a-f]{64}) \|$", text, re.MULTILINE))
    assert listed == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in FILES}
    assert listed == obs.digests


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_key_has_an_address(file):
    known = {*addresses(FOLDER / "SOURCES.md"), *addresses(ROOT / "scenarios/SOURCES.md")}
    assert sorted(set(re.findall(r"\[([A-Z]\w*)\]", file.read_text(encoding="utf-8"))) - known) == []


def test_no_key_stands_for_two_addresses():
    keys = [*addresses(FOLDER / "SOURCES.md"), *addresses(ROOT / "scenarios/SOURCES.md")]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_every_address_is_used():
    used = {key for file in FILES for key in re.findall(r"\[([A-Z]\w*)\]", file.read_text(encoding="utf-8"))}
    assert sorted(set(addresses(FOLDER / "SOURCES.md")) - used) == []


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.name)
def test_what_was_inferred_says_so_in_a_note(file):
    with file.open(encoding="utf-8", newline="") as lines:
        notes = [line.get("note") or "" for line in csv.DictReader(lines)]
    assert [note for note in notes if "inferred" in note and not re.match(r"inferred: \S", note)] == []
