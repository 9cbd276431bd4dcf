"""Complete data: how often everything happened, told or not, in this rally and in those before it.

Given these counts the rates are Gamma variables, the shares Dirichlet, and the medians of durations normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.categories import HELPED, LIMP, NONE
from calibration.chains.densities import add_at
from calibration.chains.events import name_untold
from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import FloatArray, IndexArray


@dataclass(frozen=True)
class Counts:
    """Events of B chains.

    Attributes:
        rally: in this rally, shape (B, S, C, M).
        groups: in the groups of earlier rallies, shape (B, G, M).
        kinds: of each kind, everywhere, shape (B, J).
        durations: number, and sum of the logs over the scenario's own scale, of what was lost, (B, M, 3) each.
    """

    rally: FloatArray
    groups: FloatArray
    kinds: FloatArray
    durations: tuple[FloatArray, FloatArray]


def count(problem: Problem, state: State, rng: np.random.Generator) -> Counts:
    """Draw what nobody told of, and count everything."""
    kinds, chains = problem.kinds, state.chains
    by_kind = _unseen(problem, state, rng)
    rows, seen = np.arange(chains)[:, None], problem.seen
    add_at(by_kind, (rows, seen.stage[None], seen.car[None], state.told_kind), 1.0)
    chain, cell, kind, size = name_untold(problem, state, rng)
    add_at(by_kind, (chain, problem.cell_stage[cell], problem.cell_car[cell], kind), 1.0)
    rally = np.zeros((*by_kind.shape[:3], len(problem.plan.modes)))
    add_at(rally, (..., kinds.mode), by_kind)
    groups = _groups(problem, state, rng)
    grouped = np.zeros((chains, len(problem.groups.make), len(problem.plan.modes)))
    add_at(grouped, (..., kinds.mode), groups)
    durations = _durations(problem, state, chain, cell, kind, size)
    return Counts(rally, grouped, by_kind.sum(axis=(1, 2)) + groups.sum(axis=1), durations)


def _unseen(problem: Problem, state: State, rng: np.random.Generator) -> FloatArray:
    """Events that no source tells of and no stage time shows, shape (B, S, C, J).

    On a special that the car completed nothing ended it; what else it met is in the cell. On one that it may not have
    completed, or did not complete, anything may have happened unseen.
    """
    kinds = problem.kinds
    open_ends = np.ones((*problem.exposure.shape[:2], len(kinds)))
    stage, car = problem.cell_stage, problem.cell_car
    open_ends[stage, car] = kinds.ends_special & ~problem.completed[:, None]
    silent = open_ends * (1.0 - kinds.reported[problem.make])
    shares = kinds.shares(state.severity, state.crew_repair)[:, None, None, :]
    return rng.poisson(state.rates(problem)[..., kinds.mode] * shares * silent).astype(np.float64)


def _groups(problem: Problem, state: State, rng: np.random.Generator) -> FloatArray:
    """Events in earlier rallies, told and untold, shape (B, G, J)."""
    groups, kinds = problem.groups, problem.kinds
    expected = group_rates(problem, state)[..., kinds.mode]
    expected = expected * kinds.shares(state.severity, state.crew_repair)[:, None, :]
    of_missing = np.isnan(groups.reported)
    reported = np.where(of_missing, 1.0, groups.reported)
    untold = rng.poisson(expected * (1.0 - reported)).astype(np.float64)
    for mode in range(len(problem.plan.modes)):
        untold += _split(groups.seen[:, mode], expected * reported * ((kinds.mode == mode) & ~of_missing), rng)
    return untold + _split(groups.missing, expected * of_missing, rng)


def _split(numbers: FloatArray, weights: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Deal so many events of each group to the kinds by their weights, shape (B, G, J)."""
    total = weights.sum(axis=2, keepdims=True)
    even = np.full(weights.shape, 1.0 / weights.shape[2])
    shares = np.where(total > 0.0, weights / np.where(total > 0.0, total, 1.0), even)
    dealt = rng.multinomial(np.broadcast_to(numbers.astype(np.int64), weights.shape[:2]), shares)
    return np.where(total > 0.0, dealt, 0.0)


def group_rates(problem: Problem, state: State) -> FloatArray:
    """Expected failures in the groups of earlier rallies, shape (B, G, M)."""
    groups = problem.groups
    shared = state.rally[:, groups.rally, None] * state.make_mode[:, groups.make]
    rates: FloatArray = groups.exposure * shared * state.make_failures[:, groups.make, None] * state.failures[:, None]
    return rates


def _durations(
    problem: Problem, state: State, chain: IndexArray, cell: IndexArray, kind: IndexArray, size: FloatArray
) -> tuple[FloatArray, FloatArray]:
    kinds, seen = problem.kinds, problem.seen
    number = np.zeros((state.chains, len(problem.plan.modes), 3))
    total = np.zeros_like(number)
    lost = np.flatnonzero(seen.cell >= 0)
    rows = np.repeat(np.arange(state.chains), len(lost))
    kind = np.concatenate((kind, state.told_kind[:, lost].ravel()))
    chain = np.concatenate((chain, rows))
    stage = np.concatenate((problem.cell_stage[cell], np.tile(seen.stage[lost], state.chains)))
    log_size = np.log(np.concatenate((size, state.told[:, lost].ravel())))
    learned = (kinds.duration[kind] != HELPED) & (kinds.duration[kind] != NONE)
    chain, kind, stage, log_size = chain[learned], kind[learned], stage[learned], log_size[learned]
    duration = kinds.duration[kind]
    offset = np.where(duration == LIMP, kinds.limp_s[stage], 0.0)
    where = (chain, kinds.mode[kind], duration)
    add_at(number, where, 1.0)
    add_at(total, where, log_size - offset)
    return number, total
