"""What simulation-based calibration looks at: every calibrated parameter, and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
