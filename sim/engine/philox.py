"""Philox4x64-10 in NumPy, for many counters and keys at once.

NumPy's own generator walks along one key; here every column has its own. The constants and the rounds are those of
Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CodeArray = npt.NDArray[np.uint64]

ROUNDS = 10
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B))
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox_4x64(counter: CodeArray, key_0: CodeArray, key_1: CodeArray) -> CodeArray:
    """Four 64-bit words for each column: `counter` has shape (4, n), the two words of the key (n,)."""
    x0, x1, x2, x3 = counter
    for _ in range(ROUNDS):
        high_0, low_0 = _multiply(x0, _MULTIPLIERS[0])
        high_2, low_2 = _multiply(x2, _MULTIPLIERS[1])
        x0, x1, x2, x3 = high_2 ^ x1 ^ key_0, low_2, high_0 ^ x3 ^ key_1, low_0
        key_0, key_1 = key_0 + _WEYL[0], key_1 + _WEYL[1]
    return np.stack((x0, x1, x2, x3))


def _multiply(x: CodeArray, constant: int) -> tuple[CodeArray, CodeArray]:
    """High and low 64 bits of x times a constant, from products of halves."""
    c_low, c_high = np.uint64(constant & 0xFFFFFFFF), np.uint64(constant >> 32)
    x_low, x_high = x & _LOW, x >> _HALF
    low = x_low * c_low
    middle = x_high * c_low + (low >> _HALF)
    cross = x_low * c_high + (middle & _LOW)
    high = x_high * c_high + (middle >> _HALF) + (cross >> _HALF)
    return high, (cross << _HALF) | (low & _LOW)
