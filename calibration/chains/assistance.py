"""Moves of the assistance truck: one wait that is told ties its delay and its speed together."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from calibration.chains.densities import TINY, normal_log_pdf
from calibration.chains.state import State
from calibration.priors import Repair
from calibration.problem import Problem
from sim.model.arrays import FloatArray


def move_assistance(problem: Problem, state: State, rng: np.random.Generator) -> None:
    """A Metropolis step of start delay and speed, together and apart."""
    priors = problem.priors.trucks
    for delay_step, speed_step in ((1.0, 0.0), (0.0, 1.0), (0.7, 0.7)):
        delay = state.truck_delay + delay_step * 1.5 * priors.start_delay_min.log_sd * rng.normal(size=state.chains)
        speed = state.truck_speed + speed_step * 1.5 * priors.speed_kmh.log_sd * rng.normal(size=state.chains)
        gain = _log_density(problem, delay, speed) - _log_density(problem, state.truck_delay, state.truck_speed)
        taken = np.log(rng.random(state.chains)) < gain
        state.truck_delay = np.where(taken, delay, state.truck_delay)
        state.truck_speed = np.where(taken, speed, state.truck_speed)


def _log_density(problem: Problem, delay: FloatArray, speed: FloatArray) -> FloatArray:
    """Log posterior density: a wait with its repair lasts until the truck is there, and then the repair.

    What the repair took is integrated out: it is log-normal, so the wait leaves an interval of its distribution.
    """
    priors = problem.priors.trucks
    density = normal_log_pdf(delay, np.log(priors.start_delay_min.median), priors.start_delay_min.log_sd)
    density += normal_log_pdf(speed, np.log(priors.speed_kmh.median), priors.speed_kmh.log_sd)
    for wait in problem.waits:
        there = 60.0 * np.exp(delay) + 3600.0 * wait.km * np.exp(-speed) - wait.driven_s
        low, high = (_share(limit - np.maximum(there, 0.0), priors.repair_min) for limit in (wait.low_s, wait.high_s))
        density += np.log(np.maximum(high - low, TINY))
    return np.asarray(density)


def _share(seconds: FloatArray, repair: Repair) -> FloatArray:
    """Share of truck repairs that are over after so many seconds."""
    possible = seconds > 0.0
    z = (np.log(np.where(possible, seconds, 1.0)) - np.log(60.0 * repair.median)) / repair.sigma
    return np.where(possible, ndtr(z), 0.0)
