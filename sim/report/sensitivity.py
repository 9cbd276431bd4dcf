"""Tables of a sensitivity study."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.report.parameters import value_text
from sim.report.quantities import UNITS, Unit
from sim.report.tables import new_table
from sim.report.words import rallies
from sim.study.estimates import Estimate
from sim.study.quantities import Kind
from sim.study.record import Record
from sim.study.sensitivity.document import Sensitivity
from sim.study.sensitivity.ranges import Range
from sim.study.sensitivity.sobol import Indices
from sim.study.sensitivity.spread import Spread
from sim.study.sensitivity.tornado import Swing

SHOWN = 15
"""Parameters in the table of one at a time and in its figure; the rest is summed up."""


LOW_AND_HIGH = "Low, high: the 10 % and the 90 % quantile of its draws, or the ends that were given."


def sensitivity_tables(found: Sensitivity, record: Record) -> list[RenderableType]:
    """All that a study says."""
    title = Text.assemble((record.scenario, "bold"), f": {record.file}, seed {record.seed}\n")
    parts: list[RenderableType] = [title, _tornado_table(found)]
    if found.joint is not None:
        parts.append(_indices_table(found.joint_ranges, found.joint, found))
    elif found.joint_ranges:
        parts.append(
            Text(f"In the box of the first {len(found.joint_ranges)} parameters {found.quantity} never moves.")
        )
    if found.spread is not None:
        parts.append(Text(spread_text(found.spread, found.quantity, found.kind)))
    return parts


def spread_text(spread: Spread, quantity: str, kind: Kind) -> str:
    """Luck against parameters, in a few sentences."""
    sd, unit = spread.between_sd, UNITS[kind]
    low, high = (100 * max(end, 0.0) for end in (spread.share.low, spread.share.high))
    seen = f"{100 * spread.share.value:.1f} %" if spread.share.value >= 0 else "no part that can be seen"
    return (
        f"Luck or parameters? Of the variance of {quantity} from rally to rally {seen} ({low:.1f} to {high:.1f} %) "
        f"comes from not knowing the parameters, the rest is luck. Its mean is {unit.number(spread.mean)} "
        f"{unit.level}; over the {spread.draws} draws of the parameters that mean has a standard deviation of "
        f"{unit.number(sd.value)} ({unit.ends(sd)}) {unit.difference}. In brackets 95 % intervals; estimates below 0 "
        "are cut off there."
    )


def _tornado_table(found: Sensitivity) -> Table:
    unit, swings = UNITS[found.kind], found.tornado.swings
    base = found.tornado.base
    table = new_table(
        f"One parameter at a time: {found.quantity} ({unit.difference})",
        f"All in the middle: {unit.number(base.value)} {unit.level} ({unit.ends(base)}); each value from "
        f"{rallies(found.replications)}, the same luck for all. Small print: 95 % intervals, each by itself. "
        f"{LOW_AND_HIGH} All other parameters stay in the middle, also where they are known to go together."
        + _rest(swings[SHOWN:], unit),
    )
    table.add_column("parameter", overflow="fold")
    for column in ("low", "middle", "high", "change\nat low", "change\nat high"):
        table.add_column(column, justify="right", no_wrap=True)
    for swing in swings[:SHOWN]:
        moved = swing.range
        values = (value_text(moved.name, value) for value in (moved.low, moved.middle, moved.high))
        table.add_row(Text(moved.name), *values, _change(swing.low, unit), _change(swing.high, unit))
    return table


def _rest(rest: Sequence[Swing], unit: Unit) -> str:
    """What is said of the parameters that are not shown."""
    if not rest:
        return ""
    reach, seen = unit.number(max(swing.reach for swing in rest)), sum(swing.seen for swing in rest)
    return f" {len(rest)} others move it by {reach} at most; {seen} of them have an interval without 0."


def _change(estimate: Estimate, unit: Unit) -> Text:
    small = unit.change_ends(estimate) if math.isfinite(estimate.low) else "the same in all"
    return Text.assemble(unit.change(estimate.value), "\n", (small, "dim"))


def _indices_table(ranges: Sequence[Range], joint: Sequence[Indices], found: Sensitivity) -> Table:
    table = new_table(
        f"These {len(ranges)} together: shares of the variance of the mean of {found.quantity}",
        f"As if they were independent and uniform from low to high; each of {found.points * (len(ranges) + 2):,} means "
        f"from {rallies(found.replications)}, the same luck for all. Small print: 95 % intervals.",
    )
    table.add_column("parameter", overflow="fold")
    for column in ("alone\n(first-order)", "with all that\nit interacts with (total)"):
        table.add_column(column, justify="right", no_wrap=True)
    for moved, index in zip(ranges, joint, strict=True):
        table.add_row(Text(moved.name), _share(index.first), _share(index.total))
    return table


def _share(estimate: Estimate) -> Text:
    return Text.assemble(f"{estimate.value:.2f}", "\n", (f"{estimate.low:.2f} to {estimate.high:.2f}", "dim"))
