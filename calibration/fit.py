"""Running the chains: groups of them in parallel, the same digits for any number of workers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from calibration.chains.start import start
from calibration.chains.state import State
from calibration.chains.sweep import moves_of, sweep
from calibration.convergence import Verdict, judge
from calibration.posterior import parameters
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.study.executors import processes

STRETCH = 250
"""Sweeps that a worker makes before it reports."""
MAX_RHAT, MIN_ESS = 1.05, 200
"""What a fit has to reach. The 1.01 that is advised for four long chains would ask more of many short ones than that
they agree: with m half chains and E effective draws in all, chains that agree have an R-hat near sqrt(1 + m / E), which
is 1.05 for 32 half chains and 300 draws. 200 draws know a median to a tenth of a standard deviation."""
Progress = Callable[[int], None]
"""Is told the sweeps that were made since the last time."""


@dataclass(frozen=True)
class Effort:
    """How long the chains run.

    Attributes:
        groups: groups of chains; each has a stream of random numbers of its own and runs in one process.
        chains: chains of a group.
        warm_up: sweeps that are thrown away.
        sweeps: sweeps that are kept, every `thin`-th of them.
    """

    groups: int = 2
    chains: int = 8
    warm_up: int = 800
    sweeps: int = 4400
    thin: int = 5

    @property
    def total(self) -> int:
        """Sweeps of one group."""
        return self.warm_up + self.sweeps

    @property
    def draws(self) -> int:
        """Draws that all chains leave."""
        return self.groups * self.chains * (self.sweeps // self.thin)

    def __str__(self) -> str:
        return (
            f"{self.groups * self.chains} chains of {self.total:,} sweeps: a warm-up of {self.warm_up:,} is discarded, "
            f"the other {self.sweeps:,} are thinned by {self.thin}, which leaves {self.sweeps // self.thin:,} draws a "
            f"chain and {self.draws:,} in all"
        )


ONE_OF_MANY = Effort(warm_up=300, sweeps=2700)
"""Of a fit that is compared with others, of an evening or of another reading: less than for a posterior that scenarios
refer to."""


@dataclass(frozen=True)
class Fit:
    """What the chains found: draws of shape (chains, draws, parameters), and whether they agree."""

    names: tuple[str, ...]
    samples: FloatArray
    verdict: Verdict

    def thinned(self, count: int) -> FloatArray:
        """So many draws, spread evenly over all chains, shape (count, parameters)."""
        return evenly(self.samples.transpose(1, 0, 2).reshape(-1, self.samples.shape[2]), count)


def evenly(draws: FloatArray, count: int) -> FloatArray:
    """So many of the draws, shape (count, P), the first and the last among them."""
    return np.asarray(draws[np.linspace(0, len(draws) - 1, count).round().astype(np.intp)])


@dataclass
class Group:
    """Some chains on their way: where they are, their stream of random numbers, and what they left behind."""

    state: State
    rng: np.random.Generator
    kept: list[FloatArray] = field(default_factory=list)
    made: int = 0


def fit(
    problem: Problem,
    *,
    seed: int,
    effort: Effort,
    workers: int = 1,
    progress: Progress = lambda _: None,
) -> Fit:
    """Run all chains and judge them.

    The digits depend on the seed and the effort, not on the workers. Raises NoStart if no times agree with all
    observations.
    """
    streams = np.random.SeedSequence(seed).spawn(effort.groups)
    groups = []
    for stream in streams:
        rng = np.random.Generator(np.random.PCG64(stream))
        groups.append(Group(start(problem, effort.chains, rng), rng))
    with processes(workers) as pool:
        groups = _run_on(pool.executor, problem, groups, effort, progress)
    names = tuple(parameters(problem, groups[0].state))
    samples = np.concatenate([np.stack(group.kept, axis=1) for group in groups])
    return Fit(names, samples, judge(names, samples, max_rhat=MAX_RHAT, min_ess=MIN_ESS))


def _run_on(
    executor: Executor, problem: Problem, groups: list[Group], effort: Effort, progress: Progress
) -> list[Group]:
    """All groups, stretch by stretch, so that progress can be told and an interruption is quick."""
    groups = list(groups)
    while groups[0].made < effort.total:
        futures = [executor.submit(advance, problem, group, effort) for group in groups]
        for index, future in enumerate(futures):
            before = groups[index].made
            groups[index] = future.result()
            progress(groups[index].made - before)
    return groups


def advance(problem: Problem, group: Group, effort: Effort) -> Group:
    """Let a group of chains make the sweeps of one stretch; those after the warm-up are kept, thinned."""
    moves = moves_of(problem)
    for _ in range(min(STRETCH, effort.total - group.made)):
        sweep(problem, moves, group.state, group.rng)
        group.made += 1
        if group.made > effort.warm_up and (group.made - effort.warm_up) % effort.thin == 0:
            group.kept.append(np.stack(list(parameters(problem, group.state).values()), axis=1))
    return group
