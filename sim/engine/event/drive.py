"""A car on a special: where it is, how fast it goes, and what its own next event is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.engine.event.car import Car
from sim.engine.own import Own
from sim.model.arrays import BoolArray, FloatArray
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

if TYPE_CHECKING:
    from sim.model.plan import StagePlan
    from sim.model.spec import Happening


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """The next event of a driving car: at which km and second, and what."""

    km: float
    time_s: int
    kind: Own
    mode: int = -1
    happening: Happening | None = None
    service_s: int = 0


@dataclass(frozen=True)
class Ticket:
    """What race control hands a crew in the morning.

    Attributes:
        starts: may it start?
        slot: its slot in the start list.
        start: when it starts: the slot plus its lateness.
        factor: time factor of the day, before damage and night.
        order: the pace order in force.
        pinned: is the driving time a pinned fact, which night does not change?
        formation: does the team run in formation?
        reason: why it does not start.
        cause: cause of the loss if it does not start.
    """

    starts: bool
    slot: int
    start: int = 0
    factor: float = 1.0
    order: float = 1.0
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
        limp_lost: seconds lost so far by limping, by mode.
    """

    def __init__(
        self, car: Car, stage: StagePlan, ticket: Ticket, stage_failures: FloatArray, lost_hours: float
    ) -> None:
        plan = car.plan
        self.car, self.stage, self.ticket = car, stage, ticket
        self.track = stage.track
        self.km, self.driven = 0.0, 0.0
        self.limp_lost: dict[int, float] = {}
        self._factor, self._from_nominal, self._from_driven = 0.0, 0.0, 0.0
        self._from_wear, self._from_track_wear = car.wear, self.track.wear_at(0.0)
        self._clock = ticket.start
        self._night = False
        self._services = list(zip(stage.service_km, stage.service_s, strict=True))
        self._script = list(plan.happenings.get((stage.index, car.crew.index), ()))
        self._known_limps: BoolArray = car.limping & (ticket.formation and not ticket.pinned)
        fatigue = driving.fatigue_factor(lost_hours, plan.rally.fatigue.incidents_per_hour)
        self._day_rate = driving.wear_multiplier(
            plan.modes.shape, car.log_failures + stage_failures, plan.modes.pace_exponent, ticket.order
        ) * driving.incident_wear(plan.modes.is_part, fatigue)
        self._rate = self._day_rate
        self.replan(ticket.start)

    def time_at(self, km: float) -> int:
        """The second at which the car, left alone, is at a km that is not behind it."""
        return self._clock + int(whole_seconds(self._driven_at(km)))

    def move_to(self, km: float) -> None:
        """Drive to a km and stop there; wear, driving time and time lost by limping are booked."""
        before = self.driven
        self.km, self.driven = km, self._driven_at(km)
        self.car.wear = self._wear_at(km)
        self._book_limps(self.driven - before)

    def reach(self, event: OwnEvent) -> None:
        """Drive to its own next event, which is then behind it."""
        self.move_to(event.km)
        if event.kind is Own.SERVICE:
            self._services.pop(0)
        elif event.kind is Own.SUNSET:
            self.driven = float(event.time_s - self._clock)
            self._bend_pace()
        elif event.happening is not None:
            self._script.pop(0)

    def add_wear(self, mode: int, wear_km: float) -> None:
        """Wear a part by what happened here."""
        self.car.wear[mode] += wear_km
        self._bend_wear()

    def replan(self, now: int) -> None:
        """Set off at `now`: the factor, the wear rate and the next event are worked out afresh."""
        plan = self.car.plan
        self._clock = now - int(whole_seconds(self.driven))
        night = now >= self.stage.sunset
        self._known_limps &= self.car.limping
        limp = driving.limp_product(self.car.limp_factors, self.car.limping & ~self._known_limps)
        dark = night and not self.ticket.pinned
        factor = self.ticket.factor * float(limp) * (plan.rally.driving.night_pace if dark else 1.0)
        if factor != self._factor:
            self._bend_pace()
            self._factor = factor
        if night and not self._night:
            self._bend_wear()
            self._rate = self._day_rate * driving.incident_wear(plan.modes.is_part, plan.rally.driving.night_incidents)
        self._night = night
        self.next = self._next_event()

    def _bend_pace(self) -> None:
        self._from_nominal, self._from_driven = float(self.track.nominal_at(self.km)), self.driven

    def _bend_wear(self) -> None:
        self._from_wear, self._from_track_wear = self.car.wear, self.track.wear_at(self.km)

    def _driven_at(self, km: float) -> float:
        nominal = float(self.track.nominal_at(km)) - self._from_nominal
        return float(driving.driven_s(self._from_driven, self._factor, nominal))

    def _wear_at(self, km: float) -> FloatArray:
        return failures.worn(self._from_wear, self._rate, self._from_track_wear, self.track.wear_at(km))

    def _next_event(self) -> OwnEvent:
        end = self.track.length_km
        candidates = [OwnEvent(end, 0, Own.FINISH), *self._failures()]
        if self._services:
            km, seconds = self._services[0]
            candidates.append(OwnEvent(km, 0, Own.SERVICE, service_s=seconds))
        if self._script:
            mode, happening = self._script[0]
            candidates.append(OwnEvent(max(happening.km, self.km), 0, Own.FAILURE, mode, happening))
        first = min(candidates, key=lambda event: (event.km, event.kind, event.mode))
        time_s = self.time_at(first.km)
        if not self._night and time_s >= self.stage.sunset:
            return self._sunset_before(first, time_s)
        return replace(first, time_s=time_s)

    def _sunset_before(self, first: OwnEvent, time_s: int) -> OwnEvent:
        nominal = self._from_nominal + (self.stage.sunset - self._clock - self._from_driven) / self._factor
        km = float(np.maximum(self.track.km_at_nominal(nominal), self.km))
        if km < first.km:
            return OwnEvent(km, self.stage.sunset, Own.SUNSET)
        return replace(first, time_s=time_s)

    def _failures(self) -> list[OwnEvent]:
        wear_at_end = failures.worn(self._from_wear, self._rate, self._from_track_wear, self.track.wear[:, -1])
        failing = np.flatnonzero(failures.fails(self.car.threshold, wear_at_end)).tolist()
        return [OwnEvent(self._failure_km(mode), 0, Own.FAILURE, mode) for mode in failing]

    def _failure_km(self, mode: int) -> float:
        level = failures.track_wear_at_failure(
            self.car.threshold[mode], self._from_wear[mode], self._rate[mode], self._from_track_wear[mode]
        )
        return max(float(self.track.km_at_wear(mode, level)), self.km)

    def _book_limps(self, seconds: float) -> None:
        """Share the extra time of limping among the damages, by the logs of their factors."""
        limping = np.flatnonzero(self.car.limping & ~self._known_limps & (self.car.limp_factors > 1.0)).tolist()
        if not limping:
            return
        logs = {mode: float(np.log(self.car.limp_factors[mode])) for mode in limping}
        total = sum(logs.values())
        extra = seconds * -float(np.expm1(-total))
        for mode, log in logs.items():
            self.limp_lost[mode] = self.limp_lost.get(mode, 0.0) + extra * log / total
