"""What a car on a special may meet by itself."""

from __future__ import annotations

from enum import IntEnum


class Own(IntEnum):
    """The kinds of own events; at the same km they come in this order."""

    FAILURE = 0
    SERVICE = 1
    SUNSET = 2
    FINISH = 3
