"""The card for the co-driver in words: the same lines for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.model.units import MINUTE_S
from sim.report.pages import write_page
from sim.report.tables import new_table, whole_percent
from sim.report.words import cause_text, hm, hm_of_day, rallies
from sim.study.contingency.actions import ACTIONS, Action
from sim.study.contingency.card import Card, Cell, ModeRow, Option, Verdict
from sim.study.contingency.timetable import Home, Zone
from sim.study.estimates import Estimate
from sim.study.record import Record

WORDS: dict[Action, str] = {
    "alone": "mend it alone",
    "team_mate": "team-mate",
    "truck": "the truck",
    "limp": "limp on",
    "withdraw": "withdraw",
}
_SHORT: dict[Action, str] = {**WORDS, "alone": "alone"}

_HOME: dict[Home, str] = {
    "daylight": "with the truck home by daylight",
    "night": "with the truck home after dark",
    "late": "the truck is too late for the special",
}

HEADS = ("done", "cl.", "win", "min")
MARK = "•"

NOTES = (
    "Percent: special done (completed), crew classified (cl.) and winner in the end; minutes that it adds to the total "
    "if classified. Best (•): fewest minutes among the actions whose chance to be classified cannot be told apart from "
    "the greatest. ± is half a 95 % interval of a paired difference, in brackets stands a whole one.",
    "Mend it alone: if the crew can, whose chance stands beside the mode. Limp on: if the car still drives. Team-mate, "
    "the truck: takes no other help; whether it comes, stops and can mend the car is drawn. Waiting pays up to the "
    "wait for the truck from which to withdraw at once is better, at the medians.",
)


@dataclass(frozen=True)
class CellText:
    """One action in one zone: four numbers, or why it cannot be done."""

    numbers: tuple[str, ...]
    best: bool
    text: str


@dataclass(frozen=True)
class Line:
    """One action of a mode, by zone."""

    label: str
    cells: tuple[CellText, ...]


@dataclass(frozen=True)
class Judgement:
    """What to do, by zone."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class ModeText:
    """One mode: what it is, what can be done, and what is best."""

    name: str
    about: str
    rows: tuple[Line, ...]
    verdicts: tuple[Judgement, ...]


def card_title(card: Card) -> str:
    """What the card is about."""
    situation = card.situation
    rally, stage, crew = situation.plan.rally, situation.stage, situation.crew
    return f"{rally.name}, stage {stage.name}: if car {crew.car} {crew.spec.driver} breaks"


def card_facts(card: Card) -> Iterator[str]:
    """The day, and the arithmetic of giving up."""
    times, penalty, stage = card.situation.times, card.penalty, card.situation.stage
    clean = times.finish(times.start, 0.0)
    yield (
        f"{stage.track.length_km:g} km, start {hm_of_day(times.start)}, clean run {hm(penalty.clean_s)} to "
        f"{hm_of_day(clean)}; time allowed {hm(stage.allowed_s)}, sunset {hm_of_day(stage.sunset)}, "
        f"the course closes {hm_of_day(times.close)}."
    )
    base = card.base
    yield (
        f"Without a failure that is pinned here: special completed {_percent(base.completed)} %, classified "
        f"{_percent(base.classified)} %, win {_percent(base.win)} %."
    )
    yield from _giving_up(card)


def _giving_up(card: Card) -> Iterator[str]:
    penalty, times = card.penalty, card.situation.times
    leaves = [times.at(zone.km) for zone in card.zones]
    if not penalty.counted:
        yield "A special that does not count costs nothing when it is not completed, and no joker."
    else:
        what = "time until it is back" if penalty.plus_lost else "time allowed"
        booked = penalty.booked_s(leaves[0])
        yield (
            f"Not completed: {what} {hm(booked - penalty.fixed_s)} + {hm(penalty.fixed_s)} fixed = {hm(booked)} "
            f"instead of {hm(penalty.clean_s)}: costs {hm(penalty.cost_s(leaves[0]))}{_jokers(card)}."
        )
    morrow = penalty.tomorrow
    if morrow is None:
        return
    back = ", ".join(hm_of_day(leave + round(penalty.recovery_s)) for leave in leaves)
    yield (
        f"Recovery {hm(round(penalty.recovery_s))} (median): given up at km "
        f"{', '.join(f'{zone.km:.0f}' for zone in card.zones)} it is back at {back}."
    )
    no_start = f"{hm(morrow.allowed_s)} + {hm(penalty.fixed_s)} + {hm(penalty.no_start_s)} instead of "
    no_start += f"{hm(morrow.clean_s)}: costs another {hm(penalty.no_start_cost_s())} and a joker"
    if morrow.barred:
        yield f"A car that is recovered today does not start stage {morrow.name}: {no_start}."
        return
    job = max((_job_s(card, row) for row in card.modes), default=0.0)
    chances = ", ".join(f"{100 * penalty.misses_tomorrow(leave, job):.0f} %" for leave in leaves)
    yield (
        f"Stage {morrow.name} leaves {hm_of_day(morrow.departure)}: not back by then, or not mended by "
        f"{hm_of_day(morrow.departure + penalty.max_lateness_s)} (chance {chances} with a job of {hm(round(job))}), "
        f"it does not start: {no_start}."
    )


def _jokers(card: Card) -> str:
    plan, car = card.situation.plan, card.situation.crew.car
    used = 0 if plan.state is None else len(plan.state.crews[car].uncompleted)
    left = plan.rally.regulations.jokers - used
    if left <= 0:
        return ", and the rally: no joker is left"
    return f" and a joker, of {left} left"


def _job_s(card: Card, row: ModeRow) -> float:
    modes = card.situation.plan.modes
    return float(modes.job_s[modes.index(row.name)])


def zone_heads(card: Card) -> list[list[str]]:
    """What is said of each zone above its columns."""
    return [list(_zone_head(card, zone)) for zone in card.zones]


def _zone_head(card: Card, zone: Zone) -> Iterator[str]:
    times = card.situation.times
    yield f"km {zone.from_km:g}-{zone.to_km:g}"
    at, truck = times.at(zone.km), times.truck_at(zone.km)
    wait = "no truck" if truck is None else f"truck after {hm(max(truck - at, 0))}"
    yield f"at {zone.km:.0f}: {hm_of_day(at)}, {wait}"
    if truck is not None or zone.home != "late":
        yield _HOME[zone.home]


def mode_texts(card: Card) -> list[ModeText]:
    """What is said of each mode."""
    return [_mode(card, row) for row in card.modes]


def _mode(card: Card, row: ModeRow) -> ModeText:
    plan = card.situation.plan
    about = f"spoils the stage in {_share(row.share)} of rallies, {row.lost_s.value / MINUTE_S:.1f} min a rally"
    actions = [action for action in ACTIONS if any(action not in cell.why_not for cell in row.cells)]
    never = [action for action in ACTIONS if action not in actions]
    if row.chance_alone and "alone" in never:
        never.remove("alone")
        about += f"; the crew could mend {100 * row.chance_alone:.0f} %, but has no part"
    elif row.chance_alone:
        about += f"; the crew can mend {100 * row.chance_alone:.0f} %"
    about += "".join(f"; {_SHORT[action]}: {row.cells[0].why_not[action]}" for action in never if row.cells)
    return ModeText(
        name=cause_text(row.name, plan),
        about=about,
        rows=tuple(Line(WORDS[action], tuple(_cell(cell, action) for cell in row.cells)) for action in actions),
        verdicts=tuple(_judgements(row)),
    )


def _judgements(row: ModeRow) -> Iterator[Judgement]:
    yield Judgement("best", tuple(verdict_text(cell.verdict) for cell in row.cells))
    if any(cell.otherwise for cell in row.cells):
        yield Judgement("else", tuple(verdict_text(cell.otherwise) if cell.otherwise else "" for cell in row.cells))
    if any("truck" not in cell.why_not for cell in row.cells):
        yield Judgement("waiting pays", tuple(_waiting(cell) for cell in row.cells))


def _cell(cell: Cell, action: Action) -> CellText:
    if action in cell.why_not:
        return CellText((), best=False, text=cell.why_not[action])
    option = next(option for option in cell.options if option.action == action)
    verdict = cell.verdict
    best = action == verdict.best or (action == verdict.next and not verdict.apart)
    return CellText(_numbers(option), best, text="")


def _numbers(option: Option) -> tuple[str, ...]:
    shares = [_percent(share) for share in (option.completed, option.classified, option.win)]
    return (*shares, "" if option.minutes is None else f"{option.minutes.value:+z.0f}")


def verdict_text(verdict: Verdict) -> str:
    """The best action, and by how much it is better than the next one."""
    best = _SHORT[verdict.best]
    if verdict.next is None:
        return f"{best}: nothing else is left"
    if not verdict.apart:
        return f"{best} or {_SHORT[verdict.next]}: cannot be told apart"
    if verdict.minutes is not None and verdict.minutes.low > 0.0:
        less = f"{verdict.minutes.value:z.0f} ± {verdict.minutes.half:.0f} min less"
        return f"{best}: {less} than {_SHORT[verdict.next]}"
    assert verdict.classified is not None
    value, low, high = (f"{100 * end:z.1f}" for end in astuple(verdict.classified))
    return f"{best}: {value} ({low} to {high}) points more classified than {_SHORT[verdict.next]}"


def _waiting(cell: Cell) -> str:
    if "truck" in cell.why_not:
        return ""
    if cell.worth_waiting_s < 0:
        return "never: withdraw at once"
    why = "the time allowed runs out" if cell.worth_waiting_s == cell.last_minute_s else "tomorrow's start is at stake"
    return f"up to {hm(cell.worth_waiting_s)}, then {why}"


def card_tables(card: Card, record: Record) -> Iterator[RenderableType]:
    """The card for the terminal."""
    yield Text(card_title(card), style="bold")
    yield Text("\n".join(card_facts(card)))
    if not card.modes:
        yield Text(no_modes(card))
    else:
        yield _head_table(card)
        for mode in mode_texts(card):
            yield _mode_table(mode, len(card.zones))
        yield Text("\n".join(NOTES), style="dim")
    yield Text(_origin(card, record), style="dim")


def _head_table(card: Card) -> Table:
    table = _zone_table(None, len(card.zones))
    table.add_row("", *("\n".join(head) for head in zone_heads(card)))
    table.add_row("", *[Text(_columns(HEADS), style="dim")] * len(card.zones))
    return table


def _mode_table(mode: ModeText, zones: int) -> Table:
    table = _zone_table(f"{mode.name}: {mode.about}", zones)
    for row in mode.rows:
        table.add_row(row.label, *(_terminal_cell(cell) for cell in row.cells))
    for line in mode.verdicts:
        table.add_row(Text(line.label, style="dim"), *line.texts)
    return table


def _zone_table(title: str | None, zones: int) -> Table:
    """A table whose columns stand below one another in all of them."""
    table = new_table(title)
    table.show_header, table.expand, table.title_style = False, True, ""
    table.add_column(width=13)
    for _ in range(zones):
        table.add_column(ratio=1)
    return table


def _terminal_cell(cell: CellText) -> Text:
    if not cell.numbers:
        return Text(cell.text, style="dim")
    return Text(_columns(cell.numbers) + (f" {MARK}" if cell.best else ""), style="bold" if cell.best else "")


def _columns(values: tuple[str, ...]) -> str:
    return "".join(value.rjust(width) for value, width in zip(values, (4, 4, 4, 6), strict=True))


def no_modes(card: Card) -> str:
    """What is said where there is nothing to decide."""
    return f"In {rallies(card.n)} nothing that a crew can decide about happened to it here."


def write_card(path: Path, card: Card, record: Record) -> None:
    """The card on one page.

    Raises OSError if the file cannot be written.
    """
    write_page(
        path,
        "card.html",
        title=card_title(card),
        facts=list(card_facts(card)) + ([] if card.modes else [no_modes(card)]),
        zones=zone_heads(card),
        heads=HEADS,
        mark=MARK,
        modes=mode_texts(card),
        notes=NOTES,
        record=_origin(card, record),
    )


def _origin(card: Card, record: Record) -> str:
    """How to have the same card again."""
    return f"{rallies(card.n)} a cell: {record.command}"


def _percent(share: Estimate) -> str:
    return whole_percent(share.value)


def _share(share: Estimate) -> str:
    return f"{100 * share.value:.1f} %"
