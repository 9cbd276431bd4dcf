"""The growth as a picture."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.growth import Growth
from sim.report.figures.style import BLUE, GRID, ORANGE, head, new_figure, save


def write_growth(growths: list[Growth], directory: Path) -> list[Path]:
    """Write growth.png and growth.svg into a directory; returns the files.

    Raises OSError if one cannot be written.
    """
    return save(growth_figure(growths), directory, "growth")


def growth_figure(growths: list[Growth]) -> Figure:
    """Time over size, both logarithmic, one panel for each number that grows."""
    figure = new_figure(11, 8)
    for axes, growth in zip(figure.subplots(2, 2).flat, growths, strict=True):
        _panel(axes, growth)
    head(figure, "Array engine: how its time grows")
    return figure


def _panel(axes: Axes, growth: Growth) -> None:
    sizes, seconds = growth.sizes, growth.seconds
    linear = [seconds[-1] * size / sizes[-1] for size in sizes]
    axes.plot(sizes, linear, color=ORANGE, linestyle="--", label="linear through the last point")
    label = f"measured, exponent {growth.exponent:.2f}"
    axes.plot(sizes, seconds, color=BLUE, marker="o", label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    many = f"{growth.rallies[0]:,} rallies" if len(set(growth.rallies)) == 1 else "all of them"
    axes.set_xlabel(f"number of {growth.axis}")
    axes.set_ylabel(f"seconds for {many}")
    axes.grid(color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
