"""The report of `python -m benchmarks speed`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import benchmarks.__main__ as command
from benchmarks import clock, digests, growth, parallel, speed
from benchmarks.clock import interleaved
from benchmarks.digests import Check
from benchmarks.growth import Growth
from benchmarks.measures import Measure
from benchmarks.parallel import Peaks
from benchmarks.speed import Effort, Report
from sim.model.plan import Plan
from sim.model.scenario import load

AXES = ("replications", "crews", "stages", "modes")
TARGETS = {
    "array engine over its bare draws": (4, 2),
    "array engine against event engine": (200, 500),
    "array engine against lean SimPy script": (100, None),
    "two workers against one": (1.7, None),
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load(digests.ROOT / "scenarios/examples/one-crew-one-stage.toml").plan()


@pytest.fixture(scope="module")
def report(plan: Plan) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "speed_up", lambda *_: 1.5)
        patch.setattr(parallel, "peaks", lambda *_: Peaks(gatherer=50.0, worker=100.0))
        patch.setattr(growth, "SIZES", {"crews": (1, 2), "stages": (2, 3), "modes": (1, 2)})
        effort = Effort(block=64, rounds=1, growth_rounds=1, event=1, lean=5)
        return speed.measure(plan, effort, Check("same", "same"), lambda _: None)


@pytest.fixture
def reported(report: Report, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(digests, "check", lambda: report.digest)
    monkeypatch.setattr(command, "measure", lambda *_: report)
    return report


def test_every_target_is_in_the_report(report: Report) -> None:
    found = {measure.name: (measure.target, measure.aim) for measure in report.measures}
    assert found.items() >= TARGETS.items()
    assert {grown.axis for grown in report.growths} == set(AXES)


def test_a_missed_target_is_told_and_no_failure(reported: Report) -> None:
    result = CliRunner().invoke(command.main, ["speed"])
    assert result.exit_code == 0
    [line] = [line for line in result.stdout.splitlines() if line.startswith("two workers")]
    assert line.split() == ["two", "workers", "against", "one", "1.50", "times", "at", "least", "1.7", "no"]


def test_the_json_form_has_every_figure_and_names_no_machine(reported: Report, tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    result = CliRunner().invoke(command.main, ["speed", "--json", str(file)])
    assert result.exit_code == 0
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert stored["schema"] == "rally-speed/1"
    assert [figure["name"] for figure in stored["figures"]] == [measure.name for measure in reported.measures]
    assert set(stored["machine"]) == {"cpus", "processor", "python", "numpy", "scipy", "simpy"}


@pytest.mark.usefixtures("reported")
def test_the_growth_is_drawn(tmp_path: Path) -> None:
    result = CliRunner().invoke(command.main, ["speed", "--figures", str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "growth.svg").read_text(encoding="utf-8")
    assert [axis for axis in AXES if f"<!-- number of {axis} -->" not in drawn] == []


@pytest.mark.parametrize(
    ("better", "value", "met"), [("more", 200, True), ("more", 199, False), ("less", 200, True), ("less", 201, False)]
)
def test_a_target_is_met_from_the_number_itself_on(better: str, value: float, met: bool) -> None:
    measure = Measure("x", value, "times", better, target=200)  # type: ignore[arg-type]
    assert measure.met is met


def test_a_number_without_a_target_is_neither_met_nor_missed() -> None:
    assert Measure("x", 1.0, "MiB", "less").met is None


def test_the_least_of_the_rounds_counts_and_contenders_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    now, ran = [0.0], []
    costs = {"a": iter([5.0, 3.0, 4.0]), "b": iter([1.0, 2.0, 0.5])}
    monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])

    def run(name: str) -> None:
        ran.append(name)
        now[0] += next(costs[name])

    assert interleaved({"a": lambda: run("a"), "b": lambda: run("b")}, 3) == {"a": 3.0, "b": 0.5}
    assert "".join(ran) == "ababab"


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_is_that_of_a_power_law(power: float) -> None:
    sizes = (1, 2, 4, 7)
    assert Growth("crews", sizes, (8,) * 4, tuple(3 * s**power for s in sizes)).exponent == pytest.approx(power)


def test_a_worker_takes_the_memory_of_a_python_process(plan: Plan) -> None:
    found = parallel.peaks(plan, 1, block=8)
    assert 20 < found.worker < 1000
    assert 20 < found.gatherer < 1000
