"""`rally-calibrate choices`: what the other readings of contradictory sources would change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from calibration.choices import Reading, alternatives, compare
from calibration.commands.common import (
    effort_of,
    folder_argument,
    reports_errors,
    store_option,
    sweeps_bar,
    sweeps_option,
    workers_option,
)
from calibration.fit import ONE_OF_MANY
from calibration.fit_store import Work
from calibration.forecast import Runs
from calibration.observations import read
from calibration.report.choices import choices_tables
from sim.commands.common import Whole, console, seed_option, tell
from sim.study.executors import processes


@click.command(short_help="What other readings of contradictory sources would change.")
@folder_argument
@click.option(
    "-n",
    "--replications",
    type=Whole(min=100),
    default=20_000,
    show_default=True,
    metavar="N",
    help="Rallies behind the odds of each reading.",
)
@seed_option
@workers_option
@store_option
@sweeps_option(ONE_OF_MANY)
@reports_errors
def choices(folder: Path, replications: int, seed: int, workers: int, store: Path | None, sweeps: int | None) -> None:
    """Fit the other reading wherever the sources of FOLDER contradict each other, one at a time.

    Shown are the chance of each car to win the rally if it were run again, in percent, and the parameters that moved
    most, in standard deviations of what is not known anyway. The readings and their reasons stand in event.toml.
    """
    observations = read(folder)
    others = alternatives(folder)
    if not others:
        tell(f"{folder}: event.toml has no choices, so there is nothing to compare")
        return
    work = Work(seed, effort_of(ONE_OF_MANY, sweeps), workers)
    total = (1 + len(others)) * work.effort.groups * work.effort.total
    with processes(workers) as pool, sweeps_bar("fitting", total) as progress:
        runs = Runs(seed, replications, pool)
        readings: Sequence[Reading] = list(compare(folder, work, runs, store=store, progress=progress))
    for table in choices_tables(readings, observations.cars):
        console().print(table, "")
