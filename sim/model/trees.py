"""Looking into the tree of a scenario as it was written, whether its types are right or not.

A value of the wrong type counts as absent: the validation of types reports it.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Iterator
from typing import Any

from sim.model.findings import Finding, unknown

Tree = dict[str, Any]


def tables_at(tree: object, key: str) -> Iterator[tuple[str, Tree]]:
    """The tables under a key, by name."""
    for name, table in table_at(tree, key).items():
        if isinstance(table, dict):
            yield name, table


def table_at(tree: object, key: str) -> Tree:
    """The table under a key, empty if there is none."""
    value = tree.get(key) if isinstance(tree, dict) else None
    return value if isinstance(value, dict) else {}


def rows_at(tree: Tree, key: str) -> list[tuple[int, Tree]]:
    """(index, table) of the tables in the list under a key."""
    value = tree.get(key)
    return [(i, row) for i, row in enumerate(value) if isinstance(row, dict)] if isinstance(value, list) else []


def texts_at(tree: Tree, key: str) -> list[str]:
    """The texts in the list under a key."""
    value = tree.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def number_at(tree: Tree, key: str) -> float | None:
    """The finite number under a key."""
    value = tree.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def unknown_names(path: str, kind: str, given: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
    """A finding for each name that is not known."""
    known = list(known)
    for name in given:
        if name not in known:
            yield Finding(path, unknown(kind, name, known))


def unknown_name(path: str, kind: str, table: Tree, key: str, known: Iterable[str]) -> Iterator[Finding]:
    """The same for one key of a table, if it holds a text."""
    if isinstance(table.get(key), str):
        yield from unknown_names(f"{path}.{key}", kind, [table[key]], known)


def off_the_special(path: str, km: float | None, length: float | None) -> Iterator[Finding]:
    """A finding if a km lies beyond the end of its special."""
    if km is not None and length is not None and km > length:
        yield Finding(path, f"must lie on the special, km 0 to {length:g}, got {km:g}")


def by_date(tree: Tree) -> list[tuple[str, Tree]]:
    """The stages that have a date, in the order in which they are run."""
    dated = [(name, stage) for name, stage in tables_at(tree, "stages") if type(stage.get("date")) is datetime.date]
    return sorted(dated, key=lambda item: item[1]["date"])
