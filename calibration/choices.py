"""Where sources contradict each other: what would the other reading change?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.build import build
from calibration.fit import Effort, Progress
from calibration.hindcast.evening import Posterior, Work, posterior_of
from calibration.hindcast.forecast import Runs, forecast_plan, simulated
from calibration.observations import read
from calibration.observations.event import read_event
from sim.model.arrays import FloatArray

EFFORT = Effort(chains=4, warm_up=500, sweeps=2000)
"""Of each reading: enough to see what moves by half of what is not known anyway."""


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
    """

    choice: str
    win: FloatArray
    moved: tuple[Moved, ...]
    worst_rhat: float


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

    Raises ObservationError or ScenarioError if the folder is refused, NoStart if a reading contradicts the rest.
    """
    base, win = _read(folder, {}, work, runs, store, progress)
    yield Reading("", win, (), base.worst_rhat)
    for key, other in alternatives(folder):
        found, win = _read(folder, {key: other}, work, runs, store, progress)
        yield Reading(f"{key}={other}", win, _moved(base, found), found.worst_rhat)


def _read(
    folder: Path, choices: dict[str, str], work: Work, runs: Runs, store: Path | None, progress: Progress
) -> tuple[Posterior, FloatArray]:
    """A reading fitted, and each car's chance to win in it."""
    observations = read(folder, choices=choices)
    problem = build(observations)
    name = "-".join(f"{key}-{other}" for key, other in choices.items()).replace(":", ".") or "as-chosen"
    found = posterior_of(problem, work, store and store / name, progress)
    plan = forecast_plan(problem, found.parameters(name))
    return found, simulated(name, plan, observations.stages[0], runs).win


def _moved(base: Posterior, other: Posterior) -> tuple[Moved, ...]:
    spread = np.hypot(base.draws.std(axis=0), other.draws.std(axis=0)) / np.sqrt(2.0)
    medians = np.median(base.draws, axis=0), np.median(other.draws, axis=0)
    shift = (medians[1] - medians[0]) / np.where(spread > 0.0, spread, 1.0)
    most = np.argsort(-np.abs(shift))[:MOST]
    return tuple((base.names[i], float(medians[0][i]), float(medians[1][i]), float(shift[i])) for i in most)
