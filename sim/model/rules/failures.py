"""What a failure does, who mends it, and how long the part then lives."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, overload

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IndexArray, Real, Whole


class Severity(IntEnum):
    """What a failure does, in the order of the cumulative shares of the plan."""

    DELAY = 0
    LIMP = 1
    HALT = 2
    STRAND = 3
    WRECK = 4


def severity(uniform: Real, cumulative: Real) -> IndexArray:
    """Which severity a uniform falls on; `cumulative` has the five cumulative shares on its last axis."""
    return np.asarray((np.asarray(uniform)[..., None] >= cumulative).sum(axis=-1))


def happens(uniform: Real, chance: Real) -> BoolArray:
    """A decision with a chance: never at 0, always at 1."""
    return np.asarray(uniform < chance)


def fails(threshold: Real, wear_at_end: Real) -> BoolArray:
    """A mode fails on a stretch if its life ends strictly before the wear at the end of it."""
    return np.asarray(threshold < wear_at_end)


def life_ends_at(wear: Real, life: Real, field_life: Real = 1.0) -> FloatArray:
    """Threshold on the cumulative wear axis of a part fitted at `wear`."""
    return np.asarray(wear + field_life * life)


def worn(wear: FloatArray, rate: FloatArray, here: Real, there: Real) -> FloatArray:
    """Cumulative wear after the stretch between two points of a track, given the track's wear at both."""
    return wear + rate * (there - here)


@overload
def track_wear_at_failure(threshold: float, wear: float, rate: float, here: float) -> float: ...
@overload
def track_wear_at_failure(threshold: FloatArray, wear: Real, rate: Real, here: Real) -> FloatArray: ...
def track_wear_at_failure(threshold: Any, wear: Any, rate: Any, here: Any) -> Any:
    """The track's wear at which a life ends, for a car with cumulative wear `wear` at a point of track wear `here`."""
    return here + np.maximum(threshold - wear, 0.0) / rate


def replacement_due(policy_nights: Whole, nights_since_new: Whole, *, rest_day: bool) -> BoolArray:
    """Is a new part fitted tonight? Policy as in the plan: NEVER, REST_DAY, or a number of bivouac nights.

    `nights_since_new` counts bivouac nights since the part was fitted, tonight included.
    """
    policy = np.asarray(policy_nights)
    return np.asarray(((policy > 0) & (np.asarray(nights_since_new) >= policy)) | ((policy < 0) & rest_day))
