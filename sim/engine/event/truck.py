"""An assistance truck on one special: it drives behind the team's last car and mends what it reaches."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from sim.engine.event.course import Course, Halted, Service
from sim.engine.event.world import World
from sim.engine.journal import Kind, Phase
from sim.engine.luck import Assistance
from sim.model import hazards
from sim.model.plan import StagePlan, TeamPlan, TruckPlan
from sim.model.rules import driving, failures


class TruckRun:
    """The process of one truck on one stage. It moves one way, carries its own parts and does not fail."""

    def __init__(
        self, world: World, stage: StagePlan, team: TeamPlan, truck: TruckPlan, course: Course, start: int
    ) -> None:
        self._world, self._stage, self._truck, self._course = world, stage, truck, course
        self._team = team
        self._s_per_km = float(world.drawn.truck_s_per_km[truck.index])
        self._km = 0.0
        self._leaves = start
        self._free = True
        self.process = world.env.process(self._run())

    @property
    def name(self) -> str:
        """The truck with its team."""
        return f"{self._team.name}/{self._truck.name}"

    def arrival(self, km: float) -> int | None:
        """The second at which the truck comes by a km; None while it works."""
        return self.expected(km) if self._free else None

    def expected(self, km: float) -> int | None:
        """When the truck should come by a km; None behind it or in a stretch that it goes round.

        Nor does it come by where it is at the end of the special in the same second: by then it is off the course.
        """
        if km < self._km or any(a <= km <= b for a, b in self._truck.avoids[self._stage.index]):
            return None
        time = self._second_at(km)
        return time if time < self._second_at(self._stage.track.length_km) else None

    def offer(self, halted: Halted, now: int) -> Service:
        """Work on a halted car; whether it can be mended is the truck's draw."""
        modes, mode, happening = self._world.plan.modes, halted.mode, halted.happening
        block = halted.assistance(self._team.name, self._truck.name)
        if happening is not None and happening.repaired_by is not None:
            mended = happening.repaired_by == "truck"
        else:
            chance = self._world.drawn.truck_repair[mode]
            mended = bool(failures.happens(block[Assistance.WILLING], chance))
        seconds = happening.repair_s if happening is not None and mended else None
        if seconds is None:
            seconds = int(hazards.duration_s(block[Assistance.TIME], modes.truck_s[mode], modes.truck_sigma[mode]))
        self._km, self._leaves, self._free = halted.km, now + seconds, False
        self._say(Kind.TRUCK, mode=mode, helper=halted.name, end=self._leaves)
        self.process.interrupt()
        return Service(self.name, Kind.TRUCK, self._leaves, mended)

    def _run(self) -> Generator[simpy.Event, Any, int]:
        """Drive to the end of the special; returns the second at which the truck is in the next bivouac."""
        while True:
            try:
                yield self._world.env.at(self._second_at(self._stage.track.length_km), Phase.OWN)
            except simpy.Interrupt:
                yield self._world.env.at(self._leaves, Phase.OWN)
                self._free = True
                self._course.replan()
            else:
                break
        self._free = False
        return self._world.now + self._stage.liaison_after_s

    def _second_at(self, km: float) -> int:
        return int(driving.truck_arrival(self._leaves, self._km, km, self._s_per_km))

    def _say(self, kind: Kind, **fields: Any) -> None:
        self._world.say(kind, self.name, self._stage, km=self._km, **fields)
