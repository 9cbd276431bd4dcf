"""`rally compare`: what a change does, how sure that is, and why."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import click
from rich.markup import escape
from rich.text import Text

from sim.commands.common import (
    BROKEN,
    DEFAULT_REPLICATIONS,
    Whole,
    changes_options,
    command_text,
    console,
    fail,
    figures_option,
    json_option,
    parameters_option,
    reports_errors,
    scenario_options,
    seed_option,
    stored_first,
    tell,
    tell_written,
    workers_option,
    write_json,
)
from sim.commands.studies import Outputs, gather
from sim.engine.event import replay
from sim.engine.luck import MAX_REPLICATIONS, Luck
from sim.model import scenario as scenarios
from sim.model.changes import NO_CHANGES, Changes
from sim.model.findings import ScenarioError, unknown
from sim.model.scenario import Scenario, Use
from sim.report.comparison import comparison_tables, headline, unpaired_text
from sim.report.figures import write_comparison_figures
from sim.report.side_by_side import side_by_side
from sim.report.words import rallies
from sim.study.blocks import BLOCK, split
from sim.study.comparison import study
from sim.study.comparison.document import Named, document
from sim.study.comparison.intervals import fixed, sequential
from sim.study.comparison.rule import PrecisionRule, Wanted
from sim.study.comparison.study import Compared, Comparison, PairTally
from sim.study.comparison.summary import VariantSummary, summarise
from sim.study.errors import StudyError
from sim.study.executors import Pool, processes
from sim.study.precision import MOST_REPLICATIONS
from sim.study.record import Record
from sim.study.run import in_order


@dataclass(frozen=True)
class Asked:
    """What `rally compare` is asked to do.

    Attributes:
        base: a scenario.
        variants: those of files, then the base with the changes of the command line if there are any.
        names: what the variants are called.
        comparison: their plans, and the seed.
        shown: names of quantities.
        words: the command line but for what says how many pairs to run and what to show.
    """

    base: Scenario
    variants: tuple[Scenario, ...]
    names: tuple[str, ...]
    comparison: Comparison
    shown: tuple[str, ...]
    words: tuple[object, ...]


@dataclass(frozen=True)
class Stopping:
    """When a study ends: after so many pairs, or with a rule at the latest then."""

    replications: int
    rule: PrecisionRule | None
    words: tuple[object, ...]


@click.command(short_help="What a change does, how sure that is, and why.")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, metavar="[VARIANT]...", type=click.Path(path_type=Path))
@click.option(
    "-n",
    "--replications",
    type=Whole(1, MAX_REPLICATIONS),
    help=f"How many pairs of rallies; {DEFAULT_REPLICATIONS:,} by default. With --precision: at most so many.",
)
@click.option(
    "--precision",
    metavar="P",
    help="Run until every difference shown is known to within so much on either side: 0.2pp, 1.5min, 0.01 of a count.",
)
@click.option(
    "--quantity",
    "quantities",
    multiple=True,
    metavar="NAME",
    help="Show these only: crews.502.win, crews.502.total_s, teams.defender.one_two, ...; can be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="Show all quantities.")
@changes_options
@seed_option
@parameters_option
@workers_option
@click.option(
    "--replication",
    type=Whole(0, MAX_REPLICATIONS - 1),
    metavar="K",
    help="Instead: the two stories of this one pair, side by side.",
)
@json_option
@figures_option
@reports_errors
def compare(
    base: Path,
    files: tuple[Path, ...],
    replications: int | None,
    precision: str | None,
    quantities: tuple[str, ...],
    changes: Changes,
    seed: int,
    use: Use,
    workers: int,
    replication: int | None,
    json_file: Path | None,
    figures: Path | None,
    *,
    everything: bool,
) -> None:
    """What a change does to a rally, how sure that is, and why.

    BASE is a scenario file and VARIANT another, which usually extends it; --set and --without make a variant of BASE.
    Rally k of all of them has the same luck and the same parameters, so they differ by the change alone. Shown are the
    differences with 95 % intervals, whose fate flipped and by what, and what causes cost or save.
    """
    asked = _asked(_load(base, files, use, changes), files, seed, quantities, everything=everything)
    if replication is not None:
        if replications or precision or json_file or figures:
            raise StudyError("--replication shows one pair of rallies: leave out -n, --precision, --json and --figures")
        _tell_stories(asked, replication)
        return
    stopping = _stopping(asked, replications, precision, quantities)
    with processes(workers) as pool:
        _study(asked, stopping, pool, Outputs(json_file, figures))


def _load(base: Path, files: tuple[Path, ...], use: Use, changes: Changes) -> list[Scenario]:
    """The base and its variants.

    Raises StudyError with what is wrong with any of them, or if there is no variant.
    """
    wanted = [(file, NO_CHANGES) for file in (base, *files)] + ([(base, changes)] if changes else [])
    if len(wanted) == 1:
        raise StudyError("nothing to compare with: give the file of a variant, or a change with --set or --without")
    loaded, problems = [], []
    for file, its_changes in wanted:
        try:
            loaded.append(scenarios.load(file, use, its_changes))
        except ScenarioError as error:
            problems.append(str(error))
    if problems:
        raise StudyError("\n".join(dict.fromkeys(problems)))
    return loaded


def _asked(
    loaded: list[Scenario], files: tuple[Path, ...], seed: int, quantities: tuple[str, ...], *, everything: bool
) -> Asked:
    """Raises StudyError for quantities that no pair has, and for options that do not go together."""
    base, *variants = loaded
    comparison = Comparison.of(base.plan(), tuple(variant.plan() for variant in variants), seed)
    known = list(dict.fromkeys(name for pairing in comparison.pairings for name in pairing.quantities))
    if not known:
        raise StudyError("nothing to compare: no crew and no team is in the base and in a variant")
    problems = [unknown("quantity", name, known) for name in quantities if name not in known]
    if everything and quantities:
        problems.append("--all shows every quantity, --quantity only some: give one of the two")
    if problems:
        raise StudyError("\n".join(problems))
    options = max((scenario_options(scenario) for scenario in loaded), key=len)
    stems = [variant.file.stem for variant in variants]
    return Asked(
        base=base,
        variants=tuple(variants),
        names=tuple(
            str(variant.changes or (variant.file.stem if stems.count(variant.file.stem) == 1 else variant.file))
            for variant in variants
        ),
        comparison=comparison,
        shown=tuple(dict.fromkeys(quantities)) or tuple(known if everything else headline(known)),
        words=(base.file, *files, *options, "--seed", seed),
    )


def _stopping(asked: Asked, replications: int | None, precision: str | None, quantities: tuple[str, ...]) -> Stopping:
    """Raises StudyError for a precision that cannot be reached."""
    if precision is None:
        return Stopping(replications or DEFAULT_REPLICATIONS, None, ())
    wanted, pairings = Wanted.parse(precision), asked.comparison.pairings
    wanted.check(pairings, asked.shown)
    if replications is None:
        wanted.check_affordable(len(pairings))
    words = ("--precision", precision, *chain(*(("--quantity", name) for name in quantities)))
    return Stopping(replications or MOST_REPLICATIONS, PrecisionRule(wanted, pairings, asked.shown), words)


def _study(asked: Asked, stopping: Stopping, pool: Pool, outputs: Outputs) -> None:
    """Run the pairs and show them; ends the process if that ended early."""
    tallies: list[PairTally] = []

    def take(result: Compared) -> bool:
        together = zip(tallies, result.tallies, strict=True)
        tallies[:] = [a + b for a, b in together] if tallies else result.tallies
        return stopping.rule is not None and stopping.rule.reached(tallies)

    blocks = split(0, stopping.replications, BLOCK["array"])
    results = in_order(partial(study.compare, asked.comparison), blocks, pool)
    stop = gather(results, take, None if stopping.rule else stopping.replications)
    if stop and not tallies:
        fail(f"{stop.reason}, before the first rallies were over: there is nothing to show", stop.code)
    _show(asked, stopping, tallies, outputs)
    if stopping.rule:
        tell(_reached(stopping.rule, tallies))
    if stop:
        tell(f"{stop.reason}: these are the first {rallies(tallies[0].n)}.")
        sys.exit(stop.code)
    if stopping.rule and not stopping.rule.reached(tallies):
        sys.exit(BROKEN)


def _show(asked: Asked, stopping: Stopping, tallies: list[PairTally], outputs: Outputs) -> None:
    """Write the files and print the tables."""
    pairings = asked.comparison.pairings
    intervals = (sequential if stopping.rule else fixed)(len(pairings))
    summaries = [summarise(pairing, tally, intervals) for pairing, tally in zip(pairings, tallies, strict=True)]
    record = _record(asked, stopping, tallies[0].n, intervals.name)
    with stored_first() as store:
        if outputs.json:
            path = outputs.json
            store(lambda: write_json(path, document(record, _named(asked), summaries)))
        if outputs.figures:
            folder = outputs.figures
            store(lambda: tell_written(write_comparison_figures(asked.names, summaries, asked.shown, folder)))
        out = console()
        pairs = f"{rallies(record.replications)} of {record.file}, seed {record.seed}, and the same with each change"
        out.print(f"[bold]{escape(record.scenario)}[/]: {escape(pairs)}\n")
        for table in comparison_tables(asked.names, summaries, asked.shown):
            out.print(table, "")
        for line in _remarks(asked, summaries):
            out.print(Text(line))


def _remarks(asked: Asked, summaries: list[VariantSummary]) -> list[str]:
    """Which crews were left out, and how to see a pair."""
    lines = [unpaired_text(name, summary.pairing) for name, summary in zip(asked.names, summaries, strict=True)]
    flips = summaries[0].why.flips
    if len(summaries) == 1 and flips:
        example = command_text("compare", *asked.words, "--replication", flips[0].examples[0])
        lines.append(f"The two stories of a pair, side by side: {example}")
    return [line for line in lines if line]


def _named(asked: Asked) -> list[Named]:
    def replays(variant: Scenario, k: int) -> tuple[str, str]:
        end = ("--seed", asked.comparison.seed, "--replication", k)
        base, changed = (
            command_text("replay", scenario.file, *scenario_options(scenario), *end)
            for scenario in (asked.base, variant)
        )
        return base, changed

    return [
        Named(name, str(variant.file), str(variant.changes), partial(replays, variant))
        for name, variant in zip(asked.names, asked.variants, strict=True)
    ]


def _record(asked: Asked, stopping: Stopping, done: int, intervals: str) -> Record:
    command = command_text("compare", *asked.words, *stopping.words, "-n", done)
    base, seed = asked.comparison.base, asked.comparison.seed
    return Record.of(base, asked.base.file, seed=seed, replications=done, intervals=intervals, command=command)


def _reached(rule: PrecisionRule, tallies: list[PairTally]) -> str:
    """How many pairs a precision took, or how far they got."""
    name, reach = rule.widest(tallies)
    if reach <= rule.wanted.half:
        return f"Every difference is known to within {rule.wanted.text} after {rallies(tallies[0].n)}."
    known = f"to within {rule.wanted.told(reach)}" if math.isfinite(reach) else "not at all: no pair differs in it"
    return f"After {rallies(tallies[0].n)} not yet known to within {rule.wanted.text}: {name} is known {known}."


def _tell_stories(asked: Asked, replication: int) -> None:
    """Print one pair side by side.

    Raises StudyError if there is more than one variant.
    """
    if len(asked.names) > 1:
        raise StudyError(f"--replication shows one variant beside the base, and here are {len(asked.names)}")
    (pairing,), luck = asked.comparison.pairings, Luck(asked.comparison.seed)
    stories = [replay(plan, luck, replication) for plan in (pairing.base, pairing.variant)]
    console().print(side_by_side(pairing, stories[0], stories[1], asked.names[0]))
