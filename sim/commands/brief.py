"""`rally brief`: what a team looks at every evening, on one page."""

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
from sim.commands.evenings import EVE, evening_before, evening_of, state_option
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.evening import Evening
from sim.model.plan import Plan
from sim.model.scenario import Scenario, Use
from sim.report.brief import brief_tables, write_brief
from sim.study.brief.evening import Brief, brief_of, runs
from sim.study.brief.json_form import brief_json
from sim.study.errors import StudyError
from sim.study.executors import processes
from sim.study.record import Record


@click.command(short_help="What a team looks at in the evening: odds, risks, jobs, spares, pace.")
@scenario_argument
@click.option("--after", metavar="STAGE", help="The stage that is over; 0: before the start.")
@state_option
@replications_option("How many rallies for each thing that is compared.", default=4000, least=2)
@seed_option
@parameters_option
@changes_options
@workers_option
@json_option
@html_option
@reports_errors
def brief(
    scenario: Path,
    after: str | None,
    state: Path | None,
    replications: int,
    seed: int,
    use: Use,
    changes: Changes,
    workers: int,
    json_file: Path | None,
    html: Path | None,
) -> None:
    """The evening brief: where we stand, what tomorrow may bring, and what to do about it tonight.

    SCENARIO is a scenario file. By car: the odds and how they moved since the evening before, tomorrow's risk, the jobs
    of the night, what to carry, which pace to order, how worn the parts are, and what a joker is worth.
    """
    if after is None and not state:
        raise StudyError("say which evening: --after STAGE or --state FILE")

    tonight = evening_of(lambda: scenarios.load(scenario, use), after, state)
    loaded = scenarios.load(scenario, use, changes, tonight)
    plan, before = loaded.plan(), _plan_of_yesterday(loaded, use, changes, tonight)
    with processes(workers) as pool, progress("simulating") as bar:
        task = bar.add_task("", total=_work(plan, before) * replications)
        note = tonight.note if tonight else ""
        found = brief_of(plan, before, note, replications, seed, pool, lambda: bar.advance(task, replications))
    words: list[object] = ["brief", scenario, "--after", tonight.after_stage if tonight else EVE]
    words += [*(["--state", state] if state else []), *scenario_options(loaded), "-n", replications, "--seed", seed]
    _show(found, _record(found, loaded, seed, words), json_file, html)


def _plan_of_yesterday(loaded: Scenario, use: Use, changes: Changes, tonight: Evening | None) -> Plan | None:
    """The rally as it stood on the evening before, of those that come with the scenario; None where it is not known.

    What is changed in tonight's state was not so yesterday.
    """
    if tonight is None or loaded.evenings is None:
        return None
    lasting = Changes(*(tuple(p for p in paths if not _of_state(p)) for paths in (changes.settings, changes.removals)))
    return scenarios.load(loaded.file, use, lasting, evening_before(loaded, tonight.after_stage)).plan()


def _of_state(path: str) -> bool:
    return path.strip().startswith("state.")


def _work(plan: Plan, before: Plan | None) -> int:
    """How many runs there are; none where `brief_of` will refuse."""
    return len(runs(plan, before)) + 1 if plan.first_stage < len(plan.stages) else 0


def _show(found: Brief, record: Record, json_file: Path | None, html: Path | None) -> None:
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, brief_json(found, record)))
        if html:
            store(lambda: write_brief(html, found, record))
        out = console()
        for part in brief_tables(found, record):
            out.print(part, "")


def _record(found: Brief, scenario: Scenario, seed: int, words: list[object]) -> Record:
    """How to have the same brief again."""
    return Record.of(found.plan, scenario.file, seed=seed, replications=found.n, command=command_text(*words))
