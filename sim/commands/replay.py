"""`rally replay`: one rally, event by event."""

from __future__ import annotations

from pathlib import Path

import click

from sim.commands.common import (
    Whole,
    changes_options,
    command_text,
    console,
    figures_option,
    json_option,
    parameters_option,
    reports_errors,
    scenario_argument,
    scenario_options,
    seed_option,
    stored_first,
    tell_written,
    write_json,
)
from sim.engine.event import replay as replay_one
from sim.engine.luck import MAX_REPLICATIONS, Luck
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.scenario import Use
from sim.report import story
from sim.report.figures import write_replay_figures
from sim.study.record import Record


@click.command()
@scenario_argument
@seed_option
@parameters_option
@changes_options
@click.option(
    "--replication",
    type=Whole(0, MAX_REPLICATIONS - 1),
    default=0,
    show_default=True,
    metavar="K",
    help="Which rally of the study with this seed, counted from 0.",
)
@json_option
@figures_option
@reports_errors
def replay(
    scenario: Path,
    seed: int,
    use: Use,
    changes: Changes,
    replication: int,
    json_file: Path | None,
    figures: Path | None,
) -> None:
    """One rally told event by event, and its final classification.

    SCENARIO is a scenario file. Replication K is the very rally that has this index in `rally odds` with the same
    scenario and seed.
    """
    loaded = scenarios.load(scenario, use, changes)
    told = replay_one(loaded.plan(), Luck(seed), replication)
    options = [*scenario_options(loaded), "--seed", seed, "--replication", replication]
    record = Record.of(
        told.plan,
        scenario,
        seed=seed,
        first=replication,
        replications=1,
        engine="event",
        intervals="",
        command=command_text("replay", scenario, *options),
    )
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, story.replay_json(told, record)))
        if figures:
            store(lambda: tell_written(write_replay_figures(told, figures)))
        console().print(story.race_report(told))
