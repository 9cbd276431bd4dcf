"""Nights of many rallies at once: bays of a bivouac, or the refuge; see `sim.engine.event.bivouac`."""

from __future__ import annotations

import numpy as np

from sim.engine.array.fleet import Fleet, Workshop
from sim.engine.array.runs import NO_TIME
from sim.engine.luck import Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import failures, nights


class Nights:
    """The nights of one plan; fleets hold C x N cars, car c of replication r as c * N + r."""

    def __init__(self, plan: Plan, shop: Workshop, rows: int) -> None:
        self.plan, self.shop, self.rows = plan, shop, rows

    def bivouac(self, fleet: Fleet, stage: StagePlan, guests: BoolArray, arrival: IntArray) -> IntArray:
        """Service the cars that came to the bivouac, `guests` and `arrival` of shape (C * N,).

        Returns the second at which the work on each car ends, its arrival where there was none.
        """
        departure = self.plan.stages[stage.index + 1].first_departure
        cars = np.flatnonzero(guests & (arrival <= departure))
        spares = np.stack([crew.spares[stage.index + 1] for crew in self.plan.crews], axis=1)
        fleet.spares[:, cars] = spares[:, fleet.crew[cars]]
        ready = arrival.copy()
        for team in self.plan.teams:
            if not team.crews:
                continue
            units = np.array(team.crews)[:, None] * self.rows + np.arange(self.rows)
            come = np.where(guests[units] & (arrival[units] <= departure), arrival[units], NO_TIME)
            order = np.argsort(come, axis=0, kind="stable")
            free = np.zeros((team.bays, self.rows), dtype=np.int64)
            for rank in order:
                car = units[rank, np.arange(self.rows)]
                when = come[rank, np.arange(self.rows)]
                bay = free.argmin(axis=0)
                begin = np.maximum(when, free[bay, np.arange(self.rows)])
                served = np.flatnonzero((when < NO_TIME) & (begin <= departure))
                end = self._work(fleet, stage, car[served], begin[served], departure)
                ready[car[served]] = end
                free[bay[served], served] = end
        return ready

    def _work(self, fleet: Fleet, stage: StagePlan, cars: IndexArray, begin: IntArray, departure: int) -> IntArray:
        """Repairs, then the routine service; returns when the work on each car ends."""
        fleet.nights[:, cars] += 1
        stopping = fleet.stopping[:, cars]
        others = (fleet.limping[:, cars] | fleet.hidden[:, cars] | fleet.field_mended[:, cars]) & ~stopping
        now = begin.copy()
        for jobs, deadline in ((stopping, departure + self.plan.max_lateness_s), (others, departure)):
            for mode in np.flatnonzero(jobs.any(axis=1)):
                which = np.flatnonzero(jobs[mode])
                modes = np.full(len(which), mode)
                seconds = self.shop.job_s(fleet, modes, cars[which], np.ones(len(which)))
                now[which], done = nights.fit_job(now[which], seconds, np.int64(deadline))
                self.shop.renew(fleet, modes[done], cars[which[done]])
        return self._routine(fleet, stage, cars, now, departure, stopping | others)

    def _routine(
        self, fleet: Fleet, stage: StagePlan, cars: IndexArray, now: IntArray, departure: int, repairs: BoolArray
    ) -> IntArray:
        seconds = np.zeros(len(cars), dtype=np.int64)
        for crew in np.unique(fleet.crew[cars]):
            some = np.flatnonzero(fleet.crew[cars] == crew)
            seconds[some] = self._routine_s(stage, int(crew))[fleet.row[cars[some]]]
        end, done = nights.fit_job(now, seconds, np.int64(departure))
        served = cars[done]
        due = failures.replacement_due(
            self.plan.modes.replaced_nights[:, None],
            fleet.nights[:, served],
            rest_day=stage.spec.night == "rest_day",
        )
        modes, which = np.nonzero(due & ~fleet.broken[:, served] & ~repairs[:, done])
        self.shop.renew(fleet, modes, served[which])
        return end

    def _routine_s(self, stage: StagePlan, crew: int) -> IntArray:
        team = self.plan.teams[self.plan.crews[crew].team]
        if team.routine_s == 0.0:
            return np.zeros(self.rows, dtype=np.int64)
        uniforms = self.shop.draws.each(Purpose.ROUTINE, where=stage.code, who=self.plan.crews[crew].code)
        return hazards.duration_s(uniforms, team.routine_s, team.routine_sigma)

    def refuge(
        self, fleet: Fleet, stage: StagePlan, guests: BoolArray, arrival: IntArray, truck: IntArray
    ) -> tuple[IntArray, IntArray]:
        """The marathon night; `truck` is when each team's first truck is there, NO_TIME for none, shape (teams, N).

        Returns (end of work, seconds worked) of each car, shape (C * N,).
        """
        departure = self.plan.stages[stage.index + 1].first_departure
        ready, worked = arrival.copy(), np.zeros(len(arrival), dtype=np.int64)
        for index, team in enumerate(self.plan.teams):
            units = np.array(team.crews, dtype=np.intp)[:, None] * self.rows + np.arange(self.rows)
            there = guests[units] & (arrival[units] <= departure)
            broken = (fleet.limping[:, units] | fleet.hidden[:, units]) & there
            some = np.flatnonzero(broken.any(axis=(0, 1)))
            if len(some):
                truck_here = np.where(truck[index, some] <= departure, truck[index, some], NO_TIME)
                self._refuge_team(fleet, units[:, some], there[:, some], arrival, truck_here, departure, ready, worked)
        return ready, worked

    def _refuge_team(
        self,
        fleet: Fleet,
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
        broken = np.moveaxis((fleet.limping[:, units] | fleet.hidden[:, units]) & there, 0, 1)
        needs = broken & modes.needs_part[:, None]
        spares = np.moveaxis(np.where(there, fleet.spares[:, units], 0), 0, 1)
        givers = nights.share_refuge_parts(needs, spares)
        columns = np.arange(units.shape[1])
        for k, cars in enumerate(units):
            now = np.where(helped, np.maximum(arrival[cars], truck), arrival[cars])
            for mode in np.flatnonzero(broken[k].any(axis=1)):
                giver = givers[k, mode]
                borrowed = needs[k, mode] & ~helped
                which = np.flatnonzero(broken[k, mode] & (~borrowed | (giver >= 0)))
                lender = units[np.maximum(giver, 0), columns][which]
                begin = np.where(borrowed[which], np.maximum(now[which], arrival[lender]), now[which])
                seconds = self.shop.job_s(fleet, np.full(len(which), mode), cars[which], slowdown[which])
                end, done = nights.fit_job(begin, seconds, np.int64(departure))
                used = done & borrowed[which]
                fleet.spares[mode, lender[used]] -= 1
                worked[cars[which[done]]] += (end - begin)[done]
                self.shop.renew(fleet, np.full(int(done.sum()), mode), cars[which[done]], in_field=True)
                now[which[done]] = end[done]
            ready[cars] = np.where(there[k] & broken[k].any(axis=0), now, ready[cars])
