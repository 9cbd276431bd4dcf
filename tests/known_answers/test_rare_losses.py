"""K11 and K12: one chance in a thousand that a team of four loses three cars, or all.

Lives are exponential and independent, so that the number of cars lost is binomial with p = 1 - exp(-mission / life).
The chance is estimated twice: by counting, and from rallies in which cars fail many times as often, each weighted by
its likelihood ratio - which also tests the km at which they fail (P. W. Glynn and D. L. Iglehart, "Importance sampling
for stochastic simulations", Management Science 35 (1989), 1367-1392).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from sim.engine.outcomes import Outcomes
from sim.model.arrays import BoolArray
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

CARS = ("1", "2", "3", "4")
MISSION_KM = 100.0


@dataclass(frozen=True)
class Case:
    """A team is lost when so many of its four cars are.

    Attributes:
        mean_life: of a car, in missions.
        often: how many times as often cars fail in the weighted rallies.
    """

    mean_life: float
    lost_with: int
    chance: float
    often: float


CASES = {
    "K11": Case(mean_life=15.0, lost_with=3, chance=0.00102110, often=16.0),
    "K12": Case(mean_life=5.0, lost_with=4, chance=0.00107968, often=8.0),
}


def team_of_four(case: Case, *, mean_life: float | None = None, failures: float = 1.0, shared: float = 0.0) -> Tree:
    axle = {"scale_km": (mean_life or case.mean_life) * MISSION_KM, "shape": 1, "severity": {"wreck": 1}}
    return rally(
        {car: {"failures": failures} for car in CARS},
        stages=calendar({"special_km": MISSION_KM}),
        modes={"axle": axle},
        drawn=True,
        variation={"rally_sd": shared},
    )


def is_lost(case: Case, outcomes: Outcomes) -> BoolArray:
    return np.asarray((~outcomes.classified).sum(axis=1) >= case.lost_with)


def judge_count(case: Case, outcomes: Outcomes) -> Verdict:
    return verdict.of_share(f"P({case.lost_with} of 4 lost), counted", is_lost(case, outcomes), case.chance)


def judge_weighted(case: Case, outcomes: Outcomes) -> Verdict:
    """Rallies in which cars failed `often` as often, by their likelihood ratio."""
    retired = ~outcomes.classified
    driven = np.where(retired, outcomes.retired_km, MISSION_KM) / MISSION_KM
    ratio = np.exp((case.often - 1.0) / case.mean_life * driven) / np.where(retired, case.often, 1.0)
    weights = ratio.prod(axis=1) * is_lost(case, outcomes)
    return verdict.of_mean(f"P({case.lost_with} of 4 lost), weighted", weights, case.chance)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_known_chance_is_binomial(case: Case) -> None:
    fails = -np.expm1(-1.0 / case.mean_life)
    assert stats.binom(len(CARS), fails).sf(case.lost_with - 1) == pytest.approx(case.chance, abs=5e-9)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("size", sizes(100_000, 2_000_000))
def test_teams_are_lost_as_often_as_independent_lives_say(size: int, case: Case) -> None:
    judged = judge_count(case, sample(team_of_four(case), size, seed=1101))
    assert judged.passed, judged


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_rallies_with_more_failures_weighted_give_the_same_chance(size: int, case: Case) -> None:
    judged = judge_weighted(case, sample(team_of_four(case, failures=case.often), size, seed=1102))
    assert judged.passed, judged


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_event_engine_loses_teams_as_often(case: Case) -> None:
    judged = judge_weighted(case, sample(team_of_four(case, failures=case.often), 1_000, seed=1103, engine="event"))
    assert judged.passed, judged


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_luck_that_cars_share_is_found_out(case: Case) -> None:
    assert not judge_count(case, sample(team_of_four(case, shared=0.5), 100_000, seed=1101)).passed


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_wrong_mean_life_is_found_out(case: Case) -> None:
    outcomes = sample(team_of_four(case, failures=case.often, mean_life=0.5 * case.mean_life), 20_000, seed=1102)
    assert not judge_weighted(case, outcomes).passed
