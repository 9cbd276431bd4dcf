"""The rally clock in SimPy: instants are whole seconds, and each second has phases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import simpy
from simpy.events import NORMAL, EventPriority

from sim.engine.journal import Phase


class Instant(simpy.Event):
    """A phase of a second; it happens when the clock gets there."""

    def __init__(self, clock: Clock, time_s: int, phase: Phase) -> None:
        self.env, self._ok, self._value = clock, True, None
        self.callbacks: list[Callable[[Any], None]] = [clock.enter]
        self.time_s, self.phase = time_s, phase
        # What SimPy settles by itself, processes that go on above all, comes before every phase.
        clock.schedule(self, EventPriority(NORMAL + phase), time_s - clock.second)


class Clock(simpy.Environment):
    """A SimPy environment that knows the phase of the present second.

    Attributes:
        second: the present second of the rally clock.
        phase: the present phase.
        lap: how often the phases of this second have begun anew (a car may start in the second of the morning).
    """

    def __init__(self, opening: int) -> None:
        super().__init__(initial_time=opening)
        self.second, self.phase, self.lap = opening, Phase.OWN, 0

    def at(self, time_s: int, phase: Phase) -> Instant:
        """An event that happens in a phase of a second, which must not lie in the past."""
        return Instant(self, time_s, phase)

    def call_at(self, time_s: int, phase: Phase, action: Callable[[], None]) -> None:
        """Do something in a phase of a second, which must not lie in the past."""
        self.at(time_s, phase).callbacks.append(lambda _: action())

    def enter(self, instant: Instant) -> None:
        """The clock has come to an instant."""
        if instant.time_s != self.second:
            self.second, self.lap = instant.time_s, 0
        elif instant.phase < self.phase:
            self.lap += 1
        self.phase = instant.phase
