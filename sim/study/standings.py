"""Results of one rally, stage by stage: who was where, by how much, and what it lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.engine.day import Day
from sim.engine.replay import Replay
from sim.model.arrays import BoolArray, IntArray
from sim.model.plan import Plan
from sim.model.rules import results
from sim.model.spec import CrewState


@dataclass(frozen=True)
class StageRow:
    """Result of one crew on one stage.

    Attributes:
        crew: its index.
        place: from 1; None if it did not complete the special.
        seconds: of the special, attributed ones included.
        gap_s: seconds behind the winner, sporting penalties included; None if it did not complete the special.
        penalty_s: all penalties of the day.
        day: the accounts of its day.
    """

    crew: int
    place: int | None
    seconds: int
    gap_s: int | None
    penalty_s: int
    day: Day


@dataclass(frozen=True)
class OverallRow:
    """Standing of one crew after a stage, or at the end.

    Attributes:
        crew: its index.
        rank: from 1; None if it has retired.
        total_s: counted seconds plus penalties; of a retired crew, up to its retirement.
        gap_s: seconds behind the leader; None if it has retired.
        penalty_s: penalties in the total.
    """

    crew: int
    rank: int | None
    total_s: int
    gap_s: int | None
    penalty_s: int


def stage_result(replay: Replay, stage: int) -> list[StageRow]:
    """Result of a stage (by index): those who completed it by place, then the others by race number."""
    place = replay.outcomes.positions[0, :, stage]
    days = {crew: day for (s, crew), day in replay.days.items() if s == stage}
    counted = [day.seconds + day.sporting_s for crew, day in days.items() if place[crew] > 0]
    best = min(counted, default=0)
    rows = [
        StageRow(
            crew=crew,
            place=int(place[crew]) or None,
            seconds=day.seconds,
            gap_s=day.seconds + day.sporting_s - best if place[crew] > 0 else None,
            penalty_s=day.penalty_s,
            day=day,
        )
        for crew, day in days.items()
    ]
    return sorted(rows, key=lambda row: (row.place is None, row.place or 0, row.crew))


def overall_after(replay: Replay, stage: int) -> list[OverallRow]:
    """Standings after a stage (by index): those in the rally by rank, then the retired by race number."""
    plan = replay.plan
    crews = [_account(replay, crew, stage) for crew in range(len(plan.crews))]
    totals, penalties, racing = (np.array(column) for column in zip(*crews, strict=True))
    return _ranked(totals, penalties, racing)


def final_result(replay: Replay) -> list[OverallRow]:
    """The final classification: the classified by rank, then the retired by race number."""
    outcomes = replay.outcomes
    return _ranked(outcomes.total_s[0], outcomes.penalty_s[0], outcomes.classified[0])


def retirement(replay: Replay, crew: int) -> tuple[int, Day] | None:
    """(stage index, day) on which a crew (by index) retired, None if it did not do so in this run."""
    return next(((s, day) for (s, c), day in sorted(replay.days.items()) if c == crew and day.retired), None)


def uncompleted_stages(replay: Replay, crew: int, until: int | None = None) -> list[str]:
    """Names of the counted specials that a crew (by index) did not complete, up to a stage (by index) or the end."""
    plan = replay.plan
    known = _state_of(plan, crew)
    before = list(known.uncompleted) if known else []
    run = [
        plan.stages[s].name
        for (s, c), day in sorted(replay.days.items())
        if c == crew and (until is None or s <= until) and plan.stages[s].spec.counted and not day.completed
    ]
    return before + run


def _account(replay: Replay, crew: int, stage: int) -> tuple[int, int, bool]:
    """(total, penalties, still racing?) of a crew after a stage."""
    plan = replay.plan
    known = _state_of(plan, crew)
    total = int(replay.drawn.total_s[crew])
    penalty, racing = (known.penalty_s, not known.retired) if known else (0, True)
    for (s, c), day in replay.days.items():
        if c != crew or s > stage:
            continue
        racing &= not day.retired
        if plan.stages[s].spec.counted:
            total += day.seconds + day.penalty_s
            penalty += day.penalty_s
    return total, penalty, racing


def _state_of(plan: Plan, crew: int) -> CrewState | None:
    return plan.state.crews.get(plan.crews[crew].car) if plan.state else None


def _ranked(totals: IntArray, penalties: IntArray, racing: BoolArray) -> list[OverallRow]:
    rank = results.standings(totals, racing)
    behind = results.behind_s(totals, racing)
    rows = [
        OverallRow(
            crew=crew,
            rank=int(rank[crew]) or None,
            total_s=int(totals[crew]),
            gap_s=int(behind[crew]) if racing[crew] else None,
            penalty_s=int(penalties[crew]),
        )
        for crew in range(len(totals))
    ]
    return sorted(rows, key=lambda row: (row.rank is None, row.rank or 0, row.crew))
