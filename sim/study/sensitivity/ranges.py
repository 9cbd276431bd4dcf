"""Which parameters move, and between which values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from sim.model.findings import unknown
from sim.model.parameters import Parameters, drawable
from sim.model.spec import Rally
from sim.study.errors import StudyError
from sim.study.sensitivity.points import value_at

QUANTILES = (0.1, 0.9)
"""Of the draws of a parameter: between these it moves."""


@dataclass(frozen=True)
class Range:
    """A parameter and the values that it is given: `middle` is that of the rally, its median if it is drawn."""

    name: str
    low: float
    middle: float
    high: float


def drawn_ranges(rally: Rally, parameters: Parameters | None, patterns: Sequence[str]) -> list[Range]:
    """The ranges of the parameters that are drawn and whose name fits a pattern; no patterns are all.

    Raises StudyError for a pattern that fits none.
    """
    columns = parameters.columns() if parameters else {}
    idle = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in columns)]
    if idle:
        raise StudyError("\n".join(unknown("drawn parameter", pattern, columns) for pattern in idle))
    wanted = [name for name in columns if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)]
    ends = {name: np.quantile(columns[name], QUANTILES).tolist() for name in wanted}
    return [Range(name, ends[name][0], value_at(rally, name), ends[name][1]) for name in wanted]


def declared_ranges(rally: Rally, texts: Sequence[str]) -> list[Range]:
    """Ranges from "path=low:high", or "path*=low:high" for factors on the value that is there.

    Raises StudyError for all that are no such ranges, name nothing that may be drawn, or break its limits.
    """
    known = drawable(rally.model_dump())
    ranges, problems = [], []
    for text in texts:
        path, equals, ends = text.partition("=")
        name, times = path.removesuffix("*").strip(), path.endswith("*")
        values = _numbers(ends)
        if not equals or values is None or values[0] >= values[1]:
            problems.append(f"a range is path=low:high or path*=low:high with low < high; got {text!r}")
        elif name not in known:
            problems.append(unknown("parameter", name, known))
        else:
            middle = value_at(rally, name)
            low, high = (value * middle if times else value for value in values)
            refused = [(problem, end) for end in (low, high) if (problem := known[name].problem(end))]
            problems += [f"{name}: {problem}, got {end:g}" for problem, end in refused[:1]]
            ranges.append(Range(name, low, middle, high))
    if problems:
        raise StudyError("\n".join(problems))
    return ranges


def _numbers(text: str) -> tuple[float, float] | None:
    """The two finite numbers of "low:high"; None if it is anything else."""
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        return None
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
