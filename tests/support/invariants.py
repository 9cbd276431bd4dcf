"""What must hold in every rally, however it went: accounting identities and the order of things.

`broken_rules` returns one sentence for each violation, so that a test can say `assert broken_rules(race) == []`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

import numpy as np

from sim.engine.day import Day
from sim.engine.journal import Entry, Kind
from sim.engine.replay import Replay
from sim.model.plan import StagePlan
from sim.model.rules.results import Status

SERVICES = (Kind.HAND_OVER, Kind.STAY, Kind.TRUCK)
WAIT_ENDS = (*SERVICES, Kind.CLOSED, Kind.WITHDRAW)
STOPS = (Kind.DELAY, Kind.REPAIR, Kind.SERVICE, *SERVICES)
"""What holds a car or a truck at its place until it ends."""
_MILESTONES = {
    Kind.START: 0,
    Kind.FINISH: 1,
    Kind.OVER_TIME: 1,
    Kind.RECOVERY: 1,
    Kind.WRECK: 1,
    Kind.ARRIVE: 2,
}


def broken_rules(race: Replay) -> list[str]:
    """Everything that is wrong with a rally."""
    checks = (
        _results,
        _specials,
        _starts,
        _ranks,
        _rows,
        _milestones,
        _places,
        _stops,
        _waits,
        _spares,
        _trucks,
        _bays,
    )
    return [f"{check.__name__[1:]}: {problem}" for check in checks for problem in check(race)]


def _days(race: Replay, crew: int) -> list[tuple[int, Day]]:
    return sorted((stage, day) for (stage, c), day in race.days.items() if c == crew)


def _results(race: Replay) -> Iterator[str]:
    """Every crew is finished, rejoined or retired; its total is made of counted seconds and penalties."""
    out, stages = race.outcomes, race.plan.stages
    for crew, car in enumerate(out.cars):
        days = _days(race, crew)
        counted = [day for stage, day in days if stages[stage].spec.counted]
        booked = [day for day in counted if day.completed or day.seconds > 0]
        retired = [stage for stage, day in days if day.retired]
        uncompleted = sum(not day.completed for day in booked)
        if retired and (len(retired) > 1 or retired[0] != days[-1][0]):
            yield f"{car} goes on after its retirement on stage {retired}"
        if not retired and len(days) != len(stages):
            yield f"{car} is not retired and has {len(days)} days of {len(stages)}"
        wrecked = any(e.car == car and e.kind is Kind.WRECK for e in race.journal)
        jokers = race.plan.rally.regulations.jokers
        if (uncompleted > jokers) != (bool(retired) and not (wrecked and uncompleted <= jokers)):
            yield f"{car} has {uncompleted} uncompleted specials with {jokers} jokers, retired: {retired}"
        expected = Status.RETIRED if retired else Status.REJOINED if uncompleted else Status.FINISHED
        if out.status[0, crew] != expected:
            yield f"{car} has status {out.status[0, crew]}, its days say {expected}"
        penalties = sum(day.penalty_s for day in booked)
        total = sum(day.seconds for day in booked) + penalties
        if (out.total_s[0, crew], out.penalty_s[0, crew]) != (total, penalties):
            yield f"{car}: total {out.total_s[0, crew]}, penalties {out.penalty_s[0, crew]}, not {total}, {penalties}"


def _specials(race: Replay) -> Iterator[str]:
    """The time of a special is made of its accounts; one that is completed is so within its time."""
    for (stage, crew), day in race.days.items():
        plan = race.plan.stages[stage]
        accounts = (day.driving_s, day.delay_s, day.repair_s, day.waiting_s, day.helping_s)
        rules = {"no account is negative": min(*accounts, day.neutral_s, day.sporting_s) >= 0}
        rules["sporting penalties are penalties"] = day.penalty_s >= day.sporting_s
        if day.completed:
            assert day.start is not None
            assert day.end is not None
            rules["the seconds are the sum of the accounts"] = day.seconds == sum(accounts)
            rules["they are the time on the special"] = day.seconds + day.neutral_s == day.end - day.start
            rules["they lie within the time allowed"] = day.seconds <= plan.allowed_s
            rules["every service point was passed"] = day.neutral_s == sum(plan.service_s)
        elif day.seconds > 0:
            rules |= _uncompleted(race, plan, day)
        for rule, holds in rules.items():
            if not holds:
                yield f"{race.outcomes.cars[crew]} on {plan.name}, {rule}: {day}"


def _uncompleted(race: Replay, stage: StagePlan, day: Day) -> dict[str, bool]:
    regulations = race.plan.rally.regulations
    least = race.plan.fixed_penalty_s + (race.plan.no_start_penalty_s if day.start is None else 0)
    return {
        "the penalty of the regulations is given": day.penalty_s >= least,
        "the time allowed is attributed": (
            regulations.uncompleted == "time_lost_plus_fixed" or day.seconds == stage.allowed_s
        ),
    }


def _starts(race: Replay) -> Iterator[str]:
    """Slots follow each other by the gap; nobody starts before its slot or later than the limit."""
    for stage in race.plan.stages:
        days = {crew: day for (s, crew), day in race.days.items() if s == stage.index}
        slots = [stage.first_slot + place * stage.gap_s for place in range(len(days))]
        if sorted(day.slot for day in days.values()) != slots:
            yield f"slots of stage {stage.name}: {[day.slot for day in days.values()]}"
        for crew, day in days.items():
            late = 0 if day.start is None else day.start - day.slot
            if not 0 <= late <= race.plan.max_lateness_s:
                yield f"{race.outcomes.cars[crew]} starts stage {stage.name} late by {late} s"


def _ranks(race: Replay) -> Iterator[str]:
    out = race.outcomes
    classified = [c for c in range(len(out.cars)) if out.status[0, c] != Status.RETIRED]
    order = sorted(classified, key=lambda c: (out.total_s[0, c], c))
    expected = [order.index(c) + 1 if c in order else 0 for c in range(len(out.cars))]
    if out.rank[0].tolist() != expected:
        yield f"ranks {out.rank[0].tolist()} of totals {out.total_s[0].tolist()}, classified {classified}"
    for stage in range(len(out.stages)):
        places = sorted(place for place in out.positions[0, :, stage].tolist() if place)
        if places != list(range(1, int(out.completed[0, :, stage].sum()) + 1)):
            yield f"places {places} on stage {out.stages[stage]}"


def _rows(race: Replay) -> Iterator[str]:
    """The row of the outcomes says what the days say."""
    out = race.outcomes
    for crew, car in enumerate(out.cars):
        for stage, name in enumerate(out.stages):
            day = race.days.get((stage, crew), Day())
            row = (out.stage_s[0, crew, stage], out.sporting_s[0, crew, stage], out.completed[0, crew, stage])
            if row != (day.seconds, day.sporting_s, day.completed):
                yield f"{car} on {name}: {row} is not {day}"
    if np.isfinite(out.retired_km[0]).tolist() != (out.status[0] == Status.RETIRED).tolist():
        yield f"km of retirement {out.retired_km[0]} with statuses {out.status[0]}"


def _milestones(race: Replay) -> Iterator[str]:
    """Start, finish and arrival of each stage follow each other in time."""
    order = {stage.name: stage.index for stage in race.plan.stages}
    for car in race.outcomes.cars:
        passed = [(order[e.stage], _MILESTONES[e.kind]) for e in race.journal if e.car == car and e.kind in _MILESTONES]
        if any(one >= other for one, other in pairwise(passed)):
            yield f"{car} passes {passed}"


def _on_special(race: Replay) -> Iterator[tuple[tuple[str, str], list[Entry]]]:
    """What each car and truck did on each special, in order."""
    entries = [e for e in race.journal if e.km is not None]
    keyed = sorted(entries, key=lambda e: (e.car, e.stage))
    for key, group in groupby(keyed, key=lambda e: (e.car, e.stage)):
        yield key, list(group)


def _places(race: Replay) -> Iterator[str]:
    for key, entries in _on_special(race):
        kms = [e.km or 0.0 for e in entries]
        if any(one > other for one, other in pairwise(kms)) or min(kms) < 0:
            yield f"{key} turns back: {kms}"


def _stops(race: Replay) -> Iterator[str]:
    """Nobody does two things at once: a stop ends before anything else begins."""
    for key, entries in _on_special(race):
        for i, stop in enumerate(entries):
            if stop.kind not in STOPS:
                continue
            if stop.end_s is None or stop.end_s <= stop.time_s:
                yield f"{key} stops for no time: {stop}"
                continue
            inside = (Kind.JOB,) if stop.kind is Kind.SERVICE else (Kind.WAYPOINT, Kind.SECONDARY)
            later = [e for e in entries[i + 1 :] if e.kind not in inside]
            if later and later[0].time_s < stop.end_s:
                yield f"{key} does two things at once: {stop} and {later[0]}"


def _waits(race: Replay) -> Iterator[str]:
    """Each wait ends once: by help, by the close, or by a withdrawal."""
    trucks = {f"{team.name}/{truck.name}" for team in race.plan.teams for truck in team.trucks}
    for key, entries in _on_special(race):
        if key[0] in trucks:
            continue
        for wait, after in pairwise([*entries, None]):
            assert wait is not None
            if wait.kind is Kind.WAIT and (after is None or after.kind not in WAIT_ENDS or after.km != wait.km):
                yield f"{key} waits and then {after}"
        served = [e for e in entries if e.kind in SERVICES]
        for e in served:
            twins = [
                o for o in race.journal if (o.kind, o.time_s, o.car, o.helper) == (e.kind, e.time_s, e.helper, e.car)
            ]
            if [(o.km, o.mode, o.end_s) for o in twins] != [(e.km, e.mode, e.end_s)]:
                yield f"{key}: {e} is told differently by the other: {twins}"


def _spares(race: Replay) -> Iterator[str]:
    for e in race.journal:
        if e.spares is not None and e.spares < 0:
            yield f"{e.car} has {e.spares} spares for {e.mode}"


def _trucks(race: Replay) -> Iterator[str]:
    """Trucks help their own team, where they are allowed, and nobody in a stretch that they go round."""
    plan = race.plan
    teams = {crew.car: plan.teams[crew.team].name for crew in plan.crews}
    trucks = {f"{team.name}/{truck.name}": (team, truck) for team in plan.teams for truck in team.trucks}
    for e in race.journal:
        if e.kind is not Kind.TRUCK or e.car not in trucks:
            continue
        team, truck = trucks[e.car]
        stage = plan.stages[plan.stage_index(e.stage)]
        if teams[e.helper] != team.name or not stage.trucks_allowed:
            yield f"{e.car} must not help {e.helper} on stage {e.stage}"
        if any(a <= (e.km or 0.0) <= b for a, b in truck.avoids[stage.index]):
            yield f"{e.car} goes round km {e.km} of stage {e.stage}"


def _bays(race: Replay) -> Iterator[str]:
    """No two cars are in one bay, and nobody takes one after the first departure of the next morning."""
    plan = race.plan
    teams = {crew.car: plan.teams[crew.team] for crew in plan.crews}
    taken = [e for e in race.journal if e.kind is Kind.BAY]
    keyed = sorted(taken, key=lambda e: (e.stage, teams[e.car].name, int(e.detail)))
    for (stage, team, bay), group in groupby(keyed, key=lambda e: (e.stage, teams[e.car].name, int(e.detail))):
        entries = sorted(group, key=lambda e: (e.time_s, e.end_s))
        if not 1 <= bay <= next(t.bays for t in plan.teams if t.name == team):
            yield f"team {team} has no bay {bay}"
        if any((one.end_s or 0) > other.time_s for one, other in pairwise(entries)):
            yield f"two cars in bay {bay} of {team} after stage {stage}: {entries}"
        departure = plan.stages[plan.stage_index(stage) + 1].first_departure
        if entries[-1].time_s > departure:
            yield f"a bay is taken after the first departure: {entries[-1]}"
