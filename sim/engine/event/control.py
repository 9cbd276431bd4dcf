"""Race control: start lists, who starts in the morning, pace orders and formation, courses and nights."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.engine.day import Day
from sim.engine.event.bivouac import Bivouac, RefugeNight
from sim.engine.event.car import Car
from sim.engine.event.course import Course
from sim.engine.event.crew import CrewRun
from sim.engine.event.drive import Ticket
from sim.engine.event.truck import TruckRun
from sim.engine.event.world import World
from sim.engine.journal import Kind, Phase
from sim.engine.luck import Purpose
from sim.model.arrays import FloatArray
from sim.model.plan import StagePlan
from sim.model.rules import driving, failures, results


class RaceControl:
    """The process that opens each stage.

    It meets at the first departure of the class: yesterday's results are closed, the start list is made from them,
    and it is settled who starts, at what pace order, and with whom.
    """

    def __init__(self, world: World, pace: FloatArray, stage_wear: FloatArray) -> None:
        """`pace` holds the factors of (stage, crew), `stage_wear` the factors on wear of (stage, mode)."""
        self._world = world
        self._pace = pace
        self._stage_wear = stage_wear
        self.crews: list[CrewRun] = []
        self.tickets: dict[tuple[int, int], Ticket] = {}
        self.morning = [world.env.event() for _ in world.plan.stages]
        self._courses: dict[tuple[int, int], Course] = {}
        self._bivouacs: dict[tuple[int, int], Bivouac] = {}
        self._refuges: dict[tuple[int, int], RefugeNight] = {}

    def run(self, order: list[int]) -> Generator[simpy.Event, Any, None]:
        """Open every stage; `order` is the start list of the first one, as crew indices."""
        stages = self._world.plan.stages[self._world.plan.first_stage :]
        for stage in stages:
            yield self._world.env.at(stage.first_departure, Phase.MORNING)
            if stage is not stages[0]:
                order = self._close_stage(self._world.plan.stages[stage.index - 1])
            self._open_stage(stage, [crew for crew in order if not self.crews[crew].retired])
            self.morning[stage.index].succeed()

    def course(self, car: Car, stage: StagePlan) -> Course:
        """The course of a car's team on a stage."""
        return self._courses[stage.index, car.crew.team]

    def night(self, car: Car, stage: StagePlan, *, refuge: bool) -> Bivouac | RefugeNight | None:
        """Where a car spends the night after a stage; None: not in the refuge, where its team is not."""
        place = stage.index, car.crew.team
        if stage.starts_marathon and refuge:
            return self._refuges[place]
        return self._bivouacs.get(place)

    def miss_refuge(self, stage: StagePlan, car: Car) -> None:
        """A car will not come to the refuge tonight."""
        if stage.starts_marathon:
            self._refuges[stage.index, car.crew.team].account_for()

    def close_last_stage(self) -> None:
        """Nobody is on the course any more: apply what is left to the results of the last stage."""
        self._close_stage(self._world.plan.stages[-1])

    def _close_stage(self, stage: StagePlan) -> list[int]:
        """Yesterday's results: whoever is still out has not completed the special. Returns the next start list."""
        world, count = self._world, len(self.crews)
        seconds, sporting = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        completed = np.zeros(count, dtype=np.bool_)
        for crew in self.crews:
            day = world.days.get((stage.index, crew.car.crew.index))
            if day is None:
                continue
            ticket = self.tickets[stage.index, crew.car.crew.index]
            if not day.decided:
                crew.fail_special(stage, day, ticket, crew.blame(day), back=world.now)
            i = crew.car.crew.index
            seconds[i], sporting[i], completed[i] = day.seconds, day.sporting_s, day.completed
        return [int(i) for i in results.stage_order(seconds, sporting, completed)]

    def _open_stage(self, stage: StagePlan, order: list[int]) -> None:
        tickets = self._tickets(stage, order)
        for crew, ticket in tickets.items():
            day = self._world.days[stage.index, crew] = Day(slot=ticket.slot)
            self._steward(stage, crew, day)
            self.tickets[stage.index, crew] = ticket
            if not ticket.starts:
                self._refuse(stage, crew, day, ticket)
        self._open_places(stage, tickets)

    def _steward(self, stage: StagePlan, crew: int, day: Day) -> None:
        for penalty in self._world.plan.penalties.get((stage.index, crew), ()):
            day.penalty_s += penalty.seconds
            day.sporting_s += penalty.seconds if penalty.sporting else 0
            self._world.say(
                Kind.STEWARDS,
                self.crews[crew].name,
                stage,
                seconds=penalty.seconds,
                detail=penalty.note,
            )

    def _refuse(self, stage: StagePlan, crew: int, day: Day, ticket: Ticket) -> None:
        run = self.crews[crew]
        self._world.say(Kind.NO_START, run.name, stage, detail=ticket.reason)
        run.fail_special(stage, day, ticket, ticket.cause, back=ticket.slot)

    def _tickets(self, stage: StagePlan, order: list[int]) -> dict[int, Ticket]:
        """What each crew in the start list is handed this morning."""
        orders = [self._order(stage, crew) for crew in order]
        rates = self._wear_rates(stage, order, orders)
        starters: dict[int, Ticket] = {}
        for place, (crew, pace_order, rate) in enumerate(zip(order, orders, rates, strict=True)):
            starters[crew] = self._admit(stage, crew, stage.first_slot + place * stage.gap_s, pace_order, rate)
        for team in self._world.plan.teams:
            if not team.formation[stage.index]:
                continue
            members = [crew for crew in team.crews if crew in starters and starters[crew].starts]
            slowest = max((starters[c].factor * self._limp(c) for c in members), default=1.0)
            for crew in members:
                ticket = starters[crew]
                ticket.formation, ticket.factor = True, ticket.factor if ticket.pinned else slowest
                self._world.say(Kind.FORMATION, self.crews[crew].name, stage)
        return starters

    def _limp(self, crew: int) -> float:
        car = self.crews[crew].car
        return car.limp(car.limping)

    def _wear_rates(self, stage: StagePlan, crews: list[int], orders: list[float]) -> FloatArray:
        """Wear of the day over that of the track, by crew and mode."""
        plan, modes, runs = self._world.plan, self._world.plan.modes, [self.crews[crew] for crew in crews]
        whole_rally = np.array([run.car.fortune.failure_wear for run in runs]).reshape(len(runs), len(modes))
        lost_hours = np.array([run.lost_hours for run in runs])[:, None]
        tired = driving.fatigue_factor(lost_hours, plan.rally.fatigue.incidents_per_hour)
        by_order = driving.order_wear(modes.pace_exponent, np.array(orders)[:, None])
        rates: FloatArray = whole_rally * self._stage_wear[stage.index] * by_order
        return rates * driving.incident_wear(modes.is_part, tired)

    def _admit(self, stage: StagePlan, crew: int, slot: int, order: float, wear_rate: FloatArray) -> Ticket:
        """The ticket of one crew, formation left aside."""
        plan, run = self._world.plan, self.crews[crew]
        lateness = int(results.lateness_s(run.ready, slot - stage.liaison_before_s))
        reason, cause = self._why_not(stage, run, lateness)
        lost_hours = 0.0 if reason else run.lost_hours
        fatigue = driving.fatigue_factor(lost_hours, plan.rally.fatigue.pace_per_hour)
        factor = float(self._pace[stage.index, crew] * order * fatigue)
        pinned = plan.driving_s.get((stage.index, crew))
        if pinned is not None:
            factor = pinned / stage.track.nominal_s
        return Ticket(
            starts=not reason,
            slot=slot,
            start=slot + lateness,
            factor=factor,
            wear_rate=wear_rate,
            pinned=pinned is not None,
            reason=reason,
            cause=cause,
        )

    def _why_not(self, stage: StagePlan, run: CrewRun, lateness: int) -> tuple[str, int]:
        """Why a crew may not start, and the cause on which that is booked; ("", -1) if it may."""
        stopping = sorted(run.car.stopping)
        cause = stopping[0] if stopping else self._world.plan.late
        if run.arrival is None or run.arrival > stage.first_departure:
            return "not back in the bivouac", cause
        if run.barred:
            return "not with its team since the first day of the marathon", cause
        if stopping:
            return f"not repaired: {self._world.plan.modes.specs[stopping[0]].label}", cause
        if lateness > self._world.plan.max_lateness_s:
            return "too late", cause
        return "", -1

    def _order(self, stage: StagePlan, crew: int) -> float:
        plan = self._world.plan.crews[crew]
        fixed = plan.pace_orders[stage.index]
        order = fixed
        if plan.rules:
            totals = np.array([run.total_s for run in self.crews], dtype=np.int64)
            ranked = np.array([not run.retired for run in self.crews])
            lead, behind = results.lead_s(totals, ranked)[crew], results.behind_s(totals, ranked)[crew]
            order = float(results.pace_order(fixed, plan.rules, stage.index, lead, behind))
        if order != 1.0:
            self._world.say(Kind.ORDER, plan.car, stage, detail=f"{order:.3f}")
        return order

    def _open_places(self, stage: StagePlan, tickets: dict[int, Ticket]) -> None:
        """The courses, trucks and nights of every team on this stage."""
        world, plan = self._world, self._world.plan
        last_slot = int(stage.last_slot(len(tickets)))
        for index, team in enumerate(plan.teams):
            slots = [tickets[crew].slot for crew in team.crews if crew in tickets]
            if not slots:
                continue
            starters = {crew for crew in team.crews if crew in tickets and tickets[crew].starts}
            course = Course(world.env, last_slot + stage.allowed_s + plan.closing_margin_s, starters)
            self._courses[stage.index, index] = course
            trucks = self._send_trucks(stage, index, course, max(slots))
            self._open_night(stage, index, len(slots), trucks)

    def _send_trucks(self, stage: StagePlan, index: int, course: Course, last_slot: int) -> list[TruckRun]:
        world, team = self._world, self._world.plan.teams[index]
        running: list[TruckRun] = []
        for truck in team.trucks if stage.trucks_allowed else ():
            runs = failures.happens(
                world.draws.one(Purpose.TRUCK_RUNS, where=stage.code, who=truck.code), truck.spec.runs
            )
            if not runs:
                name = f"{team.name}/{truck.name}"
                world.say(Kind.TRUCK_OUT, name, stage)
                continue
            start = last_slot + int(world.drawn.truck_delay_s[truck.index])
            running.append(TruckRun(world, stage, team, truck, course, start))
            course.add_truck(running[-1])
        return running

    def _open_night(self, stage: StagePlan, index: int, cars: int, trucks: list[TruckRun]) -> None:
        world, plan = self._world, self._world.plan
        if stage.spec.night == "finish":
            return
        tomorrow = plan.stages[stage.index + 1]
        place = stage.index, index
        if not stage.starts_marathon or plan.rally.regulations.restart_after_marathon_recovery:
            self._bivouacs[place] = Bivouac(world, stage, plan.teams[index], tomorrow.first_departure)
        if stage.starts_marathon:
            guests = trucks if plan.rally.regulations.trucks_in_refuge else []
            refuge = RefugeNight(world, stage, tomorrow.first_departure, cars + len(guests))
            self._refuges[place] = refuge
            for truck in guests:
                world.env.process(_truck_arrives(world, truck, refuge))


def _truck_arrives(world: World, truck: TruckRun, refuge: RefugeNight) -> Generator[simpy.Event, Any, None]:
    arrival = yield truck.process
    yield world.env.at(arrival, Phase.OWN)
    refuge.enter_truck()
