"""K13: a birth-death chain that reaches 20 or 30 before it dies out, a chance of one in a million or a billion.

Births at rate 0.5, deaths at rate 1: from 1 the chain reaches L before 0 with the chance 1 / (2 ** L - 1), the ruin of
the gambler (W. Feller, "An Introduction to Probability Theory and Its Applications" I, 3rd ed., Wiley 1968, ch. XIV).

A step of the chain is a special on which one of two parts breaks first and strands the car; the next morning all is
well again, and the next step is another special. The parts have swapped rates, so that the chain grows; on its way to
L it makes L - 1 births more than deaths, and every such path is 2 ** (L - 1) times as frequent as with the true rates.
The relative error of that estimate does not grow with L (S. Asmussen and P. W. Glynn, "Stochastic Simulation",
Springer 2007, ch. VI), which is what is asked of an estimator of something rare.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.engine.outcomes import Outcomes
from sim.model.arrays import BoolArray
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

KNOWN = {20: 9.53675e-7, 30: 9.31323e-10}

BIRTHS, DEATHS = 0.5, 1.0

STEPS = 300
"""A chain that does not die out is beyond 30 by then, but for one in 10,000."""

LIVES_PER_SPECIAL = 30
"""So long that a special without a failure does not happen."""


def chain(births: float, deaths: float) -> Tree:
    """One crew, a special for each step, and jokers for all of them."""
    modes = {
        name: {"scale_km": 100 / LIVES_PER_SPECIAL / rate, "shape": 1, "severity": {"strand": 1}}
        for name, rate in (("birth", births), ("death", deaths))
    }
    return rally(["1"], stages=calendar(*[{}] * STEPS), modes=modes, drawn=True, regulations={"jokers": STEPS})


def reaches(outcomes: Outcomes, level: int) -> BoolArray:
    """Does the chain reach a level before 0, shape (n,)?"""
    steps = np.zeros((len(outcomes), STEPS), dtype=np.int64)
    losses = outcomes.losses
    steps[losses.row, losses.stage] = np.where(losses.cause == outcomes.causes.index("birth"), 1, -1)
    state = 1 + steps.cumsum(axis=1)
    up, dead = state >= level, state <= 0
    return np.asarray(up.any(axis=1) & (~dead.any(axis=1) | (up.argmax(axis=1) < dead.argmax(axis=1))))


def judge(outcomes: Outcomes, level: int) -> Verdict:
    """From chains with swapped rates."""
    weight = (BIRTHS / DEATHS) ** (level - 1)
    return verdict.of_mean(f"P({level} before 0)", weight * reaches(outcomes, level), KNOWN[level])


@pytest.mark.parametrize("size", sizes(2_000, 40_000))
def test_the_chain_reaches_a_far_level_as_seldom_as_the_gambler_wins(size: int) -> None:
    outcomes = sample(chain(births=DEATHS, deaths=BIRTHS), size, seed=1301)
    for judged in (judge(outcomes, level) for level in KNOWN):
        assert judged.passed, judged
        assert judged.standard_error / judged.reference < 1.1 / math.sqrt(size)


def test_the_event_engine_makes_the_same_chain() -> None:
    judged = judge(sample(chain(births=DEATHS, deaths=BIRTHS), 20, seed=1302, engine="event"), 20)
    assert judged.passed, judged


def test_every_special_is_one_step() -> None:
    losses = sample(chain(births=DEATHS, deaths=BIRTHS), 100, seed=1303).losses
    assert losses.uncompleted.all()
    assert np.unique(losses.row * STEPS + losses.stage).size == losses.row.size == 100 * STEPS


def test_a_wrong_rate_of_the_chain_is_found_out() -> None:
    outcomes = sample(chain(births=0.85 * DEATHS, deaths=BIRTHS), 2_000, seed=1301)
    assert not any(judge(outcomes, level).passed for level in KNOWN)
