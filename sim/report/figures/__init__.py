"""Pictures of odds and of single rallies. Matplotlib is used here only, and without any state of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.report.figures.curves import survival
from sim.report.figures.evenings import evenings
from sim.report.figures.forest import differences
from sim.report.figures.heatmaps import losses, places
from sim.report.figures.lanes import timeline
from sim.report.figures.style import save
from sim.report.figures.tornado import tornado
from sim.study.comparison.summary import VariantSummary
from sim.study.odds import Odds
from sim.study.outlook import Outlook
from sim.study.sensitivity.document import Sensitivity
from sim.study.tally import Tally

__all__ = [
    "differences",
    "evenings",
    "losses",
    "places",
    "save",
    "survival",
    "timeline",
    "tornado",
    "write_comparison_figures",
    "write_forecast_figures",
    "write_odds_figures",
    "write_replay_figures",
    "write_sensitivity_figures",
]


def write_odds_figures(plan: Plan, tally: Tally, odds: Odds, directory: Path) -> list[Path]:
    """Write all pictures of a study into a directory; returns the files.

    Raises OSError if one cannot be written.
    """
    figures = {"places": places(plan, tally)}
    if plan.first_stage < len(plan.stages):  # else there is no road left
        figures |= {"survival": survival(plan, tally), "losses": losses(plan, odds)}
    return [path for name, figure in figures.items() for path in save(figure, directory, name)]


def write_forecast_figures(plan: Plan, outlooks: Sequence[Outlook], directory: Path) -> list[Path]:
    """Write the picture of how the odds moved into a directory; returns the files.

    Raises OSError if one cannot be written.
    """
    return save(evenings(plan, outlooks), directory, "evenings")


def write_replay_figures(replay: Replay, directory: Path) -> list[Path]:
    """Write all pictures of one rally into a directory; returns the files.

    Raises OSError if one cannot be written.
    """
    return save(timeline(replay), directory, "timeline")


def write_sensitivity_figures(found: Sensitivity, rally: str, directory: Path) -> list[Path]:
    """Write the picture of a sensitivity study of a rally into a directory; returns the files.

    Raises OSError if one cannot be written.
    """
    return save(tornado(found, rally), directory, "tornado")


def write_comparison_figures(
    names: Sequence[str], summaries: Sequence[VariantSummary], quantities: Sequence[str], directory: Path
) -> list[Path]:
    """Write all pictures of a comparison into a directory; returns the files.

    Raises OSError if one cannot be written.
    """
    return save(differences(names, summaries, quantities), directory, "differences")
