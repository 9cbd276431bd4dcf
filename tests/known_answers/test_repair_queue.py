"""K10: the bays of the bivouac as a queue, M/M/1 and M/M/3.

Cars come at random (Poisson), their jobs are exponential, and teams are queues that know nothing of each other: each
team of a rally is one observation. Arrivals and jobs are facts of the script. Every queue begins in its steady state -
the cars that are then in it all come in the first second - and so it is in its steady state at the first departure of
the next morning. Whoever is in a bay then starts late, whoever still waits for one does not start. The known values
(D. R. Cox and W. L. Smith, "Queues", Methuen 1961) follow from these counts: by Little's law the mean time of a visit
is the mean number over the arrival rate, and arrivals find what an outside observer finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from sim.engine.event import replay
from sim.engine.journal import Kind
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from sim.model.arrays import FloatArray, IntArray
from tests.support import verdict
from tests.support.rallies import Tree, calendar, happens, planned, rally
from tests.support.samples import sample, sizes
from tests.support.verdict import Verdict

OPENS_S, DEPARTURE_S = 22 * 3600, 24 * 3600
"""When the queues begin, after the start of the first special, and when they are looked at: at the second start."""

TEAMS = 200

Cars = dict[str, tuple[int, int, int]]
"""(team, second of the arrival, seconds of the job) by race number."""


@dataclass(frozen=True)
class Queue:
    """Arrivals and services per unit of time, and the servers."""

    arrivals: float
    services: float
    bays: int
    unit_s: int

    def steady_state(self) -> FloatArray:
        """Chances of 0, 1, 2, ... cars in the queue, those of 400 and more left out."""
        rates = self.services * np.minimum(np.arange(1, 400), self.bays)
        weights = np.cumprod(np.concatenate(([1.0], self.arrivals / rates)))
        return np.asarray(weights / weights.sum())


@dataclass(frozen=True)
class Morning:
    """Cars in the bivouac and, among them, those that still wait for a bay, shape (teams,)."""

    inside: IntArray
    waiting: IntArray


ONE_BAY = Queue(arrivals=0.9, services=1.0, bays=1, unit_s=600)
THREE_BAYS = Queue(arrivals=0.2, services=0.1, bays=3, unit_s=120)


def evening(queue: Queue, seed: int) -> Cars:
    """Who comes to the queues of all teams, and what there is to do."""
    chance = np.random.default_rng(seed)
    states, horizon_s = queue.steady_state(), DEPARTURE_S - OPENS_S
    already = chance.choice(len(states), size=TEAMS, p=states)
    later = chance.poisson(queue.arrivals * horizon_s / queue.unit_s, size=TEAMS)
    team = np.repeat(np.tile(np.arange(TEAMS), 2), np.concatenate([already, later]))
    after = np.concatenate([np.zeros(already.sum()), chance.uniform(0.0, horizon_s, later.sum())])
    job = chance.exponential(queue.unit_s / queue.services, len(team))
    facts = np.column_stack([team, np.ceil(OPENS_S + after), np.ceil(job)]).astype(int).tolist()
    return {str(number): (team, arrival, job) for number, (team, arrival, job) in enumerate(facts, start=1)}


def rally_of(cars: Cars, bays: int) -> Tree:
    """All cars break down at the first start and are brought to the bivouac one by one."""
    day = {"first_start": "00:00", "start_gap_s": 0, "time_allowed_s": 3600, "special_km": 1}
    return rally(
        {car: {"team": f"team{team}"} for car, (team, _, _) in cars.items()},
        stages=calendar(day, day),
        teams={f"team{team}": {"bays": bays} for team in range(TEAMS)},
        happenings=[
            happens(car, "arm", 0, "strand", recovery_s=arrival, job_s=job) for car, (_, arrival, job) in cars.items()
        ],
        regulations={"max_lateness_min": 600, "closing_margin_min": 600, "fixed_penalty_h": 0, "no_start_penalty_h": 0},
    )


def look(outcomes: Outcomes, cars: Cars) -> Morning:
    """A car that is worked on starts late, with a penalty; a car that waits does not start."""
    team = np.array([team for team, _, _ in cars.values()])
    working, waiting = outcomes.penalty_s[0] > 0, ~outcomes.completed[0, :, 1]
    return Morning(np.bincount(team[working | waiting], minlength=TEAMS), np.bincount(team[waiting], minlength=TEAMS))


def watch(queue: Queue, evenings: int, *, seed: int, bays: int) -> Morning:
    mornings = []
    for k in range(evenings):
        cars = evening(queue, seed + k)
        mornings.append(look(sample(rally_of(cars, bays), 1, seed=seed), cars))
    return Morning(
        np.concatenate([morning.inside for morning in mornings]),
        np.concatenate([morning.waiting for morning in mornings]),
    )


def judge_one_bay(morning: Morning) -> list[Verdict]:
    return [
        verdict.of_mean("M/M/1: mean time of a visit", morning.inside / ONE_BAY.arrivals, 10.0),
        verdict.of_share("M/M/1: P(wait)", morning.inside >= 1, 0.9),
    ]


def judge_three_bays(morning: Morning) -> list[Verdict]:
    return [
        verdict.of_share("M/M/3: P(wait)", morning.inside >= 3, 0.444444),
        verdict.of_mean("M/M/3: mean wait", morning.waiting / THREE_BAYS.arrivals, 4.444444),
    ]


@pytest.mark.parametrize("evenings", sizes(4, 60))
def test_one_bay_is_a_queue_with_one_server(evenings: int) -> None:
    for judged in judge_one_bay(watch(ONE_BAY, evenings, seed=1001, bays=1)):
        assert judged.passed, judged


@pytest.mark.parametrize("evenings", sizes(4, 60))
def test_three_bays_are_a_queue_with_three_servers(evenings: int) -> None:
    for judged in judge_three_bays(watch(THREE_BAYS, evenings, seed=1002, bays=3)):
        assert judged.passed, judged


def test_in_the_event_engine_four_cars_in_nine_wait_for_one_of_three_bays() -> None:
    """Told by the journal: whoever takes a bay later than in the second of its arrival."""
    cars = evening(THREE_BAYS, seed=1003)
    race = replay(planned(rally_of(cars, bays=3)), Luck(1), 0)
    took_bay = {entry.car: entry.time_s for entry in race.journal if entry.kind is Kind.BAY}
    late = [(team, took_bay.get(car) != at) for car, (team, at, _) in cars.items() if at > OPENS_S]
    team, waited = np.array(late).T
    judged = verdict.of_ratio("P(wait)", np.bincount(team, waited, TEAMS), np.bincount(team, minlength=TEAMS), 0.444444)
    assert judged.passed, judged


def test_a_bay_too_many_is_found_out() -> None:
    assert not all(judged.passed for judged in judge_one_bay(watch(ONE_BAY, 2, seed=1001, bays=2)))
    assert not all(judged.passed for judged in judge_three_bays(watch(THREE_BAYS, 2, seed=1002, bays=4)))


def test_jobs_that_take_longer_are_found_out() -> None:
    slow = replace(THREE_BAYS, services=0.085)
    assert not all(judged.passed for judged in judge_three_bays(watch(slow, 4, seed=1002, bays=3)))
