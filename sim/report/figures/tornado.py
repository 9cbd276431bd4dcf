"""What one parameter after the other does to an outcome, the largest on top."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from sim.report.figures.style import BLUE, GRID, MARK, ORANGE, bare, head, new_figure
from sim.report.parameters import value_text
from sim.report.quantities import UNITS
from sim.report.sensitivity import LOW_AND_HIGH, SHOWN
from sim.report.words import rallies
from sim.study.estimates import Estimate
from sim.study.sensitivity.document import Sensitivity
from sim.study.sensitivity.tornado import Swing


def tornado(found: Sensitivity, rally: str) -> Figure:
    """Changes of the outcome at the low and at the high value of each parameter, with 95 % intervals."""
    unit, swings = UNITS[found.kind], found.tornado.swings[:SHOWN]
    figure = new_figure(9.0, 1.9 + 0.42 * len(swings))
    axes = figure.add_subplot()
    rows = np.arange(len(swings))
    for ends, colour, name, shift in (
        ([swing.low for swing in swings], ORANGE, "at its low value", -0.19),
        ([swing.high for swing in swings], BLUE, "at its high value", 0.19),
    ):
        changes = [unit.factor * end.value for end in ends]
        errors = _errors(ends, unit.factor)
        axes.barh(rows + shift, changes, 0.36, color=colour, label=name, xerr=errors, ecolor=MARK, capsize=2)
    axes.axvline(0.0, color=MARK, linewidth=1)
    axes.set_yticks(rows, [_label(swing) for swing in swings], fontsize=8)
    axes.invert_yaxis()
    base = f"{unit.number(found.tornado.base.value)} {unit.level}"
    axes.set_xlabel(f"change of {found.quantity} in {unit.difference}; all in the middle: {base}")
    axes.grid(axis="x", color=GRID)
    axes.set_axisbelow(True)
    bare(axes)
    axes.legend(frameon=False, loc="lower right")
    head(figure, f"{rally}: one parameter at a time, {rallies(found.replications)} each under common luck")
    figure.supxlabel(LOW_AND_HIGH, fontsize=9, color=MARK)
    return figure


def _label(swing: Swing) -> str:
    low, high = (value_text(swing.range.name, value) for value in (swing.range.low, swing.range.high))
    return f"{swing.range.name}\n{low} to {high}"


def _errors(ends: Sequence[Estimate], factor: float) -> list[list[float]]:
    """How far the intervals reach to the left and to the right; nowhere where they are not known: nothing differed."""
    known = [end if math.isfinite(end.low) else Estimate(end.value, end.value, end.value) for end in ends]
    return [[factor * (end.value - end.low) for end in known], [factor * (end.high - end.value) for end in known]]
