"""`rally sensitivity`: what an outcome depends on, and how much of its spread is luck."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sim.commands.common import (
    Whole,
    changes_options,
    command_text,
    console,
    figures_option,
    json_option,
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
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.scenario import Scenario
from sim.report.figures import write_sensitivity_figures
from sim.report.sensitivity import sensitivity_tables
from sim.study.blocks import Source
from sim.study.errors import StudyError
from sim.study.executors import Pool, processes
from sim.study.quantities import catalogue, check_quantities
from sim.study.record import Record
from sim.study.sensitivity.document import Sensitivity
from sim.study.sensitivity.points import Question
from sim.study.sensitivity.ranges import Range, declared_ranges, drawn_ranges
from sim.study.sensitivity.study import sobol, spread
from sim.study.sensitivity.tornado import tornado

SPREAD = 40
"""Luck and parameters are told apart with so many times the rallies of a mean."""

LEAST = 100
"""Rallies of a mean; fewer are no mean."""


class PowerOfTwo(click.ParamType[int]):
    """A power of two from 2 on."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a number; fails with a usage error on anything else."""
        text = str(value)
        if not text.isdecimal() or int(text) < 2 or int(text).bit_count() != 1:
            self.fail(f"must be a power of two, 2, 4, 8, ...; got {text!r}", param, ctx)
        return int(text)


@click.command(short_help="What an outcome depends on: parameters one at a time, together, and luck.")
@scenario_argument
@click.option(
    "--of", "quantity", required=True, metavar="NAME", help="The outcome: crews.502.win, teams.defender.one_two, ..."
)
@replications_option("Rallies for each value of the outcome, the same luck for all.", default=1000, least=LEAST)
@seed_option
@changes_options
@click.option(
    "--only",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    help="Of the drawn parameters only those, say 'modes.*.scale_km'; can be repeated.",
)
@click.option(
    "--vary",
    "ranges",
    multiple=True,
    metavar="PATH=LOW:HIGH",
    help="Move this too, drawn or not; PATH*=0.5:2 by factors. Can be repeated.",
)
@click.option(
    "--top",
    type=Whole(min=0),
    default=6,
    show_default=True,
    help="So many of the strongest are then moved together; 0 or 1: none.",
)
@click.option(
    "--points",
    type=PowerOfTwo(),
    default=64,
    show_default=True,
    help="Points of that: a power of two. They take points x (top + 2) x n rallies.",
)
@workers_option
@json_option
@figures_option
@reports_errors
def sensitivity(
    scenario: Path,
    quantity: str,
    replications: int,
    seed: int,
    changes: Changes,
    patterns: tuple[str, ...],
    ranges: tuple[str, ...],
    top: int,
    points: int,
    workers: int,
    json_file: Path | None,
    figures: Path | None,
) -> None:
    """What moves an outcome most, and how much of its spread is luck.

    SCENARIO is a scenario file. Three answers: each parameter alone, from the 10 % to the 90 % quantile of its draws
    while all others stay at their medians; the strongest of them together, as shares of the variance (Sobol' indices);
    and how much of the outcome's variance from rally to rally comes from not knowing the parameters.
    """
    loaded = scenarios.load(scenario, "drawn", changes)
    question = Question(scenarios.load(scenario, "point", changes).plan(), seed, quantity, replications)
    moved = _ranges(loaded, question, patterns, ranges)
    with processes(workers) as pool, progress("simulating") as bar:
        task = bar.add_task("", total=_total(loaded, question, len(moved), top, points))
        found = _study(loaded, question, moved, top, points, pool, lambda count: bar.advance(task, count))
    record = _record(loaded, question, patterns, ranges, top, points)
    with stored_first() as store:
        if json_file:
            store(lambda: write_json(json_file, found.as_json(record)))
        if figures:
            store(lambda: tell_written(write_sensitivity_figures(found, record.scenario, figures)))
        out = console()
        for part in sensitivity_tables(found, record):
            out.print(part, "")


def _ranges(loaded: Scenario, question: Question, patterns: tuple[str, ...], declared: tuple[str, ...]) -> list[Range]:
    """What moves: the parameters that are drawn, and those of which a range is given instead.

    Raises StudyError if that is nothing, or names what is not there.
    """
    check_quantities(question.plan, [question.quantity])
    if question.plan.scripted_only:
        raise StudyError("this scenario runs at the medians, without luck: nothing moves its outcome by chance")
    if question.quantity.endswith(".total_s"):
        raise StudyError(f"{question.quantity} is known only where the crew is classified: ask for its lost_s instead")
    given = declared_ranges(question.plan.rally, declared)
    names = {moved.name for moved in given}
    drawn = drawn_ranges(question.plan.rally, loaded.parameters, patterns) if loaded.parameters or patterns else []
    moved = [*given, *(one for one in drawn if one.name not in names)]
    if not moved:
        example = f"crews.{question.plan.crews[0].car}.pace=-0.05:0.05"
        raise StudyError(f"this scenario draws no parameters: say what moves, as in --vary {example}")
    return moved


def _total(loaded: Scenario, question: Question, moved: int, top: int, points: int) -> int:
    """How many rallies that takes."""
    together = min(top, moved)
    means = 2 * moved + 1 + (points * (together + 2) if together > 1 else 0) + (SPREAD if loaded.parameters else 0)
    return means * question.replications


def _study(
    loaded: Scenario,
    question: Question,
    moved: list[Range],
    top: int,
    points: int,
    pool: Pool,
    told: Callable[[int], None],
) -> Sensitivity:
    alone = tornado(question, moved, pool, told)
    strongest = [swing.range for swing in alone.swings[:top]] if min(top, len(moved)) > 1 else []
    return Sensitivity(
        quantity=question.quantity,
        kind=catalogue(question.plan)[question.quantity],
        replications=question.replications,
        tornado=alone,
        joint_ranges=strongest,
        points=points if strongest else 0,
        joint=sobol(question, strongest, points, pool, told) if strongest else None,
        spread=spread(
            Source(loaded.plan(), question.seed), question.quantity, SPREAD * question.replications, pool, told
        )
        if loaded.parameters
        else None,
    )


def _record(
    loaded: Scenario,
    question: Question,
    patterns: tuple[str, ...],
    ranges: tuple[str, ...],
    top: int,
    points: int,
) -> Record:
    words: list[object] = ["sensitivity", loaded.file, *scenario_options(loaded), "--of", question.quantity]
    words += ["-n", question.replications, "--seed", question.seed, "--top", top, "--points", points]
    words += [word for pattern in patterns for word in ("--only", pattern)]
    words += [word for text in ranges for word in ("--vary", text)]
    rallies, command = question.replications, command_text(*words)
    return Record.of(loaded.plan(), loaded.file, seed=question.seed, replications=rallies, command=command)
