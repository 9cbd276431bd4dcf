"""From the unknowns of the chains to parameters by their paths."""

from __future__ import annotations

import numpy as np

from calibration.chains.state import State
from calibration.problem import Problem
from calibration.standing import totals
from sim.model.arrays import FloatArray
from sim.model.rules.failures import Severity


def parameters(problem: Problem, state: State) -> dict[str, FloatArray]:
    """Every calibrated parameter by its path, each of shape (B,); of a rally under way also the totals so far."""
    found = _paces(problem, state)
    found |= _modes(problem, state)
    found["recovery.hours"] = np.exp(state.recovery)
    for team in problem.plan.teams:
        for truck in team.trucks:
            path = f"teams.{team.name}.trucks.{truck.name}"
            found[f"{path}.start_delay_min"] = np.exp(state.truck_delay)
            found[f"{path}.speed_kmh"] = np.exp(state.truck_speed)
    return found | totals(problem, state)


def _paces(problem: Problem, state: State) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    for crew in problem.plan.crews:
        make = problem.make[crew.index]
        found[f"crews.{crew.car}.pace"] = state.make[:, make] + state.crew[:, crew.index]
        found[f"crews.{crew.car}.consistency"] = state.consistency[:, crew.index]
        if np.isfinite(problem.make_failures.shape[make]):
            found[f"crews.{crew.car}.failures"] = state.make_failures[:, make]
    for stage in problem.plan.stages:
        found[f"stages.{stage.name}.pace"] = state.stage[:, stage.index] - np.log(stage.track.nominal_s)
    found["driving.make_sd"] = state.make_sd
    return found


def _modes(problem: Problem, state: State) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    table = problem.plan.modes
    for mode, (name, spec) in enumerate(zip(table.names, table.specs, strict=True)):
        path = f"modes.{name}"
        # Expected failures go with scale ** -shape.
        found[f"{path}.scale_km"] = spec.scale_km * state.failures[:, mode] ** (-1.0 / table.shape[mode])
        shares = spec.severity.shares()
        for severity in Severity:
            if 0.0 < shares[severity] < 1.0:
                found[f"{path}.severity.{severity.name.lower()}"] = state.severity[:, mode, severity]
        if 0.0 < spec.crew_repair < 1.0:
            found[f"{path}.crew_repair"] = state.crew_repair[:, mode]
        delay, limp, repair = np.exp(state.medians[:, mode]).T
        if shares[Severity.DELAY] > 0.0 and spec.delay_min > 0.0:
            found[f"{path}.delay_min"] = delay / 60.0
        if shares[Severity.LIMP] > 0.0 and spec.limp_factor > 1.0:
            found[f"{path}.limp_factor"] = 1.0 + limp
        if shares[Severity.HALT] > 0.0 and spec.crew_repair > 0.0:
            found[f"{path}.repair_min"] = repair / 60.0
    return found
