"""What all figures share: colours that colour-blind readers can tell apart, labels, and how a figure is written."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sim.model.plan import CrewPlan

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
"""The palette of M. Okabe and K. Ito, "Color Universal Design" (2008)."""

LINE_COLOURS = (BLACK, ORANGE, SKY, GREEN, BLUE, RED, PURPLE)
"""Those of them that stand out as a line on white."""

LINE_STYLES = ("-", "--", ":", "-.")

HEAT = "cividis"
"""Colour map of the heat maps: made for colour-blind readers, and readable in grey."""

GRID = "#DDDDDD"
"""Lines that help to read a value."""

MARK = "#555555"
"""Lines that mean something themselves, and small text."""

DPI = 150


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, whose parts make room for each other."""
    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def head(figure: Figure, text: str) -> None:
    """Write the title of a figure, flush left; it takes its room from the whole figure, not from one of its parts."""
    figure.suptitle(text, x=0.01, ha="left", fontweight="bold")


def line_look(index: int) -> tuple[str, str]:
    """(colour, line style) of the crew with this index; 28 of them differ."""
    return LINE_COLOURS[index % len(LINE_COLOURS)], LINE_STYLES[index // len(LINE_COLOURS) % len(LINE_STYLES)]


def crew_label(crew: CrewPlan) -> str:
    """Race number and driver; a car that is called like its driver is named once."""
    driver = crew.spec.driver
    return driver if crew.car in driver.split() else f"{crew.car}  {driver}"


def text_colour(background: tuple[float, float, float, float] | str) -> str:
    """Black or white, whichever reads better on a background (relative luminance of WCAG 2.1)."""
    red, green, blue = (_linear(channel) for channel in to_rgb(background))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "black" if luminance > 0.179 else "white"


def bare(axes: Axes) -> None:
    """Take away frame and tick marks, leave the labels."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(which="both", length=0)


def save(figure: Figure, directory: Path, name: str) -> list[Path]:
    """Write NAME.png and NAME.svg into a directory, which is made if it is not there; the same figure, the same bytes.

    Raises OSError if a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    png, svg = directory / f"{name}.png", directory / f"{name}.svg"
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(png, dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        figure.savefig(svg, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    return [png, svg]


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.03928 else float(((channel + 0.055) / 1.055) ** 2.4)
