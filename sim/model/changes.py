"""Changes to a scenario without a file: `path=value`, `path*=factor`, and paths that are left out."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.model.findings import Finding, unknown
from sim.model.invalid import value_text
from sim.model.layers import Layers
from sim.model.spec import Rally, Spec

_SETTING = re.compile(r"\s*(?P<path>[\w.-]+?)\s*(?P<times>\*?)=(?P<value>.*)", re.DOTALL)

_HERE = Path("the command line")


@dataclass(frozen=True)
class Changes:
    """What is changed in a scenario, as if one more file extended it.

    Attributes:
        settings: "path=value" sets a value, a TOML value or a bare text; "path*=1.3" multiplies what stands there, and
            each draw of it where it is drawn. One after the other.
        removals: paths that are removed before.
    """

    settings: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.settings or self.removals)

    def __str__(self) -> str:
        return ", ".join([*(f"without {path}" for path in self.removals), *self.settings])

    def __add__(self, later: Changes) -> Changes:
        return Changes(self.settings + later.settings, self.removals + later.removals)

    def words(self) -> list[str]:
        """The options of a command line that make these changes."""
        removals = [word for path in self.removals for word in ("--without", path)]
        return removals + [word for setting in self.settings for word in ("--set", setting)]

    def apply(self, layers: Layers, base: Rally) -> None:
        """Lay the changes over the layers of a scenario; `base` is what it is without them.

        What is wrong becomes a finding: a path has to be one of the base, or a new name in one of its tables.
        """
        layers.lay({}, list(self.removals), _HERE)
        for setting in self.settings:
            problem = _lay(layers, setting, base)
            if problem:
                layers.findings.append(Finding(f"--set {setting}", problem))


NO_CHANGES = Changes()


def _lay(layers: Layers, setting: str, base: Rally) -> str:
    """Lay one setting over the layers; returns what is wrong with it, or ""."""
    parts = _SETTING.fullmatch(setting)
    if parts is None:
        return "must be path=value or path*=factor, say modes.puncture.scale_km=9000"
    value = _value(parts["value"].strip())
    problem = _missing(base, parts["path"], value)
    if problem:
        return problem
    for key in reversed(parts["path"].split(".")):
        value = {key: value}
    layers.lay({"factors": value} if parts["times"] else value, [], _HERE)
    return ""


def _value(text: str) -> Any:
    """A TOML value, or else the text itself: never, 22:00."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _missing(base: Rally, path: str, value: object) -> str:
    """What is wrong with the way to a value: a table that is not there, or a key that cannot be."""
    node: object = base
    *tables, last = path.split(".")
    for key in tables:
        if key not in _keys(node):
            return unknown("key", key, _keys(node))
        node = node[key] if isinstance(node, dict) else getattr(node, key)
        if not isinstance(node, (dict, Spec)):
            return f"{key} is no table but {value_text(node)}: set it as a whole"
    new_name = isinstance(node, dict) and (isinstance(value, dict) or not any(map(_is_table, node.values())))
    return "" if last in _keys(node) or new_name else unknown("key", last, _keys(node))


def _keys(node: object) -> Iterable[str]:
    return type(node).model_fields if isinstance(node, Spec) else node if isinstance(node, dict) else ()


def _is_table(node: object) -> bool:
    return isinstance(node, (dict, Spec))
