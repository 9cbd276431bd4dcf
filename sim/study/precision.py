"""Running until an interval is narrow enough, with intervals that allow for it.

Whoever looks at an interval again and again, and stops when it is narrow, stops more readily where chance has made it
narrow: an interval for a number of rallies that was chosen beforehand then misses the truth too often. The intervals
here form a confidence sequence: the chance that *any* of them, after one rally or after millions, misses the truth is
at most 5 %. So the one at which a study stops does not either, whatever made it stop, and a study may be looked at,
stopped and extended as one likes. That costs: at the end they are half as wide again, or a bit more, as those for a
fixed number of rallies. Where several probabilities decide, each interval holds by itself. This is so for probabilities
and quantiles, whatever the number of rallies; the intervals of means are asymptotic: they hold once the normal
distribution fits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from operator import itemgetter

import numpy as np
from scipy import special

from sim.model.arrays import BoolArray, FloatArray, Real
from sim.model.plan import Plan
from sim.study.errors import StudyError
from sim.study.estimates import LEVEL, Intervals
from sim.study.odds import successes
from sim.study.quantities import check_quantities, probabilities
from sim.study.tally import Tally

MOST_REPLICATIONS = 20_000_000
"""A precision that might need more rallies is refused."""

PRIOR = 20_000.0
"""Weight of the mixture below, in rallies. Any weight gives intervals that hold; they are narrowest after some ten
times so many rallies, and within a sixth of it between 20,000 and 20 million."""

_SURPRISE = -math.log(1.0 - LEVEL)


def evidence(successes: Real, n: Real, p: Real) -> FloatArray:
    """Logarithm of the evidence against a probability p in (0, 1), from the successes in n trials.

    It is the likelihood of what was seen, averaged over probabilities from a beta distribution around p, over that
    under p itself. If p is the truth this ratio is a martingale that begins at 1, and so ever reaches 20 with a chance
    of at most 1/20 (J. Ville, 1939). The mixture is that of H. Robbins, "Statistical methods related to the law of the
    iterated logarithm", Ann. Math. Stat. 41 (1970), 1397-1409; in this form, S. R. Howard et al., "Time-uniform,
    nonparametric, nonasymptotic confidence sequences", Ann. Stat. 49 (2021), 1055-1080, proposition 7.
    """
    a, b = PRIOR * p, PRIOR * (1.0 - p)
    failures = np.subtract(n, successes)
    mixed = special.betaln(a + successes, b + failures) - special.betaln(a, b)
    return np.asarray(mixed - special.xlogy(successes, p) - special.xlog1py(failures, -np.asarray(p)))


class Precision:
    """The rule by which a study ends: every named probability is known to within so much.

    Raises StudyError for names that are not known, or not those of probabilities.
    """

    def __init__(self, plan: Plan, half: float, names: Sequence[str] = ()) -> None:
        """`half` is the largest distance from a value to an end of its interval; no names are all."""
        check_quantities(plan, names)
        known = probabilities(plan)
        others = [name for name in names if name not in known]
        if others:
            raise StudyError(f"a precision in percentage points is for probabilities, not for {', '.join(others)}")
        self.half = half
        self._plan, self._names = plan, names or known
        self._successes, self._n = np.zeros(len(self._names)), 0

    def add(self, tally: Tally) -> None:
        """Count in another block."""
        hits = successes(self._plan, tally)
        self._successes += [hits[name] for name in self._names]
        self._n += len(tally)

    @property
    def reached(self) -> bool:
        """Are the intervals narrow enough now?"""
        return self._n > 0 and bool(narrow(self._successes, self._n, self.half).all())

    @property
    def widest(self) -> tuple[str, float]:
        """(name, distance from the value to the further end) of the probability that is known least."""
        found = zip(self._names, (SEQUENTIAL.probability(int(hits), self._n) for hits in self._successes), strict=True)
        return max(((name, share.half) for name, share in found), key=itemgetter(1))


def narrow(hits: Real, n: int, half: float) -> BoolArray:
    """Does the interval around hits / n reach no further than `half` on either side?"""
    share = np.divide(hits, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        below = (share <= half) | (evidence(hits, n, share - half) >= _SURPRISE)
        above = (share >= 1.0 - half) | (evidence(hits, n, share + half) >= _SURPRISE)
    return np.asarray(below & above)


def parse_precision(text: str) -> float:
    """Half the width of an interval from percentage points, "0.2pp".

    Raises StudyError for anything else, and for what is not between 0 and 50 points.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+) ?pp", text, re.ASCII)
    if not match or not 0.0 < float(match[1]) < 50.0:
        raise StudyError(
            f"a precision is more than 0 and less than 50 percentage points, written as in 0.2pp; got {text!r}"
        )
    return float(match[1]) / 100.0


def needed(half: float) -> int:
    """Rallies after which an interval is surely as narrow as that: those for odds of 1 in 2, the worst case."""
    return _least(lambda n: bool(narrow(n / 2, n, half)), 1, 2**60)


def check_affordable(half: float) -> None:
    """Raises StudyError for a precision that might need more rallies than `MOST_REPLICATIONS`."""
    n = needed(half)
    if n > MOST_REPLICATIONS:
        finest = _least(lambda steps: needed(steps / 1e5) <= MOST_REPLICATIONS, 1, 50_000) / 1000
        raise StudyError(
            f"a precision of {100 * half:g}pp takes {n:,} rallies for odds of 1 in 2, and at most "
            f"{MOST_REPLICATIONS:,} are run for a precision: ask for {finest:g}pp or more, or say with "
            "-n how many rallies at most"
        )


def _least(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The least whole number from low to high for which something holds that then holds for all above it."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def sequential_ends(hits: int, n: int, miss: float = 1.0 - LEVEL) -> tuple[float, float]:
    """Both ends around a share of n trials, in a sequence that ever misses with a chance of at most `miss`."""
    surprise = -math.log(miss)
    return _low(hits, n, surprise), 1.0 - _low(n - hits, n, surprise)


def _low(hits: int, n: int, surprise: float) -> float:
    """Where the evidence becomes too strong below hits / n; 0 if it never does."""
    if hits == 0:
        return 0.0
    refuted, believed = 0.0, hits / n
    for _ in range(60):
        middle = (believed + refuted) / 2
        if evidence(hits, n, middle) < surprise:
            believed = middle
        else:
            refuted = middle
    return refuted


def _typical(n: int, q: float) -> tuple[int, int]:
    expected = math.floor(n * q)
    fewest = _least(lambda k: bool(evidence(k, n, q) < _SURPRISE), 0, expected)
    most = _least(lambda k: bool(evidence(k, n, q) >= _SURPRISE), expected + 1, n + 1) - 1
    return fewest, most


def sequential_errors(n: int, miss: float = 1.0 - LEVEL, prior: float = PRIOR) -> float:
    """Standard errors of a mean of n values on either side of it, in a sequence that ever misses with a chance `miss`.

    The same mixture for a mean, once the normal distribution fits; `prior` is its weight in values. I. Waudby-Smith et
    al., "Time-uniform central limit theory and asymptotic confidence sequences", Ann. Stat. 52 (2024), 2613-2640,
    theorem 2.2.
    """
    return math.sqrt((n + prior) / n * (-2 * math.log(miss) + math.log((n + prior) / prior)))


SEQUENTIAL = Intervals("sequential", sequential_ends, _typical, sequential_errors)
"""For a number of replications that depends on what they showed."""
