"""The night of a team: bays in the bivouac, or the refuge where only the crews work."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import simpy

from sim.engine.event.car import Car
from sim.engine.event.world import World
from sim.engine.journal import Kind, Phase
from sim.model.plan import StagePlan, TeamPlan
from sim.model.rules import failures, nights


@dataclass
class Guest:
    """A car in the bivouac or the refuge; `done` brings the second at which its work ends."""

    car: Car
    arrival: int
    done: simpy.Event
    worked_s: int = 0


class Work(NamedTuple):
    """What is done to a car in a bay, from `begin` to `end`."""

    kind: Kind
    begin: int
    end: int
    mode: int | None = None
    renewal: int | None = None
    detail: str = ""


class Bivouac:
    """Bays of one team on one night, each a process; cars take them by (arrival, race number).

    A car takes the bay that has been free longest, ties to the lower number. The night is planned against the first
    departure of the class next morning, since the start list is not out until every result is in; after it no car
    takes a bay.
    """

    def __init__(self, world: World, stage: StagePlan, team: TeamPlan, departure: int) -> None:
        self._world, self._stage, self._team, self._departure = world, stage, team, departure
        self._queue: list[Guest] = []
        self._say = partial(_say, world, stage)
        self._free: list[tuple[int, int]] = [(0, bay) for bay in range(team.bays)]
        world.env.call_at(departure, Phase.NIGHT_ENDS, self._close)

    def enter(self, car: Car) -> Guest:
        """A car arrives; it is given a bay at the end of this second or later, or none at all."""
        world = self._world
        guest = Guest(car, world.now, world.env.event())
        if world.now > self._departure:
            self._refuse(guest)
        else:
            car.restock(self._stage.index + 1)
            self._queue.append(guest)
            world.env.call_at(world.now, Phase.BAY, self._settle)
        return guest

    def _settle(self) -> None:
        self._queue.sort(key=lambda guest: (guest.arrival, guest.car.crew.index))
        while self._queue and self._free:
            bay = min(self._free)
            self._free.remove(bay)
            self._world.env.process(self._work(bay[1], self._queue.pop(0)))

    def _work(self, bay: int, guest: Guest) -> Generator[simpy.Event, Any, None]:
        world, began = self._world, self._world.now
        repairs = self._repairs(guest.car, began)
        routine = self._routine(guest.car, began, repairs)
        works = [*repairs, *routine]
        end = max((work.end for work in works), default=began)
        self._say(Kind.BAY, guest.car, end=end, detail=str(bay + 1))
        for kind, begin, ended, mode, renewal, detail in works:
            lasts_until = None if kind is Kind.RENEWED else ended
            self._say(kind, guest.car, begin, end=lasts_until, mode=mode, renewal=renewal, detail=detail)
        guest.done.succeed(end)
        yield world.env.at(end, Phase.OWN)
        self._free.append((end, bay))
        if self._queue and world.now <= self._departure:
            world.env.call_at(world.now, Phase.BAY, self._settle)

    def _repairs(self, car: Car, now: int) -> list[Work]:
        """Jobs on a car from `now` on, done or left undone."""
        latest = self._departure + self._world.plan.max_lateness_s
        car.nights += 1
        stopping, others = car.jobs()
        works: list[Work] = []
        for mode, deadline in [*((m, latest) for m in stopping), *((m, self._departure) for m in others)]:
            end, done = nights.fit_job(now, car.job_s(mode), deadline)
            kind = Kind.JOB if done else Kind.JOB_LEFT
            works.append(Work(kind, now, end, mode, car.renewal[mode]))
            if done:
                car.renew(mode)
            now = end
        return works

    def _routine(self, car: Car, began: int, repairs: list[Work]) -> list[Work]:
        """Routine service after the repairs; parts whose turn it is are new, if they were not repaired tonight."""
        now = max((work.end for work in repairs), default=began)
        end, done = nights.fit_job(now, int(car.fortune.routine_s[self._stage.index]), self._departure)
        if not done:
            return []
        modes = self._world.plan.modes
        rest_day = self._stage.spec.night == "rest_day"
        due = failures.replacement_due(modes.replaced_nights, car.nights, rest_day=rest_day)
        untouched = car.broken.union(work.mode for work in repairs)
        renewed = [mode for mode in due.nonzero()[0].tolist() if mode not in untouched]
        for mode in renewed:
            car.renew(mode)
        routine = Work(Kind.ROUTINE, now, end)
        if not renewed:
            return [routine]
        return [routine, Work(Kind.RENEWED, end, end, detail=", ".join(modes.names[mode] for mode in renewed))]

    def _close(self) -> None:
        for guest in self._queue:
            self._refuse(guest)
        self._queue.clear()

    def _refuse(self, guest: Guest) -> None:
        self._say(Kind.NO_BAY, guest.car)
        guest.done.succeed(guest.arrival)


class RefugeNight:
    """The refuge of one team: parts are shared once everybody is in, or at the first departure of the class."""

    def __init__(self, world: World, stage: StagePlan, departure: int, expected: int) -> None:
        self._world, self._stage, self._departure = world, stage, departure
        self._expected = expected
        self._guests: list[Guest] = []
        self._truck: int | None = None
        self._settled = False
        self._say = partial(_say, world, stage)
        world.env.call_at(departure, Phase.BAY, self._settle)

    def enter(self, car: Car) -> Guest:
        """A car arrives."""
        guest = Guest(car, self._world.now, self._world.env.event())
        if self._settled:
            guest.done.succeed(guest.arrival)
        else:
            self._guests.append(guest)
            self.account_for()
        return guest

    def enter_truck(self) -> None:
        """The team's first truck is here and may work: its mechanics and parts serve all cars from now on."""
        if self._truck is None:
            self._truck = self._world.now
        self.account_for()

    def account_for(self) -> None:
        """One of those who were expected is accounted for."""
        self._expected -= 1
        if self._expected == 0 and not self._settled:
            self._world.env.call_at(self._world.now, Phase.BAY, self._settle)

    def _settle(self) -> None:
        if self._settled:
            return
        self._settled = True
        guests = sorted(self._guests, key=lambda guest: guest.car.crew.index)
        if not guests:
            return
        givers = nights.share_refuge_parts(
            np.array([guest.car.refuge_needs for guest in guests]), np.array([guest.car.spares for guest in guests])
        )
        for guest, by_mode in zip(guests, givers, strict=True):
            lenders = {mode: guests[giver] for mode, giver in enumerate(by_mode.tolist()) if giver >= 0}
            guest.done.succeed(self._work(guest, lenders))

    def _work(self, guest: Guest, lenders: dict[int, Guest]) -> int:
        """Jobs of one car in the order of the modes; returns when its work ends."""
        plan, car, now = self._world.plan, guest.car, guest.arrival
        slowdown = plan.rally.refuge.slowdown if self._truck is None else 1.0
        if self._truck is not None:
            now = max(now, self._truck)
        for mode in sorted(car.limping | car.hidden):
            lender = lenders.get(mode) if self._truck is None else None
            if plan.modes.needs_part[mode] and self._truck is None and lender is None:
                self._say(Kind.JOB_LEFT, car, at=now, mode=mode, detail="no part")
                continue
            begin = now if lender is None else max(now, lender.arrival)
            end, done = nights.fit_job(begin, car.job_s(mode, slowdown), self._departure)
            if not done:
                self._say(Kind.JOB_LEFT, car, at=now, mode=mode, detail="no time")
                continue
            guest.worked_s += end - begin
            if lender is not None:
                self._use_part(car, mode, lender.car, begin)
            self._say(Kind.JOB, car, at=begin, mode=mode, end=end, renewal=car.renewal[mode])
            car.mend_in_field(mode)
            now = end
        return now

    def _use_part(self, car: Car, mode: int, owner: Car, begin: int) -> None:
        owner.spares[mode] -= 1
        if owner is not car:
            self._say(Kind.BORROW, car, at=begin, mode=mode, helper=owner.crew.car)


def _say(world: World, stage: StagePlan, kind: Kind, car: Car, at: int | None = None, **fields: Any) -> None:
    """Work that begins now is told where the bays are given, later work as an own event of the car."""
    phase = Phase.BAY if at is None or at <= world.now else Phase.OWN
    world.say(kind, car.crew.car, stage, phase=phase, at=at, **fields)
