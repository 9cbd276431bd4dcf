"""The file of outcomes, written block by block."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from sim.study.blocks import Block, Source, compute, split
from sim.study.outcomes_file import OutcomesFile


def write(source: Source, path: Path, size: int) -> None:
    with OutcomesFile(path, source.plan) as file:
        for block in split(0, 100, size):
            rows = compute(source, block, with_rows=True).rows
            assert rows is not None
            file.add(rows)
        file.finish()


def test_blocks_make_the_same_file_as_all_at_once(source: Source, tmp_path: Path) -> None:
    write(source, tmp_path / "blocks.npz", 17)
    write(source, tmp_path / "whole.npz", 100)
    with np.load(tmp_path / "blocks.npz") as blocks, np.load(tmp_path / "whole.npz") as whole:
        assert blocks.files == whole.files
        for name in whole.files:
            np.testing.assert_array_equal(blocks[name], whole[name])
            assert blocks[name].dtype == whole[name].dtype
        assert blocks["replication"].tolist() == list(range(100))


def test_nothing_else_is_left_beside_the_file(source: Source, tmp_path: Path) -> None:
    write(source, tmp_path / "outcomes.npz", 50)
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes.npz"]


def test_what_was_added_before_the_disk_was_full_can_be_finished(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (compute(source, Block(start, 10), with_rows=True).rows for start in (0, 10))
    assert first is not None
    assert second is not None
    with OutcomesFile(tmp_path / "outcomes.npz", source.plan) as file:
        file.add(first)
        add_to, calls = Path.open, iter(range(99))

        def full(path: Path, mode: str) -> object:
            if next(calls) == 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            return add_to(path, mode)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", full)
            with pytest.raises(OSError, match="No space left"):
                file.add(second)
        file.finish()
    with np.load(tmp_path / "outcomes.npz") as stored:
        assert {len(stored[name]) for name in stored.files if name not in {"car", "stage"}} == {10}
        np.testing.assert_array_equal(stored["total_s"], first["total_s"])


def test_a_file_that_was_there_stays_until_the_new_one_is_whole(source: Source, tmp_path: Path) -> None:
    path = tmp_path / "outcomes.npz"
    path.write_text("old")
    rows = compute(source, Block(0, 10), with_rows=True).rows
    assert rows is not None
    with OutcomesFile(path, source.plan) as file:
        file.add(rows)
    assert path.read_text() == "old"
