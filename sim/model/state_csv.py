"""State files in the form of a table: one row a car, one column a value, called by its path below the car."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sim.model.findings import Finding, ScenarioError, unknown
from sim.model.toml_text import TomlText
from sim.model.trees import Tree


def _words(cell: str) -> list[str]:
    return cell.split()


def _number(cell: str) -> Any:
    """A number if it is one; any other text is for the checks of the state to refuse."""
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def _yes(cell: str) -> Any:
    return {"true": True, "false": False}.get(cell, cell)


_COLUMNS: dict[str, Callable[[str], Any]] = {
    "total_s": _number,
    "penalty_s": _number,
    "stage_s": _number,
    "uncompleted": _words,
    "retired": _yes,
    "start_position": _number,
    "damage": _words,
    "spares": _number,
    "wear_km": _number,
    "renewed": str,
    "source": str,
}
"""What a cell becomes, by the first part of the name of its column."""

_EXAMPLES = {
    "stage_s": "stage_s.8",
    "spares": "spares.puncture",
    "wear_km": "wear_km.knuckle",
    "renewed": "renewed.knuckle.stage",
}
"""Columns whose names say of what they are."""


def read_state_csv(file: Path, after: str | None) -> TomlText:
    """The tree of a state file, as if it were TOML; empty cells are not there.

    `after` is the stage on whose evening it is. Raises ScenarioError if the file cannot be read, has no column of cars,
    or nobody says which evening it is.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [[cell.strip() for cell in row] for row in csv.reader(stream)]
    except OSError as error:
        raise ScenarioError(file, [Finding("", f"cannot be read: {error.strerror}")]) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(file, [Finding("", f"is not a table in UTF-8 text: {error}")]) from None
    head = rows[0] if rows else []
    if "car" not in head:
        raise ScenarioError(file, [Finding("", f"needs a column 'car', got {', '.join(head) or 'nothing'}")])
    if after is None:
        raise ScenarioError(file, [Finding("", "does not say on which evening it is: give its stage, --after K")])
    crews: Tree = {}
    findings = list(_wrong_columns(head))
    for number, row in enumerate(rows[1:], 2):
        findings += _add(crews, head, row, number) if any(row) else ()
    tree = {"format": "rally-state/1", "after_stage": after, "crews": crews}
    return TomlText(tree, tuple(findings))


def _wrong_columns(head: list[str]) -> Iterator[Finding]:
    for name in dict.fromkeys(head):
        problem = _wrong_column(name)
        if problem:
            yield Finding("", problem)
        elif head.count(name) > 1:
            yield Finding("", f"has the column {name!r} {head.count(name)} times")


def _wrong_column(name: str) -> str:
    """What is wrong with the name of a column, or ""."""
    first, *rest = name.split(".")
    if first not in _COLUMNS:
        return "" if name == "car" else unknown("column", name, ["car", *_COLUMNS])
    example = _EXAMPLES.get(first, first)
    well = len(rest) == example.count(".") and (first != "renewed" or rest[-1] in ("stage", "km"))
    return "" if well else f"has a column {name!r}, which must be called like {example!r}"


def _add(crews: Tree, head: list[str], row: list[str], number: int) -> Iterator[Finding]:
    """Add the row of one car to the crews."""
    if len(row) != len(head):
        yield Finding("", f"row {number} must have {len(head)} cells, as its head, got {len(row)}")
        return
    cells = dict(zip(head, row, strict=True))
    car = cells.pop("car")
    if car in crews or not car:
        yield Finding("", f"row {number} is that of car {car!r} again" if car else f"row {number} names no car")
        return
    crews[car] = {}
    for name, cell in cells.items():
        if cell and not _wrong_column(name):
            _put(crews[car], name.split("."), _cell(name, cell))


def _cell(name: str, cell: str) -> Any:
    first = name.partition(".")[0]
    return _number(cell) if first == "renewed" and name.endswith(".km") else _COLUMNS[first](cell)


def _put(table: Tree, keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value
