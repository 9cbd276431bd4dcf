"""What the subcommands share: arguments, error messages, progress, and what a record says."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from calibration.chains.start import NoStart
from calibration.convergence import MIN_DRAWS
from calibration.facts import Observations
from calibration.findings import ObservationError
from calibration.fit import Effort, Progress
from sim.commands import common
from sim.commands.common import BROKEN, USER_ERROR, FolderType, Whole, fail, tell
from sim.study.record import installed_versions

P = ParamSpec("P")
R = TypeVar("R")

CALIBRATION = Path(__file__).resolve().parents[1]
DAKAR_2026 = CALIBRATION / "data" / "dakar-2026"
"""The observations that come with the project."""

folder_argument = click.argument(
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=DAKAR_2026,
    metavar="[FOLDER]",
)
workers_option = click.option(
    "--workers",
    type=Whole(min=1),
    default=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    show_default="all cores",
    metavar="N",
    help="Processes on this machine; the digits do not depend on it.",
)
store_option = click.option(
    "--store",
    type=FolderType(),
    metavar="DIR",
    help="Keep what was fitted in this folder, and begin with what is there.",
)


def sweeps_option(effort: Effort) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The option that makes chains longer or shorter than those of an effort; too few to be judged are refused."""
    return click.option(
        "--sweeps",
        type=Whole(min=effort.thin * MIN_DRAWS),
        metavar="N",
        help="Sweeps of each chain after a warm-up of a third as many; more where chains have not converged.  "
        f"[default: {effort.sweeps} after {effort.warm_up}]",
    )


def effort_of(effort: Effort, sweeps: int | None) -> Effort:
    """An effort with so many sweeps, and as many as a third of them before; as it is if none are asked for."""
    return replace(effort, warm_up=sweeps // 3, sweeps=sweeps) if sweeps else effort


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what the user or the machine got wrong into a message and an exit code, without a traceback."""

    @common.reports_errors
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ObservationError as error:
            fail(str(error), USER_ERROR)
        except NoStart as error:
            fail(f"no times agree with all observations at once: {error}", USER_ERROR)
        except BrokenExecutor as error:
            fail(f"the workers are lost: a process died, by a kill or for want of memory ({error})", BROKEN)

    return run


@contextmanager
def sweeps_bar(doing: str, total: int) -> Iterator[Progress]:
    """A bar on standard error that counts sweeps, with the time left; yields what is to be told of them."""
    with common.progress(doing, "sweeps") as bar:
        task = bar.add_task("", total=total)
        yield lambda sweeps: bar.advance(task, sweeps)


def tell_set_aside(observations: Observations) -> None:
    """Name the rows that were left out as wrong."""
    for finding in observations.set_aside:
        tell(f"set aside: {finding}")


def command_text(*words: object) -> str:
    """A command line that a shell reads back; files and folders as seen from here, so that none says where here is."""
    return shlex.join(["rally-calibrate", *(str(_as_seen(word)) for word in words)])


def _as_seen(word: object) -> object:
    return os.path.relpath(word) if isinstance(word, Path) and word.anchor == Path.cwd().anchor else word


def record_of(observations: Observations, command: str, seed: int, effort: Effort) -> dict[str, Any]:
    """What it takes to have the same draws again, in plain JSON types."""
    return {
        "command": command,
        "observations": observations.name,
        "evening": observations.evening,
        "seed": seed,
        "effort": asdict(effort),
        "digests": dict(observations.digests),
        "set_aside": [str(finding) for finding in observations.set_aside],
        "versions": installed_versions(),
    }


def option_words(option: str, value: object) -> list[object]:
    """The words of a command line that give an option its value; none if it has none."""
    return [] if value is None else [option, value]


def choice_words(choices: Mapping[str, str]) -> list[str]:
    """The options of a command line that make these choices."""
    return [word for key, chosen in choices.items() for word in ("--choice", f"{key}={chosen}")]
