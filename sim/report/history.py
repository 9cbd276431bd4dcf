"""The comparison of the pinned history with the official results, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from sim.model.units import duration_text
from sim.report.tables import new_table
from sim.study.history import PINNED, Row, Summary, summary

QUANTITIES = {
    "start_place": "start place",
    "stage_time_s": "stage time",
    "stage_gap_s": "gap to the stage winner",
    "stage_gap_ahead_s": "gap to the next in front",
    "stage_position": "place on the stage",
    "stage_penalty_s": "penalty",
    "completed": "completed",
    "stopped_s": "repairs and waits",
    "uncompleted_cost_s": "cost of not completing",
    "total_s": "total",
    "total_gap_s": "gap to the leader",
    "standing": "standing",
    "status": "status",
}
"""What the quantities are called."""


def history_table(rows: Sequence[Row]) -> Table:
    """All rows, those that are not met first and in red, pinned ones dim; the caption sums up."""
    table = new_table("Pinned history and official results", summary_text(summary(rows)))
    for name in ("stage", "car"):
        table.add_column(name, no_wrap=True)
    table.add_column("quantity")
    for name in ("official", "simulated", "difference"):
        table.add_column(name, justify="right")
    table.add_column("basis")
    for row in sorted(rows, key=lambda row: row.met is not False):
        table.add_row(*_cells(row), style=_style(row))
    return table


def summary_text(counts: Summary) -> str:
    """One line: how much follows from the rules and is what happened."""
    words = [
        f"{counts.met + counts.missed} values follow from the rules: {counts.met} met, {counts.missed} not met",
        f"{counts.pinned} pinned (they do not count)",
    ]
    if counts.pinned_wrong:
        words.append(f"{counts.pinned_wrong} of these not the official value")
    words.append(f"{counts.not_comparable} cannot be compared")
    return "; ".join(words) + "."


def _style(row: Row) -> str:
    return "red" if row.met is False else "dim" if row.basis == PINNED else ""


def _cells(row: Row) -> tuple[Text, ...]:
    is_time = row.quantity.endswith("_s")
    simulated = "none" if row.simulated is None and row.met is not None else _value(row.simulated, is_time=is_time)
    cells = (
        row.stage,
        row.car,
        QUANTITIES.get(row.quantity, row.quantity),
        _official(row, is_time=is_time),
        simulated,
        _difference(row.difference, is_time=is_time),
        row.basis,
    )
    return tuple(Text(cell) for cell in cells)


def _official(row: Row, *, is_time: bool) -> str:
    """The published value; with what the sources allow where that is more than the one value."""
    bound = row.bound_text(lambda number: _value(number, is_time=is_time))
    if row.official is None:
        return bound
    value = _value(row.official, is_time=is_time)
    return value if row.low == row.high else f"{value} ({bound})"


def _value(value: int | str | None, *, is_time: bool) -> str:
    if isinstance(value, int) and is_time:
        return duration_text(value)
    return "" if value is None else str(value)


def _difference(difference: int | None, *, is_time: bool) -> str:
    if not difference:
        return "" if difference is None else "0"
    return f"{'+' if difference > 0 else ''}{_value(difference, is_time=is_time)}"
