"""A study on disk: what it is of, and a file for each block that is finished. See docs/formats.md."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from sim.model.invalid import path_text
from sim.model.parameters import Parameters, drawable, read_parameters
from sim.model.plan import Plan, compile_plan
from sim.model.spec import ParametersUsed, Rally
from sim.study.blocks import BLOCK, Block, Engine, Result, Source, split
from sim.study.errors import BrokenStudyError, StudyError, naming
from sim.study.record import computing_versions
from sim.study.tally import Tally

SCHEMA = "rally-study/1"
BLOCK_SCHEMA = "rally-block/2"

MANIFEST = "study.json"
BLOCKS = "blocks"
PARAMETERS = "parameters.json"
"""The draws of the parameters, if there are any: what `rally-parameters/1` is."""

ABANDONED_S = 600
"""An unfinished file that was not touched for so many seconds will never be finished."""


@dataclass(frozen=True)
class Manifest:
    """What a study is.

    Attributes:
        file: the scenario file, as it was given.
        options: words of a command line after the file that change what it says.
        digest: SHA-256 of the resolved scenario.
        seed, engine: see `Source`.
        versions: of the packages that compute it.
        block: replications in a block.
        ranges: what it is to have, one after the other: (first, end) each; the blocks of a range are those of `split`.
        sequential: was it, or may it have been, stopped for what it showed (`--precision`)? Then its intervals are
            those of `sim.study.precision`.
        rally: the resolved scenario.
    """

    file: str
    options: list[str]
    digest: str
    seed: int
    engine: Engine
    versions: dict[str, str]
    block: Annotated[int, Field(ge=1)]
    ranges: Annotated[tuple[tuple[int, int], ...], Field(min_length=1)]
    sequential: bool
    rally: dict[str, Any]

    @classmethod
    def of(
        cls, source: Source, file: str, first: int, end: int, *, sequential: bool, options: Sequence[str] = ()
    ) -> Manifest:
        """A study that is about to begin."""
        return cls(
            file=file,
            options=list(options),
            digest=source.plan.digest,
            seed=source.seed,
            engine=source.engine,
            versions=computing_versions(),
            block=BLOCK[source.engine],
            ranges=((first, end),),
            sequential=sequential,
            rally=source.plan.rally.model_dump(mode="json"),
        )

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """The manifest that a file holds.

        Raises StudyError if it is one of another form, ValueError if it is none.
        """
        tree = json.loads(text)
        schema = tree.get("schema") if isinstance(tree, dict) else None
        if schema != SCHEMA:
            raise StudyError(f"a study of the form {SCHEMA} is needed, got {schema!r}")
        manifest = TypeAdapter(cls).validate_json(text, strict=True)
        ends = [end for one in manifest.ranges for end in one]
        if ends[0] < 0 or any(later < earlier for earlier, later in pairwise(ends)):
            raise ValueError("ranges: they are in disorder")
        if not isinstance(manifest.rally.get("name"), str):
            raise ValueError("rally: it has no name")
        return manifest

    @property
    def blocks(self) -> Iterator[Block]:
        """What it consists of."""
        return (block for first, end in self.ranges for block in split(first, end, self.block))

    @property
    def first(self) -> int:
        """Index of its first replication."""
        return self.ranges[0][0]

    @property
    def end(self) -> int:
        """Index of the replication after its last."""
        return self.ranges[-1][1]

    @property
    def parameters(self) -> str:
        """What it makes of a file of parameter draws, in words; "" if there is none."""
        used = self.rally.get("parameters")
        return ParametersUsed.model_validate(used).summary if used else ""

    def extended(self, end: int) -> Manifest:
        """The study with the replications from its end to another one."""
        ranges = [*self.ranges, (self.end, end)]
        return dataclasses.replace(self, ranges=tuple((first, last) for first, last in ranges if first < last))

    def differences(self, other: Manifest) -> list[str]:
        """What keeps two studies from being parts of one, each with both values."""
        found = []
        if self.digest != other.digest:
            names = self.rally["name"], other.rally["name"]
            theirs = f"{other.file}, digest {other.digest[:12]}" if names[0] == names[1] else repr(names[1])
            ours = f"{self.file}, digest {self.digest[:12]}" if names[0] == names[1] else repr(names[0])
            found.append(f"scenario {ours}, not {theirs}")
        if self.parameters != other.parameters:
            found.append(f"parameters {self.parameters or 'as written'}, not {other.parameters or 'as written'}")
        for name in ("seed", "engine", "block"):
            mine, others = getattr(self, name), getattr(other, name)
            if mine != others:
                found.append(f"{name} {mine}, not {others}")
        for package in sorted(self.versions | other.versions):
            mine, others = self.versions.get(package), other.versions.get(package)
            if mine != others:
                found.append(f"version {package} {mine}, not {others}")
        return found

    def identity(self) -> str:
        """SHA-256 of what a block of it depends on."""
        text = json.dumps([self.digest, self.seed, self.engine, self.versions], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """The directory of a study.

    `warn` is told what is damaged.
    """

    def __init__(self, directory: Path, manifest: Manifest, warn: Callable[[str], None]) -> None:
        self.directory, self.manifest, self._warn = directory, manifest, warn

    @classmethod
    def create(
        cls, directory: Path, manifest: Manifest, warn: Callable[[str], None], parameters: Parameters | None = None
    ) -> Store:
        """Begin a study of a scenario, with the draws of its parameters if it has any.

        Raises StudyError if the directory holds something, OSError if it cannot be made.
        """
        if (directory / MANIFEST).exists():
            raise StudyError(f"there is a study in {directory} already: name a folder that is new")
        if directory.is_dir() and not _is_blank(directory, parameters):
            raise StudyError(f"{directory} is not empty and not a study: there is no {MANIFEST} in it")
        directory.mkdir(parents=True, exist_ok=True)
        store = cls(directory, manifest, warn)
        store.keep(parameters)
        store.change(manifest)
        (directory / BLOCKS).mkdir(exist_ok=True)
        return store

    @classmethod
    def open(cls, directory: Path, warn: Callable[[str], None]) -> Store:
        """A study that has begun; what a killed process left half written is taken away.

        Raises StudyError if the directory holds none, OSError if it cannot be read.
        """
        path = directory / MANIFEST
        try:
            manifest = Manifest.read(path.read_bytes())
        except FileNotFoundError as error:
            raise StudyError(f"{directory} is not a study: there is no {MANIFEST} in it") from error
        except StudyError as error:
            raise StudyError(f"{path}: {error}") from error
        except ValidationError as error:
            raise StudyError(f"{path} is damaged ({_first_problem(error)}): it cannot be used") from error
        except ValueError as error:
            raise StudyError(f"{path} is damaged ({error}): it cannot be used") from error
        _clear(directory)
        return cls(directory, manifest, warn)

    def source(self) -> Source:
        """What it simulates, from the scenario that is stored with it.

        Raises StudyError if that is damaged.
        """
        try:
            rally = Rally.model_validate_json(json.dumps(self.manifest.rally))
        except ValidationError as error:
            raise StudyError(f"{self.directory / MANIFEST} is damaged: its scenario cannot be read") from error
        plan = self._plan(rally)
        if plan.digest != self.manifest.digest:
            raise StudyError(f"{self.directory / MANIFEST} is damaged: its scenario does not have its digest")
        return Source(plan, self.manifest.seed, self.manifest.engine)

    def _plan(self, rally: Rally) -> Plan:
        """The plan of its scenario; raises StudyError if the draws of the parameters are not there as they were."""
        path, parameters = self.directory / PARAMETERS, None
        if rally.parameters is not None and rally.parameters.use == "drawn":
            parameters, findings = read_parameters(path, drawable(rally.model_dump()))
            if parameters is None:
                raise StudyError(f"{path} is damaged: {findings[0]}")
        try:
            return compile_plan(rally, parameters)
        except ValueError as error:
            raise StudyError(f"{path} is damaged: {error}") from error

    def keep(self, parameters: Parameters | None) -> None:
        """Store the draws of the parameters, if any, unless they are there as they should be; damage is told."""
        if parameters is None:
            return
        path, data = self.directory / PARAMETERS, _bytes_of(parameters)
        there = path.read_bytes() if path.exists() else None
        if there == data:
            return
        if there is not None:
            self._warn(f"{path} is damaged: it is written again")
        _write(path, data)

    def change(self, manifest: Manifest) -> None:
        """Say anew what the study is."""
        tree = {"schema": SCHEMA, **dataclasses.asdict(manifest)}
        text = json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
        _write(self.directory / MANIFEST, text.encode())
        self.manifest = manifest

    def path(self, block: Block) -> Path:
        """The file of a block."""
        return self.directory / BLOCKS / f"{block.first:010d}-{block.count}.block"

    def missing(self) -> list[Block]:
        """Blocks that are not finished."""
        return [block for block in self.manifest.blocks if not self.path(block).exists()]

    def save(self, result: Result) -> None:
        """Put a finished block into the store: all of it, or nothing.

        Raises OSError if it cannot be written, StudyError if it was computed by other versions than the study's.
        """
        if result.versions != self.manifest.versions:
            raise StudyError(f"{self.directory} was computed with {self.manifest.versions}, not {result.versions}")
        arrays = dict(result.tally.arrays())
        if result.rows is not None:
            arrays |= {f"rows.{name}": column for name, column in result.rows.items()}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        payload = buffer.getvalue()
        (self.directory / BLOCKS).mkdir(exist_ok=True)
        _write(self.path(result.block), self._head(result.block, payload) + payload)

    def load(self, block: Block, *, with_rows: bool = False) -> Result | None:
        """A finished block; None if it is not there, lacks rows that are needed, or is damaged, which is told.

        Raises BrokenStudyError if the file is there and cannot be read.
        """
        path = self.path(block)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BrokenStudyError(
                f"{path} cannot be read ({error.strerror}): take it away, and {block} are computed again"
            ) from error
        payload = data[data.find(b"\n") + 1 :]
        try:
            if data != self._head(block, payload) + payload:
                raise ValueError("its checksum is another one")
            with np.load(io.BytesIO(payload), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            tally = Tally.from_arrays(arrays)
        except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            self._warn(f"{path} is damaged ({error}): {block} are computed again")
            return None
        rows = {name.removeprefix("rows."): column for name, column in arrays.items() if name.startswith("rows.")}
        if with_rows and not rows:
            return None
        return Result(block, tally, rows or None, self.manifest.versions)

    def _head(self, block: Block, payload: bytes) -> bytes:
        """First line of a block's file: SHA-256 of what study and which replications it belongs to, and of the rest."""
        belongs = json.dumps([self.manifest.identity(), block.first, block.count])
        checksum = hashlib.sha256(belongs.encode() + b"\n" + payload).hexdigest()
        return f"{BLOCK_SCHEMA} {checksum}\n".encode()


def _unfinished(directory: Path) -> list[Path]:
    """Files of a study that are being written, or were when their process was killed."""
    ours = [path for name in (MANIFEST, PARAMETERS) for path in directory.glob(f"{name}.*.tmp")]
    return [*ours, *(directory / BLOCKS).glob("*.block.*.tmp")]


def _is_blank(directory: Path, parameters: Parameters | None) -> bool:
    """Is there nothing in it, or only what is left of the beginning of a study with these draws?"""
    left = {directory / BLOCKS, *_unfinished(directory)}
    draws = directory / PARAMETERS
    if parameters is not None and draws.is_file() and draws.read_bytes() == _bytes_of(parameters):
        left.add(draws)
    return all(path in left for path in (*directory.iterdir(), *directory.glob(f"{BLOCKS}/*")))


def _bytes_of(parameters: Parameters) -> bytes:
    """What the file of draws holds."""
    return json.dumps(parameters.document(), ensure_ascii=False).encode()


def _first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a manifest: where, and what."""
    first = error.errors()[0]
    return f"{path_text(list(first['loc']))}: {first['msg']}"


def _clear(directory: Path) -> None:
    """Remove unfinished files, unless they are so new that another process may still be at them."""
    for path in _unfinished(directory):
        with suppress(OSError):  # gone by now, or in a folder that may only be read
            if time.time() - path.stat().st_mtime > ABANDONED_S:
                path.unlink()


def _write(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, it is there as a whole or as it was before."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with naming(path):
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
