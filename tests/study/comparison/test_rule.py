"""Comparing until differences are known well enough."""

from __future__ import annotations

import pytest

from sim.model.changes import Changes
from sim.model.scenario import load
from sim.study.blocks import Block
from sim.study.comparison.intervals import sequential
from sim.study.comparison.rule import PrecisionRule, Wanted
from sim.study.comparison.study import Comparison, compare
from sim.study.comparison.summary import differences
from sim.study.errors import StudyError
from tests.study.conftest import MARATHON


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """A base, and the same with arms that last longer."""
    stronger = load(MARATHON, changes=Changes(("modes.suspension_arm.scale_km*=2",)))
    return Comparison.of(load(MARATHON).plan(), (stronger.plan(),), seed=7)


@pytest.mark.parametrize(
    ("text", "half", "kind"),
    [
        ("0.2pp", 0.002, "probability"),
        ("1.5min", 90.0, "seconds"),
        ("2 min", 120.0, "seconds"),
        ("0.01", 0.01, "count"),
    ],
)
def test_a_precision_has_a_unit(text, half, kind):
    wanted = Wanted.parse(text)
    assert (wanted.half, wanted.kind) == (pytest.approx(half), kind)


@pytest.mark.parametrize("text", ["", "3s", "0min", "-1", "1e3", "0.2 points"])
def test_anything_else_is_refused(text):
    with pytest.raises(StudyError, match=r"as in 0\.2pp, of minutes, as in 1\.5min, or of a count, as in 0\.01"):
        Wanted.parse(text)


def test_a_precision_of_the_wrong_kind_is_refused_with_the_right_one(comparison):
    names = ["crews.11.win", "crews.12.win", "crews.11.stage_wins"]
    with pytest.raises(StudyError) as refused:
        Wanted.parse("2min").check(comparison.pairings, names)
    assert str(refused.value).split("\n") == [
        "--precision 2min does not fit crews.11.win and 1 more: these are probabilities: give it as in 0.2pp, or say "
        "with --quantity which are meant",
        "--precision 2min does not fit crews.11.stage_wins: these are counts: give it as in 0.01, or say with "
        "--quantity which are meant",
    ]


def test_points_that_take_too_many_pairs_are_refused():
    Wanted.parse("0.2pp").check_affordable(1)
    with pytest.raises(StudyError, match=r"may take more than 20,000,000 pairs of rallies: ask for 0\.074pp or more"):
        Wanted.parse("0.01pp").check_affordable(1)


def test_a_rule_ends_when_the_widest_difference_is_narrow_enough(comparison):
    tallies = compare(comparison, Block(0, 3000)).tallies
    names = ["crews.11.win", "crews.12.classified"]
    name, reach = PrecisionRule(Wanted("", 0.01, "probability"), comparison.pairings, names).widest(tallies)
    assert name == "crews.11.win"
    for half, reached in ((reach * 1.01, True), (reach * 0.99, False)):
        rule = PrecisionRule(Wanted("", half, "probability"), comparison.pairings, names)
        assert rule.reached(tallies) is reached


@pytest.mark.parametrize("turned", [False, True])
def test_what_counts_is_the_end_that_is_further_away(comparison, turned):
    pairing = comparison.pairings[0]
    plans = (pairing.variant, pairing.base) if turned else (pairing.base, pairing.variant)
    other = Comparison.of(plans[0], (plans[1],), seed=7)
    tallies = compare(other, Block(0, 500)).tallies
    found = differences(other.pairings[0], tallies[0], sequential(), ["crews.13.classified"])["crews.13.classified"]
    change = found.difference
    below, above = change.value - change.low, change.high - change.value
    rule = PrecisionRule(Wanted("", 0.01, "probability"), other.pairings, ["crews.13.classified"])
    assert rule.widest(tallies)[1] == max(below, above)
    assert below != above


def test_a_mean_that_never_differed_is_not_known(comparison):
    same = Comparison.of(comparison.base, (load(MARATHON, changes=Changes(("regulations.jokers=9",))).plan(),), seed=7)
    tallies = compare(same, Block(0, 2)).tallies
    rule = PrecisionRule(Wanted.parse("9min"), same.pairings, ["crews.11.lost_s"])
    assert tallies[0].moments[0].n == 2
    assert not rule.reached(tallies)
