"""Tables for the terminal: the odds of a study, and the final classification of one rally."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.model.rules.results import Status
from sim.model.units import MINUTE_S, duration_text
from sim.report.words import cause_text, hm, rallies, team_text
from sim.study.estimates import Estimate
from sim.study.odds import Loss, Odds
from sim.study.standings import OverallRow, final_result, retirement, uncompleted_stages

SHOWN_LOSSES = 10
"""Rows of a table of losses before the rest is summed."""

SMALL_PRINT = "Small print: 95 % interval of the number above it."

TIMES_PRINT = f"{SMALL_PRINT} Classified: at the finish, with or without every special completed."


def odds_tables(odds: Odds, plan: Plan) -> list[RenderableType]:
    """Everything a study says of a plan: crews, times, places, teams, and losses by mode and by stage."""
    causes = [(cause_text(loss.mode, plan), loss) for loss in odds.by_mode]
    stages = [(f"stage {loss.stage}", loss) for loss in odds.by_stage]
    losses = [_losses_table("cause", causes), _losses_table("stage", stages)]
    return [_crews_table(odds), _times_table(odds), _places_table(odds), _teams_table(odds), *losses]


def final_table(replay: Replay) -> Table:
    """Final classification of one rally."""
    table = new_table("Final classification")
    table.add_column("place", justify="right")
    table.add_column("car", no_wrap=True)
    table.add_column("driver")
    _add_numbers(table, "total,\ngap", "penalties")
    table.add_column("status")
    table.add_column("not completed")
    for row in final_result(replay):
        crew = replay.plan.crews[row.crew]
        classified = row.rank is not None
        table.add_row(
            str(row.rank) if classified else "",
            Text(crew.car),
            Text(crew.spec.driver),
            _total(row) if classified else "",
            duration_text(row.penalty_s) if row.penalty_s else "",
            Text(_status(replay, row)),
            ", ".join(f"stage {name}" for name in uncompleted_stages(replay, row.crew)),
        )
    return table


def _total(row: OverallRow) -> Text:
    total = duration_text(row.total_s)
    return two_lines(total, f"+{duration_text(row.gap_s)}") if row.gap_s else Text(total)


def new_table(title: str | None = None, caption: str | None = None) -> Table:
    """An empty table in the style of all reports."""
    return Table(
        title=title,
        caption=caption,
        box=box.SIMPLE_HEAD,
        show_edge=False,
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        pad_edge=False,
        collapse_padding=True,
    )


def _status(replay: Replay, row: OverallRow) -> str:
    """Status of a crew: "finished", "rejoined", or where and why it retired."""
    status = Status(int(replay.outcomes.status[0, row.crew])).name.lower()
    out = retirement(replay, row.crew)
    if out is None:
        return status
    stage, day = out
    cause = "" if day.cause is None else f": {cause_text(replay.outcomes.causes[day.cause], replay.plan)}"
    return f"{status} on stage {replay.plan.stages[stage].name}{cause}"


def _crews_table(odds: Odds) -> Table:
    table = _crew_columns(f"Crews: odds in percent, from {rallies(odds.replications)}", SMALL_PRINT)
    _add_numbers(table, "classified", "all\nspecials", "win", "podium")
    for crew in odds.crews:
        shares = (crew.classified, crew.finished, crew.win, crew.podium)
        table.add_row(Text(crew.car), Text(crew.driver), *(_percent(share) for share in shares))
    return table


def _times_table(odds: Odds) -> Table:
    table = _crew_columns("Crews: stage wins, and total of the rallies in which they are classified", TIMES_PRINT)
    _add_numbers(table, "stage\nwins", "10 % stay\nbelow, h:mm", "median\ntotal, h:mm", "90 % stay\nbelow, h:mm")
    for crew in odds.crews:
        wins = two_lines(f"{crew.stage_wins.value:.2f}", _range(crew.stage_wins, "{:.2f}".format))
        totals = [two_lines(hm(total.value), _range(total, hm)) for total in crew.total_s or ()]
        table.add_row(Text(crew.car), Text(crew.driver), wins, *(totals or [Text("never")] * 3))
    return table


def _crew_columns(title: str, caption: str) -> Table:
    """A table with a row a crew: of its columns only that of the drivers gives way where the terminal is narrow."""
    table = new_table(title, caption)
    table.add_column("car", no_wrap=True)
    table.add_column("driver")
    return table


def _add_numbers(table: Table, *headers: str) -> None:
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)


def _places_table(odds: Odds) -> Table:
    shares = [[*crew.places, crew.retired] for crew in odds.crews]
    widest = max((share.high - share.low) / 2 for row in shares for share in row)
    note = f"Percent of rallies; 95 % intervals: at most {100 * widest:.1f} points on either side."
    table = _crew_columns("Crews: final places", note)
    _add_numbers(table, *(str(place) for place in range(1, len(odds.crews) + 1)), "retired")
    for crew, row in zip(odds.crews, shares, strict=True):
        table.add_row(Text(crew.car), Text(crew.driver), *(whole_percent(share.value) for share in row))
    return table


def _teams_table(odds: Odds) -> Table:
    table = new_table("Teams: odds in percent", f"{SMALL_PRINT} One-two, sweep: it has the first two or three places.")
    table.add_column("team")
    _add_numbers(table, "all\nclassified", "any\nclassified", "win", "one-two", "podium\nsweep")
    for team in odds.teams:
        shares = (team.all_classified, team.any_classified, team.win, team.one_two, team.podium_sweep)
        table.add_row(
            Text(team_text(team.team)), *(Text("-") if share is None else _percent(share) for share in shares)
        )
    return table


def _losses_table(by: str, losses: Sequence[tuple[str, Loss]]) -> Table:
    """A row for each of the largest losses, which have a name each."""
    table = new_table(f"Where rallies are lost, by {by}", "Per rally, all cars together, ± its 95 % interval.")
    table.add_column(by)
    _add_numbers(table, "minutes\nlost", "specials not\ncompleted", "retirements")
    shown, rest = losses[:SHOWN_LOSSES], losses[SHOWN_LOSSES:]
    for name, loss in shown:
        table.add_row(Text(name), *_loss_cells(loss.lost_s, loss.uncompleted, loss.retired))
    if rest:
        sums = (_sum([getattr(loss, name) for _, loss in rest]) for name in ("lost_s", "uncompleted", "retired"))
        table.add_row(f"{len(rest)} others", *_loss_cells(*sums))
    return table


def _loss_cells(lost: Estimate, *counts: Estimate) -> list[str]:
    minutes = f"{_minutes(lost.value)} ± {_half(lost, _minutes)}"
    return [minutes, *(f"{count.value:.3f} ± {_half(count, '{:.3f}'.format)}" for count in counts)]


def _minutes(seconds: float) -> str:
    return f"{seconds / MINUTE_S:,.1f}"


def _sum(parts: Sequence[Estimate]) -> Estimate:
    """A sum whose interval holds however the parts go together: a spread is never more than the sum of the spreads."""
    return Estimate(*(sum(getattr(part, name) for part in parts) for name in ("value", "low", "high")))


def whole_percent(share: float) -> str:
    """Whole percents, without turning the rare into never or the likely into certain."""
    if 0.0 < share < 0.005:
        return "<1"
    if 0.995 <= share < 1.0:
        return ">99"
    return f"{100 * share:.0f}" if share else "-"


def _percent(share: Estimate) -> Text:
    return two_lines(f"{100 * share.value:.1f}", _range(share, lambda end: f"{100 * end:.1f}"))


def two_lines(value: str, small: str) -> Text:
    """A cell with small print below its value."""
    return Text.assemble(value, "\n", (small, "dim"))


def _range(estimate: Estimate, text: Callable[[float], str]) -> str:
    """The interval "low-high", with a question mark for an end that so few values cannot tell."""
    ends = [text(end) if math.isfinite(end) else "?" for end in (estimate.low, estimate.high)]
    return "?" if ends == ["?", "?"] else "-".join(ends)


def _half(estimate: Estimate, text: Callable[[float], str]) -> str:
    """How far the interval reaches on its longer side, or a question mark where one value says nothing about it."""
    return text(estimate.half) if math.isfinite(estimate.half) else "?"
