"""Draws of the parameters as a file that scenarios refer to: `rally-parameters/1`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calibration.facts import Observations, counted_stages
from sim.model.arrays import FloatArray
from sim.model.parameters import FORMAT
from sim.model.parameters.names import mode_of_share

DIGITS = 5
"""Significant digits of a number, and decimals of a share: a pace to less than a second on a special, and far more than
a few hundred draws know of anything."""


def name_of(observations: Observations) -> str:
    """What a posterior is called: like the folder, with the evening unless the rally is over."""
    name, evening = observations.folder.resolve().name, observations.evening
    over = evening == len(counted_stages(observations.scenario))
    return name if over else f"{name}-evening-{evening:02d}"


def write_posterior(
    file: Path, observations: Observations, names: Sequence[str], draws: FloatArray, record: Mapping[str, Any]
) -> None:
    """Write draws of shape (D, P), fitted to these observations, whole or not at all.

    Numbers are rounded to DIGITS, totals to whole seconds; the shares of a severity still add up to 1. Raises OSError
    if the file cannot be written.
    """
    source = _source(observations)
    content = {
        "format": FORMAT,
        "name": name_of(observations),
        "description": f"{len(draws)} draws of the parameters of {observations.name}: {source}.",
        "record": dict(record),
        "sources": dict.fromkeys((name.partition(".")[0] for name in names), source),
        "names": list(names),
    }
    head = json.dumps(content, indent=1, ensure_ascii=False)[:-2]
    body = ",\n".join(f"  {json.dumps(row)}" for row in rounded(names, draws).tolist())
    part = file.with_suffix(".part")
    part.write_text(f'{head},\n "draws": [\n{body}\n ]\n}}\n', encoding="utf-8")
    part.replace(file)


def rounded(names: Sequence[str], draws: FloatArray) -> FloatArray:
    """Draws of shape (D, P) as they are written."""
    found = np.array([[float(f"{value:.{DIGITS}g}") for value in row] for row in draws.tolist()])
    modes = [mode_of_share(name) for name in names]
    for mode in dict.fromkeys(mode for mode in modes if mode is not None):
        shares = np.flatnonzero([one == mode for one in modes])
        found[:, shares] = _rounded_shares(draws[:, shares])
    totals = [name.endswith(".total_s") for name in names]
    found[:, totals] = np.rint(draws[:, totals])
    return found


def _rounded_shares(shares: FloatArray) -> FloatArray:
    """Shares of shape (D, K) to so many decimals; what is missing to 1 falls to the largest, which feels it least."""
    found = np.round(shares, DIGITS)
    rows, largest = np.arange(len(found)), found.argmax(axis=1)
    rest = found.sum(axis=1) - found[rows, largest]
    found[rows, largest] = np.round(1.0 - rest, DIGITS)
    return found


def _source(observations: Observations) -> str:
    """Where the values come from, in words."""
    prior = "the prior of priors.toml"
    if not observations.stages:
        return f"fitted to what is known of earlier rallies, with {prior}; nothing of {observations.name} itself"
    return f"fitted to the results of {observations.name} up to stage {observations.stages[-1]}, with {prior}"
