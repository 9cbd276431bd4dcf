"""Two histories side by side, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Table
from rich.text import Text

from sim.model.plan import Plan
from sim.model.units import duration_text
from sim.report.tables import new_table, two_lines
from sim.report.words import rallies
from sim.study.counterfactual import QUESTIONS, Chance, Change


def changes_table(plan: Plan, changes: Sequence[Change]) -> Table:
    """Place and total of every crew as it was and as it would have been."""
    table = new_table("What happened, and what would have", "Time and places gained have a minus.")
    table.add_column("car", no_wrap=True)
    table.add_column("driver")
    for name in ("place", "total", "would be\nplace", "would be\ntotal", "time", "places"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in changes:
        crew = plan.crews[one.crew]
        was, would = (_result(place, total) for place, total in ((one.was, one.was_s), (one.would, one.would_s)))
        style = "" if one.was != one.would or one.was_s != one.would_s else "dim"
        table.add_row(Text(crew.car), Text(crew.spec.driver), *was, *would, *_differences(one), style=style)
    return table


def chances_table(chances: Sequence[Chance], stage: str, replications: int) -> Table:
    """Chances of every crew from the evening on which the histories part, in both of them."""
    note = (
        f"Percent of {rallies(replications)} of each history, in the same luck; small print: the difference and its "
        "95 % interval."
    )
    table = new_table(f"From the evening of stage {stage}: as it was, and as it would have been", note)
    table.add_column("car", no_wrap=True)
    for question in QUESTIONS:
        table.add_column(question, justify="right", no_wrap=True)
    for one in chances:
        table.add_row(Text(one.car), *(_chance(one, question) for question in QUESTIONS))
    return table


def _result(place: int | None, total: int) -> tuple[str, str]:
    return ("out", "") if place is None else (str(place), duration_text(total))


def _differences(one: Change) -> tuple[str, str]:
    if one.was is None or one.would is None:
        return "", ""
    return _signed(one.would_s - one.was_s, duration_text), _signed(one.would - one.was, str)


def _signed(number: int, text: Callable[[int], str]) -> str:
    return f"+{text(number)}" if number > 0 else text(number) if number else ""


def _chance(one: Chance, question: str) -> Text:
    was, would, apart = one.was[question], one.would[question], one.difference[question]
    small = f"{_points(apart.value)} ({_points(apart.low)} to {_points(apart.high)})"
    return two_lines(f"{100 * was.value:.1f} → {100 * would.value:.1f}", small)


def _points(share: float) -> str:
    """Percentage points with their sign, without a minus before nothing."""
    points = round(100 * share, 1)
    return f"{points:+.1f}" if points else "0.0"
