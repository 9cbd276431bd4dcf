"""The course of teams on one special, many replications at once.

A small event loop settles, in each pass, the next event of every team: own events, offers of help, crews that give up
waiting, the close. It decides what `sim.engine.event.course` decides, in the same order. Team-mates whose day the road
has settled drive here only if somebody waits for help; then they catch up first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sim.engine.array.runs import BUSY, DRIVING, GONE, NO_TIME, SETTLED, WAITING, Runs
from sim.engine.array.specials import GO, MENDED, REOPEN, REPAIR, Specials
from sim.engine.array.trucks import Trucks
from sim.engine.array.workshop import Workshop
from sim.engine.journal import Kind
from sim.engine.luck import Assistance, Purpose
from sim.engine.own import Own
from sim.model import hazards
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import failures

Values = TypeVar("Values", IntArray, FloatArray, BoolArray, npt.NDArray[np.int8])

OWN, OFFER, CHECK, CLOSE = range(4)
"""What is settled next, in the order of one second."""


@dataclass
class Wait:
    """The crews of n teams that wait at the same rank of their team, the lowest km first.

    Attributes:
        which: which of the teams looked at, shape (n,).
        units, km: who waits, and where.
        mates: when each car of the team passes there before its own next event, shape (K, n).
        trucks: when each truck of the team passes there, shape (T, n).
    """

    which: IndexArray
    units: IndexArray
    km: FloatArray
    mates: IntArray
    trucks: IntArray


class Course(Specials):
    """R teams of at most K cars and T trucks, each in a replication; car k of row r is unit k * R + r of `runs`.

    Helpers are counted the cars first, then the trucks: that is the order in which they come in one second. Times are
    seconds of the rally clock, NO_TIME for never; arrays by car have shape (U,), by row (R,).

    Attributes:
        teams, close: by row, which team it is and when its waits end.
        trucks: where the trucks of the rows are, in the end as well.
        rows, slots: R and K.
        since: when each car began to wait.
        own_at: when its own event is due.
        may_call: may it ever need help? A car that the road has settled does not, unless it stops for a team-mate.
        call_at: from when on it may call for help: at its next own event, if that may be a failure.
        refused: shape (K + T, U): helpers that have passed the car in this wait, or tried: none of them comes back.
        tried: shape (K + T, U): those that have tried in vain since it failed, and those from whom a pinned happening
            takes no help; they are refused in the next wait too.
        patience: seconds; the crew withdraws if the next truck is further away and no team-mate is left to come.
        check: by row, the second in which those who wait look whether anybody still comes: that of the last change.
    """

    def __init__(
        self,
        plan: Plan,
        stage: StagePlan,
        shop: Workshop,
        runs: Runs,
        morning: int,
        *,
        teams: IndexArray,
        close: IntArray,
        trucks: Trucks,
    ) -> None:
        """`teams` tells which team each row is, `close` when its waits end, shape (R,)."""
        super().__init__(plan, stage, shop, runs, morning)
        self.teams, self.close, self.trucks = teams, close, trucks
        # A car whose day the road has settled never calls for help unless it stops for a mate.
        self.may_call = runs.doing != SETTLED
        units, self.rows = len(runs.start), len(close)
        self.slots = max(len(team.crews) for team in plan.teams)
        helpers = self.slots + len(trucks.km)
        self.since = np.zeros(units, dtype=np.int64)
        self.own_at, self.call_at = np.empty(units, dtype=np.int64), np.empty(units, dtype=np.int64)
        self.refused = np.zeros((helpers, units), dtype=np.bool_)
        self.tried = np.zeros((helpers, units), dtype=np.bool_)
        self.check = np.full(self.rows, NO_TIME, dtype=np.int64)
        patience = [NO_TIME if crew.withdraw_wait_s is None else crew.withdraw_wait_s for crew in plan.crews]
        self._orders = np.array(patience, dtype=np.int64)[runs.crew]
        self.patience = self._orders.copy()
        self._detours = [
            (t, start, end, index)
            for index, team in enumerate(plan.teams)
            for t, truck in enumerate(team.trucks)
            for start, end in truck.avoids[stage.index]
        ]

    def run(self) -> None:
        """Settle everything until every car has left the special."""
        runs = self.runs
        racing = np.flatnonzero(runs.doing == DRIVING)
        runs.replan(racing, runs.start[racing])
        active = np.arange(self.rows)
        self._note(active)
        while len(active := active[self._is_open(active)]):
            self._settle(active)
        # Nothing but the finish is left, and nobody waits: no order among the cars matters any more.
        finishing = np.flatnonzero(runs.doing == DRIVING)
        self._own(finishing, runs.next_time[finishing])
        runs.disband()

    def _is_open(self, rows: IndexArray) -> BoolArray:
        """Does any car of these rows still have something else before it than the finish?"""
        doing, kind = self._at(rows, self.runs.doing), self._at(rows, self.runs.next_kind)
        return np.asarray(((doing < GONE) & ((doing != DRIVING) | (kind != Own.FINISH))).any(axis=0))

    def _settle(self, rows: IndexArray) -> None:
        """One pass: the next event of every row, and with it all own events that nothing can come between."""
        own = self._at(rows, self.own_at)
        waits = self._at(rows, self.runs.doing) == WAITING
        waiting = waits.any(axis=0)
        # Whoever began to wait may be ahead of cars that cannot call for help: they catch up first.
        late = own < np.where(waits, self._at(rows, self.since), 0).max(axis=0)
        together = np.where(waiting, late, own <= self._horizon(rows)) & (own < NO_TIME)
        self.check[rows[~waiting]] = np.where(together, own, 0).max(axis=0)[~waiting]
        alone = np.flatnonzero(waiting & ~late.any(axis=0))
        if len(alone):
            slot, their_own = self._settle_one(rows[alone], own[:, alone])
            together[slot[their_own], alone[their_own]] = True
        units = self._cars_of(rows).reshape(own.shape)[together]
        if len(units):
            self._own(units, own[together])
        self._note(rows)

    def _horizon(self, rows: IndexArray) -> IntArray:
        """Until when each car drives on whatever the others do: when the first of them may call for help, (K, n)."""
        calls = self._at(rows, self.call_at)
        first, columns = calls.argmin(axis=0), np.arange(len(rows))
        horizon = np.broadcast_to(calls[first, columns], calls.shape).copy()
        calls[first, columns] = NO_TIME
        horizon[first, columns] = calls.min(axis=0)
        return horizon

    def _settle_one(self, rows: IndexArray, own: IntArray) -> tuple[IndexArray, IndexArray]:
        """The next event of rows where somebody waits, given their own events.

        Returns (the car whose own event is next, the rows in which that is what comes next: it is not settled here).
        """
        slot = own.argmin(axis=0)
        keys, offers, left = self._look_for_help(rows, own.min(axis=0) * 4 + OWN)
        now, what = keys // 4, keys % 4
        offered, closed = (np.flatnonzero((what == kind) & ~left) for kind in (OFFER, CLOSE))
        if len(offered):
            self._offer(rows[offered], now[offered], offers[offered])
        if len(closed):
            self._close_waits(rows[closed], now[closed])
        # After every change crews that wait look again whether anybody still comes.
        self.check[rows] = np.where(left, self.check[rows], now)
        return slot, np.flatnonzero((what == OWN) & ~left)

    def _note(self, rows: IndexArray) -> None:
        """Note when the own events of the cars of some rows are due, and from when on each may call for help."""
        runs, units = self.runs, self._cars_of(rows)
        doing = runs.doing[units]
        driving_on = doing == DRIVING
        due = np.where(driving_on, runs.next_time[units], NO_TIME)
        due = np.where(doing == BUSY, self.until[units], due)
        # Nobody calls who has nothing before him but the finish.
        calls = self.may_call[units] & ~(driving_on & (runs.next_kind[units] == Own.FINISH))
        self.own_at[units], self.call_at[units] = due, np.where(calls, due, NO_TIME)

    def _cars_of(self, rows: IndexArray) -> IndexArray:
        """The cars of some rows, shape (K * n,)."""
        return (np.arange(self.slots)[:, None] * self.rows + rows).reshape(-1)

    def _look_for_help(self, rows: IndexArray, keys: IntArray) -> tuple[IntArray, IndexArray, BoolArray]:
        """What comes next in rows where somebody waits, given their own events.

        Returns (key of the next event, code of the offer if it is one, has a crew given up?) of each row.
        """
        waits = self._waits(rows)
        due, offers = self._next_offer(rows, waits)
        keys = np.minimum(keys, due * 4 + OFFER)
        left = self._withdraw(rows, waits, self.check[rows] * 4 + CHECK < keys)
        return np.minimum(keys, self._next_close(rows) * 4 + CLOSE), offers, left

    def _at(self, rows: IndexArray, values: Values) -> Values:
        """An array by car for the cars of some rows, a copy of shape (K, n)."""
        return values.reshape(self.slots, self.rows).take(rows, axis=1)

    def _call_for_help(self, units: IndexArray, now: IntArray) -> None:
        if not len(units):
            return
        self.tried[: self.slots, units] = self.pins.waits_only_for("truck", units)
        self.tried[self.slots :, units] = self.pins.waits_only_for("team_mate", units)
        self._wait_again(units, now)
        self._rouse(np.unique(units % self.rows))

    def _wait_again(self, units: IndexArray, now: IntArray) -> None:
        """Cars wait for help from now on, but not for those who have tried."""
        self._tell(Kind.WAIT, units, now, self.mode[units])
        self.runs.doing[units] = WAITING
        self.since[units] = now
        self.refused[:, units] = self.tried[:, units]
        self.patience[units] = np.where(self.pins.helper_known(units), NO_TIME, self._orders[units])

    def _rouse(self, rows: IndexArray) -> None:
        """Team-mates whose day the road has settled drive here now, from their start."""
        mates = self._cars_of(rows)
        mates = mates[self.runs.doing[mates] == SETTLED]
        self._set_off(mates, self.runs.start[mates])

    def _next_close(self, rows: IndexArray) -> IntArray:
        """When the next wait of each row ends by the close."""
        waits = self._at(rows, self.runs.doing) == WAITING
        ends = np.maximum(self.close[rows], self._at(rows, self.since))
        return np.asarray(np.where(waits, ends, NO_TIME).min(axis=0))

    def _waits(self, rows: IndexArray) -> list[Wait]:
        """All waits of some rows, by rank: the lowest km first, then by race number."""
        waiting = self._at(rows, self.runs.doing) == WAITING
        km = np.where(waiting, self._at(rows, self.runs.km), np.inf)
        found, which = [], np.arange(len(rows))
        while len(which):
            slot = km.argmin(axis=0)
            at = km[slot, np.arange(len(which))]
            found.append(self._wait(rows[which], which, slot, at))
            km[slot, np.arange(len(which))] = np.inf
            more = np.isfinite(km).any(axis=0)
            km, which = km[:, more], which[more]
        return found

    def _wait(self, rows: IndexArray, which: IndexArray, slot: IndexArray, km: FloatArray) -> Wait:
        runs, everyone = self.runs, np.arange(self.slots)[:, None] * self.rows + rows
        comes = (runs.doing[everyone] == DRIVING) & (runs.km[everyone] <= km) & (km < runs.next_km[everyone])
        mates = np.full(comes.shape, NO_TIME, dtype=np.int64)
        mates[comes] = runs.time_at(everyone[comes], np.broadcast_to(km, comes.shape)[comes])
        trucks = self.trucks.arrival(rows, km)
        # A truck that is at the end of the special in the same second is off the course: own events come first.
        gone = trucks >= self.trucks.arrival(rows, self.stage.track.length_km)
        trucks[~self.trucks.runs[:, rows] | (km < self.trucks.km[:, rows]) | gone] = NO_TIME
        for truck, start, end, team in self._detours:
            trucks[truck, (self.teams[rows] == team) & (km >= start) & (km <= end)] = NO_TIME
        return Wait(which, slot * self.rows + rows, km, mates, trucks)

    def _next_offer(self, rows: IndexArray, waits: list[Wait]) -> tuple[IntArray, IndexArray]:
        """(time, code) of the next offer of each row; the code is helper * K + slot of the wait.

        In one second helpers come in their order, each to the lowest km first.
        """
        best, chosen = np.full(len(rows), NO_TIME, dtype=np.int64), np.full(len(rows), -1, dtype=np.intp)
        by_rank = [self._due(wait) for wait in waits]
        for helper in range(self.slots + len(self.trucks.km)):
            for wait, due in zip(waits, by_rank, strict=True):
                first = due[helper] < best[wait.which]
                which = wait.which[first]
                best[which] = due[helper, first]
                chosen[which] = helper * self.slots + wait.units[first] // self.rows
        return best, chosen

    def _due(self, wait: Wait) -> IntArray:
        """When each helper may offer help to a wait, shape (K + T, n)."""
        due = np.concatenate((wait.mates, wait.trucks))
        due[self.refused[:, wait.units] | (due < self.since[wait.units])] = NO_TIME
        return due

    def _offer(self, rows: IndexArray, now: IntArray, offers: IndexArray) -> None:
        helper, slot = offers // self.slots, offers % self.slots
        waits = slot * self.rows + rows
        self.refused[helper, waits] = True
        by_mate = helper < self.slots
        if by_mate.any():
            self._offer_of_mate(helper[by_mate] * self.rows + rows[by_mate], waits[by_mate], now[by_mate])
        by_truck = ~by_mate
        if by_truck.any():
            self._offer_of_truck(helper[by_truck] - self.slots, rows[by_truck], waits[by_truck], now[by_truck])

    def _assistance(self, waits: IndexArray, helper_codes: IntArray) -> FloatArray:
        runs, mode = self.runs, self.mode[waits]
        renewals = runs.fleet.renewal[mode, runs.cars[waits]]
        return self.shop.draws.blocks(
            Purpose.ASSISTANCE, runs.row[waits], renewals, self.shop.mode_codes[mode], helper_codes
        )

    def _offer_of_mate(self, mates: IndexArray, waits: IndexArray, now: IntArray) -> None:
        runs, mode, policy = self.runs, self.mode[waits], self.shop.policy
        team = self.teams[waits % self.rows]
        formation, has = runs.formation[mates], self._has_part(mates, mode)
        on_board = self._on_board(waits, mode)
        named = self._scripted_mates(waits, mates)
        hands = self.can[waits] & ~on_board & has & (policy.hands_over[team] | formation)
        stays = (on_board | has) & (policy.stays[team] | formation | named)
        codes = self.shop.mate_codes[runs.crew[mates], runs.crew[waits]]
        uniforms = self._assistance(waits, codes)[Assistance.WILLING]
        wants = formation | failures.happens(uniforms, policy.help_chance[team])
        willing = np.where(self.pins.helper_known(waits), named, wants)
        helps = (hands | stays) & willing
        self._serve(mates[helps], waits[helps], now[helps], hands[helps])

    def _scripted_mates(self, waits: IndexArray, mates: IndexArray) -> BoolArray:
        """Is it known that this team-mate mended the car?"""
        known = np.zeros(len(waits), dtype=np.bool_)
        for i, happening in self.pins.of(waits):
            known[i] = happening.repaired_by == self.shop.car_names[self.runs.crew[mates[i]]]
        return known

    def _serve(self, mates: IndexArray, waits: IndexArray, now: IntArray, hands: BoolArray) -> None:
        if not len(waits):
            return
        mode = self.mode[waits]
        hand_over_s = self.shop.policy.hand_over_s[self.teams[waits % self.rows]]
        end = now + np.where(hands, hand_over_s, self.repair_s[waits])
        giver = np.where(hands | ~self._has_part(waits, mode), mates, waits)
        used = hands | self.plan.modes.needs_part[mode]
        self.runs.fleet.spares[mode[used], self.runs.cars[giver[used]]] -= 1
        self.runs.move_to(mates, self.runs.km[waits])
        self.may_call[mates] = True
        for kind, some in ((Kind.HAND_OVER, hands), (Kind.STAY, ~hands)):
            self._tell_help(kind, mates[some], waits[some], now[some], end[some])
        self._lose(mates, mode, end - now, end)
        self._busy(mates, end, GO)
        self._lose(waits, mode, end - self.since[waits], end)
        self._busy(waits, end, np.where(hands, REPAIR, MENDED))

    def _tell_help(self, kind: Kind, mates: IndexArray, waits: IndexArray, now: IntArray, end: IntArray) -> None:
        """Tell both sides of the help of a team-mate."""
        runs, mode, names = self.runs, self.mode[waits], self.shop.car_names
        helped, helping = names[runs.crew[waits]], names[runs.crew[mates]]
        spares = runs.fleet.spares[mode, runs.cars[mates]]
        self._tell(kind, mates, now, mode, helper=helped, end_s=end, spares=spares)
        self._tell(kind, waits, now, mode, helper=helping, end_s=end)

    def _offer_of_truck(self, truck: IndexArray, rows: IndexArray, waits: IndexArray, now: IntArray) -> None:
        table, mode = self.plan.modes, self.mode[waits]
        block = self._assistance(waits, self.shop.truck_codes[truck, self.runs.crew[waits]])
        chance = self.plan.drawn.truck_repair[self.runs.draw[waits], mode]
        mended = failures.happens(block[Assistance.WILLING], chance)
        mended = np.where(self.pins.helper_known(waits), self.pins.mended_by("truck", waits), mended)
        seconds = hazards.duration_s(block[Assistance.TIME], table.truck_s[mode], table.truck_sigma[mode])
        seconds[mended] = self.pins.put("repair_s", waits[mended], seconds[mended])
        end = now + seconds
        self.trucks.km[truck, rows], self.trucks.leaves[truck, rows] = self.runs.km[waits], end
        self._lose(waits, mode, end - self.since[waits], end)
        self.tried[self.slots + truck, waits] = True
        names = self.shop.truck_names[truck, self.runs.crew[waits]]
        self._tell(Kind.TRUCK, waits, now, mode, helper=names, end_s=end)
        self._busy(waits, end, np.where(mended, MENDED, REOPEN))

    def _withdraw(self, rows: IndexArray, waits: list[Wait], asks: BoolArray) -> BoolArray:
        """In rows that ask, the first crew that nobody will reach within its patience withdraws; in which does one?"""
        left = np.zeros(len(rows), dtype=np.bool_)
        for wait in waits:
            some = np.flatnonzero(asks[wait.which] & ~left[wait.which])
            units, now = wait.units[some], self.check[rows[wait.which[some]]]
            gives_up = self._gives_up(wait, some, now)
            self._leave(Kind.WITHDRAW, units[gives_up], now[gives_up])
            left[wait.which[some[gives_up]]] = True
        return left

    def _gives_up(self, wait: Wait, some: IndexArray, now: IntArray) -> BoolArray:
        runs, units, km = self.runs, wait.units[some], wait.km[some]
        patience, mates, trucks = self.patience[units], wait.mates[:, some], wait.trucks[:, some]
        everyone = np.arange(self.slots)[:, None] * self.rows + units % self.rows
        doing, at = runs.doing[everyone], runs.km[everyone]
        ahead = (at > km) | ((at == km) & (doing == WAITING))
        behind = (doing < GONE) & ~ahead & (mates > now) & (everyone != units) & ~self.tried[: self.slots, units]
        comes = ~self.refused[self.slots :, units] & (trucks >= now)
        next_truck = np.where(comes, trucks, NO_TIME).min(axis=0, initial=NO_TIME)
        return np.asarray((patience < NO_TIME) & ~behind.any(axis=0) & (next_truck - now > patience))

    def _close_waits(self, rows: IndexArray, now: IntArray) -> None:
        units = np.arange(self.slots)[:, None] * self.rows + rows
        ends = (self.runs.doing[units] == WAITING) & (np.maximum(self.close[rows], self.since[units]) <= now)
        self._leave(Kind.CLOSED, units[ends], np.broadcast_to(now, units.shape)[ends])

    def _leave(self, kind: Kind, units: IndexArray, now: IntArray) -> None:
        """A wait ends without help."""
        if not len(units):
            return
        self._tell(kind, units, now, self.mode[units])
        waited = now - self.since[units]
        self._lose(units, self.mode[units], waited, now)
        self._recover(units, now)
