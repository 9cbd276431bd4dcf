"""Can all times, gaps, places and totals be true at once? If not: which of them contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linprog

from calibration.constraints import linear_constraints
from calibration.facts import Observations, Row, StandingRow, TimeRow
from calibration.findings import Finding
from calibration.observations.cells import FASTEST_KMH, shortest_s

_INFEASIBLE = 2
"""Status of linprog."""
_COMPARED = ("time", "gap", "position", "total")
"""Kinds of rows that say something about seconds."""


def infeasible(obs: Observations) -> Iterator[Finding]:
    """One finding for the last row of every smallest set of rows that cannot hold together.

    Stage by stage first, then all with the standings. A row that was found is left out of the next search.
    """
    times = [row for row in obs.times if row.kind in _COMPARED]
    wrong: list[Row] = []
    for stage in obs.run:
        for row, problem in _conflicts(obs, [row for row in times if row.stage == stage]):
            wrong.append(row)
            yield Finding(row.FILE, row.row, "low", problem)
    for row, problem in _conflicts(obs, [*(row for row in times if row not in wrong), *obs.standings]):
        yield Finding(row.FILE, row.row, "low", problem)


def _conflicts(obs: Observations, rows: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """Rows to leave out, and why, until those that are left can hold together."""
    left = list(rows)
    while not _possible(obs, left):
        *others, last = _smallest_conflict(obs, left)
        left.remove(last)
        yield last, _problem(last, others)


def _problem(last: Row, others: Sequence[Row]) -> str:
    if not others:
        return f"cannot be: {last.text}; that is faster than {FASTEST_KMH} km/h"
    texts = [f"{row.FILE}, line {row.row} ({row.text})" for row in others]
    return f"cannot be: {last.text}; it contradicts {' and '.join(texts)}"


def _smallest_conflict(obs: Observations, rows: Sequence[Row]) -> list[Row]:
    """Rows that cannot hold together although they can without any one of them, in the order in which they came.

    Found by taking out one row after the other for good if the rest still cannot hold together (a deletion filter).
    """
    needed = list(rows)
    for row in reversed(rows):
        fewer = [other for other in needed if other is not row]
        if not _possible(obs, fewer):
            needed = fewer
    return needed


def _possible(obs: Observations, rows: Sequence[Row]) -> bool:
    """Are there times that satisfy all of the rows, none of them faster than a car can be?"""
    uncompleted = [row for row in obs.times if row.kind == "not_completed"]
    times = (*uncompleted, *(row for row in rows if isinstance(row, TimeRow)))
    standings = tuple(row for row in rows if isinstance(row, StandingRow))
    constraints = linear_constraints(replace(obs, times=times, standings=standings))
    matrix = np.concatenate((constraints.matrix, -constraints.matrix))
    limits = np.concatenate((constraints.high, -constraints.low))
    closed = np.isfinite(limits)
    shortest = np.repeat([shortest_s(obs.scenario, stage) for stage in obs.run], len(obs.cars))
    cost = np.zeros(len(shortest))
    bounds = [(seconds, None) for seconds in shortest]
    found = linprog(cost, A_ub=matrix[closed], b_ub=limits[closed], bounds=bounds, method="highs")
    return bool(found.status != _INFEASIBLE)
