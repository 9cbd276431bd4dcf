"""`rally contingency`: what a crew should do where it breaks down, worked out before the start of a stage."""

from __future__ import annotations

from pathlib import Path

import click

from sim.commands.common import (
    changes_options,
    command_text,
    console,
    html_option,
    json_option,
    parameters_option,
    progress,
    replications_option,
    reports_errors,
    scenario_argument,
    scenario_options,
    seed_option,
    stored_first,
    workers_option,
    write_json,
)
from sim.commands.evenings import evening_before, state_option
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.evening import read_evening
from sim.model.scenario import Scenario, Use
from sim.report.contingency import card_tables, write_card
from sim.study.contingency.card import Card, card_of, cells_at_most, situation_of
from sim.study.contingency.json_form import card_json
from sim.study.contingency.opening import rally_before
from sim.study.executors import processes
from sim.study.record import Record


@click.command(short_help="What to do where the car breaks down: a card for the co-driver.")
@scenario_argument
@click.option("--stage", required=True, metavar="STAGE", help="The stage that will be driven.")
@click.option("--car", required=True, metavar="CAR", help="The car: its race number.")
@state_option
@replications_option("How many rallies for each failure, stretch of the stage and action.", default=4000, least=2)
@seed_option
@parameters_option
@changes_options
@workers_option
@json_option
@html_option
@reports_errors
def contingency(
    scenario: Path,
    stage: str,
    car: str,
    state: Path | None,
    replications: int,
    seed: int,
    use: Use,
    changes: Changes,
    workers: int,
    json_file: Path | None,
    html: Path | None,
) -> None:
    """The card for the co-driver: mend it, wait, limp on or withdraw?

    SCENARIO is a scenario file. For the failures that cost this car most on this stage, in three stretches of it: the
    odds of each action, the best one and by how much, and how long to wait for help. Without a state file, and where
    none comes with the scenario, the rally stands as if nothing had failed before the stage.
    """
    loaded = rally_before(_load(scenario, use, changes, stage, state), stage)
    situation = situation_of(loaded.plan(), stage, car)
    with processes(workers) as pool, progress("simulating") as bar:
        task = bar.add_task("", total=cells_at_most() * replications)

        def done(cells: int) -> None:
            bar.update(task, advance=replications, total=cells * replications)

        card = card_of(situation, replications, seed, pool, done)
    _show(card, _record(card, loaded, state, seed), json_file, html)


def _load(scenario: Path, use: Use, changes: Changes, stage: str, state: Path | None) -> Scenario:
    """The scenario on the evening before the stage, if it is known."""
    loaded = scenarios.load(scenario, use, changes)
    evening = read_evening(state) if state else evening_before(loaded, stage)
    return scenarios.load(scenario, use, changes, evening) if evening else loaded


def _show(card: Card, record: Record, json_file: Path | None, html: Path | None) -> None:
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, card_json(card, record)))
        if html:
            store(lambda: write_card(html, card, record))
        out = console()
        for part in card_tables(card, record):
            out.print(part, "")


def _record(card: Card, scenario: Scenario, state: Path | None, seed: int) -> Record:
    """How to have the same card again."""
    situation, plan = card.situation, card.situation.plan
    words: list[object] = ["contingency", scenario.file, "--stage", situation.stage.name, "--car", situation.crew.car]
    words += [*(["--state", state] if state else []), *scenario_options(scenario), "-n", card.n, "--seed", seed]
    return Record.of(plan, scenario.file, seed=seed, replications=card.n, command=command_text(*words))
