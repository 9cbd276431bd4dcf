"""Forest plots: differences from a base with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.report.comparison import NOT_TOLD, SCALE, side_by_side_groups, what_text, who_text
from sim.report.figures.style import BLUE, GRID, MARK, head, new_figure
from sim.report.words import rallies
from sim.study.comparison.summary import Difference, VariantSummary
from sim.study.quantities import Kind

UNITS: dict[Kind, str] = {
    "probability": "change in chance, percentage points",
    "seconds": "change, minutes",
    "count": "change in mean number",
}

LONGEST = 48
"""Characters of the name of a variant that are shown."""

Line = tuple[str, Difference | None]
"""A label, and the difference that stands beside it."""


def differences(names: Sequence[str], summaries: Sequence[VariantSummary], quantities: Sequence[str]) -> Figure:
    """Differences from the base: of one variant all quantities in a panel, of several a panel a quantity."""
    short = [name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..." for name in names]
    base, variant = (plan.rally.name for plan in (summaries[0].pairing.base, summaries[0].pairing.variant))
    if len(names) == 1 and variant != base:
        title = f"{variant}\nagainst {base}"
    else:
        title = f"{base}: what is different with {short[0] if len(names) == 1 else 'a change'}"
    figure = _one(summaries[0], quantities) if len(names) == 1 else _several(short, summaries, quantities)
    head(figure, f"{title}, {rallies(summaries[0].n)}")
    at_once = "" if len(names) == 1 else f", which hold for all {len(names)} at once"
    figure.supxlabel(f"95 % intervals{at_once}; hollow and grey: {NOT_TOLD}", fontsize=9, color=MARK)
    return figure


def _one(summary: VariantSummary, quantities: Sequence[str]) -> Figure:
    panels: dict[Kind, list[Line]] = {}
    for found in (summary.differences[name] for name in quantities if name in summary.differences):
        panels.setdefault(found.kind, []).append((f"{who_text(found.name)}  {what_text(found.name)}", found))
    lines = [len(panel) for panel in panels.values()]
    figure = new_figure(9, 1.2 + sum(0.7 + 0.24 * count for count in lines))
    every = figure.subplots(len(panels), 1, squeeze=False, height_ratios=lines)[:, 0]
    for axes, (kind, panel) in zip(every, panels.items(), strict=True):
        _draw(axes, panel, kind)
        axes.set_xlabel(UNITS[kind])
    return figure


def _several(names: Sequence[str], summaries: Sequence[VariantSummary], quantities: Sequence[str]) -> Figure:
    groups = side_by_side_groups(quantities)
    widest = max(len(group) for group in groups)
    figure = new_figure(4 + 1.9 * widest, 1.2 + len(groups) * (0.9 + 0.24 * len(names)))
    grid = figure.subplots(len(groups), widest, squeeze=False, sharey=True)
    for row, group in zip(grid, groups, strict=True):
        for axes, quantity in zip(row, group, strict=False):
            panel = [(name, summary.differences.get(quantity)) for name, summary in zip(names, summaries, strict=True)]
            kind = next(summary.differences[quantity].kind for summary in summaries if quantity in summary.differences)
            _draw(axes, panel, kind)
            axes.set_title(f"{who_text(quantity)}: {what_text(quantity)}", fontsize=9, loc="left")
            axes.set_xlabel(UNITS[kind], fontsize=8)
        for axes in row[len(group) :]:
            axes.set_visible(False)
    return figure


def _draw(axes: Axes, lines: Sequence[Line], kind: Kind) -> None:
    """A point and its interval a line, from the top; what is not known is left out."""
    factor, _ = SCALE[kind]
    axes.axvline(0, color=MARK, linewidth=1)
    for y, (_, found) in enumerate(lines):
        change = found and found.difference
        if not found or not change:
            continue
        colour = BLUE if found.told else MARK
        if math.isfinite(change.high - change.low):
            axes.plot([change.low * factor, change.high * factor], [y, y], color=colour, linewidth=1.6)
        fill = colour if found.told else "white"
        axes.plot(change.value * factor, y, "o", color=colour, markerfacecolor=fill, markersize=4.5)
    axes.set_yticks(range(len(lines)), [label for label, _ in lines], fontsize=9)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
