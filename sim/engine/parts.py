"""The parts of one car at the end of a run, as both engines tell them."""

from __future__ import annotations

from dataclasses import dataclass

from sim.model.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Parts:
    """State of the parts of a car, arrays of shape (M,); of a retired car, when it retired.

    Attributes:
        wear: cumulative wear-kilometres.
        threshold: wear at which the present life ends; infinite while a part is broken.
        renewal: index of the present life.
        spares: parts on board.
        broken: for each kind of damage, the modes that have it.
    """

    wear: FloatArray
    threshold: FloatArray
    renewal: IntArray
    spares: IntArray
    broken: dict[str, frozenset[int]]
