"""A hindcast as pictures: the odds of every evening, scores by evening, and whether probabilities hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from calibration.hindcast.run import FORECASTERS, Evening
from calibration.hindcast.scoring import EVENTS, mean
from calibration.report.figures import draw_odds, draw_reliability, draw_scores
from calibration.report.hindcast import BY_EVENING, LABELS
from calibration.scores import reliability
from sim.report.figures.style import head, new_figure, save
from sim.study.estimates import Estimate

BINS = 5
"""Of the reliability diagrams: five cars on a dozen evenings fill no more."""


def write_hindcast_figures(evenings: Sequence[Evening], labels: Sequence[str], directory: Path) -> list[Path]:
    """Write all pictures of a hindcast into a directory; returns the files. `labels` are those of the cars.

    Raises OSError if one cannot be written.
    """
    figures = {"odds": odds(evenings, labels), "scores": scores(evenings), "reliability": reliabilities(evenings)}
    return [path for name, figure in figures.items() for path in save(figure, directory, name)]


def odds(evenings: Sequence[Evening], labels: Sequence[str]) -> Figure:
    """Probability of each car to win, evening by evening, by the model."""
    figure = new_figure(9, 4.5)
    win = np.array([one.forecasts[0].win for one in evenings]).T
    draw_odds(figure.add_subplot(), _names(evenings), dict(zip(labels, win, strict=True)))
    head(figure, "Who wins, as it looked on each evening")
    return figure


def scores(evenings: Sequence[Evening]) -> Figure:
    """Mean scores of all forecasters, evening by evening."""
    figure = new_figure(9, 7)
    for axes, question in zip(figure.subplots(len(BY_EVENING), sharex=True), BY_EVENING, strict=True):
        lines = {
            name: [Estimate(mean(one.scores, name, question), -math.inf, math.inf) for one in evenings]
            for name in FORECASTERS
        }
        draw_scores(axes, _names(evenings), lines, LABELS[question])
        axes.set_ylim(bottom=0)
        axes.label_outer()
        if (legend := axes.get_legend()) and axes is not figure.axes[0]:
            legend.remove()
    head(figure, "Scores by evening, less is better")
    return figure


def reliabilities(evenings: Sequence[Evening]) -> Figure:
    """Frequencies against the probabilities of the model, one diagram a kind of event."""
    figure = new_figure(11, 4.2)
    for axes, event in zip(figure.subplots(1, len(EVENTS)), EVENTS, strict=True):
        told = [said for one in evenings for said in one.said if said.event == event]
        probability = np.array([one.probability for one in told])
        draw_reliability(axes, reliability(probability, np.array([one.happened for one in told]), BINS))
        axes.set_title(event, loc="left", fontsize=10, pad=20)
    head(
        figure,
        "Do the model's probabilities hold? Intervals are as if all forecasts were independent, which they are not",
    )
    return figure


def _names(evenings: Sequence[Evening]) -> list[str]:
    return [one.stage or "none" for one in evenings]
