"""Reading TOML so that a table declared twice does not hide the other errors of the file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.model.findings import Finding, ScenarioError

_TWICE = re.compile(r"Cannot declare \((?P<keys>.*)\) twice \(at line (?P<line>\d+)")
_ALIAS = "declared-again-in-line-"
_MAX_INT = 2**63 - 1


@dataclass(frozen=True)
class TomlText:
    """A parsed file, with what was found wrong on the way."""

    tree: dict[str, Any]
    findings: tuple[Finding, ...]


def read_toml(path: Path) -> TomlText:
    """Parse a TOML file.

    A table that is declared twice is a finding, and is left out so that the rest can be checked too. Raises
    ScenarioError if the file cannot be read, is not UTF-8 or is not TOML (whole numbers have 64 bits there).
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ScenarioError(path, [Finding("", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ScenarioError(path, [Finding("", f"is not UTF-8 text (in line {line})")]) from None
    findings: list[Finding] = []
    while True:
        try:
            tree = _drop_aliases(tomllib.loads(text))
        except ValueError as error:
            twice = _TWICE.search(str(error))
            if twice is None:
                raise ScenarioError(path, [*findings, Finding("", _not_toml(error))]) from None
            keys, line = re.findall(r"'([^']*)'", twice["keys"]), int(twice["line"])
            findings.append(Finding(".".join(keys), _declared_twice(keys, f"line {line} of {path.name}")))
            text = _rename_table(text, line)
        else:
            too_large = [Finding(key, "is too large for a whole number") for key in _too_large(tree, "")]
            if too_large:
                raise ScenarioError(path, [*findings, *too_large])
            return TomlText(tree, tuple(findings))


def _not_toml(error: ValueError) -> str:
    return f"is not TOML: {error}".replace("Cannot overwrite a value", "A key is given a value twice")


def _declared_twice(keys: list[str], place: str) -> str:
    if len(keys) == 2 and keys[0] == "crews":
        return f"declared again in {place}: two crews cannot have one race number"
    return f"declared again in {place}: a name can be used once"


def _too_large(node: object, path: str) -> Iterator[str]:
    """Paths of the whole numbers that TOML has no room for."""
    if isinstance(node, int) and abs(node) > _MAX_INT:
        yield path
    for key, value in node.items() if isinstance(node, dict) else ():
        yield from _too_large(value, f"{path}.{key}" if path else key)
    for i, value in enumerate(node) if isinstance(node, list) else ():
        yield from _too_large(value, f"{path}[{i}]")


def _rename_table(text: str, line: int) -> str:
    """Move the table declared in a line, with the tables below it, out of the way."""
    lines = text.split("\n")
    lines[line - 1] = f'["{_ALIAS}{line}"]'
    return "\n".join(lines)


def _drop_aliases(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if not key.startswith(_ALIAS)}
