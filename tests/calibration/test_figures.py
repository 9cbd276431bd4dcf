"""Pictures of calibration: what they show, and that they can be read."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from calibration.predictive import Check
from calibration.report.figures import (
    draw_rank_difference,
    draw_rank_histogram,
    draw_reliability,
    draw_scores,
    draw_truth,
    draw_uniformity,
    write_predictive_figures,
    write_rank_figures,
)
from calibration.scores import reliability
from calibration.uniformity import envelope
from sim.model.arrays import IntArray
from sim.report.figures.style import RED, new_figure
from sim.study.estimates import Estimate

TOP = 99


@pytest.fixture
def axes() -> Axes:
    return new_figure(5, 4).add_subplot()


def ranks(parameters: int) -> IntArray:
    return np.random.default_rng(1).integers(0, TOP + 1, size=(100, parameters))


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def bars(container: Any) -> list[tuple[float, float]]:
    """(lower end, upper end) of every error bar that is drawn."""
    assert isinstance(container, ErrorbarContainer)
    segments = container.lines[2][0].get_segments()
    return [(float(ends[0][1]), float(ends[1][1])) for ends in segments if len(ends)]


def steps(axes: Axes) -> list[StepPatch]:
    return [patch for patch in axes.patches if isinstance(patch, StepPatch)]


# Reliability


def test_a_reliability_diagram_has_a_point_with_its_interval_and_count_for_every_bin(axes: Axes):
    bins = reliability(np.array([0.22, 0.28, 0.9]), np.array([True, False, True]))
    draw_reliability(axes, bins)
    (container,) = axes.containers
    points = container[0].get_xydata()
    assert points.tolist() == [pytest.approx([0.25, 0.5]), pytest.approx([0.9, 1.0])]
    assert bars(container) == [pytest.approx((one.frequency.low, one.frequency.high)) for one in bins]
    assert texts(axes) == ["2", "1", "forecasts"]


def test_points_at_the_edge_of_a_reliability_diagram_are_whole(axes: Axes):
    draw_reliability(axes, reliability(np.array([0.9]), np.array([True])))
    assert not axes.containers[0][0].get_clip_on()


# Ranks


def test_a_rank_histogram_counts_the_ranks_in_ten_bins(axes: Axes):
    draw_rank_histogram(axes, np.array([0, 9, 10, 99]), TOP)
    band, bars_, outline, _ = steps(axes)
    assert bars_.get_data().values.tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert outline.get_data().values.tolist() == bars_.get_data().values.tolist()
    assert band.get_data().edges.tolist() == list(range(0, 101, 10))


def test_the_band_of_a_rank_histogram_is_the_binomial_interval(axes: Axes):
    """Of 300 trials with 0.1 between 20 and 41 succeed in 95 of 100 cases."""
    draw_rank_histogram(axes, np.repeat(ranks(1)[:, 0], 3), TOP)
    band, *_, mean = steps(axes)
    assert (set(band.get_data().baseline), set(band.get_data().values)) == ({20.0}, {41.0})
    assert set(mean.get_data().values) == {30.0}


def test_differences_of_ranks_are_drawn_from_end_to_end_and_are_red_outside_the_band(axes: Axes):
    all_low = np.zeros(100, dtype=np.int64)
    draw_rank_difference(axes, all_low, TOP)
    _, line, dots = axes.get_lines()
    band = envelope(100, TOP)
    assert np.array(line.get_xdata())[[0, -1]].tolist() == [0.0, 1.0]
    assert np.array(line.get_ydata()) == pytest.approx([0.0, *(1 - band.shares), 0.0])
    assert to_hex(dots.get_color()) == RED.lower()  # type: ignore[arg-type]
    assert np.array(dots.get_xdata()).tolist() == band.shares[1 - band.shares > band.high].tolist()


def test_ranks_inside_the_band_are_not_marked(axes: Axes):
    draw_rank_difference(axes, np.arange(100), TOP)
    assert len(axes.get_lines()[2].get_xydata()) == 0


def test_every_parameter_has_its_name_and_two_panels_column_by_column():
    figure = Figure()
    draw_uniformity(figure, ["a", "b", "c"], ranks(3), TOP)
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["a", "", "b", "", "c", ""]
    places = [panel.get_subplotspec() for panel in figure.axes[::2]]
    assert [(place.rowspan.start, place.colspan.start) for place in places if place] == [(0, 0), (1, 0), (0, 2)]


def test_the_figure_grows_with_the_number_of_parameters():
    few, many = Figure(), Figure()
    draw_uniformity(few, ["a", "b"], ranks(2), TOP)
    draw_uniformity(many, list("abcdefgh"), ranks(8), TOP)
    assert many.get_size_inches()[1] > 2 * few.get_size_inches()[1]


# The truth in its distribution


def test_the_truth_is_marked_with_its_text_and_its_tail(axes: Axes):
    draw_truth(axes, np.arange(1000.0), 799.0, "hours", "799 in 2026")
    assert np.array(axes.get_lines()[0].get_xdata()).tolist() == [799.0, 799.0]
    assert texts(axes) == ["799 in 2026\nas much or more in 20 % of rallies"]


@pytest.mark.parametrize(
    ("truth", "tail"),
    [
        (99.0, "as much or less in 10 % of rallies"),
        (3.0, "as much or less in <1 % of rallies"),
        (-1.0, "as much or less in none of 1,000 rallies"),
        (1000.0, "as much or more in none of 1,000 rallies"),
    ],
)
def test_the_tail_is_on_the_side_of_the_truth(axes: Axes, truth: float, tail: str):
    draw_truth(axes, np.arange(1000.0), truth, "hours", "so")
    assert texts(axes) == [f"so\n{tail}"]


def test_rallies_that_equal_the_truth_went_as_far(axes: Axes):
    draw_truth(axes, np.array([0, 0, 1, 3]), 0, "halts", "0")
    assert texts(axes) == ["0\nas much or less in 50 % of rallies"]


@pytest.mark.parametrize(("truth", "side"), [(10.0, "left"), (990.0, "right")])
def test_the_text_of_the_truth_is_on_the_side_with_more_room(axes: Axes, truth: float, side: str):
    draw_truth(axes, np.arange(1000.0), truth, "hours", "so")
    assert axes.texts[0].get_horizontalalignment() == side


def test_few_whole_numbers_have_a_bar_each_of_their_share(axes: Axes):
    draw_truth(axes, np.array([0, 0, 1, 3]), 1, "halts", "1")
    (histogram,) = steps(axes)
    assert histogram.get_data().edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert histogram.get_data().values.tolist() == [0.5, 0.25, 0.0, 0.25]


def test_whole_numbers_in_a_large_range_share_bars(axes: Axes):
    draw_truth(axes, np.arange(1000), 1, "seconds", "1")
    assert len(steps(axes)[0].get_data().values) < 20


def written(monkeypatch, write: Callable[..., object], *given: object) -> dict[str, Figure]:
    """The figures that a function would write, by name."""
    figures: dict[str, Figure] = {}
    monkeypatch.setattr(
        "calibration.report.figures.save", lambda figure, _, name: figures.setdefault(name, figure) and []
    )
    write(*given, Path())
    return figures


def test_a_predictive_picture_names_the_rally_and_the_quantity_and_has_clock_times_on_its_axis(monkeypatch):
    margin = Check("margin", "winning margin", np.arange(40) / 4.0, 3.5, "hours")
    (figure,) = written(monkeypatch, write_predictive_figures, [margin], "Dakar").values()
    (axes,) = figure.axes
    assert figure.get_suptitle() == "Dakar: winning margin, simulated and real"
    assert axes.get_xlabel() == "winning margin, h:mm"
    assert texts(axes)[0].startswith("3:30:00\n")
    assert [axes.xaxis.get_major_formatter()(value) for value in (-2.5, 0, 2.5, 2.51)] == [
        "",
        "0:00",
        "2:30",
        "2:30:36",
    ]


def test_pictures_of_ranks_say_what_is_grey(monkeypatch):
    verdict: Any = SimpleNamespace(worst=[0], names=["a"], ranks=ranks(1), wrong=ranks(1), top=TOP)
    figures = written(monkeypatch, write_rank_figures, verdict)
    said = "grey: where 95 of 100 bars, or whole lines, of sound fitters lie; red: outside"
    assert {name: figure.get_supxlabel() for name, figure in figures.items()} == {
        "ranks": said,
        "ranks-wrong-fitter": said,
    }


# Scores


def scores(*values: float) -> list[Estimate]:
    return [Estimate(value, value - 0.1, value + 0.2) for value in values]


def test_every_forecaster_has_a_line_of_scores_with_intervals(axes: Axes):
    draw_scores(axes, ["0", "1"], {"ours": scores(0.5, 0.4), "theirs": scores(0.6, 0.7)}, "Brier score")
    ours, theirs = axes.containers
    assert [container.get_label() for container in axes.containers] == ["ours", "theirs"]
    assert np.array(ours[0].get_ydata()).tolist() == [0.5, 0.4]
    assert bars(theirs) == [pytest.approx((0.5, 0.8)), pytest.approx((0.6, 0.9))]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1"]


def test_forecasters_stand_side_by_side_around_their_evening(axes: Axes):
    draw_scores(axes, ["0"], {"a": scores(0.5), "b": scores(0.5), "c": scores(0.5)}, "Brier score")
    places = [float(container[0].get_xdata()[0]) for container in axes.containers]
    assert places == pytest.approx([-0.12, 0.0, 0.12])


def test_many_forecasters_do_not_reach_the_next_evening(axes: Axes):
    draw_scores(axes, ["0"], {str(k): scores(0.5) for k in range(12)}, "Brier score")
    places = [float(container[0].get_xdata()[0]) for container in axes.containers]
    assert max(places) < 0.3


def test_an_interval_without_ends_is_not_drawn(axes: Axes):
    draw_scores(axes, ["0", "1"], {"a": [Estimate(0.5, -math.inf, math.inf), *scores(0.4)]}, "Brier score")
    assert bars(axes.containers[0]) == [pytest.approx((0.3, 0.6))]


# All of them


def all_figures() -> list[Figure]:
    figures = [new_figure(6, 5) for _ in range(4)]
    sure = np.array([0.0, 0.05, 0.5, 1.0])
    draw_reliability(figures[0].add_subplot(), reliability(sure, np.array([False, False, True, True])))
    draw_uniformity(figures[1], ["modes.alternator_belt.scale_km", "b", "c"], ranks(3), TOP)
    draw_truth(figures[2].add_subplot(), np.arange(1000.0), 1500.0, "hours", "1500 in 2026")
    lines = {name: scores(0.5, 0.4) for name in ("calibrated", "priors only", "rate of 2025", "standings", "fifth")}
    draw_scores(figures[3].add_subplot(), ["0", "1"], lines, "Brier score")
    return figures


def test_nothing_is_cut_off():
    for figure in all_figures():
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = figure.get_tightbbox(canvas.get_renderer())
        width, height = figure.get_size_inches()
        assert drawn.x0 >= 0
        assert drawn.y0 >= 0
        assert drawn.x1 <= width
        assert drawn.y1 <= height


def test_figures_leave_no_global_state_and_need_no_display():
    code = "import sys, calibration.report.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
