"""Point values of parameters in the tables of a scenario, beside what its files say themselves."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from sim.model.parameters.draws import Parameters
from sim.model.parameters.names import Field, covers, mode_of_share
from sim.model.spec import SEVERITIES

Tree = dict[str, Any]


def put_medians(tree: Tree, parameters: Parameters, known: Mapping[str, Field], touched: Set[str]) -> Parameters:
    """Set the values of a scenario to the point values of parameters, but for those at, above or below a touched path.

    One share of a severity that was touched fixes all of them: then the others are not drawn either. Shares that have
    no column are 0.

    Returns the parameters that are still drawn.
    """
    for name, median in parameters.medians().items():
        if not _is_in(name, touched):
            _put(tree, name, round(median) if known[name].whole else median)
    for severity in dict.fromkeys(_scope(name) for name in parameters.names if mode_of_share(name)):
        for share in SEVERITIES:
            path = f"{severity}.{share}"
            if path not in parameters.names and not _is_in(path, touched):
                _put(tree, path, 0.0)
    return parameters.only(lambda name: not _is_in(_scope(name), touched))


def _scope(name: str) -> str:
    """The path that is fixed as a whole: of a share its severity, else the value itself."""
    mode = mode_of_share(name)
    return f"{mode}.severity" if mode else name


def _is_in(path: str, touched: Set[str]) -> bool:
    """Is a path touched, or anything above or below it?"""
    return any(covers(path, one) or covers(one, path) for one in touched)


def _put(tree: Tree, path: str, value: object) -> None:
    *tables, last = path.split(".")
    for table in tables:
        tree = tree[table]
    tree[last] = value
