"""Shares of a handful of trials, with intervals that hold for every share and every number of trials."""

from __future__ import annotations

from scipy import special

from sim.study.estimates import LEVEL, Estimate

_TAIL = (1.0 - LEVEL) / 2.0


def exact_share(successes: int, n: int) -> Estimate:
    """Share of successes in n >= 1 independent trials, with the interval of all shares that an exact test lets stand.

    Its confidence is never below 95 %, where that of the score interval of `sim.study.estimates` is 95 % on average
    over the shares: with thousands of rallies there is no difference, with the ten forecasts of a bin, or the one
    historic rally, there is. C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in
    the case of the binomial", Biometrika 26 (1934), 404-413.

    Raises ValueError if there are no trials, or more successes than trials.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials")
    low = float(special.betaincinv(successes, n - successes + 1, _TAIL)) if successes else 0.0
    high = float(special.betaincinv(successes + 1, n - successes, 1.0 - _TAIL)) if successes < n else 1.0
    return Estimate(successes / n, low, high)
