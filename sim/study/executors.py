"""Where blocks are computed: in this process, in others on this machine, on a Dask cluster, or under MPI.

Whatever has the interface of `concurrent.futures.Executor` will do; no scheduler is written here.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any, Literal, TypeVar

from sim.study.blocks import compute
from sim.study.errors import BrokenStudyError, StudyError

Kind = Literal["processes", "dask", "mpi"]
R = TypeVar("R")

BLOCKS_A_WORKER = 2
"""Blocks handed out for each worker: one in work, one that it can begin at once. More would only fill the memory."""

ELSEWHERE = (ImportError, AttributeError)
"""What a worker on another machine raises that lacks this package, or has another version of it."""

ANSWER_S = 4
"""Seconds that a Dask scheduler has to answer in."""


@dataclass(frozen=True)
class Pool:
    """An executor and how to use it.

    Attributes:
        executor: computes.
        width: blocks handed out at any time; 2 a worker is a good number.
        lost: what it raises when the workers, and not the work, failed.
        foreign: what it raises when a worker on another machine cannot make sense of the work.
    """

    executor: Executor
    width: int
    lost: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)
    foreign: tuple[type[BaseException], ...] = ()


def foreign_text(error: BaseException) -> str:
    """What is wrong with a worker that cannot make sense of the work."""
    return f"a worker lacks this package or has another version: {error} ({type(error).__name__})"


class Serial(Executor):
    """Does the work at once, in this process."""

    def submit(self, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """The future of work that is done already; what it raises is raised here."""
        future: Future[R] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


SERIAL = Pool(Serial(), 1)


@contextmanager
def open_pool(kind: Kind, workers: int | None, scheduler: str | None) -> Iterator[Pool | None]:
    """The workers of a command for as long as it needs them; None in a process that is itself such a worker (MPI).

    `workers` is a number of processes on this machine, `scheduler` the address of a running Dask cluster.

    Raises StudyError for what does not go together or is not installed, BrokenStudyError if nobody answers.
    """
    if scheduler is not None and kind != "dask":
        raise StudyError("--scheduler is the address of a Dask scheduler: give --executor dask with it")
    if workers is not None and (scheduler is not None or kind == "mpi"):
        starter = "the cluster" if scheduler is not None else "mpiexec -n"
        raise StudyError(f"--workers starts processes on this machine, but here {starter} says how many there are")
    opened = {
        "processes": lambda: processes(workers or 1),
        "dask": lambda: _dask(workers or 1, scheduler),
        "mpi": _mpi,
    }
    with opened[kind]() as pool:
        yield pool


@contextmanager
def processes(workers: int) -> Iterator[Pool]:
    """Fresh processes ("spawn"), the same on every system; one worker is this process."""
    if workers == 1:
        yield SERIAL
        return
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin_to_serve)
    with _deaf_to_ctrl_c():
        executor.submit(int)  # the first work starts the processes, deaf as this one is
    try:
        yield Pool(executor, BLOCKS_A_WORKER * workers)
    finally:
        _end(executor)


def _end(executor: ProcessPoolExecutor) -> None:
    """End the workers, in the middle of a block if need be: whoever leaves has all that he wanted.

    One may be killed with half of a result sent: the executor waits for the rest as long as anybody could still send
    it, so this process must not be able to, either.
    """
    for worker in list((executor._processes or {}).values()):
        worker.terminate()
    executor._result_queue._writer.close()  # type: ignore[attr-defined]
    executor.shutdown(cancel_futures=True)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A terminal sends Ctrl-C to all processes; the first one decides what becomes of the others."""
    if threading.current_thread() is not threading.main_thread():  # only that one may say what signals do
        yield
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _begin_to_serve() -> None:
    """A worker lets the first process decide what Ctrl-C does, and does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(multiprocessing.parent_process(),), daemon=True).start()


def _follow(first: BaseProcess) -> None:
    """End with the first process, even if that was killed."""
    first.join()
    os._exit(1)


@contextmanager
def _dask(workers: int, scheduler: str | None) -> Iterator[Pool]:
    try:
        from distributed import Client, KilledWorker, LocalCluster
    except ImportError as error:
        raise StudyError(
            "--executor dask needs Dask: pip install --editable '.[dask]' in the project's folder"
        ) from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # that a scheduler was lost is told here
    if scheduler is None:
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster,
            Client(cluster) as client,
        ):
            lost = KilledWorker, CancelledError
            yield Pool(client.get_executor(pure=False), BLOCKS_A_WORKER * workers, lost, ELSEWHERE)
        return
    with _answer(lambda: Client(scheduler, timeout=ANSWER_S), scheduler) as client:
        try:
            client.wait_for_workers(1, timeout=ANSWER_S)
        except TimeoutError as error:
            raise BrokenStudyError(f"the Dask scheduler at {scheduler} has no workers: start dask worker") from error
        try:
            client.run(callable, compute)
        except OSError:
            raise
        except Exception as error:  # Dask turns what it cannot pickle into something else
            raise BrokenStudyError(foreign_text(error)) from error
        width = BLOCKS_A_WORKER * sum(client.nthreads().values())
        yield Pool(client.get_executor(pure=False), width, (KilledWorker, CancelledError), ELSEWHERE)


def _answer(connect: Callable[[], Any], scheduler: str) -> Any:
    """What `connect` returns.

    Raises StudyError if that is no address, BrokenStudyError if no Dask scheduler answers in time: Dask itself waits
    for ever for one that has stopped, and takes what strangers say for lengths of messages.
    """
    answer: Future[Any] = Future()

    def ask() -> None:
        try:
            answer.set_result(connect())
        except Exception as error:  # noqa: BLE001 - there is no telling what a stranger's answer leads to
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answer.result(ANSWER_S + 1)
    except ValueError as error:
        raise StudyError(f"{scheduler!r} is no address of a scheduler, as in tcp://10.0.0.1:8786: {error}") from error
    except Exception as error:
        told = str(error) or f"nothing was heard for {ANSWER_S + 1} seconds"
        raise BrokenStudyError(f"no Dask scheduler answers at {scheduler}: {told}") from error


@contextmanager
def _mpi() -> Iterator[Pool | None]:
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPICommExecutor
    except (ImportError, RuntimeError) as error:
        raise StudyError(
            f"--executor mpi needs mpi4py and an MPI library ({error}): pip install --editable '.[mpi]' in the "
            "project's folder"
        ) from error
    others = MPI.COMM_WORLD.Get_size() - 1
    if others < 1:
        raise StudyError("--executor mpi needs at least two processes: mpiexec -n 3 rally odds ... has two workers")
    with MPICommExecutor(MPI.COMM_WORLD, root=0) as executor:
        yield None if executor is None else Pool(executor, BLOCKS_A_WORKER * others, foreign=ELSEWHERE)
