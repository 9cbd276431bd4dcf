"""Stable codes: numbers that names keep whatever else is added or removed."""

from __future__ import annotations

import hashlib


def code(name: str, *more: str) -> int:
    """The stable 32-bit code of a name, or of an ordered group of names."""
    digest = hashlib.blake2b("\x1f".join((name, *more)).encode(), digest_size=8).digest()
    # The upper half of 8 bytes; which half is of no account, but every draw of every study hangs on it.
    return int.from_bytes(digest[4:], "little")
