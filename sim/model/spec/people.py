"""Who takes part: crews with their orders, teams with their trucks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.model.spec.base import Count, Name, NotNegative, Number, Positive, Share, Spec, Text

PaceOrder = Annotated[Number, Field(ge=0.5, le=2)]
"""Time factor that a crew is told to drive: 1.00 its calibrated pace, 0.98 = 2 % faster."""


class PaceRule(Spec):
    """A pace order that depends on the standings of the morning; the first rule that holds is followed."""

    pace: PaceOrder
    """The order that is then in force."""
    leads_by_min: NotNegative | None = None
    """Holds if the crew leads the class by more than this many minutes."""
    behind_by_min: NotNegative | None = None
    """Holds if the crew is behind the leader by more than this many minutes."""
    from_stage: Name | None = None
    """Holds from this stage on, it included."""


class Orders(Spec):
    """What a crew is told before and during the rally."""

    pace: dict[Name, PaceOrder] = {}
    """Pace order by stage, where no rule holds; elsewhere 1.00."""
    rules: list[PaceRule] = []
    """Orders that depend on the standings; they win over `pace`."""
    mend_limps: list[Name] = []
    """Modes whose limp damage the crew repairs at the roadside at once, if it can."""
    withdraw_wait_min: NotNegative | None = None
    """A halted crew that needs help withdraws when the next truck is further away than this, and no team-mate is left
    that may still come by; left out: it waits until the course closes."""


class Crew(Spec):
    """A car and the two people in it; called by its race number."""

    driver: Text
    """Who drives."""
    codriver: Text = ""
    """Who reads the road book."""
    vehicle: Text = ""
    """What they drive."""
    team: Name
    """Its team."""
    pace: Number = 0.0
    """Log of the crew's time over the nominal one; 0.02 = 2 % slower."""
    consistency: NotNegative = 0.0
    """Standard deviation of the log time of the crew on one stage."""
    repair_skill: Positive = 1.0
    """Multiplies its roadside repair times."""
    failures: Positive = 1.0
    """Multiplies its failures in all modes."""
    spares: dict[Name, Count] = {}
    """Parts on board, by mode; refilled at bivouacs and service points."""
    marathon_spares: dict[Name, Count] = {}
    """Where it differs on the two specials of a marathon pair."""
    stage_spares: dict[Name, dict[Name, Count]] = {}
    """Where it differs on one stage: by stage, then by mode. In a marathon pair, what counts is the first day."""
    orders: Orders = Orders()
    """What the crew is told."""


class Detour(Spec):
    """A stretch of a special that a truck goes round: it cannot reach a car inside, both ends included."""

    from_km: NotNegative
    """Kilometre of the special."""
    to_km: Positive
    """Kilometre of the special."""


class Truck(Spec):
    """An assistance truck entered in the race."""

    start_delay_min: NotNegative
    """Its start behind the start slot of the team's last car."""
    speed_kmh: Positive
    """How fast it follows the course."""
    runs: Share
    """Chance that it runs on a given day."""
    avoids: dict[Name, list[Detour]] = {}
    """By stage: the stretches that it goes round."""


class Help(Spec):
    """Which crews of the team stop for each other."""

    policy: Literal["never", "hand_over", "stay"]
    """Hand over the part that is missing and go on, or (`stay`) also stop and work until it runs."""
    chance: Share = 0.0
    """Chance that a crew that comes by and can help does stop."""
    hand_over_min: Positive = 1.0
    """Minutes that handing over a part costs both crews."""


class Team(Spec):
    """A team: its place in the bivouac, its trucks and its policy."""

    make: Name
    """Cars of one make share weak spots, and how a stage suits them."""
    bays: Annotated[int, Field(ge=1)]
    """Cars that are worked on at once in the bivouac."""
    routine_hours: NotNegative
    """Median hours of the routine service of a car (log-normal)."""
    routine_sigma: NotNegative = 0.0
    """Log standard deviation of the service."""
    trucks: dict[Name, Truck] = {}
    """Its assistance trucks."""
    help: Help = Help(policy="never")
    """Who of the team stops for whom."""
    formation: list[Name] = []
    """Stages on which all cars of the team run together at the slowest one's factor."""
