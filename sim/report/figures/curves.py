"""Curves along the road: how many are still in the rally."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.engine.outcomes import Outcomes
from sim.model.plan import Plan
from sim.report.figures.style import GRID, crew_label, head, line_look, new_figure
from sim.report.words import rallies

FloatArray = npt.NDArray[np.float64]

NIGHTS = {"refuge": ("marathon night", "--"), "rest_day": ("rest day", ":")}
"""Nights that are marked: what they are called and how they are drawn."""

MARK = "#555555"


def survival(plan: Plan, outcomes: Outcomes) -> Figure:
    """Share of rallies in which each crew is still in the race, and with every special completed so far, by km."""
    ends = stage_ends(plan)
    start, end = ends[plan.first_stage], ends[-1]
    in_race = in_race_until(plan, outcomes)
    intact = intact_until(plan, outcomes)
    figure = new_figure(12, max(6.4, 1.2 + 0.25 * (len(plan.crews) + 4)))
    axes = figure.add_subplot()
    for crew in plan.crews:
        colour, style = line_look(crew.index)
        look = {"color": colour, "linestyle": style}
        _curve(axes, in_race[:, crew.index], start, end, linewidth=2, label=crew_label(crew), **look)
        _curve(axes, intact[:, crew.index], start, end, linewidth=1, alpha=0.5, **look)
    axes.plot([], [], color=MARK, linewidth=2, label="thick: still in the race")
    axes.plot([], [], color=MARK, linewidth=1, alpha=0.5, label="thin: every special completed so far")
    _mark_stages(axes, plan)
    axes.set_xlim(start, end + 0.005 * (end - start))
    axes.set_ylim(0, 101)
    axes.set_xlabel("kilometres of specials since the start of the rally (names of the stages at the top)")
    axes.set_ylabel("percent of rallies")
    head(figure, f"{plan.rally.name}: who is still in the race, {rallies(len(outcomes))}")
    axes.grid(axis="y", color=GRID)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right center", frameon=False)
    return figure


def stage_ends(plan: Plan) -> FloatArray:
    """Special-km of the rally at its start and at the end of each stage, shape (S + 1,)."""
    return np.cumsum([0.0, *(stage.track.length_km for stage in plan.stages)])


def in_race_until(plan: Plan, outcomes: Outcomes) -> FloatArray:
    """Special-km of the rally at which each crew retires, infinite if it does not, shape (n, C).

    A crew that had retired before the first stage that is run is out from its start.
    """
    out_before = ~outcomes.classified & np.isinf(outcomes.retired_km)
    return np.where(out_before, stage_ends(plan)[plan.first_stage], outcomes.retired_km)


def intact_until(plan: Plan, outcomes: Outcomes) -> FloatArray:
    """Special-km of the rally at which each crew has its first special not completed, or retires, shape (n, C).

    A special that is not completed counts at its end, since that is when it is certain.
    """
    ends = stage_ends(plan)
    until = in_race_until(plan, outcomes)
    for stage in plan.stages[plan.first_stage :]:
        if stage.spec.counted:
            missed = ~outcomes.completed[:, :, stage.index]
            until = np.where(missed, np.minimum(until, ends[stage.index + 1]), until)
    if plan.state is not None:
        states = [plan.state.crews.get(crew.car) for crew in plan.crews]
        missed_before = [state is not None and bool(state.uncompleted) for state in states]
        until = np.where(missed_before, ends[plan.first_stage], until)
    return until


def _curve(axes: Axes, until: FloatArray, start: float, end: float, **look: object) -> None:
    """A falling step line: percent of the rallies whose km lies beyond each km."""
    km, lost = np.unique(until[np.isfinite(until)], return_counts=True)
    shares = 100 * (1 - np.cumsum(lost) / len(until))
    x = np.concatenate(([start], km, [end]))
    y = np.concatenate(([100.0], shares, [shares[-1] if len(shares) else 100.0]))
    axes.step(x, y, where="post", **look)  # type: ignore[arg-type]


def _mark_stages(axes: Axes, plan: Plan) -> None:
    """Thin lines at the ends of stages with their names between them; marathon nights and rest days stand out."""
    ends = stage_ends(plan)
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
