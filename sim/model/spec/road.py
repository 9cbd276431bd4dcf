"""The road: terrains, sections, service points and stages."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import Field

from sim.model.spec.base import Clock, Count, Name, NotNegative, Number, Positive, Seconds, Spec, Text

Night = Literal["bivouac", "refuge", "rest_day", "finish"]


class Terrain(Spec):
    """A kind of ground."""

    speed_kmh: Positive
    """Nominal class speed; shapes the running time inside a special."""


class Section(Spec):
    """A stretch of a special on one terrain, from `from_km` (included) to `to_km`."""

    from_km: NotNegative
    """Kilometre of the special, included."""
    to_km: Positive
    """Kilometre at which it ends: where the next section begins."""
    terrain: Name
    """What it is made of."""


class ServicePoint(Spec):
    """A neutralised stop of fixed length inside a special, where the team may work."""

    km: Positive
    """Kilometre of the special."""
    minutes: Positive
    """How long every car stands there; it does not count."""


class Stage(Spec):
    """One day of the rally: liaison, special, liaison, and the night after it."""

    date: datetime.date
    """Its day; no other stage has it."""
    start: Text = ""
    """Where the day begins (for people)."""
    finish: Text = ""
    """Where it ends (for people)."""
    description: Text = ""
    """What it is like (for people)."""
    counted: bool = True
    """False for a prologue: it sets the start order of the next stage and nothing else."""
    special_km: Positive
    """Length of the timed part."""
    liaison_before_km: NotNegative
    """Road to the special."""
    liaison_after_km: NotNegative
    """Road from it to the night."""
    nominal_s: Annotated[int, Field(gt=0)] | None = None
    """Seconds of a crew of pace 0; left out: what the terrain speeds give."""
    pace: Number = 0.0
    """Log of the time of the whole class on it over the nominal one."""
    first_start: Clock
    """Local time at which the first car of the class starts the special."""
    start_gap_s: Seconds
    """Seconds between two cars of the class at the start of the special."""
    sunset: Clock
    """Local time from which a car drives in the dark."""
    time_allowed_s: Annotated[int, Field(gt=0)] | None = None
    """Left out: the formula of the regulations."""
    night: Night
    """The night after it; `finish` after the last stage and no other."""
    sections: Annotated[list[Section], Field(min_length=1)]
    """The ground, from km 0 to the end without a gap."""
    service_points: list[ServicePoint] = []
    """Where teams may work on the special."""


class WearGroup(Spec):
    """Wear-kilometres per kilometre for the modes that wear alike: one factor a terrain, one for the liaison."""

    liaison: NotNegative
    """Wear-kilometres of one kilometre of liaison."""
    terrain: dict[Name, NotNegative]
    """Wear-kilometres of one kilometre, for every terrain there is."""


class Driving(Spec):
    """How the class drives, and how much it varies."""

    liaison_kmh: Positive
    """Speed on liaisons."""
    stage_sd: NotNegative
    """Standard deviation of the log of the time of a stage, shared by all crews."""
    make_sd: NotNegative
    """The same, shared by the crews of one make on one stage."""
    night_pace: Annotated[Number, Field(ge=1)]
    """Time factor after sunset."""
    night_incidents: Annotated[Number, Field(ge=1)]
    """Wear factor of incidents after sunset."""


class Variation(Spec):
    """Log standard deviations of the failure multipliers that several lives share; each multiplier has mean 1."""

    rally_sd: NotNegative
    """All failures of all cars in one rally."""
    make_sd: NotNegative
    """One mode on all cars of one make."""
    care_sd: NotNegative
    """All failures of one crew."""


class Fatigue(Spec):
    """What lost sleep costs on the next stage."""

    bedtime: Clock
    """A bivouac arrival after this local time costs the hours in between."""
    max_hours: NotNegative
    """More lost hours than these do not count."""
    pace_per_hour: NotNegative
    """Each hour slows the next stage by this share."""
    incidents_per_hour: NotNegative
    """Each hour adds this share to the wear of incidents."""


class Refuge(Spec):
    """The marathon night: only the crew works."""

    slowdown: Annotated[Number, Field(ge=1)]
    """Refuge hours of a job divided by its bivouac hours."""
    free_hours: NotNegative
    """Hours of work that cost no sleep."""


class Recovery(Spec):
    """The way back to the bivouac of a car that cannot drive."""

    hours: Positive
    """Median of a log-normal."""
    sigma: NotNegative
    """Log standard deviation."""


class Regulations(Spec):
    """What the rules of the event say."""

    time_allowed_base_h: NotNegative
    """See `time_allowed_max_h`."""
    time_allowed_factor: NotNegative
    """See `time_allowed_max_h`."""
    time_allowed_max_h: Positive
    """Time allowed of a special: min(max, base + factor x nominal), unless the stage names it."""
    closing_margin_min: NotNegative
    """The course closes at the last start slot + time allowed + this margin."""
    jokers: Count
    """Uncompleted specials a crew may have and stay in; one more excludes it."""
    uncompleted: Literal["time_allowed_plus_fixed", "time_lost_plus_fixed"]
    """What an uncompleted special costs: its time allowed, or the time until the car is back in the bivouac."""
    fixed_penalty_h: NotNegative
    """Added to either."""
    no_start_penalty_h: NotNegative
    """Added when the special was not started at all."""
    max_lateness_min: NotNegative
    """Late at a start by this much is still accepted, and added as a penalty."""
    waypoint_penalty_s: Seconds
    """Penalty for a missed waypoint."""
    trucks_on_marathon_specials: bool
    """May trucks run on the two specials of a marathon pair?"""
    trucks_in_refuge: bool
    """May trucks come to the refuge, so that the crews have their parts and the speed of a bivouac?"""
    restart_after_marathon_recovery: bool
    """May a car recovered on the first day of a marathon pair be repaired by its team and start the second?"""
    spares_kg: Positive | None = None
    """Weight of parts a car may carry; left out: no limit."""
