"""The file of official results: one published quantity a row (scenarios/SOURCES.md describes the columns)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.model.findings import Finding, ScenarioError, unknown

UNPUBLISHED = "unpublished"
"""The confidence of a quantity that must have a value, though none was found."""

CONFIDENCES = ("exact", "inferred", "rounded", "bound", "conflict", UNPUBLISHED)

QUANTITIES = (
    "start_place",
    "stage_time_s",
    "stage_gap_s",
    "stage_gap_ahead_s",
    "stage_position",
    "stage_penalty_s",
    "completed",
    "stopped_s",
    "uncompleted_cost_s",
    "total_s",
    "total_gap_s",
    "standing",
    "status",
)

_COLUMNS = ("stage", "car", "quantity", "value", "low", "high", "confidence", "source")
_WHOLE = re.compile(r"-?[0-9]+")

Line = dict[str, str]


@dataclass(frozen=True)
class Fact:
    """One published quantity.

    Attributes:
        stage, car, quantity: what it is about; totals and standings are those after the stage.
        value: the published value, a text for a status, None where only a bound or nothing is known.
        low, high: the least and the greatest value that the sources allow, both included; None is open.
        confidence: one of CONFIDENCES.
        source: keys of the sources.
    """

    stage: str
    car: str
    quantity: str
    value: int | str | None
    low: int | None
    high: int | None
    confidence: str
    source: str


def read_official(path: Path) -> list[Fact]:
    """Read a file of official results.

    Raises ScenarioError with all that is wrong with it, OSError if it cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, restval="")
        missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise ScenarioError(path, [Finding("line 1", f"columns are missing: {', '.join(missing)}")])
        lines: list[tuple[int, Line]] = [(reader.line_num, line) for line in reader]
    findings = [Finding(f"line {number}", problem) for number, line in lines for problem in _problems(line)]
    if findings:
        raise ScenarioError(path, findings)
    return [_fact(line) for _, line in lines]


def _problems(line: Line) -> Iterator[str]:
    if line["quantity"] not in QUANTITIES:
        yield unknown("quantity", line["quantity"], QUANTITIES)
    if line["confidence"] not in CONFIDENCES:
        yield unknown("confidence", line["confidence"], CONFIDENCES)
    for column in ("low", "high") if line["quantity"] == "status" else ("value", "low", "high"):
        if line[column] and not _WHOLE.fullmatch(line[column]):
            yield f"{column} must be a whole number or empty, got {line[column]!r}"
    if not (line["value"] or line["low"] or line["high"] or line["confidence"] == UNPUBLISHED):
        yield "needs a value, or low or high"


def _fact(line: Line) -> Fact:
    return Fact(
        stage=line["stage"],
        car=line["car"],
        quantity=line["quantity"],
        value=line["value"] or None if line["quantity"] == "status" else _number(line["value"]),
        low=_number(line["low"]),
        high=_number(line["high"]),
        confidence=line["confidence"],
        source=line["source"],
    )


def _number(text: str) -> int | None:
    return int(text) if text else None
