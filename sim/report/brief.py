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
from sim.report.words import cause_text, hm, hm_of_day, rallies
from sim.study.brief.evening import PACES, Brief, CarBrief, Chance, Deferred, Part, Spare
from sim.study.brief.night import Bays
from sim.study.estimates import Estimate
from sim.study.paired import apart
from sim.study.record import Record

SHOWN_PARTS = 10
"""Rows of the table of parts."""
SHOWN_SPARES = 10
"""Rows of the table of spares."""


@dataclass(frozen=True)
class Section:
    """One table of the brief: its columns, which of them (by index) are numbers, and what is said below it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    note: str = ""


def brief_title(brief: Brief) -> str:
    """Which evening it is."""
    tomorrow = brief.plan.stages[brief.plan.first_stage].name
    after = f"Evening of stage {brief.plan.state.after_stage}" if brief.plan.state else "The evening before the start"
    return f"{after}: brief for stage {tomorrow}"


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
    return now if chance.change is None else f"{now}  ({100 * chance.change.value:+z.1f} ± {_half(chance.change):.1f})"


def _risk(brief: Brief) -> Section:
    stage = brief.plan.stages[brief.plan.first_stage].name
    return Section(
        f"2. Risk on stage {stage} in percent",
        ("car", "halt", "not completed", "late the day after", "what new parts tonight would save most"),
        tuple(
            (car.car, _percent(car.halt), _percent(car.uncompleted), _percent(car.late), _causes(brief, car))
            for car in brief.cars
        ),
        numbers=(1, 2, 3),
        note="Halt: stops for a repair, a tow or for good. A new part saves so much chance to fail, and minutes.",
    )


def _causes(brief: Brief, car: CarBrief) -> str:
    told = [
        f"{cause_text(cause.mode, brief.plan)} {100 * cause.less:.1f} % {cause.minutes:.1f} min" for cause in car.causes
    ]
    return "; ".join(told) or "nothing: all are new, or wear does not tell"


def _night(brief: Brief) -> Section:
    title, night = "3. Tonight", brief.night
    if night is None:
        return Section(title, (), (), note="No night before the first stage: nothing is open.")
    if not night.bays:
        return Section(f"{title}: {night.kind.replace('_', ' ')}", (), (), note="Only the crews work: no bays.")
    departure = brief.plan.stages[brief.plan.first_stage].first_departure
    rows = [_bays(bays) for bays in night.bays]
    least = min(brief.jobs, key=_worth, default=None)
    for one in brief.jobs:
        gain = f"{100 * one.classified.value:+z.1f} ± {_half(one.classified):.1f}"
        minutes = "" if one.minutes is None else f"{one.minutes.value:z.0f}"
        last = "defer this one first" if one is least and len(brief.jobs) > 1 else ""
        done = f"{one.job.hours:.1f} h, done {_percent(one.job.done)} %"
        rows.append((one.job.car, cause_text(one.job.mode, brief.plan), done, gain, minutes, last))
    note = (
        f"First departure {hm_of_day(departure)}. P(late start tomorrow) is 0: what is still open lets the car start, "
        "and is left undone where it does not end by then. "
    )
    if not brief.jobs:
        note += "The state leaves no job open: the hours are those of the routine service."
        return Section(title, ("what", "hours"), tuple(row[1:3] for row in rows), note=note)
    return Section(
        title,
        ("car", "what", "hours", "class. if done", "min saved", ""),
        tuple(rows),
        numbers=(3, 4),
        note=note.strip(),
    )


def _worth(one: Deferred) -> tuple[float, float]:
    """What an hour of a job is worth: points of P(classified) if they are told apart from none, then minutes."""
    hours = max(one.job.hours, 1e-6)
    points = one.classified.value if apart(one.classified) else 0.0
    return points / hours, (one.minutes.value if one.minutes else 0.0) / hours


def _bays(bays: Bays) -> tuple[str, ...]:
    count = "1 bay" if bays.bays == 1 else f"{bays.bays} bays"
    return "", f"{bays.team}, {count}", f"{bays.wanted:.1f} wanted of {bays.hours:.0f}", "", "", ""


def _spares(brief: Brief) -> Section:
    title = "4. What to carry: hundredths of a point per kg for one part more or less on every car"
    if not brief.spares:
        return Section(title, (), (), note="After a night in the refuge there is nothing to load: it stays as it is.")
    cars = tuple(car.car for car in brief.cars)
    ranked = sorted(brief.spares, key=lambda s: -abs(s.all_completed.value) / s.kg)[:SHOWN_SPARES]
    return Section(
        title,
        ("part", "kg", "special\ntomorrow", "classified", *cars),
        tuple(_spare_row(brief, spare, cars) for spare in ranked),
        numbers=tuple(range(1, 4 + len(cars))),
        note="Chance to complete the special and to be classified, mean of all cars; then to be classified by car. "
        "·: cannot be told apart from none. Less of a part is below 0 by what the one on board is worth.",
    )


def _spare_row(brief: Brief, spare: Spare, cars: tuple[str, ...]) -> tuple[str, ...]:
    mode = brief.plan.rally.modes[spare.mode]
    name = f"{'+' if spare.change > 0 else '-'} {mode.part or mode.label}"
    gains = [spare.all_completed, spare.all_classified, *(spare.classified[car] for car in cars)]
    return (name, f"{spare.kg:g}", *(_per_kg(gain, spare.kg) for gain in gains))


def _per_kg(gain: Estimate, kg: float) -> str:
    """Hundredths of a point per kg, with half of the interval."""
    if not apart(gain):
        return "·"
    value, half = 1e4 * gain.value / kg, 1e4 * (gain.high - gain.low) / 2 / kg
    return f"{value:+z.0f}±{half:.0f}" if half >= 10 else f"{value:+.2g}±{half:.1g}"


def _paces(brief: Brief) -> Section:
    heads = [f"{order:g}: {what}" for order in PACES for what in ("min", "class.", "win")]
    return Section(
        "5. Pace, times the order in force, to the finish: minutes gained, points of P(classified) and P(win)",
        ("car", *heads, "lead, min", f"{PACES[-1]:g} pays from"),
        tuple((car.car, *_pace_cells(car), f"{car.lead_s / MINUTE_S:+z.0f}", _pays(car)) for car in brief.cars),
        numbers=tuple(range(1, 8)),
        note="P(win): the others drive as before. Pays from: the lead in minutes from which the crew wins at least as "
        "often so (its 95 % interval).",
    )


def _pace_cells(car: CarBrief) -> Iterator[str]:
    for pace in car.paces:
        shown = pace.minutes
        yield "" if shown is None else f"{shown.value:+z.0f} ± {_minutes(shown)}"
        yield f"{100 * pace.classified.value:+z.1f} ± {_half(pace.classified):.1f}"
        yield f"{100 * pace.win.value:+z.1f} ± {_half(pace.win):.1f}"


def _pays(car: CarBrief) -> str:
    off = car.back_off
    if off.lead_min is None:
        return "no lead tried"
    if off.low == off.high:
        return f"{off.lead_min}"
    return f"{off.lead_min} ({off.low}-{'?' if off.high is None else off.high})"


def _parts(brief: Brief) -> Section:
    shown = brief.parts[:SHOWN_PARTS]
    rest = any(part.rest_day is not None for part in shown)
    note = f"The {len(shown)} likeliest of {len(brief.parts)}. " if len(brief.parts) > len(shown) else ""
    note += "Life: the Weibull scale. In closed form, renewals by plan included, at pace 1.00."
    heads = ("part", "cars", "wear-km", "life", *(("fails by the rest day",) if rest else ()), "by the finish")
    return Section(
        "6. Parts: wear against life, and chance in percent to fail",
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
        ("car", "left", f"stage {stage} not completed", "and one joker less: points of P(classified)"),
        tuple((car.car, str(max(car.joker.left, 0)), hm(car.joker.cost_s), _joker(car)) for car in brief.cars),
        numbers=(1, 2, 3),
    )


def _joker(car: CarBrief) -> str:
    if car.joker.classified is None:
        return "out of the rally"
    return f"{100 * car.joker.classified.value:+z.1f} ± {_half(car.joker.classified):.1f}"


def brief_tables(brief: Brief) -> Iterator[RenderableType]:
    """The brief for the terminal."""
    yield Text(brief_title(brief), style="bold")
    if brief_lines(brief):
        yield Text("\n".join(brief_lines(brief)))
    for section in sections(brief):
        table = new_table(section.title, section.note or None)
        for i, head in enumerate(section.heads):
            table.add_column(head, justify="right" if i in section.numbers else "left")
        for row in section.rows:
            table.add_row(*(Text(cell) for cell in row))
        yield table if section.rows else Text.assemble((section.title, "bold"), "\n", (section.note, "italic dim"))


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
        record=f"{rallies(brief.n)} a run. {record.scenario}. {record.command}",
    )


def _size(brief: Brief) -> str:
    """The size of the letters with which the page is full: 279 mm of lines, each a fifth higher than its letters."""
    lines = 6 + len(brief_lines(brief)) + sum(len(section.rows) + 5 for section in sections(brief))
    return f"{min(7.5, 791 / (1.22 * lines)):.2f}pt"


def _percent(share: Estimate) -> str:
    return f"{100 * share.value:.1f} ± {_half(share):.1f}"


def _minutes(estimate: Estimate) -> str:
    """Half of the interval of minutes; a question mark where nothing differed, which says nothing about it."""
    half = estimate.high - estimate.value
    return f"{half:.0f}" if math.isfinite(half) else "?"


def _half(estimate: Estimate) -> float:
    """Half of the interval, on its longer side, in points."""
    return 100 * estimate.half
