"""From a scenario file to a Rally: inheritance, sources, and every error with its path.

A scenario is a TOML file. `extends = "other.toml"` (relative to the file) starts from another one: tables merge key by
key, any other value replaces. `without = ["stages.8.service_points"]` removes paths of the base. Every table may say
where its values come from: `source = "..."` for all of them, or `sources.some_key = "..."` for one; a text that begins
with "assumed" marks an assumption.

`parameters = "draws.json"` (relative to the file) says that values come from a file of parameter draws. They replace
what this file and its bases say; what a file that extends it says replaces them again, and is not drawn any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from sim.model.checks import check
from sim.model.findings import Finding, ScenarioError, nearest, unknown
from sim.model.invalid import findings_of, value_text
from sim.model.parameters import Field, Parameters, drawable, point_values, put, read_parameters, still_drawn
from sim.model.plan import Plan, compile_plan
from sim.model.spec import ParametersUsed, Rally
from sim.model.toml_text import read_toml

Tree = dict[str, Any]

Use = Literal["drawn", "point"]
"""What is made of a file of parameter draws: a draw for each replication, or the point values for all."""


@dataclass(frozen=True)
class Source:
    """Where a value comes from: the text given for it ("" if none), and the file that set it."""

    text: str
    file: Path

    @property
    def assumed(self) -> bool:
        """Is it an assumption?"""
        return self.text.startswith("assumed")


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario.

    Attributes:
        file: the file it was read from.
        rally: the validated rally.
        sources: the source of every value that a file sets, by path ("modes.puncture.scale_km").
        parameters: the draws of the values that are drawn; None if none is. In `rally` stand their point values.
    """

    file: Path
    rally: Rally
    sources: dict[str, Source] = field(repr=False)
    parameters: Parameters | None = field(repr=False)

    def plan(self) -> Plan:
        """What an engine needs to run it."""
        return compile_plan(self.rally, self.parameters)


@dataclass
class _Setting:
    """The key `parameters` of a file: what may be drawn there, and which paths files that extend it have touched."""

    file: Path
    known: dict[str, Field]
    touched: set[str] = field(default_factory=set)


@dataclass
class _Merged:
    tree: Tree
    sources: dict[str, Source]
    findings: list[Finding]
    setting: _Setting | None = None


def load(file: str | Path, parameters: Use = "drawn") -> Scenario:
    """Read, merge and validate a scenario file.

    Where values come from a file of parameter draws, each replication has a draw of its own; with "point", and in a
    deterministic run, all have the medians. A scenario without such a file is not touched by that.

    Raises ScenarioError with all findings at once.
    """
    path = Path(file)
    merged = _read(path, ())
    drawn = _take_parameters(merged, parameters)
    findings = [*merged.findings, *check(merged.tree)]
    try:
        rally = Rally.model_validate(merged.tree)
    except ValidationError as error:
        raise ScenarioError(path, [*findings_of(error, merged.tree), *findings]) from None
    if findings:
        raise ScenarioError(path, findings)
    return Scenario(path, rally, merged.sources, drawn)


def _take_parameters(merged: _Merged, use: Use) -> Parameters | None:
    """Put the point values of the file of draws into the tree; returns the draws if they are to be drawn from."""
    given, setting = merged.tree.pop("parameters", None), merged.setting
    if setting is None:
        return None
    if not isinstance(given, str):
        merged.findings.append(Finding("parameters", f"must be the name of a file, got {value_text(given)}"))
        return None
    file = setting.file.parent / given
    if not file.is_file():
        problem = f"there is no file {given!r}, seen from the folder of {setting.file.name}"
        merged.findings.append(Finding("parameters", problem))
        return None
    found, findings = read_parameters(file, setting.known)
    for finding in findings:
        where = f"parameters {given}, {finding.path}" if finding.path else f"parameters {given}"
        merged.findings.append(Finding(where, finding.problem))
    return _settle(merged, setting, found, file, use) if found else None


def _settle(merged: _Merged, setting: _Setting, found: Parameters, file: Path, use: Use) -> Parameters | None:
    """Put what stands in a file of draws into the tree."""
    for value_path, value in point_values(found, setting.known, setting.touched).items():
        put(merged.tree, value_path, value)
        merged.sources.pop(value_path, None)
        if value is not None:
            merged.sources[value_path] = Source(_nearest(value_path, found.sources), file)
    drawn = still_drawn(found, setting.touched)
    if _deterministic(merged.tree) or not drawn.names:
        use = "point"
    used = ParametersUsed(name=drawn.name, use=use, draws=len(drawn), sha256=drawn.sha256)
    merged.tree["parameters"] = used.model_dump()
    return drawn if use == "drawn" else None


def _deterministic(tree: Tree) -> bool:
    """Is it a run at the medians?"""
    script = tree.get("script")
    return isinstance(script, dict) and script.get("unscripted") == "median"


def _read(path: Path, children: tuple[Path, ...]) -> _Merged:
    """A file with everything it extends; `children` are the files on the way to it."""
    if path.resolve() in children:
        chain = " -> ".join(file.name for file in (*children, path.resolve()))
        raise ScenarioError(path, [Finding("extends", f"goes round in a circle: {chain}")])
    text = read_toml(path)
    tree, findings = text.tree, list(text.findings)
    base_name, removals = tree.pop("extends", None), tree.pop("without", [])
    merged = _Merged({}, {}, findings)
    if isinstance(base_name, str):
        base = path.parent / base_name
        if not base.is_file():
            problem = f"there is no file {base_name!r}, seen from the folder of {path.name}"
            raise ScenarioError(path, [*findings, Finding("extends", problem)])
        merged = _read(base, (*children, path.resolve()))
        merged.findings += findings
    elif base_name is not None:
        problem = f"must be the name of a file, got {value_text(base_name)}"
        raise ScenarioError(path, [*findings, Finding("extends", problem)])
    _remove_all(merged, removals)
    if "parameters" not in merged.tree:
        merged.setting = None
    texts: dict[str, str] = {}
    merged.findings += _take_sources(tree, "", texts)
    for leaf, value in _flat(tree, ""):
        merged.sources[leaf] = Source(_nearest(leaf, texts), path)
        if merged.setting and value != {}:  # an empty table changes nothing in one that is there
            merged.setting.touched.add(leaf)
    _merge(merged.tree, tree)
    if "parameters" in tree:
        merged.setting = _Setting(path, drawable(merged.tree))
    return merged


def _remove_all(merged: _Merged, removals: object) -> None:
    if not isinstance(removals, list):
        merged.findings.append(Finding("without", f"must be a list of paths, got {value_text(removals)}"))
        return
    for removal in removals:
        if not isinstance(removal, str):
            merged.findings.append(Finding("without", f"must hold paths only, got {value_text(removal)}"))
            continue
        problem = _remove(merged.tree, removal)
        if merged.setting:
            merged.setting.touched.add(removal)
        if problem:
            merged.findings.append(Finding(f"without {removal!r}", problem))
        gone = [leaf for leaf in merged.sources if leaf == removal or leaf.startswith(f"{removal}.")]
        for leaf in gone:
            del merged.sources[leaf]


def _remove(tree: Tree, path: str) -> str:
    """Remove a path; returns what is wrong with it, or "" if it was there."""
    *parents, last = path.split(".")
    for key in parents:
        if not isinstance(tree.get(key), dict):
            return unknown("key", key, tree)
        tree = tree[key]
    if last not in tree:
        return unknown("key", last, tree)
    del tree[last]
    return ""


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


def _nearest(leaf: str, texts: dict[str, str]) -> str:
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
