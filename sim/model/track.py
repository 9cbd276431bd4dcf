"""A special as piecewise-linear maps: km to nominal seconds and to wear-kilometres, and back.

All maps work on a scalar km or on an array of them. Knots are the ends of the sections; between two knots every map
is a straight line, written as `value + (km - knot) * slope`, so that scalars and arrays give the same bits.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.model.arrays import FloatArray, IndexArray, Real


@dataclass(frozen=True)
class Track:
    """The tables of one special with K knots and M modes.

    Attributes:
        knots: km of the knots, shape (K,), from 0 to the length of the special.
        nominal: nominal seconds at the knots, shape (K,).
        pace: nominal seconds per km after each knot, shape (K,); the last one repeats.
        wear: wear-kilometres of each mode at the knots, shape (M, K).
        wear_rate: wear-kilometres per km after each knot, shape (M, K); the last one repeats.
    """

    knots: FloatArray
    nominal: FloatArray
    pace: FloatArray
    wear: FloatArray
    wear_rate: FloatArray

    @property
    def length_km(self) -> float:
        """Length of the special."""
        return float(self.knots[-1])

    @property
    def nominal_s(self) -> float:
        """Nominal seconds of the whole special."""
        return float(self.nominal[-1])

    def nominal_at(self, km: Real) -> FloatArray:
        """Nominal seconds from the start to `km`."""
        i = _segment(self.knots, km)
        return self.nominal[i] + (km - self.knots[i]) * self.pace[i]

    def km_at_nominal(self, seconds: Real) -> FloatArray:
        """The km reached after so many nominal seconds; beyond the end it goes on at the last pace."""
        i = _segment(self.nominal, seconds)
        return self.knots[i] + (seconds - self.nominal[i]) / self.pace[i]

    def wear_at(self, km: Real) -> FloatArray:
        """Wear-kilometres of all modes from the start to `km`, shape (M,) or (M, n)."""
        i = _segment(self.knots, km)
        return self.wear[:, i] + (km - self.knots[i]) * self.wear_rate[:, i]

    def wear_of_mode_at(self, mode: int | IndexArray, km: Real) -> FloatArray:
        """Wear-kilometres of one mode from the start to `km`; one mode for all, or one for each km."""
        i = _segment(self.knots, km)
        return np.asarray(self.wear[mode, i] + (km - self.knots[i]) * self.wear_rate[mode, i])

    def km_at_wear(self, mode: int | IndexArray, wear: Real) -> FloatArray:
        """The km at which the wear of a mode passes `wear`, at most the end of the special.

        One mode for all, or one for each level. Where a section wears nothing, the end of that section: wear passes a
        level only where it grows.
        """
        if isinstance(mode, int):
            i = _segment(self.wear[mode], wear)
        else:
            i = np.maximum((self.wear[mode] <= np.asarray(wear)[..., None]).sum(axis=-1) - 1, 0)
        rate = self.wear_rate[mode, i]
        km = self.knots[i] + (wear - self.wear[mode, i]) / (rate + (rate == 0.0))
        at: FloatArray = np.minimum(km, self.knots[-1])
        return at


def build_track(
    ends_km: Real, speeds_kmh: npt.ArrayLike, wear_factors: npt.ArrayLike, nominal_s: float | None
) -> Track:
    """Tables of a special from its sections.

    Args:
        ends_km: km at which each of the K - 1 sections ends, growing.
        speeds_kmh: nominal speed on each section, > 0.
        wear_factors: wear-kilometres per km, shape (M, K - 1).
        nominal_s: nominal seconds of the whole special; None: what the speeds give.
    """
    knots = np.concatenate(([0.0], np.asarray(ends_km, dtype=np.float64)))
    lengths = np.diff(knots)
    pace = 3600.0 / np.asarray(speeds_kmh, dtype=np.float64)
    if nominal_s is not None:
        pace = pace * (nominal_s / float(lengths @ pace))
    factors = np.asarray(wear_factors, dtype=np.float64)
    nominal = np.concatenate(([0.0], np.cumsum(lengths * pace)))
    if nominal_s is not None:
        nominal[-1] = nominal_s
    wear = np.concatenate((np.zeros((len(factors), 1)), np.cumsum(lengths * factors, axis=1)), axis=1)
    return Track(
        knots=_frozen(knots),
        nominal=_frozen(nominal),
        pace=_frozen(np.append(pace, pace[-1])),
        wear=_frozen(wear),
        wear_rate=_frozen(np.concatenate((factors, factors[:, -1:]), axis=1)),
    )


def _segment(knots: FloatArray, value: Real) -> IndexArray:
    """Index of the last knot at or before each value; for a scalar bisection is faster."""
    scalar = isinstance(value, float)
    segment: Any = bisect_right(knots, value, 1) - 1 if scalar else knots[1:].searchsorted(value, side="right")
    index: IndexArray = segment
    return index


def _frozen(array: FloatArray) -> FloatArray:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
