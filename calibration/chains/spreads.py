"""Moves of the spreads: of stages, makes, crews, and of each crew from stage to stage.

Given a spread, times that nobody published are as far apart as it lets expect, and hold it where it is. So some of them
go along: what stays of a time is by how many of its own standard deviations it is off what all others tell of it. O.
Papaspiliopoulos, G. O. Roberts and M. Sköld, "A general framework for the parametrization of hierarchical models",
Statistical Science 22 (2007), 59-73.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from calibration.chains.densities import add_at, normal_log_pdf
from calibration.chains.effects import Effects
from calibration.chains.lines import FreeLines
from calibration.chains.state import State
from calibration.priors import Spread
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray

CREWS_AT_ONCE = 2
"""Crews whose consistency is moved with times in one sweep: each costs the law of all times."""
TIMES = 4
"""Steps of the consistency of all crews in one sweep with times and effects as they are."""
ALONG = (0.0, 0.5, 0.8, 1.0)
"""Shares, of which one is taken at random, of the times in no exact sum that go along."""


@dataclass
class Whitened:
    """The logs of all driving times, those first that stay, as standard normal variables one after the other.

    Attributes:
        order: of the observations as `Effects` has them, shape (V,); stay: how many of them stay.
        mean, root: of their normal law, covariance root @ root.T, shapes (B, V) and (B, V, V).
        off: what stands for them, root ** -1 @ (observations - mean), shape (B, V).
    """

    order: IndexArray
    stay: int
    mean: FloatArray
    root: FloatArray
    off: FloatArray

    def log_density(self) -> FloatArray:
        """Of the times that stay, up to a constant, shape (B,)."""
        diagonal = np.diagonal(self.root, axis1=1, axis2=2)[:, : self.stay]
        return np.asarray(-0.5 * (self.off[:, : self.stay] ** 2).sum(axis=1) - np.log(diagonal).sum(axis=1))

    def take(self, there: Whitened, taken: BoolArray) -> None:
        """Be like another in the chains (B,) that have taken it."""
        for here, other in ((self.mean, there.mean), (self.root, there.root), (self.off, there.off)):
            here[taken] = other[taken]

    def along(self) -> FloatArray:
        """The logs of the times that go along, shape (B, V - stay)."""
        raised = (self.root[:, self.stay :] @ self.off[..., None])[..., 0]
        return np.asarray(self.mean[:, self.stay :] + raised)


def whiten(problem: Problem, effects: Effects, state: State, driven: FloatArray, along: IndexArray) -> Whitened:
    """The logs of the driving times (B, n); some cells go along, the rest and the fastest class stay."""
    count = len(effects.design)
    order = np.concatenate((np.setdiff1d(np.arange(count), along), along))
    seen, _ = effects.seen(problem, driven, state)
    here = Whitened(order, count - len(along), *_law(problem, effects, state, order), np.zeros((0, 0)))
    here.off = _solved(here.root, seen[:, order] - here.mean)
    return here


def rewhiten(problem: Problem, effects: Effects, state: State, here: Whitened) -> Whitened:
    """The same under the spreads of a state: times that stay are off by another number, the others by the same."""
    there = Whitened(here.order, here.stay, *_law(problem, effects, state, here.order), here.off.copy())
    stay = here.stay
    kept = here.mean[:, :stay] + (here.root[:, :stay, :stay] @ here.off[:, :stay, None])[..., 0]
    there.off[:, :stay] = _solved(there.root[:, :stay, :stay], kept - there.mean[:, :stay])
    return there


def _law(problem: Problem, effects: Effects, state: State, order: IndexArray) -> tuple[FloatArray, FloatArray]:
    mean, covariance = effects.law(problem, state)
    root = np.linalg.cholesky(covariance[:, order[:, None], order])
    return mean[:, order], np.asarray(root, dtype=np.float64)


def _solved(root: FloatArray, right: FloatArray) -> FloatArray:
    """The x of root @ x = right, of each chain."""
    pairs = zip(root, right, strict=True)
    return np.stack([solve_triangular(one, other, lower=True, check_finite=False) for one, other in pairs])


def move_spreads(problem: Problem, lines: FreeLines, effects: Effects, state: State, rng: np.random.Generator) -> None:
    """One Metropolis step of every standard deviation, on the log scale, with the effects integrated out.

    The effects have to be drawn anew before anything else looks at them.
    """
    group = lines.free
    follow = rng.random(len(group.cells)) < rng.choice(ALONG)
    lost = state.lost(problem)
    here = whiten(problem, effects, state, np.log(state.seconds - lost), group.cells[follow])
    for sd, prior, floor in _spreads(problem, state, rng):
        old = sd.copy()
        np.multiply(sd, np.exp(prior.log_sd * rng.normal(size=state.chains)), out=sd)
        there = rewhiten(problem, effects, state, here)
        centre = np.log(prior.median)
        gain = there.log_density() - here.log_density()
        gain += normal_log_pdf(np.log(sd), centre, prior.log_sd) - normal_log_pdf(np.log(old), centre, prior.log_sd)
        by = np.zeros((state.chains, len(group.cells)))
        by[:, follow] = np.exp(there.along()) - np.exp(here.along())
        taken = (sd > floor) & group.allows(state.sums, by) & (np.log(rng.random(state.chains)) < gain)
        group.go(state, np.where(taken[:, None], by, 0.0))
        sd[:] = np.where(taken, sd, old)
        here.take(there, taken)


def _spreads(problem: Problem, state: State, rng: np.random.Generator) -> list[tuple[FloatArray, Spread, float]]:
    """(standard deviations (B,) as a view of the state, prior, least value) of those that are moved in one sweep."""
    stages, crews = problem.priors.stages, problem.priors.crews
    spreads: list[tuple[FloatArray, Spread, float]] = [
        (state.stage_sd, stages.common_sd, 0.0),
        (state.make_sd, stages.make_sd, 0.0),
        (state.crew_sd, crews.spread, 0.0),
        (state.ultimate_sd, stages.ultimate_sd, 0.0),
    ]
    for car in rng.permutation(len(problem.make))[:CREWS_AT_ONCE]:
        spread = problem.priors.makes[problem.makes[problem.make[car]]].consistency
        spreads.append((state.consistency[:, car], spread, crews.consistency_floor))
    return spreads


def move_consistency(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """Some more steps of the consistency of all crews at once, times and effects as they are: cheap."""
    rest = np.log(state.seconds - state.lost(problem)) - state.mean_log(problem)
    noise, floor = problem.noise[problem.cell_stage], problem.priors.crews.consistency_floor
    priors = [problem.priors.makes[problem.makes[make]].consistency for make in problem.make]
    centre, log_sd = np.log([prior.median for prior in priors]), np.array([prior.log_sd for prior in priors])
    for _ in range(TIMES):
        old = state.consistency
        new = old * np.exp(log_sd * rng.normal(size=old.shape))
        gain = normal_log_pdf(np.log(new), centre, log_sd) - normal_log_pdf(np.log(old), centre, log_sd)
        for sign, consistency in ((1.0, new), (-1.0, old)):
            fit = normal_log_pdf(rest, 0.0, consistency[:, problem.cell_car] * noise)
            add_at(gain, (slice(None), problem.cell_car), sign * fit)
        taken = (new > floor) & (np.log(rng.random(gain.shape)) < gain)
        state.consistency = np.where(taken, new, old)
