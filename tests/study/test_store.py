"""The directory of a study: what it keeps, what it refuses, and what it finds out."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest

from sim.study.blocks import Block, Source, compute
from sim.study.errors import BrokenStudyError, StudyError
from sim.study.store import MANIFEST, Manifest, Store

BLOCK = Block(0, 64)


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def store(source: Source, tmp_path: Path, warnings: list[str], small_blocks: None) -> Store:
    """A study of 150 rallies in blocks of 64, with nothing in it."""
    manifest = Manifest.of(source, "marathon.toml", 0, 150, sequential=False)
    return Store.create(tmp_path / "study", manifest, warnings.append)


def test_a_block_is_read_as_it_was_stored(store: Store, source: Source, warnings: list[str]) -> None:
    stored = compute(source, BLOCK, with_rows=True)
    store.save(stored)
    found = store.load(BLOCK, with_rows=True)
    assert found is not None
    np.testing.assert_equal(found.tally.arrays(), stored.tally.arrays())
    np.testing.assert_equal(found.rows, stored.rows)
    assert (found.block, found.versions, warnings) == (BLOCK, stored.versions, [])


def test_a_block_without_rows_does_not_do_where_rows_are_needed(store: Store, source: Source) -> None:
    store.save(compute(source, BLOCK))
    assert store.load(BLOCK) is not None
    assert store.load(BLOCK, with_rows=True) is None


def test_a_study_is_opened_as_it_was_left(store: Store, source: Source) -> None:
    opened = Store.open(store.directory, pytest.fail)
    assert opened.manifest == store.manifest
    assert opened.source().plan.digest == source.plan.digest
    assert opened.missing() == [Block(0, 64), Block(64, 64), Block(128, 22)]


def test_an_extended_study_keeps_its_blocks_and_gets_more(store: Store) -> None:
    store.change(store.manifest.extended(200))
    assert Store.open(store.directory, pytest.fail).missing() == [
        Block(0, 64),
        Block(64, 64),
        Block(128, 22),
        Block(150, 42),
        Block(192, 8),
    ]


@pytest.mark.parametrize("place", [0, 20, 100, 1000, -1])
def test_any_changed_byte_of_a_block_is_found_out_and_named(
    store: Store, source: Source, warnings: list[str], place: int
) -> None:
    store.save(compute(source, BLOCK))
    data = bytearray(store.path(BLOCK).read_bytes())
    data[place] ^= 1
    store.path(BLOCK).write_bytes(data)
    assert store.load(BLOCK) is None
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{store.path(BLOCK)} is damaged (")
    assert warnings[0].endswith("replications 0 to 63 are computed again")


@pytest.mark.parametrize("left", [0, 10, 200, -1])
def test_a_block_that_was_cut_off_is_found_out(store: Store, source: Source, warnings: list[str], left: int) -> None:
    store.save(compute(source, BLOCK))
    data = store.path(BLOCK).read_bytes()
    store.path(BLOCK).write_bytes(data[:left])
    assert store.load(BLOCK) is None
    assert len(warnings) == 1


def test_a_block_of_another_place_or_another_study_is_found_out(
    store: Store, source: Source, tmp_path: Path, warnings: list[str]
) -> None:
    store.save(compute(source, BLOCK))
    store.path(BLOCK).rename(store.path(Block(64, 64)))
    assert store.load(Block(64, 64)) is None
    other = Manifest.of(dataclasses.replace(source, seed=8), "marathon.toml", 0, 150, sequential=False)
    foreign = Store.create(tmp_path / "other", other, warnings.append)
    store.save(compute(source, BLOCK))
    store.path(BLOCK).rename(foreign.path(BLOCK))
    assert foreign.load(BLOCK) is None
    assert len(warnings) == 2


def test_a_block_that_cannot_be_read_is_no_damage_but_an_error(store: Store) -> None:
    store.path(BLOCK).mkdir()
    with pytest.raises(BrokenStudyError, match=r"Is a directory\): take it away, and replications 0 to 63"):
        store.load(BLOCK)


def test_a_full_disk_leaves_no_half_block(store: Store, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as told:
        store.save(compute(source, BLOCK))
    assert told.value.filename == str(store.path(BLOCK))
    assert list(store.path(BLOCK).parent.iterdir()) == []


def test_a_block_that_other_versions_computed_is_refused(store: Store, source: Source) -> None:
    with pytest.raises(StudyError, match=r"'numpy': '1\.0'"):
        store.save(dataclasses.replace(compute(source, BLOCK), versions={"numpy": "1.0"}))


def test_a_folder_with_other_things_in_it_is_no_place_for_a_study(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("")
    with pytest.raises(StudyError, match="is not empty and not a study"):
        Store.create(tmp_path / "mine", store.manifest, pytest.fail)


def test_a_study_that_is_there_is_not_begun_anew(store: Store) -> None:
    with pytest.raises(StudyError, match=r"there is a study in .* already"):
        Store.create(store.directory, store.manifest, pytest.fail)


def test_a_start_that_failed_leaves_a_folder_in_which_the_study_can_begin(
    store: Store, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = tmp_path / "new"
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left on device"):
            Store.create(folder, store.manifest, pytest.fail)
    Store.create(folder, store.manifest, pytest.fail).save(compute(source, BLOCK))


@pytest.mark.parametrize("left", [(), ("study.json.12.tmp",), ("blocks/0000000000-64.block.12.tmp",)])
def test_a_folder_with_what_is_left_of_a_beginning_counts_as_empty(
    store: Store, tmp_path: Path, left: tuple[str, ...]
) -> None:
    folder = tmp_path / "new"
    (folder / "blocks").mkdir(parents=True)
    for name in left:
        (folder / name).write_text("half")
    assert Store.create(folder, store.manifest, pytest.fail).missing()


@pytest.mark.parametrize("mine", ["blocks/thesis.txt", "thesis.tmp", "blocks/0000000000-64.block", "parameters.json"])
def test_anything_else_beside_the_beginning_of_a_study_is_respected(store: Store, tmp_path: Path, mine: str) -> None:
    folder = tmp_path / "new"
    (folder / "blocks").mkdir(parents=True)
    (folder / mine).write_text("")
    with pytest.raises(StudyError, match="is not empty and not a study"):
        Store.create(folder, store.manifest, pytest.fail)


def test_a_study_whose_first_process_was_killed_before_its_first_block_goes_on(store: Store, source: Source) -> None:
    (store.directory / "blocks").rmdir()
    opened = Store.open(store.directory, pytest.fail)
    opened.save(compute(source, BLOCK))
    assert opened.load(BLOCK) is not None


def test_what_a_killed_process_left_half_written_is_removed_when_the_study_is_opened_later(store: Store) -> None:
    names = ("study.json.12.tmp", "blocks/0000000000-64.block.12.tmp", "blocks/0000000064-64.block.13.tmp")
    old, older, new = (store.directory / name for name in names)
    for path in (old, older, new):
        path.write_text("half")
    for path in (old, older):
        os.utime(path, (0, 0))
    Store.open(store.directory, pytest.fail)
    assert [path.exists() for path in (old, older, new)] == [False, False, True]


def test_a_folder_without_a_study_is_told(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"is not a study: there is no study\.json in it"):
        Store.open(tmp_path, pytest.fail)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"rally-study/1"', '"rally-study/9"', r"of the form rally-study/1 is needed, got 'rally-study/9'"),
        ('"seed": 7,', '"seed": 7', r"study\.json is damaged"),
        ('"seed": 7,', "", r"study\.json is damaged \(seed: Field required\)"),
        ('"seed": 7,', '"seed": "7",', r"damaged \(seed: Input should be a valid integer\)"),
        ('"block": 64,', '"block": 0,', r"damaged \(block: Input should be greater than or equal to 1\)"),
        ('"engine": "array",', '"engine": "quantum",', r"damaged \(engine: Input should be 'array' or 'event'\)"),
        ('"sequential"', '"ranges": [], "sequential"', r"damaged \(ranges: Tuple should have at least 1 item"),
        ('"sequential"', '"ranges": [[300, 0]], "sequential"', r"damaged \(ranges: they are in disorder\)"),
        ('"rally": {', '"rally": [], "was": {', r"damaged \(rally: Input should be an object\)"),
    ],
)
def test_a_damaged_study_is_told(store: Store, old: str, new: str, message: str) -> None:
    path = store.directory / MANIFEST
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(StudyError, match=message):
        Store.open(store.directory, pytest.fail)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [("jokers", 99, "its scenario does not have its digest"), ("jokers", "many", "its scenario cannot be read")],
)
def test_a_changed_scenario_in_a_study_is_found_out(store: Store, key: str, value: object, message: str) -> None:
    path = store.directory / MANIFEST
    tree = json.loads(path.read_text())
    tree["rally"]["regulations"][key] = value
    path.write_text(json.dumps(tree))
    with pytest.raises(StudyError, match=message):
        Store.open(store.directory, pytest.fail).source()


def test_two_studies_differ_by_what_their_numbers_depend_on(store: Store) -> None:
    mine = store.manifest
    changes = {"seed": 8, "engine": "event", "versions": {**mine.versions, "numpy": "1.0"}}
    other = dataclasses.replace(mine, **changes)  # type: ignore[arg-type]
    assert mine.differences(other) == [
        "seed 7, not 8",
        "engine array, not event",
        f"version numpy {mine.versions['numpy']}, not 1.0",
    ]
    assert mine.differences(dataclasses.replace(mine, file="elsewhere.toml", ranges=((5, 9),))) == []


def test_scenarios_differ_by_name_or_else_by_digest(store: Store) -> None:
    mine = store.manifest
    renamed = dataclasses.replace(mine, digest="f" * 64, rally={**mine.rally, "name": "Dakar"})
    changed = dataclasses.replace(mine, digest="f" * 64, file="b.toml")
    assert mine.differences(renamed) == ["scenario 'Three crews, one marathon', not 'Dakar'"]
    assert mine.differences(changed) == [
        f"scenario marathon.toml, digest {mine.digest[:12]}, not b.toml, digest ffffffffffff"
    ]
