"""Moves of what happened: untold events that come, go and cost more or less, and what the told ones were.

Stage times stay as they are here: what an event loses, the driving gains. The events of a cell that no source tells of
are a Poisson process over the seconds that they lose; its intensity is the sum over kinds of their expected number
times their log-normal density, so that a kind is named only where it is asked for.
"""

from __future__ import annotations

import numpy as np

from calibration.chains.densities import TINY, log_driving_pdf, normal_log_pdf
from calibration.chains.draws import draw_index
from calibration.chains.state import SLOTS, State
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray


class Untold:
    """What is expected of the untold events of each cell, while rates and durations stand still.

    Attributes:
        rates: expected number by kind, shape (B, n, J).
        total: over all kinds, shape (B, n).
    """

    def __init__(self, problem: Problem, state: State) -> None:
        self.rates = state.untold_rates(problem)
        self.total = np.maximum(self.rates.sum(axis=2), TINY)
        self._medians = state.log_medians(problem)[:, problem.cell_stage]
        self._sigma = problem.kinds.sigma
        self._rows = np.arange(state.chains)[:, None]

    def draw(self, cells: IndexArray, rng: np.random.Generator) -> FloatArray:
        """Seconds lost by an untold event of some cells, from the prior, shape (B, k); cells (k,)."""
        kind = draw_index(self.rates[:, cells], rng)
        median = np.take_along_axis(self._medians[:, cells], kind[..., None], axis=2)[..., 0]
        return np.asarray(np.exp(median + self._sigma[kind] * rng.normal(size=kind.shape)))

    def log_intensity(self, cells: IndexArray, size: FloatArray) -> FloatArray:
        """Log of the expected untold events per second of size, shape (B, k); cells (k,) or (B, k)."""
        here = (self._rows, cells)
        log_size = np.log(np.where(size > 0.0, size, 1.0))
        density = self.rates[here] * np.exp(normal_log_pdf(log_size[..., None], self._medians[here], self._sigma))
        return np.asarray(np.log(np.maximum(density.sum(axis=2), TINY)) - log_size)


def pick(there: BoolArray, rng: np.random.Generator) -> IndexArray:
    """The index along the last axis of one of the true entries, all alike; any where there is none."""
    return np.asarray(np.where(there, rng.random(there.shape), -1.0).argmax(axis=-1))


def move_events(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """One round of all moves."""
    if problem.cells:
        untold = Untold(problem, state)
        mean, sd = state.mean_log(problem), state.scatter(problem)
        for guided in (True, False):
            _be_born_or_die(problem, state, untold, mean, sd, rng, guided=guided)
        _resize(problem, state, untold, mean, sd, rng)
        for events in problem.seen.rounds:
            _resize_told(problem, state, events, mean, sd, rng)
    _name_told(problem, state, rng)


def _be_born_or_die(
    problem: Problem,
    state: State,
    law: Untold,
    mean: FloatArray,
    sd: FloatArray,
    rng: np.random.Generator,
    *,
    guided: bool,
) -> None:
    """One birth or death in every cell, either from the prior of sizes or guided: to a driving time from its prior."""
    cells = np.arange(problem.cells)
    untold, driven = state.untold, state.seconds - state.lost(problem)
    count = untold.sum(axis=2)
    born = rng.random(count.shape) < 0.5
    slot = np.where(born, untold.argmin(axis=2), pick(untold, rng))[..., None]
    own = np.take_along_axis(state.size, slot, axis=2)[..., 0]
    if guided:
        size = np.where(born, driven - np.exp(mean + sd * rng.normal(size=mean.shape)), own)
    else:
        size = np.where(born, law.draw(cells, rng), own)
    possible = np.where(born, count < SLOTS, count > 0) & (size > 0.0)
    without = np.where(born, driven, driven + size)
    now, other = log_driving_pdf(without, mean, sd), log_driving_pdf(without - size, mean, sd)
    rate = law.log_intensity(cells, size) if guided else np.log(law.total) + other
    gain = rate - now
    gain = np.where(born, gain - np.log(count + 1), np.log(np.maximum(count, 1)) - gain)
    taken = possible & (np.log(rng.random(count.shape)) < gain)
    value = np.where(taken, np.where(born, size, 0.0), own)
    np.put_along_axis(state.size, slot, value[..., None], axis=2)


def _resize(
    problem: Problem, state: State, law: Untold, mean: FloatArray, sd: FloatArray, rng: np.random.Generator
) -> None:
    """One untold event of every cell costs as much as leaves a driving time from its prior."""
    cells = np.arange(problem.cells)
    untold = state.untold
    slot = pick(untold, rng)[..., None]
    own = np.take_along_axis(state.size, slot, axis=2)[..., 0]
    driven = state.seconds - state.lost(problem)
    size = own + driven - np.exp(mean + sd * rng.normal(size=mean.shape))
    gain = law.log_intensity(cells, size) - law.log_intensity(cells, own)
    taken = untold.any(axis=2) & (size > 0.0) & (np.log(rng.random(size.shape)) < gain)
    np.put_along_axis(state.size, slot, np.where(taken, size, own)[..., None], axis=2)


def _resize_told(
    problem: Problem,
    state: State,
    events: IndexArray,
    mean: FloatArray,
    sd: FloatArray,
    rng: np.random.Generator,
) -> None:
    """The same for told events of different cells, within what the sources say; then with a size from their prior."""
    seen, kinds = problem.seen, state.told_kind[:, events]
    cells = seen.cell[events]
    m, s = mean[:, cells], sd[:, cells]
    median = state.log_medians(problem)[np.arange(state.chains)[:, None], seen.stage[events], kinds]
    sigma = problem.kinds.sigma[kinds]
    for guided in (True, False):
        own = state.told[:, events]
        driven = (state.seconds - state.lost(problem))[:, cells]
        if guided:
            size = own + driven - np.exp(m + s * rng.normal(size=own.shape))
            gain = _log_pdf(size, median, sigma) - _log_pdf(own, median, sigma)
        else:
            size = np.exp(median + sigma * rng.normal(size=own.shape))
            gain = log_driving_pdf(driven + own - size, m, s) - log_driving_pdf(driven, m, s)
        inside = (size > 0.0) & (size >= seen.low_s[events]) & (size <= seen.high_s[events])
        taken = inside & (np.log(rng.random(own.shape)) < gain)
        state.told[:, events] = np.where(taken, size, own)


def _log_pdf(size: FloatArray, median: FloatArray, sigma: FloatArray) -> FloatArray:
    log_size = np.log(np.where(size > 0.0, size, 1.0))
    return normal_log_pdf(log_size, median, sigma) - log_size


def _name_told(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """Draw the kind of every told event among those that the source allows."""
    seen, kinds = problem.seen, problem.kinds
    if not len(seen.cell):
        return
    weight = told_weights(problem, state)
    lost = np.flatnonzero(seen.cell >= 0)
    medians = state.log_medians(problem)[:, seen.stage[lost]]
    weight[:, lost] *= np.exp(normal_log_pdf(np.log(state.told[:, lost])[..., None], medians, kinds.sigma))
    state.told_kind = np.where(weight.any(axis=2), draw_index(weight, rng), state.told_kind)


def told_weights(problem: Problem, state: State) -> FloatArray:
    """Expected reports of each kind, of those that a told event may have been, shape (B, E, J)."""
    seen, kinds = problem.seen, problem.kinds
    shares = kinds.shares(state.severity, state.crew_repair)[:, None, :]
    expected = state.rates(problem)[:, seen.stage, seen.car][..., kinds.mode] * shares
    weights: FloatArray = expected * kinds.reported[problem.make[seen.car]] * seen.allowed
    return weights


def name_untold(
    problem: Problem, state: State, rng: np.random.Generator
) -> tuple[IndexArray, IndexArray, IndexArray, FloatArray]:
    """(chain, cell, kind, size) of every untold event, kinds drawn given the sizes."""
    chain, cell, slot = np.nonzero(state.size)
    size = state.size[chain, cell, slot]
    kinds = problem.kinds
    median = state.log_medians(problem)[chain, problem.cell_stage[cell]]
    weight = state.untold_rates(problem)[chain, cell] * np.exp(
        normal_log_pdf(np.log(size)[:, None], median, kinds.sigma)
    )
    return chain, cell, draw_index(weight, rng), size
