"""Reading a file of parameter draws, `rally-parameters/1`, with everything that is wrong with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field as Limits
from pydantic import ValidationError

from sim.model.arrays import FloatArray
from sim.model.findings import Finding, nearest
from sim.model.invalid import findings_of, value_text
from sim.model.parameters.draws import FORMAT, Parameters, frozen
from sim.model.parameters.names import PATTERNS, Field, covers, mode_of_share
from sim.model.spec import Spec

SHARES_TOLERANCE = 1e-6
"""By so much the shares of a severity may miss 1 in a draw; what is missing falls to the last of them."""


class _File(Spec):
    """What a file of draws holds; `record` is for whoever made it."""

    format: Literal["rally-parameters/1"]
    name: Annotated[str, Limits(min_length=1)]
    description: str = ""
    record: dict[str, Any] = Limits(default_factory=dict)
    sources: dict[str, str] = Limits(default_factory=dict)
    names: Annotated[list[str], Limits(min_length=1)]
    draws: Annotated[list[Any], Limits(min_length=1)]


def read_parameters(file: Path, known: Mapping[str, Field]) -> tuple[Parameters | None, list[Finding]]:
    """The draws of a file for a scenario whose `known` values may be drawn; None if anything is wrong.

    Of each parameter only the first draw that is out of bounds is a finding.
    """
    tree, problem = _read_json(file)
    if problem:
        return None, [Finding("", problem)]
    try:
        content = _File.model_validate(tree)
    except ValidationError as error:
        return None, findings_of(error, tree, _File)
    findings = [*_names(content.names, known), *_sources(content), *_shape(content)]
    if not any(finding.path.startswith("draws") for finding in findings):
        draws = np.array(content.draws, dtype=np.float64)
        findings += _values(content.names, draws, known)
    if findings:
        return None, findings
    return Parameters(content.name, tuple(content.names), frozen(draws), content.sources), []


def _read_json(file: Path) -> tuple[dict[str, Any], str]:
    """(content, "") of a file, or ({}, what is wrong with it)."""
    try:
        # A number is a number, with a point or without: too many digits become infinite, and are found as such.
        tree = json.loads(file.read_text(encoding="utf-8-sig"), parse_int=float)
    except OSError as error:
        return {}, f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return {}, "is not UTF-8 text"
    except (ValueError, RecursionError) as error:
        return {}, f"is not JSON: {error}"
    if not isinstance(tree, dict):
        return {}, f"must hold an object of the form {FORMAT}, got {value_text(tree)}"
    return tree, ""


def _names(names: list[str], known: Mapping[str, Field]) -> Iterator[Finding]:
    """Unknown and repeated names."""
    times = Counter(names)
    for i, name in enumerate(names):
        if name not in known:
            hint = nearest(name, known) or f"there may be {', '.join(PATTERNS)}"
            yield Finding(f"names[{i}]", f"no value {name!r} of this scenario can be drawn; {hint}")
        if times[name] > 1 and names.index(name) == i:
            yield Finding(f"names[{i}]", f"{name!r} is there {times[name]} times: a parameter has one column")


def _sources(content: _File) -> Iterator[Finding]:
    """Sources of nothing: each is that of a parameter, or of all below a path."""
    for path in content.sources:
        if not any(covers(path, name) for name in content.names):
            hint = nearest(path, content.names)
            yield Finding(f"sources.{path}", f"is the source of a value that is not drawn here{hint and '; ' + hint}")


def _shape(content: _File) -> Iterator[Finding]:
    """The first row of draws that is not one number for each name."""
    count = len(content.names)
    for i, row in enumerate(content.draws):
        if not isinstance(row, list):
            yield Finding(f"draws[{i}]", f"must be a list of {count} numbers, one for each name, got {value_text(row)}")
            return
        if len(row) != count:
            yield Finding(f"draws[{i}]", f"must hold {count} numbers, one for each name, got {len(row)} of them")
            return
        odd = [value for value in row if type(value) is not float]
        if odd:
            yield Finding(f"draws[{i}]", f"must hold numbers only, got {value_text(odd[0])}")
            return


def _values(names: list[str], draws: FloatArray, known: Mapping[str, Field]) -> Iterator[Finding]:
    """The first draw of each parameter that is out of its bounds, and of each severity that does not add up."""
    for name, column in zip(names, draws.T, strict=True):
        if name in known:
            yield from _column(name, column, known[name])
    modes = [mode_of_share(name) for name in names]
    for mode in dict.fromkeys(mode for mode in modes if mode is not None):
        shares = draws[:, [one == mode for one in modes]]
        if not ((shares >= 0) & (shares <= 1)).all():
            continue
        totals = shares.sum(axis=1)
        off = np.flatnonzero(np.abs(totals - 1) > SHARES_TOLERANCE)
        if len(off):
            problem = f"the shares must add up to 1, they add up to {totals[off[0]]:g}"
            yield Finding(f"draws[{off[0]}], {mode}.severity", problem)


def _column(name: str, column: FloatArray, field: Field) -> Iterator[Finding]:
    """The first draw of a parameter that is out of its bounds; they have no gaps, so the ends tell whether one is."""
    finite = np.isfinite(column)
    if not finite.all():
        first = int(np.flatnonzero(~finite)[0])
        yield Finding(f"draws[{first}], {name}", f"must be a finite number, got {column[first]}")
    elif any(field.problem(float(end)) for end in (column.min(), column.max())):
        first = next(i for i, value in enumerate(column.tolist()) if field.problem(value))
        value = float(column[first])
        yield Finding(f"draws[{first}], {name}", f"{field.problem(value)}, got {value!r}")
