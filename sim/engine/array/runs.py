"""Cars on a special, many at once: what `sim.engine.event.drive.Drive` is for one."""

from __future__ import annotations

import numpy as np

from sim.engine.array.fleet import KNOWN, LIMPING, Fleet, pairs
from sim.engine.array.lost import LostTime
from sim.engine.own import Own
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

NO_TIME = np.iinfo(np.int64).max // 8
"""Later than everything."""

DRIVING, BUSY, WAITING, GONE, SETTLED, ABSENT = range(6)
"""What a car on a special is doing. BUSY: it helps or is helped; one whose own crew works on it counts as DRIVING, its
clock ahead. SETTLED: as the road has settled, unless a team-mate needs help."""


class Runs:
    """U cars of a fleet on one special; arrays have shape (U,).

    Slopes and readings are those of `Drive`: `from_*` is where the slope of the driving seconds, or of the wear, last
    changed. The wear of the fleet stands at that place; `settle_wear` brings it up to where a car is.

    Attributes:
        cars: which cars of the fleet they are.
        crew, row, draw: crew, row of the block and draw of the parameters of each, as in the fleet.
        rate: wear rates by mode of all cars of the fleet, shape (M, cars of the fleet).
        start: second of the rally clock at which it starts.
        day_factor: driving factor in daylight, later limps left aside.
        pinned: does no night slow it, since its driving time is pinned?
        formation: does it drive in formation?
        doing: DRIVING, BUSY, ...
        km, driven: where it was last stopped or looked at, and the driving seconds to there, unrounded.
        clock: second of the rally clock less the whole driving seconds, when it last set off: start and all stops.
        night: are its wear rates those after sunset?
        factor: driving factor now: that of the day times limps, times the night.
        from_nominal, from_driven: nominal and driving seconds from the start to where `factor` last changed.
        from_km: where the wear of the fleet stands.
        bent: has the slope of the wear changed since the start?
        lame: is there damage that slows it and that the pace of its formation does not contain?
        service, script: how many service points, and pinned happenings of its crew on the stage, it has behind it.
        next_km, next_time, next_kind: its next own event: km, second, and an `Own`.
        next_mode, next_scripted: if that is a failure, the mode, and is it pinned?
        limp_lost: seconds lost by limping.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        fleet: Fleet,
        rate: FloatArray,
        cars: IndexArray,
        *,
        start: IntArray,
        factor: FloatArray,
        pinned: BoolArray,
        formation: BoolArray,
    ) -> None:
        """`rate` is that in daylight; it is changed for cars that drive in the dark."""
        self.plan, self.stage, self.track, self.fleet = plan, stage, stage.track, fleet
        self.cars, self.rate, count = cars, rate, len(cars)
        self.crew, self.row, self.draw = fleet.crew[cars], fleet.row[cars], fleet.draw[cars]
        self.start, self.day_factor, self.pinned, self.formation = start, factor, pinned, formation
        self.doing = np.full(count, DRIVING, dtype=np.int8)
        self.km, self.driven = np.zeros(count), np.zeros(count)
        self.clock = start.copy()
        self.night = np.zeros(count, dtype=np.bool_)
        self.factor, self.from_nominal, self.from_driven = np.zeros(count), np.zeros(count), np.zeros(count)
        self.from_km, self.bent = np.zeros(count), np.zeros(count, dtype=np.bool_)
        formed = cars[formation & ~pinned]
        if len(formed):
            fleet.damage[:, formed] |= np.where(fleet.damage[:, formed] & LIMPING > 0, KNOWN, np.uint8(0))
        self.lame: BoolArray = np.asarray(self._limping(np.arange(count)).any(axis=0))
        self.service = np.zeros(count, dtype=np.int64)
        self.script = np.zeros(count, dtype=np.int64)
        self.next_km, self.next_time = np.zeros(count), np.zeros(count, dtype=np.int64)
        self.next_kind = np.zeros(count, dtype=np.int8)
        self.next_mode = np.zeros(count, dtype=np.intp)
        self.next_scripted = np.zeros(count, dtype=np.bool_)
        self.limp_lost = LostTime(len(plan.modes), count)
        self._incidents = np.flatnonzero(~plan.modes.is_part)
        self._services = np.array([*stage.service_km, np.inf])
        self._script_km, self._script_mode = self._scripts()
        # A mode more than there is: a rally may have none.
        self._fail_km = np.full((count, len(plan.modes) + 1), np.inf)

    def foresee(self, units: IndexArray, modes: IndexArray, km: FloatArray) -> None:
        """From the start on these modes of some cars will fail at these km, and no others."""
        self._fail_km[units, modes] = km

    def time_at(self, units: IndexArray, km: FloatArray) -> IntArray:
        """The second at which each car, left alone, is at its km."""
        return np.asarray(self.clock[units] + whole_seconds(self.driven_at(units, km)))

    def driven_at(self, units: IndexArray, km: FloatArray) -> FloatArray:
        """Driving seconds of each car to its km, unrounded."""
        nominal = self.track.nominal_at(km) - self.from_nominal[units]
        return driving.driven_s(self.from_driven[units], self.factor[units], nominal)

    def move_to(self, units: IndexArray, km: FloatArray) -> None:
        """Drive to a km and stop there."""
        driven = self.driven_at(units, km)
        lame = np.flatnonzero(self.lame[units])
        if len(lame):
            self._book_limps(units[lame], driven[lame] - self.driven[units[lame]])
        self.driven[units], self.km[units] = driven, km

    def settle_wear(self, units: IndexArray) -> None:
        """The wear of the fleet is brought up to where the cars are, and its slope may change here."""
        here, there = self.track.wear_at(self.from_km[units]), self.track.wear_at(self.km[units])
        cars = self.cars[units]
        self.fleet.wear[:, cars] = failures.worn(self.fleet.wear[:, cars], self.rate[:, cars], here, there)
        self.from_km[units], self.bent[units] = self.km[units], True

    def wear_of(self, modes: IndexArray, units: IndexArray) -> FloatArray:
        """Cumulative wear of one mode of each car where it is."""
        here = self.track.wear_of_mode_at(modes, self.from_km[units])
        there = self.track.wear_of_mode_at(modes, self.km[units])
        cars = self.cars[units]
        return failures.worn(self.fleet.wear[modes, cars], self.rate[modes, cars], here, there)

    def bend_pace(self, units: IndexArray) -> None:
        """The slope of the driving seconds changes here."""
        self.from_nominal[units] = self.track.nominal_at(self.km[units])
        self.from_driven[units] = self.driven[units]

    def replan(self, units: IndexArray, now: IntArray) -> None:
        """Set off at `now`: factor, wear rate and next event are worked out afresh."""
        spec = self.plan.rally.driving
        self.doing[units] = DRIVING
        self.clock[units] = now - whole_seconds(self.driven[units])
        night = now >= self.stage.sunset
        factor = self.day_factor[units]
        lame = np.flatnonzero(self.lame[units])
        if len(lame):
            factor[lame] *= self._limp(units[lame])
        factor *= np.where(night & ~self.pinned[units], spec.night_pace, 1.0)
        bent = np.flatnonzero(factor != self.factor[units])
        if len(bent):
            self.bend_pace(units[bent])
            self.factor[units] = factor
        if night.any():
            self._fall_dark(units[night & ~self.night[units]])
        self._find_next(units)

    def look_ahead(self, units: IndexArray) -> None:
        """Work out afresh where every mode of some cars fails."""
        cars, here = self.cars[units], self.track.wear_at(self.from_km[units])
        end = failures.worn(self.fleet.wear[:, cars], self.rate[:, cars], here, self.track.wear[:, -1][:, None])
        modes, which = pairs(failures.fails(self.fleet.threshold[:, cars], end))
        self._fail_km[units] = np.inf
        self._fail_km[units[which], modes] = self._failure_km(modes, units[which])

    def new_life(self, modes: IndexArray, units: IndexArray) -> None:
        """One mode of each car has a new threshold here."""
        cars, here = self.cars[units], self.track.wear_of_mode_at(modes, self.from_km[units])
        end = failures.worn(self.fleet.wear[modes, cars], self.rate[modes, cars], here, self.track.wear[modes, -1])
        fails = failures.fails(self.fleet.threshold[modes, cars], end)
        self._fail_km[units, modes] = np.where(fails, self._failure_km(modes, units), np.inf)

    def rule_out(self, modes: IndexArray, units: IndexArray) -> None:
        """One mode of each car is broken: it fails no more."""
        self._fail_km[units, modes] = np.inf

    def disband(self) -> None:
        """Formations end: what their pace contained is a limp like others from now on."""
        formed = self.cars[self.formation]
        self.fleet.damage[:, formed] &= ~KNOWN

    def _failure_km(self, modes: IndexArray, units: IndexArray) -> FloatArray:
        fleet, cars, here = self.fleet, self.cars[units], self.track.wear_of_mode_at(modes, self.from_km[units])
        level = failures.track_wear_at_failure(
            fleet.threshold[modes, cars], fleet.wear[modes, cars], self.rate[modes, cars], here
        )
        return np.maximum(self.track.km_at_wear(modes, level), self.km[units])

    def _limping(self, units: IndexArray) -> BoolArray:
        """Damage that slows the cars down, shape (M, n)."""
        return np.asarray(self.fleet.damage[:, self.cars[units]] & (LIMPING | KNOWN) == LIMPING)

    def _limp(self, units: IndexArray) -> FloatArray:
        limping = self._limping(units)
        self.lame[units] = limping.any(axis=0)
        return driving.limp_product(self.fleet.limps_of(self.cars[units]), limping)

    def _fall_dark(self, units: IndexArray) -> None:
        if not len(units):
            return
        self.settle_wear(units)
        self.rate[np.ix_(self._incidents, self.cars[units])] *= self.plan.rally.driving.night_incidents
        self.night[units] = True
        self.look_ahead(units)

    def _find_next(self, units: IndexArray) -> None:
        count, here = len(units), self.km[units]
        ahead = self._fail_km[units]
        best_mode = ahead.argmin(axis=1)
        best_km = ahead[np.arange(count), best_mode]
        fails = best_km <= self.track.length_km
        best_km = np.where(fails, best_km, self.track.length_km)
        best_kind = np.where(fails, np.int8(Own.FAILURE), np.int8(Own.FINISH))
        scripted = np.zeros(count, dtype=np.bool_)
        if self._script_km.shape[1] > 1:
            crew = self.crew[units]
            km = np.maximum(self._script_km[crew, self.script[units]], here)
            mode = self._script_mode[crew, self.script[units]]
            first = (km < best_km) | ((km == best_km) & ((best_kind > Own.FAILURE) | (mode < best_mode)))
            best_km, best_mode = np.where(first, km, best_km), np.where(first, mode, best_mode)
            best_kind[first], scripted[first] = Own.FAILURE, True
        if len(self._services) > 1:
            km = self._services[self.service[units]]
            first = (km < best_km) | ((km == best_km) & (best_kind > Own.SERVICE))
            best_km, best_kind = np.where(first, km, best_km), np.where(first, np.int8(Own.SERVICE), best_kind)
        time = self.time_at(units, best_km)
        self._sunset_before(units, here, best_km, best_kind, time)
        self.next_km[units], self.next_time[units], self.next_kind[units] = best_km, time, best_kind
        self.next_mode[units], self.next_scripted[units] = best_mode, scripted & (best_kind == Own.FAILURE)

    def _sunset_before(
        self, units: IndexArray, here: FloatArray, best_km: FloatArray, best_kind: IntArray, time: IntArray
    ) -> None:
        """Where the sun sets before the next event, that is the next event; changes the arrays given."""
        late = np.flatnonzero(~self.night[units] & (time >= self.stage.sunset))
        if not len(late):
            return
        which = units[late]
        left = self.stage.sunset - self.clock[which] - self.from_driven[which]
        nominal = self.from_nominal[which] + left / self.factor[which]
        km = np.maximum(self.track.km_at_nominal(nominal), here[late])
        before = km < best_km[late]
        best_km[late[before]], best_kind[late[before]] = km[before], Own.SUNSET
        time[late[before]] = self.stage.sunset

    def _book_limps(self, units: IndexArray, seconds: FloatArray) -> None:
        """Share the extra time of limping among the damages, by the logs of their factors."""
        factors = self.fleet.limps_of(self.cars[units])
        limping = self._limping(units) & (factors > 1.0)
        logs = np.where(limping, np.log(factors), 0.0)
        total = np.zeros(len(units))
        for row in logs:
            total = total + row
        extra = seconds * -np.expm1(-total)
        modes, which = np.nonzero(logs)
        self.limp_lost.note(units[which], modes, extra[which] * logs[modes, which] / total[which])

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
