"""One crew on one special: failures, the ladder of a halted crew, and stopping for a team-mate."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from sim.engine.day import Day
from sim.engine.event.car import Car
from sim.engine.event.course import Course, Halted, Service
from sim.engine.event.drive import Drive, OwnEvent, Ticket
from sim.engine.event.world import World
from sim.engine.journal import Kind, Phase
from sim.engine.luck import Assistance, Purpose
from sim.engine.own import Own
from sim.model.plan import StagePlan
from sim.model.rules import failures, nights
from sim.model.rules.failures import Severity
from sim.model.units import whole_seconds

Process = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True)
class Ending:
    """How a crew left the special.

    Attributes:
        driving: by its own power, at the finish.
        cause: the mode that ended it, or None.
        recovery_s: seconds of the recovery to the bivouac, if it is recovered.
        wrecked: is the car out of the rally?
    """

    driving: bool
    cause: int | None = None
    recovery_s: int = 0
    wrecked: bool = False


@dataclass(frozen=True)
class Call:
    """A team-mate's call to stop: until when, and for what mode of whose car."""

    until: int
    mode: int


class Special:
    """A crew on a special, as part of the crew's process; to its team-mates it is a helper.

    Attributes:
        name: race number.
    """

    def __init__(
        self, world: World, stage: StagePlan, car: Car, day: Day, ticket: Ticket, course: Course, drive: Drive
    ) -> None:
        self._world, self._stage, self._car, self._day = world, stage, car, day
        self._ticket, self._course, self._drive = ticket, course, drive
        self.name = car.crew.car
        self._team = world.plan.teams[car.crew.team]
        self._free = self._waiting = False
        self._process: simpy.Process | None = None

    def run(self) -> Process:
        """Drive the special; returns its Ending."""
        drive, course, index = self._drive, self._course, self._car.crew.index
        self._process = self._world.env.active_process
        self._free = True
        course.enter(index, self)
        while True:
            try:
                yield self._world.env.at(drive.next_s, Phase.OWN)
            except simpy.Interrupt as call:
                yield from self._help(call.cause)
            else:
                self._free = False
                event = drive.reach_next()
                course.replan()
                ending = yield from self._meet(event)
                if ending is not None:
                    break
            drive.replan(self._world.now)
            self._free = True
            course.replan()
        course.leave(index)
        for mode, seconds in drive.limp_lost.items():
            self._day.lose(mode, seconds)
        self._day.driving_s = int(whole_seconds(drive.driven))
        return ending

    def arrival(self, km: float) -> int | None:
        """The second at which this crew comes by a km, None if something of its own comes first."""
        if not self._free or not self._drive.km <= km < self._drive.next.km:
            return None
        return self._drive.time_at(km)

    def behind(self, km: float, now: int) -> bool:
        """May this crew still come by a km later than now, as far as it stands itself?"""
        if self._drive.km > km or (self._drive.km == km and self._waiting):
            return False
        arrival = self.arrival(km)
        return arrival is None or arrival > now

    def offer(self, halted: Halted, now: int) -> Service | None:
        """Stop for a team-mate, if this crew can help and wants to."""
        hands_over = self._can_hand_over(halted)
        if not (hands_over or self._can_stay(halted)) or not self._willing(halted):
            return None
        if hands_over:
            end = now + self._team.hand_over_s
            self._car.spares[halted.mode] -= 1
        else:
            end = now + halted.repair_s
            if self._world.plan.modes.needs_part[halted.mode]:
                giver = halted.car if halted.car.spares[halted.mode] > 0 else self._car
                giver.spares[halted.mode] -= 1
        self._free = False
        self._drive.move_to(halted.km)
        kind = Kind.HAND_OVER if hands_over else Kind.STAY
        self._say(kind, mode=halted.mode, helper=halted.name, end=end, spares=self._spares(halted.mode))
        assert self._process is not None
        self._process.interrupt(Call(end, halted.mode))
        return Service(self.name, kind, end, mended=True)

    def _can_hand_over(self, halted: Halted) -> bool:
        wanted = halted.crew_can and not halted.part_on_board and self._car.spares[halted.mode] > 0
        return bool(wanted) and (self._team.hands_over or self._ticket.formation)

    def _can_stay(self, halted: Halted) -> bool:
        has_part = halted.part_on_board or self._car.spares[halted.mode] > 0
        ordered = self._team.stays or self._ticket.formation or halted.scripted_helper() == self.name
        return bool(has_part) and ordered

    def _willing(self, halted: Halted) -> bool:
        scripted = halted.scripted_helper()
        if scripted is not None:
            return scripted == self.name
        if self._ticket.formation:
            return True
        uniform = halted.assistance(self.name)[Assistance.WILLING]
        return bool(failures.happens(uniform, self._team.help_chance))

    def _help(self, call: Call | None) -> Process:
        assert call is not None
        began = self._world.now
        yield self._world.env.at(call.until, Phase.OWN)
        self._day.helping_s += call.until - began
        self._day.lose(call.mode, call.until - began)

    def _meet(self, event: OwnEvent) -> Process:
        if event.kind is Own.FINISH:
            return Ending(driving=True)
        if event.kind is Own.SERVICE:
            return (yield from self._service(event.service_s))
        if event.kind is Own.SUNSET:
            self._say(Kind.SUNSET)
            return None
        return (yield from self._fail(event))

    def _service(self, seconds: int) -> Process:
        """A neutralised stop: jobs in the order of the modes, each whole or not at all; everybody stays to the end."""
        world, car = self._world, self._car
        now, end = world.now, world.now + seconds
        self._say(Kind.SERVICE, end=end)
        for mode in sorted(car.limping):
            after, done = nights.fit_job(now, car.job_s(mode), end)
            if done:
                self._say(Kind.JOB, at=now, mode=mode, end=after, renewal=car.renewal[mode])
                car.renew(mode)
            now = after
        car.restock(self._stage.index)
        self._day.neutral_s += seconds
        yield world.env.at(end, Phase.OWN)
        return None

    def _fail(self, event: OwnEvent) -> Process:
        kind = self._severity(event)
        if kind is Severity.DELAY:
            return (yield from self._delay(event))
        if kind is Severity.LIMP:
            return (yield from self._limp(event))
        if kind is Severity.HALT:
            return (yield from self._halt(event))
        self._tell(Kind.STRAND if kind is Severity.STRAND else Kind.WRECK, event.mode)
        if kind is Severity.STRAND:
            return self._recovered(event)
        return Ending(driving=False, cause=event.mode, wrecked=True)

    def _severity(self, event: OwnEvent) -> Severity:
        if event.happening is not None:
            return Severity[event.happening.severity.upper()]
        return self._car.fate(event.mode).severity

    def _tell(self, kind: Kind, mode: int, **fields: Any) -> None:
        """Tell of a failure, then of what it does to other parts."""
        self._say(kind, mode=mode, renewal=self._car.renewal[mode], **fields)
        self._secondary(mode)

    def _secondary(self, mode: int) -> None:
        car, plan = self._car, self._world.plan
        if plan.scripted_only:
            return
        for other, pair, chance, wear_km, damage in plan.secondary[mode]:
            uniform = car.draws.one(Purpose.SECONDARY, attempt=car.renewal[mode], where=pair, who=car.crew.code)
            if not failures.happens(uniform, chance):
                continue
            self._drive.add_wear(other, wear_km)
            damaged = damage and other not in car.broken
            if damaged:
                car.break_down(other, car.limping)
            self._say(Kind.SECONDARY, mode=other, detail="damage" if damaged else "wear")

    def _delay(self, event: OwnEvent) -> Process:
        world, car, mode = self._world, self._car, event.mode
        seconds = event.happening.lost_s if event.happening else None
        if seconds is None:
            seconds = car.fate(mode).delay_s
        end = world.now + seconds
        self._tell(Kind.DELAY, mode, end=end)
        if event.happening is None and car.fate(mode).missed:
            self._waypoint(mode)
        if mode not in car.broken:
            car.renew(mode)
        yield world.env.at(end, Phase.OWN)
        self._day.delay_s += seconds
        self._day.lose(mode, seconds)
        return None

    def _waypoint(self, mode: int) -> None:
        plan = self._world.plan
        if self._day.decided:
            return
        seconds = plan.rally.regulations.waypoint_penalty_s
        self._day.penalty_s += seconds
        self._day.sporting_s += seconds
        self._day.lose(mode, seconds)
        self._say(Kind.WAYPOINT, mode=mode, seconds=seconds)

    def _limp(self, event: OwnEvent) -> Process:
        car, mode = self._car, event.mode
        self._tell(Kind.LIMP, mode)
        if mode in car.crew.mend_limps and event.happening is None:
            halted = self._halted(event)
            if halted.crew_can and halted.part_on_board:
                yield from self._repair(halted, own_part=True)
                return None
        car.break_down(mode, car.limping, event.happening)
        return None

    def _halt(self, event: OwnEvent) -> Process:
        halted = self._halted(event)
        self._tell(Kind.HALT, event.mode, spares=self._spares(event.mode))
        by_itself = event.happening is None or event.happening.waits_for is None
        if by_itself and halted.crew_can and (halted.part_on_board or halted.scripted_helper() == "crew"):
            yield from self._repair(halted, own_part=True)
            return None
        mended = yield from self._wait(halted)
        return None if mended else self._recovered(event)

    def _halted(self, event: OwnEvent) -> Halted:
        car, mode, happening = self._car, event.mode, event.happening
        if happening is not None and happening.repaired_by is not None:
            crew_can = happening.repaired_by == "crew"
        else:
            crew_can = car.fate(mode).crew_can
        seconds = happening.repair_s if happening else None
        if seconds is None:
            seconds = car.fate(mode).repair_s
        return Halted(car, self._drive.km, mode, crew_can, seconds, happening)

    def _repair(self, halted: Halted, *, own_part: bool) -> Process:
        """The crew works; `own_part` says that the part, if one is needed, comes from its own car."""
        world, car, mode = self._world, self._car, halted.mode
        if own_part and world.plan.modes.needs_part[mode] and car.spares[mode] > 0:
            car.spares[mode] -= 1
        end = world.now + halted.repair_s
        self._say(Kind.REPAIR, mode=mode, end=end, spares=self._spares(mode))
        yield world.env.at(end, Phase.OWN)
        self._day.repair_s += halted.repair_s
        self._day.lose(mode, halted.repair_s)
        car.mend_in_field(mode)

    def _wait(self, halted: Halted) -> Process:
        """Wait for help until somebody mends the car (True), or nobody can (False)."""
        world, day, tried = self._world, self._day, set[str]()
        patience = None if halted.scripted_helper() else self._car.crew.withdraw_wait_s
        while True:
            began = world.now
            self._say(Kind.WAIT, mode=halted.mode)
            self._waiting = True
            service: Service | Kind = yield self._course.wait(halted, tried, patience).over
            self._waiting = False
            if isinstance(service, Kind):
                day.waiting_s += world.now - began
                day.lose(halted.mode, world.now - began)
                self._say(service, mode=halted.mode)
                return False
            served = world.now
            self._say(service.kind, mode=halted.mode, helper=service.helper, end=service.end)
            yield world.env.at(service.end, Phase.OWN)
            handed = service.kind is Kind.HAND_OVER
            day.waiting_s += (world.now if handed else served) - began
            day.repair_s += 0 if handed else world.now - served
            day.lose(halted.mode, world.now - began)
            if handed:
                yield from self._repair(halted, own_part=False)
                return True
            if service.mended:
                self._car.mend_in_field(halted.mode)
                return True
            self._say(Kind.TRUCK_FAILED, mode=halted.mode, helper=service.helper)
            tried.add(service.helper)

    def _recovered(self, event: OwnEvent) -> Ending:
        car, mode = self._car, event.mode
        seconds = event.happening.recovery_s if event.happening else None
        if seconds is None:
            seconds = car.fate(mode).recovery_s
        car.break_down(mode, car.stopping, event.happening)
        return Ending(driving=False, cause=mode, recovery_s=seconds)

    def _spares(self, mode: int) -> int:
        return int(self._car.spares[mode])

    def _say(self, kind: Kind, **fields: Any) -> None:
        self._world.say(kind, self.name, self._stage, km=self._drive.km, **fields)
