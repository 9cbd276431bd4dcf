"""`rally odds`: the odds of every crew and team, and where rallies are lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import click

from sim.commands.common import (
    BROKEN,
    DEFAULT_REPLICATIONS,
    FolderType,
    OutputType,
    Whole,
    changes_options,
    command_text,
    fail,
    figures_option,
    json_option,
    parameters_option,
    reports_errors,
    scenario_argument,
    scenario_options,
    seed_option,
    tell,
)
from sim.commands.studies import Gathering, Outputs, Stop, show
from sim.engine.luck import MAX_REPLICATIONS
from sim.model import scenario as scenarios
from sim.model.changes import Changes
from sim.model.scenario import Scenario, Use
from sim.report.words import rallies
from sim.study.blocks import Block, Engine, Source, split
from sim.study.errors import StudyError
from sim.study.estimates import FIXED, Intervals
from sim.study.executors import Kind, Pool, open_pool
from sim.study.outcomes_file import OutcomesFile
from sim.study.precision import SEQUENTIAL, Precision, check_affordable, needed, parse_precision
from sim.study.record import Record
from sim.study.run import results
from sim.study.store import MANIFEST, Manifest, Store


@dataclass(frozen=True)
class Asked:
    """What `rally odds` is asked to do; see its options. `half` is the precision as a number."""

    scenario: Scenario
    source: Source
    replications: int | None
    first: int | None
    precision: str | None
    half: float | None
    quantities: tuple[str, ...]
    study: Path | None
    extend: int | None


@click.command(short_help="The odds of every crew and team.")
@scenario_argument
@click.option(
    "-n",
    "--replications",
    type=Whole(min=1),
    help=f"How many rallies to simulate; {DEFAULT_REPLICATIONS:,} by default. With --precision: at most so many.",
)
@seed_option
@parameters_option
@changes_options
@click.option(
    "--first",
    type=Whole(0, MAX_REPLICATIONS - 1),
    metavar="K",
    help="Index of the first rally: another part of the same study, for another machine.  [default: 0]",
)
@click.option(
    "--precision",
    metavar="POINTS",
    help="Run until every probability is known to within so many percentage points on either side, say 0.2pp.",
)
@click.option(
    "--quantity",
    "quantities",
    multiple=True,
    metavar="NAME",
    help="Only these need that precision: crews.502.win, teams.defender.one_two, ...; can be repeated.",
)
@click.option(
    "--engine",
    type=click.Choice(["array", "event"]),
    default="array",
    show_default=True,
    help="Many at once, or one by one in the event engine: the same rallies, to the second.",
)
@click.option("--workers", type=Whole(min=1), metavar="N", help="Processes on this machine.  [default: 1]")
@click.option(
    "--executor",
    type=click.Choice(["processes", "dask", "mpi"]),
    default="processes",
    show_default=True,
    help="Who computes: processes on this machine, a Dask cluster, or the processes of mpiexec.",
)
@click.option("--scheduler", metavar="ADDRESS", help="The Dask scheduler to use, say tcp://10.0.0.1:8786.")
@click.option(
    "--study",
    type=FolderType(),
    metavar="DIR",
    help="Store finished work in this folder, and begin with what is there.",
)
@click.option(
    "--extend",
    type=Whole(min=1),
    metavar="N",
    help="Add so many rallies to the study in DIR. Not because of what it showed: for that there is --precision.",
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
    replications: int | None,
    seed: int,
    use: Use,
    changes: Changes,
    first: int | None,
    precision: str | None,
    quantities: tuple[str, ...],
    engine: Engine,
    workers: int | None,
    executor: Kind,
    scheduler: str | None,
    study: Path | None,
    extend: int | None,
    json_file: Path | None,
    outcomes_file: Path | None,
    figures: Path | None,
) -> None:
    """The odds of every crew and team: who is classified, wins, reaches the podium.

    SCENARIO is a scenario file. Shown are the odds of every crew with 95 % intervals, the odds of every team, and
    where rallies are lost, by cause and by stage. Ctrl-C stops early and shows what is there by then. The numbers are
    the same, digit by digit, for any number of workers, and after an interruption that --study made good.
    """
    loaded = scenarios.load(scenario, use, changes)
    source = Source(loaded.plan(), seed, engine)
    half = None if precision is None else parse_precision(precision)
    asked = Asked(loaded, source, replications, first, precision, half, quantities, study, extend)
    _check(asked)
    outputs = Outputs(json_file, figures)
    with open_pool(executor, workers, scheduler) as pool:
        if pool is not None:
            _study(asked, pool, outputs, outcomes_file)


def _check(asked: Asked) -> None:
    """Raises StudyError for options that do not go together."""
    if asked.extend and not asked.study:
        raise StudyError("--extend adds to a stored study: say which with --study DIR")
    if asked.extend and (asked.replications or asked.precision):
        raise StudyError("--extend says how many rallies to add: leave out -n and --precision")
    if asked.quantities and not asked.precision:
        raise StudyError("--quantity says what a precision is for: give --precision with it, say 0.2pp")
    if asked.half and not asked.replications:
        check_affordable(asked.half)
    if not _is_stored(asked):
        _check_end(asked, asked.first or 0, asked.replications or DEFAULT_REPLICATIONS)


def _check_end(asked: Asked, first: int, count: int) -> None:
    """Raises StudyError if a study of so many rallies, as it is to become, goes past the last rally there is."""
    if asked.half:
        count = asked.replications or needed(asked.half)
    end = first + count + (asked.extend or 0)
    if end > MAX_REPLICATIONS:
        raise StudyError(f"rallies have the indices 0 to {MAX_REPLICATIONS - 1:,}, and these go to {end - 1:,}")


def _is_stored(asked: Asked) -> bool:
    """Has the study begun before?"""
    return asked.study is not None and (asked.study / MANIFEST).exists()


def _study(asked: Asked, pool: Pool, outputs: Outputs, outcomes_file: Path | None) -> None:
    """Run the study and show it; ends the process if it ended early."""
    source = asked.source
    rule = Precision(source.plan, asked.half, asked.quantities) if asked.half else None
    store = _store(asked) if asked.study else None
    manifest = store.manifest if store else _new_study(asked)
    total = None if rule else manifest.end - manifest.first
    with OutcomesFile(outcomes_file, source.plan) if outcomes_file else nullcontext() as outcomes:
        gathering = Gathering(outcomes, rule)
        with_rows = outcomes is not None
        gathering.run(results(source, _blocks(asked, manifest), pool, store=store, with_rows=with_rows), total)
        stop, done = gathering.stop, len(gathering.tally)
        if stop and not done:
            kept = f"; what is finished is in {asked.study}" if asked.study else ""
            fail(f"{stop.reason}, before the first rallies were over: there is nothing to show{kept}", stop.code)
        if store and manifest.first + done > manifest.end:
            store.change(manifest.extended(manifest.first + done))
        intervals = SEQUENTIAL if manifest.sequential else FIXED
        record = _record(asked, manifest, done, intervals)
        show(source, gathering.tally.total, intervals, record, replace(outputs, outcomes=outcomes))
    if rule:
        tell(_reached(rule, done))
    if stop:
        tell(_early(stop, record, total, asked))
        sys.exit(stop.code)
    if rule and not rule.reached:
        sys.exit(BROKEN)


def _new_study(asked: Asked) -> Manifest:
    """The study that is asked for, as if nothing of it were stored; one for a precision is as long as it gets."""
    first = asked.first or 0
    count = 0 if asked.precision else asked.replications or DEFAULT_REPLICATIONS
    return Manifest.of(
        asked.source,
        str(asked.scenario.file),
        first,
        first + count,
        sequential=bool(asked.precision),
        options=scenario_options(asked.scenario),
    )


def _store(asked: Asked) -> Store:
    """The stored study, new or as it is to become.

    Raises StudyError if another one is stored there.
    """
    folder, new = Path(str(asked.study)), _new_study(asked)
    if not _is_stored(asked):
        if asked.extend:
            raise StudyError(f"there is no study in {folder} to extend")
        return Store.create(folder, new, tell, asked.source.plan.parameters)
    store = Store.open(folder, tell)
    old = store.manifest
    different = old.differences(new)
    if asked.first not in {None, old.first}:
        different.append(f"first replication {old.first}, not {asked.first}")
    if different:
        raise StudyError(f"the study in {folder} is another one: it has {'; '.join(different)}")
    count = old.end - old.first
    if count and asked.replications not in {None, count} and not asked.precision:
        raise StudyError(
            f"the study in {folder} is one of {rallies(count)}, not {asked.replications:,}: leave out -n to have it as "
            "it is, or add to it with --extend N"
        )
    if not (count or asked.precision or asked.extend):
        raise StudyError(
            f"the study in {folder} was begun for a precision and stopped on the way: go on with its --precision, or "
            "say with --extend how many rallies it is to have"
        )
    _check_end(asked, old.first, count)
    store.keep(asked.source.plan.parameters)
    if asked.extend:
        store.change(old.extended(old.end + asked.extend))
    elif asked.precision:
        store.change(replace(old, sequential=True))
    there = sum(block.count for block in store.manifest.blocks if store.path(block).exists())
    tell(f"{folder}: {there:,} of {rallies(store.manifest.end - old.first)} are there")
    return store


def _blocks(asked: Asked, manifest: Manifest) -> Iterator[Block]:
    """The blocks to run: those of the study and, for a precision, as many more as it takes."""
    if not asked.precision:
        return manifest.blocks
    end = manifest.first + asked.replications if asked.replications else MAX_REPLICATIONS
    whole = [block for block in manifest.blocks if block.end <= end]
    return chain(whole, split(whole[-1].end if whole else manifest.first, end, manifest.block))


def _record(asked: Asked, manifest: Manifest, done: int, intervals: Intervals) -> Record:
    """How to have the same rallies again, as many as there are: where a precision looks depends on what was stored."""
    source, first = asked.source, manifest.first
    words: list[object] = ["odds", asked.scenario.file, *scenario_options(asked.scenario)]
    if asked.precision:
        words += ["--precision", asked.precision, *chain(*(("--quantity", name) for name in asked.quantities))]
    words += ["-n", done, "--seed", source.seed, *(["--first", first] if first else []), "--engine", source.engine]
    return Record.of(
        source.plan,
        asked.scenario.file,
        seed=source.seed,
        first=first,
        replications=done,
        engine=source.engine,
        intervals=intervals.name,
        command=command_text(*words),
    )


def _reached(rule: Precision, done: int) -> str:
    """How many rallies a precision took, or how far they got."""
    points = f"{100 * rule.half:g} percentage points"
    if rule.reached:
        return f"Known to within {points} after {rallies(done)}."
    name, half = rule.widest
    return f"After {rallies(done)} not yet known to within {points}: {name} is only known to within {100 * half:.2g}."


def _early(stop: Stop, record: Record, total: int | None, asked: Asked) -> str:
    """What is shown after a study that ended early, and how it goes on."""
    shown = f"{stop.reason}: these are the first {record.replications:,}{f' of {total:,}' if total else ''} rallies."
    if asked.study:
        but = ", but without --extend," if asked.extend else ""
        return f"{shown} What is finished is in {asked.study}: begin again in the same way{but} to go on."
    return f"{shown} To have them again: {record.command}"
