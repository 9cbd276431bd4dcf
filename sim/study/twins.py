"""Do the two engines agree? Replication by replication, to the second, and to the bit of the wear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from sim.engine.array import TOLD, Traced, trace_block
from sim.engine.event import replay
from sim.engine.journal import Entry, Kind
from sim.engine.luck import Luck
from sim.engine.outcomes import Losses, Outcomes
from sim.engine.parts import Parts
from sim.engine.replay import Replay
from sim.model.plan import Plan

BLOCK = 250
"""Replications that the array engine runs at once for the comparison: the journals of all of them are kept."""
CONTEXT = 3
"""Lines told before the first one that differs."""

_WITH_RENEWAL = frozenset({Kind.DELAY, Kind.LIMP, Kind.HALT, Kind.STRAND, Kind.WRECK, Kind.JOB})
_WITH_SPARES = frozenset({Kind.REPAIR, Kind.HAND_OVER, Kind.STAY})
_LOST_TOLERANCE_S = 1e-6
"""What limping costs is a sum of fractions, which the engines add up in another order."""


@dataclass(frozen=True)
class Value:
    """One value of an outcome that the engines have otherwise."""

    name: str
    event: str
    array: str


@dataclass(frozen=True)
class Difference:
    """The first replication in which the engines disagree.

    Attributes:
        replication: which.
        values: what is otherwise in the outcome or in the parts of the cars.
        event, array: entries of the journals side by side, None where an engine has none: the first line that
            differs and a few before it. Empty if the journals are alike.
    """

    replication: int
    values: tuple[Value, ...]
    event: tuple[Entry | None, ...]
    array: tuple[Entry | None, ...]


def first_difference(plan: Plan, luck: Luck, replications: int, on_done: Callable[[int], None]) -> Difference | None:
    """The first of replications 0 .. replications - 1 in which the engines disagree, None if they never do.

    `on_done` is told how many more have been compared. Both engines run all of them.
    """
    for first in range(0, replications, BLOCK):
        count = min(BLOCK, replications - first)
        traced = trace_block(plan, luck, first, count)
        for row in range(count):
            found = difference(replay(plan, luck, first + row), traced, row)
            if found is not None:
                return found
            on_done(1)
    return None


def difference(told: Replay, traced: Traced, row: int) -> Difference | None:
    """What is otherwise in one replication, which is this row of the traced block; None if nothing is.

    A crew that is out because it did not start may still have been on its way back that morning. What becomes of the
    car from then on is nobody's business, and the array engine, which drives every day to its end, learns it too late.
    """
    out = _out_in_the_morning(told)
    values = (*_outcomes(told.outcomes, traced.outcomes, row), *_parts(told, traced.parts[row], set(out)))
    cars = {crew.car for crew in told.plan.crews}
    event = _sorted(entry for entry in told.journal if entry.kind in TOLD and entry.car in cars)
    array = _sorted(
        e for e in traced.journals[row] if e.kind is not Kind.RECOVERY or e.time_s < out.get(e.car, e.time_s + 1)
    )
    lines = _side_by_side(event, array)
    if not values and not lines:
        return None
    return Difference(told.replication, values, tuple(line[0] for line in lines), tuple(line[1] for line in lines))


def _out_in_the_morning(told: Replay) -> dict[str, int]:
    """Crews whose rally ended because they did not start, and the second of it."""
    return {
        told.plan.crews[crew].car: told.plan.stages[stage].first_departure
        for (stage, crew), day in told.days.items()
        if day.retired and day.start is None
    }


def _key(entry: Entry) -> tuple[object, ...]:
    """What both engines must tell of a happening."""
    return (
        entry.time_s,
        entry.car,
        entry.kind,
        entry.mode,
        -1.0 if entry.km is None else entry.km,
        entry.stage,
        entry.helper,
        entry.end_s or 0,
        entry.seconds or 0,
        entry.renewal if entry.kind in _WITH_RENEWAL else 0,
        entry.spares if entry.kind in _WITH_SPARES and entry.spares is not None else -1,
    )


def _sorted(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=_key)


def _side_by_side(event: list[Entry], array: list[Entry]) -> list[tuple[Entry | None, Entry | None]]:
    """The first line that differs and those before it; empty if none does."""
    longest = max(len(event), len(array))
    lines = [(event[i] if i < len(event) else None, array[i] if i < len(array) else None) for i in range(longest)]
    for i, (ours, theirs) in enumerate(lines):
        if ours is None or theirs is None or _key(ours) != _key(theirs):
            return lines[max(i - CONTEXT, 0) : i + 1]
    return []


def _outcomes(event: Outcomes, array: Outcomes, row: int) -> Iterator[Value]:
    columns = [f.name for f in fields(Outcomes) if isinstance(getattr(event, f.name), np.ndarray)]
    for name in columns:
        ours, theirs = getattr(event, name)[0], getattr(array, name)[row]
        for index in np.argwhere(np.asarray(ours != theirs)).tolist():
            place = ", ".join((event.cars, event.stages)[axis][i] for axis, i in enumerate(index))
            yield Value(f"{name} of {place}", str(ours[tuple(index)]), str(theirs[tuple(index)]))
    ours_lost, theirs_lost = _losses(event, 0), _losses(array, row)
    for key in sorted(ours_lost.keys() | theirs_lost.keys()):
        here, there = ours_lost.get(key), theirs_lost.get(key)
        if here is None or there is None or here[1:] != there[1:] or abs(here[0] - there[0]) > _LOST_TOLERANCE_S:
            crew, stage, cause = key
            name = f"loss of {event.cars[crew]}, {event.stages[stage]}, {event.causes[cause]}"
            yield Value(name, str(here), str(there))


def _losses(outcomes: Outcomes, row: int) -> dict[tuple[int, int, int], tuple[float, bool, bool]]:
    """(seconds, uncompleted, retired) by (crew, stage, cause)."""
    mine = outcomes.losses.row == row
    crew, stage, cause, lost, uncompleted, retired = (
        getattr(outcomes.losses, f.name)[mine].tolist() for f in fields(Losses) if f.name != "row"
    )
    values = zip(lost, uncompleted, retired, strict=True)
    return dict(zip(zip(crew, stage, cause, strict=True), values, strict=True))


def _parts(told: Replay, parts: tuple[Parts, ...], out: set[str]) -> Iterator[Value]:
    """Lives, wear to the bit, spares and damage of every car but those of some crews."""
    for crew, ours, theirs in zip(told.plan.crews, told.parts, parts, strict=True):
        if crew.car in out:
            continue
        for name in ("wear", "threshold", "renewal", "spares"):
            here, there = getattr(ours, name), getattr(theirs, name)
            for mode in np.flatnonzero(here != there).tolist():
                place = f"{name} of {crew.car}, {told.plan.modes.names[mode]}"
                yield Value(place, repr(here[mode].item()), repr(there[mode].item()))
        for kind, modes in ours.broken.items():
            if modes != theirs.broken[kind]:
                yield Value(f"{kind} of {crew.car}", str(sorted(modes)), str(sorted(theirs.broken[kind])))
