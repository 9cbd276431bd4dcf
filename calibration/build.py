"""From observations and priors to a calibration problem."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincinv, polygamma

from calibration.categories import Categories, categories_of
from calibration.constraints import Cells, cells_of, linear_constraints
from calibration.exposure import expected_failures
from calibration.facts import Incident, Observations
from calibration.priors import Priors, Spread, read_priors
from calibration.problem import GammaPrior, Groups, Problem, Seen, Wait
from sim.model.arrays import BoolArray, FloatArray, IndexArray
from sim.model.plan import Plan
from sim.model.plan.exposure import expected_failures as expected_in_rally
from sim.model.rules.failures import Severity

ENDS_SPECIAL = (Severity.STRAND, Severity.WRECK)
NEAR_KM = 5.0
"""A place known to within this is a place: a truck covers it in minutes."""
COMPLETES = frozenset({"time", "gap", "position", "completed"})
"""Kinds of rows that say that a car completed a special."""


def build(observations: Observations) -> Problem:
    """The problem of a folder of observations, with the prior that stands beside them.

    Raises ScenarioError if the prior does not fit the scenario.
    """
    plan = observations.scenario.plan()
    priors = read_priors(observations.folder / "priors.toml", plan)
    makes = tuple(sorted({team.make for team in plan.rally.teams.values()}))
    make = np.array([makes.index(plan.rally.teams[crew.spec.team].make) for crew in plan.crews], dtype=np.intp)
    kinds = categories_of(plan, priors, makes, observations.reporting)
    linear = linear_constraints(observations)
    cell_stage, cell_car, columns = _cells(plan, cells_of(observations))
    place = {cell: i for i, cell in enumerate(zip(cell_stage.tolist(), cell_car.tolist(), strict=True))}
    known = _known(plan, observations)
    return Problem(
        plan=plan,
        priors=priors,
        observations=observations,
        makes=makes,
        make=make,
        cell_stage=cell_stage,
        cell_car=cell_car,
        completed=_completed(plan, observations, place),
        exposure=_exposure(plan, observations, known),
        matrix=np.asarray(linear.matrix, dtype=np.float64)[:, columns],
        low=np.asarray(linear.low),
        high=np.asarray(linear.high),
        noise=np.array([1.0 if stage.spec.counted else priors.stages.uncounted_noise for stage in plan.stages]),
        formation=_formation(plan, makes),
        terrain_km=_terrain_km(plan, list(priors.terrains)),
        terrain_prior=np.log(list(priors.terrains.values())),
        ultimate=np.log([observations.ultimate.get(stage.name, np.nan) for stage in plan.stages]),
        kinds=kinds,
        seen=_seen(plan, observations, kinds, place),
        groups=_groups(plan, observations, priors, kinds, makes),
        waits=tuple(_waits(plan, observations)),
        failures=_failure_prior(plan, priors),
        make_failures=_stack(gamma_like(priors.makes[name].failures) for name in makes),
        known=known,
    )


def _known(plan: Plan, observations: Observations) -> int:
    """How many stages are over, a prologue among them."""
    if not observations.stages:
        return 0
    return 1 + next(stage.index for stage in plan.stages if stage.name == observations.stages[-1])


def gamma_like(spread: Spread) -> tuple[float, float]:
    """(shape, rate) of the Gamma law with the median and the log standard deviation of a log-normal one.

    The log of a Gamma variable of shape k has variance trigamma(k). Without spread the shape is infinite, and the
    median stands in the place of the rate.
    """
    if spread.log_sd == 0.0:
        return math.inf, spread.median
    shape = float(brentq(lambda k: float(polygamma(1, k)) - spread.log_sd**2, 1e-3, 1e9))
    return shape, float(gammaincinv(shape, 0.5)) / spread.median


def _stack(pairs: Iterable[tuple[float, float]]) -> GammaPrior:
    table = np.array(list(pairs), dtype=np.float64).reshape(-1, 2)
    return GammaPrior(table[:, 0], table[:, 1])


def _failure_prior(plan: Plan, priors: Priors) -> GammaPrior:
    """Prior of the factor on the failures that the scales of the scenario give."""
    base = expected_in_rally(plan)
    spreads = [priors.failures[name] for name in plan.modes.names]
    return _stack(
        gamma_like(Spread(median=spread.median / float(expected), log_sd=spread.log_sd))
        for spread, expected in zip(spreads, base, strict=True)
    )


def _formation(plan: Plan, makes: tuple[str, ...]) -> BoolArray:
    formation = np.zeros((len(plan.stages), len(makes)), dtype=np.bool_)
    for team in plan.teams:
        formation[:, makes.index(plan.rally.teams[team.name].make)] |= team.formation
    return formation


def _terrain_km(plan: Plan, terrains: list[str]) -> FloatArray:
    km = np.zeros((len(plan.stages), len(terrains)))
    for stage in plan.stages:
        for section in stage.spec.sections:
            km[stage.index, terrains.index(section.terrain)] += section.to_km - section.from_km
    return km


def _cells(plan: Plan, cells: Cells) -> tuple[IndexArray, IndexArray, IndexArray]:
    """(stage, car, column of the constraints) of every special that a car completed, or may have."""
    names = [stage.name for stage in plan.stages]
    cars = [crew.car for crew in plan.crews]
    free = [
        (names.index(stage), cars.index(car), cells.index(stage, car))
        for i, stage in enumerate(cells.stages)
        for j, car in enumerate(cells.cars)
        if cells.free[i, j]
    ]
    table = np.array(sorted(free), dtype=np.intp).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _completed(plan: Plan, observations: Observations, place: dict[tuple[int, int], int]) -> BoolArray:
    completed = np.zeros(len(place), dtype=np.bool_)
    names, cars = _names(plan)
    for row in observations.times:
        if row.kind in COMPLETES:
            completed[place[names[row.stage], cars[row.car]]] = True
    return completed


def _names(plan: Plan) -> tuple[dict[str, int], dict[str, int]]:
    """Indices of stages and of cars by name."""
    return {stage.name: stage.index for stage in plan.stages}, {crew.car: crew.index for crew in plan.crews}


def _exposure(plan: Plan, observations: Observations, known: int) -> FloatArray:
    """Expected failures at the base scales; none on stages to come, or where nobody says how far a car came."""
    names, cars = _names(plan)
    missed = {(names[row.stage], cars[row.car]) for row in observations.times if row.kind == "not_completed"}
    failed: dict[tuple[int, int, int], float] = {}
    ends: dict[tuple[int, int], float] = {}
    for row in observations.incidents:
        where, km = (names[row.stage], cars[row.car]), (row.km_low + row.km_high) / 2.0
        if len(row.modes) == 1:
            failed[(*where, plan.modes.index(row.modes[0]))] = km
        if where in missed and _may_end(row):
            ends[where] = km
    exposure = expected_failures(plan, failed, ends)
    exposure[known:] = 0.0
    for where in missed - set(ends):
        exposure[where] = 0.0
    return exposure


def _may_end(row: Incident) -> bool:
    return any(Severity[name.upper()] in ENDS_SPECIAL for name in row.severities)


def _seen(plan: Plan, observations: Observations, kinds: Categories, place: dict[tuple[int, int], int]) -> Seen:
    names, cars = _names(plan)
    rows = [row for row in observations.incidents for _ in range(row.count)]
    where = [(names[row.stage], cars[row.car]) for row in rows]
    return Seen(
        cell=np.array([place.get(cell, -1) for cell in where], dtype=np.intp),
        stage=np.array([stage for stage, _ in where], dtype=np.intp),
        car=np.array([car for _, car in where], dtype=np.intp),
        allowed=np.array(
            [_allowed(plan, row, kinds, in_cell=cell in place) for row, cell in zip(rows, where, strict=True)]
        ).reshape(len(rows), len(kinds)),
        low_s=np.array([row.lost_low_s / row.count for row in rows]),
        high_s=np.array([row.lost_high_s / row.count for row in rows]),
    )


def _allowed(plan: Plan, row: Incident, kinds: Categories, *, in_cell: bool) -> BoolArray:
    modes = [plan.modes.index(mode) for mode in row.modes]
    severities = [Severity[name.upper()] for name in row.severities]
    allowed = np.isin(kinds.mode, modes) & np.isin(kinds.severity, severities)
    if in_cell:
        allowed &= ~kinds.ends_special
    if row.repaired_by == "crew":
        allowed &= ~kinds.helped_halts
    elif row.repaired_by:
        allowed &= ~kinds.crew_halts
    return allowed


def _waits(plan: Plan, observations: Observations) -> list[Wait]:
    """Halts that a truck ended, at a known place and with a known loss."""
    names, _ = _names(plan)
    waits = []
    for row in observations.incidents:
        if row.repaired_by == "truck" and row.km_high - row.km_low <= NEAR_KM and math.isfinite(row.lost_high_s):
            km = (row.km_low + row.km_high) / 2.0
            driven_s = float(plan.stages[names[row.stage]].track.nominal_at(km))
            waits.append(Wait(km, driven_s, row.lost_low_s, row.lost_high_s))
    return waits


def _groups(
    plan: Plan, observations: Observations, priors: Priors, kinds: Categories, makes: tuple[str, ...]
) -> Groups:
    """Earlier rallies: counted failures of makes, and how many of their cars came how far."""
    base, of_make = expected_in_rally(plan), priors.before.groups
    counted = sorted({(row.rally, row.make) for row in observations.history})
    finishers = [row for row in observations.finishers if row.group in of_make]
    arrived = sorted({(str(row.edition), of_make[row.group]) for row in finishers} - set(counted))
    rallies = sorted({rally for rally, _ in counted + arrived})
    seen, cars = np.zeros((len(counted), len(base))), np.zeros((len(counted), len(base)))
    for row in observations.history:
        place = counted.index((row.rally, row.make)), plan.modes.index(row.mode)
        seen[place] += row.count
        cars[place] = row.car_rallies
    wrecks = kinds.severity == Severity.WRECK
    all_came = {(str(row.edition), of_make[row.group]) for row in finishers if row.starters == row.finishers}
    reported = [np.where(wrecks & (group in all_came), 1.0, kinds.reported_before) for group in counted]
    missing = np.zeros(len(arrived))
    starters = np.zeros(len(arrived))
    for index, group in enumerate(arrived):
        rows = [row for row in finishers if (str(row.edition), of_make[row.group]) == group]
        told = next((row for row in rows if row.meaning == "every_special"), rows[0])
        missing[index], starters[index] = told.starters - told.finishers, told.starters
        reported.append(np.where(kinds.ends_special if told.meaning == "every_special" else wrecks, np.nan, 0.0))
    return Groups(
        make=np.array([makes.index(make) for _, make in counted + arrived], dtype=np.intp),
        rally=np.array([1 + rallies.index(rally) for rally, _ in counted + arrived], dtype=np.intp),
        exposure=np.concatenate((cars, np.repeat(starters[:, None], len(base), axis=1))) * base,
        seen=np.concatenate((seen, np.zeros((len(arrived), len(base))))),
        missing=np.concatenate((np.zeros(len(counted)), missing)),
        reported=np.array(reported).reshape(-1, len(kinds)),
    )
