"""Fits on which forecasts rest, kept on disk so that work of many fits goes on after an interruption."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from calibration.facts import Observations
from calibration.fit import MAX_RHAT, MIN_ESS, Effort, Progress, fit
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.model.parameters import Parameters
from sim.model.parameters.draws import frozen
from sim.study.record import computing_versions

DRAWS = 1000
"""Draws that are kept of a fit."""


@dataclass(frozen=True)
class Work:
    """How fits are made: seed of the chains, how long they run, and on how many processes."""

    seed: int
    effort: Effort
    workers: int = 1


@dataclass(frozen=True)
class Posterior:
    """Draws of one fit, and whether their chains had converged.

    Attributes:
        names: paths into the scenario, P of them.
        draws: shape (D, P).
        worst_rhat, least_ess: of the chains.
        converged: did they pass as those of a fit have to?
    """

    names: tuple[str, ...]
    draws: FloatArray
    worst_rhat: float
    least_ess: float
    converged: bool

    def parameters(self, name: str) -> Parameters:
        """The draws under a name, as an engine takes them."""
        return Parameters(name, self.names, frozen(self.draws), {})


def posterior_of(problem: Problem, work: Work, store: Path | None, progress: Progress) -> Posterior:
    """Fit a problem, or take its posterior from the store if the very same was fitted before.

    A file that is damaged, or of other observations, priors, seeds or versions, is fitted again and replaced.
    `progress` is told as many sweeps either way. Raises NoStart if no times agree with all observations, OSError if the
    store cannot be written.
    """
    if store is None:
        return _fitted(problem, work, progress)
    file, key = store / f"evening-{problem.observations.evening:02d}.npz", key_of(problem.observations, work)
    stored = _load(file, key)
    if stored is not None:
        progress(work.effort.total * work.effort.groups)
        return stored
    fitted = _fitted(problem, work, progress)
    _save(file, key, fitted)
    return fitted


def key_of(observations: Observations, work: Work) -> str:
    """SHA-256 of all that a posterior depends on; what was known later than its evening is not in it."""
    known = {
        "rows": [
            [asdict(row) for row in rows]
            for rows in (
                observations.times,
                observations.standings,
                observations.incidents,
                observations.penalties,
                observations.history,
                observations.finishers,
            )
        ],
        "ultimate": observations.ultimate,
        "reporting": asdict(observations.reporting),
        "evening": observations.evening,
        "priors": (observations.folder / "priors.toml").read_text(encoding="utf-8"),
        "scenario": observations.scenario.plan().digest,
        "fit": [work.seed, asdict(work.effort), DRAWS, MAX_RHAT, MIN_ESS],
        "versions": computing_versions(),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _fitted(problem: Problem, work: Work, progress: Progress) -> Posterior:
    found = fit(problem, seed=work.seed, effort=work.effort, workers=work.workers, progress=progress)
    verdict = found.verdict
    return Posterior(found.names, found.thinned(DRAWS), verdict.worst_rhat, verdict.least_ess, verdict.passed)


def _save(file: Path, key: str, posterior: Posterior) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "names": np.array(posterior.names),
        "draws": posterior.draws,
        "chains": np.array([posterior.worst_rhat, posterior.least_ess, posterior.converged], dtype=np.float64),
    }
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        np.savez(out, allow_pickle=False, digest=np.array(_digest(key, content)), **content)
    part.replace(file)


def _load(file: Path, key: str) -> Posterior | None:
    """What a file holds; None if it is not there, not whole, or of something else."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            content = {name: stored[name] for name in ("names", "draws", "chains")}
            whole = str(stored["digest"]) == _digest(key, content)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if not whole:
        return None
    rhat, ess, converged = content["chains"].tolist()
    return Posterior(tuple(content["names"].tolist()), content["draws"], rhat, ess, bool(converged))


def _digest(key: str, content: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of what a file is of and of what is in it."""
    sha = hashlib.sha256(key.encode())
    for name, array in content.items():
        sha.update(name.encode() + array.tobytes())
    return sha.hexdigest()
