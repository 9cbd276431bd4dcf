"""K10: the bays of the bivouac as a queue, M/M/1 and M/M/3.

Cars come at random (Poisson) and their jobs are exponential. Every queue begins in its steady state - the cars that
are then in it all come in the first second - and so it is in its steady state at the departure. The known values (D. R.
Cox and W. L. Smith, "Queues", Methuen 1961) follow from the cars in it: by Little's law the mean time of a visit is the
mean number over the arrival rate, and arrivals find what an outside observer finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from sim.model.arrays import FloatArray
from tests.support import bays, verdict
from tests.support.bays import DEPARTURE_S, Morning, Visit
from tests.support.samples import sizes
from tests.support.verdict import Verdict

OPENS_S = 22 * 3600
"""When the queues begin."""


@dataclass(frozen=True)
class Queue:
    """Arrivals and services per unit of time, and the servers."""

    arrivals: float
    services: float
    servers: int
    unit_s: int

    def steady_state(self) -> FloatArray:
        """Chances of 0, 1, 2, ... cars in the queue, those of 400 and more left out."""
        rates = self.services * np.minimum(np.arange(1, 400), self.servers)
        weights = np.cumprod(np.concatenate(([1.0], self.arrivals / rates)))
        return np.asarray(weights / weights.sum())


M_M_1 = Queue(arrivals=0.9, services=1.0, servers=1, unit_s=600)
M_M_3 = Queue(arrivals=0.2, services=0.1, servers=3, unit_s=120)


def evening(queue: Queue, teams: int, seed: int) -> list[bays.Queue]:
    """Who comes to each team, and what there is to do."""
    chance = np.random.default_rng(seed)
    states, hours = queue.steady_state(), (OPENS_S, DEPARTURE_S)
    mean_s, expected = queue.unit_s / queue.services, queue.arrivals * (DEPARTURE_S - OPENS_S) / queue.unit_s
    queues = []
    for _ in range(teams):
        already = [OPENS_S] * chance.choice(len(states), p=states)
        later = chance.uniform(*hours, chance.poisson(expected)).tolist()
        arrivals = [*already, *later]
        jobs = chance.exponential(mean_s, len(arrivals)).tolist()
        queues.append([Visit(round(at), max(round(job), 1)) for at, job in zip(arrivals, jobs, strict=True)])
    return queues


def judge_m_m_1(morning: Morning) -> list[Verdict]:
    return [
        verdict.of_mean("M/M/1: mean time of a visit", morning.inside / M_M_1.arrivals, 10.0),
        verdict.of_share("M/M/1: P(wait)", morning.inside >= 1, 0.9),
    ]


def judge_m_m_3(morning: Morning) -> list[Verdict]:
    return [
        verdict.of_share("M/M/3: P(wait)", morning.inside >= 3, 0.444444),
        verdict.of_mean("M/M/3: mean wait", morning.waiting / M_M_3.arrivals, 4.444444),
    ]


@pytest.mark.parametrize("teams", sizes(800, 12_000))
def test_one_bay_is_a_queue_with_one_server(teams: int) -> None:
    for judged in judge_m_m_1(bays.mornings(evening(M_M_1, teams, seed=1001), 1)):
        assert judged.passed, judged


@pytest.mark.parametrize("teams", sizes(800, 12_000))
def test_three_bays_are_a_queue_with_three_servers(teams: int) -> None:
    for judged in judge_m_m_3(bays.mornings(evening(M_M_3, teams, seed=1002), 3)):
        assert judged.passed, judged


def test_in_the_event_engine_four_cars_in_nine_wait_for_one_of_three_bays() -> None:
    """Whoever does not take a bay in the second of its arrival; those left out that were there from the beginning."""
    queues = evening(M_M_3, 200, seed=1003)
    works = bays.begins_and_ends(queues, 3)
    waits = [
        [
            work is None or work[0] > visit.arrival_s
            for visit, work in zip(*team, strict=True)
            if visit.arrival_s > OPENS_S
        ]
        for team in zip(queues, works, strict=True)
    ]
    judged = verdict.of_ratio("M/M/3: P(wait)", [sum(team) for team in waits], [len(team) for team in waits], 0.444444)
    assert judged.passed, judged


def test_a_bay_too_many_is_found_out() -> None:
    assert not all(judged.passed for judged in judge_m_m_1(bays.mornings(evening(M_M_1, 400, seed=1001), 2)))
    assert not all(judged.passed for judged in judge_m_m_3(bays.mornings(evening(M_M_3, 400, seed=1002), 4)))


def test_jobs_that_take_longer_are_found_out() -> None:
    slow = replace(M_M_3, services=0.085)
    assert not all(judged.passed for judged in judge_m_m_3(bays.mornings(evening(slow, 400, seed=1002), 3)))
