"""Rallies in which the bays of the bivouac are a queue: each car comes once, when and with what job the script says.

Teams are queues that know nothing of each other. All cars break down at the first start, at midnight, and are brought
to the bivouac one by one; at the next midnight, the first departure, it is seen who is still in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim.engine.event import replay
from sim.engine.journal import Kind
from sim.engine.luck import Luck
from sim.model.arrays import IntArray
from sim.model.units import DAY_S
from tests.support.rallies import Tree, calendar, happens, planned, rally
from tests.support.samples import sample

DEPARTURE_S = DAY_S

TEAMS_AT_ONCE = 10


class Visit(NamedTuple):
    """One car: the second of its arrival and the seconds of its job."""

    arrival_s: int
    job_s: int


Queue = list[Visit]
"""The visits to one team's bays, in the order of the race numbers."""


@dataclass(frozen=True)
class Morning:
    """Cars in the bivouac at the departure and, among them, those that still wait for a bay, shape (teams,)."""

    inside: IntArray
    waiting: IntArray


def night_of(queues: Sequence[Queue], bays: int) -> Tree:
    """The rally with these queues, one for each team."""
    cars = [(team, visit) for team, queue in enumerate(queues) for visit in queue]
    day = {"first_start": "00:00", "start_gap_s": 0, "time_allowed_s": 3600, "special_km": 1}
    return rally(
        {str(number): {"team": f"team{team}"} for number, (team, _) in enumerate(cars, start=1)},
        stages=calendar(day, day),
        teams={f"team{team}": {"bays": bays} for team in range(len(queues))},
        happenings=[
            happens(str(number), "arm", 0, "strand", recovery_s=visit.arrival_s, job_s=visit.job_s)
            for number, (_, visit) in enumerate(cars, start=1)
        ],
        regulations={"max_lateness_min": 600, "closing_margin_min": 600, "fixed_penalty_h": 0, "no_start_penalty_h": 0},
    )


def mornings(queues: Sequence[Queue], bays: int) -> Morning:
    """What the array engine makes of some queues: who is worked on starts late, who waits does not start."""
    inside, waiting = [], []
    for some in _rallies(queues):
        outcomes = sample(night_of(some, bays), 1, seed=0)
        team = np.repeat(np.arange(len(some)), [len(queue) for queue in some])
        works, waits = outcomes.penalty_s[0] > 0, ~outcomes.completed[0, :, 1]
        inside.append(np.bincount(team[works | waits], minlength=len(some)))
        waiting.append(np.bincount(team[waits], minlength=len(some)))
    return Morning(np.concatenate(inside), np.concatenate(waiting))


def begins_and_ends(queues: Sequence[Queue], bays: int) -> list[list[tuple[int, int] | None]]:
    """When the work on each car begins and ends in the event engine; None for a car that gets no bay."""
    found: list[list[tuple[int, int] | None]] = []
    for some in _rallies(queues):
        race = replay(planned(night_of(some, bays)), Luck(0), 0)
        works = {entry.car: (entry.time_s, entry.end_s or 0) for entry in race.journal if entry.kind is Kind.BAY}
        by_number = map(works.get, race.outcomes.cars)
        found += [[next(by_number) for _ in queue] for queue in some]
    return found


def _rallies(queues: Sequence[Queue]) -> Iterator[Sequence[Queue]]:
    """Teams that are run together: few, since the time of a rally grows with the square of its cars."""
    for first in range(0, len(queues), TEAMS_AT_ONCE):
        yield queues[first : first + TEAMS_AT_ONCE]
