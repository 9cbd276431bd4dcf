"""Running blocks of replications, the results in the order of the replications."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Generic, Protocol, TypeVar

from sim.study.blocks import Block, Result, Source, compute
from sim.study.errors import NO_MEMORY, BrokenStudyError
from sim.study.executors import SERIAL, Pool, foreign_text
from sim.study.record import computing_versions
from sim.study.store import Store


class Computed(Protocol):
    """What a worker sends back.

    Attributes:
        versions: of the packages that computed it.
    """

    @property
    def versions(self) -> dict[str, str]: ...  # noqa: D102 - said above


B = TypeVar("B")
B_contra = TypeVar("B_contra", contravariant=True)
R = TypeVar("R", bound=Computed)


class Keeper(Protocol[B_contra, R]):
    """Where finished blocks are kept."""

    def load(self, block: B_contra) -> R | None:
        """What is kept of a block, None if it is not there."""

    def save(self, result: R) -> None:
        """Keep a block."""


def in_order(
    work: Callable[[B], R], blocks: Iterable[B], pool: Pool = SERIAL, keeper: Keeper[B, R] | None = None
) -> Generator[R]:
    """What work makes of blocks in the order of the blocks, however many workers there are and whichever is done first.

    A block is any piece of work; the work, its blocks and what it makes of them can be pickled. Never more than
    `pool.width` blocks are in work or wait for their turn: the memory it takes does not grow with the study. With a
    keeper, blocks that it has are not computed, and others are given to it as soon as they are done.

    Raises BrokenStudyError if the workers are lost, are not like this process, or memory runs out, OSError if a block
    cannot be stored or read. What is finished by then is with the keeper, as after Ctrl-C.
    """
    queue = _Queue(work, pool, keeper)
    todo = iter(blocks)
    try:
        while queue.fill(todo):
            yield queue.take()
    except (KeyboardInterrupt, GeneratorExit, BrokenStudyError):
        queue.salvage()
        raise
    except MemoryError as error:
        queue.salvage()
        raise BrokenStudyError(NO_MEMORY) from error
    finally:
        queue.cancel()


def results(
    source: Source,
    blocks: Iterable[Block],
    pool: Pool = SERIAL,
    *,
    store: Store | None = None,
    with_rows: bool = False,
) -> Generator[Result]:
    """Results of the blocks of a study, see `in_order`; with a store, blocks that are in it are not computed."""
    keeper = _Shelf(store, with_rows) if store else None
    return in_order(partial(compute, source, with_rows=with_rows), blocks, pool, keeper)


@dataclass(frozen=True)
class _Shelf:
    """A store, from which blocks are wanted with the rows of their rallies or without."""

    store: Store
    with_rows: bool

    def load(self, block: Block) -> Result | None:
        return self.store.load(block, with_rows=self.with_rows)

    def save(self, result: Result) -> None:
        self.store.save(result)


@dataclass
class _Job(Generic[R]):
    """A block that was handed out: was it in the store before, is it there now?"""

    future: Future[R]
    known: bool = False
    kept: bool = False


class _Queue(Generic[B, R]):
    """Blocks that were handed out and whose results were not yet asked for, in the order of the blocks."""

    def __init__(self, work: Callable[[B], R], pool: Pool, keeper: Keeper[B, R] | None) -> None:
        self._work, self._pool, self._keeper = work, pool, keeper
        self._jobs: deque[_Job[R]] = deque()
        self._versions = computing_versions()

    def fill(self, todo: Iterator[B]) -> bool:
        """Hand out as many blocks as there is room for; is there any result to come?"""
        self._jobs.extend(self._begin(block) for block in islice(todo, self._pool.width - len(self._jobs)))
        return bool(self._jobs)

    def take(self) -> R:
        """The next result, when it is there."""
        first = self._jobs[0].future
        while not first.done():
            wait([job.future for job in self._jobs if not job.future.done()], return_when=FIRST_COMPLETED)
            self.keep_finished()
        self.keep_finished()
        return self._result(self._jobs.popleft())

    def keep_finished(self) -> None:
        """Store what is done."""
        for job in self._jobs:
            self._keep(job)

    def salvage(self) -> None:
        """Store what is done and fit for it, in the end."""
        for job in self._jobs:
            with suppress(BrokenStudyError):
                self._keep(job)

    def cancel(self) -> None:
        """Give up on what is not done."""
        for job in self._jobs:
            job.future.cancel()

    def _keep(self, job: _Job[R]) -> None:
        """Store a block if it is done."""
        if not job.kept and job.future.done() and not job.future.cancelled() and not job.future.exception():
            if self._keeper:
                self._keeper.save(self._result(job))
            job.kept = True

    def _begin(self, block: B) -> _Job[R]:
        stored = self._keeper.load(block) if self._keeper else None
        if stored is not None:
            future: Future[R] = Future()
            future.set_result(stored)
            return _Job(future, known=True, kept=True)
        return _Job(self._submit(block))

    def _submit(self, block: B) -> Future[R]:
        try:
            return self._pool.executor.submit(self._work, block)
        except self._pool.lost as error:
            raise self._workers_lost(error) from error

    def _result(self, job: _Job[R]) -> R:
        try:
            result = job.future.result()
        except self._pool.lost as error:
            raise self._workers_lost(error) from error
        except self._pool.foreign as error:
            raise BrokenStudyError(foreign_text(error)) from error
        if not job.known and result.versions != self._versions:
            raise BrokenStudyError(
                f"a worker computes with {_names(result.versions)}, this process with {_names(self._versions)}: "
                "install the same versions everywhere, or the digits may differ"
            )
        return result

    @staticmethod
    def _workers_lost(error: BaseException) -> BrokenStudyError:
        cause = "a worker or the scheduler died, by a kill or for want of memory"
        return BrokenStudyError(f"the workers are lost: {cause} ({type(error).__name__})")


def _names(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
