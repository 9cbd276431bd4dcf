"""Cars on a special, many at once: what `sim.engine.event.drive.Drive` is for one."""

from __future__ import annotations

import numpy as np

from sim.engine.array.fleet import KNOWN, LIMPING, Fleet
from sim.engine.own import Own
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

NO_TIME = np.iinfo(np.int64).max // 8
"""Later than everything."""

DRIVING, BUSY, WAITING, GONE = range(4)
"""What a car on a special is doing."""


class Runs:
    """U cars on one special. Arrays have shape (U,), by mode (M, U).

    Slopes and readings are those of `Drive`: `from_*` is where the slope of the driving seconds, or of the wear, last
    changed. The wear of the fleet stands at that place; `settle_wear` brings it up to where a car is.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        fleet: Fleet,
        *,
        start: IntArray,
        factor: FloatArray,
        pinned: BoolArray,
        formation: BoolArray,
        rate: FloatArray,
    ) -> None:
        self.plan, self.stage, self.track, self.fleet = plan, stage, stage.track, fleet
        count = len(start)
        self.start, self.day_factor, self.pinned, self.formation = start, factor, pinned, formation
        self.doing = np.full(count, DRIVING, dtype=np.int8)
        self.km, self.driven = np.zeros(count), np.zeros(count)
        self.clock = start.copy()
        self.night = np.zeros(count, dtype=np.bool_)
        self.factor, self.from_nominal, self.from_driven = np.zeros(count), np.zeros(count), np.zeros(count)
        self.from_km = np.zeros(count)
        formed = np.flatnonzero(formation & ~pinned)
        if len(formed):
            fleet.damage[:, formed] |= np.where(fleet.damage[:, formed] & LIMPING > 0, KNOWN, np.uint8(0))
        self.lame: BoolArray = np.asarray(self._limping(np.arange(count)).any(axis=0))
        self.rate = rate
        self.day_rate = self.rate
        self.service = np.zeros(count, dtype=np.int64)
        self.script = np.zeros(count, dtype=np.int64)
        self.next_km, self.next_time = np.zeros(count), np.zeros(count, dtype=np.int64)
        self.next_kind = np.zeros(count, dtype=np.int8)
        self.next_mode = np.zeros(count, dtype=np.intp)
        self.next_scripted = np.zeros(count, dtype=np.bool_)
        self.limp_lost, self.limped = np.zeros(fleet.wear.shape), np.zeros(count, dtype=np.bool_)
        self._services = np.array([*stage.service_km, np.inf])
        self._script_km, self._script_mode = self._scripts()
        self._fail_km = np.empty(fleet.wear.shape)
        self.look_ahead(np.arange(count))

    def time_at(self, cars: IndexArray, km: FloatArray) -> IntArray:
        """The second at which each car, left alone, is at its km."""
        return np.asarray(self.clock[cars] + whole_seconds(self.driven_at(cars, km)))

    def driven_at(self, cars: IndexArray, km: FloatArray) -> FloatArray:
        """Driving seconds of each car to its km, unrounded."""
        nominal = self.track.nominal_at(km) - self.from_nominal[cars]
        return driving.driven_s(self.from_driven[cars], self.factor[cars], nominal)

    def move_to(self, cars: IndexArray, km: FloatArray) -> None:
        """Drive to a km and stop there."""
        driven = self.driven_at(cars, km)
        lame = np.flatnonzero(self.lame[cars])
        if len(lame):
            self._book_limps(cars[lame], driven[lame] - self.driven[cars[lame]])
        self.driven[cars], self.km[cars] = driven, km

    def settle_wear(self, cars: IndexArray) -> None:
        """The wear of the fleet is brought up to where the cars are, and its slope may change here."""
        here, there = self.track.wear_at(self.from_km[cars]), self.track.wear_at(self.km[cars])
        self.fleet.wear[:, cars] = failures.worn(self.fleet.wear[:, cars], self.rate[:, cars], here, there)
        self.from_km[cars] = self.km[cars]

    def wear_of(self, modes: IndexArray, cars: IndexArray) -> FloatArray:
        """Cumulative wear of one mode of each car where it is."""
        here = self.track.wear_of_mode_at(modes, self.from_km[cars])
        there = self.track.wear_of_mode_at(modes, self.km[cars])
        return failures.worn(self.fleet.wear[modes, cars], self.rate[modes, cars], here, there)

    def bend_pace(self, cars: IndexArray) -> None:
        """The slope of the driving seconds changes here."""
        self.from_nominal[cars] = self.track.nominal_at(self.km[cars])
        self.from_driven[cars] = self.driven[cars]

    def replan(self, cars: IndexArray, now: IntArray) -> None:
        """Set off at `now`: factor, wear rate and next event are worked out afresh."""
        spec = self.plan.rally.driving
        self.doing[cars] = DRIVING
        self.clock[cars] = now - whole_seconds(self.driven[cars])
        night = now >= self.stage.sunset
        factor = self.day_factor[cars]
        lame = np.flatnonzero(self.lame[cars])
        if len(lame):
            factor[lame] *= self._limp(cars[lame])
        factor *= np.where(night & ~self.pinned[cars], spec.night_pace, 1.0)
        bent = np.flatnonzero(factor != self.factor[cars])
        if len(bent):
            self.bend_pace(cars[bent])
            self.factor[cars] = factor
        if night.any():
            self._fall_dark(cars[night & ~self.night[cars]])
        self._find_next(cars)

    def look_ahead(self, cars: IndexArray) -> None:
        """Work out afresh where every mode of some cars fails, infinite km where it does not."""
        here = self.track.wear_at(self.from_km[cars])
        end = failures.worn(self.fleet.wear[:, cars], self.rate[:, cars], here, self.track.wear[:, -1][:, None])
        modes, which = np.nonzero(failures.fails(self.fleet.threshold[:, cars], end))
        self._fail_km[:, cars] = np.inf
        self._fail_km[modes, cars[which]] = self._failure_km(modes, cars[which])

    def new_life(self, modes: IndexArray, cars: IndexArray) -> None:
        """One mode of each car has a new threshold here."""
        here = self.track.wear_of_mode_at(modes, self.from_km[cars])
        end = failures.worn(self.fleet.wear[modes, cars], self.rate[modes, cars], here, self.track.wear[modes, -1])
        fails = failures.fails(self.fleet.threshold[modes, cars], end)
        self._fail_km[modes, cars] = np.where(fails, self._failure_km(modes, cars), np.inf)

    def _failure_km(self, modes: IndexArray, cars: IndexArray) -> FloatArray:
        fleet, here = self.fleet, self.track.wear_of_mode_at(modes, self.from_km[cars])
        level = failures.track_wear_at_failure(
            fleet.threshold[modes, cars], fleet.wear[modes, cars], self.rate[modes, cars], here
        )
        return np.maximum(self.track.km_at_wear(modes, level), self.km[cars])

    def _limping(self, cars: IndexArray) -> BoolArray:
        """Damage that slows the cars down, shape (M, n)."""
        return np.asarray(self.fleet.damage[:, cars] & (LIMPING | KNOWN) == LIMPING)

    def _limp(self, cars: IndexArray) -> FloatArray:
        limping = self._limping(cars)
        self.lame[cars] = limping.any(axis=0)
        return driving.limp_product(self.fleet.limps_of(cars), limping)

    def _fall_dark(self, cars: IndexArray) -> None:
        if not len(cars):
            return
        self.settle_wear(cars)
        if self.rate is self.day_rate:
            self.rate = self.day_rate.copy()
        self.rate[:, cars] = self.day_rate[:, cars] * driving.incident_wear(
            self.plan.modes.is_part[:, None], self.plan.rally.driving.night_incidents
        )
        self.night[cars] = True
        self.look_ahead(cars)

    def _find_next(self, cars: IndexArray) -> None:
        count, here = len(cars), self.km[cars]
        ahead = self._fail_km[:, cars] if len(self._fail_km) else np.full((1, count), np.inf)
        best_mode = ahead.argmin(axis=0)
        best_km = ahead[best_mode, np.arange(count)]
        fails = best_km <= self.track.length_km
        best_km = np.where(fails, best_km, self.track.length_km)
        best_kind = np.where(fails, np.int8(Own.FAILURE), np.int8(Own.FINISH))
        scripted = np.zeros(count, dtype=np.bool_)
        if self._script_km.shape[1] > 1:
            crew = self.fleet.crew[cars]
            km = np.maximum(self._script_km[crew, self.script[cars]], here)
            mode = self._script_mode[crew, self.script[cars]]
            first = (km < best_km) | ((km == best_km) & ((best_kind > Own.FAILURE) | (mode < best_mode)))
            best_km, best_mode = np.where(first, km, best_km), np.where(first, mode, best_mode)
            best_kind[first], scripted[first] = Own.FAILURE, True
        if len(self._services) > 1:
            km = self._services[self.service[cars]]
            first = (km < best_km) | ((km == best_km) & (best_kind > Own.SERVICE))
            best_km, best_kind = np.where(first, km, best_km), np.where(first, np.int8(Own.SERVICE), best_kind)
        time = self.time_at(cars, best_km)
        self._sunset_before(cars, here, best_km, best_kind, time)
        self.next_km[cars], self.next_time[cars], self.next_kind[cars] = best_km, time, best_kind
        self.next_mode[cars], self.next_scripted[cars] = best_mode, scripted & (best_kind == Own.FAILURE)

    def _sunset_before(
        self, cars: IndexArray, here: FloatArray, best_km: FloatArray, best_kind: IntArray, time: IntArray
    ) -> None:
        """Where the sun sets before the next event, that is the next event; changes the arrays given."""
        late = np.flatnonzero(~self.night[cars] & (time >= self.stage.sunset))
        if not len(late):
            return
        which = cars[late]
        left = self.stage.sunset - self.clock[which] - self.from_driven[which]
        nominal = self.from_nominal[which] + left / self.factor[which]
        km = np.maximum(self.track.km_at_nominal(nominal), here[late])
        before = km < best_km[late]
        best_km[late[before]], best_kind[late[before]] = km[before], Own.SUNSET
        time[late[before]] = self.stage.sunset

    def _book_limps(self, cars: IndexArray, seconds: FloatArray) -> None:
        """Share the extra time of limping among the damages, by the logs of their factors."""
        factors = self.fleet.limps_of(cars)
        limping = self._limping(cars) & (factors > 1.0)
        logs = np.where(limping, np.log(factors), 0.0)
        total = np.zeros(len(cars))
        for row in logs:
            total = total + row
        some = total > 0
        self.limped[cars[some]] = True
        extra = seconds[some] * -np.expm1(-total[some])
        self.limp_lost[:, cars[some]] += extra * logs[:, some] / total[some]

    def _scripts(self) -> tuple[FloatArray, IndexArray]:
        """Km and modes of the scripted failures, shape (C, most of one crew + 1), infinite behind the last one."""
        by_crew = [self.plan.happenings.get((self.stage.index, crew.index), ()) for crew in self.plan.crews]
        width = max(len(found) for found in by_crew) + 1
        km = np.full((len(by_crew), width), np.inf)
        mode = np.full((len(by_crew), width), -1, dtype=np.intp)
        for crew, found in enumerate(by_crew):
            for i, (index, happening) in enumerate(found):
                km[crew, i], mode[crew, i] = happening.km, index
        return km, mode
