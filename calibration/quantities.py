"""What simulation-based calibration looks at: every calibrated parameter, and what stands behind them.

Chains that learned nothing and gave the prior back would have uniform ranks in every parameter. Quantities that hang on
the data as well give them away: how well the parameters fit the times and the told events of the rally. M. Modrák et
al., "Simulation-Based Calibration Checking for Bayesian Computation: The Choice of Test Quantities Shapes Sensitivity",
arXiv:2211.02383.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from calibration.chains.densities import TINY, log_driving_pdf
from calibration.chains.state import State
from calibration.posterior import parameters
from calibration.problem import Problem
from sim.model.arrays import FloatArray

Quantities = Mapping[str, FloatArray]
"""By name, each of shape (B,)."""


def quantities(problem: Problem, state: State) -> Quantities:
    """Parameters by their paths, then spreads, shared factors and what events cost, each of shape (B,)."""
    return {
        **parameters(problem, state),
        **_spreads(problem, state),
        **_factors(problem, state),
        **_lost(problem, state),
        **_fits(problem, state),
    }


def _spreads(problem: Problem, state: State) -> Quantities:
    terrains = zip(problem.priors.terrains, state.speed.T, strict=True)
    return {
        "spread of stages": state.stage_sd,
        "spread of crews": state.crew_sd,
        "spread of the fastest class": state.ultimate_sd,
        "class over fastest class": state.ratio,
        **{f"speed on {terrain}": speed for terrain, speed in terrains},
    }


def _factors(problem: Problem, state: State) -> Quantities:
    """Shared factors on failures; of those by make or stage and mode one number each, since they are many."""
    named = {f"care of car {crew.car}": state.care[:, crew.index] for crew in problem.plan.crews}
    named |= {f"factor of rally {index}": rally for index, rally in enumerate(state.rally.T)}
    named["factors of makes and modes"] = np.log(state.make_mode).mean(axis=(1, 2))
    named["factors of stages and modes"] = np.log(state.stage_mode).mean(axis=(1, 2))
    return named


def _lost(problem: Problem, state: State) -> Quantities:
    """What all cells together took and lost, and the untold events in them."""
    if not problem.cells:
        return {}
    return {
        "seconds of all specials": state.seconds.sum(axis=1),
        "seconds lost": state.lost(problem).sum(axis=1),
        "untold events": state.untold.sum(axis=(1, 2)).astype(np.float64),
    }


def _fits(problem: Problem, state: State) -> Quantities:
    """Log densities of the driving times and of the told events, up to what no parameter changes."""
    fits = {}
    if problem.cells:
        driven = state.seconds - state.lost(problem)
        fits["fit of the times"] = log_driving_pdf(driven, state.mean_log(problem), state.scatter(problem)).sum(axis=1)
    kinds, seen = problem.kinds, problem.seen
    shares = kinds.shares(state.severity, state.crew_repair)[:, None, None, :]
    told = state.rates(problem)[..., kinds.mode] * shares * kinds.reported[problem.make]
    here = told[np.arange(state.chains)[:, None], seen.stage, seen.car, state.told_kind]
    fits["fit of the told events"] = np.log(np.maximum(here, TINY)).sum(axis=1) - told.sum(axis=(1, 2, 3))
    return fits
