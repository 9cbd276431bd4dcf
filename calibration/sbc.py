"""Simulation-based calibration of the chains: made-up rallies with a known truth, fitted and compared.

Every data set is a rally from the prior, observed the way the real one was (`calibration.simulate`), and a few chains
that look for its truth. The ranks of the truth among their draws are judged by `calibration.uniformity`. A fitter that
is known to be wrong runs beside the real one: if its ranks passed as well, the check would be worth nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from calibration import uniformity
from calibration.chains.start import NoStart, start
from calibration.chains.state import State
from calibration.chains.sweep import moves_of, sweep
from calibration.problem import Problem
from calibration.quantities import quantities
from calibration.simulate import simulate
from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.study.errors import BrokenStudyError
from sim.study.executors import processes

SHRINK = 0.5
"""How much too sure the wrong fitter is: its draws are that much nearer to their mean."""

BINS = (2, 4, 5, 10)
"""Possible bins of the chi-square test: all divide 100, the number of ranks, evenly."""
PER_BIN = 8
"""Data sets for each bin."""
LEAST_SETS = 2 * PER_BIN
"""Fewest data sets that can be judged."""


@dataclass(frozen=True)
class Looks:
    """How the truth of one data set is looked for; the ranks go from 0 to the number of draws.

    Attributes:
        chains: chains of one data set.
        warm_up: sweeps that are thrown away.
        draws: draws kept of each chain.
        thin: sweeps from one draw to the next.
    """

    chains: int = 33
    warm_up: int = 400
    draws: int = 3
    thin: int = 60

    @property
    def top(self) -> int:
        """Draws of all chains together, the largest rank."""
        return self.chains * self.draws


@dataclass(frozen=True)
class DataSet:
    """One made-up rally: ranks of the truth, shape (quantities,) each; empty if no chain could be started.

    Attributes:
        index: which of the data sets.
        names: of the quantities.
        ranks: among the draws of the chains; equal ones are passed by chance.
        wrong: among the draws of the wrong fitter.
        constant: is the quantity the same in truth and draws?
        problem: why no chain could be started, or "".
    """

    index: int
    names: tuple[str, ...]
    ranks: IntArray
    wrong: IntArray
    constant: BoolArray
    problem: str = ""


def data_set(problem: Problem, index: int, *, seed: int, looks: Looks) -> DataSet:
    """Make up a rally and look for its truth; the digits depend on seed, index and looks."""
    made_up_rng, chain_rng, tie_rng = (
        np.random.Generator(np.random.PCG64(stream)) for stream in np.random.SeedSequence((seed, index)).spawn(3)
    )
    made_up, truth = simulate(problem, made_up_rng)
    true = quantities(made_up, truth)
    try:
        draws = _draws(made_up, chain_rng, looks)
    except NoStart as error:
        nothing = np.zeros(0, dtype=np.int64)
        return DataSet(index, (), nothing, nothing, np.zeros(0, dtype=np.bool_), str(error))
    values = np.concatenate(list(true.values()))
    middle = draws.mean(axis=0)
    return DataSet(
        index=index,
        names=tuple(true),
        ranks=_ranks(values, draws, tie_rng),
        wrong=_ranks(values, middle + SHRINK * (draws - middle), tie_rng),
        constant=np.asarray((draws == values).all(axis=0)),
    )


def _draws(problem: Problem, rng: np.random.Generator, looks: Looks) -> FloatArray:
    """Draws of all chains, shape (top, quantities)."""
    state, moves = start(problem, looks.chains, rng), moves_of(problem)
    for _ in range(looks.warm_up):
        sweep(problem, moves, state, rng)
    kept = []
    for _ in range(looks.draws):
        for _ in range(looks.thin):
            sweep(problem, moves, state, rng)
        kept.append(_table(problem, state))
    return np.concatenate(kept)


def _table(problem: Problem, state: State) -> FloatArray:
    return np.stack(list(quantities(problem, state).values()), axis=1)


def _ranks(truth: FloatArray, draws: FloatArray, rng: np.random.Generator) -> IntArray:
    """How many draws (top, quantities) are below the truth (quantities,); of equal ones any number, all alike."""
    below, equal = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    return np.asarray(below + rng.integers(0, equal, endpoint=True), dtype=np.int64)


def data_sets(
    problem: Problem, indices: Sequence[int], *, seed: int, looks: Looks, workers: int = 1
) -> Iterator[DataSet]:
    """Data sets as they are finished, in the order of their indices; the digits do not depend on the workers."""
    with processes(workers) as pool:
        waiting: deque[Future[DataSet]] = deque()
        for index in indices:
            waiting.append(pool.executor.submit(data_set, problem, index, seed=seed, looks=looks))
            if len(waiting) >= pool.width:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass(frozen=True)
class Verdict:
    """What all data sets say about the chains.

    Attributes:
        names: quantities that are not constant, shape (P,).
        ranks, wrong: of the chains and of the wrong fitter, shape (data sets, P).
        top: the largest rank.
        chains, control: are they uniform?
        coverage: how often the intervals of the chains held the truth.
        not_started: data sets for which no chain could be started, and why.
    """

    names: tuple[str, ...]
    ranks: IntArray
    wrong: IntArray
    top: int
    chains: uniformity.Verdict
    control: uniformity.Verdict
    coverage: tuple[uniformity.Coverage, ...]
    not_started: tuple[str, ...]

    @property
    def worst(self) -> list[int]:
        """Indices of the quantities, those whose ranks look worst first."""
        smallest = [min(check.chi_square, check.ecdf) for check in self.chains.checks]
        return sorted(range(len(smallest)), key=smallest.__getitem__)

    @property
    def passed(self) -> bool:
        """Are the chains sound, as far as can be seen, and was the wrong fitter seen through?"""
        return self.chains.passed and not self.control.passed and not self.not_started


def judge(sets: Sequence[DataSet], top: int) -> Verdict:
    """Judge data sets of one design, at least LEAST_SETS of which could be fitted.

    Raises BrokenStudyError, with the first reason, if there are fewer.
    """
    fitted = [one for one in sets if not one.problem]
    not_started = tuple(f"data set {one.index}: {one.problem}" for one in sets if one.problem)
    if len(fitted) < LEAST_SETS:
        reason = "".join(f"; {text}" for text in not_started[:1])
        raise BrokenStudyError(f"{len(fitted)} data sets could be fitted, {LEAST_SETS} are the least{reason}")
    moving = ~np.logical_and.reduce([one.constant for one in fitted])
    names = tuple(name for name, moves in zip(fitted[0].names, moving, strict=True) if moves)
    ranks, wrong = (np.stack(columns)[:, moving] for columns in zip(*((d.ranks, d.wrong) for d in fitted), strict=True))
    bins = max(count for count in BINS if len(fitted) >= PER_BIN * count)
    return Verdict(
        names=names,
        ranks=ranks,
        wrong=wrong,
        top=top,
        chains=uniformity.judge(names, ranks, top, bins=bins),
        control=uniformity.judge(names, wrong, top, bins=bins),
        coverage=uniformity.coverage(names, ranks, top),
        not_started=not_started,
    )
