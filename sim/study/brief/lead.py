"""From which lead on backing off pays: the rallies that were run, with the gap to the others moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import BoolArray, FloatArray
from sim.model.units import MINUTE_S
from sim.study.estimates import Estimate
from sim.study.paired import Watched, gain

STEP_MIN = 5
REACH_MIN = 600
"""Leads are tried in such steps, up to so much."""


@dataclass(frozen=True)
class BackingOff:
    """A lead in minutes from which backing off wins at least as often as not to.

    Attributes:
        lead_min: that lead; None if there is none that was tried.
        low: from this lead on it is not told apart from worse.
        high: from this lead on it is told apart as better; None if from none.
    """

    lead_min: int | None
    low: int | None
    high: int | None


def backing_off(base: Watched, slow: Watched, crew: int, lead_s: int) -> BackingOff:
    """From which lead on a crew wins more by driving as it does in `slow`, while the others drive as in `base`.

    `lead_s` is its lead as the run begins, over the best of the others, < 0 if it is behind. A longer lead is taken off
    its total in every rally.
    """
    leads = range(0, REACH_MIN + 1, STEP_MIN)
    gains = [win_gain(base, slow, crew, lead * MINUTE_S - lead_s) for lead in leads]

    def first(holds: BoolArray) -> int | None:
        """The first lead from which on it holds for all longer ones."""
        broken = np.flatnonzero(~holds)
        at = int(broken[-1]) + 1 if len(broken) else 0
        return leads[at] if at < len(leads) else None

    return BackingOff(
        lead_min=first(np.array([one.value >= 0.0 for one in gains])),
        low=first(np.array([one.high >= 0.0 for one in gains])),
        high=first(np.array([one.low > 0.0 for one in gains])),
    )


def win_gain(base: Watched, slow: Watched, crew: int, further_s: int = 0) -> Estimate:
    """By how much a crew wins more by driving as it does in `slow`, while the others drive as in `base`.

    `further_s` is by how many seconds more than it is it would be ahead as the run begins.
    """
    others = np.delete(np.where(base.classified, base.total_s, np.inf), crew, axis=1).min(axis=1, initial=np.inf)
    wins = [run.classified[:, crew] & _ahead(run, crew, further_s, others) for run in (slow, base)]
    return gain(wins[0], wins[1])


def _ahead(run: Watched, crew: int, further_s: int, others: FloatArray) -> BoolArray:
    return np.asarray(run.total_s[:, crew] - further_s < others)
