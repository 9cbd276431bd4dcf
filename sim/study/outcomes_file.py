"""The file of outcomes: every rally of a study, written while it runs."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import numpy as np

from sim.model.plan import Plan
from sim.study.blocks import Rows
from sim.study.errors import naming

_CHUNK = 2**20
"""Bytes that are copied at once."""


class OutcomesFile:
    """Rallies on their way to an npz file (no pickle) as docs/formats.md describes it.

    An npz file is a zip of one array after the other, and each begins with its length; so the columns grow in a folder
    beside the file, and `finish` puts them together. Neither holds more than a block in memory.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path, self._plan = path, plan
        self._columns: dict[str, tuple[np.dtype[np.generic], tuple[int, ...]]] = {}
        self._n = 0

    def __enter__(self) -> OutcomesFile:
        """Raises OSError if nothing can be written there."""
        with naming(self._path):
            self._folder = TemporaryDirectory(prefix=f".{self._path.name}-", dir=self._path.parent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take away what is not finished."""
        self._folder.cleanup()

    def add(self, rows: Rows) -> None:
        """Append rallies.

        Raises OSError if they cannot be written; then the rallies that were added before remain.
        """
        for name, column in rows.items():
            self._columns[name] = column.dtype, column.shape[1:]
            with naming(self._path), self._part(name).open("ab") as file:
                file.write(column.tobytes())
        self._n += len(rows["replication"])

    def finish(self) -> None:
        """Write the file.

        Raises OSError if that fails; a file that was there before is then still there.
        """
        whole = self._part("npz")
        with naming(self._path):
            with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                _write_whole(archive, "car", [crew.car for crew in self._plan.crews])
                _write_whole(archive, "stage", [stage.name for stage in self._plan.stages])
                for name in self._columns:
                    self._write_column(archive, name)
            whole.replace(self._path)

    def _write_column(self, archive: zipfile.ZipFile, name: str) -> None:
        dtype, shape = self._columns[name]
        head = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (self._n, *shape)}
        left = self._n * math.prod(shape) * dtype.itemsize
        with self._part(name).open("rb") as part, archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
            np.lib.format.write_array_header_1_0(entry, head)
            while left:
                left -= entry.write(part.read(min(left, _CHUNK)))

    def _part(self, name: str) -> Path:
        return Path(self._folder.name) / name


def _write_whole(archive: zipfile.ZipFile, name: str, texts: list[str]) -> None:
    with archive.open(f"{name}.npy", "w") as entry:
        np.lib.format.write_array(entry, np.array(texts), allow_pickle=False)
