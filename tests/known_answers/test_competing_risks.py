"""K3: of several constant hazards that can end the rally, each ends its share of the rallies.

Of the retirements a share lambda_i / (lambda_1 + lambda_2 + ...) is due to mode i, whenever they happen: which of
several independent exponential lives ends first does not depend on when it ends (D. R. Cox, "The analysis of
exponentially distributed life-times with two types of failure", Journal of the Royal Statistical Society B 21 (1959),
411-421).
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.outcomes import Outcomes
from tests.support import verdict
from tests.support.rallies import Tree, calendar, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

SCALES_KM = {"axle": 125.0, "gearbox": 250.0, "roll-over": 500.0}
SHARES = {"axle": 4 / 7, "gearbox": 2 / 7, "roll-over": 1 / 7}
SPECIALS_KM = (50, 150)


def three_ways_out(**changes: Tree) -> Tree:
    """One crew, two specials, three modes of constant hazard that wreck the car."""
    modes = {
        mode: {"scale_km": scale_km, "shape": 1, "severity": {"wreck": 1}, **changes.get(mode, {})}
        for mode, scale_km in SCALES_KM.items()
    }
    return rally(["1"], stages=calendar(*({"special_km": km} for km in SPECIALS_KM)), modes=modes, drawn=True)


def judge(outcomes: Outcomes, stage: int) -> list[Verdict]:
    """The share of each mode in the retirements of a stage."""
    losses = outcomes.losses
    causes = np.array(outcomes.causes)[losses.cause[losses.retired & (losses.stage == stage)]]
    return [
        verdict.of_share(f"share of {mode} in the retirements of stage {stage + 1}", causes == mode, share)
        for mode, share in SHARES.items()
    ]


@pytest.mark.parametrize("stage", [0, 1])
@pytest.mark.parametrize("size", sizes(20_000, 1_000_000))
def test_each_hazard_ends_its_share_of_the_rallies_early_and_late(size: int, stage: int) -> None:
    for judged in judge(sample(three_ways_out(), size, seed=301), stage):
        assert judged.passed, judged


def test_the_event_engine_shares_retirements_alike() -> None:
    for judged in judge(sample(three_ways_out(), 2_000, seed=302, engine="event"), 1):
        assert judged.passed, judged


@pytest.mark.parametrize("changes", [{"scale_km": 300}, {"shape": 2}])
def test_a_wrong_hazard_is_found_out(changes: Tree) -> None:
    judged = judge(sample(three_ways_out(gearbox=changes), 20_000, seed=301), 1)
    assert not all(share.passed for share in judged)
