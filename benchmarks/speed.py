"""Everything that `python -m benchmarks speed` measures."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from typing import Any

from benchmarks import growth, lean_rally, parallel
from benchmarks.agreement import Comparison, compare
from benchmarks.bare_draws import BareDraws, bare_draws
from benchmarks.clock import interleaved
from benchmarks.crafted import simpler_rally
from benchmarks.digests import SEED, Check
from benchmarks.growth import Growth
from benchmarks.measures import Measure
from sim.engine.array import run_block
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.model.plan import Plan, compile_plan
from sim.study.blocks import BLOCK

SCHEMA = "rally-speed/1"

LINEAR = 1.1
"""The greatest exponent that counts as linear growth: it is fitted to a few noisy times."""

METHOD = "Times are the least of the rounds; in each round the contenders take turns."


@dataclass(frozen=True)
class Effort:
    """How much is run.

    Attributes:
        block: replications that the array engine runs at once.
        rounds: how often each ratio is measured.
        growth_rounds: the same for the growth.
        event: rallies of the event engine in a round.
        lean: rallies of the lean script in a round.
    """

    block: int
    rounds: int
    growth_rounds: int
    event: int
    lean: int

    @property
    def sized(self) -> int:
        """Rallies of each size for the growth with crews, stages and modes."""
        return self.block // 4


FULL = Effort(block=BLOCK["array"], rounds=3, growth_rounds=2, event=100, lean=1000)
QUICK = Effort(block=512, rounds=1, growth_rounds=1, event=20, lean=200)


@dataclass(frozen=True)
class Report:
    """What was found in one run."""

    effort: Effort
    digest: Check
    draws: BareDraws
    comparisons: list[Comparison]
    growths: list[Growth]
    measures: list[Measure]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types; nothing in it tells which machine it was."""
        return {
            "schema": SCHEMA,
            "machine": machine(),
            "method": METHOD,
            "effort": asdict(self.effort),
            "digest": {**asdict(self.digest), "met": self.digest.met},
            "figures": [measure.as_json() for measure in self.measures],
            "draws_per_rally": {
                "philox_blocks": self.draws.blocks,
                "uniforms_used": self.draws.uniforms,
                "by_purpose": [asdict(drawn) for drawn in self.draws.by_purpose],
            },
            "lean_against_array": [{**asdict(c), "agrees": c.agrees} for c in self.comparisons],
            "growth": [grown.as_json() for grown in self.growths],
        }


def machine() -> dict[str, Any]:
    """What the speed depends on."""
    packages = {name: metadata.version(name) for name in ("numpy", "scipy", "simpy")}
    return {"cpus": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version(), **packages}


def measure(plan: Plan, effort: Effort, digest: Check, tell: Callable[[str], None]) -> Report:
    """Measure everything; `tell` hears what comes next."""
    tell("memory of a worker")
    memory = _memory(plan, effort)
    tell("array engine, its bare draws, event engine")
    draws, engines = _engines(plan, effort)
    tell("the lean script")
    comparisons, lean = _lean(effort)
    tell("two workers")
    workers = parallel.speed_up(plan, SEED, effort.block, effort.rounds)
    growths = []
    for axis in ("replications", *growth.SIZES):
        tell(f"growth with {axis}")
        growths.append(_grow(plan, axis, effort))
    return Report(
        effort=effort,
        digest=digest,
        draws=draws,
        comparisons=comparisons,
        growths=growths,
        measures=[
            *engines,
            *lean,
            Measure("two workers against one", workers, "times", "more", target=1.7),
            *(Measure(f"growth with {g.axis}", g.exponent, "exponent", "less", target=LINEAR) for g in growths),
            *memory,
        ],
    )


def _engines(plan: Plan, effort: Effort) -> tuple[BareDraws, list[Measure]]:
    """The array engine against its draws and against the event engine."""
    draws, luck = bare_draws(plan, SEED, effort.block), Luck(SEED)

    def one_by_one() -> None:
        for replication in range(effort.event):
            replay(plan, luck, replication)

    seconds = interleaved(
        {"array": partial(run_block, plan, luck, 0, effort.block), "draws": draws.run, "event": one_by_one},
        effort.rounds,
    )
    array, bare, event = (
        seconds["array"] / effort.block,
        seconds["draws"] / effort.block,
        seconds["event"] / effort.event,
    )
    return draws, [
        Measure("array engine over its bare draws", array / bare, "times", "less", target=4, aim=2),
        Measure("array engine against event engine", event / array, "times", "more", target=200, aim=500),
        Measure("array engine, a rally", 1e6 * array, "us", "less"),
        Measure("bare draws, a rally", 1e6 * bare, "us", "less"),
        Measure("event engine, a rally", 1e6 * event, "us", "less"),
    ]


def _lean(effort: Effort) -> tuple[list[Comparison], list[Measure]]:
    """The array engine against the lean script, both with the simpler rally."""
    plan, luck = compile_plan(simpler_rally()), Luck(SEED)
    seconds = interleaved(
        {
            "array": partial(run_block, plan, luck, 0, effort.block),
            "lean": partial(lean_rally.run, effort.lean, SEED),
        },
        effort.rounds,
    )
    crew_rallies = {"array": effort.block * len(plan.crews), "lean": effort.lean * lean_rally.CREWS}
    array, lean = (seconds[name] / crew_rallies[name] for name in ("array", "lean"))
    comparisons = compare(lean_rally.run(effort.lean, SEED), run_block(plan, luck, 0, effort.block))
    return comparisons, [
        Measure("array engine against lean SimPy script", lean / array, "times", "more", target=100),
        Measure("array engine, a crew-rally of it", 1e6 * array, "us", "less"),
        Measure("lean SimPy script, a crew-rally", 1e6 * lean, "us", "less"),
    ]


def _grow(plan: Plan, axis: str, effort: Effort) -> Growth:
    if axis == "replications":
        return growth.with_replications(plan, effort.block, effort.growth_rounds)
    return growth.with_size(axis, effort.sized, effort.growth_rounds)


def _memory(plan: Plan, effort: Effort) -> list[Measure]:
    peaks = parallel.peaks(plan, SEED, effort.block)
    return [
        Measure("peak memory of a worker", peaks.worker, "MiB", "less"),
        Measure("peak memory of the process that gathers", peaks.gatherer, "MiB", "less"),
    ]
