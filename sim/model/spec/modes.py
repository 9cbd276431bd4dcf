"""Failure modes: parts that wear out and incidents that happen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.model.spec.base import Factor, Name, NotNegative, Positive, Share, Spec, Text

SEVERITIES = ("delay", "limp", "halt", "strand", "wreck")
"""In the order in which one uniform runs through their shares."""


class Severity(Spec):
    """Shares of what a failure does; they add up to 1."""

    delay: Share = 0.0
    """Time lost, nothing broken."""
    limp: Share = 0.0
    """The car goes on, slower."""
    halt: Share = 0.0
    """It stops until somebody mends it; else it is recovered."""
    strand: Share = 0.0
    """It stops and cannot be mended on the course: recovered at once."""
    wreck: Share = 0.0
    """Out of the rally."""

    def shares(self) -> tuple[float, ...]:
        """The five shares in the order of SEVERITIES."""
        return (self.delay, self.limp, self.halt, self.strand, self.wreck)


class Secondary(Spec):
    """What a failure does to another mode."""

    chance: Share
    """Chance that the failure does anything to the other mode."""
    wear_km: NotNegative = 0.0
    """Wear-kilometres added to the other part."""
    damage: bool = False
    """The other part is damaged at once: the car limps with it."""


class Mode(Spec):
    """A component that wears (`part`) or a thing that happens on the road (`incident`)."""

    label: Text
    """What tables and pictures call it."""
    kind: Literal["part", "incident"]
    """A part wears out; an incident happens, more often in the dark and after lost sleep."""
    wear: Name
    """The wear group whose terrain factors apply."""
    scale_km: Positive
    """Weibull scale of the life, in wear-kilometres."""
    shape: Positive
    """Weibull shape; 1 for an incident."""
    replaced: Literal["every_night", "rest_day", "never"] | Annotated[int, Field(ge=1)]
    """When the team fits a new one: a number means every so many bivouac nights."""
    severity: Severity
    """What a failure does: shares that add up to 1."""
    limp_factor: Factor = 1.0
    """Running time with the damage, divided by running time without."""
    delay_min: NotNegative = 0.0
    """Median minutes of a delay (log-normal)."""
    delay_sigma: NotNegative = 0.0
    """Log standard deviation of the delay."""
    missed_waypoint: Share = 0.0
    """Chance that a delay also misses a waypoint."""
    needs_part: bool
    """Does it take a part to mend it?"""
    part: Text = ""
    """What the part is called, if not like the mode."""
    part_kg: NotNegative = 0.0
    """Weight of one part on board."""
    crew_repair: Share
    """Chance that the crew can mend a halt, if the part is there."""
    repair_min: Positive = 1.0
    """Median minutes of a roadside repair by a crew (log-normal)."""
    repair_sigma: NotNegative = 0.0
    """Log standard deviation of that repair."""
    truck_repair: Share
    """Chance that an assistance truck that reaches the car can mend it."""
    truck_min: Positive = 1.0
    """Median minutes of a repair by a truck (log-normal)."""
    truck_sigma: NotNegative = 0.0
    """Log standard deviation of that repair."""
    job_hours: NotNegative
    """Median hours of the bivouac job (log-normal)."""
    job_sigma: NotNegative = 0.0
    """Log standard deviation of the job."""
    pace_exponent: NotNegative
    """Wear multiplies by order ** -this: driving 2 % faster with 3 wears 6 % more."""
    field_life: Annotated[Share, Field(gt=0)] = 1.0
    """Life after a field repair, as a share of a full one, until a bivouac has worked on it."""
    stage_sd: NotNegative = 0.0
    """Log standard deviation of the failures of all cars on one stage."""
    secondary: dict[Name, Secondary] = {}
    """What a failure does to other modes."""
