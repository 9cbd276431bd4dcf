"""`rally twins`: do the two engines agree?"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.markup import escape

from sim.commands.common import (
    BROKEN,
    changes_options,
    console,
    parameters_option,
    progress,
    replications_option,
    reports_errors,
    scenario_argument,
    seed_option,
)
from sim.engine.luck import Luck
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.scenario import Use
from sim.report.twins import difference_report
from sim.report.words import rallies
from sim.study.twins import first_difference


@click.command(short_help="Compare the two engines, rally by rally.")
@scenario_argument
@replications_option("Rallies to compare, the first of the study with this seed.", default=200)
@seed_option
@parameters_option
@changes_options
@reports_errors
def twins(scenario: Path, replications: int, seed: int, use: Use, changes: Changes) -> None:
    """Compare the array engine with the event engine, rally by rally.

    SCENARIO is a scenario file. Every rally is run in both engines. Status, times and penalties, each halt with its km
    and the start and end of its repair, spares, and the wear and life of every part must be the same, to the second
    and to the last bit. The first difference is shown as journal lines side by side, with exit code 3.
    """
    plan = scenarios.load(scenario, use, changes).plan()
    with progress("comparing") as bar:
        task = bar.add_task("", total=replications)
        found = first_difference(plan, Luck(seed), replications, lambda count: bar.advance(task, count))
    if found is None:
        drawn = plan.rally.parameters_summary
        where = f"{scenario}, seed {seed}{drawn and f', parameters {drawn}'}"
        console().print(f"The engines agree in {rallies(replications)} of {escape(where)}, to the last bit.")
        return
    console().print(difference_report(plan, found))
    sys.exit(BROKEN)
