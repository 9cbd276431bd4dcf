"""What becomes of a uniform: the inverse distribution function of each purpose, with the numbers of a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.recording import Decision
from sim.engine.luck import Assistance, Fate, Purpose
from sim.model import hazards
from sim.model.arrays import FloatArray
from sim.model.plan import Plan
from sim.model.rules import failures

Invert = Callable[[FloatArray], Any]

EVEN_CHANCE = 0.5
"""Stands for any chance: comparing costs the same."""
STAGE_SD = 0.2
"""Stands for any spread of the failures on a stage, whose address does not tell the mode."""


class Inverses:
    """The inverse distribution functions of a plan, by the first draw of its parameters.

    Functions take many uniforms and are fixed to their parameters.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan, self._modes, self._drawn = plan, plan.modes, plan.drawn.at(0)
        self._mode = {code: index for index, code in enumerate(plan.modes.codes)}
        self._crew = {crew.code: crew.index for crew in plan.crews}

    def of_decisions(self, batch: list[Decision]) -> Invert:
        """For uniforms of shape (4, decisions, n); all decisions have one purpose."""
        purpose = batch[0].purpose
        if purpose in (Purpose.STAGE_PACE, Purpose.MAKE_PACE):
            return hazards.normal
        if purpose is Purpose.PARAMETERS:
            return self._plan.drawn.index
        if purpose is Purpose.FIRST_LIFE:
            return self._first_lives(batch)
        if purpose is Purpose.ROUTINE:
            return self._routine(batch)
        if purpose is Purpose.TRUCK_RUNS:
            return _happens(EVEN_CHANCE)
        sigmas = np.array([self._sigma(decision) for decision in batch])[:, None]
        return lambda uniforms: hazards.lognormal(uniforms, 1.0, sigmas)

    def _sigma(self, decision: Decision) -> float:
        """Log standard deviation of a factor that is drawn once for a rally, a stage or a crew."""
        variation = self._plan.rally.variation
        match decision.purpose:
            case Purpose.PACE:
                return self._plan.crews[self._crew[decision.who]].spec.consistency
            case Purpose.RALLY_FAILURES:
                return variation.rally_sd
            case Purpose.MAKE_FAILURES:
                return variation.make_sd
            case Purpose.CARE_FAILURES:
                return variation.care_sd
            case Purpose.STAGE_FAILURES:
                return STAGE_SD
            case purpose:
                raise AssertionError(purpose)

    def _first_lives(self, batch: list[Decision]) -> Invert:
        modes = [self._mode[decision.where] for decision in batch]
        ages = self._plan.ages_km[[self._crew[decision.who] for decision in batch], modes][:, None]
        scales, shapes = self._drawn.scale_km[modes][:, None], self._modes.shape[modes][:, None]
        return lambda uniforms: hazards.weibull_residual_life(uniforms, ages, scales, shapes)

    def _routine(self, batch: list[Decision]) -> Invert:
        teams = [self._plan.teams[self._plan.crews[self._crew[decision.who]].team] for decision in batch]
        medians = np.array([team.routine_s for team in teams])[:, None]
        sigmas = np.array([team.routine_sigma for team in teams])[:, None]
        return lambda uniforms: hazards.duration_s(uniforms, medians, sigmas)

    def of_one(self, purpose: Purpose, where: int) -> Invert:
        """For single uniforms that are needed here and there, shape (n,)."""
        match purpose:
            case Purpose.JOB:
                mode = self._mode[where]
                return _duration(self._modes.job_s[mode], self._modes.job_sigma[mode])
            case Purpose.SECONDARY | Purpose.TRUCK_RUNS:
                return _happens(EVEN_CHANCE)
            case _:
                raise AssertionError(purpose)

    def of_lane(self, purpose: Purpose, lane: int, where: int) -> Invert:
        """For one uniform of each block, shape (n,)."""
        table, drawn, mode = self._modes, self._drawn, self._mode[where]
        scale, shape = drawn.scale_km[mode], table.shape[mode]
        match purpose, lane:
            case Purpose.FATE, Fate.SEVERITY:
                return lambda uniforms: failures.severity(uniforms, drawn.severity[mode])
            case (Purpose.FATE, Fate.CHANCE) | (Purpose.ASSISTANCE, Assistance.WILLING):
                return _happens(EVEN_CHANCE)
            case Purpose.FATE, Fate.TIME:
                return _duration(max(drawn.delay_s[mode], drawn.repair_s[mode]), table.repair_sigma[mode])
            case Purpose.FATE, Fate.NEXT_LIFE:
                return lambda uniforms: hazards.weibull_life(uniforms, scale, shape)
            case Purpose.ASSISTANCE, Assistance.TIME:
                return _duration(table.truck_s[mode], table.truck_sigma[mode])
            case _:
                raise AssertionError(purpose, lane)


def _duration(median_s: float, sigma: float) -> Invert:
    return lambda uniforms: hazards.duration_s(uniforms, median_s, sigma)


def _happens(chance: float) -> Invert:
    return lambda uniforms: failures.happens(uniforms, chance)
