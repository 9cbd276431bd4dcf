"""Posterior predictive checks: would the calibrated rally look like the one that was run?

Each check is one number of a rally: its distribution over simulated rallies, and the official value in it. The data
were used for the fit, so this asks whether the model can tell the story that it was fitted to, not whether it foresees:
A. Gelman, X.-L. Meng and H. Stern, "Posterior predictive assessment of model fitness via realized discrepancies",
Statistica Sinica 6 (1996), 733-760.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from calibration.facts import OUT_OF_THE_SPECIAL, Incident
from calibration.official import Official
from sim.engine.outcomes import Outcomes
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan
from sim.model.units import HOUR_S, MINUTE_S, duration_text

Place = Literal["inside", "in the tail", "outside"]

TAIL = 0.05
"""Share of rallies beyond a truth that is in the tail."""
OUTSIDE = 0.01
"""Share of rallies beyond a truth that is outside."""

UNIT_S = {"minutes": MINUTE_S, "hours": HOUR_S}
"""Seconds of the units that are durations."""


@dataclass(frozen=True)
class Check:
    """One number of a rally.

    Attributes:
        name: short and unique, for files.
        quantity: what it is.
        sample: of the simulated rallies that have it, finite, shape (rallies,).
        truth: the official value.
        unit: of both: "minutes", "hours", "%", or "" for a number.
    """

    name: str
    quantity: str
    sample: FloatArray | IntArray
    truth: float
    unit: str = ""

    @property
    def quantity_in_unit(self) -> str:
        """What it is, with its unit."""
        return f"{self.quantity}, {self.unit}" if self.unit else self.quantity

    @property
    def is_time(self) -> bool:
        """Is it a duration?"""
        return self.unit in UNIT_S

    def text(self, value: float) -> str:
        """A value >= 0 of it in words: a duration to the second."""
        if self.is_time:
            return duration_text(round(value * UNIT_S[self.unit]))
        return f"{value:.1f} %" if self.unit == "%" else f"{value:.4g}"

    @property
    def below(self) -> float:
        """Share of rallies at or below the truth."""
        return float((self.sample <= self.truth).mean())

    @property
    def above(self) -> float:
        """Share of rallies at or above the truth."""
        return float((self.sample >= self.truth).mean())

    @property
    def tail(self) -> float:
        """Share of rallies that went as far as the truth, on its side."""
        return min(self.below, self.above)

    @property
    def place(self) -> Place:
        """Where the truth lies."""
        if self.tail < OUTSIDE:
            return "outside"
        return "in the tail" if self.tail < TAIL else "inside"


@dataclass(frozen=True)
class Rallies:
    """Simulated rallies and what the checks ask of them again and again.

    Attributes:
        outcomes: of n rallies.
        plan: that of the rallies.
        factory: indices of the factory cars, shape (F,).
    """

    outcomes: Outcomes
    plan: Plan
    factory: IndexArray

    @property
    def positions(self) -> IntArray:
        """Places on the counted stages, 0 where it was not completed, shape (n, C, counted)."""
        return self.outcomes.positions[:, :, np.array(self.outcomes.counted)]

    @property
    def winner(self) -> tuple[IndexArray, IndexArray]:
        """(row, car) of the winner of every rally that has one."""
        row, car = np.nonzero(self.outcomes.rank == 1)
        return row, car


def rallies_of(plan: Plan, outcomes: Outcomes, privateers: str) -> Rallies:
    """Rallies whose factory cars are all but those of one make."""
    makes = [plan.rally.teams[crew.spec.team].make for crew in plan.crews]
    return Rallies(outcomes, plan, np.array([i for i, make in enumerate(makes) if make != privateers], dtype=np.intp))


def checks(rallies: Rallies, official: Official, incidents: Sequence[Incident]) -> list[Check]:
    """All checks for which the official results have the truth, and at least one rally a value."""
    found = (
        *_stage_times(rallies, official),
        *_margin(rallies, official),
        *_stages_won(rallies, official),
        *_podiums(rallies, official),
        *_uncompleted(rallies, official),
        *_classified(rallies, official),
        *_order(rallies, official),
        *_lost(rallies, incidents),
    )
    return [check for check in found if len(check.sample)]


def _stage_times(rallies: Rallies, official: Official) -> Iterator[Check]:
    outcomes, places = rallies.outcomes, rallies.outcomes.positions
    for index, stage in enumerate(outcomes.stages):
        truth = official.winning_s(stage)
        if truth is not None:
            times = outcomes.stage_s[:, :, index][places[:, :, index] == 1]
            name = f"stage-{stage}"
            yield Check(name, f"stage {stage}: winning time", times / MINUTE_S, truth / MINUTE_S, "minutes")


def _margin(rallies: Rallies, official: Official) -> Iterator[Check]:
    outcomes, truth = rallies.outcomes, official.margin_s
    if truth is None:
        return
    first, second = (np.where(outcomes.rank == place, outcomes.total_s, 0).sum(axis=1) for place in (1, 2))
    both = second > 0
    margin = (second - first)[both]
    yield Check("margin", "winning margin", margin / HOUR_S, truth / HOUR_S, "hours")


def _stages_won(rallies: Rallies, official: Official) -> Iterator[Check]:
    truth = official.stages_won
    if truth is None:
        return
    row, car = rallies.winner
    won = (rallies.positions[row, car] == 1).sum(axis=1)
    yield Check("stages-won", "counted stages won by the winner", won, truth)


def _podiums(rallies: Rallies, official: Official) -> Iterator[Check]:
    """Counted stages whose first three cars are all of the make that has most such stages."""
    makes = {crew.car: rallies.plan.rally.teams[crew.spec.team].make for crew in rallies.plan.crews}
    make = official.podium_make(makes)
    if make is None:
        return
    own = np.array([makes[car] == make for car in rallies.outcomes.cars])
    places = rallies.positions
    on_podium = (places >= 1) & (places <= 3)
    swept = ((on_podium & own[:, None]).sum(axis=1) == 3).sum(axis=1)
    truth = official.podiums(makes)[make]
    yield Check("podiums", f"stages with three cars of {make} in front", swept, truth)


def _uncompleted(rallies: Rallies, official: Official) -> Iterator[Check]:
    """Uncompleted specials of factory cars, of those of which it is known."""
    outcomes = rallies.outcomes
    cells = [
        (outcomes.cars.index(car), outcomes.stages.index(stage), completed)
        for (stage, car), completed in official.completed.items()
        if outcomes.cars.index(car) in rallies.factory
    ]
    if not cells:
        return
    car, stage, completed = (np.array(column) for column in zip(*cells, strict=True))
    missed, truth = (~outcomes.completed[:, car, stage]).sum(axis=1), int((completed == 0).sum())
    yield Check("uncompleted", f"uncompleted among {len(cells)} specials of factory cars", missed, truth)


def _classified(rallies: Rallies, official: Official) -> Iterator[Check]:
    classified = rallies.outcomes.classified[:, rallies.factory].sum(axis=1)
    cars = {rallies.outcomes.cars[car] for car in rallies.factory}
    if not cars or not cars <= set(official.status):
        return
    truth = len(cars & official.classified)
    yield Check("classified", f"classified of {len(cars)} factory cars", classified, truth)


def _order(rallies: Rallies, official: Official) -> Iterator[Check]:
    """How likely the final order of the factory cars is, among the orders that come up.

    The orders of all rallies, sorted by how often they come up, make a distribution; the official one has its place in
    it. Who is not classified is behind, by the race number.
    """
    cars = {rallies.outcomes.cars[car] for car in rallies.factory}
    if not cars or not cars <= set(official.status) or not cars & official.classified <= set(official.standing):
        return
    orders = _orders(rallies.outcomes.rank[:, rallies.factory])
    found, number = np.unique(orders, axis=0, return_inverse=True)
    share = np.bincount(number.ravel()) / len(orders)
    places = np.array([official.standing.get(rallies.outcomes.cars[car], 0) for car in rallies.factory])
    same = (found == _orders(places[None])[0]).all(axis=1)
    truth = float(share[same].sum())
    yield Check("order", "probability of the final order", 100.0 * share[number.ravel()], 100.0 * truth, "%")


def _orders(rank: IntArray) -> IntArray:
    """Columns in the order of their ranks, those of rank 0 last, shape (n, columns)."""
    return np.argsort(np.where(rank == 0, rank.shape[1] + rank.max() + 1, rank), axis=1, kind="stable")


def _lost(rallies: Rallies, incidents: Sequence[Incident]) -> Iterator[Check]:
    """What told incidents cost, among what such failures cost factory cars that completed the special."""
    outcomes, losses = rallies.outcomes, rallies.outcomes.losses
    own = np.isin(losses.crew, rallies.factory) & ~losses.uncompleted
    for row in incidents:
        if not isfinite(row.lost_high_s) or set(row.severities) & set(OUT_OF_THE_SPECIAL):
            continue
        causes = [outcomes.causes.index(mode) for mode in row.modes if mode in outcomes.causes]
        which: BoolArray = own & np.isin(losses.cause, causes)
        truth = (row.lost_low_s + row.lost_high_s) / 2.0 / row.count
        words = " or ".join(mode.replace("_", " ") for mode in row.modes)
        yield Check(
            f"lost-{row.stage}-{row.car}",
            f"car {row.car}, stage {row.stage}: lost by {words}",
            losses.lost_s[which] / MINUTE_S,
            truth / MINUTE_S,
            "minutes",
        )
