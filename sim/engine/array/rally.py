"""Many rallies at once, stage by stage: mornings, specials, results and nights.

What the event engine's race control and crews do one after another is done here for a block of replications. Arrays by
car have shape (C * N,): car c of replication r is unit c * N + r.
"""

from __future__ import annotations

import numpy as np

from sim.engine.array.course import Course, Trucks
from sim.engine.array.draws import BlockDraws
from sim.engine.array.fleet import HIDDEN, LIMPING, STOPPING, Fleet
from sim.engine.array.ledger import Day, Ledger
from sim.engine.array.nights import Nights
from sim.engine.array.road import Road
from sim.engine.array.runs import GONE, NO_TIME, Runs
from sim.engine.array.specials import FINISHED, RECOVERED, WRECKED, Specials
from sim.engine.array.start import first_fleet, pace_factors, stage_wear
from sim.engine.array.trace import Tale, Trace
from sim.engine.array.workshop import Workshop
from sim.engine.journal import Entry, Kind
from sim.engine.luck import Luck, Purpose
from sim.engine.outcomes import OTHER_CAUSES, Outcomes
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.plan.opening import first_start_list
from sim.model.rules import driving, failures, results
from sim.model.units import whole_seconds


def run_block(plan: Plan, luck: Luck, first: int, count: int) -> Outcomes:
    """Outcomes of replications first .. first + count - 1."""
    block = Block(plan, BlockDraws(luck, first, count, median=plan.scripted_only))
    block.run()
    return block.ledger.outcomes()


def trace_block(plan: Plan, luck: Luck, first: int, count: int) -> tuple[Outcomes, Fleet, list[list[Entry]]]:
    """The same, with the cars in the end, car c of replication r as c * count + r, and what happened in each."""
    trace = Trace(plan, count)
    block = Block(plan, BlockDraws(luck, first, count, median=plan.scripted_only), trace)
    block.run()
    return block.ledger.outcomes(), block.fleet, trace.journals()


class Block:
    """One block of replications on its way through the rally."""

    def __init__(self, plan: Plan, draws: BlockDraws, trace: Trace | None = None) -> None:
        self.plan, self.draws, self.rows = plan, draws, draws.count
        self.trace, self.shop = trace, Workshop(plan, draws, trace)
        self.nights = Nights(plan, self.shop, self.rows)
        self.crews, self.units = len(plan.crews), len(plan.crews) * draws.count
        self.fleet: Fleet = first_fleet(plan, self.shop)
        self._wear_home, self._rate = np.empty_like(self.fleet.wear), np.empty_like(self.fleet.wear)
        self.pace = pace_factors(plan, draws)
        self.ledger = Ledger(plan, draws.first, draws.count)
        units = self.units
        opening = plan.stages[min(plan.first_stage, len(plan.stages) - 1)].first_departure
        self.arrival, self.ready = np.full(units, opening), np.full(units, opening)
        self.left = np.full(units, opening)
        self.ending = np.full(units, FINISHED)
        self.lost_hours = np.zeros(units)
        self.barred = np.zeros(units, dtype=np.bool_)
        self.order = np.repeat(np.array(first_start_list(plan))[:, None], self.rows, axis=1)

    def run(self) -> None:
        """Every stage that is still to be run."""
        for stage in self.plan.stages[self.plan.first_stage :]:
            day = self._morning(stage)
            trucks = self._special(stage, day)
            self.order = self.ledger.close_stage(stage, day)
            if stage.spec.night != "finish":
                self._night(stage, day, trucks)

    def _morning(self, stage: StagePlan) -> Day:
        plan = self.plan
        listed = self.ledger.retire_at > stage.first_departure
        place = self._places(listed)
        slot = stage.first_slot + place * stage.gap_s
        order = self._pace_orders(stage)
        lateness = results.lateness_s(self.ready, slot - stage.liaison_before_s)
        starts, cause = self._admit(stage, lateness)
        starts &= listed
        lost_hours = np.where(starts, self.lost_hours, 0.0)
        fatigue = driving.fatigue_factor(lost_hours, plan.rally.fatigue.pace_per_hour)
        factor = self.pace[:, :, stage.index].reshape(-1) * order * fatigue
        pinned = np.zeros(self.units, dtype=np.bool_)
        for crew in range(self.crews):
            seconds = plan.driving_s.get((stage.index, crew))
            if seconds is not None:
                factor[self.ledger.of(crew)] = seconds / stage.track.nominal_s
                pinned[self.ledger.of(crew)] = True
        formation = np.zeros(self.units, dtype=np.bool_)
        self._form_up(stage, starts, factor, pinned, formation)
        zeros = np.zeros(self.units, dtype=np.int64)
        day = Day(
            listed=listed,
            starts=starts,
            slot=slot,
            start=slot + lateness,
            factor=factor,
            order=order,
            pinned=pinned,
            formation=formation,
            seconds=zeros.copy(),
            penalty=zeros.copy(),
            sporting=zeros.copy(),
            completed=np.zeros(self.units, dtype=np.bool_),
            cause=np.full(self.units, -1, dtype=np.intp),
            retires=np.zeros(self.units, dtype=np.bool_),
        )
        for (s, crew), given in plan.penalties.items():
            if s == stage.index:
                here = self.ledger.of(crew)[listed[self.ledger.of(crew)]]
                day.penalty[here] += sum(penalty.seconds for penalty in given)
                day.sporting[here] += sum(penalty.seconds for penalty in given if penalty.sporting)
        refused = np.flatnonzero(listed & ~starts)
        cost = self.ledger.fail_special(stage, day, refused, cause[refused], stage.allowed_s, np.full(len(refused), 0))
        self.ledger.lose(stage, day, refused, cause[refused], cost)
        return day

    def _places(self, listed: BoolArray) -> IntArray:
        """Place in the start list, from 0, of the cars that are in it."""
        in_list = listed.reshape(self.crews, self.rows)
        place = np.zeros((self.crews, self.rows), dtype=np.int64)
        columns = np.arange(self.rows)
        for rank in range(1, self.crews):
            ahead = in_list[self.order[rank - 1], columns]
            place[self.order[rank], columns] = place[self.order[rank - 1], columns] + ahead
        return place.reshape(-1)

    def _pace_orders(self, stage: StagePlan) -> FloatArray:
        order = np.ones((self.crews, self.rows))
        totals = self.ledger.table(self.ledger.total)
        ranked = self.ledger.table(self.ledger.retire_at > stage.first_departure)
        for crew in self.plan.crews:
            fixed = crew.pace_orders[stage.index]
            order[crew.index] = fixed
            if crew.rules:
                lead = results.lead_s(totals, ranked)[:, crew.index]
                behind = results.behind_s(totals, ranked)[:, crew.index]
                order[crew.index] = results.pace_order(fixed, crew.rules, stage.index, lead, behind)
        return order.reshape(-1)

    def _admit(self, stage: StagePlan, lateness: IntArray) -> tuple[BoolArray, IndexArray]:
        """(may it start?, the cause on which it is booked if not) of every car."""
        stopping = self.fleet.damage & STOPPING > 0
        back = self.arrival <= stage.first_departure
        fit = ~stopping.any(axis=0)
        starts = back & ~self.barred & fit & (lateness <= self.plan.max_lateness_s)
        known = ~fit & (self.left <= stage.first_departure)
        cause = np.where(known, stopping.argmax(axis=0) if len(stopping) else 0, self.ledger.late)
        return starts, cause

    def _form_up(
        self, stage: StagePlan, starts: BoolArray, factor: FloatArray, pinned: BoolArray, formation: BoolArray
    ) -> None:
        """Teams in formation run at the slowest starter's factor; changes `factor` and `formation`."""
        for team in self.plan.teams:
            if not (team.formation[stage.index] and team.crews):
                continue
            units = np.concatenate([self.ledger.of(crew) for crew in team.crews])
            limp = driving.limp_product(self.fleet.limps_of(units), self.fleet.damage[:, units] & LIMPING > 0)
            shown = np.where(starts[units], factor[units] * limp, 0.0).reshape(len(team.crews), self.rows)
            slowest = np.tile(shown.max(axis=0), len(team.crews))
            formation[units] = starts[units]
            factor[units] = np.where(starts[units] & ~pinned[units], slowest, factor[units])

    def _special(self, stage: StagePlan, day: Day) -> IntArray:
        """Drive the special; returns when each team's first truck is in the next bivouac, shape (teams, N)."""
        day.penalty[day.starts] += (day.start - day.slot)[day.starts]
        road = Road(
            self.plan,
            stage,
            self.shop,
            self.fleet,
            self._wear_home,
            self._rate,
            started=day.starts,
            order=day.order,
            lost_hours=np.where(day.starts, self.lost_hours, 0.0),
            stage_wear=stage_wear(self.plan, self.draws, stage),
        )
        road.drive()
        finish, settled = self._settled(stage, day, road)
        helpless = road.helpless & day.starts
        involved = np.flatnonzero(day.starts & ~settled & ~helpless)
        morning = self.ledger.closes_at(stage)
        alone = Specials(self.plan, stage, self.shop, self._runs(stage, day, involved), morning)
        alone.run()
        helpless[involved] |= alone.unsettled
        sent = [self._send_trucks(stage, index, day) for index in range(len(self.plan.teams))]
        together = np.zeros(self.units, dtype=np.bool_)
        cars, races, course = self._run_together(stage, day, helpless, settled, sent)
        together[cars[races]] = True
        settled &= ~together
        road.bring_home(settled)
        self.fleet.wear, self._wear_home = road.wear_home, self.fleet.wear
        self._file(stage, day, road, finish, settled)
        self._take_back(stage, day, involved, alone, ~together[involved])
        self._take_back(stage, day, cars, course, races)
        return np.array([self._first_truck_at_end(stage, trucks) for trucks in sent])

    def _settled(self, stage: StagePlan, day: Day, road: Road) -> tuple[IntArray, BoolArray]:
        """(finish, settled?) of every car: those that met only what their own crews settle, in time and in daylight."""
        driven = whole_seconds(driving.driven_s(0.0, day.factor, stage.track.nominal_s))
        neutral = sum(stage.service_s)
        finish = day.start + neutral + road.stopped + driven
        settled = day.starts & ~road.involved & ~(self.fleet.damage & LIMPING > 0).any(axis=0)
        settled &= (finish < stage.sunset) & results.in_time(finish - day.start - neutral, stage.allowed_s)
        for crew in range(self.crews):
            if (stage.index, crew) in self.plan.happenings:
                settled[self.ledger.of(crew)] = False
        return finish, settled

    def _file(self, stage: StagePlan, day: Day, road: Road, finish: IntArray, settled: BoolArray) -> None:
        """Book the day of the cars that the road has settled."""
        units = np.flatnonzero(settled)
        if self.trace is not None:
            road.tell(self.trace, settled, day.start, day.factor)
        self.left[units] = finish[units]
        self.arrival[units] = finish[units] + stage.liaison_after_s
        self.ending[units] = FINISHED
        day.sporting[units] += road.sporting[units]
        day.penalty[units] += road.sporting[units]
        day.completed[units] = True
        day.seconds[units] = finish[units] - day.start[units] - sum(stage.service_s)
        self.ledger.book(stage, day, units, self.left[units])
        self._tell_finish(stage, Kind.FINISH, units, day.seconds[units])
        late = units[day.start[units] > day.slot[units]]
        self.ledger.lose(
            stage, day, late, np.full(len(late), self.ledger.late), (day.start - day.slot)[late].astype(float)
        )
        for stops in road.stops:
            some = settled[stops.units]
            cars = stops.units[some]
            self.ledger.lose(stage, day, cars, np.full(len(cars), stops.mode), stops.lost[some].astype(float))

    def _runs(self, stage: StagePlan, day: Day, units: IndexArray) -> Runs:
        return Runs(
            self.plan,
            stage,
            self.fleet.take(units),
            start=day.start[units],
            factor=day.factor[units],
            pinned=day.pinned[units],
            formation=day.formation[units],
            rate=self._rate[:, units],
        )

    def _send_trucks(self, stage: StagePlan, index: int, day: Day) -> Trucks:
        """The trucks of a team on this stage, in all replications; of a team without crews none runs."""
        team, count = self.plan.teams[index], self.shop.truck_codes.shape[0]
        trucks = Trucks(
            runs=np.zeros((count, self.rows), dtype=np.bool_),
            km=np.zeros((count, self.rows)),
            leaves=np.zeros((count, self.rows), dtype=np.int64),
            s_per_km=np.zeros((count, self.rows)),
        )
        if not (team.crews and stage.trucks_allowed):
            return trucks
        units = self._units(index)
        last = np.where(day.listed[units], day.slot[units], 0).max(axis=0)
        for t, truck in enumerate(team.trucks):
            trucks.leaves[t], trucks.s_per_km[t] = last + truck.start_delay_s, truck.s_per_km
            uniform = self.draws.each(Purpose.TRUCK_RUNS, where=stage.code, who=truck.code)
            trucks.runs[t] = failures.happens(uniform, truck.spec.runs) & day.listed[units].any(axis=0)
        return trucks

    def _units(self, team: int) -> IndexArray:
        """The cars of a team, shape (K, N)."""
        return np.array(self.plan.teams[team].crews, dtype=np.intp)[:, None] * self.rows + np.arange(self.rows)

    def _run_together(
        self, stage: StagePlan, day: Day, helpless: BoolArray, settled: BoolArray, sent: list[Trucks]
    ) -> tuple[IndexArray, BoolArray, Course]:
        """Run teams together, from the start, in the replications in which one of their cars needs help.

        Returns (cars, which of them race, their course); where the trucks are then is noted in `sent`.
        """
        rows = [np.flatnonzero(helpless[self._units(t)].any(axis=0)) for t in range(len(sent))]
        slots = max(len(team.crews) for team in self.plan.teams)
        teams = np.repeat(np.arange(len(sent)), [len(some) for some in rows])
        at = np.concatenate(rows)
        crews = np.full((len(sent), slots), -1)
        for t, team in enumerate(self.plan.teams):
            crews[t, : len(team.crews)] = team.crews
        crew = crews[teams].T
        # In the empty slots of a smaller team stands its first car again, which does not race there.
        cars = np.where(crew < 0, crew[0], crew) * self.rows + at
        races = (crew >= 0) & day.starts[cars]
        units = cars.reshape(-1)
        runs = self._runs(stage, day, units)
        runs.doing[~races.reshape(-1)] = GONE
        listed = self.ledger.table(day.listed)[at].sum(axis=1)
        last_slot = stage.first_slot + np.maximum(listed - 1, 0) * stage.gap_s
        closes = last_slot + stage.allowed_s + self.plan.closing_margin_s
        trucks = Trucks.join([sent[t].of(some) for t, some in enumerate(rows)])
        course = Course(
            self.plan, stage, self.shop, runs, self.ledger.closes_at(stage), teams, closes, trucks, ~settled[units]
        )
        course.run()
        for t, some in enumerate(rows):
            sent[t].km[:, some], sent[t].leaves[:, some] = trucks.km[:, teams == t], trucks.leaves[:, teams == t]
        return units, races.reshape(-1), course

    def _first_truck_at_end(self, stage: StagePlan, trucks: Trucks) -> IntArray:
        """When the first truck of a team is in the next bivouac, shape (N,)."""
        end = trucks.arrival(np.arange(self.rows), stage.track.length_km) + stage.liaison_after_s
        return np.asarray(np.where(trucks.runs, end, NO_TIME).min(axis=0, initial=NO_TIME))

    def _take_back(self, stage: StagePlan, day: Day, units: IndexArray, run: Specials, which: BoolArray) -> None:
        """Bring the cars back from a special, and book how it ended for each."""
        if self.trace is not None:
            for tale in run.told:
                self.trace.add(stage, tale.of(which[tale.units], units[tale.units]))
        units, mine = units[which], np.flatnonzero(which)
        self.fleet.put(units, run.runs.fleet, mine)
        morning = self.ledger.closes_at(stage)
        left, ending, cause = run.left[mine], run.ending[mine], run.cause[mine]
        self.left[units], self.arrival[units], self.ending[units] = left, run.end[mine], ending
        day.sporting[units] += run.accounts.sporting[mine]
        day.penalty[units] += run.accounts.sporting[mine]
        lost = self._lost(day, units, run.accounts.lost[:, mine])
        elapsed = run.end[mine] - day.start[units] - run.accounts.neutral[mine]
        open_ = left > morning
        in_time = (ending == FINISHED) & results.in_time(elapsed, stage.allowed_s) & ~open_
        worst = self._worst(run, mine, lost, open_, in_time)
        day.completed[units] = in_time
        day.seconds[units] = np.where(in_time, elapsed, 0)
        wrecked = ending == WRECKED
        failed = np.flatnonzero(~in_time & (open_ | ~wrecked))
        back = np.where(open_, morning, run.end[mine])[failed]
        cost = self.ledger.fail_special(
            stage, day, units[failed], worst[failed], back - day.start[units[failed]], left[failed]
        )
        lost[:, failed] = 0.0
        lost[worst[failed], failed] = cost
        self.ledger.book(stage, day, units[in_time], left[in_time])
        wrecked &= self.ledger.retire_at[units] > left
        day.cause[units[wrecked]] = cause[wrecked]
        self.ledger.retire(stage, day, units[wrecked], left[wrecked], run.runs.km[mine[wrecked]])
        self._file_losses(stage, day, units, lost)
        over = (ending == FINISHED) & ~in_time
        self._tell_finish(stage, Kind.FINISH, units[in_time], elapsed[in_time])
        self._tell_finish(stage, Kind.OVER_TIME, units[over], elapsed[over])
        self._tell_recovery(stage, run, units, mine)
        finished = units[ending == FINISHED]
        in_race = finished[self.ledger.retire_at[finished] > self.left[finished]]
        self.shop.drive_liaison(self.fleet, in_race, stage.liaison_wear_after)
        self.arrival[in_race] += stage.liaison_after_s

    def _tell_finish(self, stage: StagePlan, kind: Kind, units: IndexArray, seconds: IntArray) -> None:
        if self.trace is not None:
            km = np.full(len(units), stage.track.length_km)
            self.trace.add(stage, Tale(kind, units, self.left[units], km, seconds=seconds))

    def _tell_recovery(self, stage: StagePlan, run: Specials, units: IndexArray, mine: IndexArray) -> None:
        if self.trace is not None:
            told = (run.ending[mine] == RECOVERED) & (self.ledger.retire_at[units] == NO_TIME)
            units, mine = units[told], mine[told]
            tale = Tale(Kind.RECOVERY, units, run.left[mine], run.runs.km[mine], run.cause[mine], end_s=run.end[mine])
            self.trace.add(stage, tale)

    def _worst(
        self, run: Specials, mine: IndexArray, lost: FloatArray, open_: BoolArray, in_time: BoolArray
    ) -> IndexArray:
        """Why the special is not completed, if it is not; adds to `lost` what limping cost.

        A result that is still open in the morning is blamed on what is known by then.
        """
        worst = run.cause[mine]
        worst[open_] = self.ledger.blame(lost[:, open_])
        limped = np.flatnonzero(run.runs.limped[mine] & ~open_)
        lost[: len(self.plan.modes), limped] += run.runs.limp_lost[:, mine[limped]]
        slow = (run.ending[mine] == FINISHED) & ~open_ & ~in_time
        worst[slow] = self.ledger.blame(lost[:, slow])
        return worst

    def _lost(self, day: Day, units: IndexArray, by_mode: FloatArray) -> FloatArray:
        """Seconds lost by cause, shape (causes, n), from those lost by mode on the special."""
        lost = np.zeros((len(by_mode) + len(OTHER_CAUSES), len(units)))
        lost[: len(by_mode)] = by_mode
        lost[self.ledger.late] = day.start[units] - day.slot[units]
        return lost

    def _file_losses(self, stage: StagePlan, day: Day, units: IndexArray, lost: FloatArray) -> None:
        booked = lost != 0.0
        ended = np.flatnonzero(day.cause[units] >= 0)
        booked[day.cause[units[ended]], ended] = True
        causes, which = np.nonzero(booked)
        self.ledger.lose(stage, day, units[which], causes, lost[causes, which])

    def _night(self, stage: StagePlan, day: Day, trucks: IntArray) -> None:
        plan, fatigue = self.plan, self.plan.rally.fatigue
        drove_in = day.starts & (self.ending == FINISHED)
        stayed = day.listed & ~day.starts
        self.arrival = np.where(stayed, np.maximum(self.arrival, day.slot) + stage.transport_s, self.arrival)
        racing = day.listed & (
            self.ledger.retire_at > np.where(day.starts, self.left, np.maximum(self.left, stage.first_departure))
        )
        in_refuge = racing & drove_in & stage.starts_marathon
        has_bivouac = not stage.starts_marathon or plan.rally.regulations.restart_after_marathon_recovery
        in_bivouac = racing & ~in_refuge & has_bivouac
        nowhere = racing & ~in_refuge & ~in_bivouac
        self.ready = np.where(racing, self.arrival, self.ready)
        self.barred = np.where(racing, nowhere, self.barred)
        hours = self.lost_hours.copy()
        if in_refuge.any():
            helpers = trucks if plan.rally.regulations.trucks_in_refuge else np.full_like(trucks, NO_TIME)
            ready, worked = self.nights.refuge(self.fleet, stage, in_refuge, self.arrival, helpers)
            self.ready = np.where(in_refuge, ready, self.ready)
            tired = driving.hours_worked_too_long(worked, plan.rally.refuge.free_hours, fatigue.max_hours)
            hours = np.where(in_refuge, tired, hours)
        if in_bivouac.any():
            ready = self.nights.bivouac(self.fleet, stage, in_bivouac, self.arrival)
            self.ready = np.where(in_bivouac, ready, self.ready)
            late = driving.hours_late_to_bed(self.arrival, np.int64(stage.bedtime), fatigue.max_hours)
            rested = ~day.starts | (stage.spec.night == "rest_day")
            hours = np.where(in_bivouac, np.where(rested, 0.0, late), hours)
        self.lost_hours = hours
        found = (self.fleet.damage & HIDDEN > 0) & (in_refuge | in_bivouac)
        self.fleet.damage ^= found * (HIDDEN | LIMPING)
