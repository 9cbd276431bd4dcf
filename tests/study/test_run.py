"""Running blocks: the same digits whoever computes, in whatever order, and after whatever breaks."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.study import blocks as blocks_module
from sim.study.blocks import Block, Result, Source, compute, split
from sim.study.errors import BrokenStudyError, StudyError
from sim.study.executors import ELSEWHERE, SERIAL, Pool, open_pool
from sim.study.run import results
from sim.study.store import Manifest, Store
from sim.study.tally import Tally, merged

SIZE = 300
BLOCKS = list(split(0, SIZE, 64))


class Shuffled(Executor):
    """Does the work of several blocks at once, in a random order, when the last of them is handed in."""

    def __init__(self, together: int) -> None:
        self._together = together
        self._works: list[tuple[Future[Any], Callable[[], Any]]] = []
        self._chance = random.Random(1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._works.append((future, lambda: fn(*args, **kwargs)))
        if len(self._works) == self._together:
            self._chance.shuffle(self._works)
            for waiting, work in self._works:
                waiting.set_result(work())
            self._works.clear()
        return future


@pytest.fixture
def whole(source: Source) -> dict[str, Any]:
    """The tally of all rallies in one go."""
    return Tally.of(source.plan, run_block(source.plan, Luck(source.seed), 0, SIZE)).arrays()


def total(found: list[Result]) -> dict[str, Any]:
    return merged([result.tally for result in found]).arrays()


def new_store(folder: Path, source: Source, end: int = SIZE) -> Store:
    manifest = Manifest.of(source, "marathon.toml", 0, end, sequential=False)
    return Store.create(folder, dataclasses.replace(manifest, block=64), pytest.fail)


def test_blocks_end_at_multiples_of_their_size_and_at_the_end() -> None:
    assert [(block.first, block.count) for block in split(100, 300, 64)] == [(100, 28), (128, 64), (192, 64), (256, 44)]
    assert list(split(5, 5, 64)) == []


@pytest.mark.parametrize("together", [1, 5])
def test_any_executor_and_any_order_give_the_same_digits(source: Source, whole: Any, together: int) -> None:
    found = list(results(source, BLOCKS, Pool(Shuffled(together), together)))
    assert [result.block for result in found] == BLOCKS
    np.testing.assert_equal(total(found), whole)


def test_threads_give_the_same_digits(source: Source, whole: Any) -> None:
    with ThreadPoolExecutor(3) as threads:
        np.testing.assert_equal(total(list(results(source, BLOCKS, Pool(threads, 4)))), whole)


def test_two_processes_give_the_same_digits_as_this_one(source: Source, whole: Any) -> None:
    with open_pool("processes", 2, None) as pool:
        assert pool is not None
        np.testing.assert_equal(total(list(results(source, BLOCKS, pool))), whole)
    np.testing.assert_equal(total(list(results(source, BLOCKS, SERIAL))), whole)


def test_the_event_engine_gives_the_same_digits(source: Source) -> None:
    event = dataclasses.replace(source, engine="event")
    found, twin = (compute(which, Block(3, 9), with_rows=True) for which in (source, event))
    np.testing.assert_equal(found.rows, twin.rows)
    np.testing.assert_equal(found.tally.arrays(), twin.tally.arrays())


def test_never_more_blocks_are_handed_out_than_there_is_room_for(source: Source) -> None:
    handed_out: list[Future[Any]] = []

    class Watched(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future = super().submit(fn, *args, **kwargs)
            handed_out.append(future)
            return future

    with Watched(2) as threads:
        for taken, _ in enumerate(results(source, split(0, 640, 64), Pool(threads, 3)), start=1):
            assert len(handed_out) <= taken + 3


def test_what_is_in_the_store_is_not_computed_again(source: Source, whole: Any, tmp_path: Path) -> None:
    store = new_store(tmp_path, source)
    first = list(results(source, BLOCKS[:2], store=store))
    computed: list[Block] = []

    class Watched(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            computed.append(args[0])
            return super().submit(fn, *args, **kwargs)

    with Watched(1) as threads:
        again = list(results(source, BLOCKS, Pool(threads, 2), store=store))
    assert computed == BLOCKS[2:]
    assert len(first) == 2
    np.testing.assert_equal(total(again), whole)


def test_an_interrupted_study_keeps_every_finished_block_and_goes_on_to_the_same_digits(
    source: Source, whole: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store(tmp_path, source)

    def interrupted(plan: Any, luck: Any, first: int, count: int) -> Any:
        if first == 128:
            raise KeyboardInterrupt
        return run_block(plan, luck, first, count)

    with monkeypatch.context() as patch:
        patch.setattr(blocks_module, "run_block", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(results(source, BLOCKS, store=store))
    assert store.missing() == BLOCKS[2:]
    np.testing.assert_equal(total(list(results(source, BLOCKS, store=store))), whole)


def test_blocks_that_were_finished_out_of_turn_are_stored_when_the_study_is_given_up(
    source: Source, tmp_path: Path
) -> None:
    store = new_store(tmp_path, source)
    found = results(source, BLOCKS, Pool(Shuffled(5), 5), store=store)
    next(found)
    found.close()
    assert store.missing() == []


def killed_in_the_last(source: Source, block: Block, *, with_rows: bool) -> Result:
    """The worker that gets the last block is killed; that is handed out when the first is stored."""
    if block == BLOCKS[-1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return compute(source, block, with_rows=with_rows)


def test_a_killed_process_is_told_and_costs_no_finished_block(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store(tmp_path, source)
    monkeypatch.setattr("sim.study.run.compute", killed_in_the_last)
    with open_pool("processes", 2, None) as pool:
        assert pool is not None
        with pytest.raises(BrokenStudyError, match="the workers are lost"):
            list(results(source, BLOCKS, pool, store=store))
    assert BLOCKS[-1] in store.missing()
    assert BLOCKS[0] not in store.missing()


class Breaking(Executor):
    """Does the work at once, but for a block at which it finds itself broken; nothing is to be known before that."""

    def __init__(self, at: Block) -> None:
        self._at = at

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if args[0] == self._at:
            raise BrokenProcessPool
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_finished_blocks_are_stored_when_the_workers_are_found_lost_while_work_is_handed_out(
    source: Source, tmp_path: Path
) -> None:
    store = new_store(tmp_path, source)
    with pytest.raises(BrokenStudyError, match="the workers are lost"):
        list(results(source, BLOCKS, Pool(Breaking(BLOCKS[3]), 5), store=store))
    assert store.missing() == BLOCKS[3:]


def test_a_worker_without_memory_is_told_and_costs_no_finished_block(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(source: Source, block: Block, *, with_rows: bool) -> Result:
        if block == BLOCKS[2]:
            raise MemoryError
        return compute(source, block, with_rows=with_rows)

    store = new_store(tmp_path, source)
    monkeypatch.setattr("sim.study.run.compute", greedy)
    with ThreadPoolExecutor(1) as threads, pytest.raises(BrokenStudyError, match="not enough memory"):
        list(results(source, BLOCKS, Pool(threads, 3), store=store))
    assert store.missing()[0] == BLOCKS[2]


@pytest.mark.parametrize("error", [ModuleNotFoundError("No module named 'sim'"), AttributeError("no 'compute'")])
def test_a_worker_elsewhere_that_lacks_the_package_is_told(
    source: Source, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def strange(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("sim.study.run.compute", strange)
    with (
        ThreadPoolExecutor(1) as threads,
        pytest.raises(BrokenStudyError, match=f"a worker lacks this package or has another version: {error}"),
    ):
        list(results(source, BLOCKS, Pool(threads, 3, foreign=ELSEWHERE)))


def test_a_worker_with_other_versions_is_told(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "computing_versions", lambda: {"numpy": "1.0"})
    with pytest.raises(BrokenStudyError, match=r"a worker computes with numpy 1\.0, this process with"):
        list(results(source, BLOCKS))


def test_a_mistake_in_the_work_is_not_taken_for_a_lost_worker(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "run_block", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(results(source, BLOCKS))


@pytest.mark.parametrize(
    ("kind", "workers", "scheduler", "message"),
    [
        ("processes", None, "tcp://127.0.0.1:1", "give --executor dask with it"),
        ("dask", 2, "tcp://127.0.0.1:1", "here the cluster says how many"),
        ("mpi", 2, None, "here mpiexec -n says how many"),
    ],
)
def test_workers_that_do_not_go_together_are_refused(kind: Any, workers: Any, scheduler: Any, message: str) -> None:
    with pytest.raises(StudyError, match=message), open_pool(kind, workers, scheduler):
        pass
