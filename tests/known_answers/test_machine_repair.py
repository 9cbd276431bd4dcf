"""K8 and K9: six machines, each up for 20 h and under repair for 2 h on average, with one repairer or two.

The bivouac is the repair shop: six cars of one team break down, come in, take one of its bays or wait, and leave for
their next life; lives and jobs are exponential. A rally lets a car come once a night, so that here the cars go round
and round in one endless night, through the very bays, lives and luck of the event engine.

The number of cars in the shop is a birth-death process (D. R. Cox and W. L. Smith, "Queues", Methuen 1961, on machine
interference); P0 is the chance that it is empty, L the mean number in it, W and Wq the mean hours of a visit and of the
wait for a bay.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import simpy

from sim.engine.event.bivouac import Bivouac
from sim.engine.event.car import Car
from sim.engine.event.clock import Clock
from sim.engine.event.world import World
from sim.engine.journal import Phase
from sim.engine.luck import Aftermath, Luck
from sim.model import hazards
from sim.model.arrays import FloatArray, IntArray
from sim.model.units import HOUR_S
from tests.support import verdict
from tests.support.rallies import calendar, planned, rally
from tests.support.samples import sizes
from tests.support.verdict import Verdict

MACHINES = 6
UP_H, REPAIR_H = 20.0, 2.0

KNOWN = {
    1: {"P0": 0.4845, "L": 0.8451, "W": 3.2790, "Wq": 1.2790},
    2: {"P0": 0.5602, "L": 0.5661, "W": 2.0834, "Wq": 0.0834},
}
"""By number of repairers."""


def stationary(repairers: int) -> dict[str, float]:
    """The same values from the balance of the birth-death process."""
    n = np.arange(MACHINES + 1)
    births, deaths = (MACHINES - n[:-1]) / UP_H, np.minimum(n[1:], repairers) / REPAIR_H
    weights = np.cumprod(np.concatenate(([1.0], births / deaths)))
    chances = weights / weights.sum()
    inside, arrivals = float(n @ chances), float((MACHINES - n) @ chances) / UP_H
    return {"P0": float(chances[0]), "L": inside, "W": inside / arrivals, "Wq": inside / arrivals - REPAIR_H}


@dataclass(frozen=True)
class Shop:
    """Visits in the order of arrival, in seconds, shape (n,)."""

    arrival: IntArray
    begin: IntArray
    end: IntArray


def open_shop(bays: int, hours: int, *, seed: int, up_h: float = UP_H, same_jobs: bool = False) -> Shop:
    """A team of six cars in one night of so many hours; a wear-kilometre of the part that breaks takes a second."""
    part = {"scale_km": up_h * HOUR_S, "shape": 1}
    cars = [str(number + 1) for number in range(MACHINES)]
    teams = {"red": {"bays": bays}}
    plan = planned(rally(cars, stages=calendar({}, {}), modes={"pump": part}, teams=teams, drawn=True))
    world = World(plan, Luck(seed).of(0), Clock(0))
    bivouac = Bivouac(world, plan.stages[0], plan.teams[0], departure=2 * hours * HOUR_S)
    visits: list[tuple[int, int, int]] = []
    for crew in plan.crews:
        car = Car(plan, crew, world.draws, np.zeros(1))
        world.env.process(come_and_go(world, bivouac, car, visits, same_jobs=same_jobs))
    world.env.run(until=hours * HOUR_S)
    return Shop(*np.array(sorted(visits)).T)


def come_and_go(
    world: World, bivouac: Bivouac, car: Car, visits: list[tuple[int, int, int]], *, same_jobs: bool
) -> Generator[simpy.Event, Any, None]:
    """One car: up for the life of its part, then in the bivouac until it is mended, for ever."""
    while True:
        yield world.env.at(world.now + int(car.threshold[0]), Phase.OWN)
        uniform = car.aftermath(0)[Aftermath.JOB]
        hours = REPAIR_H if same_jobs else hazards.weibull_life(uniform, REPAIR_H, 1.0)
        car.pinned_jobs[0] = job_s = max(round(float(hours) * HOUR_S), 1)
        car.break_down(0, car.limping)
        guest = bivouac.enter(car)
        end = yield guest.done
        visits.append((guest.arrival, end - job_s, end))
        yield world.env.at(end, Phase.OWN)


def judge(shop: Shop, repairers: int) -> list[Verdict]:
    """By the cycles between two arrivals in an empty shop, which are independent."""
    empty_from = np.concatenate(([0], np.maximum.accumulate(shop.end)[:-1]))
    first = np.flatnonzero(shop.arrival >= empty_from)
    opens, idle = shop.arrival[first], (shop.arrival - empty_from)[first][1:]

    def by_cycle(values: IntArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values, first)[:-1] / HOUR_S)

    inside, waiting = by_cycle(shop.end - shop.arrival), by_cycle(shop.begin - shop.arrival)
    length, visits = np.diff(opens) / HOUR_S, np.diff(first)
    known = stationary(repairers)
    return [
        verdict.of_ratio("P(shop empty)", idle / HOUR_S, length, known["P0"]),
        verdict.of_ratio("mean number in the shop", inside, length, known["L"]),
        verdict.of_ratio("mean hours of a visit", inside, visits, known["W"]),
        verdict.of_ratio("mean hours of the wait", waiting, visits, known["Wq"]),
    ]


@pytest.mark.parametrize("repairers", KNOWN)
def test_the_balance_of_births_and_deaths_gives_the_known_values(repairers: int) -> None:
    assert stationary(repairers) == pytest.approx(KNOWN[repairers], abs=6e-5)


@pytest.mark.parametrize("repairers", KNOWN)
@pytest.mark.parametrize("hours", sizes(40_000, 1_000_000))
def test_cars_wait_for_a_bay_as_machines_wait_for_a_repairer(hours: int, repairers: int) -> None:
    for judged in judge(open_shop(repairers, hours, seed=801), repairers):
        assert judged.passed, judged


def test_one_bay_is_not_taken_for_two() -> None:
    judged = judge(open_shop(1, 40_000, seed=801), 2)
    assert not any(value.passed for value in judged)


def test_jobs_that_all_last_the_same_are_found_out() -> None:
    *_, wait = judge(open_shop(1, 40_000, seed=801, same_jobs=True), 1)
    assert not wait.passed, wait


def test_machines_that_break_less_often_are_found_out() -> None:
    empty, inside, *_ = judge(open_shop(1, 40_000, seed=801, up_h=24.0), 1)
    assert not empty.passed, empty
    assert not inside.passed, inside
