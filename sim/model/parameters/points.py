"""Point values of parameters in the tables of a scenario, beside what its files say themselves.

A path is touched if a file has set or removed it, or anything above or below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from sim.model.parameters.draws import Parameters
from sim.model.parameters.names import Field, covers, mode_of_share
from sim.model.spec import SEVERITIES

Tree = dict[str, Any]


def point_values(parameters: Parameters, known: Mapping[str, Field], touched: Set[str]) -> dict[str, float | None]:
    """What becomes of the values of a scenario that are not touched, by path: the medians, whole where they must be.

    None: it is left out, a share of a severity of which only other shares are parameters.
    """
    values: dict[str, float | None] = {}
    for name, median in parameters.medians().items():
        values[name] = round(median) if known[name].whole else median
        for share in SEVERITIES if mode_of_share(name) else ():
            values.setdefault(f"{_scope(name)}.{share}", None)
    return {path: value for path, value in values.items() if not _is_touched(path, touched)}


def still_drawn(parameters: Parameters, touched: Set[str]) -> Parameters:
    """The parameters that are not touched; one share of a severity that is fixes all of them."""
    return parameters.only(lambda name: not _is_touched(_scope(name), touched))


def put(tree: Tree, path: str, value: object) -> None:
    """Set a value, or leave it out if it is None; the tables on the way to it are there."""
    *tables, last = path.split(".")
    for table in tables:
        tree = tree[table]
    if value is None:
        tree.pop(last, None)
    else:
        tree[last] = value


def _scope(name: str) -> str:
    """The path that is fixed as a whole: of a share its severity, else the value itself."""
    mode = mode_of_share(name)
    return f"{mode}.severity" if mode else name


def _is_touched(path: str, touched: Set[str]) -> bool:
    return any(covers(path, one) or covers(one, path) for one in touched)
