"""Worker processes: how much faster two of them are than one, and how much memory they take."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.clock import interleaved
from sim.model.plan import Plan
from sim.study.blocks import Source, split
from sim.study.executors import Pool, processes
from sim.study.run import results

BLOCKS = 4
"""Blocks that are timed: two for each of two workers."""

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Peaks:
    """The most memory that processes took, in MiB: one that gathers a study, and one of its two workers."""

    gatherer: float
    worker: float


def speed_up(plan: Plan, seed: int, block: int, rounds: int) -> float:
    """Seconds that a study takes with one worker over those with two, which wait for it with everything loaded."""
    source = Source(plan, seed)
    with ExitStack() as stack:
        pools = {workers: stack.enter_context(processes(workers)) for workers in (1, 2)}
        for pool in pools.values():
            _study(source, block // 8, pool)
        seconds = interleaved(
            {workers: partial(_study, source, block, pool) for workers, pool in pools.items()}, rounds
        )
    return seconds[1] / seconds[2]


def peaks(plan: Plan, seed: int, block: int) -> Peaks:
    """Memory of fresh processes that run a study with two workers."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_study_peaks, Source(plan, seed), block).result()


def _study_peaks(source: Source, block: int) -> Peaks:
    with processes(2) as pool:
        _study(source, block, pool)
        return Peaks(gatherer=peak_mib(), worker=pool.executor.submit(peak_mib).result())


def peak_mib() -> float:
    """The most memory that this process has taken, in MiB.

    Where the system tells it (Linux), the memory of the process alone: the resource usage of a fresh process may begin
    with the memory of the one that started it.
    """
    if _STATUS.exists():
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="utf-8").splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 / (1024 if sys.platform == "darwin" else 1)


def _study(source: Source, block: int, pool: Pool) -> None:
    """Run BLOCKS blocks and take in what comes out of them."""
    for _ in results(source, split(0, BLOCKS * block, block), pool):
        pass
