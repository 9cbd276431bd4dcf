"""What `rally odds` and `rally merge` share: running a study to its end or as far as it gets, and showing it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from rich.markup import escape

from sim.commands.common import (
    BROKEN,
    INTERRUPTED,
    console,
    error_text,
    progress,
    stored_first,
    tell_written,
    write_json,
)
from sim.report import tables
from sim.report.figures import write_odds_figures
from sim.report.words import rallies
from sim.study.blocks import Block, Result, Source
from sim.study.errors import BrokenStudyError
from sim.study.estimates import Intervals
from sim.study.odds import summarise
from sim.study.outcomes_file import OutcomesFile
from sim.study.precision import Precision
from sim.study.record import Record
from sim.study.tally import RunningTally, Tally


@dataclass(frozen=True)
class Stop:
    """Why a study ended early, and with which exit code."""

    reason: str
    code: int


class OfBlock(Protocol):
    """What came out of a block."""

    @property
    def block(self) -> Block: ...  # noqa: D102 - which


B = TypeVar("B", bound=OfBlock)


def gather(results: Generator[B], take: Callable[[B], bool], total: int | None) -> Stop | None:
    """Take results to the end, until `take` says that it is enough, or until something breaks; returns what did.

    `total` is the number of rallies to come, None if it is not known.
    """
    try:
        with closing(results), progress("simulating") as bar:
            task = bar.add_task("", total=total)
            for result in results:
                enough = take(result)
                bar.advance(task, result.block.count)
                if enough:
                    break
    except KeyboardInterrupt:
        return Stop("Stopped early", INTERRUPTED)
    except (OSError, BrokenStudyError, MemoryError) as error:
        return Stop(error_text(error), BROKEN)
    return None


class Gathering:
    """The results of a study as they come.

    Attributes:
        tally: of the rallies so far.
        stop: why it ended early; None if it did not.
    """

    def __init__(self, outcomes: OutcomesFile | None = None, precision: Precision | None = None) -> None:
        self._outcomes, self._precision = outcomes, precision
        self.tally = RunningTally()
        self.stop: Stop | None = None

    def run(self, results: Generator[Result], total: int | None) -> None:
        """Take results to the end, until a precision is reached, or until something breaks.

        `total` is the number of rallies to come, None if it is not known.
        """
        self.stop = gather(results, self._add, total)

    def _add(self, result: Result) -> bool:
        """Count in a block; is a precision reached by it?"""
        if self._outcomes and result.rows is not None:
            self._outcomes.add(result.rows)
        self.tally.add(result.tally)
        if self._precision:
            self._precision.add(result.tally)
        return self._precision is not None and self._precision.reached


@dataclass(frozen=True)
class Outputs:
    """Where results go besides the terminal."""

    json: Path | None
    figures: Path | None
    outcomes: OutcomesFile | None = None


def show(source: Source, tally: Tally, intervals: Intervals, record: Record, outputs: Outputs) -> None:
    """Write the files and print the tables of a study.

    Raises the first OSError of the files once everything else is written and shown.
    """
    summary = summarise(source.plan, tally, intervals)
    with stored_first() as store:
        if outputs.json:
            path = outputs.json
            store(lambda: write_json(path, summary.as_json(record)))
        if outputs.outcomes:
            store(outputs.outcomes.finish)
        if outputs.figures:
            folder = outputs.figures
            store(lambda: tell_written(write_odds_figures(source.plan, tally, summary, folder)))
        out = console()
        study = f"{rallies(len(tally))} of {record.file}, seed {source.seed}, {source.engine} engine"
        study += record.parameters and f", parameters {record.parameters}"
        out.print(f"[bold]{escape(record.scenario)}[/]: {escape(study)}\n")
        for table in tables.odds_tables(summary, source.plan):
            out.print(table, "")
