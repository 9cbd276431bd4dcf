"""From a scenario file to a Rally: inheritance, sources, and every error with its path.

A scenario is a TOML file. `extends = "other.toml"` (relative to the file) starts from another one: tables merge key by
key, any other value replaces. `without = ["stages.8.service_points"]` removes paths of the base. Every table may say
where its values come from: `source = "..."` for all of them, or `sources.some_key = "..."` for one; a text that begins
with "assumed" marks an assumption.

`parameters = "draws.json"` (relative to the file) says that values come from a file of parameter draws. They replace
what this file and its bases say; what a file that extends it says replaces them again, and is not drawn any more.

`evenings = "evenings/dakar-2026"` (relative to the file) is a folder of state files, one an evening of the rally.

`[factors]` multiplies what stands in the base, `factors.modes.puncture.scale_km = 1.3`; where that is drawn, each draw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from sim.model.changes import NO_CHANGES, Changes
from sim.model.checks import check
from sim.model.evening import Evening
from sim.model.findings import Finding, ScenarioError
from sim.model.invalid import findings_of, value_text
from sim.model.layers import Layers, Setting, Source, nearest_source, read_layers, value_at
from sim.model.parameters import Parameters, covers, point_values, put, read_parameters, still_drawn
from sim.model.plan import Plan, compile_plan
from sim.model.spec import ParametersUsed, Rally

Tree = dict[str, Any]

Use = Literal["drawn", "point"]
"""What is made of a file of parameter draws: a draw for each replication, or the point values for all."""


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario.

    Attributes:
        file: the file it was read from.
        rally: the validated rally.
        sources: the source of every value that a file sets, by path ("modes.puncture.scale_km").
        parameters: the draws of the values that are drawn; None if none is. In `rally` stand their point values.
        written: what its files say of values that are drawn, by path.
        asked: what was asked for of the draws.
        changes: what was changed in the file.
        evenings: folder with the state files of the rally; None if it names none.
    """

    file: Path
    rally: Rally
    sources: dict[str, Source] = field(repr=False)
    parameters: Parameters | None = field(repr=False)
    written: dict[str, float] = field(default_factory=dict, repr=False)
    asked: Use = "drawn"
    changes: Changes = NO_CHANGES
    evenings: Path | None = None

    def plan(self) -> Plan:
        """What an engine needs to run it."""
        return compile_plan(self.rally, self.parameters)


def load(
    file: str | Path, parameters: Use = "drawn", changes: Changes = NO_CHANGES, evening: Evening | None = None
) -> Scenario:
    """Read, merge and validate a scenario file, with an evening and then changes as if other files extended it.

    Where values come from a file of parameter draws, each replication has a draw of its own; with "point", and in a
    deterministic run, all have the medians. A scenario without such a file is not touched by that.

    Raises ScenarioError with all findings at once.
    """
    path = Path(file)
    layers = read_layers(path)
    evenings = _take_evenings(layers)
    if evening:
        evening.apply(layers)
    if changes:
        changes.apply(layers, load(path, parameters, evening=evening).rally)
    drawn = _take_parameters(layers, parameters)
    findings = [*layers.findings, *check(layers.tree)]
    try:
        rally = Rally.model_validate(layers.tree)
    except ValidationError as error:
        raise ScenarioError(path, [*findings_of(error, layers.tree), *findings]) from None
    if findings:
        raise ScenarioError(path, findings)
    return Scenario(path, rally, layers.sources, drawn, layers.replaced, parameters, changes, evenings)


def _take_evenings(layers: Layers) -> Path | None:
    """Take the folder of state files out of the tree."""
    given, source = layers.tree.pop("evenings", None), layers.sources.pop("evenings", None)
    if given is None or source is None:
        return None
    folder = source.file.parent / given if isinstance(given, str) else None
    if folder is None or not folder.is_dir():
        problem = f"must be a folder, seen from that of {source.file.name}, got {value_text(given)}"
        layers.findings.append(Finding("evenings", problem))
        return None
    return folder


def _take_parameters(layers: Layers, use: Use) -> Parameters | None:
    """Put the point values of the file of draws into the tree; returns the draws if they are to be drawn from."""
    given, setting = layers.tree.pop("parameters", None), layers.setting
    if setting is None:
        return None
    if not isinstance(given, str):
        layers.findings.append(Finding("parameters", f"must be the name of a file, got {value_text(given)}"))
        return None
    file = setting.file.parent / given
    if not file.is_file():
        problem = f"there is no file {given!r}, seen from the folder of {setting.file.name}"
        layers.findings.append(Finding("parameters", problem))
        return None
    found, findings = read_parameters(file, setting.known)
    for finding in findings:
        where = f"parameters {given}, {finding.path}" if finding.path else f"parameters {given}"
        layers.findings.append(Finding(where, finding.problem))
    return _settle(layers, setting, found, file, use) if found else None


def _settle(layers: Layers, setting: Setting, found: Parameters, file: Path, use: Use) -> Parameters | None:
    """Put what stands in a file of draws into the tree."""
    factors = {name: factor for name, factor in setting.factors.items() if name in found.names}
    scaled = found.times(factors)
    layers.findings += _out_of_bounds(scaled, setting, factors)
    for value_path, value in point_values(scaled, setting.known, setting.touched).items():
        old = value_at(layers.tree, value_path)
        if isinstance(old, (int, float)):
            layers.replaced[value_path] = old
        put(layers.tree, value_path, value)
        source = layers.sources.pop(value_path, None)
        if value is not None:
            times = source if value_path in factors else None
            drawn_from = nearest_source(value_path, found.sources)
            text = f"{times.text}; of a value {drawn_from}" if times else drawn_from
            layers.sources[value_path] = Source(text, times.file if times else file)
    drawn = still_drawn(scaled, setting.touched)
    if _deterministic(layers.tree) or not drawn.names:
        use = "point"
    used = ParametersUsed(
        name=drawn.name,
        use=use,
        draws=len(drawn),
        sha256=drawn.sha256,
        fixed=[name for name in found.names if name not in drawn.names and not covers("state", name)],
        factors=factors,
    )
    layers.tree["parameters"] = used.model_dump()
    return drawn if use == "drawn" else None


def _out_of_bounds(scaled: Parameters, setting: Setting, factors: dict[str, float]) -> Iterator[Finding]:
    """Draws that a factor takes out of their bounds; these have no gaps, so the ends tell."""
    columns = scaled.columns()
    for name, factor in factors.items():
        for end in (float(columns[name].min()), float(columns[name].max())):
            problem = setting.known[name].problem(end)
            if problem:
                yield Finding(f"factors.{name}", f"{problem}; times {factor:g} a draw is {end:g}")


def _deterministic(tree: Tree) -> bool:
    """Is it a run at the medians?"""
    script = tree.get("script")
    return isinstance(script, dict) and script.get("unscripted") == "median"
