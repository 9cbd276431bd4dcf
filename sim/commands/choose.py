"""`rally choose`: the best of several designs."""

from __future__ import annotations

from pathlib import Path

import click

from sim.commands.common import (
    command_text,
    console,
    json_option,
    parameters_option,
    progress,
    reports_errors,
    seed_option,
    stored_first,
    workers_option,
    write_json,
)
from sim.model.scenario import Use
from sim.report.choice import choice_tables
from sim.study.choice.designs import DEFAULT_PROMISE, common_goal, decide, sampler, variants
from sim.study.choice.document import Choice
from sim.study.choice.spec import proposals, read_study
from sim.study.executors import processes
from sim.study.record import Record


@click.command(short_help="The best of several designs, with a promised probability.")
@click.argument("study", type=click.Path(path_type=Path))
@seed_option
@parameters_option
@workers_option
@json_option
@reports_errors
def choose(study: Path, seed: int, use: Use, workers: int, json_file: Path | None) -> None:
    """Choose the best of several designs: spares, service plans, orders.

    STUDY is a file of designs, see docs/choose.md. All designs meet the same luck. They are run in rounds, and after
    each one those are dropped that have no chance left; with a budget, rallies go to those that are hard to tell from
    the best.
    """
    asked = read_study(study)
    with progress("reading", "designs") as bar:
        reading = bar.add_task("", total=len(proposals(asked)))
        found, heavy = variants(study, asked, use, lambda count: bar.advance(reading, count))
    goal = common_goal(asked, found)
    with processes(workers) as pool, progress("simulating") as bar:
        running = bar.add_task("", total=asked.budget)
        sample = sampler([one.plan for one in found], seed, goal, pool, lambda count: bar.advance(running, count))
        selection = decide(asked, goal, len(found), sample)
    promise = None if asked.budget else asked.promise or DEFAULT_PROMISE
    choice = Choice(asked, goal, promise, found, heavy, selection)
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, choice.as_json(_record(choice, study, seed, use))))
        out = console()
        for part in choice_tables(choice):
            out.print(part, "")


def _record(choice: Choice, study: Path, seed: int, use: Use) -> Record:
    """Of the best design; the others have its luck, and digests of their own."""
    best = choice.variants[choice.selection.best].plan
    point = ["--parameters", "point"] if use == "point" else []
    rallies, command = choice.selection.rallies, command_text("choose", study, "--seed", seed, *point)
    return Record.of(best, study, seed=seed, replications=rallies, intervals="sequential", command=command)
