"""`rally odds`: the odds of every crew and team, and where rallies are lost."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sim.commands.common import (
    INTERRUPTED,
    OutputType,
    command_text,
    console,
    fail,
    figures_option,
    json_option,
    reports_errors,
    scenario_argument,
    seed_option,
    stored_first,
    tell,
    write_json,
)
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from sim.model import scenario as scenarios
from sim.model.plan import Plan, compile_plan
from sim.report import tables
from sim.report.figures import write_odds_figures
from sim.report.words import rallies
from sim.study.odds import summarise
from sim.study.record import Record
from sim.study.run import Engine, run_study

DEFAULT_REPLICATIONS = 10_000


@click.command()
@scenario_argument
@click.option(
    "-n",
    "--replications",
    type=click.IntRange(min=1),
    default=DEFAULT_REPLICATIONS,
    show_default=True,
    help="How many rallies to simulate.",
)
@seed_option
@click.option(
    "--engine",
    type=click.Choice(["array", "event"]),
    default="array",
    show_default=True,
    help="Many at once, or one by one in the event engine: the same rallies, to the second.",
)
@json_option
@click.option(
    "--outcomes",
    "outcomes_file",
    type=OutputType(),
    metavar="FILE.npz",
    help="Also store every rally: status, totals, stage times, penalties.",
)
@figures_option
@reports_errors
def odds(
    scenario: Path,
    replications: int,
    seed: int,
    engine: Engine,
    json_file: Path | None,
    outcomes_file: Path | None,
    figures: Path | None,
) -> None:
    """Finish odds before the start: who is classified, wins, reaches the podium.

    SCENARIO is a scenario file. Shown are the odds of every crew with 95 % intervals, the odds of every team, and
    where rallies are lost, by cause and by stage. Ctrl-C stops early and shows what is there by then.
    """
    loaded = scenarios.load(scenario)
    plan = compile_plan(loaded.rally)
    outcomes, complete = _simulate(plan, Luck(seed), replications, engine)
    if outcomes is None:
        fail("stopped before the first rally was over: there is nothing to show", INTERRUPTED)
    done = len(outcomes)
    record = Record(
        scenario=loaded.rally.name,
        file=str(scenario),
        digest=plan.digest,
        seed=seed,
        first_replication=0,
        replications=done,
        engine=engine,
        command=command_text("odds", scenario, "-n", done, "--seed", seed, "--engine", engine),
    )
    summary = summarise(plan, outcomes)
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, summary.as_json(record)))
        if outcomes_file:
            store(lambda: outcomes.save(outcomes_file))
        if figures:
            store(lambda: _draw(plan, outcomes, figures))
        out = console()
        study = f"{rallies(done)} of {scenario}, seed {seed}, {engine} engine"
        out.print(f"[bold]{escape(loaded.rally.name)}[/]: {escape(study)}\n")
        for table in tables.odds_tables(summary):
            out.print(table, "")
    if not complete:
        tell(
            f"Stopped early: these are the first {done} of {replications} rallies. To have them again: {record.command}"
        )
        sys.exit(INTERRUPTED)


def _simulate(plan: Plan, luck: Luck, replications: int, engine: Engine) -> tuple[Outcomes | None, bool]:
    """Outcomes of the replications that got done before an interruption, and whether all did."""
    columns = (
        TextColumn("simulating"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rallies"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=replications)
        return run_study(plan, luck, replications, engine, lambda count: progress.advance(task, count))


def _draw(plan: Plan, outcomes: Outcomes, folder: Path) -> None:
    for path in write_odds_figures(plan, outcomes, folder):
        tell(f"wrote {path}")
