"""Curves along the road: how many are still in the rally."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from sim.model.arrays import FloatArray
from sim.model.plan import Plan
from sim.report.figures.style import GRID, MARK, crew_label, head, line_look, new_figure
from sim.report.words import rallies
from sim.study.tally import KM_STEPS, Counts, Tally

NIGHTS = {"refuge": ("marathon night", "--"), "rest_day": ("rest day", ":")}
"""Nights that are marked: what they are called and how they are drawn."""

MARGIN = 0.04
"""Share of the road that is left free behind the finish, where the last step can be seen."""

LABEL_INCHES = 0.135
"""Height of what is said beside the end of a line."""


@dataclass(frozen=True)
class _End:
    """The end of a line: its percent, whose it is, and how that is written."""

    percent: float
    car: str
    colour: str
    weight: str


def survival(plan: Plan, tally: Tally) -> Figure:
    """Share of rallies in which each crew is still in the race, and with every special completed so far, by km."""
    ends = plan.stage_ends
    start, end = ends[plan.first_stage], ends[-1]
    right = end + MARGIN * (end - start)
    figure = new_figure(12, max(6.4, 1.2 + 0.25 * (len(plan.crews) + 4)))
    axes = figure.add_subplot()
    last: list[_End] = []
    for crew in plan.crews:
        colour, style = line_look(crew.index)
        look = {"color": colour, "linestyle": style}
        out, spoilt = (_still(counts, crew.index, len(tally)) for counts in (tally.out_km, tally.spoilt_km))
        left = _curve(axes, out, start, right, linewidth=2, label=crew_label(crew), **look)
        clean = _curve(axes, spoilt, start, right, linewidth=1, alpha=0.5, **look)
        last += [_End(left, crew.car, colour, "bold"), _End(clean, crew.car, colour, "normal")]
    _tell_ends(axes, last, 100 * LABEL_INCHES / (figure.get_figheight() - 1.2))
    axes.plot([], [], color=MARK, linewidth=2, label="thick: still in the race")
    axes.plot([], [], color=MARK, linewidth=1, alpha=0.5, label="thin: every special completed so far")
    _mark_stages(axes, plan)
    axes.set_xlim(start, right)
    axes.set_ylim(0, 101)
    axes.set_xlabel("kilometres of specials since the start of the rally (names of the stages at the top)")
    axes.set_ylabel("percent of rallies")
    head(figure, f"{plan.rally.name}: who is still in the race, {rallies(len(tally))}")
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def _still(counts: Counts, crew: int, n: int) -> tuple[FloatArray, FloatArray]:
    """(km, percent of n rallies that a crew is left with from there on), shape (k,) each."""
    steps, lost = counts.of_crew(crew)
    return steps / KM_STEPS, 100 * (1 - np.cumsum(lost) / n)


def _curve(axes: Axes, still: tuple[FloatArray, FloatArray], start: float, right: float, **look: object) -> float:
    """A step line that falls from 100 percent; returns what is left."""
    km, shares = still
    left = float(shares[-1]) if len(shares) else 100.0
    x = np.concatenate(([start], km, [right]))
    y = np.concatenate(([100.0], shares, [left]))
    axes.step(x, y, where="post", **look)  # type: ignore[arg-type]
    return left


def _tell_ends(axes: Axes, ends: list[_End], step: float) -> None:
    """Car and value beside the end of each line, so many percent apart at least."""
    ends = sorted(ends, key=lambda end: end.percent)
    for end, y in zip(ends, spread([end.percent for end in ends], step, 100.0), strict=True):
        axes.annotate(
            f"{end.percent:.0f}  {end.car}", (1, y), xycoords=("axes fraction", "data"), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=8, color=end.colour, fontweight=end.weight,
        )  # fmt: skip


def spread(values: Sequence[float], step: float, top: float) -> list[float]:
    """Places from 0 to `top` at least a step apart and as near as can be to the values, ascending, shape (k,).

    The step is less where there is no room for it. Least squares: isotonic regression of the values less k steps.
    """
    step = min(step, top / max(len(values) - 1, 1))
    steps = step * np.arange(len(values))
    places: FloatArray = isotonic_regression(np.asarray(values) - steps).x
    return list(np.clip(places, 0.0, top - steps[-1]) + steps)


def _mark_stages(axes: Axes, plan: Plan) -> None:
    """Thin lines at the ends of stages with their names between them; marathon nights and rest days stand out."""
    ends = plan.stage_ends
    named: set[str] = set()
    for stage in plan.stages[plan.first_stage :]:
        start, end = ends[stage.index], ends[stage.index + 1]
        axes.annotate(
            stage.name, ((start + end) / 2, 1), xycoords=("data", "axes fraction"), xytext=(0, 4),
            textcoords="offset points", ha="center", va="bottom", fontsize=9, color=MARK,
        )  # fmt: skip
        name, style = NIGHTS.get(stage.spec.night, ("", "-"))
        if not name:
            axes.axvline(end, color="#BBBBBB", linewidth=0.6)
            continue
        axes.axvline(end, color=MARK, linestyle=style, linewidth=1.4, label=None if name in named else name)
        named.add(name)
