"""Draws of parameters: what a calibration leaves uncertain, and what stands for it where one value is needed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.parameters.names import covers, mode_of_share

FORMAT = "rally-parameters/1"


@dataclass(frozen=True)
class Parameters:
    """D joint draws of P values of a scenario.

    Attributes:
        name: of the file of draws.
        names: paths into the scenario, P of them.
        draws: shape (D, P), read-only; D >= 1.
        sources: where the values come from, by path.
    """

    name: str
    names: tuple[str, ...]
    draws: FloatArray
    sources: dict[str, str]

    def __len__(self) -> int:
        return len(self.draws)

    @property
    def sha256(self) -> str:
        """Digest of the JSON list of the names, a newline, and the draws as little-endian float64, row by row."""
        sha = hashlib.sha256(json.dumps(self.names, ensure_ascii=False).encode() + b"\n")
        sha.update(np.ascontiguousarray(self.draws, dtype="<f8").tobytes())
        return sha.hexdigest()

    def columns(self) -> dict[str, FloatArray]:
        """The draws of each parameter by its name, shape (D,)."""
        return dict(zip(self.names, self.draws.T, strict=True))

    def only(self, wanted: Callable[[str], bool]) -> Parameters:
        """The same draws of the parameters that are wanted."""
        kept = [i for i, name in enumerate(self.names) if wanted(name)]
        names = tuple(self.names[i] for i in kept)
        sources = {path: text for path, text in self.sources.items() if any(covers(path, name) for name in names)}
        return Parameters(self.name, names, frozen(self.draws[:, kept]), sources)

    def times(self, factors: Mapping[str, float]) -> Parameters:
        """The same draws, some parameters multiplied, by their names."""
        scale = [factors.get(name, 1.0) for name in self.names]
        return replace(self, draws=frozen(self.draws * scale)) if factors else self

    def medians(self) -> dict[str, float]:
        """The point value of each parameter: its median; the shares of a severity are scaled to add up to 1."""
        medians = dict(zip(self.names, np.median(self.draws, axis=0).tolist(), strict=True))
        for shares in self._severities():
            point = [medians[name] for name in shares]
            if math.fsum(point) == 0:  # in most draws another share is all there is
                point = [float(np.mean(column)) for column in self.only(shares.__contains__).draws.T]
            total = math.fsum(point)
            medians |= {name: share / total for name, share in zip(shares, point, strict=True)}
        return medians

    def document(self) -> dict[str, Any]:
        """The file of these draws, in plain JSON types."""
        names, draws = list(self.names), self.draws.tolist()
        return {"format": FORMAT, "name": self.name, "sources": self.sources, "names": names, "draws": draws}

    def _severities(self) -> Iterator[list[str]]:
        """The names of the shares of each mode whose severity is drawn."""
        modes = dict.fromkeys(mode_of_share(name) for name in self.names)
        for mode in modes:
            if mode is not None:
                yield [name for name in self.names if mode_of_share(name) == mode]


def frozen(draws: FloatArray) -> FloatArray:
    """A copy of draws that cannot be written."""
    draws = np.array(draws, dtype=np.float64, order="C")
    draws.flags.writeable = False
    return draws
