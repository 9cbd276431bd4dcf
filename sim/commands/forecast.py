"""`rally forecast`: the odds from the evening of a stage, or of all evenings of a rally."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import click

from sim.commands.common import (
    DEFAULT_REPLICATIONS,
    changes_options,
    command_text,
    console,
    fail,
    figures_option,
    json_option,
    parameters_option,
    progress,
    replications_option,
    reports_errors,
    scenario_argument,
    scenario_options,
    seed_option,
    stored_first,
    tell_written,
    workers_option,
    write_json,
)
from sim.commands.evenings import EVE, evening_of, shipped, state_option
from sim.commands.studies import Gathering, Outputs, show
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.evening import Evening
from sim.model.scenario import Scenario, Use
from sim.report.evenings import evening_tables
from sim.report.figures import write_forecast_figures
from sim.study.blocks import BLOCK, Source, split
from sim.study.errors import StudyError
from sim.study.estimates import FIXED
from sim.study.executors import Pool, processes
from sim.study.outlook import Outlook, forecast_json, odds_of
from sim.study.record import Record
from sim.study.run import results


@dataclass(frozen=True)
class Asked:
    """What `rally forecast` is asked to do; see its options."""

    scenario: Path
    use: Use
    changes: Changes
    replications: int
    seed: int

    def load(self, evening: Evening | None = None) -> Scenario:
        """The scenario on an evening, None: as it is."""
        return scenarios.load(self.scenario, self.use, self.changes, evening)


@click.command(short_help="The odds from the evening of a stage.")
@scenario_argument
@click.option("--after", metavar="STAGE", help="The stage that is over; 0: before the start.")
@state_option
@click.option(
    "--all", "every", is_flag=True, help="Every evening that comes with the scenario, and how the odds moved."
)
@replications_option("How many rallies to simulate from each evening.", default=DEFAULT_REPLICATIONS)
@seed_option
@parameters_option
@changes_options
@workers_option
@json_option
@figures_option
@reports_errors
def forecast(
    scenario: Path,
    after: str | None,
    state: Path | None,
    every: bool,  # noqa: FBT001 - click passes options by name
    replications: int,
    seed: int,
    use: Use,
    changes: Changes,
    workers: int,
    json_file: Path | None,
    figures: Path | None,
) -> None:
    """The odds of every crew and team from the evening of a stage, with what was known by then.

    SCENARIO is a scenario file. A state file says how the cars stand: totals, jokers, damage, what was replaced, who is
    out; parts it does not tell of have lasted as long as the replacement policy says, and go on from there. It may name
    parameter draws fitted that evening; totals that are not known are drawn with them. --set changes what is to come.
    """
    asked = Asked(scenario, use, changes, replications, seed)
    outputs = Outputs(json_file, figures)
    if every and (after is not None or state):
        raise StudyError("--all is about all evenings: leave out --after and --state")
    if not every and after is None and not state:
        raise StudyError("say from which evening: --after STAGE, --state FILE, or --all")
    with processes(workers) as pool:
        if every:
            _all(asked, pool, outputs)
        else:
            _one(asked, evening_of(asked.load, after, state), pool, outputs, state)


def _one(asked: Asked, evening: Evening | None, pool: Pool, outputs: Outputs, state: Path | None) -> None:
    scenario = asked.load(evening)
    source = Source(scenario.plan(), asked.seed)
    gathering = Gathering()
    gathering.run(results(source, split(0, asked.replications, BLOCK["array"]), pool), asked.replications)
    if gathering.stop:
        fail(gathering.stop.reason, gathering.stop.code)
    show(source, gathering.tally.total, FIXED, _record(asked, scenario, source, evening, state), outputs)


def _all(asked: Asked, pool: Pool, outputs: Outputs) -> None:
    evenings = [None, *shipped(asked.load()).values()]
    loaded = [(one, asked.load(one)) for one in evenings]
    outlooks: list[Outlook] = []
    with progress("forecasting") as bar:
        task = bar.add_task("", total=len(loaded) * asked.replications)
        for evening, scenario in loaded:
            source = Source(scenario.plan(), asked.seed)
            odds = odds_of(source, asked.replications, pool, lambda more: bar.advance(task, more))
            stage, note = (evening.after_stage, evening.note) if evening else ("", "before the start")
            outlooks.append(Outlook(stage, note, odds, _record(asked, scenario, source, evening, None)))
    _show_all(loaded[0][1], outlooks, outputs)


def _show_all(scenario: Scenario, outlooks: list[Outlook], outputs: Outputs) -> None:
    with stored_first() as store:
        if outputs.json:
            path = outputs.json
            store(lambda: write_json(path, forecast_json(outlooks)))
        if outputs.figures:
            folder = outputs.figures
            store(lambda: tell_written(write_forecast_figures(scenario.plan(), outlooks, folder)))
        screen = console()
        for table in evening_tables(scenario.rally.name, outlooks):
            screen.print(table, "")


def _record(asked: Asked, scenario: Scenario, source: Source, evening: Evening | None, state: Path | None) -> Record:
    """How to have the same forecast again."""
    after = evening.after_stage if evening else EVE
    words: list[object] = ["forecast", asked.scenario, "--after", after, *(["--state", state] if state else [])]
    words += [*scenario_options(scenario), "-n", asked.replications, "--seed", asked.seed]
    record = Record.of(
        source.plan,
        asked.scenario,
        seed=asked.seed,
        replications=asked.replications,
        engine=source.engine,
        command=command_text(*words),
    )
    when = f"on the evening of stage {after}" if evening else "before the start"
    return replace(record, scenario=f"{record.scenario}, {when}")
