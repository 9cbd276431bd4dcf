"""The three answers of a sensitivity study, from rallies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sim.engine.luck import Luck, Purpose
from sim.model.arrays import FloatArray, IndexArray, IntArray
from sim.study.blocks import BLOCK, Block, Source, simulate, split
from sim.study.executors import Pool
from sim.study.quantities import observe
from sim.study.record import computing_versions
from sim.study.run import in_order
from sim.study.sensitivity.points import Question, at
from sim.study.sensitivity.ranges import Range
from sim.study.sensitivity.sobol import Indices, indices
from sim.study.sensitivity.spread import Spread, spread_of


def sobol(
    question: Question, ranges: Sequence[Range], points: int, pool: Pool, told: Callable[[int], None]
) -> tuple[Indices, ...] | None:
    """Indices of the mean outcome over common replications, as a function of independent and uniform parameters.

    `points` is a power of two; d parameters take points * (d + 2) means. None if the mean never varies.
    """

    def means(where: FloatArray) -> FloatArray:
        names = [moved.name for moved in ranges]
        found = []
        for values in at(question, [dict(zip(names, row, strict=True)) for row in where.tolist()], pool):
            told(len(values))
            found.append(values.mean())
        return np.array(found)

    low, high = (np.array([getattr(moved, end) for moved in ranges]) for end in ("low", "high"))
    return indices(means, low, high, points, question.seed)


@dataclass(frozen=True)
class _Lived:
    """The quantity in each rally of a block, and the draw it lived in, shape (n,) each."""

    values: IntArray
    draw: IndexArray
    versions: dict[str, str] = field(default_factory=computing_versions)


def live(source: Source, quantity: str, block: Block) -> _Lived:
    """Run a block, in whatever process this is called."""
    uniforms = Luck(source.seed).contiguous(Purpose.PARAMETERS, block.first, block.count)
    values = observe(source.plan, simulate(source, block), [quantity]).values[:, 0]
    return _Lived(values, source.plan.drawn.index(uniforms))


def spread(source: Source, quantity: str, replications: int, pool: Pool, told: Callable[[int], None]) -> Spread:
    """Luck against parameters in the rallies of a plan whose parameters are drawn: each draw has many of them.

    Raises ValueError if it has too few draws or rallies.
    """
    parts = []
    for part in in_order(partial(live, source, quantity), split(0, replications, BLOCK["array"]), pool):
        told(len(part.values))
        parts.append(part)
    values = np.concatenate([part.values for part in parts]).astype(np.float64)
    return spread_of(values, np.concatenate([part.draw for part in parts]))
