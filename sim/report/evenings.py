"""The odds of every evening of a rally, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from sim.report.tables import new_table
from sim.report.words import rallies
from sim.study.estimates import Estimate
from sim.study.odds import CrewOdds
from sim.study.outlook import MOVED, Outlook, moved

QUESTIONS = {"win": "wins", "podium": "is on the podium", "classified": "is classified"}
"""What is asked of every crew, and how it is told."""


def evening_tables(name: str, outlooks: Sequence[Outlook]) -> list[Table]:
    """One table a question: a row an evening, a column a car; what happened stands beside the chance to win."""
    return [_table(name, outlooks, question) for question in QUESTIONS]


def _table(name: str, outlooks: Sequence[Outlook], question: str) -> Table:
    widest = max(_estimate(crew, question).half for one in outlooks for crew in one.odds.crews)
    note = (
        f"Percent of {rallies(outlooks[0].odds.replications)} from each evening; 95 % intervals: at most "
        f"{100 * widest:.1f} points on either side."
    )
    if question == "win":
        note += f" Bold: the chance of some car moved by {100 * MOVED:.0f} points or more."
    table = new_table(f"{name}: who {QUESTIONS[question]}, evening by evening", note)
    table.add_column("after\nstage", no_wrap=True)
    for crew in outlooks[0].odds.crews:
        table.add_column(Text(crew.car), justify="right", no_wrap=True)
    if question == "win":
        table.add_column("what happened")
    for one, bold in zip(outlooks, moved(outlooks), strict=True):
        shares = [f"{100 * _estimate(crew, question).value:.1f}" for crew in one.odds.crews]
        told = [Text(one.note, style="bold" if bold else "dim")] if question == "win" else []
        table.add_row(one.stage or "start", *shares, *told)
    return table


def _estimate(crew: CrewOdds, question: str) -> Estimate:
    return {"win": crew.win, "podium": crew.podium, "classified": crew.classified}[question]
