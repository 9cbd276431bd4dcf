"""K5: how often a part that is renewed at every failure fails within t lives.

The mean number M(t) solves the renewal equation M(t) = F(t) + integral of M(t - x) dF(x) (D. R. Cox, "Renewal Theory",
Methuen 1962). For the Weibull life of shape 2 and scale 1, solved numerically below: 0.753691 at t = 1, 1.894039 at 2,
3.021745 at 3 and 5.278516 at 5; for large t it runs into t / mu + sigma^2 / (2 mu^2) - 1/2, which is 5.278520 at 5.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.engine.outcomes import Outcomes
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

SCALE_KM = 100
SPECIALS_KM = (100, 100, 100, 200)
"""After the four nights 1, 2, 3 and 5 scales are driven."""

KNOWN = {1: 0.753691, 2: 1.894039, 3: 3.021745, 5: 5.278516}


def renewal_function(t: float, steps: int) -> float:
    """M(t) for shape 2 and scale 1, the integral by the trapezoidal rule."""
    x, width = np.linspace(0.0, t, steps + 1, retstep=True)
    density = 2.0 * x * np.exp(-(x**2))
    mean = np.zeros(steps + 1)
    for i in range(1, steps + 1):
        mean[i] = -math.expm1(-(x[i] ** 2)) + width * (density[i - 1 : 0 : -1] @ mean[1:i])
    return float(mean[-1])


def mended_at_once(severity: str = "halt", **changes: object) -> Tree:
    """One crew and one part; each failure costs a minute and gives it a new life."""
    belt = {"scale_km": SCALE_KM, "shape": 2, "severity": {severity: 1}, "delay_min": 1, "repair_min": 1}
    stages = calendar(*({"special_km": km} for km in SPECIALS_KM))
    return rally(["1"], stages=stages, modes={"belt": {**belt, "needs_part": False, **changes}}, drawn=True)


def judge(outcomes: Outcomes) -> list[Verdict]:
    """The mean number of failures until the end of each special, told by the minutes that they cost."""
    minutes = np.cumsum(outcomes.stage_s[:, 0] / 60 - np.array(SPECIALS_KM), axis=1)
    return [
        verdict.of_mean(f"mean number of renewals in {t} lives", minutes[:, stage], mean)
        for stage, (t, mean) in enumerate(KNOWN.items())
    ]


@pytest.mark.parametrize(("t", "mean"), KNOWN.items())
def test_the_known_means_solve_the_renewal_equation(t: int, mean: float) -> None:
    coarse, fine = renewal_function(t, 500), renewal_function(t, 1000)
    assert (4.0 * fine - coarse) / 3.0 == pytest.approx(mean, abs=1e-6)


@pytest.mark.parametrize("severity", ["halt", "delay"])
@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_a_part_is_renewed_as_often_as_the_renewal_equation_says(size: int, severity: str) -> None:
    for judged in judge(sample(mended_at_once(severity), size, seed=501)):
        assert judged.passed, judged


def test_the_event_engine_renews_as_often() -> None:
    for judged in judge(sample(mended_at_once(), 500, seed=502, engine="event")):
        assert judged.passed, judged


@pytest.mark.parametrize("wrong", [{"shape": 1}, {"field_life": 0.9}, {"replaced": "every_night"}, {"scale_km": 105}])
def test_wrong_lives_between_renewals_are_found_out(wrong: Tree) -> None:
    assert not all(judged.passed for judged in judge(sample(mended_at_once(**wrong), 20_000, seed=501)))
