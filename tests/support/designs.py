"""Made-up designs whose means are known, for tests of selection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sim.model.arrays import FloatArray
from sim.study.choice import Piece, Sampler


def gaussian(means: Sequence[float], seed: int, *, common: float = 0.0, spread: float = 1.0) -> Sampler:
    """Normal values with these means and one spread; a share `common` of the variance is luck that designs share.

    The values of a rally are the same in whatever pieces they are asked for.
    """
    streams = [_Stream(seed, design) for design in range(len(means) + 1)]

    def sample(pieces: Sequence[Piece]) -> Iterable[FloatArray]:
        for piece in pieces:
            shared, own = (streams[d].upto(piece.first + piece.count)[piece.first :] for d in (-1, piece.design))
            yield means[piece.design] + spread * (np.sqrt(common) * shared + np.sqrt(1 - common) * own)

    return sample


class _Stream:
    def __init__(self, seed: int, stream: int) -> None:
        self._rng, self._values = np.random.default_rng([seed, stream]), np.empty(0)

    def upto(self, count: int) -> FloatArray:
        if count > len(self._values):
            more = self._rng.normal(size=max(count, 2 * len(self._values)) - len(self._values))
            self._values = np.concatenate([self._values, more])
        return self._values[:count]
