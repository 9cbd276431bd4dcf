"""`rally counterfactual`: what would have followed if one thing had gone otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sim.commands.common import (
    DEFAULT_REPLICATIONS,
    SCENARIOS,
    changes_options,
    command_text,
    console,
    json_option,
    progress,
    replications_option,
    reports_errors,
    scenario_options,
    seed_option,
    stored_first,
    workers_option,
    write_json,
)
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.plan import Plan
from sim.model.scenario import Scenario
from sim.report.counterfactual import chances_table, changes_table
from sim.study.counterfactual import Chance, chances, changes_of, counterfactual_json, first_change
from sim.study.errors import StudyError
from sim.study.executors import processes
from sim.study.record import Record
from sim.study.taking_up import state_after, taken_up

HISTORY, CALIBRATED = SCENARIOS / "dakar-2026-history.toml", SCENARIOS / "dakar-2026.toml"
"""What happened, and what the rest of the rally is drawn from."""


@click.command(short_help="What would have followed if one thing had gone otherwise.")
@click.argument("scenario", type=click.Path(path_type=Path), default=HISTORY, metavar="[SCENARIO]")
@changes_options
@click.option("--odds", is_flag=True, help="Also draw what follows, from the evening on which the histories part.")
@click.option(
    "--from",
    "drawn_from",
    type=click.Path(path_type=Path),
    default=CALIBRATED,
    metavar="FILE",
    help="With --odds: the scenario that what follows is drawn from.  [default: Dakar 2026, calibrated]",
)
@replications_option("With --odds: how many rallies of each history.", default=DEFAULT_REPLICATIONS)
@seed_option
@workers_option
@json_option
@reports_errors
def counterfactual(
    scenario: Path,
    changes: Changes,
    odds: bool,  # noqa: FBT001 - click passes options by name
    drawn_from: Path,
    replications: int,
    seed: int,
    workers: int,
    json_file: Path | None,
) -> None:
    """What would have followed if one thing had gone otherwise.

    SCENARIO is a scenario with pinned happenings, by default what happened at Dakar 2026. --without takes the name of a
    happening, or any path; --set changes one: script.happenings.NAME.km=200. Everything else that is pinned stays, and
    nothing is left to chance: both classifications stand side by side.

    With --odds what follows is drawn. Both histories are taken up on the evening of the first stage that the change
    touches: results, jokers, damage and renewed parts are theirs; what is pinned on later stages is dropped in both,
    and both meet the same luck.

    \b
      rally counterfactual --without stage8_500_belt        the belt holds
      rally counterfactual --without stage1_504_arm         the arm holds
      rally counterfactual --set script.happenings.stage1_504_arm.repaired_by=nobody
                                                            no help at km 98
    """  # noqa: D301 - click wants the backspace character
    happened = scenarios.load(scenario)
    changed = scenarios.load(scenario, changes=_of_happenings(changes, happened))
    was, would = (_told(one) for one in (happened, changed))
    rows, parted = changes_of(was, would), first_change(was, would)
    stage = "" if parted is None else was.plan.stages[parted].name
    words: list[object] = [*([] if scenario == HISTORY else [scenario]), *scenario_options(changed)]
    future, found = None, list[Chance]()
    if odds and parted is not None:
        words += ["--odds", *([] if drawn_from == CALIBRATED else ["--from", drawn_from])]
        words += ["-n", replications, "--seed", seed]
        future = scenarios.load(drawn_from)
        plans = [taken_up(future, state_after(told, parted)) for told in (was, would)]
        found = _draw(plans, seed, replications, workers)
    record = _record(changed, words, replications if found else 0, seed)
    with stored_first() as store:
        if json_file:
            path = json_file
            store(lambda: write_json(path, counterfactual_json(was.plan, rows, stage, found, record)))
        screen = console()
        screen.print(changes_table(was.plan, rows), "")
        screen.print(_where(stage, future.rally.name if future else ""))
        if found:
            screen.print("", chances_table(found, stage, replications))


def _draw(plans: list[Plan], seed: int, replications: int, workers: int) -> list[Chance]:
    was, would = plans
    with processes(workers) as pool, progress("simulating", "pairs of rallies") as bar:
        task = bar.add_task("", total=replications)
        return chances(was, would, seed, replications, pool, lambda more: bar.advance(task, more))


def _of_happenings(changes: Changes, happened: Scenario) -> Changes:
    """The same changes with names of happenings as paths.

    Raises StudyError if there are none.
    """
    if not changes:
        names = ", ".join(happened.rally.script.happenings)
        raise StudyError(f"say what went otherwise: --without HAPPENING or --set PATH=VALUE; happenings: {names}")
    removals = (name if "." in name else f"script.happenings.{name}" for name in changes.removals)
    return replace(changes, removals=tuple(removals))


def _told(scenario: Scenario) -> Replay:
    plan = scenario.plan()
    if not plan.scripted_only:
        raise StudyError(
            f"{scenario.file}: is left to chance, so it is no history: it needs script.unscripted = median"
        )
    return replay(plan, Luck(0), 0)


def _where(stage: str, drawn_from: str) -> str:
    """How the histories part, and what is pinned where."""
    if not stage:
        return "The histories are alike: nothing follows from the change."
    pinned = f"The histories part on stage {stage}. Above, all else that is pinned stays, on later stages too."
    if not drawn_from:
        return pinned
    return f"{pinned} Below, nothing is pinned after it: what follows is drawn from {drawn_from}."


def _record(changed: Scenario, words: list[object], replications: int, seed: int) -> Record:
    """How to have both histories again; without odds there is one run of each, and no luck."""
    return Record.of(
        changed.plan(),
        changed.file,
        seed=seed,
        replications=replications,
        engine="array" if replications else "event",
        intervals="fixed" if replications else "",
        command=command_text("counterfactual", *words),
    )
