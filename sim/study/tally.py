"""A tally: everything that is counted in a study, as whole numbers, so that tallies add up exactly in any order.

However many rallies it has counted, a tally holds a row for each crew and place and for each cause and stage, and an
entry for each second and each 100 m that came up: its size does not grow with the number of rallies without end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sim.engine.outcomes import Losses, Outcomes
from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.model.plan import Plan
from sim.model.rules.results import Status
from sim.model.units import whole_seconds
from sim.study.quantities import stage_wins, team_hits

KM_STEPS = 10
"""Distances are counted in steps of a tenth of a kilometre: much finer than a figure can show."""

_LIMB = 31
"""Sums of squares are kept in two parts, the lower 31 bits and the rest of each square: as many rallies as there are,
2**32, overflow neither."""


@dataclass(frozen=True)
class Counts:
    """How often each whole number came up, crew by crew: entries in the order of (crew, value), each pair once.

    Attributes:
        crew, value, count: shape (k,); counts are at least 1.
    """

    crew: IntArray
    value: IntArray
    count: IntArray

    @classmethod
    def of(cls, crew: IntArray, value: IntArray, count: IntArray) -> Counts:
        """Counts of entries in any order, in which a pair may stand more than once; shape (k,) each."""
        order = np.lexsort((value, crew))
        crew, value, count = crew[order], value[order], count[order]
        new = np.flatnonzero(np.append(True, (np.diff(crew) != 0) | (np.diff(value) != 0))[: len(crew)])
        return cls(crew[new], value[new], np.add.reduceat(count, new) if len(new) else count)

    def of_crew(self, crew: int) -> tuple[IntArray, IntArray]:
        """(values in ascending order, how often each came up) of one crew."""
        start, end = np.searchsorted(self.crew, [crew, crew + 1])
        return self.value[start:end], self.count[start:end]


@dataclass(frozen=True)
class Sums:
    """Sums over rallies of what one rally lost in each of k cells, and of the squares of it.

    Attributes:
        total: shape (3, k): retirements, specials not completed, seconds.
        low, high: the sum of the squares is low + high * 2**31, shape (3, k).
    """

    total: IntArray
    low: IntArray
    high: IntArray

    def of(self, which: int, cell: int) -> tuple[int, int]:
        """(sum, sum of the squares) in one cell, exact."""
        square = int(self.low[which, cell]) + (int(self.high[which, cell]) << _LIMB)
        return int(self.total[which, cell]), square


@dataclass(frozen=True)
class Tally:
    """What was counted in n replications for C crews, T teams, S stages and K causes of losses.

    Attributes:
        n: number of replications, shape ().
        places: how often each crew retired (column 0) or had each place, shape (C, C + 1).
        finished: how often it completed every special, shape (C,).
        teams: how often all or any of a team's crews were classified, one won, they had the first two, or the first
            three places, shape (T, 5).
        stage_wins: sums over rallies of counted stages won and of the squares of it, shape (2, C).
        totals: seconds of the rallies in which a crew is classified.
        out_km: where it retired, in steps of the rally's special-km; who never did is not in it.
        spoilt_km: the same for the first special it did not complete, or its retirement.
        loss_entries: entries of losses by cause and stage, shape (K, S).
        losses, cause_losses, stage_losses: sums by cause and stage (cell cause * S + stage), by cause, and by stage.
    """

    n: IntArray
    places: IntArray
    finished: IntArray
    teams: IntArray
    stage_wins: IntArray
    totals: Counts
    out_km: Counts
    spoilt_km: Counts
    loss_entries: IntArray
    losses: Sums
    cause_losses: Sums
    stage_losses: Sums

    def __len__(self) -> int:
        return int(self.n)

    @classmethod
    def of(cls, plan: Plan, outcomes: Outcomes) -> Tally:
        """Count the outcomes of n >= 0 replications of a plan."""
        crews, stages, causes = len(plan.crews), len(outcomes.stages), len(outcomes.causes)
        rank, classified = outcomes.rank, outcomes.classified
        wins = stage_wins(plan, outcomes)
        losses = outcomes.losses
        both = losses.cause * stages + losses.stage
        return cls(
            n=np.array(len(outcomes)),
            places=np.stack([np.sum(rank == place, axis=0) for place in range(crews + 1)], axis=1),
            finished=np.sum(outcomes.status == Status.FINISHED, axis=0),
            teams=np.array([np.sum(team_hits(rank[:, list(team.crews)]), axis=1) for team in plan.teams]),
            stage_wins=np.stack([wins.sum(axis=0), np.square(wins).sum(axis=0)]),
            totals=_counts(outcomes.total_s, classified),
            out_km=_km_counts(out_until(plan, outcomes)),
            spoilt_km=_km_counts(spoilt_until(plan, outcomes)),
            loss_entries=np.bincount(both, minlength=causes * stages).reshape(causes, stages),
            losses=_sums(losses, both, causes * stages),
            cause_losses=_sums(losses, losses.cause, causes),
            stage_losses=_sums(losses, losses.stage, stages),
        )

    def arrays(self) -> dict[str, IntArray]:
        """Everything in it by name, "totals.value" for what lies deeper; see `from_arrays`."""
        flat: dict[str, IntArray] = {}
        for field in fields(self):
            part = getattr(self, field.name)
            if isinstance(part, np.ndarray):
                flat[field.name] = part
            else:
                flat |= {f"{field.name}.{inner.name}": getattr(part, inner.name) for inner in fields(part)}
        return flat

    @classmethod
    def from_arrays(cls, flat: dict[str, IntArray]) -> Tally:
        """The tally that `arrays` has taken apart.

        Raises KeyError if something is missing.
        """
        parts: dict[str, Any] = {
            field.name: _PARTS[field.name](*(flat[f"{field.name}.{f.name}"] for f in fields(_PARTS[field.name])))
            if field.name in _PARTS
            else flat[field.name]
            for field in fields(cls)
        }
        return cls(**parts)


_PARTS: dict[str, type[Counts | Sums]] = {
    "totals": Counts,
    "out_km": Counts,
    "spoilt_km": Counts,
    "losses": Sums,
    "cause_losses": Sums,
    "stage_losses": Sums,
}
"""The fields of a tally that are made of several arrays."""


def merged(tallies: Sequence[Tally]) -> Tally:
    """The tally of all the rallies of several tallies of one plan, at least one; their order makes no difference."""
    return Tally(**{f.name: _added([getattr(tally, f.name) for tally in tallies]) for f in fields(Tally)})


class RunningTally:
    """A tally that grows block by block."""

    MERGED_AT_ONCE = 16
    """So many tallies wait to be merged: to sort the large one anew for every small one would take all the time."""

    def __init__(self) -> None:
        self._parts: list[Tally] = []
        self._n = 0

    def __len__(self) -> int:
        return self._n

    def add(self, tally: Tally) -> None:
        """Count in another block."""
        self._parts.append(tally)
        self._n += len(tally)
        if len(self._parts) == self.MERGED_AT_ONCE:
            self._parts = [merged(self._parts)]

    @property
    def total(self) -> Tally:
        """The tally of all that was added, at least one block."""
        self._parts = [merged(self._parts)]
        return self._parts[0]


def out_until(plan: Plan, outcomes: Outcomes) -> FloatArray:
    """Special-km of the rally at which each crew retires, infinite if it does not, shape (n, C).

    A crew that had retired before the first stage that is run is out from its start.
    """
    out_before = ~outcomes.classified & np.isinf(outcomes.retired_km)
    return np.where(out_before, plan.stage_ends[plan.first_stage], outcomes.retired_km)


def spoilt_until(plan: Plan, outcomes: Outcomes) -> FloatArray:
    """Special-km of the rally at which each crew has its first special not completed, or retires, shape (n, C).

    A special that is not completed counts at its end, since that is when it is certain.
    """
    ends = plan.stage_ends
    until = out_until(plan, outcomes)
    for stage in plan.stages[plan.first_stage :]:
        if stage.spec.counted:
            missed = ~outcomes.completed[:, :, stage.index]
            until = np.where(missed, np.minimum(until, ends[stage.index + 1]), until)
    if plan.state is not None:
        states = [plan.state.crews.get(crew.car) for crew in plan.crews]
        missed_before = [state is not None and bool(state.uncompleted) for state in states]
        until = np.where(missed_before, ends[plan.first_stage], until)
    return until


def _added(parts: Sequence[Any]) -> Any:
    """The sum of arrays, or of things that are made of arrays."""
    kind = type(parts[0])
    if kind is np.ndarray:
        return np.asarray(np.sum(parts, axis=0))
    if kind is Counts:
        return _added_counts(parts)
    return Sums(*(np.sum([getattr(part, f.name) for part in parts], axis=0) for f in fields(Sums)))


def _added_counts(parts: Sequence[Counts]) -> Counts:
    """The sum of counts, crew by crew: that takes a fraction of the memory of all at once."""
    by_crew = []
    for crew in np.unique(np.concatenate([part.crew for part in parts])).tolist():
        found = [part.of_crew(crew) for part in parts]
        value, count = (np.concatenate(column) for column in zip(*found, strict=True))
        by_crew.append(Counts.of(np.full(len(value), crew), value, count))
    columns = ([getattr(part, f.name) for part in (by_crew or parts)] for f in fields(Counts))
    return Counts(*(np.concatenate(column) for column in columns))


def _km_counts(km: FloatArray) -> Counts:
    known = np.isfinite(km)
    return _counts(np.rint(np.where(known, km, 0.0) * KM_STEPS).astype(np.int64), known)


def _counts(values: IntArray, known: BoolArray) -> Counts:
    """Counts of the values that are known, shape (n, C) each."""
    row, crew = np.nonzero(known)
    return Counts.of(crew, values[row, crew], np.ones(len(row), dtype=np.int64))


def _sums(losses: Losses, cell: IntArray, cells: int) -> Sums:
    """Sums of what each rally lost in each cell; `cell` says where an entry belongs, shape (k,)."""
    keys, place = np.unique(losses.row * cells + cell, return_inverse=True)
    lost = (losses.retired, losses.uncompleted, whole_seconds(losses.lost_s))
    by_rally = np.stack([_add_up(values, place, len(keys)) for values in lost])
    squares = np.square(by_rally)
    parts = by_rally, squares & (2**_LIMB - 1), squares >> _LIMB
    return Sums(*(np.stack([_add_up(row, keys % cells, cells) for row in part]) for part in parts))


def _add_up(values: IntArray | BoolArray, place: IntArray, places: int) -> IntArray:
    """Sum of the values in each place, shape (k,) to (places,).

    The sums are made in floating point, which is exact below 2**53: that is two million values of 32 bits.
    """
    return np.bincount(place, values, minlength=places).astype(np.int64)
