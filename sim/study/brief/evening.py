"""The brief of an evening, from the plan of the rally as it stands: everything in it, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.model.plan import CrewPlan, Plan
from sim.model.rules import results
from sim.model.units import MINUTE_S
from sim.study.brief import variants
from sim.study.brief.halts import halts
from sim.study.brief.lead import BackingOff, backing_off, win_gain
from sim.study.brief.night import Job, Night, night_of
from sim.study.brief.wear import fails_by, saved_by_new
from sim.study.contingency.penalty import penalty_of
from sim.study.contingency.timetable import timetable
from sim.study.errors import StudyError
from sim.study.estimates import Estimate
from sim.study.executors import Pool
from sim.study.paired import Question, Watched, gain, minutes, share, watch
from sim.study.run import in_order

PACES = (0.98, 1.02)
"""Pace orders that are tried against the one in force, from tomorrow to the finish."""
CAUSES = 3
"""So many causes of tomorrow's risk are told of each car."""


@dataclass(frozen=True)
class Chance:
    """A chance tonight, and by how much it is greater than it was yesterday; None where that is not known."""

    now: Estimate
    change: Estimate | None


@dataclass(frozen=True)
class Cause:
    """A part whose risk of tomorrow a new one would lessen: points of its chance to fail, and minutes of the stage."""

    mode: str
    less: float
    minutes: float


@dataclass(frozen=True)
class Pace:
    """What a pace order from tomorrow to the finish does: minutes gained and by how much the odds are greater.

    `order` is a factor of the order in force; a win is one over the others as they drive without it.
    """

    order: float
    minutes: Estimate | None
    classified: Estimate
    win: Estimate


@dataclass(frozen=True)
class Joker:
    """What a special costs tomorrow that is not completed.

    Attributes:
        left: jokers.
        cost_s: seconds over a clean run.
        classified: by how much the chance to be classified falls with one joker less; None if none is left.
    """

    left: int
    cost_s: int
    classified: Estimate | None


@dataclass(frozen=True)
class CarBrief:
    """One car that is in the race.

    Attributes:
        car, driver: who.
        classified, win, podium: in the end.
        halt, uncompleted: chances of tomorrow.
        late: chance to lose time or the start by lateness on the day after tomorrow.
        causes: what a new part would do, the most minutes first.
        paces: see `PACES`.
        back_off: the lead from which backing off (the last of `PACES`) pays, and the lead as it stands, in seconds.
    """

    car: str
    driver: str
    classified: Chance
    win: Chance
    podium: Chance
    halt: Estimate
    uncompleted: Estimate
    late: Estimate
    causes: tuple[Cause, ...]
    paces: tuple[Pace, ...]
    back_off: BackingOff
    lead_s: int
    joker: Joker


@dataclass(frozen=True)
class Spare:
    """One part more or less on board of every car.

    Attributes:
        mode, kg: which part, and its weight.
        change: +1 or -1.
        classified: by how much the chance to be classified is greater, by car.
        all_classified, all_completed: the same, and for the chance to complete tomorrow's special, on the average of
            the cars.
    """

    mode: str
    kg: float
    change: int
    classified: Mapping[str, Estimate]
    all_classified: Estimate
    all_completed: Estimate


@dataclass(frozen=True)
class Deferred:
    """An open job, and what it is worth to have it done: chance to be classified, and minutes."""

    job: Job
    classified: Estimate
    minutes: Estimate | None


@dataclass(frozen=True)
class Part:
    """Cars whose part of a mode is equally old.

    Attributes:
        mode: name of the mode.
        cars: the cars.
        km, life_km: wear-kilometres of the part, and the scale of its life.
        rest_day, finish: chance that it fails before the night of the rest day is over, None if that has passed, and
            before the finish.
    """

    mode: str
    cars: tuple[str, ...]
    km: float
    life_km: float
    rest_day: float | None
    finish: float


@dataclass(frozen=True)
class Brief:
    """Everything that a team looks at on an evening; see the attributes of its parts."""

    plan: Plan
    note: str
    cars: tuple[CarBrief, ...]
    night: Night | None
    jobs: tuple[Deferred, ...]
    spares: tuple[Spare, ...]
    parts: tuple[Part, ...]
    n: int


Key = tuple[object, ...]


def brief_of(
    plan: Plan, yesterday: Plan | None, note: str, n: int, seed: int, pool: Pool, on_done: Callable[[], None]
) -> Brief:
    """The brief from n rallies of each of `runs`; `on_done` is called after each.

    `yesterday` is the plan of the evening before, if there is one, `note` what has happened since.

    Raises StudyError if the rally is over or draws nothing, and what `sim.study.run.in_order` raises.
    """
    if plan.scripted_only:
        raise StudyError('a deterministic run (script.unscripted = "median") has no odds: give a scenario that draws')
    if plan.first_stage >= len(plan.stages):
        raise StudyError("the rally is over: there is no tomorrow to be briefed on")
    question = Question(plan, plan.first_stage, seed, n)
    changed = runs(plan, yesterday)
    seen: dict[Key, Watched] = {}
    questions = (replace(question, plan=other) for other in changed.values())
    for key, watched in zip(changed, in_order(watch, questions, pool), strict=True):
        seen[key] = watched
        on_done()
    (stopped,) = in_order(halts, [question], pool)
    on_done()
    there = [crew for crew in plan.crews if not _is_out(plan, crew)]
    night = night_of(plan, seed, n)
    return Brief(
        plan=plan,
        note=note,
        cars=tuple(_car(plan, crew, seen, share(stopped.stopped[:, crew.index])) for crew in there),
        night=night,
        jobs=tuple(_deferred(plan, job, seen) for job in (night.jobs if night else ())),
        spares=tuple(_spare(plan, key, seen, there) for key in seen if key[0] == "part"),
        parts=tuple(_parts(plan, there)),
        n=n,
    )


def runs(plan: Plan, yesterday: Plan | None) -> dict[Key, Plan]:
    """The plans that a brief compares, by what is changed in them."""
    found: dict[Key, Plan] = {("base",): plan}
    if yesterday is not None:
        found["yesterday",] = yesterday
    found |= {("pace", order): variants.with_pace(plan, order) for order in PACES}
    if plan.rally.regulations.jokers > 0:
        found["joker",] = variants.without_a_joker(plan)
    for car, state in plan.state.crews.items() if plan.state else ():
        if not state.retired:
            found |= {("job", car, mode): variants.with_job_done(plan, car, mode) for mode in state.damage}
    return found | {("part", mode, change): variants.with_parts(plan, mode, change) for mode, change in _loads(plan)}


def _loads(plan: Plan) -> Iterator[tuple[int, int]]:
    """Parts of which every car may carry one more or one less tomorrow: none if the night is spent in the refuge.

    One more must not be too heavy for any of them.
    """
    if plan.stages[plan.first_stage].ends_marathon:
        return
    limit_kg = plan.rally.regulations.spares_kg
    for mode, spec in enumerate(plan.modes.specs):
        if spec.needs_part and spec.part_kg > 0.0:
            if limit_kg is None or variants.heaviest_kg(plan) + spec.part_kg <= limit_kg:
                yield mode, 1
            if any(variants.on_board(plan, crew, mode) for crew in plan.crews):
                yield mode, -1


def _is_out(plan: Plan, crew: CrewPlan) -> bool:
    return plan.state is not None and plan.state.crews[crew.car].retired


def _car(plan: Plan, crew: CrewPlan, seen: Mapping[Key, Watched], halt: Estimate) -> CarBrief:
    base, before, i = seen["base",], seen.get(("yesterday",)), crew.index

    def chance(hits: Callable[[Watched], np.ndarray]) -> Chance:
        now = hits(base)
        return Chance(share(now), gain(now, hits(before)) if before else None)

    lead_s = _lead_s(plan, crew)
    return CarBrief(
        car=crew.car,
        driver=crew.spec.driver,
        classified=chance(lambda run: run.classified[:, i]),
        win=chance(lambda run: run.rank[:, i] == 1),
        podium=chance(lambda run: (run.rank[:, i] > 0) & (run.rank[:, i] <= 3)),
        halt=halt,
        uncompleted=share(~base.completed[:, i]),
        late=share(base.late[:, i]),
        causes=_causes(plan, crew, base),
        paces=tuple(_pace(order, seen["pace", order], base, i) for order in PACES),
        back_off=backing_off(base, seen["pace", PACES[-1]], i, lead_s),
        lead_s=lead_s,
        joker=_joker(plan, crew, seen),
    )


def _causes(plan: Plan, crew: CrewPlan, base: Watched) -> tuple[Cause, ...]:
    """The parts of which a new one would save most minutes tomorrow: points of the chance to fail times what it costs.

    A failure costs what it costs all cars on the stage on the average.
    """
    found = []
    for mode in np.flatnonzero(plan.modes.is_part).tolist():
        less, times = saved_by_new(plan, crew.index, mode), int(base.spoilt[:, mode].sum())
        if less > 0.0 and times:
            cost_min = float(base.lost_s[:, mode, 0].sum()) / times / MINUTE_S
            found.append(Cause(plan.modes.names[mode], less, less * cost_min))
    return tuple(sorted(found, key=lambda cause: -cause.minutes)[:CAUSES])


def _pace(order: float, run: Watched, base: Watched, crew: int) -> Pace:
    slower = minutes(base.of(crew), run.of(crew))
    return Pace(order, slower, gain(run.classified[:, crew], base.classified[:, crew]), win_gain(base, run, crew))


def _lead_s(plan: Plan, crew: CrewPlan) -> int:
    """Seconds by which a crew leads the best of the others as the run begins, < 0 if it is behind; medians."""
    totals = np.median(plan.drawn.total_s, axis=0)
    others = [totals[other.index] for other in plan.crews if other.index != crew.index and not _is_out(plan, other)]
    return round(float(min(others) - totals[crew.index])) if others else 0


def _joker(plan: Plan, crew: CrewPlan, seen: Mapping[Key, Watched]) -> Joker:
    used = len(plan.state.crews[crew.car].uncompleted) if plan.state else 0
    left = plan.rally.regulations.jokers - used
    times = timetable(plan, plan.stages[plan.first_stage], crew)
    cost = penalty_of(plan, times, None).cost_s(times.at(times.stage.track.length_km / 2))
    less = seen.get(("joker",))
    lost = gain(less.classified[:, crew.index], seen["base",].classified[:, crew.index]) if less else None
    return Joker(left, cost, None if results.excluded(used, plan.rally.regulations.jokers - 1) else lost)


def _deferred(plan: Plan, job: Job, seen: Mapping[Key, Watched]) -> Deferred:
    base, done = seen["base",], seen["job", job.car, job.mode]
    i = next(crew.index for crew in plan.crews if crew.car == job.car)
    return Deferred(job, gain(done.classified[:, i], base.classified[:, i]), minutes(base.of(i), done.of(i)))


def _spare(plan: Plan, key: Key, seen: Mapping[Key, Watched], there: list[CrewPlan]) -> Spare:
    _, mode, change = key
    assert isinstance(mode, int)
    assert isinstance(change, int)
    base, run, spec = seen["base",], seen[key], plan.modes.specs[mode]
    cars = [crew.index for crew in there]
    return Spare(
        mode=plan.modes.names[mode],
        kg=spec.part_kg,
        change=change,
        classified={c.car: gain(run.classified[:, c.index], base.classified[:, c.index]) for c in there},
        all_classified=gain(run.classified[:, cars], base.classified[:, cars]),
        all_completed=gain(run.completed[:, cars], base.completed[:, cars]),
    )


def _parts(plan: Plan, there: list[CrewPlan]) -> Iterator[Part]:
    """The parts of all cars, those together that are alike; the likeliest to fail first."""
    rest = next((s.index for s in plan.stages[plan.first_stage :] if s.spec.night == "rest_day"), None)
    found = []
    for mode in np.flatnonzero(plan.modes.is_part).tolist():
        life = float(np.median(plan.drawn.scale_km[:, mode]))
        alike: dict[tuple[float, float | None, float], list[str]] = {}
        for crew in there:
            by_rest = None if rest is None else round(fails_by(plan, crew.index, mode, rest), 6)
            by_finish = round(fails_by(plan, crew.index, mode, len(plan.stages) - 1), 6)
            alike.setdefault((float(plan.ages_km[crew.index, mode]), by_rest, by_finish), []).append(crew.car)
        name = plan.modes.names[mode]
        found += [Part(name, tuple(cars), key[0], life, key[1], key[2]) for key, cars in alike.items()]
    yield from sorted(found, key=lambda part: -part.finish)
