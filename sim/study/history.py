"""The pinned history against the official results: what follows from the rules, and is it what happened?

Each official fact becomes one row with a basis:

- *pinned*: the simulated value is a number of the script itself, or the difference of two such numbers of one stage.
  That is so for the time of a special which is the pinned driving time and nothing else, for a gap between two such
  times, for a total (and a gap in the totals) that consists of one such time only, for a stop that is a pinned repair,
  and for a penalty that is the stewards' entry. A pinned value says nothing about the rules and does not count.
- *follows*: the rules have made it: a time that contains a stop, a wait, damage or a limp, even if its parts are
  pinned; every place and start place, since the rules order; every total of more than one special; what an
  uncompleted special costs; whether a special is completed; the final status. Where a driving time was never
  published, the pinned one was chosen to fit such values: then a met row says that the rules agree with the facts.
- *cannot be compared*, with the reason.

A row is met if the simulated value is one that the sources allow: the published one where the fact is exact, else one
from `low` to `high` (both included, an open end is no limit). What the official result has and the run has not (the
time of a special that was not completed in it, say) is not met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.engine.day import Day
from sim.engine.replay import Replay
from sim.model.arrays import BoolArray
from sim.model.plan import Plan
from sim.model.rules import results
from sim.study.official import UNPUBLISHED, Fact, read_official
from sim.study.standings import overall_after

SCHEMA = "rally-history/1"

PINNED = "pinned"
FOLLOWS = "follows"
NOT_COMPARABLE = "cannot be compared"

Value = int | str | None


@dataclass(frozen=True)
class Row:
    """One official fact beside what the replay says.

    Attributes:
        stage, car, quantity: what it is about; totals and standings are those after the stage.
        official: the published value, None where only a bound or nothing is known.
        simulated: the value of the run, None if it has none.
        difference: simulated minus official; of a bound, the distance to what it allows (0 inside); None for words.
        basis: "pinned", "follows", or "cannot be compared: ..." with the reason.
        low, high: the least and the greatest value that the sources allow, both included; None is open.
        confidence: exact, inferred, rounded, bound, conflict or unpublished.
        met: is the simulated value one that the sources allow? None if it cannot be compared.
        source: keys of the sources.
    """

    stage: str
    car: str
    quantity: str
    official: Value
    simulated: Value
    difference: int | None
    basis: str
    low: int | None
    high: int | None
    confidence: str
    met: bool | None
    source: str

    def bound_text(self, text: Callable[[int], str] = str) -> str:
        """What the sources allow, in words: ">= 12600"; `text` writes a number."""
        if self.low is None:
            return "" if self.high is None else f"<= {text(self.high)}"
        return f">= {text(self.low)}" if self.high is None else f"{text(self.low)} to {text(self.high)}"


@dataclass(frozen=True)
class Summary:
    """How many rows are of which kind; all but `pinned_wrong` add up to all of them.

    Attributes:
        pinned: rows that do not count.
        pinned_wrong: those among them whose pin is not the official value: errors of the scenario.
        met, missed: rows that follow from the rules, by whether they are what happened.
        not_comparable: rows that cannot be compared.
    """

    pinned: int
    pinned_wrong: int
    met: int
    missed: int
    not_comparable: int


def compare(plan: Plan, replay: Replay, official_csv: Path) -> list[Row]:
    """Compare a replay of `plan` with the official results, row by row of their file.

    Raises ScenarioError if the file of results is malformed, OSError if it cannot be read.
    """
    run = _Run(plan, replay)
    return [_row(run, fact) for fact in read_official(official_csv)]


def summary(rows: Iterable[Row]) -> Summary:
    """Count the rows by basis and by whether they are met."""
    kinds = [(row.basis, row.met) for row in rows]
    return Summary(
        pinned=sum(basis == PINNED for basis, _ in kinds),
        pinned_wrong=kinds.count((PINNED, False)),
        met=kinds.count((FOLLOWS, True)),
        missed=kinds.count((FOLLOWS, False)),
        not_comparable=sum(met is None for _, met in kinds),
    )


def history_json(rows: Iterable[Row]) -> dict[str, Any]:
    """The comparison as a JSON document; where only a bound is published, `official` is ">= 12600", say."""
    return {
        "schema": SCHEMA,
        "rows": [
            {
                "stage": row.stage,
                "car": row.car,
                "quantity": row.quantity,
                "official": row.bound_text() or None if row.official is None else row.official,
                "simulated": row.simulated,
                "difference": row.difference,
                "basis": row.basis,
            }
            for row in rows
        ],
    }


def _row(run: _Run, fact: Fact) -> Row:
    simulated, basis, met = _judged(run, fact)
    return Row(
        stage=fact.stage,
        car=fact.car,
        quantity=fact.quantity,
        official=fact.value,
        simulated=simulated,
        difference=_difference(fact, simulated),
        basis=basis,
        low=fact.low,
        high=fact.high,
        confidence=fact.confidence,
        met=met,
        source=fact.source,
    )


def _judged(run: _Run, fact: Fact) -> tuple[Value, str, bool | None]:
    """(simulated value, basis, met?) of a fact."""
    why = run.why_not(fact)
    if why:
        return None, f"{NOT_COMPARABLE}: {why}", None
    stage, crew = run.stages.index(fact.stage), run.cars.index(fact.car)
    simulated = _VALUES[fact.quantity](run, stage, crew)
    pinned = fact.quantity in _PINNED and _PINNED[fact.quantity](run, stage, crew)
    return simulated, PINNED if pinned else FOLLOWS, _met(fact, simulated)


def _met(fact: Fact, simulated: Value) -> bool:
    if simulated is None:
        return False
    if isinstance(simulated, str) or fact.confidence == "exact" or (fact.low is None and fact.high is None):
        return simulated == fact.value
    return _beyond(fact, simulated) == 0


def _difference(fact: Fact, simulated: Value) -> int | None:
    if not isinstance(simulated, int):
        return None
    return simulated - fact.value if isinstance(fact.value, int) else _beyond(fact, simulated)


def _beyond(fact: Fact, simulated: int) -> int:
    """How far a value lies outside what the sources allow, negative below it."""
    low = simulated if fact.low is None else fact.low
    high = simulated if fact.high is None else fact.high
    return min(simulated - low, 0) + max(simulated - high, 0)


class _Run:
    """What a replay says, by (stage, crew) index.

    Attributes:
        stages, cars: names, in the order of the plan.
        positions: place on the special, 0 if it was not completed.
        totals: counted seconds and penalties after the stage.
        ranks: standing after the stage, 0 once retired.
    """

    def __init__(self, plan: Plan, replay: Replay) -> None:
        self.plan, self.replay = plan, replay
        self.stages = [stage.name for stage in plan.stages]
        self.cars = [crew.car for crew in plan.crews]
        self.positions = replay.outcomes.positions[0].T
        self.totals = np.zeros((len(self.stages), len(self.cars)), dtype=np.int64)
        self.ranks = np.zeros_like(self.totals)
        for stage in plan.stages[plan.first_stage :]:
            for row in overall_after(replay, stage.index):
                self.totals[stage.index, row.crew] = row.total_s
                self.ranks[stage.index, row.crew] = row.rank or 0

    def day(self, stage: int, crew: int) -> Day | None:
        """The crew's day, None if it was out of the rally."""
        return self.replay.days.get((stage, crew))

    def why_not(self, fact: Fact) -> str:
        """Why a fact cannot be compared with this run; "" if it can."""
        if fact.stage not in self.stages:
            return f"the scenario has no stage {fact.stage}"
        if fact.car not in self.cars:
            return f"the scenario has no car {fact.car}"
        if self.stages.index(fact.stage) < self.plan.first_stage:
            return "the run begins after this stage"
        return "not published" if fact.confidence == UNPUBLISHED else ""

    def start_place(self, stage: int, crew: int) -> int | None:
        """Place in the start list of the class."""
        day = self.day(stage, crew)
        if day is None:
            return None
        return 1 + sum(other.slot < day.slot for (s, _), other in self.replay.days.items() if s == stage)

    def seconds(self, stage: int, crew: int) -> int | None:
        """Time of a completed special."""
        day = self.day(stage, crew)
        return day.seconds if day is not None and day.completed else None

    def place(self, stage: int, crew: int) -> int | None:
        """Place on the special, None if it was not completed."""
        return int(self.positions[stage, crew]) or None

    def winner(self, stage: int) -> int | None:
        """The crew that won the special."""
        return _only(self.positions[stage] == 1)

    def in_front(self, stage: int, crew: int) -> int | None:
        """The crew that was one place better on the special."""
        place = self.place(stage, crew)
        return _only(self.positions[stage] == place - 1) if place is not None and place > 1 else None

    def gap(self, stage: int, crew: int, ahead: int | None) -> int | None:
        """Seconds behind another crew on the special, sporting penalties included."""
        if ahead is None or self.place(stage, crew) is None:
            return None
        own, other = self.replay.days[stage, crew], self.replay.days[stage, ahead]
        return own.seconds + own.sporting_s - other.seconds - other.sporting_s

    def penalty(self, stage: int, crew: int) -> int | None:
        """All penalties of the day."""
        day = self.day(stage, crew)
        return None if day is None else day.penalty_s

    def completed(self, stage: int, crew: int) -> int:
        """1 if the special was completed, else 0."""
        return int(self.place(stage, crew) is not None)

    def uncompleted_cost(self, stage: int, crew: int) -> int | None:
        """Attributed time and penalties of a special that was not completed."""
        day = self.day(stage, crew)
        return None if day is None or day.completed else day.seconds + day.penalty_s

    def stopped(self, stage: int, crew: int) -> int | None:
        """Seconds of repairs to the car and of waits for help."""
        day = self.day(stage, crew)
        return None if day is None else day.repair_s + day.waiting_s

    def total(self, stage: int, crew: int) -> int | None:
        """Total after the stage, None once retired."""
        return int(self.totals[stage, crew]) if self.ranks[stage, crew] else None

    def leader(self, stage: int) -> int | None:
        """The crew that leads after the stage."""
        return _only(self.ranks[stage] == 1)

    def total_gap(self, stage: int, crew: int) -> int | None:
        """Seconds behind the leader after the stage, None once retired."""
        leader = self.leader(stage)
        if leader is None or not self.ranks[stage, crew]:
            return None
        return int(self.totals[stage, crew] - self.totals[stage, leader])

    def rank(self, stage: int, crew: int) -> int | None:
        """Standing after the stage, None once retired."""
        return int(self.ranks[stage, crew]) or None

    def status(self, crew: int) -> str:
        """Status at the end of the rally."""
        return results.Status(int(self.replay.outcomes.status[0, crew])).name.lower()

    def time_pinned(self, stage: int, crew: int) -> bool:
        """Is the time of the special the pinned driving time and nothing else?"""
        seconds = self.seconds(stage, crew)
        return seconds is not None and seconds == self.plan.driving_s.get((stage, crew))

    def gap_pinned(self, stage: int, crew: int, ahead: int | None) -> bool:
        """Is a gap the difference of two pinned times?"""
        return self.time_pinned(stage, crew) and ahead is not None and self.time_pinned(stage, ahead)

    def stop_pinned(self, stage: int, crew: int) -> bool:
        """Are the stops the pinned repairs and nothing else?"""
        repairs = [happening.repair_s or 0 for _, happening in self.plan.happenings.get((stage, crew), ())]
        return bool(repairs) and sum(repairs) == self.stopped(stage, crew)

    def total_pinned(self, stage: int, crew: int) -> bool:
        """Is a total one pinned time and nothing else?"""
        counted = [other.index for other in self.plan.stages[: stage + 1] if other.spec.counted]
        return counted == [stage] and self.time_pinned(stage, crew) and not self.penalty(stage, crew)

    def total_gap_pinned(self, stage: int, crew: int) -> bool:
        """Is a gap in the totals the difference of two pinned times?"""
        leader = self.leader(stage)
        return leader is not None and self.total_pinned(stage, crew) and self.total_pinned(stage, leader)

    def penalty_pinned(self, stage: int, crew: int) -> bool:
        """Are the penalties of the day those of the stewards and nothing else?"""
        given = self.plan.penalties.get((stage, crew), ())
        return bool(given) and sum(penalty.seconds for penalty in given) == self.penalty(stage, crew)


def _only(chosen: BoolArray) -> int | None:
    """The index of the one crew that is chosen, None if there is none."""
    found = np.flatnonzero(chosen)
    return int(found[0]) if len(found) else None


_VALUES: dict[str, Callable[[_Run, int, int], Value]] = {
    "start_place": _Run.start_place,
    "stage_time_s": _Run.seconds,
    "stage_gap_s": lambda run, stage, crew: run.gap(stage, crew, run.winner(stage)),
    "stage_gap_ahead_s": lambda run, stage, crew: run.gap(stage, crew, run.in_front(stage, crew)),
    "stage_position": _Run.place,
    "stage_penalty_s": _Run.penalty,
    "completed": _Run.completed,
    "stopped_s": _Run.stopped,
    "uncompleted_cost_s": _Run.uncompleted_cost,
    "total_s": _Run.total,
    "total_gap_s": _Run.total_gap,
    "standing": _Run.rank,
    "status": lambda run, _, crew: run.status(crew),
}
"""What the run says of each quantity."""

_PINNED: dict[str, Callable[[_Run, int, int], bool]] = {
    "stage_time_s": _Run.time_pinned,
    "stage_gap_s": lambda run, stage, crew: run.gap_pinned(stage, crew, run.winner(stage)),
    "stage_gap_ahead_s": lambda run, stage, crew: run.gap_pinned(stage, crew, run.in_front(stage, crew)),
    "stage_penalty_s": _Run.penalty_pinned,
    "stopped_s": _Run.stop_pinned,
    "total_s": _Run.total_pinned,
    "total_gap_s": _Run.total_gap_pinned,
}
"""Whether that is a number of the script; it never is for the quantities that are not here."""
