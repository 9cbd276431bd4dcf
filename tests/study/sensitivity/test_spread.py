"""The spread of an outcome: its parts from luck and from the parameters in closed form, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from sim.study.sensitivity.spread import Spread, spread_of
from tests.support import verdict

DRAWS, RALLIES = 200, 10_000


def normal(seed: int, parameter_sd: float, luck_sd: float) -> Spread:
    rng = np.random.default_rng(seed)
    draw = rng.integers(DRAWS, size=RALLIES)
    return spread_of(parameter_sd * rng.normal(size=DRAWS)[draw] + luck_sd * rng.normal(size=RALLIES), draw)


def beta_binomial(seed: int, a: float, b: float) -> Spread:
    rng = np.random.default_rng(seed)
    draw = rng.integers(DRAWS, size=RALLIES)
    return spread_of((rng.random(RALLIES) < rng.beta(a, b, size=DRAWS)[draw]).astype(float), draw)


def judge(spreads: list[Spread], share: float, between: float) -> None:
    for judged in (
        verdict.of_mean("share of the parameters", [spread.share.value for spread in spreads], share),
        verdict.of_mean("variance between draws", [spread.between.value for spread in spreads], between),
        verdict.of_share("share in its interval", [s.share.low <= share <= s.share.high for s in spreads], 0.95),
    ):
        assert judged.passed, judged


def test_the_shares_of_normal_parameters_and_normal_luck() -> None:
    judge([normal(seed, 0.5, 1.0) for seed in range(400)], 0.2, 0.25)


def test_the_share_of_a_beta_distributed_probability() -> None:
    judge([beta_binomial(seed, 4.0, 6.0) for seed in range(400)], 1 / 11, 0.24 / 11)


def test_parameters_that_do_nothing_have_a_share_of_nothing_without_bias() -> None:
    spreads = [normal(seed, 0.0, 1.0) for seed in range(400)]
    judge(spreads, 0.0, 0.0)
    assert any(spread.share.value < 0 for spread in spreads)
    assert all(spread.between_sd.low >= 0 for spread in spreads)


def test_without_luck_all_is_due_to_the_parameters() -> None:
    spread = normal(1, 1.0, 0.0)
    assert spread.share.value == pytest.approx(1.0)


def test_an_outcome_that_never_varies_has_no_spread() -> None:
    spread = spread_of(np.ones(6), np.array([0, 0, 1, 1, 2, 2]))
    assert (spread.between.value, spread.within, spread.share.value) == (0.0, 0.0, 0.0)


def test_unequal_numbers_by_hand() -> None:
    spread = spread_of(np.array([1.0, 3.0, 5.0, 5.0, 8.0]), np.array([0, 0, 2, 2, 4]))
    assert spread.within == pytest.approx(1.0)  # (1 + 1 + 0 + 0 + 0) / (5 - 3)
    assert spread.between.value == pytest.approx((25.2 / 2 - 1.0) / 1.6)  # means 2, 5, 8 around 4.4
    assert spread.draws == 3


@pytest.mark.parametrize("draw", [[0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 1, 2]])
def test_too_few_draws_or_rallies_are_refused(draw: list[int]) -> None:
    with pytest.raises(ValueError, match="three draws"):
        spread_of(np.arange(4.0), np.array(draw))
