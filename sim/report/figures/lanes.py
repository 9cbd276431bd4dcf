"""One rally, hour by hour: what each crew was doing."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.model.units import DAY_S, HOUR_S
from sim.report.activities import Activity, Span, activities
from sim.report.figures.style import BLUE, GREEN, ORANGE, PURPLE, RED, SKY, YELLOW, bare, head, new_figure
from sim.report.words import date_of, run_text

COLOURS = {
    Activity.SPECIAL: BLUE,
    Activity.LIAISON: SKY,
    Activity.DELAY: ORANGE,
    Activity.REPAIR: RED,
    Activity.WAIT: YELLOW,
    Activity.SERVICE: GREEN,
    Activity.RECOVERY: PURPLE,
    Activity.REST: "#E8E8E8",
    Activity.RETIRED: "#9A9A9A",
}

DAYS_IN_ONE_COLUMN = 7
"""Longer rallies are shown in two columns, to be read down the first and then down the second."""


def timeline(replay: Replay) -> Figure:
    """A panel for each day, in it a lane for each car; local time from midnight to midnight."""
    plan = replay.plan
    lanes = activities(replay)
    first = plan.stages[plan.first_stage].day_s // DAY_S
    last = max(span.end for spans in lanes.values() for span in spans) // DAY_S
    days = range(first, last + 1)
    columns = 1 if len(days) <= DAYS_IN_ONE_COLUMN else 2
    rows = math.ceil(len(days) / columns)
    figure = new_figure(8 * columns, 1.5 + rows * (0.5 + 0.17 * len(lanes)))
    panels = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for place, panel in enumerate(panels.T.flat):
        if place >= len(days):
            panel.set_visible(False)
            continue
        _panel(panel, plan, days[place], lanes)
        if place % rows == rows - 1 or place == len(days) - 1:
            panel.tick_params(labelbottom=True)
            panel.set_xlabel("local time")
            # Under the last day of a short column there is room: its labels must not push the rows apart.
            panel.xaxis.set_in_layout(place % rows == rows - 1)
    head(figure, f"{plan.rally.name}, hour by hour ({run_text(replay)})")
    there = {span.activity for spans in lanes.values() for span in spans}
    _legend(figure, there, entries_a_row=3 if columns == 1 else 5)
    return figure


def _panel(axes: Axes, plan: Plan, day: int, lanes: dict[str, list[Span]]) -> None:
    midnight = day * DAY_S
    for lane, spans in enumerate(lanes.values()):
        for span in spans:
            start, end = max(span.start, midnight), min(span.end, midnight + DAY_S)
            if start < end:
                _bar(axes, lane, (start - midnight) / HOUR_S, (end - start) / HOUR_S, span.activity)
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.set_yticks(range(len(lanes)), list(lanes), fontsize=7)
    axes.set_xlim(0, 24)
    axes.set_xticks(range(0, 25, 3), [f"{hour:02d}:00" for hour in range(0, 25, 3)], fontsize=8)
    axes.tick_params(labelbottom=False)
    axes.set_title(_day_title(plan, midnight), loc="left", fontsize=9, pad=2)
    axes.grid(axis="x", color="#BBBBBB", linewidth=0.5)
    axes.set_axisbelow(True)
    bare(axes)


def _bar(axes: Axes, lane: int, start: float, hours: float, activity: Activity) -> None:
    hatch = "////" if activity is Activity.RETIRED else None
    axes.barh(lane, hours, left=start, height=0.8, color=COLOURS[activity], hatch=hatch, edgecolor="white", linewidth=0)


def _day_title(plan: Plan, midnight: int) -> str:
    date = date_of(plan, midnight)
    title = f"{date:%a} {date.day} {date:%b}"
    stage = next((stage for stage in plan.stages if stage.day_s == midnight), None)
    if stage is None:
        return f"{title} · rest day"
    if stage.starts_marathon:
        return f"{title} · stage {stage.name}, night in the refuge"
    return f"{title} · stage {stage.name}"


def _legend(figure: Figure, there: set[Activity], entries_a_row: int) -> None:
    """A key to the activities that are there."""
    patches = [
        Patch(
            facecolor=colour,
            hatch="////" if activity is Activity.RETIRED else None,
            edgecolor="white" if activity is Activity.RETIRED else colour,
            label=activity.value,
        )
        for activity, colour in COLOURS.items()
        if activity in there
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=entries_a_row, frameon=False)
