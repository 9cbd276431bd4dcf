"""Another history: one thing that happened is changed, and what follows from it.

Both histories are runs in which everything is pinned or at its median, so that they are alike up to the first stage on
which the change tells. What would have come after it can be drawn: each history is taken up on the evening of that
stage, as it stood then, and goes on by chance; what is pinned on later days is forgotten in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from sim.engine.day import Replay
from sim.model.arrays import BoolArray
from sim.model.plan import Plan
from sim.model.rules.results import Status, standings
from sim.study.blocks import BLOCK, Source, split
from sim.study.estimates import FIXED, Estimate
from sim.study.executors import Pool
from sim.study.record import Record
from sim.study.run import results
from sim.study.standings import OverallRow, final_result

SCHEMA = "rally-counterfactual/1"

QUESTIONS = ("classified", "win", "podium")
"""What is asked of every crew."""


@dataclass(frozen=True)
class Change:
    """One crew in both histories.

    Attributes:
        crew: its index.
        was, would: its place in the end of each, None if it has retired.
        was_s, would_s: its total in each; of a retired crew, up to its retirement.
    """

    crew: int
    was: int | None
    would: int | None
    was_s: int
    would_s: int


@dataclass(frozen=True)
class Chance:
    """What may become of one crew after the evening on which the histories part.

    Attributes:
        car: its race number.
        was, would, difference: by question - classified, win, podium - the chance in each history, and the second
            less the first, rally by rally in the same luck.
    """

    car: str
    was: dict[str, Estimate]
    would: dict[str, Estimate]
    difference: dict[str, Estimate]


def changes_of(was: Replay, would: Replay) -> list[Change]:
    """What becomes of every crew, in the order of the history as it was."""
    before, after = final_result(was), {row.crew: row for row in final_result(would)}
    return [_change(row, after[row.crew]) for row in before]


def first_change(was: Replay, would: Replay) -> int | None:
    """Index of the first stage on which the histories differ, None if they are alike."""
    pairs = zip_longest(was.journal, would.journal)
    stages = [stage.name for stage in was.plan.stages]
    first = next(((one, other) for one, other in pairs if one != other), None)
    return None if first is None else min(stages.index(entry.stage) for entry in first if entry is not None)


def chances(was: Source, would: Source, replications: int, pool: Pool, on_done: Callable[[int], None]) -> list[Chance]:
    """The chances of every crew in both histories, from replications 0 .. replications - 1 of each.

    `on_done` is told how many more of both are over. Raises what `sim.study.run.results` raises.
    """
    hits = [_hits(source, replications, pool, on_done) for source in (was, would)]
    return [_chance(car.car, [hit[:, :, car.index] for hit in hits]) for car in was.plan.crews]


def _hits(source: Source, replications: int, pool: Pool, on_done: Callable[[int], None]) -> BoolArray:
    """What came true, shape (3, n, C): the questions, the replications, the crews."""
    parts = []
    for result in results(source, split(0, replications, BLOCK[source.engine]), pool, with_rows=True):
        assert result.rows is not None
        classified = result.rows["status"] != Status.RETIRED.name.lower()
        place = standings(result.rows["total_s"], classified)
        parts.append(np.stack([classified, place == 1, classified & (place <= 3)]))
        on_done(result.block.count)
    return np.concatenate(parts, axis=1)


def _chance(car: str, hits: list[BoolArray]) -> Chance:
    was, would = (hit.astype(np.int64) for hit in hits)
    n = was.shape[1]
    shares = [[FIXED.probability(int(row.sum()), n) for row in hit] for hit in (was, would)]
    apart = [FIXED.mean(int(row.sum()), int(np.abs(row).sum()), n) for row in would - was]
    return Chance(car, *(dict(zip(QUESTIONS, column, strict=True)) for column in (*shares, apart)))


def counterfactual_json(
    plan: Plan, changes: Sequence[Change], parted: str, chances_of: Sequence[Chance], record: Record
) -> dict[str, Any]:
    """The documented form "rally-counterfactual/1"; `parted` is the stage on which the histories part, "" if none."""
    return {
        "schema": SCHEMA,
        "record": record.as_json(),
        "parted": parted,
        "crews": [_change_json(plan, one) for one in changes],
        "odds": [_chance_json(one) for one in chances_of],
    }


def _change_json(plan: Plan, one: Change) -> dict[str, Any]:
    return {
        "car": plan.crews[one.crew].car,
        "was": {"place": one.was, "total_s": one.was_s},
        "would": {"place": one.would, "total_s": one.would_s},
    }


def _chance_json(one: Chance) -> dict[str, Any]:
    sides = {"was": one.was, "would": one.would, "difference": one.difference}
    return {"car": one.car} | {
        name: {question: estimate.as_json() for question, estimate in side.items()} for name, side in sides.items()
    }


def _change(before: OverallRow, after: OverallRow) -> Change:
    return Change(before.crew, before.rank, after.rank, before.total_s, after.total_s)
