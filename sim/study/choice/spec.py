"""The file of a choice, `rally-designs/1`: which designs of a rally there are, and what makes one the best."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from sim.model.changes import Changes
from sim.model.findings import Finding, ScenarioError
from sim.model.invalid import findings_of
from sim.model.spec import Spec
from sim.model.spec.base import Number, Positive
from sim.model.toml_text import read_toml

FORMAT = "rally-designs/1"

Value = bool | int | Number | str


class Design(Spec):
    """One design: changes to the scenario, as on a command line. Without any it is the scenario as it is."""

    asks: str = ""
    """What it is, in a sentence."""
    set: list[str] = Field(default_factory=list)
    """Settings, "path=value" or "path*=factor"."""
    without: list[str] = Field(default_factory=list)
    """Paths that are removed."""


class Points(Spec):
    """Points by final place, of a crew or of all crews of a team."""

    of: str
    """"crews.502" or "teams.defender"."""
    by_place: Annotated[list[Number], Field(min_length=1)]
    """Those of the winner, of the second, ...; nothing for the places after."""


class Study(Spec):
    """What a file of designs holds."""

    format: Literal["rally-designs/1"]
    name: str
    description: str = ""
    scenario: str
    """File of the scenario, seen from the folder of this one."""
    goal: str | None = None
    """A probability of the catalogue of quantities, "crews.502.win"; the more the better."""
    points: Points | None = None
    """Or expected points."""
    indifference: Positive = 0.01
    """The least difference that matters, in the unit of the goal: 0.01 is a percentage point."""
    promise: Annotated[Number, Field(gt=0.5, lt=1)] | None = None
    """Probability with which the best is to be selected; 0.95 unless there is a budget."""
    budget: Annotated[int, Field(ge=1)] | None = None
    """Or: how many rallies may be run."""
    designs: dict[str, Design] = Field(default_factory=dict)
    grid: dict[str, Annotated[list[Value], Field(min_length=1)]] = Field(default_factory=dict)
    """Values by path: every combination is a design, but for loads that are too heavy."""


@dataclass(frozen=True)
class Proposal:
    """A design before it is tried: `combined` if it comes from the grid."""

    name: str
    asks: str
    changes: Changes
    combined: bool


def read_study(file: Path) -> Study:
    """Read and validate a file of designs.

    Raises ScenarioError with all findings at once.
    """
    text = read_toml(file)
    if "format" not in text.tree:
        problem = f"is missing: a file of designs begins with format = {json.dumps(FORMAT)}, see docs/choose.md"
        raise ScenarioError(file, [*text.findings, Finding("format", problem)])
    try:
        study = Study.model_validate(text.tree)
    except ValidationError as error:
        raise ScenarioError(file, [*text.findings, *findings_of(error, text.tree, Study)]) from None
    findings = [*text.findings, *_contradictions(study)]
    if not (file.parent / study.scenario).is_file():
        problem = f"there is no file {study.scenario!r}, seen from the folder of {file.name}"
        findings.append(Finding("scenario", problem))
    if findings:
        raise ScenarioError(file, findings)
    return study


def proposals(study: Study) -> list[Proposal]:
    """All designs of a study: those with a name, then the combinations of its grid."""
    named = [
        Proposal(name, design.asks, Changes(tuple(design.set), tuple(design.without)), combined=False)
        for name, design in study.designs.items()
    ]
    if not study.grid:
        return named
    labels = _labels(list(study.grid))
    for values in product(*study.grid.values()):
        settings = tuple(f"{path}={json.dumps(value)}" for path, value in zip(study.grid, values, strict=True))
        name = ", ".join(f"{label} {value}" for label, value in zip(labels, values, strict=True))
        named.append(Proposal(name, "", Changes(settings), combined=True))
    return named


def _contradictions(study: Study) -> Iterator[Finding]:
    """What does not go together, and what there is none of."""
    if (study.goal is None) == (study.points is None):
        yield Finding("goal", 'give either a goal, say "crews.502.win", or a table of points')
    if study.promise is not None and study.budget is not None:
        yield Finding("budget", "give either a promise, 0.95, or a budget of rallies")
    if not study.designs and not study.grid:
        yield Finding("designs", "there is nothing to choose from: give designs, a grid, or both")
    elif len(proposals(study)) < 2:
        yield Finding("designs", "there is one design only: a choice takes two at least")
    names = [proposal.name for proposal in proposals(study)]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Finding("grid", f"makes the design {name!r} twice")


def _labels(paths: list[str]) -> list[str]:
    """What tells paths apart: their ends, as long as it takes."""
    for length in range(1, max(path.count(".") for path in paths) + 2):
        labels = [".".join(path.split(".")[-length:]) for path in paths]
        if len(set(labels)) == len(labels):
            break
    return labels
