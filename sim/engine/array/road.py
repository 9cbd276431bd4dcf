"""A day's driving of all cars at once, as far as each crew manages alone.

Most cars meet nothing on a special, or only what their own crews settle on the spot: a delay, a repair with the part
on board. Such stops change neither speed nor wear, so they need no order among the modes: all modes of all cars are
settled in one go. So is a single limp, which bends the pace once. A car that meets anything else is left `involved`:
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
from sim.engine.luck import Fate
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import driving, failures
from sim.model.rules.failures import Severity
from sim.model.units import whole_seconds


@dataclass
class Stops:
    """The stops of cars for one mode each, arrays of shape (n,): what its life is like after the last of them.

    Attributes:
        modes, units: the mode and the car; each pair once.
        there, end, rate: wear at the start and at the end of the special, and its rate on it.
        first_km: where the mode fails for the first time.
        threshold, renewal, spares: after the last stop; parts of a service point behind it are not counted yet.
        passed: service points passed by then.
        in_field: was the last repair one in the field that shortens the next life?
        limping: is it broken in the end, and the car drives on with it?
        lost: seconds lost, penalties included.
    """

    modes: IndexArray
    units: IndexArray
    there: FloatArray
    end: FloatArray
    rate: FloatArray
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
    """What cars met for one mode each, kept for a trace; arrays of shape (n,)."""

    modes: IndexArray
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
        wear_home: wear in the evening of the cars that are not involved.
        stops: what their crews settled.
        limp_mode, limp_km: what each car limps with, and from where; -1 if it does not.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        shop: Workshop,
        fleet: Fleet,
        rate: FloatArray,
        wear_home: FloatArray,
        failing: tuple[IndexArray, IndexArray],
    ) -> None:
        """`rate` is that on the special in daylight, `failing` tells which (modes, cars) fail on the way."""
        self.plan, self.stage, self.shop, self.fleet = plan, stage, shop, fleet
        self.wear_home, self._rate, self._failing = wear_home, rate, failing
        units = len(fleet.crew)
        self.limp_mode, self.limp_km = np.full(units, -1), np.zeros(units)
        self._services = np.array(stage.service_km)
        self.involved = np.zeros(units, dtype=np.bool_)
        self.stopped = np.zeros(units, dtype=np.int64)
        self.sporting = np.zeros(units, dtype=np.int64)
        self._met: list[Met] = []

    def drive(self) -> None:
        """All that follows from the failures for those who manage alone."""
        fleet, (modes, units) = self.fleet, self._failing
        threshold, there, rate = (table[modes, units] for table in (fleet.threshold, fleet.wear, self._rate))
        end = failures.worn(there, rate, 0.0, self.stage.track.wear[modes, -1])
        hidden = failures.fails(threshold, there)
        late = ~failures.fails(threshold, end)
        stopped = ~hidden & ~late
        self._late = modes[late], units[late]
        self._settle(modes[stopped], units[stopped], there[stopped], end[stopped], rate[stopped])
        self.shop.break_down(fleet, HIDDEN, modes[hidden], units[hidden])

    def bring_home(self, settled: BoolArray) -> None:
        """Write into the fleet what the day did to the cars that were settled here; the wear is `wear_home`."""
        fleet, stops, services = self.fleet, self.stops, len(self.stage.service_km)
        if services:
            self.shop.restock(fleet, self.stage.index, np.flatnonzero(settled))
        some = np.flatnonzero(settled[stops.units])
        modes, units = stops.modes[some], stops.units[some]
        new = stops.renewal[some] > fleet.renewal[modes, units]
        fleet.threshold[modes, units] = stops.threshold[some]
        fleet.renewal[modes, units] = stops.renewal[some]
        fleet.spares[modes, units] = self._refilled(stops, some, services)
        fleet.nights[modes, units] *= ~new
        damage = np.where(new, stops.in_field[some] * FIELD_MENDED, fleet.damage[modes, units])
        fleet.damage[modes, units] = damage | (stops.limping[some] * LIMPING)
        late_modes, late = self._late
        modes = np.concatenate((modes, late_modes[settled[late]]))
        units = np.concatenate((units, late[settled[late]]))
        found = failures.fails(fleet.threshold[modes, units], self.wear_home[modes, units])
        self.shop.break_down(fleet, HIDDEN, modes[found], units[found])

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

    def lost_s(self, which: IndexArray, factor: FloatArray) -> FloatArray:
        """Seconds that some of the stops cost, limping included; `factor` has shape (U,)."""
        stops, lost = self.stops, self.stops.lost[which].astype(np.float64)
        limping = np.flatnonzero(stops.limping[which])
        modes, units = stops.modes[which[limping]], stops.units[which[limping]]
        end = np.full(len(units), self.stage.track.length_km)
        slow = self.driven_at(units, end, factor[units]) - self.driven_at(units, self.limp_km[units], factor[units])
        lost[limping] += slow * (1.0 - 1.0 / self.plan.drawn.limp_factor[self.fleet.draw[units], modes])
        return lost

    def tell(self, trace: Trace, settled: BoolArray, start: IntArray, factor: FloatArray) -> None:
        """Tell what the settled cars met; stops by the way make what follows later."""
        if not self._met:
            return
        columns = ("modes", "units", "km", "renewal", "severity", "seconds", "spares")
        values = [np.concatenate([getattr(met, name) for met in self._met]) for name in columns]
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

    def _settle(
        self, modes: IndexArray, units: IndexArray, there: FloatArray, end: FloatArray, rate: FloatArray
    ) -> None:
        """Stop cars for each failure of a mode, one after the other, as long as their crews manage alone."""
        fleet, count = self.fleet, len(units)
        stops = self.stops = Stops(
            modes,
            units,
            there=there,
            end=end,
            rate=rate,
            first_km=np.zeros(count),
            threshold=fleet.threshold[modes, units],
            renewal=fleet.renewal[modes, units],
            spares=fleet.spares[modes, units],
            passed=np.zeros(count, dtype=np.int64),
            in_field=np.zeros(count, dtype=np.bool_),
            limping=np.zeros(count, dtype=np.bool_),
            lost=np.zeros(count, dtype=np.int64),
        )
        which = np.arange(count)
        stops.first_km = self._failure_km(stops, which)
        km = stops.first_km.copy()
        while len(which):
            which = self._stop(stops, which, km)
            which = which[failures.fails(stops.threshold[which], stops.end[which])]
            km[which] = np.maximum(self._failure_km(stops, which), km[which])

    def _failure_km(self, stops: Stops, which: IndexArray) -> FloatArray:
        """Where the present lives of some of the modes end."""
        level = failures.track_wear_at_failure(stops.threshold[which], stops.there[which], stops.rate[which], 0.0)
        return self.stage.track.km_at_wear(stops.modes[which], level)

    def _stop(self, stops: Stops, which: IndexArray, km: FloatArray) -> IndexArray:
        """The failures of some of the modes, each at its `km`; which of them go on to the next?"""
        modes, units, table = stops.modes[which], stops.units[which], self.plan.modes
        drawn, draw = self.plan.drawn, self.fleet.draw[units]
        fate = self.shop.fate(self.fleet, modes, units, stops.renewal[which])
        severity = failures.severity(fate[Fate.SEVERITY], drawn.severity[draw, modes])
        delayed = severity == Severity.DELAY
        parts = self._refilled(stops, which, self._services.searchsorted(km[which]))
        mends = (severity == Severity.HALT) & failures.happens(fate[Fate.CHANCE], drawn.crew_repair[draw, modes])
        mends &= ~table.needs_part[modes] | (parts > 0)
        limps = self._limp(modes, units, severity == Severity.LIMP)
        alone = delayed | mends | limps
        alone[self.shop.spreads(self.fleet, modes, units, stops.renewal[which])[0]] = False
        self.involved[units[~alone]] = True
        seconds = np.where(limps, 0, self._seconds(modes, units, fate[Fate.TIME], delayed))
        left = parts - (mends & table.needs_part[modes])
        if self.shop.trace is not None:
            self._met.append(Met(modes, units, km[which], stops.renewal[which], severity, seconds, left))
        self._book(stops, which, seconds, delayed & failures.happens(fate[Fate.CHANCE], table.missed_waypoint[modes]))
        stops.spares[which] = left
        broken = which[limps]
        stops.limping[broken], stops.threshold[broken] = True, np.inf
        self.limp_km[units[limps]] = km[broken]
        settled = np.flatnonzero(alone & ~limps)
        self._new_lives(stops, which[settled], km[which[settled]], fate[Fate.NEXT_LIFE, settled], mends[settled])
        return which[settled]

    def _limp(self, modes: IndexArray, units: IndexArray, limps: BoolArray) -> BoolArray:
        """Which cars limp to the end with these modes? Not where something else slows them, or a limp is mended."""
        on = np.flatnonzero(limps & ~self.shop.mends_limps[modes, self.fleet.crew[units]])
        on = on[self.limp_mode[units[on]] < 0] if not len(self._services) else on[:0]
        self.limp_mode[units[on]] = modes[on]
        alone = np.zeros(len(units), dtype=np.bool_)
        alone[on] = self.limp_mode[units[on]] == modes[on]
        return alone

    def _new_lives(
        self, stops: Stops, which: IndexArray, km: FloatArray, uniforms: FloatArray, mended: BoolArray
    ) -> None:
        """New lives begin where the cars stand; a repair in the field may shorten them."""
        modes, table = stops.modes[which], self.plan.modes
        scale_km = self.plan.drawn.scale_km[self.fleet.draw[stops.units[which]], modes]
        lives = hazards.weibull_life(uniforms, scale_km, table.shape[modes])
        here = self.stage.track.wear_of_mode_at(modes, km)
        wear = failures.worn(stops.there[which], stops.rate[which], 0.0, here)
        share = np.where(mended, table.field_life[modes], 1.0)
        stops.threshold[which] = failures.life_ends_at(wear, lives, share)
        stops.renewal[which] += 1
        stops.in_field[which] = share < 1.0

    def _book(self, stops: Stops, which: IndexArray, seconds: IntArray, missed: BoolArray) -> None:
        penalty = missed * np.int64(self.plan.rally.regulations.waypoint_penalty_s)
        units = stops.units[which]
        np.add.at(self.stopped, units, seconds)
        np.add.at(self.sporting, units, penalty)
        stops.lost[which] += seconds + penalty

    def _seconds(self, modes: IndexArray, units: IndexArray, uniforms: FloatArray, delayed: BoolArray) -> IntArray:
        """Seconds of a delay, or of the repair by the crew."""
        table, drawn, draw = self.plan.modes, self.plan.drawn, self.fleet.draw[units]
        repair = drawn.repair_s[draw, modes] * self.shop.skill[self.fleet.crew[units]]
        median = np.where(delayed, drawn.delay_s[draw, modes], repair)
        sigma = np.where(delayed, table.delay_sigma[modes], table.repair_sigma[modes])
        return hazards.duration_s(uniforms, median, sigma)

    def _refilled(self, stops: Stops, which: IndexArray, passed: IntArray | int) -> IntArray:
        """Parts on board after so many service points, each of which brings them back to those of the morning."""
        fresh = self.shop.spares[self.stage.index, stops.modes[which], self.fleet.crew[stops.units[which]]]
        parts = np.where(stops.passed[which] < passed, fresh, stops.spares[which])
        stops.passed[which] = passed
        return parts
