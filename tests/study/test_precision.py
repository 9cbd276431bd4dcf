"""Running until a precision is reached: the intervals hold, and what stops too readily is found out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.study import precision
from sim.study.blocks import Source
from sim.study.errors import StudyError
from sim.study.estimates import FIXED, Intervals
from sim.study.precision import SEQUENTIAL, Precision, check_affordable, evidence, narrow, needed, parse_precision
from sim.study.quantities import probabilities
from sim.study.tally import Tally

STUDIES = 2000
ALLOWED = int(stats.binom(STUDIES, 0.05).ppf(1 - 1e-3))
"""Misses that a rule which misses 5 % of the time exceeds once in a thousand such tests: 131 of 2,000."""


def misses(intervals: Intervals, p: float, half: float, block: int, seed: int) -> int:
    """How many studies end with an interval that misses p. They stop when it is narrow, or after 400 blocks."""
    rng = np.random.default_rng(seed)
    missed = 0
    for _ in range(STUDIES):
        seen = np.cumsum(rng.binomial(block, p, size=400))
        hits, n = _stop(seen, block, narrow_rule(intervals, half))
        share = intervals.probability(hits, n)
        missed += not share.low <= p <= share.high
    return missed


def _stop(seen: npt.NDArray[np.int64], block: int, rule: Callable[[int, int], bool]) -> tuple[int, int]:
    for k, hits in enumerate(seen.tolist(), start=1):
        if rule(hits, k * block):
            return hits, k * block
    return int(seen[-1]), len(seen) * block


def narrow_rule(intervals: Intervals, half: float) -> Callable[[int, int], bool]:
    if intervals is SEQUENTIAL:
        return lambda hits, n: bool(narrow(hits, n, half))

    def rule(hits: int, n: int) -> bool:
        share = intervals.probability(hits, n)
        return max(share.value - share.low, share.high - share.value) <= half

    return rule


@pytest.mark.parametrize(("p", "half"), [(0.003, 0.005), (0.05, 0.02), (0.3, 0.03), (0.5, 0.03)])
def test_the_interval_at_which_a_study_stops_holds_the_truth_in_95_of_100_studies(
    p: float, half: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "PRIOR", 200.0)  # a small scale, so that small studies end at its best place
    assert misses(SEQUENTIAL, p, half, 50, seed=11) <= ALLOWED


def test_stopping_when_an_ordinary_interval_is_narrow_is_found_out() -> None:
    """With 1 in 100 and a look at every tenth trial 8.7 % miss, by the binomial distribution."""
    assert misses(FIXED, 0.01, 0.1, 10, seed=11) > ALLOWED


def test_none_of_all_the_intervals_on_the_way_misses_the_truth_in_95_of_100_studies() -> None:
    """A look after every 8,192 of 3 million rallies, more often than in use, every interval on the way at once."""
    assert ever_missed(lambda hits, n, p: evidence(hits, n, p) >= -math.log(0.05)) <= ALLOWED


def test_ordinary_intervals_looked_at_all_the_time_are_found_out() -> None:
    def missed(hits: npt.NDArray[np.int64], n: npt.NDArray[np.int64], p: float) -> npt.NDArray[np.bool_]:
        return np.abs(hits / n - p) > 1.96 * np.sqrt(p * (1 - p) / n)

    assert ever_missed(missed) > 5 * ALLOWED


def ever_missed(missed: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64], float], npt.NDArray[np.bool_]]) -> int:
    """How many of the studies have at any time an interval that misses the truth."""
    rng = np.random.default_rng(12)
    n = 8192 * np.arange(1, 367)
    seen = np.cumsum(rng.binomial(8192, 0.2, size=(STUDIES, len(n))), axis=1)
    return int(missed(seen, n, 0.2).any(axis=1).sum())


def test_the_evidence_against_the_truth_is_a_fair_game() -> None:
    """Its exponential has mean 1 after any number of trials, whatever the probability."""
    for n, p in ((1, 0.3), (10, 0.01), (500, 0.5)):
        k = np.arange(n + 1)
        assert np.sum(stats.binom(n, p).pmf(k) * np.exp(evidence(k, n, p))) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("hits", "n"), [(3, 8192), (4000, 8192), (8190, 8192), (10**7, 2 * 10**7)])
def test_an_interval_ends_where_the_evidence_is_20_to_1(hits: int, n: int) -> None:
    share = SEQUENTIAL.probability(hits, n)
    for end in (share.low, share.high):
        assert math.exp(evidence(hits, n, end)) == pytest.approx(20, rel=1e-3)


def test_what_never_or_always_happened_has_an_end_at_exactly_0_or_1() -> None:
    assert (SEQUENTIAL.probability(0, 8192).low, SEQUENTIAL.probability(8192, 8192).high) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "n"), [(0, 8192), (30, 8192), (4096, 8192), (8192, 8192), (5, 10)])
@pytest.mark.parametrize("half", [0.0005, 0.005, 0.02, 0.04])
def test_an_interval_is_narrow_if_neither_end_is_further_away_than_that(hits: int, n: int, half: float) -> None:
    share = SEQUENTIAL.probability(hits, n)
    assert narrow(hits, n, half) == (max(share.value - share.low, share.high - share.value) <= half)


def test_intervals_that_always_hold_are_wider_but_not_twice_as_wide() -> None:
    for n in (20_000, 200_000, 2_000_000, 20_000_000):
        usual, always = FIXED.probability(n // 3, n), SEQUENTIAL.probability(n // 3, n)
        assert 1.5 < (always.high - always.low) / (usual.high - usual.low) < 1.9


def test_a_quantile_and_a_mean_have_intervals_that_always_hold_too() -> None:
    values, counts = np.arange(1, 40_001), np.ones(40_000, dtype=np.int64)
    median = SEQUENTIAL.quantile(values, counts, 0.5)
    assert (median.low, median.value, median.high) == (19_674, 20_000, 20_327)
    usual = FIXED.mean(10, 10, 40_000)
    always = SEQUENTIAL.mean(10, 10, 40_000)
    assert (always.high - always.low) / (usual.high - usual.low) == pytest.approx(3.2612 / 1.96, abs=1e-4)


def test_the_worst_case_takes_so_many_rallies() -> None:
    assert (needed(0.01), needed(0.005), needed(0.002)) == (29_067, 93_782, 609_393)
    assert narrow(needed(0.01) / 2, needed(0.01), 0.01)
    assert not narrow((needed(0.01) - 1) / 2, needed(0.01) - 1, 0.01)


def test_a_precision_that_needs_too_many_rallies_is_refused_with_the_number_and_the_finest_that_does_not() -> None:
    with pytest.raises(
        StudyError, match=r"0\.01pp takes 397,221,426 rallies .* at most 20,000,000 .* 0\.041pp or more"
    ):
        check_affordable(0.0001)
    check_affordable(0.00041)


@pytest.mark.parametrize(("text", "half"), [("0.2pp", 0.002), ("5pp", 0.05), ("1 pp", 0.01), (".5pp", 0.005)])
def test_a_precision_is_read_in_percentage_points(text: str, half: float) -> None:
    assert parse_precision(text) == half


@pytest.mark.parametrize("text", ["", "0.2", "0.2%", "0pp", "50pp", "-1pp", "1e-3pp", "nanpp", "٣pp", "0.2pp win"])
def test_anything_else_is_no_precision(text: str) -> None:
    with pytest.raises(StudyError, match=r"more than 0 and less than 50 percentage points, written as in 0\.2pp; got"):
        parse_precision(text)


def test_only_the_named_probabilities_need_the_precision(source: Source) -> None:
    tally = Tally.of(source.plan, run_block(source.plan, Luck(1), 0, 8192))
    rare, all_ = Precision(source.plan, 0.018, ["crews.13.retired"]), Precision(source.plan, 0.018)
    for rule in (rare, all_):
        assert not rule.reached
        rule.add(tally)
    assert (rare.reached, all_.reached) == (True, False)
    name, half = all_.widest
    assert name in probabilities(source.plan)
    assert half > 0.018


def test_an_unknown_name_is_refused_with_the_nearest(source: Source) -> None:
    with pytest.raises(StudyError, match=r"unknown quantity 'crews\.11\.wim'; did you mean 'crews\.11\.win'"):
        Precision(source.plan, 0.01, ["crews.11.wim"])
