"""Data sets of simulation-based calibration on disk: a file for each, so that an interrupted check goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calibration.sbc import DataSet
from sim.study.errors import StudyError

MANIFEST = "check.json"


@dataclass(frozen=True)
class Store:
    """A folder with the data sets of one design."""

    folder: Path

    @classmethod
    def open(cls, folder: Path, design: Mapping[str, Any]) -> Store:
        """Make the folder, or go on in it; `design` is all that the data sets depend on, as JSON would give it back.

        Raises StudyError if the folder holds another design, or other files; OSError if it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        manifest = folder / MANIFEST
        if manifest.is_file():
            known = json.loads(manifest.read_text(encoding="utf-8"))
            differing = sorted(key for key in {*known, *design} if known.get(key) != design.get(key))
            if differing:
                raise StudyError(f"{folder} holds data sets of another check: {', '.join(differing)} differ")
        elif any(folder.iterdir()):
            raise StudyError(f"{folder} is not empty and holds no check")
        else:
            _write(manifest, dict(design))
        return cls(folder)

    def get(self, index: int) -> DataSet | None:
        """A data set that is finished, None if it is not."""
        file = self._file(index)
        if not file.is_file():
            return None
        content = json.loads(file.read_text(encoding="utf-8"))
        return DataSet(
            index=content["index"],
            names=tuple(content["names"]),
            ranks=np.array(content["ranks"], dtype=np.int64),
            wrong=np.array(content["wrong"], dtype=np.int64),
            constant=np.array(content["constant"], dtype=np.bool_),
            problem=content["problem"],
        )

    def put(self, one: DataSet) -> None:
        """Store a data set, whole or not at all."""
        content = {
            "index": one.index,
            "names": list(one.names),
            "ranks": one.ranks.tolist(),
            "wrong": one.wrong.tolist(),
            "constant": one.constant.tolist(),
            "problem": one.problem,
        }
        _write(self._file(one.index), content)

    def _file(self, index: int) -> Path:
        return self.folder / f"{index:05d}.json"


def _write(file: Path, content: Mapping[str, Any]) -> None:
    part = file.with_suffix(".part")
    part.write_text(json.dumps(content) + "\n", encoding="utf-8")
    part.replace(file)
