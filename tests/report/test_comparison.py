"""Tables of a comparison in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from sim.report.comparison import comparison_tables, headline, side_by_side_groups, who_text
from sim.report.figures import differences
from sim.study.comparison.costs import Costs
from sim.study.comparison.flips import none
from sim.study.comparison.intervals import fixed
from sim.study.comparison.moments import Change, Moments
from sim.study.comparison.pairs import Pairing
from sim.study.comparison.study import PairTally
from sim.study.comparison.summary import Flip, Reason, VariantSummary, summarise
from tests.support.rallies import planned, rally

BASE = planned(rally(["7"], drawn=True))
OTHER = planned(rally({"7": {"failures": 2}}, drawn=True))


PAIRING = Pairing.of(BASE, OTHER)
CAUSES, NOTHING = len(PAIRING.causes), Change()
COSTS = Costs(
    lost_s=(NOTHING,) * PAIRING.cells,
    cause_lost_s=(Change(-6000, 40_000),) + (NOTHING,) * (CAUSES - 1),
    places=(NOTHING,) * (CAUSES + 1),
    crew_places=(NOTHING,) * (CAUSES + 1),
)
TALLY = PairTally(1000, (), none(PAIRING), COSTS)


def summary(variants: int = 1, **found: Moments) -> VariantSummary:
    """What 1,000 pairs say if these quantities of car 7 have these sums and all others never differed."""
    same = Moments(1000, 300, 300, 300, 300, 300)
    moments = tuple(found.get(name.split(".")[2] if "crews" in name else "", same) for name in PAIRING.quantities)
    return summarise(PAIRING, replace(TALLY, moments=moments), fixed(variants))


BETTER = Moments(1000, 300, 400, 300, 400, 295)
TOTALS = Moments(600, 600 * 36_000, 600 * 35_400, 600 * 36_000**2, 600 * 35_400**2 + 10**9, 600 * 36_000 * 35_400)


def lines(names: list[str], summaries: list[VariantSummary], quantities: list[str], width: int = 120) -> Iterator[str]:
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        for table in comparison_tables(names, summaries, quantities):
            console.print(table)
    return (" ".join(line.split()) for line in capture.get().splitlines())


def test_a_difference_is_told_with_its_interval_and_what_the_pairing_saved():
    shown = list(lines(["more"], [summary(win=BETTER)], ["crews.7.win"]))
    assert "7 win 30.0 40.0 +10.00 +8.16 to +12.10 x 4.5" in shown


def test_what_cannot_be_told_from_no_change_is_unclear():
    shown = list(lines(["more"], [summary()], ["crews.7.win"]))
    assert "7 win 30.0 30.0 +0.00 -0.38 to +0.38 - unclear" in shown


def test_totals_are_minutes_and_said_to_be_of_those_classified_in_both():
    shown = list(lines(["more"], [summary(total_s=TOTALS)], ["crews.7.total_s"]))
    assert "7 total, minutes 600 590 -10.0 -11.7 to -8.3 x 1.0" in shown
    assert "Totals: of the rallies in which the crew is classified in both." in " ".join(shown)


def test_several_variants_stand_in_a_row_each_in_brackets_where_nothing_can_be_told():
    found = [summary(2, win=BETTER), summary(2)]
    shown = list(lines(["more", "less"], found, ["crews.7.win", "crews.7.classified"]))
    assert "as it is 30.0 30.0" in shown
    assert "more +10.0 (+0.0)" in shown
    assert "± 2.4 ± 0.5" in shown
    assert "less (+0.0) (+0.0)" in shown
    caption = "95 % intervals, which hold for all 2 variants at once. In brackets: cannot be told from no change."
    assert caption in " ".join(shown)


def test_a_variant_that_is_the_same_says_so():
    pairing = Pairing.of(BASE, BASE)
    tally = replace(TALLY, moments=(Moments(9),) * len(pairing.quantities))
    shown = list(lines(["copy"], [summarise(pairing, tally, fixed())], ["crews.7.win"]))
    assert "7 win 0.0 0.0 +0.00 +0.00 to +0.00 - nothing that runs was changed" in shown
    assert not any(line.startswith("Why") for line in shown)


def test_lost_time_is_told_by_cause():
    shown = list(lines(["more"], [summary()], ["crews.7.win"]))
    assert "arm -0.1 ± 0.0 -" in shown


def test_where_no_fate_flipped_the_table_is_left_out():
    shown = list(lines(["more"], [summary()], ["crews.7.win"]))
    assert "Why: nobody's fate flipped in 1,000 rallies." in shown


def test_many_quantities_stand_by_what_they_are():
    names = [f"crews.{car}.{what}" for car in range(1, 8) for what in ("classified", "win")]
    assert [group[0] for group in side_by_side_groups(names)] == ["crews.1.classified", "crews.1.win"]
    assert side_by_side_groups(names[:3]) == [names[:3]]


def test_the_headline_has_the_teams_and_three_questions_a_crew():
    names = ["crews.1.classified", "crews.1.finished", "crews.1.win", "crews.1.place_2", "teams.red.win"]
    assert headline(names) == ["crews.1.classified", "crews.1.win", "teams.red.win"]


def flipped(*reasons: Reason) -> VariantSummary:
    """Car 7 now retires in 9 rallies."""
    found = summary()
    flip = Flip("7", "classified_to_retired", 9, reasons, (4,))
    return replace(found, why=replace(found.why, flips=(flip,)))


def test_reasons_are_told_apart_from_the_commas_in_their_names_and_only_words_that_stand_there_are_explained():
    own = flipped(Reason("arm", "1", "own", 6), Reason("arm", "2", "own", 3))
    shown = " ".join(lines(["more"], [own], ["crews.7.win"]))
    assert "arm on stage 1 (6); arm on stage 2 (3)" in shown
    assert "Rival's:" not in shown
    assert "Other:" not in shown
    others = flipped(Reason("arm", "1", "rival", 6), Reason("", "", "own", 3))
    shown = " ".join(lines(["more"], [others], ["crews.7.win"]))
    assert "rival's arm on stage 1 (6); other (3)" in shown
    assert "Rival's: what befell the one with whom it changed the win. Other: no loss of time" in shown


def test_a_team_is_named_in_words():
    assert (who_text("teams.toyota_auto_body.win"), who_text("crews.a_7.win")) == ("toyota auto body", "a_7")


def test_the_picture_of_one_variant_is_called_like_its_scenario_and_that_of_a_change_like_the_change():
    found = summary(win=BETTER)
    assert differences(["failures*=2"], [found], ["crews.7.win"]).get_suptitle() == (
        "crafted: what is different with failures*=2, 1,000 rallies"
    )
    variant = replace(OTHER, rally=OTHER.rally.model_copy(update={"name": "What if: a weak car"}))
    named = replace(found, pairing=replace(PAIRING, variant=variant))
    figure = differences(["weak-car"], [named], ["crews.7.win"])
    assert figure.get_suptitle() == "What if: a weak car\nagainst crafted, 1,000 rallies"
    assert figure.axes[0].get_xlabel() == "change in chance, percentage points"


@pytest.mark.parametrize("width", [80, 120])
def test_no_number_is_broken_in_two(width):
    shown = list(lines(["more"], [summary(win=BETTER)], ["crews.7.win"], width))
    assert any(line.endswith("win 30.0 40.0 +10.00 +8.16 to +12.10 x 4.5") for line in shown)
