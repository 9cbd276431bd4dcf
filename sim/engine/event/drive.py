"""A car on a special: where it is, how fast it goes, and what its own next event is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.engine.event.car import Car
from sim.engine.own import Own
from sim.model.arrays import FloatArray
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

if TYPE_CHECKING:
    from sim.model.plan import StagePlan
    from sim.model.spec import Happening


class OwnEvent(NamedTuple):
    """An event that a driving car will meet, and at which km."""

    km: float
    kind: Own
    mode: int = -1
    happening: Happening | None = None
    service_s: int = 0


@dataclass(slots=True)
class Ticket:
    """What race control hands a crew in the morning.

    Attributes:
        starts: may it start?
        slot: its slot in the start list.
        start: when it starts: the slot plus its lateness.
        factor: time factor of the day, before damage and night.
        wear_rate: wear of the day over that of the track by mode, before night, shape (M,).
        pinned: is the driving time a pinned fact, which night does not change?
        formation: does the team run in formation?
        reason: why it does not start.
        cause: cause of the loss if it does not start.
    """

    starts: bool
    slot: int
    start: int
    factor: float
    wear_rate: FloatArray
    pinned: bool = False
    formation: bool = False
    reason: str = ""
    cause: int = -1


class Drive:
    """A car on a special.

    Driving seconds and wear are read off straight lines from the last point at which their slope changed: a stop
    bends neither, so where a part fails and how long a car drives do not depend on how often it stopped.

    Attributes:
        km: where it last stopped, or where it started.
        driven: driving seconds to there, unrounded.
        next: its next own event, if nobody stops it.
        next_s: the second of it.
        limp_lost: seconds lost so far by limping, by mode.
    """

    def __init__(self, car: Car, stage: StagePlan, ticket: Ticket) -> None:
        self.car, self.stage, self.ticket = car, stage, ticket
        self.track = stage.track
        self.km, self.driven = 0.0, 0.0
        self.limp_lost: dict[int, float] = {}
        self._factor, self._from_nominal, self._from_driven = 0.0, 0.0, 0.0
        self._clock = ticket.start
        self._night = False
        self._services = list(zip(stage.service_km, stage.service_s, strict=True))
        self._script = list(car.plan.happenings.get((stage.index, car.crew.index), ()))
        self._known_limps = set(car.limping) if ticket.formation and not ticket.pinned else set()
        self._bend_wear(ticket.wear_rate)
        self.replan(ticket.start)

    def time_at(self, km: float) -> int:
        """The second at which the car, left alone, is at a km that is not behind it."""
        return self._clock + int(whole_seconds(self._driven_at(km)))

    def move_to(self, km: float) -> None:
        """Drive to a km and stop there; wear, driving time and time lost by limping are booked."""
        self._move(km, self._driven_at(km))

    def reach_next(self) -> OwnEvent:
        """Drive to its own next event, which is then behind it."""
        event = self.next
        self._move(event.km, self._next_driven)
        if event.kind is Own.SERVICE:
            self._services.pop(0)
        elif event.kind is Own.SUNSET:
            self.driven = float(self.stage.sunset - self._clock)
            self._bend_pace()
        elif event.happening is not None:
            self._script.pop(0)
        return event

    def add_wear(self, mode: int, wear_km: float) -> None:
        """Wear a part by what happened here."""
        self.car.wear[mode] += wear_km
        self._bend_wear(self._rate)

    def replan(self, now: int) -> None:
        """Set off at `now`: the factor, the wear rate and the next event are worked out afresh."""
        plan = self.car.plan
        self._clock = now - int(whole_seconds(self.driven))
        night = now >= self.stage.sunset
        self._known_limps &= self.car.limping
        limp = self.car.limp(self.car.limping - self._known_limps)
        dark = night and not self.ticket.pinned
        factor = self.ticket.factor * limp * (plan.rally.driving.night_pace if dark else 1.0)
        if factor != self._factor:
            self._bend_pace()
            self._factor = factor
        if night and not self._night:
            darkness = driving.incident_wear(plan.modes.is_part, plan.rally.driving.night_incidents)
            self._bend_wear(self.ticket.wear_rate * darkness)
        self._night = night
        self._find_next()

    def _move(self, km: float, driven: float) -> None:
        before = self.driven
        self.km, self.driven = km, driven
        self.car.wear = self._wear_at(km)
        self._book_limps(driven - before)

    def _bend_pace(self) -> None:
        self._from_nominal, self._from_driven = float(self.track.nominal_at(self.km)), self.driven

    def _bend_wear(self, rate: FloatArray) -> None:
        self._rate, self._from_wear, self._from_track_wear = rate, self.car.wear, self.track.wear_at(self.km)
        self._wear_at_end = failures.worn(self._from_wear, rate, self._from_track_wear, self.track.wear[:, -1])

    def _driven_at(self, km: float) -> float:
        nominal = float(self.track.nominal_at(km)) - self._from_nominal
        return driving.driven_s(self._from_driven, self._factor, nominal)

    def _wear_at(self, km: float) -> FloatArray:
        if km == self.track.length_km:
            return self._wear_at_end
        return failures.worn(self._from_wear, self._rate, self._from_track_wear, self.track.wear_at(km))

    def _find_next(self) -> None:
        self.next = min(self._ahead(), key=lambda event: (event.km, event.kind, event.mode))
        self._next_driven = self._driven_at(self.next.km)
        self.next_s = self._clock + int(whole_seconds(self._next_driven))
        if not self._night and self.next_s >= self.stage.sunset:
            self._see_sunset()

    def _see_sunset(self) -> None:
        """If the sun sets before the next event, that is the next event."""
        nominal = self._from_nominal + (self.stage.sunset - self._clock - self._from_driven) / self._factor
        km = max(float(self.track.km_at_nominal(nominal)), self.km)
        if km < self.next.km:
            self.next, self.next_s = OwnEvent(km, Own.SUNSET), self.stage.sunset
            self._next_driven = self._driven_at(km)

    def _ahead(self) -> list[OwnEvent]:
        """What lies ahead: the finish, failures, the next service point, and the next happening of the script."""
        failing = failures.fails(self.car.threshold, self._wear_at_end).nonzero()[0].tolist()
        events = [OwnEvent(self._failure_km(mode), Own.FAILURE, mode) for mode in failing]
        if self._services:
            km, seconds = self._services[0]
            events.append(OwnEvent(km, Own.SERVICE, service_s=seconds))
        if self._script:
            mode, happening = self._script[0]
            events.append(OwnEvent(max(happening.km, self.km), Own.FAILURE, mode, happening))
        events.append(OwnEvent(self.track.length_km, Own.FINISH))
        return events

    def _failure_km(self, mode: int) -> float:
        level = failures.track_wear_at_failure(
            self.car.threshold[mode], self._from_wear[mode], self._rate[mode], self._from_track_wear[mode]
        )
        return max(float(self.track.km_at_wear(mode, level)), self.km)

    def _book_limps(self, seconds: float) -> None:
        """Share the extra time of limping among the damages, by the logs of their factors."""
        factors = self.car.limp_factors
        limping = [mode for mode in sorted(self.car.limping - self._known_limps) if factors[mode] > 1.0]
        if not limping:
            return
        logs = {mode: float(np.log(factors[mode])) for mode in limping}
        total = sum(logs.values())
        extra = seconds * -float(np.expm1(-total))
        for mode, log in logs.items():
            self.limp_lost[mode] = self.limp_lost.get(mode, 0.0) + extra * log / total
