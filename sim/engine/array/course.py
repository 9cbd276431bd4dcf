"""The course of one team on one special, many replications at once.

A small event loop settles, in each pass, the next event of every replication: own events, offers of help, crews that
give up waiting, the close. It decides what `sim.engine.event.course` decides, in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.array.fleet import Workshop
from sim.engine.array.runs import BUSY, DRIVING, GONE, NO_TIME, NOT_STARTED, WAITING, Runs
from sim.engine.array.specials import GO, MENDED, REOPEN, REPAIR, Specials
from sim.engine.luck import Assistance, Purpose
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan, TeamPlan
from sim.model.rules import driving, failures
from sim.model.stable import code

OWN, OFFER, CHECK, CLOSE = range(4)
"""What is settled next, in the order of one second."""


@dataclass
class Trucks:
    """The trucks of the team, shape (T, R): do they run, from which km do they leave, and when."""

    runs: BoolArray
    km: FloatArray
    leaves: IntArray


class Course(Specials):
    """R replications with the K cars of a team each; car k of replication r is unit k * R + r of `runs`.

    Attributes:
        trucks: where they are in the end.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        shop: Workshop,
        runs: Runs,
        morning: int,
        team: TeamPlan,
        close: IntArray,
        trucks: Trucks,
    ) -> None:
        """`close` is when waits end, shape (R,)."""
        super().__init__(plan, stage, shop, runs, morning)
        self.team, self.close, self.trucks = team, close, trucks
        units, self.rows = len(runs.start), len(close)
        self.slots = units // self.rows
        helpers = self.slots + len(trucks.km)
        self.since = np.zeros(units, dtype=np.int64)
        self.refused = np.zeros((helpers, units), dtype=np.bool_)
        self.tried = np.zeros((helpers, units), dtype=np.bool_)
        self.check = np.full(self.rows, NO_TIME, dtype=np.int64)
        patience = [NO_TIME if crew.withdraw_wait_s is None else crew.withdraw_wait_s for crew in plan.crews]
        self._orders = np.array(patience, dtype=np.int64)[runs.fleet.crew]
        self.patience = self._orders.copy()

    def run(self) -> None:
        """Settle everything until every car has left the special."""
        runs = self.runs
        racing = np.flatnonzero(runs.doing == NOT_STARTED)
        runs.replan(racing, runs.start[racing])
        runs.doing[racing] = NOT_STARTED
        active = np.arange(self.rows)
        while len(active):
            active = active[(self._doing(active) != GONE).any(axis=0)]
            if len(active):
                self._settle(active)
        runs.settle_wear(racing)

    def _settle(self, rows: IndexArray) -> None:
        """One pass: the next event of every row."""
        own_time, slot = self._next_own(rows)
        keys = own_time * 4 + OWN
        waiting = np.flatnonzero((self._doing(rows) == WAITING).any(axis=0))
        offers = np.full(len(rows), -1, dtype=np.intp)
        if len(waiting):
            due, offers[waiting] = self._next_offer(rows[waiting])
            for time, kind in (
                (due, OFFER),
                (self.check[rows[waiting]], CHECK),
                (self._next_close(rows[waiting]), CLOSE),
            ):
                keys[waiting] = np.minimum(keys[waiting], time * 4 + kind)
        now, what = keys // 4, keys % 4
        chosen = what == OWN
        if chosen.any():
            self._own(slot[chosen] * self.rows + rows[chosen], now[chosen])
        for kind, settle in ((OFFER, self._offer), (CHECK, self._withdraw), (CLOSE, self._close_waits)):
            chosen = what == kind
            if chosen.any():
                settle(rows[chosen], now[chosen], offers[chosen])
        # After every change crews that wait look again whether anybody still comes.
        self.check[rows] = np.where(what == CHECK, self.check[rows], now)

    def _doing(self, rows: IndexArray) -> IntArray:
        """What the cars of some rows are doing, shape (K, n)."""
        return self.runs.doing.reshape(self.slots, self.rows)[:, rows]

    def _next_own(self, rows: IndexArray) -> tuple[IntArray, IndexArray]:
        """(time, slot) of the next own event of each row."""
        runs, best = self.runs, np.full(len(rows), NO_TIME, dtype=np.int64)
        slot = np.zeros(len(rows), dtype=np.intp)
        for k in range(self.slots):
            units = k * self.rows + rows
            doing = runs.doing[units]
            time = np.full(len(rows), NO_TIME, dtype=np.int64)
            for state, times in (
                (NOT_STARTED, runs.start),
                (DRIVING, runs.next_time),
                (BUSY, self.until),
            ):
                here = doing == state
                time[here] = times[units[here]]
            first = time < best
            best, slot = np.where(first, time, best), np.where(first, k, slot)
        return best, slot

    def _call_for_help(self, units: IndexArray, now: IntArray) -> None:
        self.tried[:, units] = False
        self._wait_again(units, now)

    def _wait_again(self, units: IndexArray, now: IntArray) -> None:
        """Cars wait for help from now on, but not for those who have tried."""
        self.runs.doing[units] = WAITING
        self.since[units] = now
        self.refused[:, units] = self.tried[:, units]
        self.patience[units] = np.where(self._help_scripted(units), NO_TIME, self._orders[units])

    def _next_close(self, rows: IndexArray) -> IntArray:
        """When the next wait of each row ends by the close."""
        best = np.full(len(rows), NO_TIME, dtype=np.int64)
        for k in range(self.slots):
            units = k * self.rows + rows
            waits = self.runs.doing[units] == WAITING
            time = np.maximum(self.close[rows], self.since[units])
            best = np.where(waits & (time < best), time, best)
        return best

    def _next_offer(self, rows: IndexArray) -> tuple[IntArray, IndexArray]:
        """(time, code) of the next offer of each row; the code is helper * K + slot of the wait, in order of offers."""
        best, chosen = np.full(len(rows), NO_TIME, dtype=np.int64), np.full(len(rows), -1, dtype=np.intp)
        order = self._waits_in_order(rows)
        for helper in range(self.slots + len(self.trucks.km)):
            for rank in range(self.slots):
                slot = order[rank]
                due = self._due(rows, slot, helper)
                first = due < best
                best = np.where(first, due, best)
                chosen = np.where(first, helper * self.slots + slot, chosen)
        return best, chosen

    def _waits_in_order(self, rows: IndexArray) -> IndexArray:
        """Slots by the km at which they wait, then by race number, shape (K, n); the others behind."""
        km = self.runs.km.reshape(self.slots, self.rows)[:, rows]
        km = np.where(self._doing(rows) == WAITING, km, np.inf)
        return np.argsort(km, axis=0, kind="stable")

    def _due(self, rows: IndexArray, slot: IndexArray, helper: int) -> IntArray:
        """When a helper reaches the wait of one slot of each row; NO_TIME if it does not or may not."""
        units = slot * self.rows + rows
        open_ = (self.runs.doing[units] == WAITING) & ~self.refused[helper, units]
        time = np.full(len(rows), NO_TIME, dtype=np.int64)
        if helper < self.slots:
            open_ &= slot != helper
            some = np.flatnonzero(open_)
            time[some] = self._mate_arrival(helper * self.rows + rows[some], self.runs.km[units[some]])
        else:
            some = np.flatnonzero(open_)
            truck = helper - self.slots
            time[some] = self._truck_arrival(truck, rows[some], self.runs.km[units[some]])
            # A truck that is at the end of the special in the same second is off the course: own events come first.
            at_end = driving.truck_arrival(
                self.trucks.leaves[truck, rows],
                self.trucks.km[truck, rows],
                self.stage.track.length_km,
                self.team.trucks[truck].s_per_km,
            )
            time[time >= at_end] = NO_TIME
        return np.where(time >= self.since[units], time, NO_TIME)

    def _mate_arrival(self, mates: IndexArray, km: FloatArray) -> IntArray:
        runs, time = self.runs, np.full(len(mates), NO_TIME, dtype=np.int64)
        comes = (runs.doing[mates] == DRIVING) & (runs.km[mates] <= km) & (km < runs.next_km[mates])
        time[comes] = runs.time_at(mates[comes], km[comes])
        return time

    def _truck_arrival(self, truck: int, rows: IndexArray, km: FloatArray) -> IntArray:
        spec = self.team.trucks[truck]
        comes = self.trucks.runs[truck, rows] & (km >= self.trucks.km[truck, rows])
        for start, end in spec.avoids[self.stage.index]:
            comes &= (km < start) | (km > end)
        time = driving.truck_arrival(self.trucks.leaves[truck, rows], self.trucks.km[truck, rows], km, spec.s_per_km)
        return np.where(comes, time, NO_TIME)

    def _offer(self, rows: IndexArray, now: IntArray, offers: IndexArray) -> None:
        helper, slot = offers // self.slots, offers % self.slots
        waits = slot * self.rows + rows
        self.refused[helper, waits] = True
        by_mate = helper < self.slots
        if by_mate.any():
            self._offer_of_mate(helper[by_mate] * self.rows + rows[by_mate], waits[by_mate], now[by_mate])
        for truck in range(len(self.trucks.km)):
            some = helper == self.slots + truck
            if some.any():
                self._offer_of_truck(truck, rows[some], waits[some], now[some])

    def _assistance(self, waits: IndexArray, helper_codes: list[tuple[str, ...]]) -> FloatArray:
        fleet, mode = self.runs.fleet, self.mode[waits]
        crews = fleet.crew[waits]
        whos = [code(*names, self.plan.crews[crew].car) for names, crew in zip(helper_codes, crews, strict=True)]
        return self.shop.draws.blocks(
            Purpose.ASSISTANCE,
            fleet.row[waits],
            fleet.renewal[mode, waits],
            self.shop.mode_codes[mode],
            np.array(whos, dtype=np.uint64),
        )

    def _offer_of_mate(self, mates: IndexArray, waits: IndexArray, now: IntArray) -> None:
        fleet, mode = self.runs.fleet, self.mode[waits]
        formation, has = self.runs.formation[mates], fleet.spares[mode, mates] > 0
        on_board = self._on_board(waits, mode)
        cars = [self.plan.crews[crew].car for crew in fleet.crew[mates]]
        named = np.array([bool(self._scripted_helper(waits[i : i + 1], car)[0]) for i, car in enumerate(cars)])
        hands = self.can[waits] & ~on_board & has & (self.team.hands_over | formation)
        stays = (on_board | has) & (self.team.stays | formation | named)
        uniforms = self._assistance(waits, [(car,) for car in cars])[Assistance.WILLING]
        wants = formation | failures.happens(uniforms, self.team.help_chance)
        willing = np.where(self._help_scripted(waits), named, wants)
        helps = (hands | stays) & willing
        self._serve(mates[helps], waits[helps], now[helps], hands[helps])

    def _serve(self, mates: IndexArray, waits: IndexArray, now: IntArray, hands: BoolArray) -> None:
        fleet, mode = self.runs.fleet, self.mode[waits]
        end = now + np.where(hands, self.team.hand_over_s, self.repair_s[waits])
        needs = self.plan.modes.needs_part[mode]
        own = fleet.spares[mode, waits] > 0
        giver = np.where(hands | ~own, mates, waits)
        used = hands | needs
        fleet.spares[mode[used], giver[used]] -= 1
        self.runs.move_to(mates, self.runs.km[waits])
        self._lose(mates, mode, end - now, end)
        self._busy(mates, end, GO)
        self._lose(waits, mode, end - self.since[waits], end)
        self._busy(waits, end, np.where(hands, REPAIR, MENDED))

    def _offer_of_truck(self, truck: int, rows: IndexArray, waits: IndexArray, now: IntArray) -> None:
        table, mode = self.plan.modes, self.mode[waits]
        names = (self.team.name, self.team.trucks[truck].name)
        block = self._assistance(waits, [names] * len(waits))
        mended = failures.happens(block[Assistance.WILLING], table.truck_repair[mode])
        mended = np.where(self._help_scripted(waits), self._scripted_helper(waits, "truck"), mended)
        seconds = hazards.duration_s(block[Assistance.TIME], table.truck_s[mode], table.truck_sigma[mode])
        seconds[mended] = self._pinned(waits[mended], "repair_s", seconds[mended])
        end = now + seconds
        self.trucks.km[truck, rows], self.trucks.leaves[truck, rows] = self.runs.km[waits], end
        self._lose(waits, mode, end - self.since[waits], end)
        self.tried[self.slots + truck, waits] = True
        self._busy(waits, end, np.where(mended, MENDED, REOPEN))

    def _withdraw(self, rows: IndexArray, now: IntArray, offers: IndexArray) -> None:
        """The first crew of each row that nobody will reach within its patience withdraws."""
        del offers
        order = self._waits_in_order(rows)
        pending = np.ones(len(rows), dtype=np.bool_)
        for rank in range(self.slots):
            units = order[rank] * self.rows + rows
            gives_up = pending & (self.runs.doing[units] == WAITING) & self._gives_up(units, rows, now)
            self._leave(units[gives_up], now[gives_up])
            pending &= ~gives_up
        self.check[rows] = np.where(pending, NO_TIME, now)

    def _gives_up(self, units: IndexArray, rows: IndexArray, now: IntArray) -> BoolArray:
        km, patience = self.runs.km[units], self.patience[units]
        alone = np.ones(len(units), dtype=np.bool_)
        for k in range(self.slots):
            mates = k * self.rows + rows
            alone &= ~((mates != units) & self._behind(mates, km, now))
        next_truck = np.full(len(units), NO_TIME, dtype=np.int64)
        for truck in range(len(self.trucks.km)):
            time = self._truck_arrival(truck, rows, km)
            comes = ~self.refused[self.slots + truck, units] & (time >= now)
            next_truck = np.where(comes, np.minimum(next_truck, time), next_truck)
        return np.asarray((patience < NO_TIME) & alone & (next_truck - now > patience))

    def _behind(self, mates: IndexArray, km: FloatArray, now: IntArray) -> BoolArray:
        """May a team-mate, on the special or still to start, come by a km later than now?"""
        runs, doing = self.runs, self.runs.doing[mates]
        free = doing == DRIVING
        ahead = (runs.km[mates] > km) | ((runs.km[mates] == km) & (doing == WAITING))
        ahead &= doing != NOT_STARTED
        passes = free & (runs.km[mates] <= km) & (km < runs.next_km[mates])
        time = np.full(len(mates), NO_TIME, dtype=np.int64)
        time[passes] = runs.time_at(mates[passes], km[passes])
        return np.asarray((doing != GONE) & ~ahead & (time > now))

    def _close_waits(self, rows: IndexArray, now: IntArray, offers: IndexArray) -> None:
        del offers
        for k in range(self.slots):
            units = k * self.rows + rows
            ends = self.runs.doing[units] == WAITING
            ends &= np.maximum(self.close[rows], self.since[units]) <= now
            self._leave(units[ends], now[ends])

    def _leave(self, units: IndexArray, now: IntArray) -> None:
        """A wait ends without help."""
        if not len(units):
            return
        waited = now - self.since[units]
        self._lose(units, self.mode[units], waited, now)
        self._recover(units, now)
