"""What is known instead of drawn: scripted happenings, and the state of a rally under way."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.model.spec.base import Car, Count, Factor, Name, NotNegative, Seconds, Spec, Text

WholeSeconds = Annotated[int, Field(gt=0)]

Helper = Literal["team_mate", "truck"]


class Happening(Spec):
    """A failure that is known to have happened; what is left out is drawn (or held at its median)."""

    stage: Name
    """On which stage."""
    car: Car
    """To which crew."""
    mode: Name
    """What failed."""
    km: NotNegative
    """Where on the special."""
    severity: Literal["delay", "limp", "halt", "strand", "wreck"]
    """What it did."""
    lost_s: WholeSeconds | None = None
    """Seconds of a delay."""
    limp_factor: Factor | None = None
    """As of the mode: running time with the damage that it leaves, divided by running time without."""
    repaired_by: str | None = None
    """Of a halt: "crew", "truck", "nobody", or the number of the team-mate who stopped."""
    waits_for: Helper | None = None
    """Of a halt: the crew does not mend it itself and takes help only from these; whether they come is drawn."""
    repair_s: WholeSeconds | None = None
    """Seconds of the repair itself, whoever did it; the wait before it follows from the rules."""
    recovery_s: WholeSeconds | None = None
    """Seconds from the end of the wait to the bivouac."""
    job_s: WholeSeconds | None = None
    """Seconds of the bivouac job that it leaves (in the refuge: before the slowdown)."""
    note: Text = ""
    """For people."""


class StewardPenalty(Spec):
    """A penalty that the stewards gave, outside what the model explains."""

    stage: Name
    """On which stage."""
    car: Car
    """To which crew."""
    seconds: WholeSeconds
    """How much."""
    sporting: bool
    """Does it count for the start order of the next stage?"""
    note: Text = ""
    """For people."""


class Script(Spec):
    """Pinned facts. They replace draws; `unscripted` says what becomes of everything else."""

    unscripted: Literal["drawn", "median"] = "drawn"
    """"median": a deterministic run; no other failure happens and every other decision is at its median."""
    driving_s: dict[Car, dict[Name, WholeSeconds]] = {}
    """Seconds of driving of a crew on a special, without stops and without damage."""
    happenings: dict[Name, Happening] = {}
    """Failures that are known, under any names."""
    penalties: dict[Name, StewardPenalty] = {}
    """Penalties of the stewards, under any names."""


class Renewal(Spec):
    """When a part was last known to be new."""

    stage: Name
    """The stage, or the one before that night."""
    km: NotNegative | None = None
    """From this km of the special on; left out: from the night after the stage."""


class CrewState(Spec):
    """What is known of one crew on the evening from which the run starts."""

    total_s: Seconds = 0
    """Left out only of a crew that has retired, or where it is drawn."""
    penalty_s: Seconds = 0
    """Part of the total that is penalties."""
    uncompleted: list[Name] = []
    """Specials it did not complete: they used its jokers."""
    retired: bool = False
    """Is it out of the rally?"""
    start_position: Annotated[int, Field(ge=1)] | None = None
    """Its place in the start list of the next stage; left out: after those who have one, by race number."""
    damage: list[Name] = []
    """Modes that are damaged and not repaired; the car drives with them."""
    spares: dict[Name, Count] = {}
    """Where it differs from what the crew carries."""
    wear_km: dict[Name, NotNegative] = {}
    """Wear-kilometres of a part since it was new; left out: since `renewed`."""
    renewed: dict[Name, Renewal] = {}
    """The last time a part was new other than by the replacement policy; left out: as the policy says, without a
    failure."""


class State(Spec):
    """The rally on the evening after a stage, when its night's work is done."""

    after_stage: Name
    """The stage that is over."""
    crews: dict[Car, CrewState]
    """Every crew of the rally."""
