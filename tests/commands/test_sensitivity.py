"""`rally sensitivity` as a user meets it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli import main
from sim.report.figures import tornado
from sim.study.estimates import Estimate
from sim.study.sensitivity.document import Sensitivity
from sim.study.sensitivity.ranges import Range
from sim.study.sensitivity.tornado import Swing, Tornado

MARATHON = Path(__file__).resolve().parents[2] / "scenarios/examples/three-crews-marathon.toml"


def rally(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """The marathon with draws of three values."""
    names = ["modes.puncture.scale_km", "crews.11.pace", "crews.12.pace"]
    draws = [[800.0 + 50 * i, 0.001 * i, -0.001 * i] for i in range(20)]
    document = {"format": "rally-parameters/1", "name": "made up", "names": names, "draws": draws}
    (tmp_path / "draws.json").write_text(json.dumps(document))
    file = tmp_path / "drawn.toml"
    file.write_text(f'extends = "{MARATHON}"\nparameters = "draws.json"\n')
    return file


def run(scenario: Path, *words: object) -> Result:
    return rally("sensitivity", scenario, "--of", "crews.11.lost_s", "-n", 100, "--points", 4, *words)


def test_it_is_written_in_the_documented_form_whatever_the_number_of_workers(scenario: Path, tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for workers, file in enumerate(files, start=1):
        result = run(scenario, "--workers", workers, "--json", file)
        assert result.exit_code == 0, result.output
    document = json.loads(files[0].read_text())
    assert document == json.loads(files[1].read_text())
    assert list(document) == ["schema", "record", "quantity", "base", "one_at_a_time", "points", "together", "spread"]
    assert len(document["one_at_a_time"]) == len(document["together"]) == 3
    assert set(document["together"][0]) == {"parameter", "first_order", "total"}
    assert set(document["spread"]) == {"mean", "draws", "between", "within", "share_of_parameters"}


def test_the_command_of_the_record_gives_the_same_again(scenario: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.json", tmp_path / "again.json"
    run(scenario, "--only", "crews.*", "--vary", "recovery.hours*=0.5:2", "--set", "crews.12.pace*=2", "--json", first)
    command = json.loads(first.read_text())["record"]["command"]
    assert rally(*shlex.split(command)[1:], "--json", again).exit_code == 0
    assert first.read_text() == again.read_text()


def test_the_figure_is_written(scenario: Path, tmp_path: Path) -> None:
    assert run(scenario, "--top", 0, "--figures", tmp_path / "out").exit_code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["tornado.png", "tornado.svg"]


def test_the_tables_name_the_scenario_and_say_what_low_and_high_are(scenario: Path) -> None:
    said = " ".join(run(scenario, "--top", 0).stdout.split())
    assert said.startswith(f"Three crews, one marathon: {scenario}, seed 2026")
    assert "Low, high: the 10 % and the 90 % quantile of its draws" in said


def test_the_picture_names_the_rally_and_says_what_low_and_high_are() -> None:
    low, high = Estimate(-0.1, -0.2, -0.05), Estimate(0.1, 0.05, 0.2)
    swing = Swing(Range("crews.11.pace", -0.01, 0.0, 0.01), low, high)
    found = Sensitivity(
        "crews.11.win", "probability", 100, Tornado(Estimate(0.5, 0.4, 0.6), [swing]), [], 0, None, None
    )
    figure = tornado(found, "Crafted")
    assert figure.get_suptitle() == "Crafted: one parameter at a time, 100 rallies each under common luck"
    assert figure.get_supxlabel().startswith("Low, high: the 10 % and the 90 % quantile of its draws")
    assert figure.axes[0].get_yticklabels()[0].get_text() == "crews.11.pace\n-1.0 % to 1.0 %"


def test_without_draws_only_declared_ranges_move() -> None:
    result = run(MARATHON, "--vary", "modes.puncture.scale_km*=0.5:2")
    assert result.exit_code == 0
    assert "Luck or parameters?" not in result.output
    assert "modes.puncture.scale_km" in result.output


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "this scenario draws no parameters: say what moves, as in --vary crews.11.pace=-0.05:0.05"),
        (("--of", "crews.11.clasified"), "did you mean 'crews.11.classified'"),
        (("--of", "crews.11.total_s"), "is known only where the crew is classified"),
        (("--vary", "modes.punture.scale_km=1:2"), "did you mean 'modes.puncture.scale_km'"),
        (("--vary", "modes.puncture.scale_km"), "a range is path=low:high"),
        (("--only", "modes.*"), "unknown drawn parameter 'modes.*'; none is defined"),
        (("--points", "3"), "must be a power of two"),
        (("-n", "10"), "100"),
        (("--set", "script.unscripted=median"), "runs at the medians"),
    ],
)
def test_what_cannot_be_done_is_refused(words: tuple[str, ...], problem: str) -> None:
    result = run(MARATHON, *words)
    assert result.exit_code == 2
    assert problem in result.output
    assert "Traceback" not in result.output
