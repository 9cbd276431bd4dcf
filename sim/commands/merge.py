"""`rally merge`: shards of a study that were made on different machines, put together."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from itertools import pairwise
from pathlib import Path

import click

from sim.commands.common import FolderType, command_text, fail, figures_option, json_option, reports_errors, tell
from sim.commands.studies import Gathering, Outputs, show
from sim.study.blocks import Result, Source
from sim.study.errors import StudyError
from sim.study.estimates import FIXED
from sim.study.record import Record
from sim.study.run import results
from sim.study.store import MANIFEST, Manifest, Store


@click.command()
@click.argument("shards", nargs=-1, required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR...")
@click.option(
    "--study",
    type=FolderType(),
    metavar="DIR",
    help="Also store them together as one study in this folder: a new or empty one, or that of this merge, stopped.",
)
@json_option
@figures_option
@reports_errors
def merge(shards: tuple[Path, ...], study: Path | None, json_file: Path | None, figures: Path | None) -> None:
    """Put the shards of a study together and show its odds.

    Each DIR is a study that `rally odds --study DIR --first K` has finished, of the same scenario, seed, engine and
    versions; together they have all rallies from the first to the last, each once. Studies that were run for a
    --precision are refused. The numbers are those of one study of all the rallies, digit by digit.
    """
    stores = _in_order([Store.open(shard, tell) for shard in shards])
    source, whole = stores[0].source(), _whole(stores)
    target = _target(study, whole, source) if study else None
    gathering = Gathering()
    gathering.run(_results(source, stores, target), whole.end - whole.first)
    if gathering.stop:
        fail(gathering.stop.reason, gathering.stop.code)
    done = len(gathering.tally)
    words: list[object] = ["odds", whole.file, *whole.options, "-n", done, "--seed", whole.seed]
    words += [*(["--first", whole.first] if whole.first else []), "--engine", whole.engine]
    record = Record(
        scenario=source.plan.rally.name,
        file=whole.file,
        digest=whole.digest,
        parameters=source.plan.rally.parameters_summary,
        seed=whole.seed,
        first_replication=whole.first,
        replications=done,
        engine=whole.engine,
        intervals=FIXED.name,
        command=command_text(*words),
        versions=whole.versions,
    )
    show(source, gathering.tally.total, FIXED, record, Outputs(json_file, figures))


def _target(folder: Path, whole: Manifest, source: Source) -> Store:
    """Where the whole is stored: a new folder, or one in which the same was begun and not finished."""
    if (folder / MANIFEST).exists():
        begun = Store.open(folder, tell)
        if begun.manifest == whole and begun.missing():
            begun.keep(source.plan.parameters)
            return begun
    return Store.create(folder, whole, tell, source.plan.parameters)


def _in_order(stores: list[Store]) -> list[Store]:
    """The shards in the order of their replications.

    Raises StudyError if they are not the parts of one study, all of them and each once.
    """
    first = stores[0]
    for store in stores:
        different = store.manifest.differences(first.manifest)
        if different:
            raise StudyError(
                f"{store.directory} is not of the same study as {first.directory}: it has {'; '.join(different)}"
            )
        if store.manifest.sequential:
            raise StudyError(
                f"{store.directory} was run for a precision: where it ended depends on what it showed, and that is "
                "lost among others; make shards with -n"
            )
        missing = store.missing()
        if missing:
            how_many = "a block is missing:" if len(missing) == 1 else f"{len(missing)} blocks are missing, first"
            raise StudyError(f"{store.directory} is not finished: {how_many} {missing[0]}; go on with: {_go_on(store)}")
    ordered = sorted(stores, key=lambda store: store.manifest.first)
    for one, other in pairwise(ordered):
        if other.manifest.first < one.manifest.end:
            raise StudyError(f"replication {other.manifest.first} is in both {one.directory} and {other.directory}")
        if other.manifest.first > one.manifest.end:
            gap = f"replications {one.manifest.end} to {other.manifest.first - 1}"
            raise StudyError(f"{gap} are missing between {one.directory} and {other.directory}")
    return ordered


def _go_on(store: Store) -> str:
    """The command that finishes a shard."""
    known = store.manifest
    words = ["--seed", known.seed, "--engine", known.engine, "--study", store.directory]
    return command_text("odds", known.file, *known.options, *words)


def _whole(stores: Sequence[Store]) -> Manifest:
    """The study that the shards make."""
    ranges = tuple(one for store in stores for one in store.manifest.ranges)
    return dataclasses.replace(stores[0].manifest, ranges=ranges)


def _results(source: Source, stores: Sequence[Store], target: Store | None) -> Generator[Result]:
    """All blocks of all shards; what is damaged is computed again where it was."""
    for store in stores:
        for result in results(source, store.manifest.blocks, store=store):
            if target:
                target.save(result)
            yield result
