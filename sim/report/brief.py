"""The brief of an evening in words and tables: the same ones for the terminal and for the page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from sim.model.units import MINUTE_S
from sim.report.pages import write_page
from sim.report.tables import new_table, whole_percent
from sim.report.words import cause_text, hm, hm_of_day, rallies, team_text
from sim.study.brief.evening import PACES, Brief, CarBrief, Chance, Deferred, Part, Spare
from sim.study.brief.night import Bays
from sim.study.estimates import Estimate
from sim.study.paired import apart
from sim.study.record import Record

SHOWN_PARTS = 10
"""Rows of the table of parts."""
SHOWN_SPARES = 10
"""Rows of the table of spares."""

TITLE, ROW, NOTE = 2.2, 1.25, 1.25
"""How many times as high as its letters a title, a line of a table and one of a note are on the page."""
LETTERS = 125
"""Letters that stand side by side on the page."""


@dataclass(frozen=True)
class Section:
    """One table of the brief: its columns, which of them (by index) are numbers, and what is said below it.

    A line break in a head or a cell is one in the terminal, and a blank on the page.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    note: str = ""


def brief_title(brief: Brief) -> str:
    """Which rally and which evening it is."""
    tomorrow = brief.plan.stages[brief.plan.first_stage].name
    evening = f"evening of stage {brief.plan.state.after_stage}" if brief.plan.state else "evening before the start"
    return f"{brief.plan.rally.name}: brief for stage {tomorrow}, {evening}"


def brief_lines(brief: Brief) -> list[str]:
    """What is said first."""
    return [f"What happened: {brief.note}."] if brief.note else []


def sections(brief: Brief) -> Iterator[Section]:
    """All that a team looks at, in its order."""
    yield _odds(brief)
    yield _risk(brief)
    yield _night(brief)
    yield _spares(brief)
    yield _paces(brief)
    yield _parts(brief)
    yield _jokers(brief)


def _odds(brief: Brief) -> Section:
    known = any(car.win.change for car in brief.cars)
    return Section(
        "1. Odds in percent" + (", and points since yesterday" if known else ""),
        ("car", "driver", "classified", "win", "podium"),
        tuple(
            (car.car, car.driver, *(_chance(c) for c in (car.classified, car.win, car.podium))) for car in brief.cars
        ),
        numbers=(2, 3, 4),
        note="± is half a 95 % interval; changes are paired rally by rally."
        + ("" if known else " Yesterday is not known."),
    )


def _chance(chance: Chance) -> str:
    now = f"{100 * chance.now.value:.1f} ± {_half(chance.now):.1f}"
    return now if chance.change is None else f"{now}\n({100 * chance.change.value:+z.1f} ± {_half(chance.change):.1f})"


def _risk(brief: Brief) -> Section:
    stage = brief.plan.stages[brief.plan.first_stage].name
    return Section(
        f"2. Risk on stage {stage} in percent",
        ("car", "halt", "not\ncompleted", "late the\nday after", "what new parts tonight would save most"),
        tuple(
            (car.car, _percent(car.halt), _percent(car.uncompleted), _percent(car.late), _causes(brief, car))
            for car in brief.cars
        ),
        numbers=(1, 2, 3),
        note="Halt: stops for a repair, a tow or for good. A new part saves so much chance to fail, and minutes.",
    )


def _causes(brief: Brief, car: CarBrief) -> str:
    told = [
        f"{cause_text(cause.mode, brief.plan)} {100 * cause.less:.1f} % / {cause.minutes:.1f} min"
        for cause in car.causes
    ]
    return "; ".join(told) or "nothing: all are new, or wear does not tell"


def _night(brief: Brief) -> Section:
    title, night = "3. Tonight", brief.night
    if night is None:
        return Section(title, (), (), note="No night before the first stage: nothing is open.")
    if not night.bays:
        return Section(f"{title}: {night.kind.replace('_', ' ')}", (), (), note="Only the crews work: no bays.")
    departure = brief.plan.stages[brief.plan.first_stage].first_departure
    note = (
        f"First departure {hm_of_day(departure)}. P(late start tomorrow) is 0: what is still open lets the car start, "
        "and is left undone where it does not end by then."
    )
    bays = [_bays(one) for one in night.bays]
    if not brief.jobs:
        note += " The state leaves no job open: the hours are those of the routine service."
        return Section(title, ("bays", "bay hours\nneeded", "available"), tuple(bays), numbers=(1, 2), note=note)
    least = min(brief.jobs, key=_worth)
    jobs = [_job(brief, one, first=one is least and len(brief.jobs) > 1) for one in brief.jobs]
    return Section(
        title,
        ("car", "what", "hours\nneeded", "available", "done by the\nmorning, %", "class.\nif done", "min\nsaved", ""),
        (*(("", *cells, "", "", "", "") for cells in bays), *jobs),
        numbers=tuple(range(2, 7)),
        note=note,
    )


def _job(brief: Brief, one: Deferred, *, first: bool) -> tuple[str, ...]:
    gain = f"{100 * one.classified.value:+z.1f} ± {_half(one.classified):.1f}"
    minutes = "" if one.minutes is None else f"{one.minutes.value:z.0f}"
    name, last = cause_text(one.job.mode, brief.plan), "defer first" if first else ""
    return one.job.car, name, f"{one.job.hours:.1f}", "", _percent(one.job.done), gain, minutes, last


def _worth(one: Deferred) -> tuple[float, float]:
    """What an hour of a job is worth: points of P(classified) if they are told apart from none, then minutes."""
    hours = max(one.job.hours, 1e-6)
    points = one.classified.value if apart(one.classified) else 0.0
    return points / hours, (one.minutes.value if one.minutes else 0.0) / hours


def _bays(bays: Bays) -> tuple[str, ...]:
    count = "1 bay" if bays.bays == 1 else f"{bays.bays} bays"
    return f"{team_text(bays.team)}, {count}", f"{bays.wanted:.1f}", f"{bays.hours:.0f}"


def _spares(brief: Brief) -> Section:
    title = "4. What to carry: hundredths of a point per kg for one part more or less on every car"
    if not brief.spares:
        return Section(title, (), (), note="After a night in the refuge there is nothing to load: it stays as it is.")
    told = [spare for spare in brief.spares if any(apart(gain) for gain in _gains(spare))]
    ranked = sorted(told, key=lambda s: -abs(s.all_completed.value) / s.kg)[:SHOWN_SPARES]
    note = f"Of {len(brief.spares)} changes " + (
        f"{len(told)} can be told apart from none. Chance to complete the special and to be classified, mean of all "
        "cars, ± half a 95 % interval (·: cannot be told apart); then to be classified, of the cars for which that can "
        "be told. Less of a part is below 0 by what the one on board is worth."
        if told
        else "none can be told apart from none."
    )
    return Section(
        title,
        ("part", "kg", "special\ntomorrow", "classified", "classified, by car"),
        tuple(_spare_row(brief, spare) for spare in ranked),
        numbers=(1, 2, 3),
        note=note,
    )


def _gains(spare: Spare) -> tuple[Estimate, ...]:
    return spare.all_completed, spare.all_classified, *spare.classified.values()


def _spare_row(brief: Brief, spare: Spare) -> tuple[str, ...]:
    mode = brief.plan.rally.modes[spare.mode]
    name = f"{'+' if spare.change > 0 else '-'} {mode.part or mode.label}"
    means = (_per_kg(gain, spare.kg) for gain in (spare.all_completed, spare.all_classified))
    cars = [f"{car} {_rounded(1e4 * gain.value / spare.kg)}" for car, gain in spare.classified.items() if apart(gain)]
    return name, f"{spare.kg:g}", *means, ", ".join(cars)


def _per_kg(gain: Estimate, kg: float) -> str:
    """Hundredths of a point per kg, with half of the interval."""
    if not apart(gain):
        return "·"
    value, half = 1e4 * gain.value / kg, 1e4 * gain.half / kg
    return f"{value:+z.0f} ± {half:.0f}" if half >= 10 else f"{_rounded(value)} ± {half:.1g}"


def _rounded(value: float) -> str:
    """Two digits, or all before the point."""
    return f"{value:+z.0f}" if abs(value) >= 10 else f"{value:+.2g}"


def _paces(brief: Brief) -> Section:
    heads = [f"{_pace_name(order)}\n{what}" for order in PACES for what in ("min", "class.", "win")]
    return Section(
        "5. Pace against the order in force, to the finish: minutes gained, points of P(classified) and P(win)",
        ("car", *heads, "lead,\nmin", "slower pays\nfrom a lead\nof, min"),
        tuple((car.car, *_pace_cells(car), f"{car.lead_s / MINUTE_S:+z.0f}", _pays(car)) for car in brief.cars),
        numbers=tuple(range(1, 9)),
        note="P(win): the others drive as before. Pays from: the lead from which the crew wins at least as often so "
        "(its 95 % interval); -: does not lead.",
    )


def _pace_name(order: float) -> str:
    """What a factor of the time is called."""
    return f"{100 * abs(order - 1):.0f} %\n{'faster' if order < 1.0 else 'slower'}"


def _pace_cells(car: CarBrief) -> Iterator[str]:
    for pace in car.paces:
        shown = pace.minutes
        yield "" if shown is None else f"{shown.value:+z.0f}\n± {_minutes(shown)}"
        yield f"{100 * pace.classified.value:+z.1f}\n± {_half(pace.classified):.1f}"
        yield f"{100 * pace.win.value:+z.1f}\n± {_half(pace.win):.1f}"


def _pays(car: CarBrief) -> str:
    off = car.back_off
    if car.lead_s <= 0:
        return "-"
    if off.lead_min is None:
        return "no lead tried"
    if off.low == off.high:
        return f"{off.lead_min}"
    return f"{off.lead_min}\n({off.low}-{'?' if off.high is None else off.high})"


def _parts(brief: Brief) -> Section:
    shown = brief.parts[:SHOWN_PARTS]
    rest = any(part.rest_day is not None for part in shown)
    note = f"The {len(shown)} likeliest of {len(brief.parts)}. " if len(brief.parts) > len(shown) else ""
    note += "Life: the Weibull scale. In closed form, renewals by plan included, at pace 1.00."
    ends = ("rest day", "finish") if rest else ("finish",)
    heads = ("part", "cars", "wear-km", "life, km", *(f"fails by the\n{end}, %" for end in ends))
    return Section(
        "6. Parts: wear against life, and chance to fail",
        heads,
        tuple(_part(brief, part, rest_day=rest) for part in shown),
        numbers=tuple(range(2, len(heads))),
        note=note,
    )


def _part(brief: Brief, part: Part, *, rest_day: bool) -> tuple[str, ...]:
    everybody = len(part.cars) == len(brief.cars)
    by_rest = ("" if part.rest_day is None else whole_percent(part.rest_day),) if rest_day else ()
    return (
        cause_text(part.mode, brief.plan),
        "all" if everybody else ", ".join(part.cars),
        f"{part.km:,.0f}",
        f"{part.life_km:,.0f}",
        *by_rest,
        whole_percent(part.finish),
    )


def _jokers(brief: Brief) -> Section:
    stage = brief.plan.stages[brief.plan.first_stage].name
    return Section(
        "7. Jokers",
        ("car", "left", f"stage {stage} not\ncompleted\ncosts, h:mm", "and one joker less:\npoints of P(classified)"),
        tuple((car.car, str(max(car.joker.left, 0)), hm(car.joker.cost_s), _joker(car)) for car in brief.cars),
        numbers=(1, 2, 3),
    )


def _joker(car: CarBrief) -> str:
    if car.joker.classified is None:
        return "out of the rally"
    return f"{100 * car.joker.classified.value:+z.1f} ± {_half(car.joker.classified):.1f}"


def brief_tables(brief: Brief, record: Record) -> Iterator[RenderableType]:
    """The brief for the terminal: where it is narrow numbers and cars are whole, and words give way."""
    yield Text(brief_title(brief), style="bold")
    if brief_lines(brief):
        yield Text("\n".join(brief_lines(brief)))
    for section in sections(brief):
        if not section.rows:
            yield Text.assemble((section.title, "bold"), "\n", (section.note, "italic dim"))
            continue
        table = new_table(section.title, section.note or None)
        for i, head in enumerate(section.heads):
            number = i in section.numbers
            table.add_column(head, justify="right" if number else "left", no_wrap=number or head == "car")
        for row in section.rows:
            table.add_row(*(Text(cell) for cell in row))
        yield table
    yield Text(_origin(brief, record), style="dim")


def write_brief(path: Path, brief: Brief, record: Record) -> None:
    """The brief on one page.

    Raises OSError if the file cannot be written.
    """
    write_page(
        path,
        "brief.html",
        size=_size(brief),
        title=brief_title(brief),
        lines=brief_lines(brief),
        sections=list(sections(brief)),
        record=_origin(brief, record),
    )


def _origin(brief: Brief, record: Record) -> str:
    """How to have the same brief again."""
    return f"{rallies(brief.n)} a run: {record.command}"


def _size(brief: Brief) -> str:
    """The size of the letters with which the page is full: the 279 mm of a sheet are 791 points."""
    height = 5 + NOTE * len(brief_lines(brief)) + sum(_height(section) for section in sections(brief))
    return f"{min(7.5, 791 / height):.2f}pt"


def _height(section: Section) -> float:
    """How many times as high as its letters a section is on the page."""
    note = NOTE * math.ceil(len(section.note) / 1.15 / LETTERS)
    if not section.rows:
        return TITLE + note
    widths = [max(len(row[i]) for row in section.rows) + 2 for i in range(len(section.heads))]
    widest = widths.index(max(widths))
    room = LETTERS - (sum(widths) - widths[widest])
    lines = sum(math.ceil(len(row[widest]) / room) for row in section.rows)
    return TITLE + ROW * (2 + lines) + note


def _percent(share: Estimate) -> str:
    return f"{100 * share.value:.1f} ± {_half(share):.1f}"


def _minutes(estimate: Estimate) -> str:
    """Half of the interval of minutes; a question mark where nothing differed, which says nothing about it."""
    half = estimate.high - estimate.value
    return f"{half:.0f}" if math.isfinite(half) else "?"


def _half(estimate: Estimate) -> float:
    """Half of the interval, on its longer side, in points."""
    return 100 * estimate.half
