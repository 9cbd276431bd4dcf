"""Where the chains stand: every unknown of a calibration, for B chains at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.chains.densities import add_at
from calibration.problem import Problem
from sim.model.arrays import BoolArray, FloatArray, IndexArray

SLOTS = 5
"""Untold events that a car may have on one special."""


@dataclass
class State:
    """All unknowns; sizes as in `Problem`.

    Attributes:
        seconds: time of each cell, shape (B, n).
        sums: matrix @ seconds, kept up to date, shape (B, R).
        size: seconds lost by the untold events of each cell, 0 where there is none, shape (B, n, SLOTS).
        told: seconds lost by each event in the sources, shape (B, E).
        told_kind: its kind, shape (B, E).
        stage: log seconds of the class on each stage, shape (B, S).
        make: log pace of each make, shape (B, K); crew: of each crew against its make, shape (B, C).
        make_stage: of each make on each stage, shape (B, K, S).
        speed: log km/h on each terrain, shape (B, T); ratio: log of class over fastest class, shape (B,).
        stage_sd, make_sd, crew_sd, ultimate_sd: standard deviations of those, shape (B,).
        consistency: of each crew, shape (B, C).
        failures: factor on the failures of each mode, shape (B, M).
        rally: of each rally, shape (B, 1 + earlier ones); make_mode: of each make and mode, shape (B, K, M).
        care: of each crew, shape (B, C); stage_mode: of each stage and mode, shape (B, S, M).
        make_failures: of each make, shape (B, K).
        severity: shares, shape (B, M, 5); crew_repair: shape (B, M).
        medians: log durations by mode, shape (B, M, 3), see `calibration.categories`.
        recovery: log hours, shape (B,).
        truck_delay, truck_speed: log minutes and log km/h of assistance trucks, shape (B,).
    """

    seconds: FloatArray
    sums: FloatArray
    size: FloatArray
    told: FloatArray
    told_kind: IndexArray
    stage: FloatArray
    make: FloatArray
    crew: FloatArray
    make_stage: FloatArray
    speed: FloatArray
    ratio: FloatArray
    stage_sd: FloatArray
    make_sd: FloatArray
    crew_sd: FloatArray
    ultimate_sd: FloatArray
    consistency: FloatArray
    failures: FloatArray
    rally: FloatArray
    make_mode: FloatArray
    care: FloatArray
    stage_mode: FloatArray
    make_failures: FloatArray
    severity: FloatArray
    crew_repair: FloatArray
    medians: FloatArray
    recovery: FloatArray
    truck_delay: FloatArray
    truck_speed: FloatArray

    @property
    def chains(self) -> int:
        """Number of chains B."""
        return len(self.stage)

    @property
    def untold(self) -> BoolArray:
        """Which slots hold an untold event, shape (B, n, SLOTS)."""
        return self.size > 0.0

    def lost(self, problem: Problem) -> FloatArray:
        """Seconds that the events of each cell lost, shape (B, n)."""
        lost = np.asarray(self.size.sum(axis=2), dtype=np.float64)
        in_cell = problem.seen.cell >= 0
        add_at(lost, (slice(None), problem.seen.cell[in_cell]), self.told[:, in_cell])
        return lost

    def mean_log(self, problem: Problem) -> FloatArray:
        """Mean of the log driving seconds of each cell, shape (B, n)."""
        stage, car = problem.cell_stage, problem.cell_car
        make = problem.make[car]
        own = np.where(problem.formation[stage, make], 0.0, self.crew[:, car])
        return self.stage[:, stage] + self.make[:, make] + own + self.make_stage[:, make, stage]

    def scatter(self, problem: Problem) -> FloatArray:
        """Standard deviation of the log driving seconds of each cell, shape (B, n)."""
        return self.consistency[:, problem.cell_car] * problem.noise[problem.cell_stage]

    def rates(self, problem: Problem) -> FloatArray:
        """Expected failures of each car, mode and stage, shape (B, S, C, M)."""
        by_make = self.make_mode[:, problem.make] * self.make_failures[:, problem.make, None]
        by_car = self.care[:, :, None] * by_make * self.failures[:, None, :] * self.rally[:, :1, None]
        rates: FloatArray = problem.exposure * by_car[:, None] * self.stage_mode[:, :, None, :]
        return rates

    def log_medians(self, problem: Problem) -> FloatArray:
        """Log median seconds that an event of each kind loses on each stage, shape (B, S, J)."""
        return problem.kinds.log_medians(self.medians)

    def untold_rates(self, problem: Problem) -> FloatArray:
        """Expected untold events of each cell by kind, none that would have ended the special, shape (B, n, J)."""
        kinds = problem.kinds
        stage, car = problem.cell_stage, problem.cell_car
        silent = (1.0 - kinds.reported[problem.make[car]]) * ~kinds.ends_special
        shares = kinds.shares(self.severity, self.crew_repair)[:, None, :]
        rates: FloatArray = self.rates(problem)[:, stage, car][..., kinds.mode] * shares * silent
        return rates
