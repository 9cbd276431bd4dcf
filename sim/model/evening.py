"""State files: what is known on the evening of a stage, and how it is laid over a scenario.

A state file is TOML, `format = "rally-state/1"`, or CSV with a row a car; docs/formats.md describes both. It becomes
the table `state` of the scenario. Draws of parameters that it names take the place of those of the scenario: what files
that extend the scenario have set stays as they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from sim.model.checks_of_state import check_state, stages_until
from sim.model.findings import Finding, ScenarioError, unknown
from sim.model.invalid import findings_of, value_text
from sim.model.layers import Layers
from sim.model.parameters import drawable
from sim.model.spec import State
from sim.model.spec.base import Car, Name, Spec
from sim.model.state_csv import read_state_csv
from sim.model.toml_text import read_toml
from sim.model.trees import Tree, table_at
from sim.model.units import duration_text, parse_duration

TOTALS = ("total_s", "penalty_s")
"""What may be written as h:mm:ss, beside the seconds of stages."""


class _File(Spec):
    """The tables of a state file; those of the crews are checked once they are those of a scenario."""

    format: Literal["rally-state/1"]
    after_stage: Name
    note: str = ""
    parameters: str | None = None
    crews: dict[Car, dict[str, Any]]
    ahead: dict[str, Any] = Field(default_factory=dict)
    source: str = ""
    sources: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Evening:
    """What is known on the evening after a stage.

    Attributes:
        file: the file that says it.
        after_stage: name of the stage.
        note: what happened on it, in a few words.
        tree: the file as it is written.
        findings: what is wrong with it whatever the scenario.
    """

    file: Path
    after_stage: str
    note: str
    tree: Tree = field(repr=False)
    findings: tuple[Finding, ...] = ()

    def apply(self, layers: Layers) -> None:
        """Lay it over the layers of a scenario: its parameters, then what is known.

        Raises ScenarioError with all that is wrong with it.
        """
        findings = list(self.findings)
        if "parameters" in self.tree:
            _draw_from(layers, {key: self.tree[key] for key in ("parameters", "source") if key in self.tree}, self.file)
        state: Tree = {key: self.tree[key] for key in ("after_stage", "source", "sources") if key in self.tree}
        crews, wrong = _settled(layers.tree, self.after_stage, self.tree["crews"])
        state["crews"] = crews
        layers.tree.pop("state", None)
        found = len(layers.findings)
        layers.lay(deepcopy({**self.tree.get("ahead", {}), "state": state}), [], self.file)
        if layers.setting:
            layers.setting.known = drawable(layers.tree)
        findings += wrong
        findings += [Finding(_here(one.path), one.problem) for one in layers.findings[found:]]
        findings += _wrong_state(layers.tree)
        if findings:
            raise ScenarioError(self.file, findings)


def read_evening(file: Path, after: str | None = None) -> Evening:
    """Read a state file; `after` is the stage on whose evening it is, which a CSV file does not say.

    Raises ScenarioError if it cannot be read, or if its tables are not those of a state file.
    """
    text = read_state_csv(file, after) if file.suffix.lower() == ".csv" else read_toml(file)
    try:
        content = _File.model_validate(text.tree)
    except ValidationError as error:
        raise ScenarioError(file, [*text.findings, *findings_of(error, text.tree, _File)]) from None
    findings = list(text.findings)
    if after is not None and content.after_stage != after:
        findings.append(
            Finding("after_stage", f"must be the stage that was asked for, {after!r}, got {content.after_stage!r}")
        )
    return Evening(file, content.after_stage, content.note, text.tree, tuple(findings))


def evenings_in(folder: Path) -> dict[str, Evening]:
    """The evenings that the TOML files of a folder tell of, by stage.

    Raises ScenarioError for one that cannot be read, or for two of one stage.
    """
    found: dict[str, Evening] = {}
    for file in sorted(folder.glob("*.toml")):
        evening = read_evening(file)
        twin = found.setdefault(evening.after_stage, evening)
        if twin is not evening:
            problem = f"is that of {twin.file.name} too, got {evening.after_stage!r}"
            raise ScenarioError(file, [Finding("after_stage", problem)])
    return found


def _draw_from(layers: Layers, given: Tree, file: Path) -> None:
    """Draws of a file take the place of those of the scenario; what was set or multiplied since stays so."""
    before = layers.setting
    layers.lay(given, [], file)
    if before and layers.setting:
        layers.setting.touched |= before.touched
        layers.setting.factors |= before.factors


def _here(path: str) -> str:
    """The path in the file of what stands below `state` in the scenario."""
    return path.removeprefix("state.")


def _wrong_state(tree: Tree) -> Iterator[Finding]:
    """What is wrong with the state, types first; a total that may be drawn is not missed here."""
    try:
        State.model_validate(tree["state"])
    except ValidationError as error:
        yield from (Finding(_here(one.path), one.problem) for one in findings_of(error, tree["state"], State))
    for one in check_state(tree):
        if not (one.path.endswith(".total_s") and "parameters" in tree):
            yield Finding(_here(one.path), one.problem)


def _settled(tree: Tree, after: str, crews: Tree) -> tuple[Tree, list[Finding]]:
    """The crews of a state as a scenario has them, and what is wrong with their times."""
    findings: list[Finding] = []
    settled: Tree = {}
    stages = table_at(tree, "stages")
    counted = [name for name in stages_until(tree, after) if table_at(stages, name).get("counted", True)]
    for car, crew in crews.items():
        path = f"crews.{car}"
        known = {key: value for key, value in crew.items() if key != "stage_s"}
        known |= _seconds({key: known[key] for key in TOTALS if key in known}, path, findings)
        if not isinstance(crew.get("stage_s", {}), dict):
            problem = f"must be a table of times by stage, got {value_text(crew['stage_s'])}"
            findings.append(Finding(f"{path}.stage_s", problem))
        results = _seconds(table_at(crew, "stage_s"), f"{path}.stage_s", findings)
        findings += _wrong_stages(f"{path}.stage_s", results, stages, counted)
        if "total_s" in known:
            findings += _disagreement(path, car, known, results, counted)
        elif counted and results.keys() == set(counted):
            known["total_s"] = sum(results.values()) + known.get("penalty_s", 0)
        settled[car] = known
    return settled, findings


def _seconds(table: Tree, path: str, findings: list[Finding]) -> dict[str, int]:
    """Times in whole seconds, 0 where one is none, which is a finding."""
    seconds: dict[str, int] = {}
    for key, value in table.items():
        try:
            seconds[key] = value if _is_seconds(value) else parse_duration(value)
        except (TypeError, ValueError):
            problem = f'must be whole seconds >= 0 or a text "h:mm:ss", got {value_text(value)}'
            findings.append(Finding(f"{path}.{key}", problem))
            seconds[key] = 0
    return seconds


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _wrong_stages(path: str, results: dict[str, int], stages: Tree, counted: list[str]) -> Iterator[Finding]:
    """Results of stages that are not there, not over, or do not count."""
    for name in results:
        if name not in stages:
            yield Finding(path, unknown("stage", name, stages))
        elif name not in counted:
            yield Finding(path, f"must be of stages that are over and count, got {name!r}")


def _disagreement(path: str, car: str, known: Tree, results: dict[str, int], counted: list[str]) -> Iterator[Finding]:
    """A total that the results of the stages do not add up to, or exceed where some are not given."""
    total, sums = known["total_s"], sum(results.values()) + known.get("penalty_s", 0)
    whole = results.keys() == set(counted)
    if results and (total != sums if whole else total < sums):
        verb = "add up to" if whole else "given here alone add up to"
        yield Finding(
            f"{path}.total_s",
            f"disagrees with the results of car {car}: it is {duration_text(total)}, the specials and penalties "
            f"{verb} {duration_text(sums)}",
        )
