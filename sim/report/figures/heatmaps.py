"""Heat maps: who finishes where, and where rallies are lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from sim.model.arrays import FloatArray
from sim.model.plan import Plan
from sim.model.units import MINUTE_S
from sim.report.figures.style import GRID, HEAT, SKY, bare, crew_label, head, new_figure, text_colour
from sim.report.words import cause_text, rallies
from sim.study.odds import Loss, Odds
from sim.study.tally import Tally


def places(plan: Plan, tally: Tally) -> Figure:
    """Share of rallies in which each crew takes each final place, or retires; the best crews on average on top."""
    count = len(plan.crews)
    hits = np.roll(tally.places, -1, axis=1)  # retirements go behind the last place
    shares = hits / len(tally)
    order = np.argsort(hits @ np.arange(count + 1), kind="stable")
    figure = new_figure(3.4 + 0.62 * (count + 1), 1.8 + 0.42 * count)
    axes = figure.add_subplot()
    image = _heat(axes, shares[order] * 100, _percent)
    axes.axvline(count - 0.5, color="white", linewidth=6)
    axes.set_xticks(range(count + 1), [*(str(column) for column in range(1, count + 1)), "retired"])
    axes.set_yticks(range(count), [crew_label(plan.crews[c]) for c in order])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("final place")
    head(figure, f"{plan.rally.name}: final places in {rallies(len(tally))}")
    _colour_bar(figure, image, "percent of rallies")
    return figure


def losses(plan: Plan, odds: Odds) -> Figure:
    """Mean minutes lost by cause and stage, all cars together, with their sums and 95 % intervals at the margins."""
    by_mode = [loss for loss in odds.by_mode if loss.lost_s.value > 0]
    stages = [stage.name for stage in plan.stages[plan.first_stage :]]
    by_stage = _in_order(odds.by_stage, stages)
    rows = max(len(by_mode), 1)
    figure = new_figure(5.6 + 0.5 * len(stages), 2.6 + 0.3 * rows)
    grid = figure.add_gridspec(2, 2, width_ratios=[0.5 * len(stages), 2.4], height_ratios=[1.2, 0.3 * rows])
    heat = figure.add_subplot(grid[1, 0])
    image = _heat(heat, _cells(odds, [loss.mode for loss in by_mode], stages), _minutes)
    heat.set_xticks(range(len(stages)), stages)
    heat.set_yticks(range(len(by_mode)), [cause_text(loss.mode, plan) for loss in by_mode])
    heat.set_xlabel("stage")
    _margin_right(figure.add_subplot(grid[1, 1], sharey=heat), by_mode)
    _margin_top(figure.add_subplot(grid[0, 0], sharex=heat), by_stage)
    head(figure, f"{plan.rally.name}: where time is lost, {rallies(odds.replications)}")
    _colour_bar(figure, image, "mean minutes lost per rally, all cars")
    return figure


def _cells(odds: Odds, modes: list[str], stages: list[str]) -> FloatArray:
    """Mean minutes lost, shape (modes, stages); at least one row."""
    minutes = np.zeros((max(len(modes), 1), len(stages)))
    for loss in odds.losses:
        if loss.mode in modes and loss.stage in stages:
            minutes[modes.index(loss.mode), stages.index(loss.stage)] = loss.lost_s.value / MINUTE_S
    return minutes


def _in_order(losses: Sequence[Loss], stages: list[str]) -> list[Loss | None]:
    found = {loss.stage: loss for loss in losses}
    return [found.get(stage) for stage in stages]


def _heat(axes: Axes, values: FloatArray, text: Callable[[float], str]) -> AxesImage:
    """A heat map from 0 to the largest value, with the values written in the cells."""
    norm = Normalize(0.0, float(values.max()) or 1.0)
    image = axes.imshow(values, cmap=HEAT, norm=norm, aspect="auto", interpolation="nearest")
    for (row, column), value in np.ndenumerate(values):
        colour = text_colour(image.cmap(norm(value)))
        axes.text(column, row, text(value), ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(np.arange(values.shape[1] + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(values.shape[0] + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    bare(axes)
    return image


def _colour_bar(figure: Figure, image: AxesImage, label: str) -> None:
    bar = figure.colorbar(image, ax=figure.axes, location="bottom", shrink=0.5, aspect=40, pad=0.02)
    bar.set_label(label)
    bar.outline.set_visible(False)


def _margin_right(axes: Axes, losses: Sequence[Loss]) -> None:
    minutes = [loss.lost_s.value / MINUTE_S for loss in losses]
    axes.barh(range(len(losses)), minutes, height=0.7, color=SKY, xerr=_errors(losses), capsize=2)
    axes.tick_params(labelleft=False)
    axes.set_xlabel("minutes, all stages")
    _quiet(axes)
    axes.grid(axis="x", color=GRID)


def _margin_top(axes: Axes, losses: Sequence[Loss | None]) -> None:
    shown = [(column, loss) for column, loss in enumerate(losses) if loss is not None]
    minutes = [loss.lost_s.value / MINUTE_S for _, loss in shown]
    errors = _errors([loss for _, loss in shown])
    axes.bar([column for column, _ in shown], minutes, width=0.7, color=SKY, yerr=errors, capsize=2)
    axes.tick_params(labelbottom=False)
    axes.set_ylabel("minutes,\nall causes")
    _quiet(axes)
    axes.grid(axis="y", color=GRID)


def _errors(losses: Sequence[Loss]) -> list[float]:
    """Half widths of the intervals in minutes; not a number, hence not drawn, where a single rally gives none."""
    halves = [(loss.lost_s.high - loss.lost_s.low) / 2 / MINUTE_S for loss in losses]
    return [half if math.isfinite(half) else math.nan for half in halves]


def _quiet(axes: Axes) -> None:
    bare(axes)
    axes.set_axisbelow(True)


def _percent(percent: float) -> str:
    """Whole percents; nothing for never, "<1" for rarely."""
    if percent == 0.0:
        return ""
    return "<1 %" if percent < 0.5 else f"{percent:.0f} %"


def _minutes(minutes: float) -> str:
    """Whole minutes; nothing for none, "<1" for less than half of one."""
    if minutes <= 0.0:
        return ""
    return "<1" if minutes < 0.5 else f"{minutes:.0f}"
