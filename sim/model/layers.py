"""Layers: the files that a scenario is made of, laid over one another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.model.findings import Finding, ScenarioError, nearest, unknown
from sim.model.invalid import value_text
from sim.model.parameters import Field, covers, drawable, mode_of_share
from sim.model.toml_text import read_toml

Tree = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where a value comes from: the text given for it ("" if none), and the file that set it."""

    text: str
    file: Path

    @property
    def assumed(self) -> bool:
        """Is it an assumption?"""
        return self.text.startswith("assumed")


@dataclass
class Setting:
    """The key `parameters` of a file, and what files that extend it make of the values that may be drawn.

    Attributes:
        file: which has the key.
        known: what may be drawn, by path.
        touched: paths that were set or removed since.
        factors: what values that were not touched are multiplied by, by path.
    """

    file: Path
    known: dict[str, Field]
    touched: set[str] = field(default_factory=set)
    factors: dict[str, float] = field(default_factory=dict)

    def touch(self, path: str) -> None:
        """A path is set or removed: what it was multiplied by before is forgotten."""
        self.touched.add(path)
        for name in [name for name in self.factors if covers(path, name) or covers(name, path)]:
            del self.factors[name]


@dataclass
class Layers:
    """Everything that was laid over one another so far.

    Attributes:
        tree: the values.
        sources: the source of each, by path.
        findings: what is wrong so far.
        setting: where values are drawn from; None if no file says so.
        replaced: what files say of values that are drawn, by path.
    """

    tree: Tree = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    setting: Setting | None = None
    replaced: dict[str, float] = field(default_factory=dict)

    def lay(self, tree: Tree, removals: object, file: Path) -> None:
        """Lay the tables of a file over what is there: first it removes, then it sets, then it multiplies."""
        _remove_all(self, removals)
        if "parameters" not in self.tree:
            self.setting = None
        texts: dict[str, str] = {}
        self.findings += _take_sources(tree, "", texts)
        factors = tree.pop("factors", {})
        for leaf, value in _flat(tree, ""):
            self.sources[leaf] = Source(nearest_source(leaf, texts), file)
            if self.setting and value != {}:  # an empty table changes nothing in one that is there
                self.setting.touch(leaf)
        _merge(self.tree, tree)
        if "parameters" in tree:
            self.setting = Setting(file, drawable(self.tree))
        _multiply_all(self, factors, texts, file)


def read_layers(path: Path, children: tuple[Path, ...] = ()) -> Layers:
    """A file over everything it extends; `children` are the files on the way to it.

    Raises ScenarioError if one of them cannot be read or is not there.
    """
    if path.resolve() in children:
        chain = " -> ".join(file.name for file in (*children, path.resolve()))
        raise ScenarioError(path, [Finding("extends", f"goes round in a circle: {chain}")])
    text = read_toml(path)
    tree, findings = text.tree, list(text.findings)
    base_name, removals = tree.pop("extends", None), tree.pop("without", [])
    layers = Layers(findings=findings)
    if isinstance(base_name, str):
        base = path.parent / base_name
        if not base.is_file():
            problem = f"there is no file {base_name!r}, seen from the folder of {path.name}"
            raise ScenarioError(path, [*findings, Finding("extends", problem)])
        layers = read_layers(base, (*children, path.resolve()))
        layers.findings += findings
    elif base_name is not None:
        problem = f"must be the name of a file, got {value_text(base_name)}"
        raise ScenarioError(path, [*findings, Finding("extends", problem)])
    layers.lay(tree, removals, path)
    return layers


def _remove_all(layers: Layers, removals: object) -> None:
    if not isinstance(removals, list):
        layers.findings.append(Finding("without", f"must be a list of paths, got {value_text(removals)}"))
        return
    for removal in removals:
        if not isinstance(removal, str):
            layers.findings.append(Finding("without", f"must hold paths only, got {value_text(removal)}"))
            continue
        problem = _remove(layers.tree, removal)
        if layers.setting:
            layers.setting.touch(removal)
        if problem:
            layers.findings.append(Finding(f"without {removal!r}", problem))
        gone = [leaf for leaf in layers.sources if leaf == removal or leaf.startswith(f"{removal}.")]
        for leaf in gone:
            del layers.sources[leaf]


def _remove(tree: Tree, path: str) -> str:
    """Remove a path; returns what is wrong with it, or "" if it was there."""
    table, last, problem = _table_of(tree, path)
    if problem or last not in table:
        return problem or unknown("key", last, table)
    del table[last]
    return ""


def _multiply_all(layers: Layers, factors: object, texts: dict[str, str], file: Path) -> None:
    """Multiply values, and the draws of those that are drawn."""
    if not isinstance(factors, dict):
        layers.findings.append(Finding("factors", f"must be a table of factors, got {value_text(factors)}"))
        return
    for leaf, factor in _flat(factors, ""):
        problem = _multiply(layers, leaf, factor)
        if problem:
            layers.findings.append(Finding(_join("factors", leaf), problem))
        else:
            drawn = layers.setting is not None and leaf in layers.setting.factors
            old = "" if drawn or leaf not in layers.sources else layers.sources[leaf].text
            said = nearest_source(_join("factors", leaf), texts) or old
            layers.sources[leaf] = Source(f"{said}; times {factor:g}" if said else f"times {factor:g}", file)


def _multiply(layers: Layers, path: str, factor: object) -> str:
    """Multiply one value; returns what is wrong with it, or ""."""
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 0 < factor < math.inf:
        return f"must be a number > 0, got {value_text(factor)}"
    if mode_of_share(path):
        return "is a share of a severity, which add up to 1: set them all instead"
    setting = layers.setting
    drawn = setting is not None and path in setting.known and path not in setting.touched
    table, last, problem = _table_of(layers.tree, path)
    if problem or (last not in table and not drawn):
        return problem or unknown("key", last, table)
    if last in table:
        value = table[last]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"multiplies what is not a number: {value_text(value)}"
        table[last] = _product(value, factor)
    if setting is not None and drawn:
        setting.factors[path] = setting.factors.get(path, 1.0) * factor
    return ""


def _product(value: float, factor: float) -> float:
    """A whole number stays one if it can."""
    product = value * factor
    return int(product) if isinstance(value, int) and product == int(product) else product


def value_at(tree: Tree, path: str) -> object:
    """What stands at a path; None if nothing does."""
    table, last, problem = _table_of(tree, path)
    return None if problem else table.get(last)


def _table_of(tree: Tree, path: str) -> tuple[Tree, str, str]:
    """(table, last key, "") of a path, or what is wrong with the way to the table."""
    *tables, last = path.split(".")
    for key in tables:
        if not isinstance(tree.get(key), dict):
            return tree, last, unknown("key", key, tree)
        tree = tree[key]
    return tree, last, ""


def _take_sources(tree: Tree, path: str, texts: dict[str, str]) -> list[Finding]:
    """Move `source` and `sources` out of the tables of a file into texts by path."""
    findings: list[Finding] = []
    source, sources = tree.pop("source", None), tree.pop("sources", {})
    if isinstance(source, str):
        texts[path] = source
    elif source is not None:
        findings.append(Finding(_join(path, "source"), f"must be a text, got {value_text(source)}"))
    if not isinstance(sources, dict):
        findings.append(Finding(_join(path, "sources"), f"must be a table of texts, got {value_text(sources)}"))
        sources = {}
    for leaf, text in _flat(sources, ""):
        where = _join(path, f"sources.{leaf}")
        if not isinstance(text, str):
            findings.append(Finding(where, f"must be a text, got {value_text(text)}"))
        elif not _has(tree, leaf):
            hint = nearest(leaf, tree)
            findings.append(Finding(where, f"is the source of a value that is not set here{hint and '; ' + hint}"))
        else:
            texts[_join(path, leaf)] = text
    for key, value in tree.items():
        if isinstance(value, dict):
            findings += _take_sources(value, _join(path, key), texts)
    return findings


def _has(tree: Tree, path: str) -> bool:
    node: object = tree
    for key in path.split("."):
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True


def nearest_source(leaf: str, texts: dict[str, str]) -> str:
    """The source text of the nearest table around a leaf."""
    while leaf:
        if leaf in texts:
            return texts[leaf]
        leaf = leaf.rpartition(".")[0]
    return texts.get("", "")


def _flat(tree: object, path: str) -> Iterator[tuple[str, object]]:
    """(path, value) of all values that are not tables; of a table, if it is empty."""
    if not isinstance(tree, dict):
        yield path, tree
        return
    for key, value in tree.items():
        if value == {}:
            yield _join(path, key), value
        else:
            yield from _flat(value, _join(path, key))


def _merge(base: Tree, tree: Tree) -> None:
    for key, value in tree.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
