"""Running pairs until the intervals of the differences that matter are narrow enough."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sim.model.units import MINUTE_S
from sim.study.comparison.intervals import sequential
from sim.study.comparison.pairs import Pairing
from sim.study.comparison.study import PairTally
from sim.study.comparison.summary import Difference, differences
from sim.study.errors import StudyError
from sim.study.precision import MOST_REPLICATIONS, parse_precision
from sim.study.quantities import Kind


@dataclass(frozen=True)
class Wanted:
    """A precision: the largest distance from a difference to an end of its interval, of one kind of quantity."""

    text: str
    half: float
    kind: Kind

    UNITS: ClassVar[dict[Kind, str]] = {"probability": "0.2pp", "seconds": "1.5min", "count": "0.01"}
    """How a precision of each kind is written."""

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Read "0.2pp" (percentage points), "1.5min" (minutes) or "0.01" (of a count).

        Raises StudyError for anything else, and for what is not more than 0, or 50 points or more.
        """
        if text.endswith("pp"):
            return cls(text, parse_precision(text), "probability")
        match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+) ?(min|)", text, re.ASCII)
        if not match or float(match[1]) <= 0.0:
            raise StudyError(
                "a precision is a number of percentage points, as in 0.2pp, of minutes, as in 1.5min, or of a count, "
                f"as in 0.01, and more than 0; got {text!r}"
            )
        return cls(text, float(match[1]) * MINUTE_S, "seconds") if match[2] else cls(text, float(match[1]), "count")

    def told(self, half: float) -> str:
        """Another precision of the same kind in words."""
        unit, factor = {"probability": ("pp", 100.0), "seconds": ("min", 1 / MINUTE_S), "count": ("", 1.0)}[self.kind]
        return f"{half * factor:.3g}{unit}"

    def check(self, pairings: Sequence[Pairing], names: Sequence[str]) -> None:
        """Raises StudyError for the quantities that are measured in something else, all of them at once."""
        kinds = {name: kind for pairing in pairings for name, kind in pairing.quantities.items()}
        unfit: dict[Kind, list[str]] = {}
        for name in names:
            if kinds[name] != self.kind:
                unfit.setdefault(kinds[name], []).append(name)
        if unfit:
            raise StudyError("\n".join(self._unfit(kind, found) for kind, found in unfit.items()))

    def _unfit(self, kind: Kind, names: list[str]) -> str:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        sorts = {"probability": "probabilities", "seconds": "seconds", "count": "counts"}
        return (
            f"--precision {self.text} does not fit {names[0]}{more}: these are {sorts[kind]}: give it as in "
            f"{self.UNITS[kind]}, or say with --quantity which are meant"
        )

    def check_affordable(self, variants: int) -> None:
        """Raises StudyError for points that would take too many pairs if they were as unlike as two coin tosses."""
        quarter = MOST_REPLICATIONS // 4
        low, high = sequential(variants).share_ends(quarter, quarter, MOST_REPLICATIONS)
        if self.kind == "probability" and max(high, -low) > self.half:
            finest = math.ceil(1e5 * max(high, -low)) / 1000
            raise StudyError(
                f"a precision of {self.text} may take more than {MOST_REPLICATIONS:,} pairs of rallies: ask for "
                f"{finest:g}pp or more, or say with -n how many at most"
            )


class PrecisionRule:
    """The rule by which a comparison ends: the difference of every chosen quantity of every variant is known so well.

    A quantity that was the same in every pair so far counts as known if it is a share, whose interval says how rare a
    flip must be; of a mean that says nothing.
    """

    def __init__(self, wanted: Wanted, pairings: Sequence[Pairing], names: Sequence[str]) -> None:
        self.wanted = wanted
        self._pairings = pairings
        self._names = [[name for name in names if name in pairing.quantities] for pairing in pairings]
        self._intervals = sequential(len(pairings))

    def reached(self, tallies: Sequence[PairTally]) -> bool:
        """Are the intervals narrow enough?"""
        return self.widest(tallies)[1] <= self.wanted.half

    def widest(self, tallies: Sequence[PairTally]) -> tuple[str, float]:
        """(name, distance to the further end) of the difference that is known least."""
        found = [
            (name, _reach(difference))
            for pairing, names, tally in zip(self._pairings, self._names, tallies, strict=True)
            for name, difference in differences(pairing, tally, self._intervals, names).items()
        ]
        return max(found, key=lambda item: item[1])


def _reach(difference: Difference) -> float:
    known = difference.difference
    return float("inf") if known is None else known.half
