"""Draws of parameters made up for a rally: everything that may be drawn is, and widely."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import exp
from typing import Any

import numpy as np

from sim.model.parameters import Parameters, drawable
from sim.model.spec import SEVERITIES

Tree = dict[str, Any]

_SPREAD: dict[str, Callable[[random.Random, float], float]] = {
    "crews.pace": lambda luck, value: value + luck.uniform(-0.1, 0.1),
    "consistency": lambda luck, _: luck.choice((0, luck.uniform(0, 0.1))),
    "failures": lambda luck, _: exp(luck.uniform(-1, 1)),
    "stages.pace": lambda luck, value: value + luck.uniform(-0.2, 0.2),
    "stage_sd": lambda luck, _: luck.uniform(0, 0.1),
    "make_sd": lambda luck, _: luck.uniform(0, 0.1),
    "scale_km": lambda luck, value: value * exp(luck.uniform(-1, 1)),
    "limp_factor": lambda luck, _: luck.uniform(1, 2.5),
    "delay_min": lambda luck, _: luck.uniform(0, 60),
    "crew_repair": lambda luck, _: luck.uniform(0, 1),
    "repair_min": lambda luck, _: luck.uniform(1, 120),
    "truck_repair": lambda luck, _: luck.uniform(0, 1),
    "start_delay_min": lambda luck, _: luck.uniform(0, 120),
    "speed_kmh": lambda luck, _: luck.uniform(40, 120),
    "hours": lambda luck, _: luck.uniform(1, 20),
    "total_s": lambda luck, value: round(value + luck.uniform(0, 20_000)),
}
"""How far each kind of value is spread, from what the rally says; paces by the table they stand in."""


def draws_of(values: Mapping[str, Sequence[float]], name: str = "made up") -> Parameters:
    """Draws that are given, by name."""
    return Parameters(name, tuple(values), np.array(list(values.values()), dtype=np.float64).T, {})


def wide(tree: Tree, seed: int, count: int) -> Parameters:
    """Wide draws of everything that may be drawn in a rally."""
    luck, values = random.Random(seed), {}
    for path in drawable(tree):
        key = path.rpartition(".")[2]
        if key not in SEVERITIES:
            spread = _SPREAD[f"{path.partition('.')[0]}.pace" if key == "pace" else key]
            values[path] = [spread(luck, _at(tree, path)) for _ in range(count)]
    for mode in tree["modes"]:
        shares = np.array([[luck.choice((0.0, luck.random())) for _ in SEVERITIES] for _ in range(count)])
        shares[:, SEVERITIES.index("halt")] += 0.2
        shares /= shares.sum(axis=1, keepdims=True)
        values |= {f"modes.{mode}.severity.{kind}": shares[:, i].tolist() for i, kind in enumerate(SEVERITIES)}
    return draws_of(values)


def copied(tree: Tree) -> Tree:
    """A copy in which no two tables are one object, as they may be where tests build them."""
    return {key: copied(value) if isinstance(value, dict) else value for key, value in tree.items()}


def by_hand(tree: Tree, parameters: Parameters, draw: int) -> Tree:
    """The rally without drawn parameters in which the values of one draw are written."""
    written = copied({key: value for key, value in tree.items() if key != "parameters"})
    for name, column in parameters.columns().items():
        *tables, last = name.split(".")
        value = float(column[draw])
        reduce(lambda node, key: node[key], tables, written)[last] = int(value) if last == "total_s" else value
    return written


def _at(tree: Tree, path: str) -> float:
    """The value at a path, 0 where it is left out."""
    *tables, last = path.split(".")
    return float(reduce(lambda node, key: node[key], tables, tree).get(last, 0))
