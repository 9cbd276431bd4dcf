"""Can all times, gaps, places and totals be true at once? If not: which contradict each other, and which are wrong?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np
from scipy.optimize import linprog

from calibration.constraints import linear_constraints
from calibration.facts import Observations, Row, StandingRow, TimeRow
from calibration.findings import Finding
from calibration.observations.cells import FASTEST_KMH, shortest_s
from calibration.observations.tangles import MOST, Rows, Tangle, tangled

_INFEASIBLE = 2
"""Status of linprog."""
_COMPARED = ("time", "gap", "position", "total")
"""Kinds of rows that say something about seconds."""


def infeasible(obs: Observations, *, lenient: bool) -> Iterator[Finding]:
    """What is wrong with rows that cannot hold together, found by smallest sets that cannot.

    Where only one choice of fewest rows lets all others be true each of these is a finding. Else nothing tells which
    rows are wrong: then the last one of each set is a finding or, if `lenient`, every one that may be wrong.
    """
    order = {row: i for i, row in enumerate(_compared(obs))}
    for tangle in _tangles(obs):
        if lenient or len(tangle.repairs) == 1:
            for row in sorted(tangle.suspects, key=order.__getitem__):
                yield Finding(row.FILE, row.row, "low", f"{_problem(row, tangle, order)}{_verdict(row, tangle, order)}")
        else:
            for one in tangle.sets:
                row = max(one, key=order.__getitem__)
                yield Finding(row.FILE, row.row, "low", _problem(row, Tangle((one,)), order))


def _compared(obs: Observations) -> tuple[Row, ...]:
    """The rows that say something about seconds."""
    return (*(row for row in obs.times if row.kind in _COMPARED), *obs.standings)


def _tangles(obs: Observations) -> list[Tangle]:
    """All contradictions: without the rows of any repair of each tangle the rest can hold together."""
    sets: list[Rows] = []
    possible = cache(partial(_possible, obs))
    while True:
        tangles = tangled(sets)
        left = next((left for left in _repaired(_compared(obs), tangles) if not possible(left)), None)
        if left is None:
            return tangles
        sets.append(_smallest_conflict(obs, left))


def _repaired(rows: Sequence[Row], tangles: Sequence[Tangle]) -> Iterator[tuple[Row, ...]]:
    """The rows without one repair of a tangle and without all rows of the others; all rows if there is no tangle."""
    everything = Rows().union(*(tangle.rows for tangle in tangles))
    yield tuple(row for row in rows if row not in everything)
    for tangle in tangles:
        for repair in tangle.repairs:
            gone = everything - tangle.rows | repair
            yield tuple(row for row in rows if row not in gone)


def _problem(row: Row, tangle: Tangle, order: Mapping[Row, int]) -> str:
    """What a row contradicts, set by set."""
    others = [sorted(one - {row}, key=order.__getitem__) for one in tangle.sets if row in one]
    if [] in others:
        return f"cannot be: {row.text}; that is faster than {FASTEST_KMH} km/h"
    others.sort(key=lambda rows: [order[other] for other in rows])
    texts = [" and ".join(f"{_line(other)} ({other.text})" for other in rows) for rows in others]
    return f"cannot be: {row.text}; it contradicts {'; it also contradicts '.join(texts)}"


def _verdict(row: Row, tangle: Tangle, order: Mapping[Row, int]) -> str:
    """Why this row of a tangle and no other; "" if it stands alone."""
    others = " and ".join(_line(other) for other in sorted(tangle.suspects - {row}, key=order.__getitem__))
    if not tangle.repairs:
        return f"; more than {MOST} rows must be wrong here, and none of those that may be counts"
    if len(tangle.repairs) > 1:
        return f"; nothing tells whether it is wrong or {others.replace(' and ', ' or ')}, so none of them counts"
    if len(tangle.rows) == 1:
        return ""
    return f"; without it{others and ' and '}{others} all other rows can be true"


def _line(row: Row) -> str:
    return f"{row.FILE}, line {row.row}"


def _smallest_conflict(obs: Observations, rows: Sequence[Row]) -> Rows:
    """Of rows that cannot hold together some that cannot although they can without any one of them.

    Of one stage, if there are such. Found by taking out one row after the other for good if the rest still cannot hold
    together (a deletion filter).
    """
    stages = [[row for row in rows if isinstance(row, TimeRow) and row.stage == stage] for stage in obs.run]
    needed = next((group for group in stages if not _possible(obs, group)), rows)
    for row in reversed(needed):
        fewer = [other for other in needed if other is not row]
        if not _possible(obs, fewer):
            needed = fewer
    return Rows(needed)


def _possible(obs: Observations, rows: Sequence[Row]) -> bool:
    """Are there times that satisfy all of the rows, none of them faster than a car can be, and no place given twice?"""
    places = [(row.FILE, _stage(row), row.low) for row in rows if row.kind == "position"]
    if len(set(places)) < len(places):
        return False
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


def _stage(row: Row) -> str:
    return row.stage if isinstance(row, TimeRow) else row.after
