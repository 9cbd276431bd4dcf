"""Another history: one thing that happened is changed, and what follows from it.

Both histories are runs in which everything is pinned or at its median, so that they are alike up to the first stage on
which the change tells. What would have come after it can be drawn: each history is taken up on the evening of that
stage, as it stood then, and goes on by chance; what is pinned on later days is forgotten in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import zip_longest
from operator import add
from typing import Any

from sim.engine.day import Day
from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.study.blocks import BLOCK, split
from sim.study.comparison.intervals import fixed
from sim.study.comparison.moments import Moments
from sim.study.comparison.study import Comparison, compare
from sim.study.comparison.summary import NOTHING, Difference, differences
from sim.study.errors import StudyError
from sim.study.estimates import FIXED, Estimate
from sim.study.executors import Pool
from sim.study.record import Record
from sim.study.run import in_order
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
    """What becomes of every crew, in the order of the history as it was.

    Raises StudyError if the histories have not the same crews and the same stages.
    """
    for what, one, other in (
        ("crews", [crew.car for crew in was.plan.crews], [crew.car for crew in would.plan.crews]),
        ("stages", [stage.name for stage in was.plan.stages], [stage.name for stage in would.plan.stages]),
    ):
        if one != other:
            raise StudyError(f"both histories need the same {what}: {', '.join(one)}; changed: {', '.join(other)}")
    before, after = final_result(was), {row.crew: row for row in final_result(would)}
    return [_change(row, after[row.crew]) for row in before]


def first_change(was: Replay, would: Replay) -> int | None:
    """Index of the first stage on which the histories differ, in what happens or is booked, None if they are alike."""
    pairs = zip_longest(was.journal, would.journal)
    stages = [stage.name for stage in was.plan.stages]
    first = next(((one, other) for one, other in pairs if one != other), None)
    told = [stages.index(entry.stage) for entry in first or () if entry is not None]
    days = ((key, day, would.days[key]) for key, day in was.days.items() if key in would.days)
    booked = [stage for (stage, _), one, other in days if _booked(one) != _booked(other)]
    return min([*told, *booked], default=None)


def _booked(day: Day) -> tuple[int, int, bool]:
    return day.seconds, day.penalty_s, day.completed


def chances(
    was: Plan, would: Plan, seed: int, replications: int, pool: Pool, on_done: Callable[[int], None]
) -> list[Chance]:
    """The chances of every crew in both histories, from replications 0 .. replications - 1 of each.

    `on_done` is told how many more pairs are over. Raises what `sim.study.run.in_order` raises.
    """
    comparison = Comparison.of(was, (would,), seed)
    parts = []
    for compared in in_order(partial(compare, comparison), split(0, replications, BLOCK["array"]), pool):
        parts.append(compared.tallies[0])
        on_done(compared.block.count)
    pairing, tally = comparison.pairings[0], reduce(add, parts)
    found = differences(pairing, tally, fixed())
    sums = dict(zip(pairing.quantities, tally.moments, strict=True))
    return [_chance(crew.car, sums, found) for crew in was.crews]


def _chance(car: str, sums: dict[str, Moments], found: dict[str, Difference]) -> Chance:
    names = {question: f"crews.{car}.{question}" for question in QUESTIONS}
    apart = {question: found[name].difference or NOTHING for question, name in names.items()}
    was, would = (
        {question: FIXED.probability(getattr(sums[name], side), sums[name].n) for question, name in names.items()}
        for side in ("base", "variant")
    )
    return Chance(car, was, would, apart)


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
