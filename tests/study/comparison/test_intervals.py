"""Intervals of paired differences: what they are, and that they hold as often as they promise."""

from __future__ import annotations

import functools
import math
from collections import Counter

import numpy as np
import pytest
from scipy import optimize, stats

from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.study import precision
from sim.study.comparison.intervals import PairedIntervals, fixed, sequential
from sim.study.comparison.moments import Change, Moments, moments
from sim.study.quantities import Observed, observe
from tests.support.rallies import Tree, calendar, planned, rally

STUDIES = 2000
ALLOWED = int(stats.binom(STUDIES, 0.05).ppf(1 - 1e-3))
"""Misses that an interval which misses 5 % of the time exceeds once in a thousand such tests: 131 of 2,000."""

Z = 1.959963984540054


def share(lost: int, gained: int, n: int) -> Moments:
    """n pairs, of which so many flipped; in a tenth of them the quantity is true of both."""
    both = n // 10
    return Moments(n, both + lost, both + gained, both + lost, both + gained, both)


def score(lost: int, gained: int, n: int, difference: float) -> float:
    """Tango's statistic with the likeliest share found by search instead of by formula."""

    def surprise(p: float) -> float:
        same = max(1 - 2 * p - difference, 1e-300)
        rest = n - lost - gained
        return -(gained * math.log(p + difference) + lost * math.log(p) + rest * math.log(same))

    low, high = max(0.0, -difference) + 1e-12, (1 - difference) / 2 - 1e-12
    p = optimize.minimize_scalar(surprise, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    variance = n * (2 * p + difference - difference**2)
    return float((gained - lost - n * difference) / math.sqrt(variance))


@pytest.mark.parametrize(("lost", "gained", "n"), [(3, 9, 100), (1, 40, 300), (25, 5, 60)])
def test_the_score_at_both_ends_is_196(lost, gained, n):
    found = fixed().of(share(lost, gained, n))
    assert found.value == (gained - lost) / n
    assert score(lost, gained, n, found.low) == pytest.approx(Z, abs=1e-3)
    assert score(lost, gained, n, found.high) == pytest.approx(-Z, abs=1e-3)


def test_where_no_pair_flipped_the_interval_keeps_a_width():
    found = fixed().of(share(0, 0, 1000))
    end = Z**2 / (1000 + Z**2)
    assert (found.low, found.value, found.high) == (pytest.approx(-end), 0.0, pytest.approx(end))


def test_losses_and_gains_mirror_each_other():
    one, other = fixed().of(share(4, 11, 200)), fixed().of(share(11, 4, 200))
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))


@pytest.mark.parametrize("intervals", [fixed, sequential])
def test_more_variants_make_wider_intervals(intervals):
    one, ten = (intervals(variants).of(share(10, 30, 2000)) for variants in (1, 10))
    assert ten.low < one.low < one.high < ten.high


def test_ten_variants_have_the_level_995():
    mean = Moments(n=100, base=0, variant=300, base_squares=0, variant_squares=1800, products=0)
    found = fixed(10).of(mean)
    error = math.sqrt((18 - 9) * 100 / 99 / 100)
    assert found.high - found.value == pytest.approx(2.807033768343811 * error)


def test_a_mean_that_never_differed_has_unknown_ends():
    found = fixed().of(Moments(n=3, base=30, variant=30, base_squares=302, variant_squares=302, products=302))
    assert (found.value, found.low, found.high) == (0.0, -math.inf, math.inf)


def test_what_no_pair_knows_has_no_difference():
    assert fixed().of(Moments()) is None


@pytest.mark.parametrize(("lost", "gained", "n"), [(0.02, 0.05, 400), (0.3, 0.3, 400), (0.05, 0.2, 100)])
def test_an_interval_of_flips_holds_the_truth_in_95_of_100_studies(lost, gained, n):
    rng = np.random.default_rng(21)
    found = rng.multinomial(n, [lost, gained, 1 - lost - gained], size=STUDIES)
    assert misses(fixed(), found, n, gained - lost) <= ALLOWED


EXPECTED = (0.5, 1, 2, 3, 4, 5, 6, 8, 10, 14)
"""Flips one way that are expected of 400 pairs; none or one the other way."""


@functools.cache
def score_ends(lost: int, gained: int) -> tuple[float, float]:
    found = fixed().of(share(lost, gained, 400))
    return found.low, found.high


def adjusted_wald_ends(lost: int, gained: int) -> tuple[float, float]:
    """A. Agresti and Y. Min, Stat. Med. 24 (2005), 729-740: half a pair more in each of the four cells."""
    b, c, n = lost + 0.5, gained + 0.5, 402
    half = Z * math.sqrt(b + c - (c - b) ** 2 / n) / n
    return (c - b) / n - half, (c - b) / n + half


def coverage(ends, lost: float, gained: float) -> float:
    """Chance that the interval of 400 pairs holds the truth, by the trinomial distribution."""
    total = 0.0
    for b in range(13 if lost else 1):
        chance = stats.binom.pmf(b, 400, lost) * stats.binom.pmf(np.arange(50), 400 - b, gained / (1 - lost))
        holds = [low - 1e-12 <= gained - lost <= high + 1e-12 for low, high in (ends(b, c) for c in range(50))]
        total += float(chance[holds].sum())
    return total


def test_rare_flips_are_held_in_93_to_100_of_100_studies_and_in_96_in_the_mean():
    found = [coverage(score_ends, lost / 400, gained / 400) for lost in (0, 1) for gained in EXPECTED]
    assert 0.93 < min(found) < 0.94
    assert 0.955 < sum(found) / len(found) < 0.965


def test_the_adjusted_wald_interval_loses_rare_flips_that_go_one_way():
    assert coverage(adjusted_wald_ends, 0.0, 2 / 400) == pytest.approx(0.864, abs=1e-3)


def test_an_interval_that_takes_the_pairs_for_independent_is_too_short_where_they_go_against_each_other():
    """Half of the pairs flip one way and half the other: independent studies would vary half as much."""
    rng = np.random.default_rng(22)
    found = rng.multinomial(400, [0.5, 0.5, 0.0], size=STUDIES)
    values = (found[:, 1] - found[:, 0]) / 400
    half = Z * math.sqrt(2 * 0.25 / 400)
    assert int((np.abs(values) > half).sum()) > 2 * ALLOWED
    assert misses(fixed(), found, 400, 0.0) <= ALLOWED


def misses(intervals: PairedIntervals, found, n: int, truth: float) -> int:
    """How many studies, (lost, gained, same) each, have an interval that misses the truth."""
    seen = Counter((lost, gained) for lost, gained, _ in found.tolist())
    ends = {flips: intervals.of(share(*flips, n)) for flips in seen}
    return sum(count for flips, count in seen.items() if not ends[flips].low <= truth <= ends[flips].high)


def test_none_of_the_intervals_of_a_study_that_goes_on_misses_the_truth_in_95_of_100(monkeypatch):
    """500 studies, each looked at after 100, 200, 400, ... 6,400 pairs; ordinary intervals miss in more than 5 %."""
    monkeypatch.setattr(precision, "PRIOR", 200.0)
    rng, studies, looks = np.random.default_rng(23), 500, (100, 100, 200, 400, 800, 1600, 3200)
    found = np.stack([rng.multinomial(n, [0.01, 0.015, 0.975], size=studies) for n in looks], axis=1).cumsum(axis=1)
    allowed = int(stats.binom(studies, 0.05).ppf(1 - 1e-3))
    assert ever(sequential(), found) <= allowed
    assert ever(fixed(), found) > allowed


def ever(intervals: PairedIntervals, found) -> int:
    """How many studies ever have an interval that misses 0.005."""
    ends = functools.cache(lambda lost, gained, n: intervals.of(share(lost, gained, n)))
    missed = [
        [not (end := ends(lost, gained, lost + gained + same)).low <= 0.005 <= end.high for lost, gained, same in study]
        for study in found.tolist()
    ]
    return sum(any(study) for study in missed)


KM, SCALE_KM = 100.0, 200.0
BASE, STRONGER = math.exp(-KM / SCALE_KM), math.exp(-KM / (2 * SCALE_KM))
"""Chances to be classified: a life ends before the finish with 1 - exp(-km / scale), which ends the rally."""


def stranded(scale_km: float) -> Tree:
    """One crew, one special of 100 km, one mode without memory; who strands is out."""
    arm = {"scale_km": scale_km, "shape": 1, "severity": {"strand": 1}}
    return rally(["1"], stages=calendar({}), modes={"arm": arm}, drawn=True, regulations={"jokers": 0})


def classified(scale_km: float, size: int, seed: int) -> Observed:
    plan = planned(stranded(scale_km))
    return observe(plan, run_block(plan, Luck(seed), 0, size), ["crews.1.classified"])


def part(seen: Observed, first: int, count: int) -> Observed:
    return Observed(seen.values[first : first + count], seen.known[first : first + count])


def test_a_life_twice_as_long_gains_what_the_formula_says():
    """exp(-1/4) - exp(-1/2) = 0.17227, in 40,000 pairs; nobody is worse off, and pairing saves much."""
    (found,) = moments(classified(SCALE_KM, 40_000, 31), classified(2 * SCALE_KM, 40_000, 31))
    difference = fixed().of(found)
    assert difference.low < STRONGER - BASE < difference.high
    assert difference.high - difference.low < 0.008
    assert (found.lost, found.gained) == (0, found.difference)
    gain = (BASE * (1 - BASE) + STRONGER * (1 - STRONGER)) / ((STRONGER - BASE) * (1 - STRONGER + BASE))
    assert found.variance_gain == pytest.approx(gain, rel=0.05)


def test_with_luck_of_their_own_pairing_gains_nothing():
    (found,) = moments(classified(SCALE_KM, 40_000, 31), classified(2 * SCALE_KM, 40_000, 32))
    assert found.variance_gain == pytest.approx(1.0, abs=0.03)


def test_400_studies_of_a_rally_hold_its_known_difference_in_95_of_100():
    size = 200
    a, b = classified(SCALE_KM, 400 * size, 33), classified(2 * SCALE_KM, 400 * size, 33)
    truth, missed = STRONGER - BASE, 0
    for first in range(0, 400 * size, size):
        (found,) = moments(part(a, first, size), part(b, first, size))
        difference = fixed().of(found)
        missed += not difference.low <= truth <= difference.high
    assert missed <= int(stats.binom(400, 0.05).ppf(1 - 1e-3))


def test_means_hold_the_truth_in_95_of_100_studies():
    rng = np.random.default_rng(24)
    values = np.rint(rng.exponential(1000, size=(STUDIES, 400)) - rng.exponential(800, size=(STUDIES, 400)))
    found = [fixed().mean(Change(int(row.sum()), int((row * row).sum())), 400) for row in values]
    assert sum(not end.low <= 200 <= end.high for end in found) <= ALLOWED
