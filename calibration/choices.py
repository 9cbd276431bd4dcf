"""Where sources contradict each other: what would the other reading change?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.build import build
from calibration.chains.start import NoStart
from calibration.findings import ObservationError
from calibration.fit import Progress
from calibration.fit_store import Posterior, Work, posterior_of
from calibration.forecast import Runs, forecast_plan, simulated
from calibration.observations import read
from calibration.observations.event import read_event
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.study.errors import StudyError

MOST = 3
"""Parameters that are named for each reading."""

Moved = tuple[str, float, float, float]


@dataclass(frozen=True)
class Reading:
    """One reading of the sources, fitted.

    Attributes:
        choice: "" for the one that event.toml chooses, else `key=alternative`.
        win: chance of each car to win the rally, run again from the start, shape (C,).
        moved: parameters whose medians moved most: (path, median as chosen, median, shift in standard deviations).
        worst_rhat: of its chains.
        converged: did they pass as those of a fit have to?
    """

    choice: str
    win: FloatArray
    moved: tuple[Moved, ...]
    worst_rhat: float
    converged: bool


def alternatives(folder: Path) -> list[tuple[str, str]]:
    """(key, alternative) of every reading that event.toml does not choose."""
    event, _ = read_event(folder, {})
    return [
        (key, other) for key, choice in event.choices.items() for other in choice.alternatives if other != choice.chosen
    ]


def compare(
    folder: Path, work: Work, runs: Runs, *, store: Path | None = None, progress: Progress = lambda _: None
) -> Iterator[Reading]:
    """The reading that is chosen, then every other, one choice changed at a time.

    All are read before the first is fitted. Raises ObservationError or ScenarioError if the folder is refused, NoStart
    if what is chosen contradicts the rest, StudyError if another reading does.
    """
    chosen = build(read(folder))
    others = {(key, other): _problem(folder, key, other) for key, other in alternatives(folder)}
    base = posterior_of(chosen, work, store and store / "as-chosen", progress)
    yield Reading("", _win("as-chosen", chosen, base, runs), (), base.worst_rhat, base.converged)
    for (key, other), problem in others.items():
        name = f"{key}-{other}".replace(":", ".")
        with _named(key, other):
            found = posterior_of(problem, work, store and store / name, progress)
        win = _win(name, problem, found, runs)
        yield Reading(f"{key}={other}", win, _moved(base, found), found.worst_rhat, found.converged)


def _problem(folder: Path, key: str, other: str) -> Problem:
    with _named(key, other):
        return build(read(folder, choices={key: other}))


@contextmanager
def _named(key: str, other: str) -> Iterator[None]:
    """Name the reading that contradicts the rest."""
    try:
        yield
    except (ObservationError, NoStart) as error:
        raise StudyError(f"{key}={other}: {error}") from error


def _win(name: str, problem: Problem, posterior: Posterior, runs: Runs) -> FloatArray:
    """Each car's chance to win, shape (C,)."""
    plan = forecast_plan(problem, posterior.parameters(name))
    return simulated(name, plan, problem.observations.stages[0], runs).win


def _moved(base: Posterior, other: Posterior) -> tuple[Moved, ...]:
    spread = np.hypot(base.draws.std(axis=0), other.draws.std(axis=0)) / np.sqrt(2.0)
    medians = np.median(base.draws, axis=0), np.median(other.draws, axis=0)
    shift = (medians[1] - medians[0]) / np.where(spread > 0.0, spread, 1.0)
    most = np.argsort(-np.abs(shift))[:MOST]
    return tuple((base.names[i], float(medians[0][i]), float(medians[1][i]), float(shift[i])) for i in most)
