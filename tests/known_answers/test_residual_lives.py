"""K2b: the chance that a part of known age lasts to the finish, when a rally is taken up on an evening.

A part that has survived a wear-kilometres lasts x more with the chance exp((a / s) ** b - ((a + x) / s) ** b): the
conditional survival function of a Weibull life, R. E. Barlow and F. Proschan, "Mathematical Theory of Reliability",
Wiley 1965. A part that was replaced on the way is only as old as what took its place.
"""

from __future__ import annotations

import math

import pytest

from sim.engine.outcomes import Outcomes
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

SCALE_KM, SHAPE = 400.0, 2.5
AGES_KM = {"nothing is known of it": 240, "new after stage 1": 140, "new at km 80 of stage 2": 60, "90 km old": 90}
"""Wear-kilometres after stages of 100 and 140 km, by what is known."""
KNOWN = {
    "nothing is known of it": {},
    "new after stage 1": {"renewed": {"axle": {"stage": "1"}}},
    "new at km 80 of stage 2": {"renewed": {"axle": {"stage": "2", "km": 80}}},
    "90 km old": {"wear_km": {"axle": 90}},
}
AHEAD_KM = 160


def taken_up(known: str) -> Tree:
    """One crew on the evening before the last special of 160 km; a failure of its axle wrecks the car."""
    axle = {"scale_km": SCALE_KM, "shape": SHAPE, "severity": {"wreck": 1}}
    days = [{"special_km": 100}, {"special_km": 140}, {"special_km": AHEAD_KM}]
    state = {"after_stage": "2", "crews": {"1": {"total_s": 14400, **KNOWN[known]}}}
    return {**rally(["1"], stages=calendar(*days), modes={"axle": axle}, drawn=True), "state": state}


def judge(outcomes: Outcomes, known: str) -> Verdict:
    age = AGES_KM[known]
    lasts = math.exp((age / SCALE_KM) ** SHAPE - ((age + AHEAD_KM) / SCALE_KM) ** SHAPE)
    return verdict.of_share(f"P(finish), {known}", outcomes.classified[:, 0], lasts)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_a_part_lasts_as_a_weibull_life_that_has_survived_so_far(size: int, known: str) -> None:
    judged = judge(sample(taken_up(known), size, seed=111), known)
    assert judged.passed, judged


@pytest.mark.parametrize("known", KNOWN)
def test_the_event_engine_conditions_in_the_same_way(known: str) -> None:
    judged = judge(sample(taken_up(known), 1_000, seed=112, engine="event"), known)
    assert judged.passed, judged


@pytest.mark.parametrize(
    ("run", "claimed"),
    [
        ("nothing is known of it", "new after stage 1"),
        ("new after stage 1", "90 km old"),
        ("90 km old", "new at km 80 of stage 2"),
    ],
)
def test_a_wrong_age_is_found_out(run: str, claimed: str) -> None:
    assert not judge(sample(taken_up(run), 20_000, seed=111), claimed).passed
