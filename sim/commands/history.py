"""`rally history`: the real Dakar 2026, replayed from its happenings and compared with the official results."""

from __future__ import annotations

from pathlib import Path

import click

from sim.commands.common import (
    SCENARIOS,
    USER_ERROR,
    console,
    fail,
    json_option,
    reports_errors,
    stored_first,
    write_json,
)
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.model import scenario as scenarios
from sim.report.history import history_table
from sim.study.history import compare, history_json


@click.command(short_help="The real Dakar 2026, replayed and checked.")
@click.argument(
    "scenario", type=click.Path(path_type=Path), default=SCENARIOS / "dakar-2026-history.toml", metavar="[SCENARIO]"
)
@click.option(
    "--official",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=SCENARIOS / "official" / "dakar-2026.csv",
    metavar="FILE.csv",
    help="The official results; those of Dakar 2026 by default.",
)
@json_option
@reports_errors
def history(scenario: Path, official: Path, json_file: Path | None) -> None:
    """The happenings of Dakar 2026, replayed and compared with the official results.

    Each crew's driving and each incident are pinned; times that contain incidents, places, start lists, totals,
    penalties and the final ranking follow from the rules. One row a published value: what is official, what the
    rules give, and whether it was pinned (then it does not count), follows, or cannot be compared and why. SCENARIO is
    a scenario with pinned happenings, by default the one that comes with the project: leave one out (`without`) to
    see what it changed.
    """
    plan = scenarios.load(scenario).plan()
    if not plan.driving_s and not plan.happenings:
        fail(f"{scenario}: nothing is pinned in this scenario, so there is no history to compare", USER_ERROR)
    rows = compare(plan, replay(plan, Luck(0), 0), official)
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, history_json(rows)))
        console().print(history_table(rows))
