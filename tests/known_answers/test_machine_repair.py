"""K8 and K9: six machines, each up for 20 h and under repair for 2 h on average, with one repairer or two.

The bivouac is the repair shop. Six machines of each team break down, come in, take a bay or wait, and leave for their
next life; lives and jobs are exponential. In a rally a car comes in once a night, so that each visit of a machine is a
car of its own, and when a machine comes again follows from when the event engine says it was mended.

The number in the shop is a birth-death process (D. R. Cox and W. L. Smith, "Queues", Methuen 1961, on machine
interference) that begins in its steady state and so is in it at the departure, when the array engine tells who is in.
P0 is the chance that the shop is empty, L the mean number in it; W and Wq, the mean hours of a visit and of the wait
for a bay, are the mean numbers of machines in the shop and waiting, over the rate of breakdowns (Little's law).
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.arrays import FloatArray
from tests.support import bays, verdict
from tests.support.bays import DEPARTURE_S, Morning, Visit
from tests.support.samples import sizes
from tests.support.verdict import Verdict

MACHINES = 6
UP_H, REPAIR_H = 20.0, 2.0

HOUR_S = 600
"""An hour of the machines takes ten minutes of the rally."""

OPENS_S = DEPARTURE_S - 10 * HOUR_S

KNOWN = {
    1: {"P0": 0.4845, "L": 0.8451, "W": 3.2790, "Wq": 1.2790},
    2: {"P0": 0.5602, "L": 0.5661, "W": 2.0834, "Wq": 0.0834},
}
"""By number of repairers."""


def steady_state(repairers: int) -> FloatArray:
    """Chances of 0, 1, ..., 6 machines in the shop, from the balance of breakdowns and repairs."""
    n = np.arange(MACHINES + 1)
    breakdowns, repairs = (MACHINES - n[:-1]) / UP_H, np.minimum(n[1:], repairers) / REPAIR_H
    weights = np.cumprod(np.concatenate(([1.0], breakdowns / repairs)))
    return np.asarray(weights / weights.sum())


def exact(repairers: int) -> dict[str, float]:
    """The known values with all their digits."""
    n, chances = np.arange(MACHINES + 1), steady_state(repairers)
    inside, rate = float(n @ chances), float((MACHINES - n) @ chances) / UP_H
    return {"P0": float(chances[0]), "L": inside, "W": inside / rate, "Wq": inside / rate - REPAIR_H}


class Shops:
    """The machines of many teams; `up_h` and `same_jobs` make them others than those of the known values."""

    def __init__(self, repairers: int, teams: int, *, seed: int, up_h: float = UP_H, same_jobs: bool = False) -> None:
        self._bays, self._up_h, self._same_jobs = repairers, up_h, same_jobs
        self._chance = np.random.default_rng(seed)
        self.queues: list[bays.Queue] = []
        for inside in self._chance.choice(MACHINES + 1, size=teams, p=steady_state(repairers)):
            queue = [Visit(OPENS_S, self._job_s()) for _ in range(inside)]
            self.queues.append(queue + [v for _ in range(MACHINES - inside) for v in self._next_visit(OPENS_S)])
        self._left: list[set[int]] = [set() for _ in self.queues]

    def run(self) -> Morning:
        """Let machines come again until the departure; returns what is in the shops then."""
        busy = [team for team, queue in enumerate(self.queues) if queue]
        while busy:
            works = bays.begins_and_ends([self.queues[team] for team in busy], self._bays)
            busy = [team for team, times in zip(busy, works, strict=True) if self._comes_again(team, times)]
        return bays.mornings(self.queues, self._bays)

    def _comes_again(self, team: int, works: list[tuple[int, int] | None]) -> bool:
        """The next machine that leaves and breaks down before the departure comes again; is there one?

        One at a time, in the order in which they leave: a machine that comes again may delay those that leave later.
        """
        queue, left = self.queues[team], self._left[team]
        leaves = [(work[1], i) for i, work in enumerate(works) if work and i not in left]
        for end, i in sorted(leaves):
            left.add(i)
            if again := self._next_visit(end):
                queue += again
                return True
        return False

    def _next_visit(self, since_s: int) -> list[Visit]:
        """The next visit of a machine that is up since then, none if that is after the departure."""
        arrival_s = since_s + round(self._chance.exponential(self._up_h * HOUR_S))
        return [Visit(arrival_s, self._job_s())] if arrival_s <= DEPARTURE_S else []

    def _job_s(self) -> int:
        hours = REPAIR_H if self._same_jobs else self._chance.exponential(REPAIR_H)
        return max(round(hours * HOUR_S), 1)


def judge(morning: Morning, repairers: int) -> list[Verdict]:
    known, breakdowns = exact(repairers), (MACHINES - morning.inside) / UP_H
    return [
        verdict.of_share("P(shop empty)", morning.inside == 0, known["P0"]),
        verdict.of_mean("mean number in the shop", morning.inside, known["L"]),
        verdict.of_ratio("mean hours of a visit", morning.inside, breakdowns, known["W"]),
        verdict.of_ratio("mean hours of the wait", morning.waiting, breakdowns, known["Wq"]),
    ]


@pytest.mark.parametrize("repairers", KNOWN)
def test_the_balance_of_breakdowns_and_repairs_gives_the_known_values(repairers: int) -> None:
    assert exact(repairers) == pytest.approx(KNOWN[repairers], abs=6e-5)


@pytest.mark.parametrize("repairers", KNOWN)
@pytest.mark.parametrize("teams", sizes(1_000, 20_000))
def test_cars_wait_for_a_bay_as_machines_wait_for_a_repairer(teams: int, repairers: int) -> None:
    for judged in judge(Shops(repairers, teams, seed=801).run(), repairers):
        assert judged.passed, judged


def test_one_bay_is_not_taken_for_two() -> None:
    assert not all(judged.passed for judged in judge(Shops(1, 500, seed=802).run(), 2))


@pytest.mark.parametrize(("up_h", "same_jobs"), [(12.0, False), (UP_H, True)])
def test_wrong_machines_are_found_out(up_h: float, same_jobs: bool) -> None:
    shops = Shops(1, 500, seed=803, up_h=up_h, same_jobs=same_jobs)
    assert not all(judged.passed for judged in judge(shops.run(), 1))
