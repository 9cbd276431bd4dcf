"""Philox4x32-10: four 32-bit words as a pure function of a counter of four words and a key of two.

The constants and the rounds are those of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11. One
function takes integers, for one address; the other many counters at once, in place: that is as fast as NumPy's own
generator walking along one key, while every column has an address of its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WordArray = npt.NDArray[np.uint64]

ROUNDS = 10
MASK = 2**32 - 1
FEW = 8
"""Columns below which one after the other is faster."""
CHUNK = 16384
"""Columns worked on at once: all of it stays in the cache."""
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Four words for one counter; all words are integers of 32 bits."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(ROUNDS):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + _WEYL[0]) & MASK, (k1 + _WEYL[1]) & MASK
    return c0, c1, c2, c3


def philox_many(counters: WordArray, key: tuple[int, int]) -> None:
    """Replace each column of `counters`, shape (4, n), by the four words that it gives; words of 32 bits in 64."""
    if counters.shape[1] <= FEW:
        for i, (c0, c1, c2, c3) in enumerate(counters.T.tolist()):
            counters[:, i] = philox((c0, c1, c2, c3), key)
        return
    for start in range(0, counters.shape[1], CHUNK):
        _rounds(counters[:, start : start + CHUNK], key)


def _rounds(counters: WordArray, key: tuple[int, int]) -> None:
    c0, c1, c2, c3 = counters
    p0, p1 = np.empty_like(c0), np.empty_like(c0)
    k0, k1 = key
    for _ in range(ROUNDS):
        np.multiply(c0, _MULTIPLIERS[0], out=p0)
        np.multiply(c2, _MULTIPLIERS[1], out=p1)
        np.right_shift(p1, 32, out=c0)
        np.bitwise_xor(c0, c1, out=c0)
        np.bitwise_xor(c0, k0, out=c0)
        np.right_shift(p0, 32, out=c2)
        np.bitwise_xor(c2, c3, out=c2)
        np.bitwise_xor(c2, k1, out=c2)
        np.bitwise_and(p1, MASK, out=c1)
        np.bitwise_and(p0, MASK, out=c3)
        k0, k1 = (k0 + _WEYL[0]) & MASK, (k1 + _WEYL[1]) & MASK
