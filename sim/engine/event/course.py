"""The course of one team on one special: who waits where, and which helper gets there first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import simpy

from sim.engine.event.car import Car
from sim.engine.event.clock import Clock
from sim.engine.journal import Kind, Phase
from sim.engine.luck import Purpose
from sim.model.arrays import FloatArray
from sim.model.spec import Happening
from sim.model.spec.script import Helper as HelperKind
from sim.model.stable import code


@dataclass(frozen=True)
class Halted:
    """A car that stands on the special and cannot be mended by its crew alone.

    Attributes:
        car: the car; its parts may be used by whoever works on it.
        km: where it stands.
        mode: what broke.
        crew_can: did the draw say that the crew could mend it, given the part?
        repair_s: seconds of the repair by a crew.
        happening: what is scripted about it, if anything.
    """

    car: Car
    km: float
    mode: int
    crew_can: bool
    repair_s: int
    happening: Happening | None

    @property
    def name(self) -> str:
        """Race number."""
        return self.car.crew.car

    @property
    def part_on_board(self) -> bool:
        """Is no part needed, or one there?"""
        return not self.car.plan.modes.needs_part[self.mode] or bool(self.car.spares[self.mode] > 0)

    def scripted_helper(self) -> str | None:
        """Who is known to have helped; None if that is open."""
        return None if self.happening is None else self.happening.repaired_by

    def takes(self, helper: HelperKind) -> bool:
        """Does the crew take help from such a helper?"""
        return self.happening is None or self.happening.waits_for in (None, helper)

    def assistance(self, *helper: str) -> FloatArray:
        """The block of draws of a helper at this failure (see luck.Assistance)."""
        return self.car.draws.block(
            Purpose.ASSISTANCE,
            attempt=self.car.renewal[self.mode],
            where=self.car.plan.modes.codes[self.mode],
            who=code(*helper, self.name),
        )


@dataclass(frozen=True)
class Service:
    """A helper has come.

    Attributes:
        helper: race number or truck name.
        kind: HAND_OVER (the crew then fits the part itself), STAY or TRUCK.
        end: when the helper is done.
        mended: does the car run then (after a hand-over: once the crew has fitted the part)?
    """

    helper: str
    kind: Kind
    end: int
    mended: bool


@dataclass
class Wait:
    """A halted car that needs help; `over` brings a Service, or why the wait ended (CLOSED or WITHDRAW).

    Attributes:
        refused: helpers that have passed it, or tried and failed.
        patience_s: the crew withdraws once the next truck is further away than this and no team-mate is left
            behind it on the special; None: it stays until the course closes.
    """

    halted: Halted
    since: int
    over: simpy.Event
    refused: set[str]
    patience_s: int | None


class Helper(Protocol):
    """A team-mate or a truck on the special."""

    @property
    def name(self) -> str:
        """Race number or truck name."""
        ...

    def arrival(self, km: float) -> int | None:
        """The second at which it comes by a km, None if it does not; it never turns back."""
        ...

    def offer(self, halted: Halted, now: int) -> Service | None:
        """Serve a halted car at which it has just arrived, or drive on (None)."""
        ...


class Mate(Helper, Protocol):
    """A team-mate on the special."""

    def behind(self, km: float, now: int) -> bool:
        """May it still come by a km later than now?"""
        ...


class Rescuer(Helper, Protocol):
    """A truck on the special."""

    def expected(self, km: float) -> int | None:
        """When it should come by a km once it has done what it is doing; None if it does not."""
        ...


class Course:
    """Settles offers of help on one special for one team.

    An offer is made when a helper reaches a car that waits. Offers are settled one at a time in the second phase of a
    second, team-mates by race number, then trucks by name; after each one everything is worked out afresh. When none
    is left in that second, crews whose orders say so withdraw.
    """

    def __init__(self, env: Clock, closes: int, starters: set[int]) -> None:
        """`starters` are the crews that will enter."""
        self._env = env
        self.closes = closes
        self._waits: list[Wait] = []
        self._mates: dict[int, Mate] = {}
        self._to_come = starters
        self._trucks: list[Rescuer] = []
        self._version = 0

    def enter(self, index: int, mate: Mate) -> None:
        """A crew starts the special."""
        self._to_come.discard(index)
        self._mates[index] = mate
        self.replan()

    def leave(self, index: int) -> None:
        """A crew has left the special."""
        self._mates.pop(index, None)
        self.replan()

    def add_truck(self, truck: Rescuer) -> None:
        """A truck will start behind the team's last car; trucks are added in the order of their names."""
        self._trucks.append(truck)

    def wait(self, halted: Halted, tried: set[str], patience_s: int | None) -> Wait:
        """A car waits for help, from now until it is served, the course closes or its crew withdraws."""
        now = self._env.second
        wait = Wait(halted, now, self._env.event(), set(tried), patience_s)
        self._waits.append(wait)
        self._env.call_at(max(self.closes, now), Phase.CLOSE, self._close)
        self.replan()
        return wait

    def replan(self) -> None:
        """Somebody's way has changed: settle what is due now, and work out when the next offer is."""
        if not self._waits:
            return
        if any(wait.patience_s is not None for wait in self._waits):
            self._settle_at(self._env.second)
        else:
            self._settle_next()

    def _settle_next(self) -> None:
        due = [time for helper in self._helpers() for w in self._waits if (time := self._due(helper, w)) is not None]
        if due:
            self._settle_at(min(due))

    def _settle_at(self, time: int) -> None:
        self._version += 1
        version = self._version
        self._env.call_at(time, Phase.OFFER, lambda: self._settle(version))

    def _settle(self, version: int) -> None:
        if version != self._version:
            return
        now = self._env.second
        for helper in self._helpers():
            for wait in self._in_order():
                if self._due(helper, wait) != now:
                    continue
                service = helper.offer(wait.halted, now)
                wait.refused.add(helper.name)
                if service is not None:
                    self._waits.remove(wait)
                    wait.over.succeed(service)
                    self.replan()
                    return
        for wait in self._in_order():
            if self._withdraws(wait, now):
                self._end(wait, Kind.WITHDRAW)
        self._settle_next()

    def _in_order(self) -> list[Wait]:
        return sorted(self._waits, key=lambda wait: (wait.halted.km, wait.halted.car.crew.index))

    def _helpers(self) -> list[Helper]:
        return [*(self._mates[index] for index in sorted(self._mates)), *self._trucks]

    def _due(self, helper: Helper, wait: Wait) -> int | None:
        """When a helper reaches a wait that it may still serve."""
        if helper.name in wait.refused or helper.name == wait.halted.name:
            return None
        if not wait.halted.takes("truck" if helper in self._trucks else "team_mate"):
            return None
        time = helper.arrival(wait.halted.km)
        return time if time is not None and time >= max(wait.since, self._env.second) else None

    def _withdraws(self, wait: Wait, now: int) -> bool:
        if wait.patience_s is None:
            return False
        name, km = wait.halted.name, wait.halted.km
        to_come = self._to_come or any(mate.name != name and mate.behind(km, now) for mate in self._mates.values())
        if to_come and wait.halted.takes("team_mate"):
            return False
        trucks = self._trucks if wait.halted.takes("truck") else []
        untried = [truck for truck in trucks if truck.name not in wait.refused]
        times = [time for truck in untried if (time := truck.expected(km)) is not None and time >= now]
        return min(times, default=now + wait.patience_s + 1) - now > wait.patience_s

    def _close(self) -> None:
        now = self._env.second
        for wait in self._in_order():
            if max(self.closes, wait.since) <= now:
                self._end(wait, Kind.CLOSED)

    def _end(self, wait: Wait, why: Kind) -> None:
        if wait in self._waits:
            self._waits.remove(wait)
            wait.over.succeed(why)
