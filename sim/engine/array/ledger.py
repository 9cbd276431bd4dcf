"""The books of a block of replications: days, totals, jokers and retirements, and what comes out of them.

Arrays by car have shape (C * N,): car c of replication r is unit c * N + r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from sim.engine.array.runs import NO_TIME
from sim.engine.outcomes import OTHER_CAUSES, Losses, Outcomes
from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray
from sim.model.plan import Plan, StagePlan
from sim.model.plan.opening import was_completed
from sim.model.rules import results

AnyArray = TypeVar("AnyArray", FloatArray, IntArray, BoolArray)


@dataclass
class Day:
    """What U cars do on one stage, arrays of shape (U,); of a car that is not listed nothing counts.

    Attributes:
        listed: is it in the start list?
        starts: does it start?
        slot: second of the rally clock of its place in the start list.
        start: second at which it starts, behind the slot by its lateness.
        factor: driving time in daylight over the nominal one, limps left aside, but for those that the pace of a
            formation contains.
        order: pace order in force; it is part of the factor, and wears the car.
        pinned: does the factor come from a pinned driving time, which no night slows?
        formation: does it drive in formation?
        seconds: result of the special or the time attributed for it, 0 until it is known.
        penalty: seconds of all penalties of the day, the sporting ones included.
        sporting: seconds of those that count for the next start list.
        completed: was the special completed within its time?
        cause: why it was not completed, or what ended the rally of the car: an index into the causes of the outcomes,
            -1 for neither.
        retires: does the rally of the crew end on this stage?
    """

    listed: BoolArray
    starts: BoolArray
    slot: IntArray
    start: IntArray
    factor: FloatArray
    order: FloatArray
    pinned: BoolArray
    formation: BoolArray
    seconds: IntArray = field(init=False)
    penalty: IntArray = field(init=False)
    sporting: IntArray = field(init=False)
    completed: BoolArray = field(init=False)
    cause: IndexArray = field(init=False)
    retires: BoolArray = field(init=False)

    def __post_init__(self) -> None:
        """Nothing has happened yet."""
        units = len(self.listed)
        self.seconds, self.penalty, self.sporting = (np.zeros(units, dtype=np.int64) for _ in range(3))
        self.completed, self.retires = (np.zeros(units, dtype=np.bool_) for _ in range(2))
        self.cause = np.full(units, -1, dtype=np.intp)


class Ledger:
    """What is booked for every car.

    Attributes:
        total, penalty: counted seconds and penalties so far (the second is part of the first), shape (U,).
        uncompleted: specials not completed so far, shape (U,).
        retire_at: second at which the car is out of the rally, NO_TIME while it is in it, shape (U,).
        retired_km: km of the rally at which it retired, infinite if it did not, shape (U,).
    """

    def __init__(self, plan: Plan, first: int, draw: IndexArray) -> None:
        """`draw` is the draw of the parameters in which each replication lives."""
        self.plan, self.first, self.rows, self.crews = plan, first, len(draw), len(plan.crews)
        self._stage_ends = plan.stage_ends
        known = [None if plan.state is None else plan.state.crews[crew.car] for crew in plan.crews]
        self.total = plan.drawn.total_s[draw].T.reshape(-1)
        self.penalty = self._by_crew([state.penalty_s if state else 0 for state in known])
        self.uncompleted = self._by_crew([len(state.uncompleted) if state else 0 for state in known])
        out = self._by_crew([int(state is not None and state.retired) for state in known]) > 0
        self.retire_at = np.where(out, -NO_TIME, NO_TIME)
        self.retired_km = np.where(out, self._stage_ends[plan.first_stage], np.inf)
        shape = (len(plan.stages), len(self.total))
        self._seconds, self._sporting = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        self._completed = np.zeros(shape, dtype=np.bool_)
        self._losses = [(np.zeros(0, dtype=np.intp), np.zeros(0), *(np.zeros(0, dtype=np.bool_),) * 2)]

    @property
    def _cells(self) -> tuple[int, int, int, int]:
        """How many (replications, crews, stages, causes) there are: a loss has one number for all four."""
        return self.rows, self.crews, len(self.plan.stages), len(self.plan.modes) + len(OTHER_CAUSES)

    def blame(self, lost: FloatArray) -> IndexArray:
        """What cost most time on the special, else the pace itself; `lost` has shape (causes, n)."""
        return np.where((lost > 0).any(axis=0), lost.argmax(axis=0), self.plan.over_time)

    def fail_special(
        self,
        stage: StagePlan,
        day: Day,
        units: IndexArray,
        cause: IndexArray,
        lost_s: IntArray | int,
        when: IntArray,
    ) -> FloatArray:
        """The special is not completed: attributed time, penalties, a joker; returns what it costs over a clean run.

        `lost_s` is the time of the cars that started until they were back, `when` when it was known.
        """
        plan = self.plan
        plus_lost = plan.rally.regulations.uncompleted == "time_lost_plus_fixed"
        started = day.starts[units]
        lost = np.where(started, lost_s, stage.allowed_s)
        day.cause[units] = cause
        day.seconds[units] = results.attributed_s(np.full(len(units), stage.allowed_s), lost, plus_lost=plus_lost)
        day.penalty[units] += plan.fixed_penalty_s + np.where(started, 0, plan.no_start_penalty_s)
        known = np.where(started, np.minimum(when, self.closes_at(stage)), stage.first_departure)
        self.book(stage, day, units, known)
        clean = day.factor[units] * stage.track.nominal_s
        return np.asarray(day.seconds[units] + day.penalty[units] - clean)

    def lose(self, stage: StagePlan, day: Day, units: IndexArray, causes: IndexArray, seconds: FloatArray) -> None:
        """File losses of cars on one stage, shape (n,); the cause of a special not completed is always filed."""
        ends = day.cause[units] == causes
        kept = day.listed[units] & (
            ((seconds != 0.0) & stage.spec.counted) | (ends & (day.retires[units] | stage.spec.counted))
        )
        units, causes, ends = units[kept], causes[kept], ends[kept]
        crew, row = np.divmod(units, self.rows)
        self._losses.append(
            (
                np.ravel_multi_index((row, crew, np.full(len(units), stage.index), causes), self._cells),
                seconds[kept] * stage.spec.counted,
                ends & ~day.completed[units] & stage.spec.counted,
                ends & day.retires[units],
            )
        )

    def book(self, stage: StagePlan, day: Day, units: IndexArray, when: IntArray) -> None:
        """Add decided days to the totals, and retire crews that are out of jokers; `when` is when it is known."""
        if not stage.spec.counted:
            return
        self.total[units] += day.seconds[units] + day.penalty[units]
        self.penalty[units] += day.penalty[units]
        failed = ~day.completed[units]
        self.uncompleted[units[failed]] += 1
        out = failed & results.excluded(self.uncompleted[units], self.plan.rally.regulations.jokers)
        self.retire(stage, day, units[out], when[out], np.full(int(out.sum()), stage.track.length_km))

    def retire(self, stage: StagePlan, day: Day, units: IndexArray, when: IntArray, km: FloatArray) -> None:
        """Leave the rally at a second and a km of a special."""
        day.retires[units] = True
        self.retire_at[units] = np.minimum(self.retire_at[units], when)
        self.retired_km[units] = self._stage_ends[stage.index] + km

    def close_stage(self, stage: StagePlan, day: Day) -> IndexArray:
        """File the day; returns the crews in the order of the next start list, shape (C, N)."""
        self._seconds[stage.index] = np.where(day.listed, day.seconds, 0)
        self._sporting[stage.index] = np.where(day.listed, day.sporting, 0)
        self._completed[stage.index] = day.completed
        order = results.stage_order(self.table(day.seconds), self.table(day.sporting), self.table(day.completed))
        return order.T

    def closes_at(self, stage: StagePlan) -> int:
        """When race control closes the results of a stage; never, after the last one."""
        later = self.plan.stages[stage.index + 1 :]
        return later[0].first_departure if later else NO_TIME

    def outcomes(self) -> Outcomes:
        """What came out."""
        plan = self.plan
        for crew in plan.crews:
            for stage in plan.stages[: plan.first_stage]:
                self._completed[stage.index, self.of(crew.index)] = was_completed(plan, crew.index, stage.index)
        return Outcomes(
            cars=tuple(crew.car for crew in plan.crews),
            stages=tuple(stage.name for stage in plan.stages),
            counted=tuple(stage.spec.counted for stage in plan.stages),
            causes=(*plan.modes.names, *OTHER_CAUSES),
            replication=np.arange(self.first, self.first + self.rows),
            status=results.final_status(self.table(self.uncompleted), self.table(self.retire_at < NO_TIME)),
            total_s=self.table(self.total),
            penalty_s=self.table(self.penalty),
            stage_s=self._by_stage(self._seconds),
            sporting_s=self._by_stage(self._sporting),
            completed=self._by_stage(self._completed),
            retired_km=self.table(self.retired_km),
            losses=self._all_losses(),
        )

    def _all_losses(self) -> Losses:
        """What was filed, by replication, crew, stage and cause."""
        keys, lost_s, uncompleted, retired = (np.concatenate(column) for column in zip(*self._losses, strict=True))
        order = np.argsort(keys)
        row, crew, stage, cause = np.unravel_index(keys[order], self._cells)
        return Losses(row, crew, stage, cause, lost_s[order], uncompleted[order], retired[order])

    def table(self, values: AnyArray) -> AnyArray:
        """An array by car as (N, C)."""
        return values.reshape(self.crews, self.rows).T

    def _by_stage(self, values: AnyArray) -> AnyArray:
        """An array by stage and car as (N, C, S)."""
        return np.ascontiguousarray(values.reshape(-1, self.crews, self.rows).transpose(2, 1, 0))

    def of(self, crew: int) -> IndexArray:
        """The cars of a crew."""
        return np.arange(crew * self.rows, (crew + 1) * self.rows)

    def _by_crew(self, values: Sequence[int]) -> IntArray:
        """One value a crew, for all its cars."""
        return np.repeat(np.array(values, dtype=np.int64), self.rows)
