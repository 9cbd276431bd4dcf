"""The brief in words and tables."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from sim.report.brief import brief_tables, brief_title, sections, write_brief
from sim.study.brief.evening import PACES, Brief, Pace, brief_of
from sim.study.brief.lead import BackingOff
from sim.study.estimates import Estimate
from sim.study.executors import SERIAL
from sim.study.record import Record
from tests.report.test_terminal import printed
from tests.support.rallies import calendar, planned, rally

CREWS = {"privateer2": {"driver": "Stéphane Peterhansel"}, "501": {"driver": "Ånna Łęcka"}}
ARM = {"scale_km": 400, "shape": 2, "part_kg": 5, "part": "suspension arm"}


@pytest.fixture(scope="module")
def brief() -> Brief:
    """Two cars on the evening of the first of three stages, and the evening before it."""
    tree = rally(CREWS, stages=calendar({}, {}, {}), modes={"arm": ARM}, drawn=True)
    state = {"after_stage": "1", "crews": {"privateer2": {"total_s": 6000}, "501": {"total_s": 6600}}}
    return brief_of(planned({**tree, "state": state}), planned(tree), "", 400, 1, SERIAL, lambda: None)


def section(brief: Brief, number: int) -> tuple[tuple[str, ...], ...]:
    return list(sections(brief))[number - 1].rows


def record(brief: Brief) -> Record:
    return Record.of(brief.plan, None, seed=1, replications=400, command="rally brief crafted.toml --seed 1")


def test_the_title_names_the_rally_the_stage_and_the_evening(brief: Brief) -> None:
    assert brief_title(brief) == "crafted: brief for stage 2, evening of stage 1"


def test_the_brief_in_the_terminal_ends_with_the_command_that_gives_it_again(brief: Brief) -> None:
    lines = printed(*brief_tables(brief, record(brief)))
    assert lines[-1] == "400 rallies a run: rally brief crafted.toml --seed 1"


@pytest.mark.parametrize("width", [80, 120])
def test_no_number_is_cut_or_broken_in_two(brief: Brief, width: int) -> None:
    points = Estimate(-0.222, -0.333, -0.111)
    paces = [Pace(order, Estimate(-1035.0, -1051.0, -1019.0), points, points) for order in PACES]
    leads = dataclasses.replace(brief.cars[1], paces=tuple(paces), lead_s=70_680, back_off=BackingOff(335, 205, 520))
    lines = printed(*brief_tables(dataclasses.replace(brief, cars=(leads,)), record(brief)), width=width)
    assert not any("…" in line for line in lines)
    row = lines.index("privateer2 -1035 -22.2 -22.2 -1035 -22.2 -22.2 +1178 335")
    assert lines[row + 1] == "± 16 ± 11.1 ± 11.1 ± 16 ± 11.1 ± 11.1 (205-520)"


def test_the_letters_of_the_page_are_small_enough_for_one_sheet(brief: Brief, tmp_path: Path) -> None:
    """279 mm are 791 points.

    A row and a line of text, 147 letters, are 1.25 letters high, a title with its rule 2.2.
    """
    many = dataclasses.replace(brief, cars=brief.cars * 8, parts=brief.parts * 8)
    write_brief(tmp_path / "page.html", many, record(brief))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    found = re.search(r"font: ([0-9.]+)pt", page)
    assert found
    notes = re.findall(r"<p[^>]*>(.*)</p>", page)
    lines = page.count("<tr>") + sum(-(-len(note) // 147) for note in notes)
    height = (5 + 1.25 * lines + 2.2 * page.count("<h2>")) * float(found[1])
    assert 700 < height < 791


def test_a_change_stands_below_its_chance_in_the_terminal(brief: Brief) -> None:
    for row in section(brief, 1):
        now, change = row[3].split("\n")
        assert "±" in now
        assert change.startswith("(")


def test_of_changed_spares_only_cars_are_named_for_which_they_can_be_told_apart_from_none(brief: Brief) -> None:
    told, unclear = Estimate(-0.02, -0.045, -0.005), Estimate(0.01, -0.01, 0.03)
    known = dataclasses.replace(
        brief.spares[0], change=1, all_completed=Estimate(0.02, 0.01, 0.03), all_classified=unclear,
        classified={"privateer2": unclear, "501": told},
    )  # fmt: skip
    unknown = dataclasses.replace(known, all_completed=unclear, classified={"501": unclear})
    changed = dataclasses.replace(brief, spares=(unknown, known))
    assert section(changed, 4) == (("+ suspension arm", "5", "+40 ± 20", "·", "501 -40"),)
    assert list(sections(changed))[3].note.startswith("Of 2 changes 1 can be told apart from none.")


def test_only_who_leads_is_told_from_which_lead_a_slower_pace_pays(brief: Brief) -> None:
    leads = dataclasses.replace(brief.cars[0], lead_s=600, back_off=BackingOff(35, 20, 60))
    trails = dataclasses.replace(leads, lead_s=-600)
    rows = section(dataclasses.replace(brief, cars=(leads, trails)), 5)
    assert [row[-1] for row in rows] == ["35\n(20-60)", "-"]


def test_paces_are_called_faster_and_slower(brief: Brief) -> None:
    assert list(sections(brief))[4].heads[1:7] == (
        "2 %\nfaster\nmin", "2 %\nfaster\nclass.", "2 %\nfaster\nwin",
        "2 %\nslower\nmin", "2 %\nslower\nclass.", "2 %\nslower\nwin",
    )  # fmt: skip


def test_hours_that_are_needed_stand_beside_those_there_are(brief: Brief) -> None:
    assert list(sections(brief))[2].heads == ("bays", "bay hours\nneeded", "available")
