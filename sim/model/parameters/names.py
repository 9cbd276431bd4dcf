"""Which values of a scenario may be drawn: their paths and their limits, which are those of the scenario's fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sim.model.invalid import wanted
from sim.model.spec import SEVERITIES, Crew, CrewState, Driving, Mode, Recovery, Severity, Spec, Stage, Truck

Tree = dict[str, Any]

_DRAWABLE: dict[str, tuple[type[Spec], tuple[str, ...]]] = {
    "crews.*": (Crew, ("pace", "consistency", "failures")),
    "stages.*": (Stage, ("pace",)),
    "driving": (Driving, ("stage_sd", "make_sd")),
    "modes.*": (Mode, ("scale_km", "limp_factor", "delay_min", "crew_repair", "repair_min", "truck_repair")),
    "modes.*.severity": (Severity, SEVERITIES),
    "teams.*.trucks.*": (Truck, ("start_delay_min", "speed_kmh")),
    "recovery": (Recovery, ("hours",)),
    "state.crews.*": (CrewState, ("total_s",)),
}
"""Fields by the table they stand in; a star is any name."""

PATTERNS = tuple(f"{path}.{name}" for path, (_, names) in _DRAWABLE.items() for name in names)
"""All that may be drawn, whatever its names."""

_SHARE = re.compile(r"(modes\.[^.]+)\.severity\.[^.]+")


class Field:
    """A value that may be drawn.

    Attributes:
        whole: is it a whole number? Draws of it are rounded, halves to the even one.
    """

    def __init__(self, table: type[Spec], name: str) -> None:
        field = table.model_fields[name]
        limited: Any = Annotated[field.annotation, *field.metadata]
        self._type: TypeAdapter[object] = TypeAdapter(limited, config=ConfigDict(strict=True))
        self.whole = field.annotation is int

    def problem(self, value: float) -> str:
        """What a finite value must be to be allowed; "" if it is."""
        try:
            self._type.validate_python(round(value) if self.whole else value)
        except ValidationError as error:
            return wanted(error)
        return ""


def drawable(tree: Tree) -> dict[str, Field]:
    """Every value of a scenario that may be drawn, by its path."""
    return {
        f"{path}.{name}": _field(table, name)
        for pattern, (table, names) in _DRAWABLE.items()
        for path in _tables(tree, pattern.split("."))
        for name in names
    }


def mode_of_share(name: str) -> str | None:
    """The path of the mode of which a parameter is a share of the severity; None for any other parameter."""
    share = _SHARE.fullmatch(name)
    return share[1] if share else None


def covers(path: str, name: str) -> bool:
    """Is a value at a path or below it?"""
    return f"{name}.".startswith(f"{path}.")


@cache
def _field(table: type[Spec], name: str) -> Field:
    return Field(table, name)


def _tables(node: object, keys: list[str]) -> Iterator[str]:
    """Paths of the tables below a node that fit a pattern."""
    if not isinstance(node, dict):
        return
    key, *below = keys
    for name in node if key == "*" else [key]:
        if isinstance(node.get(name), dict):
            yield from (f"{name}.{path}" for path in _tables(node[name], below)) if below else [name]
