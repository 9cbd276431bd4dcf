"""A day's driving of all cars at once, as far as each crew manages alone.

Most cars meet nothing on a special, or only what their own crews settle on the spot: a delay, a repair with the part
on board. Such stops change neither speed nor wear, so they need no order among the modes: each mode is settled for all
cars in one go. So is a single limp, which bends the pace once. A car that meets anything else is left `involved`:
`course` drives it event by event from its start, and all that is kept of what is found out here is where its modes
first fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.array.fleet import FIELD_MENDED, HIDDEN, LIMPING, Fleet
from sim.engine.array.trace import Tale, Trace
from sim.engine.array.workshop import Workshop
from sim.engine.journal import Kind
from sim.engine.luck import Fate, Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import driving, failures
from sim.model.rules.failures import Severity
from sim.model.units import whole_seconds


@dataclass
class Stops:
    """The stops of n cars for one mode: what its life is like after the last of them, arrays of shape (n,).

    Attributes:
        units: the cars, each once.
        first_km: where each fails for the first time.
        threshold, renewal, spares: after the last stop; parts of a service point behind it are not counted yet.
        passed: service points passed by then.
        in_field: was the last repair one in the field that shortens the next life?
        limping: is it broken in the end, and the car drives on with it?
        lost: seconds lost, penalties included.
    """

    mode: int
    units: IndexArray
    first_km: FloatArray
    threshold: FloatArray
    renewal: IntArray
    spares: IntArray
    passed: IntArray
    in_field: BoolArray
    limping: BoolArray
    lost: IntArray


@dataclass(frozen=True)
class Met:
    """What cars met for one mode, kept for a trace; arrays of shape (n,)."""

    mode: int
    units: IndexArray
    km: FloatArray
    renewal: IntArray
    severity: IndexArray
    seconds: IntArray
    spares: IntArray


class Road:
    """The driving of one day for U cars; arrays have shape (U,), by mode (M, U).

    Attributes:
        involved: cars that this module cannot settle.
        stopped: seconds stopped, without service points.
        sporting: seconds of missed waypoints.
        rate: wear rates on the special in daylight.
        wear_home: wear in the evening of the cars that are not involved.
        stops: what their crews settled, by mode.
        limp_mode, limp_km: what each car limps with, and from where; -1 if it does not.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        shop: Workshop,
        fleet: Fleet,
        wear_home: FloatArray,
        rate: FloatArray,
        *,
        started: BoolArray,
        order: FloatArray,
        lost_hours: FloatArray,
        stage_wear: FloatArray,
    ) -> None:
        """`wear_home` and `rate` are overwritten; `stage_wear` has shape (M, N)."""
        self.plan, self.stage, self.shop, self.fleet = plan, stage, shop, fleet
        self.wear_home, self.rate = wear_home, rate
        self._started, self._idle = started, np.flatnonzero(~started)
        self._order, self._stage_wear = order, stage_wear
        self._ordered, self._tired = bool((order != 1.0).any()), bool((lost_hours > 0.0).any())
        self._fatigue = driving.fatigue_factor(lost_hours, plan.rally.fatigue.incidents_per_hour)
        self.limp_mode, self.limp_km = np.full(len(started), -1), np.zeros(len(started))
        self._spares = np.array([crew.spares[stage.index] for crew in plan.crews])
        self._services = np.array(stage.service_km)
        units = len(started)
        self.involved = np.zeros(units, dtype=np.bool_)
        self.stopped = np.zeros(units, dtype=np.int64)
        self.sporting = np.zeros(units, dtype=np.int64)
        self.stops: list[Stops] = []
        self._late: list[IndexArray] = []
        self._met: list[Met] = []

    def drive(self) -> None:
        """The liaison to the start for all who start, and all that follows for those who manage alone."""
        for mode in range(len(self.plan.modes)):
            self._drive_mode(mode)

    def first_failures(self) -> tuple[IndexArray, IndexArray, FloatArray]:
        """(cars, modes, km) of all first failures on the special."""
        if not self.stops:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
        modes = np.repeat([stops.mode for stops in self.stops], [len(stops.units) for stops in self.stops])
        units, km = (np.concatenate([getattr(stops, name) for stops in self.stops]) for name in ("units", "first_km"))
        return units, modes, km

    def bring_home(self, settled: BoolArray) -> None:
        """Write into the fleet what the day did to the cars that were settled here; the wear is `wear_home`."""
        fleet, services = self.fleet, len(self.stage.service_km)
        if services:
            self._restock(settled)
        for stops, late in zip(self.stops, self._late, strict=True):
            mode, some = stops.mode, settled[stops.units]
            units = stops.units[some]
            new = stops.renewal[some] > fleet.renewal[mode, units]
            fleet.threshold[mode, units] = stops.threshold[some]
            fleet.renewal[mode, units] = stops.renewal[some]
            fleet.spares[mode, units] = self._refilled(stops, np.flatnonzero(some), services)
            fleet.nights[mode, units] *= ~new
            damage = np.where(new, stops.in_field[some] * FIELD_MENDED, fleet.damage[mode, units])
            fleet.damage[mode, units] = damage | (stops.limping[some] * LIMPING)
            weak = np.concatenate((units, late[settled[late]]))
            found = weak[failures.fails(fleet.threshold[mode, weak], self.wear_home[mode, weak])]
            self.shop.break_down(fleet, HIDDEN, mode, found)

    def driven_at(self, units: IndexArray, km: FloatArray, factor: FloatArray) -> FloatArray:
        """Driving seconds of some cars to their km, unrounded; `factor` is that of the day, shape (n,)."""
        track = self.stage.track
        driven = driving.driven_s(0.0, factor, track.nominal_at(km))
        limp = self.plan.drawn.limp_factor[self.fleet.draw[units], self.limp_mode[units]]
        bent = np.flatnonzero((self.limp_mode[units] >= 0) & (self.limp_km[units] < km) & (factor * limp != factor))
        from_nominal = track.nominal_at(self.limp_km[units[bent]])
        before = driving.driven_s(0.0, factor[bent], from_nominal)
        nominal = track.nominal_at(km[bent]) - from_nominal
        driven[bent] = driving.driven_s(before, factor[bent] * limp[bent], nominal)
        return driven

    def limp_lost_s(self, stops: Stops, which: BoolArray, factor: FloatArray) -> FloatArray:
        """Seconds that limping cost some cars with one mode; `factor` has shape (U,)."""
        units = stops.units[which]
        end = np.full(len(units), self.stage.track.length_km)
        slow = self.driven_at(units, end, factor[units]) - self.driven_at(units, self.limp_km[units], factor[units])
        limp = self.plan.drawn.limp_factor[self.fleet.draw[units], stops.mode]
        return np.where(stops.limping[which], slow * (1.0 - 1.0 / limp), 0.0)

    def tell(self, trace: Trace, settled: BoolArray, start: IntArray, factor: FloatArray) -> None:
        """Tell what the settled cars met; stops by the way make what follows later."""
        if not self._met:
            return
        mode = np.concatenate([np.full(len(met.units), met.mode) for met in self._met])
        columns = ("units", "km", "renewal", "severity", "seconds", "spares")
        values = [mode, *(np.concatenate([getattr(met, name) for met in self._met]) for name in columns)]
        order = np.lexsort((values[0], values[2], values[1]))
        order = order[settled[values[1][order]]]
        mode, units, km, renewal, severity, seconds, spares = (column[order] for column in values)
        before = np.cumsum(seconds) - seconds
        stopped = before - before[np.searchsorted(units, units)]
        neutral = np.concatenate(([0], np.cumsum(self.stage.service_s)))[self._services.searchsorted(km)]
        time = start[units] + whole_seconds(self.driven_at(units, km, factor[units])) + neutral + stopped
        end = time + seconds

        def told(kind: Kind, some: BoolArray, **more: IntArray) -> None:
            trace.add(
                self.stage,
                Tale(kind, units[some], time[some], km[some], mode[some], renewal=renewal[some], **more),  # type: ignore[arg-type]
            )

        delayed, halted = severity == Severity.DELAY, severity == Severity.HALT
        told(Kind.DELAY, delayed, end_s=end[delayed])
        told(Kind.LIMP, severity == Severity.LIMP)
        told(Kind.HALT, halted)
        told(Kind.REPAIR, halted, end_s=end[halted], spares=spares[halted])

    def _drive_mode(self, mode: int) -> None:
        fleet, stage = self.fleet, self.stage
        before, threshold = fleet.wear[mode], fleet.threshold[mode]
        liaison = fleet.failure_wear[mode]
        self._set_rate(mode)
        rate = self.rate[mode]
        there = failures.worn(before, liaison, 0.0, stage.liaison_wear_before[mode])
        end = failures.worn(there, rate, 0.0, stage.track.wear[mode, -1])
        home = failures.worn(end, liaison, 0.0, stage.liaison_wear_after[mode])
        there[self._idle] = home[self._idle] = before[self._idle]
        failing = np.flatnonzero(failures.fails(threshold, home))
        failing = failing[self._started[failing]]
        hidden = failures.fails(threshold[failing], there[failing])
        on_special = ~hidden & failures.fails(threshold[failing], end[failing])
        self._late.append(failing[~hidden & ~on_special])
        self._settle(mode, failing[on_special], there, rate, end)
        self.shop.break_down(fleet, HIDDEN, mode, failing[hidden])
        fleet.wear[mode], self.wear_home[mode] = there, home

    def _set_rate(self, mode: int) -> None:
        """The wear rates of all cars for one mode; factors of 1 are left out."""
        table, rows = self.plan.modes, self._stage_wear.shape[1]
        whole_rally, rate = self.fleet.failure_wear[mode].reshape(-1, rows), self.rate[mode]
        np.multiply(whole_rally, self._stage_wear[mode], out=rate.reshape(-1, rows))
        if self._ordered:
            rate *= driving.order_wear(table.pace_exponent[mode], self._order)
        if self._tired and not table.is_part[mode]:
            rate *= self._fatigue

    def _settle(self, mode: int, units: IndexArray, there: FloatArray, rate: FloatArray, end: FloatArray) -> None:
        """Stop the cars for each failure of the mode, one after the other, as long as their crews manage alone."""
        fleet, count = self.fleet, len(units)
        stops = Stops(
            mode,
            units,
            first_km=np.zeros(count),
            threshold=fleet.threshold[mode, units],
            renewal=fleet.renewal[mode, units],
            spares=fleet.spares[mode, units],
            passed=np.zeros(count, dtype=np.int64),
            in_field=np.zeros(count, dtype=np.bool_),
            limping=np.zeros(count, dtype=np.bool_),
            lost=np.zeros(count, dtype=np.int64),
        )
        self.stops.append(stops)
        which = np.arange(count)
        stops.first_km = self._failure_km(stops, which, there, rate)
        km = stops.first_km.copy()
        while len(which):
            which = self._stop(stops, which, km, there, rate)
            which = which[failures.fails(stops.threshold[which], end[units[which]])]
            km[which] = np.maximum(self._failure_km(stops, which, there, rate), km[which])

    def _failure_km(self, stops: Stops, which: IndexArray, there: FloatArray, rate: FloatArray) -> FloatArray:
        """Where the present lives of some cars end."""
        units = stops.units[which]
        level = failures.track_wear_at_failure(stops.threshold[which], there[units], rate[units], 0.0)
        return self.stage.track.km_at_wear(stops.mode, level)

    def _stop(self, stops: Stops, which: IndexArray, km: FloatArray, there: FloatArray, rate: FloatArray) -> IndexArray:
        """The failure of some of the cars, each at its `km`; which of them go on to the next?"""
        mode, units, table, track = stops.mode, stops.units[which], self.plan.modes, self.stage.track
        drawn, draw = self.plan.drawn, self.fleet.draw[units]
        fate = self.shop.fate(self.fleet, mode, units, stops.renewal[which])
        severity = failures.severity(fate[Fate.SEVERITY], drawn.severity[draw, mode])
        delayed = severity == Severity.DELAY
        parts = self._refilled(stops, which, self._services.searchsorted(km[which]))
        mends = (severity == Severity.HALT) & failures.happens(fate[Fate.CHANCE], drawn.crew_repair[draw, mode])
        if table.needs_part[mode]:
            mends &= parts > 0
        limps = (severity == Severity.LIMP) & self._limps_on(mode, units)
        alone = (delayed | mends | limps) & ~self._spreads(mode, units, stops.renewal[which])
        self.involved[units[~alone]] = True
        seconds = np.where(limps, 0, self._seconds(mode, units, fate[Fate.TIME], delayed))
        if self.shop.trace is not None:
            left = parts - (mends & table.needs_part[mode])
            self._met.append(Met(mode, units, km[which], stops.renewal[which], severity, seconds, left))
        self._book(stops, which, seconds, delayed & failures.happens(fate[Fate.CHANCE], table.missed_waypoint[mode]))
        stops.spares[which] = parts - (mends & table.needs_part[mode])
        broken = which[limps]
        stops.limping[broken], stops.threshold[broken] = True, np.inf
        self.limp_mode[units[limps]], self.limp_km[units[limps]] = mode, km[broken]
        settled = np.flatnonzero(alone & ~limps)
        which, units = which[settled], units[settled]
        scale_km = drawn.scale_km[draw[settled], mode]
        lives = hazards.weibull_life(fate[Fate.NEXT_LIFE, settled], scale_km, table.shape[mode])
        wear = failures.worn(there[units], rate[units], 0.0, track.wear_of_mode_at(mode, km[which]))
        share = np.where(mends[settled], table.field_life[mode], 1.0)
        stops.threshold[which] = failures.life_ends_at(wear, lives, share)
        stops.renewal[which] += 1
        stops.in_field[which] = share < 1.0
        return which

    def _limps_on(self, mode: int, units: IndexArray) -> BoolArray:
        """Would the cars limp to the end with this mode? Not if something else slows them, or a limp is mended."""
        mended = self.shop.mends_limps[mode, self.fleet.crew[units]]
        return np.asarray(~mended & (self.limp_mode[units] < 0) & (len(self._services) == 0))

    def _book(self, stops: Stops, which: IndexArray, seconds: IntArray, missed: BoolArray) -> None:
        penalty = missed * np.int64(self.plan.rally.regulations.waypoint_penalty_s)
        units = stops.units[which]
        self.stopped[units] += seconds
        self.sporting[units] += penalty
        stops.lost[which] += seconds + penalty

    def _seconds(self, mode: int, units: IndexArray, uniforms: FloatArray, delayed: BoolArray) -> IntArray:
        """Seconds of a delay, or of the repair by the crew."""
        table, drawn, draw = self.plan.modes, self.plan.drawn, self.fleet.draw[units]
        repair = drawn.repair_s[draw, mode] * self.shop.skill[self.fleet.crew[units]]
        median = np.where(delayed, drawn.delay_s[draw, mode], repair)
        return hazards.duration_s(
            uniforms, median, np.where(delayed, table.delay_sigma[mode], table.repair_sigma[mode])
        )

    def _spreads(self, mode: int, units: IndexArray, renewal: IntArray) -> BoolArray:
        """Does the failure hit another mode too?"""
        hit, fleet = np.zeros(len(units), dtype=np.bool_), self.fleet
        for _, pair, chance, _, _ in self.plan.secondary[mode]:
            whos = self.shop.crew_codes[fleet.crew[units]]
            uniforms = self.shop.draws.ones(Purpose.SECONDARY, fleet.row[units], renewal, pair, whos)
            hit |= failures.happens(uniforms, chance)
        return hit

    def _refilled(self, stops: Stops, which: IndexArray, passed: IntArray | int) -> IntArray:
        """Parts on board after so many service points, each of which brings them back to those of the morning."""
        fresh = self._spares[self.fleet.crew[stops.units[which]], stops.mode]
        parts = np.where(stops.passed[which] < passed, fresh, stops.spares[which])
        stops.passed[which] = passed
        return parts

    def _restock(self, settled: BoolArray) -> None:
        rows = self._stage_wear.shape[1]
        for crew, spares in enumerate(self._spares):
            cars = slice(crew * rows, (crew + 1) * rows)
            np.copyto(self.fleet.spares[:, cars], spares[:, None], where=settled[cars], casting="same_kind")
