"""How the chance to win moved from evening to evening, and what moved it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.model.plan import Plan
from sim.report.figures.style import GRID, MARK, crew_label, head, line_look, new_figure
from sim.report.words import rallies
from sim.study.outlook import MOVED, Outlook, moved

STEP = 1.15
"""Inches from one evening to the next."""

LETTERS = 15
"""Letters in a line of a note below its evening."""


def evenings(plan: Plan, outlooks: Sequence[Outlook]) -> Figure:
    """Chance to win of every crew by evening; below each evening what happened, dark where some chance moved."""
    figure = new_figure(max(8.0, STEP * len(outlooks) + 2.4), 7.2)
    axes = figure.add_subplot()
    for crew in plan.crews:
        colour, style = line_look(crew.index)
        wins = [100 * outlook.odds.crews[crew.index].win.value for outlook in outlooks]
        axes.plot(
            np.arange(len(wins)), wins, color=colour, linestyle=style, marker="o", markersize=4, linewidth=2,
            label=crew_label(crew), clip_on=False, zorder=3,
        )  # fmt: skip
    _tell(axes, outlooks)
    axes.set_ylim(0, 100)
    axes.set_xlim(-0.4, len(outlooks) - 0.6)
    axes.set_ylabel("chance to win, percent")
    axes.plot([], [], color=MARK, linewidth=0.8, linestyle=":", label=f"moved by {100 * MOVED:.0f} points or more")
    head(figure, f"{plan.rally.name}: how the chance to win moved, {rallies(outlooks[0].odds.replications)} an evening")
    axes.grid(axis="y", color=GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def _tell(axes: Axes, outlooks: Sequence[Outlook]) -> None:
    """Names of the stages, and below them what happened."""
    names = [f"stage {outlook.stage}" if outlook.stage else "start" for outlook in outlooks]
    axes.set_xticks(np.arange(len(names)), names)
    for x, (outlook, dark) in enumerate(zip(outlooks, moved(outlooks), strict=True)):
        text = textwrap.fill(outlook.note, LETTERS) if outlook.stage else ""
        axes.annotate(
            text, (x, 0), xycoords=("data", "axes fraction"), xytext=(0, -24), textcoords="offset points",
            ha="center", va="top", fontsize=8, color="black" if dark else MARK, fontweight="bold" if dark else "normal",
        )  # fmt: skip
        if dark:
            axes.axvline(x, color=MARK, linewidth=0.8, linestyle=":")
