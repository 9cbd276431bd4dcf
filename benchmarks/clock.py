"""Times that can be compared on a noisy machine."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

Name = TypeVar("Name")


def interleaved(contenders: Mapping[Name, Callable[[], object]], rounds: int) -> dict[Name, float]:
    """Seconds that each contender takes: the least of several rounds, in each of which all of them run once.

    What slows the machine down for a while slows all contenders down, and the least time is the one least disturbed.
    """
    least = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for name, work in contenders.items():
            gc.collect()
            begin = time.perf_counter()
            work()
            least[name] = min(least[name], time.perf_counter() - begin)
    return least
