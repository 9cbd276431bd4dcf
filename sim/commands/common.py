"""What the subcommands share: options, error messages and output files."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec, TypeVar, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sim.engine.luck import MAX_REPLICATIONS, MAX_SEED
from sim.model.changes import Changes
from sim.model.findings import ScenarioError
from sim.model.scenario import Scenario, Use
from sim.study.errors import NO_MEMORY, BrokenStudyError, StudyError, naming

P = ParamSpec("P")
R = TypeVar("R")

USER_ERROR = 2
"""Exit code of a mistake in what the user gave."""
BROKEN = 3
"""Exit code when something broke that the user could not know: a full disk, say."""
INTERRUPTED = 130
"""Exit code after Ctrl-C."""

DEFAULT_SEED = 2026
DEFAULT_REPLICATIONS = 40_000
"""Enough for every probability to within half a percentage point: 1.96 * sqrt(0.25 / 40,000) = 0.0049."""

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
"""The scenarios that come with the project."""


class SeedType(click.ParamType[int]):
    """An integer from 0 to 2**64 - 1."""

    name = "seed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a seed; fails with a usage error on anything else."""
        text = str(value)
        if not text.isascii() or not text.isdigit() or len(text) > len(str(MAX_SEED)) or int(text) > MAX_SEED:
            self.fail(f"a seed is a whole number from 0 to {MAX_SEED} (2**64 - 1), got {text!r}", param, ctx)
        return int(text)


class Whole(click.IntRange):
    """A whole number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it; fails with a usage error on anything else."""
        try:
            int(value)
        except ValueError:
            self.fail(f"a whole number is needed, as in 1000, got {value!r}", param, ctx)
        return super().convert(value, param, ctx)


class OutputType(click.Path):
    """A file to write: its folder must exist, so that nobody waits for numbers that cannot be stored."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path; fails with a usage error."""
        path = Path(str(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}", param, ctx)
        return path


class FolderType(click.Path):
    """A folder to write, there or still to be made: below something that is a folder."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, writable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path; fails with a usage error."""
        folder = Path(str(super().convert(value, param, ctx)))
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not there.is_dir():
            self.fail(f"cannot make the folder {str(folder)!r}: {str(there)!r} is a file", param, ctx)
        return folder


scenario_argument = click.argument("scenario", type=click.Path(path_type=Path))
seed_option = click.option(
    "--seed", type=SeedType(), default=DEFAULT_SEED, show_default=True, help="Seed of the luck, 0 to 2**64 - 1."
)
parameters_option = click.option(
    "--parameters",
    "use",
    type=click.Choice(get_args(Use)),
    default="drawn",
    show_default=True,
    help="Where a scenario has a file of parameter draws: a draw for each rally, or the point values for all.",
)


workers_option = click.option(
    "--workers",
    type=Whole(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes on this machine; the digits are the same for any number.",
)
json_option = click.option("--json", "json_file", type=OutputType(), metavar="FILE", help="Also write it as JSON.")
html_option = click.option("--html", type=OutputType(), metavar="FILE", help="Also write it as one page to print.")
figures_option = click.option(
    "--figures",
    type=FolderType(),
    metavar="DIR",
    help="Also draw it: PNG and SVG files in this folder.",
)


def replications_option(what: str, *, default: int, least: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The option -n of a command that runs a number of rallies which was chosen beforehand."""
    allowed = Whole(least, MAX_REPLICATIONS)
    return click.option("-n", "--replications", type=allowed, default=default, show_default=True, help=what)


def changes_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options `--set` and `--without`; the command gets them as `changes`."""

    @click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="PATH=VALUE",
        help="Change a value of the scenario; PATH*=FACTOR multiplies it, or each draw of it. Can be repeated.",
    )
    @click.option(
        "--without", "removals", multiple=True, metavar="PATH", help="Remove a path of the scenario. Can be repeated."
    )
    @wraps(command)
    def run(*args: Any, settings: tuple[str, ...], removals: tuple[str, ...], **kwargs: Any) -> R:
        return command(*args, changes=Changes(settings, removals), **kwargs)

    return run


def console() -> Console:
    """Where tables go; 120 columns when the output is not a terminal."""
    return Console() if sys.stdout.isatty() else Console(width=120)


def progress(doing: str, counted: str = "rallies") -> Progress:
    """A bar on standard error with what is counted; it goes away in the end."""
    return Progress(
        TextColumn(doing),
        BarColumn(),
        TextColumn(f"{{task.completed:,.0f}} {counted}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def fail(message: str, code: int) -> NoReturn:
    """End the command with a message on standard error."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what the user or the machine got wrong into a message and an exit code, without a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ScenarioError, StudyError) as error:
            fail(str(error), USER_ERROR)
        except (OSError, BrokenStudyError, MemoryError) as error:
            fail(error_text(error), BROKEN)
        except KeyboardInterrupt:
            fail("Stopped", INTERRUPTED)

    return run


def error_text(error: Exception) -> str:
    """What broke, and in which file."""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    if isinstance(error, MemoryError):
        return NO_MEMORY
    return str(error)


@contextmanager
def stored_first() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Write files before anything is shown, so that a closed pipe loses none; what fails is reported at the end.

    Raises the first OSError of the files once everything else is written and shown.
    """
    failures: list[OSError] = []

    def store(write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            failures.append(error)

    yield store
    if failures:
        raise failures[0]


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON document, readable and with a newline at its end."""
    with naming(path):
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def tell_written(paths: Iterable[Path]) -> None:
    """Say which files were written."""
    for path in paths:
        tell(f"wrote {path}")


def command_text(*words: object) -> str:
    """A command line that a shell reads back."""
    return shlex.join(["rally", *(str(word) for word in words)])


def scenario_options(scenario: Scenario) -> list[str]:
    """What a command line says after the file to have this scenario: what becomes of draws, and the changes."""
    used = scenario.rally.parameters
    medians = used is not None and used.use == "point" and scenario.asked == "point"
    return [*(["--parameters", "point"] if medians else []), *scenario.changes.words()]


def tell(message: str) -> None:
    """A remark beside the result, on standard error."""
    click.echo(message, err=True)
