"""Making up a rally from the prior, and observing it the way the real one was observed.

For simulation-based calibration: what the chains find in such data must be spread around the truth as it should be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibration.categories import LEAST_SIGMA
from calibration.chains.counts import group_rates
from calibration.chains.densities import add_at
from calibration.chains.prior import draw_prior
from calibration.chains.state import SLOTS, State
from calibration.problem import Groups, Problem, Seen, Wait
from sim.model.arrays import BoolArray, FloatArray, IndexArray

VAGUE = 0.5
"""Share of told events of which only the mode is told, and share of those whose loss is."""
WIDTH = 0.2
"""Log width of the interval in which a told loss is known."""


@dataclass(frozen=True)
class _Events:
    """Events on the course, one entry each: where, of what kind, what it lost, and is it in the sources?"""

    stage: IndexArray
    car: IndexArray
    kind: IndexArray
    size: FloatArray
    told: BoolArray

    def some(self, which: BoolArray) -> _Events:
        return _Events(self.stage[which], self.car[which], self.kind[which], self.size[which], self.told[which])


def simulate(problem: Problem, rng: np.random.Generator) -> tuple[Problem, State]:
    """A problem with made-up data in the place of the observed ones, and the truth (one chain) behind it.

    Whatever ends a special is told, since a car that is missing from a result is missed. A rally in which a car has
    more untold events on one special than the chains have room for is made up anew, parameters and all: that is the
    prior of the chains.
    """
    reported = np.where(problem.kinds.ends_special, 1.0, problem.kinds.reported)
    problem = replace(problem, kinds=replace(problem.kinds, reported=reported))
    while True:
        truth = draw_prior(problem, 1, rng)
        events = _events(problem, truth, rng)
        left = _without(problem, events)
        cell = _cell_of(left, events)
        untold = (cell >= 0) & ~events.told
        if np.bincount(cell[untold], minlength=left.cells).max(initial=0) <= SLOTS:
            break
    lost = np.bincount(cell[cell >= 0], events.size[cell >= 0], minlength=left.cells).astype(np.float64)
    seconds = np.exp(truth.mean_log(left) + truth.scatter(left) * rng.normal(size=(1, left.cells))) + lost
    low, high = _observe(left, left.matrix @ seconds[0], rng)
    ultimate = truth.stage[0] - truth.ratio[0] + truth.ultimate_sd[0] * rng.normal(size=truth.stage.shape[1])
    told = events.some(events.told)
    made_up = replace(
        left,
        low=low,
        high=high,
        ultimate=np.where(np.isnan(problem.ultimate), np.nan, ultimate),
        seen=_seen(left, told, rng),
        groups=_groups(problem, truth, rng),
        waits=tuple(_wait(problem, truth, wait, rng) for wait in problem.waits),
    )
    return made_up, replace(
        truth,
        seconds=seconds,
        sums=seconds @ left.matrix.T,
        size=_slots(left.cells, cell[untold], events.size[untold])[None],
        told=told.size[None],
        told_kind=told.kind[None],
    )


def _without(problem: Problem, events: _Events) -> Problem:
    """The problem without the specials that an event ended; what was left is known to have been completed."""
    ends = problem.kinds.ends_special[events.kind]
    missed = set(zip(events.stage[ends].tolist(), events.car[ends].tolist(), strict=True))
    cells = zip(problem.cell_stage.tolist(), problem.cell_car.tolist(), strict=True)
    keep = np.array([cell not in missed for cell in cells], dtype=np.bool_)
    whole = ~(problem.matrix[:, ~keep] != 0.0).any(axis=1)
    return replace(
        problem,
        cell_stage=problem.cell_stage[keep],
        cell_car=problem.cell_car[keep],
        completed=np.ones(int(keep.sum()), dtype=np.bool_),
        matrix=problem.matrix[whole][:, keep],
        low=problem.low[whole],
        high=problem.high[whole],
    )


def _slots(cells: int, cell: IndexArray, size: FloatArray) -> FloatArray:
    """Seconds lost by the untold events of each cell, shape (cells, SLOTS)."""
    slots = np.zeros((cells, SLOTS))
    for place, seconds in zip(cell.tolist(), size.tolist(), strict=True):
        slots[place, int((slots[place] > 0.0).sum())] = seconds
    return slots


def _events(problem: Problem, truth: State, rng: np.random.Generator) -> _Events:
    """All that happens in the known stages to the cars that have cells there, or that did not complete them."""
    kinds = problem.kinds
    shares = kinds.shares(truth.severity, truth.crew_repair)[0]
    expected = truth.rates(problem)[0][..., kinds.mode] * shares
    number = rng.poisson(expected)
    stage, car, kind = (np.repeat(where, number[number > 0]) for where in np.nonzero(number))
    median = truth.log_medians(problem)[0, stage, kind]
    size = np.exp(median + kinds.sigma[kind] * rng.normal(size=len(kind)))
    sigma = max(problem.plan.rally.recovery.sigma, LEAST_SIGMA)
    recovery = np.exp(truth.recovery[0] + sigma * rng.normal(size=len(kind)))
    size = np.where(kinds.ends_special[kind], 3600.0 * recovery, size)
    told = rng.random(len(kind)) < kinds.reported[problem.make[car], kind]
    return _Events(stage, car, kind, size, told)


def _cell_of(problem: Problem, events: _Events) -> IndexArray:
    """Index of the cell of each event, -1 where the special was not completed."""
    pairs = zip(problem.cell_stage.tolist(), problem.cell_car.tolist(), strict=True)
    places = {pair: i for i, pair in enumerate(pairs)}
    where = zip(events.stage.tolist(), events.car.tolist(), strict=True)
    return np.array([places.get(pair, -1) for pair in where], dtype=np.intp)


def _observe(problem: Problem, sums: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Bounds as wide as the real ones around made-up sums; of a one-sided bound, on which side of it the sum is."""
    one_sided = np.isinf(problem.low) | np.isinf(problem.high)
    width = np.subtract(problem.high, problem.low, out=np.zeros(len(sums)), where=~one_sided)
    low = np.where(width == 0.0, sums, sums - width * rng.random(len(sums)))
    bound = np.where(np.isfinite(problem.low), problem.low, problem.high)
    above = sums >= bound
    return (
        np.where(one_sided, np.where(above, bound, -np.inf), low),
        np.where(one_sided, np.where(above, np.inf, bound), low + width),
    )


def _seen(problem: Problem, events: _Events, rng: np.random.Generator) -> Seen:
    """What the sources say of the told events."""
    kinds, count = problem.kinds, len(events.kind)
    exact = np.arange(len(kinds)) == events.kind[:, None]
    same_mode = (kinds.mode == kinds.mode[events.kind][:, None]) & (
        kinds.ends_special == kinds.ends_special[events.kind][:, None]
    )
    vague = rng.random(count) < VAGUE
    timed = kinds.ends_special[events.kind] | (rng.random(count) < VAGUE)
    low = events.size * np.exp(-WIDTH * rng.random(count))
    return Seen(
        cell=_cell_of(problem, events),
        stage=events.stage,
        car=events.car,
        allowed=np.where(vague[:, None], same_mode, exact),
        low_s=np.where(timed, low, 0.0),
        high_s=np.where(timed, low * np.exp(WIDTH), np.inf),
    )


def _groups(problem: Problem, truth: State, rng: np.random.Generator) -> Groups:
    """Counts of earlier rallies."""
    groups, kinds = problem.groups, problem.kinds
    shares = kinds.shares(truth.severity, truth.crew_repair)[0]
    expected = group_rates(problem, truth)[0][:, kinds.mode] * shares
    of_missing = np.isnan(groups.reported)
    told = rng.poisson(expected * np.where(of_missing, 0.0, groups.reported))
    seen = np.zeros_like(groups.seen)
    add_at(seen, (slice(None), kinds.mode), told)
    return replace(groups, seen=seen, missing=rng.poisson((expected * of_missing).sum(axis=1)).astype(np.float64))


def _wait(problem: Problem, truth: State, wait: Wait, rng: np.random.Generator) -> Wait:
    repair = problem.priors.trucks.repair_min
    there = 60.0 * np.exp(truth.truck_delay[0]) + 3600.0 * wait.km * np.exp(-truth.truck_speed[0]) - wait.driven_s
    lost = max(float(there), 0.0) + 60.0 * repair.median * float(np.exp(repair.sigma * rng.normal()))
    width = wait.high_s - wait.low_s
    low = lost - width * float(rng.random())
    return replace(wait, low_s=low, high_s=low + width)
