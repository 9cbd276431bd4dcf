"""`rally explain`: the resolved scenario in words and tables."""

from __future__ import annotations

from pathlib import Path

import click

from sim.commands.common import changes_options, console, parameters_option, reports_errors, scenario_argument
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.scenario import Use
from sim.report.explain import explanation, source_table


@click.command(short_help="What a scenario says, in words and tables.")
@scenario_argument
@click.option("--sources", is_flag=True, help="Also list the source of every value.")
@parameters_option
@changes_options
@reports_errors
def explain(scenario: Path, use: Use, changes: Changes, *, sources: bool) -> None:
    """What a scenario says, in words and tables: stage by stage, mode by mode, crew by crew.

    SCENARIO is a scenario file. What it inherits and what follows from its formulas is worked out. Values marked
    with * are assumptions; --sources says where every value comes from.
    """
    loaded = scenarios.load(scenario, use, changes)
    out = console()
    for part in explanation(loaded, loaded.plan()):
        out.print(part, "")
    if sources:
        out.print(source_table(loaded))
