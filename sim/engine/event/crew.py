"""One crew through the whole rally: mornings, specials, nights, and what the results say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.day import Day
from sim.engine.event.bivouac import Bivouac, Guest, RefugeNight
from sim.engine.event.car import Car
from sim.engine.event.drive import Drive, Ticket
from sim.engine.event.special import Ending, Process, Special
from sim.engine.event.world import World
from sim.engine.journal import Kind, Phase
from sim.model.arrays import Real
from sim.model.plan import StagePlan
from sim.model.rules import driving, results

if TYPE_CHECKING:
    from sim.engine.event.control import RaceControl


class CrewRun:
    """The process of a crew.

    Attributes:
        name: race number.
        total_s, penalty_s: counted seconds and penalties so far (the second is part of the first).
        uncompleted: specials not completed so far.
        arrival: second at which it is in the bivouac, once that is known; None while it is on the course.
        ready: second at which its night's work ends.
        lost_hours: hours of sleep lost last night.
        barred: not in the refuge after the first day of a marathon pair, it may not start the second.
        retired: is it out of the rally?
    """

    def __init__(self, world: World, car: Car, control: RaceControl) -> None:
        self.world, self.car, self._control = world, car, control
        self.name = car.crew.car
        known = None if world.plan.state is None else world.plan.state.crews[car.crew.car]
        self.total_s = int(world.drawn.total_s[car.crew.index])
        self.penalty_s = known.penalty_s if known else 0
        self.uncompleted = len(known.uncompleted) if known else 0
        self.arrival: int | None = world.now
        self.ready = world.now
        self.lost_hours = 0.0
        self.barred = False
        self.retired = known.retired if known else False

    def run(self) -> Process:
        """Take part in every stage from the first one that is run until the end or until retired."""
        if self.retired:
            return
        for stage in self.world.plan.stages[self.world.plan.first_stage :]:
            yield self._control.morning[stage.index]
            ticket = self._control.tickets.get((stage.index, self.car.crew.index))
            if ticket is None:
                return
            if ticket.starts:
                ending = yield from self._day(stage, ticket)
            else:
                ending = None
                yield from self._transport(stage, ticket)
            if self.retired:
                return
            if stage.spec.night != "finish":
                yield from self._night(stage, drove_in=ending is not None and ending.driving, started=ticket.starts)

    def _transport(self, stage: StagePlan, ticket: Ticket) -> Process:
        """A car that does not start goes to the next bivouac by road."""
        assert self.arrival is not None
        self._control.miss_refuge(stage, self.car)
        self.arrival = max(self.arrival, ticket.slot) + stage.transport_s
        yield self.world.env.at(self.arrival, Phase.OWN)

    def book(self, stage: StagePlan, day: Day) -> None:
        """Add a decided day to the total, and retire a crew that is out of jokers."""
        day.decided = True
        if not stage.spec.counted:
            return
        self.total_s += day.seconds + day.penalty_s
        self.penalty_s += day.penalty_s
        if day.completed:
            return
        self.uncompleted += 1
        if results.excluded(self.uncompleted, self.world.plan.rally.regulations.jokers):
            self.retire(stage, day, km=stage.track.length_km, detail="out of jokers")

    def retire(self, stage: StagePlan, day: Day, *, km: float, detail: str) -> None:
        """Leave the rally at a km of a special."""
        self.retired = day.retired = True
        day.retired_km = km
        self.world.say(Kind.RETIRED, self.name, stage, mode=self._mode(day.cause), detail=detail)

    def blame(self, day: Day) -> int:
        """The cause of a special that was too slow: what cost most time on it, else the pace itself."""
        costly = [cause for cause, seconds in day.lost.items() if seconds > 0]
        return max(costly, key=lambda cause: (day.lost[cause], -cause), default=self.world.plan.over_time)

    def fail_special(self, stage: StagePlan, day: Day, ticket: Ticket, cause: int, *, back: int) -> None:
        """The special is not completed; `back` is when a car that started is back in the bivouac."""
        plan = self.world.plan
        if day.decided:
            return
        day.completed, day.cause = False, cause
        lost = stage.allowed_s if day.start is None else back - day.start
        plus_lost = plan.rally.regulations.uncompleted == "time_lost_plus_fixed"
        day.seconds = int(results.attributed_s(stage.allowed_s, lost, plus_lost=plus_lost))
        day.penalty_s += plan.fixed_penalty_s + (plan.no_start_penalty_s if day.start is None else 0)
        clean = ticket.factor * stage.track.nominal_s
        day.lost = {cause: day.seconds + day.penalty_s - clean}
        self.book(stage, day)

    def _day(self, stage: StagePlan, ticket: Ticket) -> Process:
        """From the departure to the finish, the recovery, or the end of the car's rally."""
        world, car = self.world, self.car
        self.arrival = None
        day = world.days[stage.index, car.crew.index]
        lateness = ticket.start - ticket.slot
        self.world.say(Kind.DEPART, self.name, stage, at=ticket.start - stage.liaison_before_s, end=ticket.start)
        car.drive_liaison(stage.liaison_wear_before)
        if lateness:
            day.penalty_s += lateness
            day.lose(world.plan.late, lateness)
            self.world.say(Kind.LATE, self.name, stage, at=ticket.start, seconds=lateness)
        yield world.env.at(ticket.start, Phase.OWN)
        day.start = world.now
        self.world.say(Kind.START, self.name, stage, km=0.0)
        course = self._control.course(car, stage)
        drive = Drive(car, stage, ticket)
        ending: Ending = yield from Special(world, stage, car, day, ticket, course, drive).run()
        if ending.driving:
            yield from self._finish(stage, day, ticket)
        else:
            yield from self._leave_course(stage, day, ticket, ending, drive.km)
        return ending

    def _finish(self, stage: StagePlan, day: Day, ticket: Ticket) -> Process:
        world, length = self.world, stage.track.length_km
        elapsed = world.now - ticket.start - day.neutral_s
        day.end = world.now
        self.arrival = world.now + stage.liaison_after_s
        if day.decided or not results.in_time(elapsed, stage.allowed_s):
            self.world.say(Kind.OVER_TIME, self.name, stage, km=length, seconds=elapsed)
            self.fail_special(stage, day, ticket, self.blame(day), back=world.now)
        else:
            day.completed, day.seconds = True, elapsed
            self.world.say(Kind.FINISH, self.name, stage, km=length, seconds=elapsed)
            self.book(stage, day)
        if self.retired:
            self._control.miss_refuge(stage, self.car)
            return
        self.car.drive_liaison(stage.liaison_wear_after)
        yield from self._arrive(stage, self.arrival)

    def _leave_course(self, stage: StagePlan, day: Day, ticket: Ticket, ending: Ending, km: float) -> Process:
        world = self.world
        assert ending.cause is not None
        self._control.miss_refuge(stage, self.car)
        day.end = world.now + ending.recovery_s
        if ending.wrecked and self.retired:
            return
        if ending.wrecked:
            day.cause, day.decided = ending.cause, True
            self.retire(stage, day, km=km, detail="wrecked")
            return
        self.arrival = day.end
        self.fail_special(stage, day, ticket, ending.cause, back=day.end)
        if self.retired:
            return
        self.world.say(Kind.RECOVERY, self.name, stage, km=km, mode=ending.cause, end=day.end)
        yield from self._arrive(stage, day.end)

    def _arrive(self, stage: StagePlan, arrival: int) -> Process:
        """Come into the bivouac or the refuge, where what broke on a liaison is found."""
        yield self.world.env.at(arrival, Phase.OWN)
        self.world.say(Kind.ARRIVE, self.name, stage)
        for mode in sorted(self.car.hidden):
            self.world.say(Kind.LIAISON, self.name, stage, mode=mode)

    def _night(self, stage: StagePlan, *, drove_in: bool, started: bool) -> Process:
        plan, car = self.world.plan, self.car
        night: Bivouac | RefugeNight | None = self._control.night(car, stage, refuge=drove_in)
        arrival = self.world.now
        self.ready = arrival
        self.barred = night is None
        if night is None:
            return
        guest: Guest = night.enter(car)
        self.ready = yield guest.done
        fatigue = plan.rally.fatigue
        hours: Real
        if isinstance(night, RefugeNight):
            hours = driving.hours_worked_too_long(guest.worked_s, plan.rally.refuge.free_hours, fatigue.max_hours)
        elif stage.spec.night == "rest_day" or not started:
            hours = 0.0
        else:
            hours = driving.hours_late_to_bed(arrival, stage.bedtime, fatigue.max_hours)
        self.lost_hours = float(hours)
        car.end_night()

    def _mode(self, cause: int | None) -> int | None:
        return cause if cause is not None and cause < len(self.world.plan.modes) else None
