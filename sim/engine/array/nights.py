"""Nights of many rallies at once: bays of a bivouac, or the refuge; see `sim.engine.event.bivouac`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.array.fleet import HIDDEN, LIMPING, STOPPING, Fleet
from sim.engine.array.runs import NO_TIME
from sim.engine.array.trace import Tale
from sim.engine.array.workshop import Workshop
from sim.engine.journal import Kind
from sim.engine.luck import Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan, TeamPlan
from sim.model.rules import failures, nights


@dataclass
class Night:
    """A night in the bivouac; arrays have shape (U,), by mode (M, U).

    Attributes:
        departure: when the first car of the class has to leave in the morning.
        there: cars that came in time for a bay.
        jobs, busy: what was to be done in the evening, and on which cars there was anything.
        routine: seconds of the routine service.
        ready: when the work on each car ends.
        served: cars that took a bay.
        done: cars whose routine service was done.
    """

    departure: int
    there: BoolArray
    jobs: BoolArray
    busy: BoolArray
    routine: IntArray
    ready: IntArray
    served: BoolArray
    done: BoolArray


class Nights:
    """The nights of one plan; fleets hold C x N cars, car c of replication r as c * N + r."""

    def __init__(self, plan: Plan, shop: Workshop, rows: int) -> None:
        self.plan, self.shop, self.rows = plan, shop, rows
        teams = [plan.teams[crew.team] for crew in plan.crews]
        # Where there is a bay for every car nobody queues.
        self._roomy = np.repeat([team.bays >= len(team.crews) for team in teams], rows)

    def bivouac(self, fleet: Fleet, stage: StagePlan, guests: BoolArray, arrival: IntArray) -> IntArray:
        """Service the cars that came to the bivouac, `guests` and `arrival` of shape (C * N,).

        Returns the second at which the work on each car ends, its arrival where there was none.
        """
        departure = self.plan.stages[stage.index + 1].first_departure
        there = guests & (arrival <= departure)
        jobs = fleet.damage > 0
        night = Night(
            departure=departure,
            there=there,
            jobs=jobs,
            busy=np.asarray(jobs.any(axis=0)),
            routine=self._routine_s(stage),
            ready=arrival.copy(),
            served=np.zeros(len(there), dtype=np.bool_),
            done=np.zeros(len(there), dtype=np.bool_),
        )
        self.shop.restock(fleet, stage.index + 1, np.flatnonzero(there))
        fleet.nights += there
        at_once = there & self._roomy
        self._serve(fleet, stage, night, np.flatnonzero(at_once), arrival[at_once])
        for team in self.plan.teams:
            if team.bays < len(team.crews):
                self._queue(fleet, stage, night, team)
        fleet.nights[:, there & ~night.served] -= 1
        self._replace(fleet, stage, night)
        return night.ready

    def _queue(self, fleet: Fleet, stage: StagePlan, night: Night, team: TeamPlan) -> None:
        """Give the cars of a team bays: by arrival, ties to the lower race number, each the bay that is free first."""
        units, columns = self.shop.cars_of(team), np.arange(self.rows)
        come = np.where(night.there[units], night.ready[units], NO_TIME)
        free = np.zeros((team.bays, self.rows), dtype=np.int64)
        for rank in np.argsort(come, axis=0, kind="stable"):
            car, bay = units[rank, columns], free.argmin(axis=0)
            begin = np.maximum(come[rank, columns], free[bay, columns])
            taken = np.flatnonzero(night.there[car] & (begin <= night.departure))
            self._serve(fleet, stage, night, car[taken], begin[taken])
            free[bay[taken], taken] = night.ready[car[taken]]

    def _serve(self, fleet: Fleet, stage: StagePlan, night: Night, cars: IndexArray, begin: IntArray) -> None:
        """Cars in bays: repairs, then the routine service."""
        night.served[cars], night.ready[cars] = True, begin
        busy = cars[night.busy[cars]]
        night.ready[busy] = self._repair(fleet, stage, busy, night.ready[busy])
        end, done = nights.fit_job(night.ready[cars], night.routine[cars], np.int64(night.departure))
        night.ready[cars], night.done[cars] = end, done

    def _repair(self, fleet: Fleet, stage: StagePlan, cars: IndexArray, arrival: IntArray) -> IntArray:
        """Jobs in mode order, what stops a car first; returns when they end."""
        now, departure = arrival.copy(), self.plan.stages[stage.index + 1].first_departure
        damage = fleet.damage[:, cars].T
        which, modes = np.nonzero(damage)
        stopping = damage[which, modes] & STOPPING > 0
        order = np.lexsort((modes, ~stopping, which))
        which, modes, stopping = which[order], modes[order], stopping[order]
        turn = np.arange(len(which)) - np.searchsorted(which, which)
        for turns in range(turn.max(initial=-1) + 1):
            some = np.flatnonzero(turn == turns)
            here, mode = which[some], modes[some]
            begin = now[here]
            deadline = departure + stopping[some] * self.plan.max_lateness_s
            now[here], done = nights.fit_job(begin, self.shop.job_s(fleet, mode, cars[here]), deadline)
            here, mode = here[done], mode[done]
            self._tell_job(fleet, stage, mode, cars[here], begin[done], now[here])
            self.shop.renew(fleet, mode, cars[here])
        return now

    def _tell_job(
        self, fleet: Fleet, stage: StagePlan, mode: int | IndexArray, cars: IndexArray, begin: IntArray, end: IntArray
    ) -> None:
        if self.shop.trace is not None:
            renewal = fleet.renewal[mode, cars]
            self.shop.trace.add(stage, Tale(Kind.JOB, cars, begin, mode=mode, end_s=end, renewal=renewal))

    def _replace(self, fleet: Fleet, stage: StagePlan, night: Night) -> None:
        """Parts whose turn it is are new, if they were no job tonight."""
        rest_day = stage.spec.night == "rest_day"
        for mode, policy in enumerate(self.plan.modes.replaced_nights.tolist()):
            due = failures.replacement_due(policy, fleet.nights[mode], rest_day=rest_day)
            self.shop.fit(fleet, mode, np.flatnonzero(due & night.done & ~night.jobs[mode]))

    def _routine_s(self, stage: StagePlan) -> IntArray:
        """Seconds of the routine service of every car, shape (C * N,)."""
        seconds = np.zeros((len(self.plan.crews), self.rows), dtype=np.int64)
        for crew in self.plan.crews:
            team = self.plan.teams[crew.team]
            if team.routine_s > 0.0:
                uniforms = self.shop.draws.each(Purpose.ROUTINE, where=stage.code, who=crew.code)
                seconds[crew.index] = hazards.duration_s(uniforms, team.routine_s, team.routine_sigma)
        return seconds.reshape(-1)

    def refuge(
        self, fleet: Fleet, stage: StagePlan, guests: BoolArray, arrival: IntArray, truck: IntArray
    ) -> tuple[IntArray, IntArray]:
        """The marathon night; `truck` is when each team's first truck is there, NO_TIME for none, shape (teams, N).

        Returns (end of work, seconds worked) of each car, shape (C * N,).
        """
        departure = self.plan.stages[stage.index + 1].first_departure
        ready, worked = arrival.copy(), np.zeros(len(arrival), dtype=np.int64)
        for index, team in enumerate(self.plan.teams):
            units = self.shop.cars_of(team)
            there = guests[units] & (arrival[units] <= departure)
            broken = (fleet.damage[:, units] & (LIMPING | HIDDEN) > 0) & there
            some = np.flatnonzero(broken.any(axis=(0, 1)))
            if len(some):
                truck_here = np.where(truck[index, some] <= departure, truck[index, some], NO_TIME)
                self._refuge_team(
                    fleet, stage, units[:, some], there[:, some], arrival, truck_here, departure, ready, worked
                )
        return ready, worked

    def _refuge_team(
        self,
        fleet: Fleet,
        stage: StagePlan,
        units: IndexArray,
        there: BoolArray,
        arrival: IntArray,
        truck: IntArray,
        departure: int,
        ready: IntArray,
        worked: IntArray,
    ) -> None:
        """Work of one team in some replications, `units` of shape (K, n); changes `ready` and `worked`."""
        modes = self.plan.modes
        helped = truck < NO_TIME
        slowdown = np.where(helped, 1.0, self.plan.rally.refuge.slowdown)
        broken = np.moveaxis((fleet.damage[:, units] & (LIMPING | HIDDEN) > 0) & there, 0, 1)
        needs = broken & modes.needs_part[:, None]
        spares = np.moveaxis(np.where(there, fleet.spares[:, units], 0), 0, 1)
        givers = nights.share_refuge_parts(needs, spares)
        columns = np.arange(units.shape[1])
        for k, cars in enumerate(units):
            now = np.where(helped, np.maximum(arrival[cars], truck), arrival[cars])
            for mode in np.flatnonzero(broken[k].any(axis=1)).tolist():
                giver = givers[k, mode]
                borrowed = needs[k, mode] & ~helped
                which = np.flatnonzero(broken[k, mode] & (~borrowed | (giver >= 0)))
                lender = units[np.maximum(giver, 0), columns][which]
                begin = np.where(borrowed[which], np.maximum(now[which], arrival[lender]), now[which])
                seconds = self.shop.job_s(fleet, mode, cars[which], slowdown[which])
                end, done = nights.fit_job(begin, seconds, np.int64(departure))
                used = done & borrowed[which]
                fleet.spares[mode, lender[used]] -= 1
                worked[cars[which[done]]] += (end - begin)[done]
                self._tell_job(fleet, stage, mode, cars[which[done]], begin[done], end[done])
                self.shop.renew(fleet, mode, cars[which[done]], in_field=True)
                now[which[done]] = end[done]
            ready[cars] = np.where(there[k] & broken[k].any(axis=0), now, ready[cars])
