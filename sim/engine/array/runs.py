"""Cars on a special, many at once: what `sim.engine.event.drive.Drive` is for one."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from sim.engine.array.fleet import Fleet
from sim.engine.own import Own
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import driving, failures
from sim.model.units import whole_seconds

NO_TIME = np.iinfo(np.int64).max // 8
"""Later than everything."""


class Doing(IntEnum):
    """What a car on a special is doing."""

    NOT_STARTED = 0
    DRIVING = 1
    BUSY = 2
    WAITING = 3
    GONE = 4


class Runs:
    """U cars on one special. Arrays have shape (U,), by mode (M, U).

    Slopes and readings are those of `Drive`: `from_*` is where the slope of the driving seconds, or of the wear, last
    changed.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        fleet: Fleet,
        *,
        start: IntArray,
        factor: FloatArray,
        order: FloatArray,
        pinned: BoolArray,
        formation: BoolArray,
        lost_hours: FloatArray,
        stage_failures: FloatArray,
    ) -> None:
        self.plan, self.stage, self.track, self.fleet = plan, stage, stage.track, fleet
        count = len(start)
        self.start, self.day_factor, self.pinned, self.formation = start, factor, pinned, formation
        self.doing = np.full(count, Doing.DRIVING, dtype=np.int64)
        self.km, self.driven = np.zeros(count), np.zeros(count)
        self.clock = start.copy()
        self.night = np.zeros(count, dtype=np.bool_)
        self.factor, self.from_nominal, self.from_driven = np.zeros(count), np.zeros(count), np.zeros(count)
        self.from_wear = fleet.wear.copy()
        self.from_track_wear = np.repeat(self.track.wear_at(0.0)[:, None], count, axis=1)
        self.known_limps = fleet.limping & (formation & ~pinned)
        fatigue = driving.fatigue_factor(lost_hours, plan.rally.fatigue.incidents_per_hour)
        is_part = plan.modes.is_part[:, None]
        self.day_rate = driving.wear_multiplier(
            plan.modes.shape[:, None], fleet.log_failures + stage_failures, plan.modes.pace_exponent[:, None], order
        ) * driving.incident_wear(is_part, fatigue)
        self.rate = self.day_rate.copy()
        self.service = np.zeros(count, dtype=np.int64)
        self.script = np.zeros(count, dtype=np.int64)
        self.next_km, self.next_time = np.zeros(count), np.zeros(count, dtype=np.int64)
        self.next_kind = np.zeros(count, dtype=np.int64)
        self.next_mode = np.zeros(count, dtype=np.intp)
        self.next_scripted = np.zeros(count, dtype=np.bool_)
        self.limp_lost = np.zeros_like(fleet.wear)
        self._services = np.array([*stage.service_km, np.inf])
        self._script_km, self._script_mode = self._scripts()

    def time_at(self, cars: IndexArray, km: FloatArray) -> IntArray:
        """The second at which each car, left alone, is at its km."""
        return np.asarray(self.clock[cars] + whole_seconds(self.driven_at(cars, km)))

    def driven_at(self, cars: IndexArray, km: FloatArray) -> FloatArray:
        """Driving seconds of each car to its km, unrounded."""
        nominal = self.track.nominal_at(km) - self.from_nominal[cars]
        return driving.driven_s(self.from_driven[cars], self.factor[cars], nominal)

    def wear_at(self, cars: IndexArray, km: FloatArray) -> FloatArray:
        """Cumulative wear of all modes of each car at its km, shape (M, n)."""
        there = self.track.wear_at(km)
        return failures.worn(self.from_wear[:, cars], self.rate[:, cars], self.from_track_wear[:, cars], there)

    def move_to(self, cars: IndexArray, km: FloatArray) -> None:
        """Drive to a km and stop there."""
        before = self.driven[cars]
        self.driven[cars] = self.driven_at(cars, km)
        self.km[cars] = km
        self.fleet.wear[:, cars] = self.wear_at(cars, km)
        self._book_limps(cars, self.driven[cars] - before)

    def bend_pace(self, cars: IndexArray) -> None:
        """The slope of the driving seconds changes here."""
        self.from_nominal[cars] = self.track.nominal_at(self.km[cars])
        self.from_driven[cars] = self.driven[cars]

    def bend_wear(self, cars: IndexArray) -> None:
        """The slope of the wear changes here."""
        self.from_wear[:, cars] = self.fleet.wear[:, cars]
        self.from_track_wear[:, cars] = self.track.wear_at(self.km[cars])

    def replan(self, cars: IndexArray, now: IntArray) -> None:
        """Set off at `now`: factor, wear rate and next event are worked out afresh."""
        spec = self.plan.rally.driving
        self.clock[cars] = now - whole_seconds(self.driven[cars])
        night = now >= self.stage.sunset
        self.known_limps[:, cars] &= self.fleet.limping[:, cars]
        limping = self.fleet.limping[:, cars] & ~self.known_limps[:, cars]
        limp = driving.limp_product(self.fleet.limp_factors[:, cars], limping)
        dark = night & ~self.pinned[cars]
        factor = self.day_factor[cars] * limp * np.where(dark, spec.night_pace, 1.0)
        bent = cars[factor != self.factor[cars]]
        self.bend_pace(bent)
        self.factor[cars] = factor
        fallen = cars[night & ~self.night[cars]]
        if len(fallen):
            self.bend_wear(fallen)
            self.rate[:, fallen] = self.day_rate[:, fallen] * driving.incident_wear(
                self.plan.modes.is_part[:, None], spec.night_incidents
            )
        self.night[cars] = night
        self._find_next(cars)

    def _find_next(self, cars: IndexArray) -> None:
        count, here = len(cars), self.km[cars]
        best_km = np.full(count, self.track.length_km)
        best_kind = np.full(count, int(Own.FINISH), dtype=np.int64)
        best_mode = np.full(count, -1, dtype=np.intp)
        scripted = np.zeros(count, dtype=np.bool_)
        fail_km, fail_mode = self._first_failure(cars, here)
        fails = fail_km <= best_km
        best_km, best_mode = np.where(fails, fail_km, best_km), np.where(fails, fail_mode, best_mode)
        best_kind[fails] = Own.FAILURE
        if self._script_km.shape[1] > 1:
            crew = self.fleet.crew[cars]
            km = np.maximum(self._script_km[crew, self.script[cars]], here)
            mode = self._script_mode[crew, self.script[cars]]
            first = (km < best_km) | ((km == best_km) & ((best_kind > Own.FAILURE) | (mode < best_mode)))
            best_km, best_mode = np.where(first, km, best_km), np.where(first, mode, best_mode)
            best_kind[first], scripted[first] = Own.FAILURE, True
        km = self._services[self.service[cars]]
        first = (km < best_km) | ((km == best_km) & (best_kind > Own.SERVICE))
        best_km, best_kind = np.where(first, km, best_km), np.where(first, np.int64(Own.SERVICE), best_kind)
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

    def _first_failure(self, cars: IndexArray, here: FloatArray) -> tuple[FloatArray, IndexArray]:
        """(km, mode) of the next failure of each car, infinite km where there is none."""
        km, mode = np.full(len(cars), np.inf), np.full(len(cars), -1, dtype=np.intp)
        end = self.track.wear[:, -1][:, None]
        wear_at_end = failures.worn(self.from_wear[:, cars], self.rate[:, cars], self.from_track_wear[:, cars], end)
        modes, which = np.nonzero(failures.fails(self.fleet.threshold[:, cars], wear_at_end))
        units = cars[which]
        for m in np.unique(modes):
            chosen = modes == m
            w, u = which[chosen], units[chosen]
            level = failures.track_wear_at_failure(
                self.fleet.threshold[m, u], self.from_wear[m, u], self.rate[m, u], self.from_track_wear[m, u]
            )
            at = np.maximum(self.track.km_at_wear(int(m), level), here[w])
            first = at < km[w]
            km[w[first]], mode[w[first]] = at[first], m
        return km, mode

    def _book_limps(self, cars: IndexArray, seconds: FloatArray) -> None:
        limping = self.fleet.limping[:, cars] & ~self.known_limps[:, cars] & (self.fleet.limp_factors[:, cars] > 1.0)
        if not limping.any():
            return
        logs = np.where(limping, np.log(self.fleet.limp_factors[:, cars]), 0.0)
        total = np.zeros(len(cars))
        for row in logs:
            total = total + row
        some = total > 0
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
