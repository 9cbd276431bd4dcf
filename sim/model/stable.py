"""Stable codes: numbers that names keep whatever else is added or removed."""

from __future__ import annotations

import hashlib


def code(*names: str) -> int:
    """The stable 32-bit code of a name or of an ordered group of names; 0 for no name at all."""
    if not names:
        return 0
    digest = hashlib.blake2b("\x1f".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest[4:], "little")
