"""The card for the co-driver in words."""

from __future__ import annotations

import dataclasses

import pytest

from sim.report.contingency import card_tables, card_title, mode_texts, verdict_text
from sim.study.contingency.card import Card, Verdict, card_of, situation_of
from sim.study.estimates import Estimate
from sim.study.executors import SERIAL
from sim.study.record import Record
from tests.report.test_terminal import printed
from tests.support.rallies import SURE_LIFE, planned, rally, truck

ARM = {"scale_km": 99, "shape": SURE_LIFE, "field_life": 0.5, "crew_repair": 0.31, "truck_repair": 0.5}


@pytest.fixture(scope="module")
def card() -> Card:
    """A car whose arm breaks, and that has none on board."""
    plan = planned(rally(["1"], modes={"arm": ARM}, teams={"red": {"trucks": {"T1": truck()}}}, drawn=True))
    return card_of(situation_of(plan, "1", "1"), 5, 1, SERIAL, lambda _: None)


def test_a_verdict_of_minutes_says_that_they_are_fewer() -> None:
    verdict = Verdict("alone", "truck", minutes=Estimate(208, 156, 260), apart=True)
    assert verdict_text(verdict) == "alone: 208 ± 52 min less than the truck"


def test_a_verdict_of_chances_has_its_whole_interval() -> None:
    verdict = Verdict("alone", "team_mate", classified=Estimate(0.05, 0.01, 0.12), apart=True)
    assert verdict_text(verdict) == "alone: 5.0 (1.0 to 12.0) points more classified than team-mate"


def test_a_crew_without_the_part_could_mend_it_but_has_no_part(card: Card) -> None:
    (arm,) = mode_texts(card)
    assert "; the crew could mend 31 %, but has no part; team-mate: no team-mate;" in arm.about


def test_waiting_is_told_with_what_ends_it(card: Card) -> None:
    cell = dataclasses.replace(card.modes[0].cells[0], last_minute_s=24_480, worth_waiting_s=24_480)
    earlier = dataclasses.replace(cell, worth_waiting_s=3600)
    row = dataclasses.replace(card.modes[0], cells=(cell, earlier))
    (arm,) = mode_texts(dataclasses.replace(card, modes=(row,)))
    assert arm.verdicts[-1].texts == (
        "up to 6:48, then the time allowed runs out",
        "up to 1:00, then tomorrow's start is at stake",
    )


def test_the_card_names_the_rally_and_ends_with_the_command_that_gives_it_again(card: Card) -> None:
    assert card_title(card) == "crafted, stage 1: if car 1 Driver 1 breaks"
    record = Record.of(card.situation.plan, None, seed=1, replications=5, command="rally contingency crafted.toml")
    assert printed(*card_tables(card, record))[-1] == "5 rallies a cell: rally contingency crafted.toml"
