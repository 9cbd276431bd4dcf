"""Running the blocks of a study, the results in the order of the replications."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from sim.study.blocks import Block, Result, Source, compute
from sim.study.errors import NO_MEMORY, BrokenStudyError
from sim.study.executors import SERIAL, Pool, foreign_text
from sim.study.record import computing_versions
from sim.study.store import Store


def results(
    source: Source,
    blocks: Iterable[Block],
    pool: Pool = SERIAL,
    *,
    store: Store | None = None,
    with_rows: bool = False,
) -> Generator[Result]:
    """Results of blocks in the order of the blocks, however many workers there are and whichever is done first.

    Never more than `pool.width` blocks are in work or wait for their turn: the memory it takes does not grow with the
    study. With a store, blocks that are in it are not computed, and others are put into it as soon as they are done.

    Raises BrokenStudyError if the workers are lost, are not like this process, or memory runs out, OSError if a block
    cannot be stored or read. What is finished by then is in the store, as after Ctrl-C.
    """
    queue = _Queue(source, pool, store, with_rows=with_rows)
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


@dataclass
class _Work:
    """A block that was handed out: was it in the store before, is it there now?"""

    future: Future[Result]
    known: bool = False
    kept: bool = False


class _Queue:
    """Blocks that were handed out and whose results were not yet asked for, in the order of the blocks."""

    def __init__(self, source: Source, pool: Pool, store: Store | None, *, with_rows: bool) -> None:
        self._source, self._pool, self._store, self._with_rows = source, pool, store, with_rows
        self._works: deque[_Work] = deque()
        self._versions = computing_versions()

    def fill(self, todo: Iterator[Block]) -> bool:
        """Hand out as many blocks as there is room for; is there any result to come?"""
        self._works.extend(self._begin(block) for block in islice(todo, self._pool.width - len(self._works)))
        return bool(self._works)

    def take(self) -> Result:
        """The next result, when it is there."""
        first = self._works[0].future
        while not first.done():
            wait([work.future for work in self._works if not work.future.done()], return_when=FIRST_COMPLETED)
            self.keep_finished()
        self.keep_finished()
        return self._result(self._works.popleft())

    def keep_finished(self) -> None:
        """Store what is done."""
        for work in self._works:
            self._keep(work)

    def salvage(self) -> None:
        """Store what is done and fit for it, in the end."""
        for work in self._works:
            with suppress(BrokenStudyError):
                self._keep(work)

    def cancel(self) -> None:
        """Give up on what is not done."""
        for work in self._works:
            work.future.cancel()

    def _keep(self, work: _Work) -> None:
        """Store a block if it is done."""
        if not work.kept and work.future.done() and not work.future.cancelled() and not work.future.exception():
            if self._store:
                self._store.save(self._result(work))
            work.kept = True

    def _begin(self, block: Block) -> _Work:
        stored = self._store.load(block, with_rows=self._with_rows) if self._store else None
        if stored is not None:
            future: Future[Result] = Future()
            future.set_result(stored)
            return _Work(future, known=True, kept=True)
        return _Work(self._submit(block))

    def _submit(self, block: Block) -> Future[Result]:
        try:
            return self._pool.executor.submit(compute, self._source, block, with_rows=self._with_rows)
        except self._pool.lost as error:
            raise self._workers_lost(error) from error

    def _result(self, work: _Work) -> Result:
        try:
            result = work.future.result()
        except self._pool.lost as error:
            raise self._workers_lost(error) from error
        except self._pool.foreign as error:
            raise BrokenStudyError(foreign_text(error)) from error
        if not work.known and result.versions != self._versions:
            raise BrokenStudyError(
                f"a worker computes with {_names(result.versions)}, this process with {_names(self._versions)}: "
                "install the same versions everywhere, or the digits may differ"
            )
        return result

    @staticmethod
    def _workers_lost(error: BaseException) -> BrokenStudyError:
        return BrokenStudyError(
            f"the workers are lost: a process died, by a kill or for want of memory ({type(error).__name__})"
        )


def _names(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
