"""Whose fate flipped by what, and what causes cost: crafted pairs whose story is known."""

from __future__ import annotations

from typing import Any

from sim.model.changes import Changes
from sim.model.scenario import load
from sim.study.blocks import Block
from sim.study.comparison.intervals import fixed
from sim.study.comparison.study import Comparison, compare
from sim.study.comparison.summary import VariantSummary, summarise
from tests.study.conftest import MARATHON
from tests.support.rallies import calendar, happens, planned, rally

STRAND = happens("1", "arm", 40, "strand")
SHORT, LONG = happens("1", "arm", 40, "delay", lost_s=100), happens("1", "arm", 40, "delay", lost_s=900)


def pair(base: list[Any], variant: list[Any], crews: Any = None, variant_crews: Any = None) -> VariantSummary:
    """One pair of rallies with these happenings; car 2 is 10 minutes slower than car 1."""
    crews = crews or {"1": {}, "2": {"pace": 0.1}}
    plans = [
        planned(rally(who, modes={"arm": {}, "belt": {}}, happenings=happened, regulations={"jokers": 0}))
        for who, happened in ((crews, base), (variant_crews or crews, variant))
    ]
    comparison = Comparison.of(plans[0], (plans[1],), seed=1)
    return summarise(comparison.pairings[0], compare(comparison, Block(5, 1)).tallies[0], fixed())


def flips(found: VariantSummary) -> list[tuple[str, str, str, str, str]]:
    """(car, kind, mode, stage, whose) of single flips."""
    return [
        (flip.car, flip.kind, reason.mode, reason.stage, reason.whose)
        for flip in found.why.flips
        for reason in flip.reasons
    ]


def test_a_rally_flips_by_what_ended_it_and_the_win_with_it():
    assert flips(pair([], [STRAND])) == [
        ("1", "classified_to_retired", "arm", "1", "own"),
        ("1", "win_to_loss", "arm", "1", "own"),
        ("2", "loss_to_win", "arm", "1", "rival"),
    ]


def test_the_other_way_round_the_same_cause_counts():
    assert flips(pair([STRAND], [])) == [
        ("1", "retired_to_classified", "arm", "1", "own"),
        ("1", "loss_to_win", "arm", "1", "own"),
        ("2", "win_to_loss", "arm", "1", "rival"),
    ]


def test_a_win_is_lost_by_the_largest_change_of_lost_time():
    belt = happens("1", "belt", 60, "delay", lost_s=300)
    assert flips(pair([SHORT], [LONG, belt])) == [
        ("1", "win_to_loss", "arm", "1", "own"),
        ("2", "loss_to_win", "arm", "1", "rival"),
    ]


def test_a_win_is_gained_where_the_gainer_lost_less():
    rival = happens("2", "belt", 50, "delay", lost_s=700)
    crews = {"1": {}, "2": {"pace": -0.1}}
    assert flips(pair([rival], [], crews)) == [
        ("1", "win_to_loss", "belt", "1", "rival"),
        ("2", "loss_to_win", "belt", "1", "own"),
    ]


def test_a_win_that_no_loss_accounts_for_is_other():
    assert flips(pair([], [], variant_crews={"1": {"pace": 0.2}, "2": {"pace": 0.1}})) == [
        ("1", "win_to_loss", "", "", "own"),
        ("2", "loss_to_win", "", "", "own"),
    ]


def test_flips_name_the_replication():
    assert {flip.examples for flip in pair([], [STRAND]).why.flips} == {(5,)}


def test_lost_time_and_places_are_booked_on_the_mode():
    why = pair([SHORT], [LONG]).why
    assert [(cost.mode, cost.change.value) for cost in why.lost_s] == [("arm", 800.0)]
    assert [(cost.mode, cost.stage) for cost in why.stage_lost_s] == [("arm", "1")]
    assert [(cost.car, cost.mode, cost.change.value) for cost in why.crew_places] == [
        ("1", "arm", 1.0),
        ("2", "", -1.0),
    ]


def test_who_retires_has_the_last_place():
    crews = {"1": {}, "2": {"pace": 0.1}, "3": {"pace": 0.2}}
    places = pair([], [STRAND], crews).why.crew_places
    assert [(cost.car, cost.mode, cost.change.value) for cost in places] == [
        ("1", "arm", 2.0),
        ("2", "", -1.0),
        ("3", "", -1.0),
    ]


def test_crews_that_only_one_has_are_left_out():
    found = pair([], [STRAND], variant_crews={"1": {}, "3": {}})
    assert found.pairing.unpaired == {"base": ["2"], "variant": ["3"]}
    assert {name.split(".")[1] for name in found.differences if name.startswith("crews")} == {"1"}
    assert flips(found) == [
        ("1", "classified_to_retired", "arm", "1", "own"),
        ("1", "win_to_loss", "arm", "1", "own"),
    ]


def test_what_befalls_a_crew_that_only_one_has_is_no_cost_of_the_others():
    found = pair([], [happens("3", "arm", 40, "delay", lost_s=700)], variant_crews={"1": {}, "3": {}})
    assert (found.why.lost_s, found.why.flips) == ((), ())


def test_other_stages_are_paired_by_name():
    plans = [planned(rally(["1", "2"], stages=calendar(*days), drawn=True)) for days in (({}, {}), ({}, {}, {}))]
    comparison = Comparison.of(plans[0], (plans[1],), seed=1)
    assert comparison.pairings[0].stages == ("1", "2", "3")
    tally = compare(comparison, Block(0, 20)).tallies[0]
    assert {cost.stage for cost in summarise(comparison.pairings[0], tally, fixed()).why.stage_lost_s} <= {"3"}


def test_blocks_add_up_to_the_whole_whatever_their_size():
    weaker = load(MARATHON, changes=Changes(("modes.suspension_arm.scale_km*=0.3",)))
    comparison = Comparison.of(load(MARATHON).plan(), (weaker.plan(),), seed=7)
    whole = compare(comparison, Block(0, 200)).tallies[0]
    first, second = (compare(comparison, block).tallies[0] for block in (Block(0, 77), Block(77, 123)))
    pieces = first + second
    assert (pieces.n, pieces.moments, pieces.costs) == (whole.n, whole.moments, whole.costs)
    assert (pieces.flips.counts == whole.flips.counts).all()
    assert pieces.flips.examples == whole.flips.examples
    assert whole.flips.counts.sum() > 20
