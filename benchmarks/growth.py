"""How the time of the array engine grows with replications, crews, stages and modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.clock import interleaved
from benchmarks.crafted import rally_of_size
from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.model.plan import Plan, compile_plan

SEED = 1
BASE = {"crews": 6, "stages": 10, "modes": 15}
"""The rally of which one number at a time is changed."""
SIZES = {"crews": (1, 2, 4, 7, 14), "stages": (2, 4, 7, 14, 28), "modes": (5, 10, 20, 40)}


@dataclass(frozen=True)
class Growth:
    """Seconds that n rallies take as one number grows.

    Attributes:
        axis: what grows.
        sizes: to what.
        rallies: how many were run at each size.
        seconds: how long that took, the least of the rounds.
    """

    axis: str
    sizes: tuple[int, ...]
    rallies: tuple[int, ...]
    seconds: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """Slope of log(seconds) over log(size), by least squares: 1 is linear, less is better."""
        return float(np.polyfit(np.log(self.sizes), np.log(self.seconds), 1)[0])

    @property
    def per_rally_us(self) -> list[float]:
        """Microseconds a rally at each size."""
        return [1e6 * seconds / count for seconds, count in zip(self.seconds, self.rallies, strict=True)]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "axis": self.axis,
            "sizes": list(self.sizes),
            "rallies": list(self.rallies),
            "seconds": list(self.seconds),
            "exponent": self.exponent,
        }


def with_replications(plan: Plan, block: int, rounds: int) -> Growth:
    """From an eighth of a block to eight blocks of one plan."""
    sizes = tuple(block * eighths // 8 for eighths in (1, 4, 16, 64))
    seconds = interleaved({size: partial(_run, plan, size, block) for size in sizes}, rounds)
    return Growth("replications", sizes, sizes, tuple(seconds.values()))


def with_size(axis: str, rallies: int, rounds: int) -> Growth:
    """Rallies with more and more crews, stages or modes, all else equal."""
    sizes = SIZES[axis]
    work: dict[int, Callable[[], object]] = {}
    for size in sizes:
        plan = compile_plan(rally_of_size(**{**BASE, axis: size}))
        work[size] = partial(_run, plan, rallies, rallies)
    return Growth(axis, sizes, (rallies,) * len(sizes), tuple(interleaved(work, rounds).values()))


def _run(plan: Plan, replications: int, block: int) -> None:
    """Run so many replications in blocks."""
    luck = Luck(SEED)
    for first in range(0, replications, block):
        run_block(plan, luck, first, min(block, replications - first))
