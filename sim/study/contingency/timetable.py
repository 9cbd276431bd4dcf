"""The clock of one car and of its team's trucks on a special, at the medians of all that is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

import numpy as np

from sim.model.plan import CrewPlan, Plan, StagePlan, TruckPlan
from sim.model.plan.opening import first_start_list
from sim.model.rules import driving

Home = Literal["daylight", "night", "late"]
"""How a car that waits for the truck comes home: in daylight, after sunset, or not within the time allowed."""

ZONES = 3


@dataclass(frozen=True)
class Zone:
    """A stretch of a special, `from_km` (included) to `to_km`, on which waiting for the truck ends in the same way."""

    from_km: float
    to_km: float
    home: Home

    @property
    def km(self) -> float:
        """The middle, for which the odds are worked out."""
        return (self.from_km + self.to_km) / 2


@dataclass(frozen=True)
class Timetable:
    """An undamaged car on a special at its fixed pace order; times are seconds of the rally clock.

    Attributes:
        stage: the stage.
        start: the slot of the car, from the start list.
        factor: its time over the nominal one.
        night: what multiplies that after sunset.
        close: when waits end.
        trucks: (when it starts, seconds per km, its detours) of each truck of the team.
    """

    stage: StagePlan
    start: int
    factor: float
    night: float
    close: int
    trucks: tuple[tuple[int, float, tuple[tuple[float, float], ...]], ...]

    def arrival(self, begin: int, from_km: float, to_km: float) -> int:
        """When a car that drives on at `begin` is further along; a service point at `from_km` is still ahead of it."""
        now, km = float(begin), from_km
        for point, stop in zip(self.stage.service_km, self.stage.service_s, strict=True):
            if from_km <= point < to_km:
                now, km = self._drive(now, km, point) + stop, point
        return round(self._drive(now, km, to_km))

    def _drive(self, begin: float, from_km: float, to_km: float) -> float:
        track = self.stage.track
        seconds = self.factor * float(track.nominal_at(to_km) - track.nominal_at(from_km))
        daylight = max(self.stage.sunset - begin, 0.0)
        return begin + seconds + max(seconds - daylight, 0.0) * (self.night - 1.0)

    def at(self, km: float) -> int:
        """When the car is at a km, if nothing happens before."""
        return self.arrival(self.start, 0.0, km)

    def finish(self, begin: int, km: float) -> int:
        """When a car that drives on from a km is at the finish."""
        return self.arrival(begin, km, self.stage.track.length_km)

    def elapsed(self, finish: int) -> int:
        """The seconds of the special that count."""
        return finish - self.start - sum(self.stage.service_s)

    def truck_at(self, km: float) -> int | None:
        """When the first truck of the team is at a km; None if none comes before the course closes."""
        times = [
            int(driving.truck_arrival(leaves, 0.0, km, pace))
            for leaves, pace, detours in self.trucks
            if not any(start <= km <= end for start, end in detours)
        ]
        first = min(times, default=None)
        return None if first is None or first > max(self.close, self.at(km)) else first

    def home(self, km: float, work_s: float) -> Home:
        """How a car that stops at a km and waits for a truck, which works on it so long, comes home."""
        truck = self.truck_at(km)
        if truck is None:
            return "late"
        finish = self.finish(max(truck, self.at(km)) + round(work_s), km)
        if self.elapsed(finish) > self.stage.allowed_s:
            return "late"
        return "daylight" if finish <= self.stage.sunset else "night"


def timetable(plan: Plan, stage: StagePlan, crew: CrewPlan) -> Timetable:
    """The timetable of a car; its slot is that of the start list of the run's first stage, else by race number."""
    listed = [c for c in _order(plan, stage) if not _is_out(plan, c)]
    slots = {c: stage.first_slot + place * stage.gap_s for place, c in enumerate(listed)}
    team = plan.teams[crew.team]
    last = max(slots[c] for c in team.crews if c in slots)
    factors = {c: _factor(plan, stage, plan.crews[c]) for c in team.crews if c in slots}
    return Timetable(
        stage=stage,
        start=slots[crew.index],
        factor=max(factors.values()) if team.formation[stage.index] else factors[crew.index],
        night=plan.rally.driving.night_pace,
        close=int(stage.last_slot(len(listed))) + stage.allowed_s + plan.closing_margin_s,
        trucks=tuple(_truck(plan, stage, truck, last) for truck in team.trucks) if stage.trucks_allowed else (),
    )


def _order(plan: Plan, stage: StagePlan) -> list[int]:
    return first_start_list(plan) if stage.index == plan.first_stage else list(range(len(plan.crews)))


def _is_out(plan: Plan, crew: int) -> bool:
    return plan.state is not None and plan.state.crews[plan.crews[crew].car].retired


def _factor(plan: Plan, stage: StagePlan, crew: CrewPlan) -> float:
    pace = float(np.median(plan.drawn.pace[:, stage.index, crew.index]))
    return math.exp(pace) * crew.pace_orders[stage.index]


def _truck(
    plan: Plan, stage: StagePlan, truck: TruckPlan, last_slot: int
) -> tuple[int, float, tuple[tuple[float, float], ...]]:
    delay = round(float(np.median(plan.drawn.truck_delay_s[:, truck.index])))
    pace = float(np.median(plan.drawn.truck_s_per_km[:, truck.index]))
    return last_slot + delay, pace, truck.avoids[stage.index]


def zones(times: Timetable, work_s: float) -> list[Zone]:
    """The special in stretches on which waiting for the truck ends alike.

    Where that gives fewer than three, the longest is cut into equal parts until there are three.
    Boundaries are whole km, each km judged by its middle; `work_s` is how long the truck works on the car.
    """
    length = times.stage.track.length_km
    edges = [*range(math.ceil(length)), length]
    judged = [(a, b, times.home((a + b) / 2, work_s)) for a, b in pairwise(edges)]
    found = []
    for home, group in groupby(judged, key=lambda km: km[2]):
        stretch = list(group)
        found.append(Zone(stretch[0][0], stretch[-1][1], home))
    parts = ZONES + 1 - len(found)
    return found if parts < 2 else _cut_longest(found, parts)


def _cut_longest(found: list[Zone], parts: int) -> list[Zone]:
    longest = max(found, key=lambda zone: zone.to_km - zone.from_km)
    cuts = np.linspace(longest.from_km, longest.to_km, parts + 1).tolist()
    inner = [longest.from_km, *(float(round(cut)) for cut in cuts[1:-1]), longest.to_km]
    pieces = [Zone(a, b, longest.home) for a, b in pairwise(inner)]
    at = found.index(longest)
    return [*found[:at], *pieces, *found[at + 1 :]]
