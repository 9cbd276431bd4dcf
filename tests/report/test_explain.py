"""What `rally explain` says of parameters that are drawn."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from sim.model.scenario import Use, load
from sim.report.explain import explanation

BASE = Path(__file__).parents[1] / "conformance" / "valid" / "base.toml"
DAKAR = Path(__file__).parents[2] / "scenarios" / "dakar-2026.toml"
NAMES = ["crews.7.pace", "stages.1.pace", "modes.arm.scale_km"]
SOURCES = {"crews": "fitted to [X] and more", "stages": "fitted to [X] and more", "modes.arm": "reports"}


def explained(folder: Path, use: Use = "drawn", width: int = 120) -> str:
    """The base with 101 draws of three values, explained."""
    draws = [[0.0001 * i - 0.005, 0.01, 2000 + 10 * i] for i in range(101)]
    file = {"format": "rally-parameters/1", "name": "a [bold] fit", "sources": SOURCES, "names": NAMES, "draws": draws}
    (folder / "fit.json").write_text(json.dumps(file), encoding="utf-8")
    (folder / "drawn.toml").write_text(f'extends = "{BASE}"\nparameters = "fit.json"', encoding="utf-8")
    scenario, out = load(folder / "drawn.toml", use), io.StringIO()
    for part in explanation(scenario, scenario.plan()):
        Console(file=out, width=width).print(part)
    return out.getvalue()


def test_the_kilometres_of_a_rally_are_those_of_the_stages_that_count() -> None:
    scenario, out = load(DAKAR), io.StringIO()
    Console(file=out, width=120).print(next(iter(explanation(scenario, scenario.plan()))))
    assert "13 counted stages, 4,809 km of specials in 7,976 km;" in out.getvalue()


def test_each_parameter_has_its_median_its_spread_and_where_another_one_its_source(tmp_path: Path) -> None:
    lines = [line.split() for line in explained(tmp_path).splitlines()]
    at = next(i for i, line in enumerate(lines) if line[:1] == ["crews.7.pace"])
    assert lines[at : at + 3] == [
        ["crews.7.pace", "0.00", "-0.45", "0.45", "%", "fitted", "to", "[X]", "and", "more"],
        ["stages.1.pace", "1.01", "1.01", "1.01", "%"],
        ["modes.arm.scale_km", "3,000", "2,500", "2,050", "2,950", "km", "reports"],
    ]


def test_the_other_tables_show_medians_and_say_so(tmp_path: Path) -> None:
    text = explained(tmp_path)
    assert "Parameters: drawn from a [bold] fit, 101 draws; the tables show medians." in text
    assert "+1.0 %" in text
    assert "Parameters drawn from a [bold] fit, 101 draws" in text
    assert any(line.split()[:4] == ["suspension", "arm", "part", "2,500"] for line in text.splitlines())


def test_point_values_are_told_without_a_spread(tmp_path: Path) -> None:
    text = explained(tmp_path, "point")
    assert "Parameters: point values of a [bold] fit; the tables show medians." in text
    assert "modes.arm.scale_km" not in text


def test_no_number_is_cut_in_a_narrow_terminal(tmp_path: Path) -> None:
    text = explained(tmp_path, width=80)
    assert "…" not in text
    assert "modes.arm.scale_km" in text


def test_the_median_of_what_is_drawn_has_two_digits_and_what_is_written_all(tmp_path: Path) -> None:
    draws = [[2345.0 + i] for i in range(101)]
    file = {"format": "rally-parameters/1", "name": "fit", "names": ["modes.arm.scale_km"], "draws": draws}
    (tmp_path / "fit.json").write_text(json.dumps(file), encoding="utf-8")
    (tmp_path / "drawn.toml").write_text(f'extends = "{BASE}"\nparameters = "fit.json"', encoding="utf-8")
    assert "  2,400 " in _modes(tmp_path / "drawn.toml")
    (tmp_path / "written.toml").write_text(f'extends = "{BASE}"\n[modes.arm]\nscale_km = 2345', encoding="utf-8")
    assert "  2,345 " in _modes(tmp_path / "written.toml")


def _modes(file: Path) -> str:
    """The table of the modes."""
    scenario, out = load(file), io.StringIO()
    Console(file=out, width=120).print(list(explanation(scenario, scenario.plan()))[3])
    return out.getvalue()
