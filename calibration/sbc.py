"""Simulation-based calibration of the chains: made-up rallies with a known truth, fitted and compared.

Every data set is a rally from the prior, observed the way the real one was (`calibration.simulate`), and a few chains
that look for its truth. The ranks of the truth among their draws are judged by `calibration.uniformity`. A fitter that
is known to be wrong runs beside the real one: if its ranks passed as well, the check would be worth nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from calibration.chains.start import NoStart, start
from calibration.chains.state import State
from calibration.chains.sweep import moves_of, sweep
from calibration.problem import Problem
from calibration.quantities import quantities
from calibration.simulate import simulate
from sim.model.arrays import BoolArray, FloatArray, IntArray

SHRINK = 0.5
"""How much too sure the wrong fitter is: its draws are that much nearer to their mean."""


@dataclass(frozen=True)
class Looks:
    """How the truth of one data set is looked for; the ranks go from 0 to the number of draws.

    Attributes:
        chains: chains of one data set.
        warm_up: sweeps that are thrown away.
        draws: draws kept of each chain.
        thin: sweeps from one draw to the next.
    """

    chains: int = 9
    warm_up: int = 400
    draws: int = 11
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
    """Data sets as they are finished, in the order of their indices."""
    if workers == 1:
        yield from (data_set(problem, index, seed=seed, looks=looks) for index in indices)
        return
    with ProcessPoolExecutor(workers) as executor:
        futures = [executor.submit(data_set, problem, index, seed=seed, looks=looks) for index in indices]
        for future in futures:
            yield future.result()


Progress = Callable[[DataSet], None]
