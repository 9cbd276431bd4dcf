"""K1 and K2: the chance that one part lasts to the finish.

A failure wrecks the car, so that a crew is classified exactly if no life ends. With a Weibull life of scale s and shape
b that chance is the product of exp(-(w / s) ** b) over the intervals between two replacements, w being the
wear-kilometres of the interval; with constant hazard (b = 1) it is exp(-L / s), however the distance L is divided. That
is the survival function itself: R. E. Barlow and F. Proschan, "Mathematical Theory of Reliability", Wiley 1965.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.engine.outcomes import Outcomes
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

SPECIALS_KM = (40, 100, 60, 160)
"""The rest day is after the first."""

INTERVALS_KM = {"never": (360,), "every_night": SPECIALS_KM, 2: (140, 220), 3: (200, 160), "rest_day": (40, 320)}
"""Distances between two replacements by policy."""

SCALE_KM = 200.0

WEAR_OUT = 2.5
KNOWN = {"never": 0.012947, "every_night": 0.442023, 2: 0.186556, 3: 0.207540, "rest_day": 0.038540}
"""Chances to finish with a part of shape 2.5, by policy."""


def fragile(shape: float, replaced: str | int = "never", **changes: object) -> Tree:
    """One crew, four specials, one part whose failure wrecks the car."""
    axle = {"scale_km": SCALE_KM, "shape": shape, "replaced": replaced, "severity": {"wreck": 1}, **changes}
    nights = ("rest_day", "bivouac", "bivouac", "finish")
    days = [{"special_km": km, "night": night} for km, night in zip(SPECIALS_KM, nights, strict=True)]
    return rally(["1"], stages=calendar(*days), modes={"axle": axle}, drawn=True)


def survival(shape: float, replaced: str | int) -> float:
    return float(stats.weibull_min(shape, scale=SCALE_KM).sf(INTERVALS_KM[replaced]).prod())


def judge_survival(outcomes: Outcomes, shape: float, replaced: str | int = "never") -> Verdict:
    what = f"P(finish), shape {shape:g}, replaced {replaced}"
    return verdict.of_share(what, outcomes.classified[:, 0], survival(shape, replaced))


def judge_distance(outcomes: Outcomes, shape: float) -> Verdict:
    """The km at which the part fails, given that it does."""
    km, end = outcomes.retired_km[:, 0], sum(SPECIALS_KM)
    life = stats.weibull_min(shape, scale=SCALE_KM)
    return verdict.of_fit(f"km of failure, shape {shape:g}", life.cdf(km[np.isfinite(km)]) / life.cdf(end))


@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_with_constant_hazard_the_chance_to_finish_falls_exponentially_with_distance(size: int) -> None:
    """K1: exp(-360 / 200) = 0.165299."""
    outcomes = sample(fragile(1), size, seed=101)
    finish, where = judge_survival(outcomes, 1), judge_distance(outcomes, 1)
    assert finish.reference == pytest.approx(math.exp(-1.8))
    assert finish.passed, finish
    assert where.passed, where


@pytest.mark.parametrize("replaced", INTERVALS_KM)
@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_with_wear_out_the_chance_to_finish_is_the_product_over_the_lives_of_the_parts(
    size: int, replaced: str | int
) -> None:
    """K2."""
    judged = judge_survival(sample(fragile(WEAR_OUT, replaced), size, seed=102), WEAR_OUT, replaced)
    assert judged.reference == pytest.approx(KNOWN[replaced], abs=1e-6)
    assert judged.passed, judged


@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_a_worn_part_fails_where_its_weibull_life_ends(size: int) -> None:
    judged = judge_distance(sample(fragile(WEAR_OUT), size, seed=103), WEAR_OUT)
    assert judged.passed, judged


@pytest.mark.parametrize("replaced", ["never", "every_night"])
def test_the_event_engine_knows_the_same_chances(replaced: str) -> None:
    judged = judge_survival(sample(fragile(WEAR_OUT, replaced), 1_000, seed=104, engine="event"), WEAR_OUT, replaced)
    assert judged.passed, judged


@pytest.mark.parametrize(("shape", "scale_km"), [(1, 220), (1.2, SCALE_KM)])
def test_a_wrong_life_is_found_out(shape: float, scale_km: float) -> None:
    outcomes = sample(fragile(shape, scale_km=scale_km), 20_000, seed=101)
    assert not judge_survival(outcomes, 1).passed
    assert not judge_distance(outcomes, 1).passed


@pytest.mark.parametrize(("run", "claimed"), [("never", "every_night"), (2, 3), ("every_night", "rest_day")])
def test_a_wrong_replacement_policy_is_found_out(run: str | int, claimed: str | int) -> None:
    assert not judge_survival(sample(fragile(WEAR_OUT, run), 20_000, seed=102), WEAR_OUT, claimed).passed
