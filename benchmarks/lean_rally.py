"""A simpler rally, written by hand with SimPy for nothing but speed: what the array engine is compared with.

Five crews drive ten specials. Six things can happen; each has a Weibull life in kilometres and a new one after every
time it happened. It costs a delay, is mended on the spot by the crew, or ends the rally of the car. No trucks, no
spare parts, no bivouac: crews meet only in the weather of a stage, which makes all of them faster or slower.

It is as lean as SimPy allows: one process a crew, one event for each thing that happens to it, the next failure kept
as a place on the road, plain floats in local variables, and random numbers drawn by NumPy in bulk.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy

from sim.model.arrays import FloatArray

CREWS = 5
PACES = (0.0, 0.01, 0.02, 0.03, 0.04)
"""Log of the time of each crew over the nominal one."""
CONSISTENCY = 0.01
"""Standard deviation of the log time of a crew on a stage."""
WEATHER = 0.04
"""The same, shared by all crews on a stage."""

STAGES = 10
SPECIAL_KM = 400.0
SPEED_KMH = 80.0
DAY_S = 86_400.0
FIRST_START_S = 7 * 3600.0
START_GAP_S = 120.0

BULK = 4096
"""Random numbers drawn at once."""


@dataclass(frozen=True)
class Trouble:
    """A thing that happens on the road.

    Attributes:
        scale_km, shape: of its Weibull life.
        delay, halt, wreck: shares of what it does; they add up to 1.
        delay_s, repair_s: medians of the log-normal stops, in seconds.
        sigma: standard deviation of their logs.
    """

    scale_km: float
    shape: float
    delay: float
    halt: float
    wreck: float
    delay_s: float = 60.0
    repair_s: float = 60.0
    sigma: float = 0.6


TROUBLES = {
    "puncture": Trouble(900, 1, delay=0, halt=1, wreck=0, repair_s=600),
    "navigation": Trouble(800, 1, delay=1, halt=0, wreck=0, delay_s=420),
    "stuck": Trouble(1500, 1, delay=0.8, halt=0.2, wreck=0, delay_s=900, repair_s=1800),
    "suspension": Trouble(7000, 2, delay=0, halt=0.95, wreck=0.05, repair_s=3600),
    "electrics": Trouble(12_000, 1, delay=0.4, halt=0.55, wreck=0.05, delay_s=600, repair_s=1500),
    "roll_over": Trouble(50_000, 1, delay=0.3, halt=0.3, wreck=0.4, delay_s=1200, repair_s=3600),
}


@dataclass(frozen=True)
class Finishes:
    """How n rallies ended: seconds of each crew over all specials, infinite if it did not finish, shape (n, crews)."""

    total_s: FloatArray


@dataclass(frozen=True)
class Luck:
    """Endless random numbers: standard normals, uniforms, and lives of each trouble in kilometres."""

    normals: Iterator[float]
    uniforms: Iterator[float]
    lives: list[Iterator[float]]

    @classmethod
    def of(cls, seed: int) -> Luck:
        """Random numbers of a seed."""
        rng = np.random.default_rng(seed)
        lives = [_stream(_weibull(rng, trouble)) for trouble in TROUBLES.values()]
        return cls(_stream(rng.standard_normal), _stream(rng.random), lives)


def run(rallies: int, seed: int) -> Finishes:
    """Simulate so many rallies, one after the other."""
    luck = Luck.of(seed)
    return Finishes(np.array([_one_rally(luck) for _ in range(rallies)]))


def _one_rally(luck: Luck) -> list[float]:
    env = simpy.Environment()
    totals = [float("inf")] * CREWS
    weather = [WEATHER * next(luck.normals) for _ in range(STAGES)]
    for index in range(CREWS):
        env.process(_crew(env, index, weather, luck, totals))
    env.run()
    return totals


def _crew(
    env: simpy.Environment, index: int, weather: list[float], luck: Luck, totals: list[float]
) -> Generator[simpy.Event, Any, None]:
    """One crew on its way through the rally; writes its seconds into `totals` if it gets to the end."""
    timeout, normals, uniforms, lives = env.timeout, luck.normals, luck.uniforms, luck.lives
    ends = [next(life) for life in lives]
    km = total = 0.0
    for stage in range(STAGES):
        start = stage * DAY_S + FIRST_START_S + index * START_GAP_S
        yield timeout(start - env.now)
        s_per_km = 3600 / SPEED_KMH * exp(PACES[index] + CONSISTENCY * next(normals) + weather[stage])
        finish = (stage + 1) * SPECIAL_KM
        while (fails := min(ends)) < finish:
            yield timeout((fails - km) * s_per_km)
            km, which = fails, ends.index(fails)
            delay, halt, delay_s, repair_s, sigma = _ROAD[which]
            severity = next(uniforms)
            if severity >= halt:
                return
            yield timeout((delay_s if severity < delay else repair_s) * exp(sigma * next(normals)))
            ends[which] = km + next(lives[which])
        yield timeout((finish - km) * s_per_km)
        km = finish
        total += env.now - start
    totals[index] = total


_ROAD = [(t.delay, t.delay + t.halt, t.delay_s, t.repair_s, t.sigma) for t in TROUBLES.values()]
"""What a crew has to know of each trouble: cumulative shares, medians, sigma."""


def _weibull(rng: np.random.Generator, trouble: Trouble) -> Callable[[int], npt.NDArray[np.float64]]:
    return lambda count: trouble.scale_km * rng.weibull(trouble.shape, count)


def _stream(draw: Callable[[int], npt.NDArray[np.float64]]) -> Iterator[float]:
    """What `draw` gives, one by one, drawn in bulk."""
    while True:
        yield from draw(BULK).tolist()
