"""The effects that make a stage time: stage, make, crew, make on stage. Given all spreads they are one normal vector.

So they can be drawn at once, or integrated out: then the logs of all driving times, and those of the fastest class, are
one normal vector themselves, and times that hang together can move together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.chains.state import State
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray


def ground_log_s(problem: Problem, speed: FloatArray) -> FloatArray:
    """Log seconds of each stage by its ground alone, shape (B, S), from log km/h by terrain, shape (B, T)."""
    return np.asarray(np.log(3600.0 * np.exp(-speed) @ problem.terrain_km.T))


class Effects:
    """Where the effects stand in one vector, and what each observation says of them.

    The V observations are the cells, then the stages with a time of the fastest class.

    Attributes:
        design: shape (V, effects).
        known: stages with a time of the fastest class, shape (S,).
    """

    def __init__(self, problem: Problem) -> None:
        self.stages, self.makes, self.crews = len(problem.plan.stages), len(problem.makes), len(problem.make)
        ends = np.cumsum([self.stages, self.makes, self.crews, self.makes * self.stages, 1]).tolist()
        self.stage, self.make, self.crew, self.make_stage, self.ratio = (
            slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)
        )
        self.count = ends[-1]
        self.known: BoolArray = ~np.isnan(problem.ultimate)
        self.design = self._design(problem)

    def _design(self, problem: Problem) -> FloatArray:
        cells, known = problem.cells, np.flatnonzero(self.known)
        rows = np.zeros((cells + len(known), self.count))
        cell, make = np.arange(cells), problem.make[problem.cell_car]
        rows[cell, problem.cell_stage] = 1.0
        rows[cell, self.make.start + make] = 1.0
        rows[cell, self.crew.start + problem.cell_car] = ~problem.formation[problem.cell_stage, make]
        rows[cell, self.make_stage.start + make * self.stages + problem.cell_stage] = 1.0
        rows[cells + np.arange(len(known)), known] = 1.0
        rows[cells:, self.ratio] = -1.0
        return rows

    def seen(self, problem: Problem, driven: FloatArray, state: State) -> tuple[FloatArray, FloatArray]:
        """(values, standard deviations) of the observations, shape (B, V), from log driving seconds (B, n)."""
        known = int(self.known.sum())
        fastest = np.tile(problem.ultimate[self.known], (state.chains, 1))
        sd = np.repeat(state.ultimate_sd[:, None], known, axis=1)
        return np.concatenate((driven, fastest), axis=1), np.concatenate((state.scatter(problem), sd), axis=1)

    def prior(self, problem: Problem, state: State) -> tuple[FloatArray, FloatArray]:
        """(mean, standard deviation) of the effects, shape (B, effects)."""
        priors = problem.priors
        mean, sd = np.zeros((state.chains, self.count)), np.ones((state.chains, self.count))
        mean[:, self.stage], sd[:, self.stage] = ground_log_s(problem, state.speed), state.stage_sd[:, None]
        paces = [priors.makes[make].pace for make in problem.makes]
        mean[:, self.make], sd[:, self.make] = [pace.mean for pace in paces], [pace.sd for pace in paces]
        sd[:, self.crew] = state.crew_sd[:, None]
        by_make = np.where(problem.formation.T, priors.stages.formation_sd, state.make_sd[:, None, None])
        sd[:, self.make_stage] = by_make.reshape(state.chains, -1)
        ratio = priors.stages.ultimate_ratio
        mean[:, self.ratio], sd[:, self.ratio] = np.log(ratio.median), ratio.log_sd
        return mean, sd

    def _given(self, problem: Problem, state: State, driven: FloatArray) -> _Given:
        seen, sd = self.seen(problem, driven, state)
        mean, prior_sd = self.prior(problem, state)
        weighted = self.design.T[None] * (1.0 / sd**2)[:, None, :]
        precision = weighted @ self.design
        diagonal = np.arange(self.count)
        precision[:, diagonal, diagonal] += 1.0 / prior_sd**2
        root = np.asarray(np.linalg.cholesky(precision), dtype=np.float64)
        residual = seen - mean @ self.design.T
        half = np.asarray(np.linalg.solve(root, weighted @ residual[..., None])[..., 0], dtype=np.float64)
        return _Given(mean, prior_sd, sd, residual, root, half)

    def law(self, problem: Problem, state: State) -> tuple[FloatArray, FloatArray]:
        """(mean, covariance) of the observations with the effects integrated out, shapes (B, V) and (B, V, V)."""
        _, sd = self.seen(problem, np.zeros((state.chains, problem.cells)), state)
        mean, prior_sd = self.prior(problem, state)
        spread = self.design[None] * prior_sd[:, None, :]
        covariance = spread @ np.swapaxes(spread, 1, 2)
        diagonal = np.arange(covariance.shape[1])
        covariance[:, diagonal, diagonal] += sd**2
        return mean @ self.design.T, covariance

    def draw(self, problem: Problem, state: State, rng: np.random.Generator) -> None:
        """Draw all effects given the driving times."""
        given = self._given(problem, state, np.log(state.seconds - state.lost(problem)))
        noise = rng.normal(size=given.half.shape)
        raised = np.linalg.solve(np.swapaxes(given.root, 1, 2), (given.half + noise)[..., None])[..., 0]
        effects = given.mean + raised
        state.stage, state.make, state.crew = (effects[:, part].copy() for part in (self.stage, self.make, self.crew))
        state.make_stage = effects[:, self.make_stage].reshape(state.chains, self.makes, self.stages).copy()
        state.ratio = effects[:, self.ratio][:, 0].copy()


@dataclass(frozen=True)
class _Given:
    """The normal law of the effects given the observations: precision root @ root.T, shapes (B, effects, effects).

    `half` is root ** -1 @ design.T @ (residual / sd ** 2), where residual is against the prior means.
    """

    mean: FloatArray
    prior_sd: FloatArray
    sd: FloatArray
    residual: FloatArray
    root: FloatArray
    half: FloatArray


class Marginal:
    """The normal law of the logs of all driving times with the effects integrated out.

    Attributes:
        precision: shape (B, V, V).
        pull: precision times the residuals, shape (B, V), kept up to date by `move`.
    """

    def __init__(self, problem: Problem, effects: Effects, state: State, driven: FloatArray) -> None:
        seen, _ = effects.seen(problem, np.log(driven), state)
        mean, covariance = effects.law(problem, state)
        self.precision = np.linalg.inv(covariance)
        self.pull = (self.precision @ (seen - mean)[..., None])[..., 0]

    def gain(self, cells: IndexArray, by: FloatArray) -> FloatArray:
        """Gain in log density if the logs of some driving times change, shape (B,); cells (k,), by (B, k)."""
        inner = self.precision[:, cells[:, None], cells]
        return np.asarray(-(by * (self.pull[:, cells] + 0.5 * (inner @ by[..., None])[..., 0])).sum(axis=1))

    def shift(self, cells: IndexArray) -> tuple[FloatArray, FloatArray]:
        """(mean, standard deviation) of one number by which the logs of some driving times all change, shape (B,)."""
        stiffness = self.precision[:, cells[:, None], cells].sum(axis=(1, 2))
        return -self.pull[:, cells].sum(axis=1) / stiffness, 1.0 / np.sqrt(stiffness)

    def move(self, cells: IndexArray, by: FloatArray) -> None:
        """Take the change."""
        self.pull += (self.precision[:, :, cells] @ by[..., None])[..., 0]
