"""Pictures of calibration: each function draws into the axes, or the figure, that it is given, and leaves the title."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy import stats

from calibration.predictive import Check
from calibration.sbc import Verdict
from calibration.scores import Bin
from calibration.uniformity import BINS, envelope
from sim.model.arrays import FloatArray, IntArray
from sim.report.figures.style import BLUE, GRID, MARK, RED, SKY, head, line_look, new_figure, save
from sim.study.estimates import LEVEL, Estimate

BAND = "#E4E4E4"
"""Where chance alone would lead."""

MANY = 40
"""Whole numbers in so large a range share their bars, like other numbers."""

EVENINGS = "last stage known at the time of the forecast"

SHOWN = 12
"""Quantities whose ranks are drawn: those that look worst."""

REACH = 0.99
"""Share of a predictive distribution that is drawn to scale; what lies farther out joins the last bar."""

BANDS = "grey: where 95 of 100 bars, or whole lines, of sound fitters lie; red: outside"
"""What is said below pictures of ranks."""

PANELS = 4
"""Pictures side by side where there are many."""

WIDTH = 44
"""Letters in a line below such a picture."""

Side = Literal["left", "center", "right"]


def draw_reliability(axes: Axes, bins: Sequence[Bin]) -> None:
    """Frequency of events against the probability that was forecast, with 95 % intervals; good forecasts are diagonal.

    The number of forecasts in each bin stands above it.
    """
    forecast = np.array([one.forecast for one in bins])
    frequency = [one.frequency for one in bins]
    axes.plot([0, 1], [0, 1], color=MARK, linestyle="--", linewidth=1)
    axes.errorbar(
        forecast, [one.value for one in frequency], yerr=_errors(frequency), fmt="o", color=BLUE, capsize=3,
        clip_on=False, zorder=3,
    )  # fmt: skip
    for one in bins:
        _above(axes, one.forecast, str(one.count), MARK)
    _above(axes, -0.02, "forecasts", MARK, side="right")
    axes.set_aspect("equal")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_formatter(_percent)
    axes.yaxis.set_major_formatter(_percent)
    axes.set_xlabel("probability that was forecast")
    axes.set_ylabel("how often it happened")
    _plain(axes, "both")


def draw_uniformity(figure: Figure, names: Sequence[str], ranks: IntArray, top: int) -> None:
    """For every parameter the histogram of its ranks, and its distribution function less that of uniform ranks.

    The figure becomes as large as it has to be. Ranks are as in `calibration.uniformity`.
    """
    pairs = min(2, len(names))
    rows = math.ceil(len(names) / pairs)
    figure.set_size_inches(6.2 * pairs, 0.8 + 1.7 * rows)
    grid = figure.add_gridspec(rows, 2 * pairs)
    for number, (name, column) in enumerate(zip(names, ranks.T, strict=True)):
        row, pair = number % rows, number // rows
        histogram, difference = (figure.add_subplot(grid[row, 2 * pair + side]) for side in (0, 1))
        draw_rank_histogram(histogram, column, top)
        draw_rank_difference(difference, column, top)
        histogram.set_title(name, loc="left", fontsize=10)
        if row == rows - 1 or number == len(names) - 1:
            histogram.set_xlabel("rank of the truth")
            difference.set_xlabel("expected share")


def draw_rank_histogram(axes: Axes, ranks: IntArray, top: int) -> None:
    """How many ranks, shape (data sets,), lie in each bin; in the grey band, 95 of 100 bars of a sound fitter end."""
    edges = np.arange(BINS + 1) * (top + 1) // BINS
    law = stats.binom(len(ranks), np.diff(edges) / (top + 1))
    counts, _ = np.histogram(ranks, edges)
    low, high = law.ppf((1.0 - LEVEL) / 2.0), law.ppf((1.0 + LEVEL) / 2.0)
    axes.stairs(high, edges, baseline=low, fill=True, color=BAND)
    axes.stairs(counts, edges, fill=True, color=SKY, alpha=0.5)
    axes.stairs(counts, edges, color=BLUE)
    axes.stairs(law.mean(), edges, baseline=None, color=MARK, linewidth=1)
    axes.set_xlim(0, top + 1)
    axes.set_ylabel("data sets")
    _plain(axes, "y")


def draw_rank_difference(axes: Axes, ranks: IntArray, top: int) -> None:
    """Observed less expected share of lower ranks; of sound fitters 95 of 100 stay in the grey band all the way."""
    band = envelope(len(ranks), top)
    differences = band.differences(ranks)
    outside = (differences < band.low) | (differences > band.high)
    shares = np.concatenate(([0.0], band.shares, [1.0]))  # at both ends there is no difference
    axes.fill_between(shares, np.pad(band.low, 1), np.pad(band.high, 1), color=BAND, linewidth=0)
    axes.axhline(0, color=MARK, linewidth=1)
    axes.plot(shares, np.pad(differences, 1), color=BLUE)
    axes.plot(band.shares[outside], differences[outside], "o", color=RED, markersize=3)
    axes.set_xlim(0, 1)
    axes.set_ylabel("difference")
    _plain(axes, "y")


def draw_truth(axes: Axes, sample: FloatArray | IntArray, truth: float, quantity: str, truth_text: str) -> None:
    """The predictive distribution of a quantity, finite, shape (rallies,), and what happened in it.

    `truth_text` is the truth in words; below it stands how many rallies went as far. Whole numbers in a range below
    MANY have a bar each.
    """
    counts, edges = np.histogram(sample, _edges(sample))
    axes.stairs(counts / len(sample), edges, fill=True, color=SKY)
    axes.axvline(truth, color=RED, linewidth=2)
    left, right = axes.get_xlim()
    side: Side = "left" if truth < (left + right) / 2 else "right"
    _above(axes, truth, f"{truth_text}\n{_tail_text(sample, truth)}", RED, side)
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10], integer=_whole(sample)))
    axes.yaxis.set_major_formatter(_percent)
    axes.set_xlabel(quantity)
    axes.set_ylabel("rallies")
    _plain(axes, "y")


def write_rank_figures(verdict: Verdict, directory: Path) -> list[Path]:
    """The ranks of the quantities that look worst, of the chains and of the wrong fitter."""
    worst = verdict.worst[:SHOWN]
    names = [verdict.names[index] for index in worst]
    paths = []
    for file, ranks, title in (
        ("ranks", verdict.ranks, "Ranks of the truth among the draws of the chains"),
        ("ranks-wrong-fitter", verdict.wrong, "The same of a fitter that is known to be too sure"),
    ):
        figure = new_figure(1, 1)
        draw_uniformity(figure, names, ranks[:, worst], verdict.top)
        head(figure, title)
        figure.supxlabel(BANDS, fontsize=9, color=MARK)
        paths += save(figure, directory, file)
    return paths


def write_predictive_figures(checks: Sequence[Check], rally: str, directory: Path) -> list[Path]:
    """Every check of a rally in a picture; winning times, and told losses, share one."""
    shared = {"stage": "winning times", "lost": "what told incidents cost"}
    groups: dict[str, list[Check]] = {}
    for check in checks:
        kind = check.name.split("-")[0]
        groups.setdefault(kind if kind in shared else check.name, []).append(check)
    paths = []
    for name, some in groups.items():
        rows = math.ceil(len(some) / PANELS)
        figure = new_figure(5.2 * min(len(some), PANELS), 0.6 + 3.0 * rows)
        for number, check in enumerate(some):
            axes = figure.add_subplot(rows, min(len(some), PANELS), number + 1)
            sample = _to_scale(check)
            draw_truth(axes, sample, check.truth, _axis_label(check), check.text(check.truth))
            if check.is_time:
                axes.xaxis.set_major_formatter(partial(_clock, check))
            if check.sample.max() > sample.max():
                _tell_the_far_end(axes, sample)
        what = f"{rally}: {shared.get(name, some[0].quantity)}, simulated and real"
        head(figure, textwrap.fill(what, WIDTH * min(len(some), PANELS)))
        paths += save(figure, directory, f"predictive-{name}")
    return paths


def _axis_label(check: Check) -> str:
    return textwrap.fill(f"{check.quantity}, h:mm" if check.is_time else check.quantity_in_unit, WIDTH)


def _clock(check: Check, value: float, _: object) -> str:
    """Text of a tick of durations, of which there are none below 0; seconds only where there are any."""
    return check.text(value).removesuffix(":00") if value >= 0 else ""


def _to_scale(check: Check) -> FloatArray | IntArray:
    """The sample with its far end drawn in."""
    if _whole(check.sample):
        return check.sample
    return np.minimum(check.sample, max(float(np.quantile(check.sample, REACH)), 1.05 * check.truth))


def _tell_the_far_end(axes: Axes, sample: FloatArray | IntArray) -> None:
    """Say of the last bar that it also holds what lies beyond."""
    counts, edges = np.histogram(sample, _edges(sample))
    axes.annotate(
        "and beyond", (float(edges[-2:].mean()), counts[-1] / len(sample)), xytext=(0, 4), textcoords="offset points",
        rotation=90, ha="center", va="bottom", fontsize=8,
    )  # fmt: skip


def draw_scores(axes: Axes, evenings: Sequence[str], scores: Mapping[str, Sequence[Estimate]], label: str) -> None:
    """Scores of several forecasters evening by evening, with their intervals side by side; less is better."""
    steps = np.arange(len(evenings))
    offsets = (np.arange(len(scores)) - (len(scores) - 1) / 2) * min(0.12, 0.6 / len(scores))
    for index, (name, line) in enumerate(scores.items()):
        colour, style = line_look(index)
        axes.errorbar(
            steps + offsets[index], [one.value for one in line], yerr=_errors(line), color=colour, linestyle=style,
            marker="o", markersize=4, capsize=2, elinewidth=1, label=name,
        )  # fmt: skip
    axes.set_xticks(steps, evenings)
    axes.set_xlabel(EVENINGS)
    axes.set_ylabel(label)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False)
    _plain(axes, "y")


def draw_odds(axes: Axes, evenings: Sequence[str], odds: Mapping[str, Sequence[float] | FloatArray]) -> None:
    """Probabilities that exclude each other, evening by evening, one line each with its name."""
    steps = np.arange(len(evenings))
    for index, (name, line) in enumerate(odds.items()):
        colour, style = line_look(index)
        axes.plot(steps, line, color=colour, linestyle=style, marker="o", markersize=4, label=name, clip_on=False)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(_percent)
    axes.set_xticks(steps, evenings)
    axes.set_xlabel(EVENINGS)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    _plain(axes, "y")


def _errors(estimates: Sequence[Estimate]) -> FloatArray:
    """Lengths of the intervals below and above their values, shape (2, n); not drawn where there is no end."""
    lengths = np.array([(one.value - one.low, one.high - one.value) for one in estimates]).T
    return np.where(np.isfinite(lengths), lengths, math.nan)


def _edges(sample: FloatArray | IntArray) -> FloatArray:
    """Ends of the bars of a histogram."""
    least, most = sample.min(), sample.max()
    if _whole(sample) and most - least < MANY:
        return np.arange(least, most + 2) - 0.5
    return np.histogram_bin_edges(sample, "auto")


def _whole(sample: FloatArray | IntArray) -> bool:
    return np.issubdtype(sample.dtype, np.integer)


def _tail_text(sample: FloatArray | IntArray, truth: float) -> str:
    """How often the forecast went as far as the truth, on its side of the distribution."""
    low, high = int((sample <= truth).sum()), int((sample >= truth).sum())
    side = "less" if low < high else "more"
    count = min(low, high)
    if count == 0:
        return f"as much or {side} in none of {len(sample):,} rallies"
    share = 100 * count / len(sample)
    return f"as much or {side} in {'<1' if share < 1 else f'{share:.0f}'} % of rallies"


def _above(axes: Axes, x: float, text: str, colour: str, side: Side = "center") -> None:
    """A small text above the axes, which has x on this side of it."""
    axes.annotate(
        text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 5), textcoords="offset points",
        ha=side, va="bottom", fontsize=9, color=colour,
    )  # fmt: skip


def _percent(share: float, _: object) -> str:
    """Text of a tick."""
    return f"{100 * share:g} %"


def _plain(axes: Axes, grid: Literal["both", "y"]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis=grid, color=GRID)
