"""The rally clock in SimPy: instants are whole seconds, and each second has phases."""

from __future__ import annotations

from collections.abc import Callable

import simpy
from simpy.events import EventPriority

from sim.engine.journal import Phase


class Clock(simpy.Environment):
    """A SimPy environment that knows the phase of the present second.

    Attributes:
        phase: the present phase.
        lap: how often the phases of this second have begun anew (a car may start in the second of the morning).
    """

    def __init__(self, opening: int) -> None:
        super().__init__(initial_time=opening)
        self.phase, self.lap, self._lap_second = Phase.OWN, 0, opening

    @property
    def second(self) -> int:
        """The present second of the rally clock."""
        return int(self.now)

    def at(self, time_s: int, phase: Phase) -> simpy.Event:
        """An event that happens in a phase of a second, which must not lie in the past."""
        event = simpy.Event(self)
        event._ok = True
        event._value = None
        event.callbacks = [lambda _: self._enter(phase)]
        self.schedule(event, EventPriority(phase), time_s - self.second)
        return event

    def call_at(self, time_s: int, phase: Phase, action: Callable[[], None]) -> None:
        """Do something in a phase of a second, which must not lie in the past."""
        callbacks = self.at(time_s, phase).callbacks
        assert callbacks is not None
        callbacks.append(lambda _: action())

    def _enter(self, phase: Phase) -> None:
        if self.second != self._lap_second:
            self.lap, self._lap_second = 0, self.second
        elif phase < self.phase:
            self.lap += 1
        self.phase = phase
