"""Cars on a special, many at once: what each meets by itself, and what its crew does about it.

Each decision is that of `sim.engine.event.special`, in the same order for each car. What a car that needs help gets
from its team is decided in `sim.engine.array.course`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from sim.engine.array.fleet import LIMPING, STOPPING
from sim.engine.array.lost import LostTime
from sim.engine.array.pins import Pins
from sim.engine.array.runs import BUSY, DRIVING, GONE, NO_TIME, Runs
from sim.engine.array.trace import NameArray, Tale
from sim.engine.array.workshop import Workshop
from sim.engine.journal import Kind
from sim.engine.luck import Fate
from sim.engine.own import Own
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import failures, nights
from sim.model.rules.failures import Severity
from sim.model.spec import Happening

FINISHED, RECOVERED, WRECKED = range(3)
"""How a car left the special."""

GO, REPAIR, MENDED, REOPEN = range(4)
"""What follows when a busy car is done: MENDED is the end of a repair by others."""


@dataclass
class Accounts:
    """What is booked for each car.

    Attributes:
        neutral: seconds of service points, shape (U,).
        sporting: seconds of penalties that count for the start order, shape (U,).
        lost: time lost by mode.
    """

    neutral: IntArray
    sporting: IntArray
    lost: LostTime

    @classmethod
    def empty(cls, modes: int, units: int) -> Accounts:
        """Accounts with nothing booked."""
        return cls(np.zeros(units, dtype=np.int64), np.zeros(units, dtype=np.int64), LostTime(modes, units))


class Specials(ABC):
    """U cars on one special, each by itself; arrays have shape (U,).

    It is one half of `Course`, apart from the other for its length only: here is what cars meet, there is who helps
    whom and what comes next. Abstract is what a car cannot settle by itself: to call for help.

    Attributes:
        accounts: what the day cost.
        ending, cause, end: how, why (a mode) and when each car left the special; of a recovered car, when it is back.
        left: when it left the course.
        until, then: when a BUSY car is done, and what follows: GO, REPAIR, ...
        mode: the mode that has failed last, -1 for none; the rest is of that failure.
        can: could the crew mend it, given the part?
        chance, time, next_life: uniforms, see `Fate`.
        repair_s: seconds of a repair by a crew.
        pins: what the script says of it.
    """

    def __init__(self, plan: Plan, stage: StagePlan, shop: Workshop, runs: Runs, morning: int) -> None:
        """`morning` is the second in which race control closes the results of this stage."""
        self.plan, self.stage, self.shop, self.runs, self._morning = plan, stage, shop, runs, morning
        units = len(runs.start)
        self.accounts = Accounts.empty(len(plan.modes), units)
        self.ending = np.full(units, FINISHED, dtype=np.int64)
        self.cause = np.full(units, -1, dtype=np.intp)
        self.end, self.left = np.zeros(units, dtype=np.int64), np.zeros(units, dtype=np.int64)
        self.until = np.full(units, NO_TIME, dtype=np.int64)
        self.then = np.zeros(units, dtype=np.int64)
        self.mode = np.full(units, -1, dtype=np.intp)
        self.can = np.zeros(units, dtype=np.bool_)
        self.chance, self.time, self.next_life = np.zeros(units), np.zeros(units), np.zeros(units)
        self.repair_s = np.zeros(units, dtype=np.int64)
        self.pins = Pins(units)
        self._setting_off: list[tuple[IndexArray, IntArray]] = []
        self._mended: list[tuple[IndexArray, BoolArray]] = []

    def _own(self, units: IndexArray, now: IntArray) -> None:
        """Settle the own event of each of these cars."""
        doing = self.runs.doing[units]
        busy = doing == BUSY
        if busy.any():
            self._end_work(units[busy], now[busy])
        driving_on = doing == DRIVING
        if driving_on.any():
            self._reach(units[driving_on], now[driving_on])
        if self._mended:
            units, in_field = (np.concatenate(column) for column in zip(*self._mended, strict=True))
            self._mended.clear()
            self._renew(self.mode[units], units, self.next_life[units], in_field=in_field)
        if self._setting_off:
            units, now = (np.concatenate(column) for column in zip(*self._setting_off, strict=True))
            self._setting_off.clear()
            self.runs.replan(units, now)

    def _set_off(self, units: IndexArray, now: IntArray) -> None:
        """Cars set off once all own events are settled.

        `now` may lie ahead: nobody can disturb a crew that works on its own car, so its stop is settled as it begins.
        """
        if len(units):
            self.runs.doing[units] = DRIVING
            self._setting_off.append((units, now))

    def _new_lives(self, units: IndexArray, *, in_field: bool) -> None:
        """The modes that have failed begin new lives before their cars set off."""
        if len(units):
            self._mended.append((units, np.full(len(units), in_field)))

    def _end_work(self, units: IndexArray, now: IntArray) -> None:
        then = self.then[units]
        mended = then == MENDED
        self._new_lives(units[mended], in_field=True)
        repair = then == REPAIR
        if repair.any():
            self._repair(units[repair], now[repair], own_part=False)
        reopen = then == REOPEN
        if reopen.any():
            self._wait_again(units[reopen], now[reopen])
        go = mended | (then == GO)
        self._set_off(units[go], now[go])

    def _renew(
        self,
        modes: IndexArray,
        units: IndexArray,
        uniforms: FloatArray | None = None,
        *,
        in_field: bool | BoolArray = False,
    ) -> None:
        """Mend cars where they are; the draws of the lives are looked up unless they are given."""
        runs, wear = self.runs, self.runs.wear_of(modes, units)
        self.shop.renew(runs.fleet, modes, runs.cars[units], uniforms=uniforms, wear=wear, in_field=in_field)
        runs.new_life(modes, units)

    def _reach(self, units: IndexArray, now: IntArray) -> None:
        runs = self.runs
        kind, mode, scripted = runs.next_kind[units], runs.next_mode[units], runs.next_scripted[units]
        runs.move_to(units, runs.next_km[units])
        finish = units[kind == Own.FINISH]
        self._gone(finish, now[kind == Own.FINISH], FINISHED)
        sunset = units[kind == Own.SUNSET]
        if len(sunset):
            runs.driven[sunset] = (self.stage.sunset - runs.clock[sunset]).astype(np.float64)
            runs.bend_pace(sunset)
            self._set_off(sunset, now[kind == Own.SUNSET])
        service = kind == Own.SERVICE
        if service.any():
            self._service(units[service], now[service])
        fails = kind == Own.FAILURE
        if fails.any():
            self._fail(units[fails], now[fails], mode[fails], scripted[fails])

    def _service(self, units: IndexArray, now: IntArray) -> None:
        runs = self.runs
        seconds = np.array([*self.stage.service_s, 0], dtype=np.int64)[runs.service[units]]
        runs.service[units] += 1
        end, work, cars = now + seconds, now.copy(), runs.cars[units]
        limping = runs.fleet.damage[:, cars] & LIMPING > 0
        for mode in np.flatnonzero(limping.any(axis=1)).tolist():
            which = np.flatnonzero(limping[mode])
            job = self.shop.job_s(runs.fleet, mode, cars[which])
            begin = work[which]
            work[which], done = nights.fit_job(begin, job, end[which])
            mended = units[which[done]]
            self._tell(Kind.JOB, mended, begin[done], mode, end_s=work[which][done])
            self._renew(np.full(len(mended), mode), mended)
        self.shop.restock(runs.fleet, self.stage.index, cars)
        self.accounts.neutral[units] += seconds
        self._set_off(units, end)

    def _tell(
        self,
        kind: Kind,
        units: IndexArray,
        now: IntArray,
        mode: int | IndexArray,
        *,
        helper: NameArray | None = None,
        end_s: IntArray | None = None,
        spares: IntArray | None = None,
    ) -> None:
        """Tell what happens to some cars, with the life that it ends."""
        if self.shop.trace is not None:
            cars = self.runs.cars[units]
            renewal, km = self.runs.fleet.renewal[mode, cars], self.runs.km[units]
            tale = Tale(kind, cars, now, km, mode, helper=helper, end_s=end_s, spares=spares, renewal=renewal)
            self.shop.trace.add(self.stage, tale)

    def _busy(self, units: IndexArray, until: IntArray, then: int | IntArray) -> None:
        self.runs.doing[units] = BUSY
        self.until[units], self.then[units] = until, then

    def _fail(self, units: IndexArray, now: IntArray, mode: IndexArray, scripted: BoolArray) -> None:
        fate = self.shop.fate(self.runs.fleet, mode, self.runs.cars[units])
        kind = failures.severity(fate[Fate.SEVERITY], self.plan.drawn.severity[self.runs.draw[units], mode])
        self.pins.forget(units)
        for i in np.flatnonzero(scripted):
            happening = self._happening(units[i])
            kind[i] = Severity[happening.severity.upper()]
            self.pins.learn(units[i], happening)
        self.mode[units] = mode
        self.chance[units], self.time[units] = fate[Fate.CHANCE], fate[Fate.TIME]
        self.next_life[units] = fate[Fate.NEXT_LIFE]
        self._secondary(units, mode)
        for severity, meet in (
            (Severity.DELAY, self._delay),
            (Severity.LIMP, self._limp),
            (Severity.HALT, self._halt),
            (Severity.STRAND, self._strand),
            (Severity.WRECK, self._wreck),
        ):
            some = kind == severity
            if some.any():
                meet(units[some], now[some], mode[some])

    def _happening(self, unit: int) -> Happening:
        runs = self.runs
        found = self.plan.happenings[self.stage.index, int(runs.crew[unit])][int(runs.script[unit])]
        runs.script[unit] += 1
        return found[1]

    def _secondary(self, units: IndexArray, mode: IndexArray) -> None:
        """What a failure does to other modes."""
        if self.plan.scripted_only:
            return
        table, runs, fleet, cars = self.shop.effects, self.runs, self.runs.fleet, self.runs.cars[units]
        which, effect = self.shop.spreads(fleet, mode, cars, fleet.renewal[mode, cars])
        if not len(which):
            return
        units, cars, other = units[which], cars[which], table.other[effect]
        hit = np.unique(units)
        runs.settle_wear(hit)
        fleet.wear[other, cars] += table.wear_km[effect]
        breaks = table.damage[effect] & ~fleet.is_broken(other, cars)
        self.shop.break_down(fleet, LIMPING, other[breaks], cars[breaks])
        runs.lame[units[breaks]] = True
        runs.look_ahead(hit)

    def _delay(self, units: IndexArray, now: IntArray, mode: IndexArray) -> None:
        table, runs = self.plan.modes, self.runs
        median = self.plan.drawn.delay_s[runs.draw[units], mode]
        seconds = hazards.duration_s(self.time[units], median, table.delay_sigma[mode])
        seconds = self.pins.put("lost_s", units, seconds)
        missed = failures.happens(self.chance[units], table.missed_waypoint[mode])
        missed &= ~self.pins.known(units) & (now <= self._morning)
        penalty = self.plan.rally.regulations.waypoint_penalty_s
        self.accounts.sporting[units[missed]] += penalty
        self._lose(units[missed], mode[missed], penalty, now[missed])
        self._tell(Kind.DELAY, units, now, mode, end_s=now + seconds)
        self._lose(units, mode, seconds, now + seconds)
        self._new_lives(units[~runs.fleet.is_broken(mode, runs.cars[units])], in_field=False)
        self._set_off(units, now + seconds)

    def _limp(self, units: IndexArray, now: IntArray, mode: IndexArray) -> None:
        self._tell(Kind.LIMP, units, now, mode)
        mends = self.shop.mends_limps[mode, self.runs.crew[units]] & ~self.pins.known(units)
        if mends.any():
            self._halted(units[mends], mode[mends])
            mends[mends] = self.can[units[mends]] & self._on_board(units[mends], mode[mends])
            self._repair(units[mends], now[mends], own_part=True)
        limps = ~mends
        self._break_down(units[limps], LIMPING)
        self.runs.lame[units[limps]] = True
        self._set_off(units[limps], now[limps])

    def _break_down(self, units: IndexArray, damage: np.uint8) -> None:
        fleet, cars = self.runs.fleet, self.runs.cars
        self.shop.break_down(fleet, damage, self.mode[units], cars[units])
        self.runs.rule_out(self.mode[units], units)
        for i, happening in self.pins.of(units):
            unit = units[i]
            if happening.limp_factor is not None:
                fleet.limp_factors[self.mode[unit], cars[unit]] = happening.limp_factor
            if happening.job_s is not None:
                fleet.pinned_job[self.mode[unit], cars[unit]] = happening.job_s

    def _halt(self, units: IndexArray, now: IntArray, mode: IndexArray) -> None:
        self._halted(units, mode)
        self._tell(Kind.HALT, units, now, mode)
        alone = self.can[units] & (self._on_board(units, mode) | self.pins.mended_by("crew", units))
        alone &= ~(self.pins.waits_only_for("team_mate", units) | self.pins.waits_only_for("truck", units))
        self._repair(units[alone], now[alone], own_part=True)
        helpless = units[~alone]
        self._call_for_help(helpless, now[~alone])

    def _halted(self, units: IndexArray, mode: IndexArray) -> None:
        """Can the crews mend what has stopped them, and how long do they take?"""
        drawn, draw = self.plan.drawn, self.runs.draw[units]
        skill = self.shop.skill[self.runs.crew[units]]
        can = failures.happens(self.chance[units], drawn.crew_repair[draw, mode])
        self.can[units] = np.where(self.pins.helper_known(units), self.pins.mended_by("crew", units), can)
        median, sigma = drawn.repair_s[draw, mode] * skill, self.plan.modes.repair_sigma[mode]
        self.repair_s[units] = self.pins.put("repair_s", units, hazards.duration_s(self.time[units], median, sigma))

    def _on_board(self, units: IndexArray, mode: IndexArray) -> BoolArray:
        return np.asarray(~self.plan.modes.needs_part[mode] | self._has_part(units, mode))

    def _has_part(self, units: IndexArray, mode: IndexArray) -> BoolArray:
        return np.asarray(self.runs.fleet.spares[mode, self.runs.cars[units]] > 0)

    def _repair(self, units: IndexArray, now: IntArray, *, own_part: bool) -> None:
        """The crews work on their own cars."""
        mode, spares, cars = self.mode[units], self.runs.fleet.spares, self.runs.cars[units]
        if own_part:
            used = self.plan.modes.needs_part[mode] & (spares[mode, cars] > 0)
            spares[mode[used], cars[used]] -= 1
        end = now + self.repair_s[units]
        self._tell(Kind.REPAIR, units, now, mode, end_s=end, spares=spares[mode, cars])
        self._lose(units, mode, self.repair_s[units], end)
        self._new_lives(units, in_field=True)
        self._set_off(units, end)

    def _strand(self, units: IndexArray, now: IntArray, mode: IndexArray) -> None:
        self._tell(Kind.STRAND, units, now, mode)
        self._recover(units, now)

    def _wreck(self, units: IndexArray, now: IntArray, mode: IndexArray) -> None:
        self._tell(Kind.WRECK, units, now, mode)
        self.cause[units] = mode
        self._gone(units, now, WRECKED)

    def _recover(self, units: IndexArray, now: IntArray) -> None:
        mode = self.mode[units]
        median = self.plan.drawn.recovery_s[self.runs.draw[units]]
        seconds = hazards.duration_s(self.time[units], median, self.plan.rally.recovery.sigma)
        seconds = self.pins.put("recovery_s", units, seconds)
        self._break_down(units, STOPPING)
        self.cause[units] = mode
        self._gone(units, now, RECOVERED)
        self.end[units] += seconds

    def _gone(self, units: IndexArray, now: IntArray, ending: int) -> None:
        self.runs.doing[units] = GONE
        self.ending[units], self.left[units], self.end[units] = ending, now, now

    def _lose(self, units: IndexArray, modes: IndexArray, seconds: IntArray | int, at: IntArray) -> None:
        """Book losses of time at a second; once the results are closed nothing is booked any more."""
        seconds = np.broadcast_to(seconds, units.shape)
        known = at <= self._morning
        self.accounts.lost.note(units[known], modes[known], seconds[known])

    @abstractmethod
    def _call_for_help(self, units: IndexArray, now: IntArray) -> None:
        """Cars cannot be mended by their own crews alone."""

    @abstractmethod
    def _wait_again(self, units: IndexArray, now: IntArray) -> None:
        """A truck could not mend these cars."""
