"""Where the two engines disagree, side by side."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.engine.journal import Entry
from sim.model.plan import Plan
from sim.report.words import clock_time, describe
from sim.study.twins import Difference

MOST_VALUES = 12
"""Values shown; after the first difference everything differs."""


def difference_report(plan: Plan, found: Difference) -> RenderableType:
    """The first difference: journal lines, the last of which differs, then values of the outcome and of the parts."""
    parts: list[RenderableType] = [Text(f"The engines disagree in replication {found.replication}.", style="bold")]
    if found.event:
        parts.append(_journal_table(plan, found))
    if found.values:
        parts.append(_value_table(found))
    hidden = len(found.values) - MOST_VALUES
    if hidden > 0:
        parts.append(Text(f"and {hidden} more values"))
    return Group(*parts)


def _journal_table(plan: Plan, found: Difference) -> Table:
    table = Table("", "event engine", "array engine", title="Journal, up to the first line that differs")
    last = len(found.event) - 1
    for i, (event, array) in enumerate(zip(found.event, found.array, strict=True)):
        table.add_row("!" if i == last else "", Text(_line(plan, event)), Text(_line(plan, array)))
    return table


def _line(plan: Plan, entry: Entry | None) -> str:
    if entry is None:
        return "(nothing)"
    km = "" if entry.km is None else f" km {entry.km!r}"
    exact = {"until second": entry.end_s, "renewal": entry.renewal, "spares": entry.spares}
    details = ", ".join(f"{name} {value}" for name, value in exact.items() if value is not None)
    when = f"{clock_time(plan, entry.time_s)} (second {entry.time_s})"
    return f"{when}, stage {entry.stage},{km} car {entry.car}: {describe(entry, plan)}" + (
        f" [{details}]" if details else ""
    )


def _value_table(found: Difference) -> Table:
    table = Table("value", "event engine", "array engine", title="Outcome and parts")
    for value in found.values[:MOST_VALUES]:
        table.add_row(Text(value.name), Text(value.event), Text(value.array))
    return table
