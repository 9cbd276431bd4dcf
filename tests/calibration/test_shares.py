"""Shares with exact intervals."""

from __future__ import annotations

import pytest
from scipy import stats

from calibration.shares import exact_share


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_the_interval_is_that_of_clopper_and_pearson_as_newcombe_tabulates_it(
    successes: int, n: int, low: float, high: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 5."""
    share = exact_share(successes, n)
    assert share.value == successes / n
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_the_interval_of_what_always_happened_ends_at_exactly_one():
    assert exact_share(20, 20).high == 1.0


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9])
def test_the_interval_holds_the_truth_in_at_least_95_of_100_cases(share: float):
    """By enumeration of all outcomes of ten trials."""
    held = [k for k in range(11) if exact_share(k, 10).low <= share <= exact_share(k, 10).high]
    assert stats.binom.pmf(held, 10, share).sum() >= 0.95


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_a_share_of_impossible_counts_is_refused(successes: int, n: int):
    with pytest.raises(ValueError, match=f"{successes} successes in {n} trials"):
        exact_share(successes, n)
