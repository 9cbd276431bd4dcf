"""Do the lean script and the array engine simulate the same rally?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.lean_rally import Finishes
from sim.engine.outcomes import Outcomes
from sim.model.arrays import FloatArray

MOST_ERRORS = 4.0
"""Standard errors that two equal numbers may be apart: among ten comparisons once in some 1600 times."""


@dataclass(frozen=True)
class Comparison:
    """One number by both, the lean script first, and the standard error of their difference."""

    name: str
    lean: float
    array: float
    error: float

    @property
    def agrees(self) -> bool:
        """Are both numbers the same within the error?"""
        return abs(self.lean - self.array) <= MOST_ERRORS * self.error


def compare(lean: Finishes, outcomes: Outcomes) -> list[Comparison]:
    """Share that finishes, and mean total of those who do in seconds, of every crew."""
    array = np.where(outcomes.classified, outcomes.total_s, np.inf)
    found = []
    for crew, car in enumerate(outcomes.cars):
        totals = (lean.total_s[:, crew], array[:, crew])
        finishes = [np.isfinite(total).astype(np.float64) for total in totals]
        found.append(_means(f"crew {car} finishes", *finishes))
        found.append(_means(f"mean total of crew {car}, s", *(total[np.isfinite(total)] for total in totals)))
    return found


def _means(name: str, lean: FloatArray, array: FloatArray) -> Comparison:
    error = np.sqrt(lean.var() / len(lean) + array.var() / len(array))
    return Comparison(name, float(lean.mean()), float(array.mean()), float(error))
