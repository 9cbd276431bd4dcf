"""What happened to the cars of a simulated rally on its specials, one record a failure, read from its journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from calibration.facts import Repairer
from sim.engine.journal import Entry, Kind
from sim.engine.replay import Replay
from sim.model.plan import Plan, StagePlan, car_order

_FAILURES = (Kind.DELAY, Kind.LIMP, Kind.HALT, Kind.STRAND, Kind.WRECK)


@dataclass(frozen=True)
class Failure:
    """A failure on a special, as far as it could be seen from the roadside.

    Attributes:
        stage, car: where and to whom.
        time_s: second of the rally clock.
        km: of the special.
        mode: what failed.
        severities: what it was, or what it looked like: a halt that nobody mended ended like a strand.
        repaired_by: who mended it on the special, "" if nobody did.
        lost_s: seconds until the car went on or, if it was fetched, from the call to the bivouac; of a limp what it
            costs a crew of pace 0 from there to the finish. 0 if nothing of it is known.
    """

    stage: str
    car: str
    time_s: int
    km: float
    mode: str
    severities: tuple[str, ...]
    repaired_by: Repairer | str
    lost_s: float


def failures_of(replay: Replay) -> list[Failure]:
    """All failures on specials, by stage, then by car, then in the order in which they happened."""
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in replay.journal:
        entries[entry.stage, entry.car].append(entry)
    return [
        failure
        for stage in replay.plan.stages
        for car in sorted((car for name, car in entries if name == stage.name), key=car_order)
        for failure in _on_special(replay.plan, stage, entries[stage.name, car])
    ]


def _on_special(plan: Plan, stage: StagePlan, entries: Sequence[Entry]) -> Iterator[Failure]:
    """The failures of one car on one stage, from its journal of that day."""
    for place, entry in enumerate(entries):
        if entry.kind in _FAILURES:
            after = list(takewhile(lambda later: later.kind not in _FAILURES, entries[place + 1 :]))
            yield _failure(plan, stage, entry, after)


def _failure(plan: Plan, stage: StagePlan, entry: Entry, after: Sequence[Entry]) -> Failure:
    assert entry.km is not None
    severities: tuple[str, ...] = (entry.kind.value,)
    repaired_by, lost_s = "", 0.0
    mended = _mended(entry.kind, after)
    if mended is not None:
        repaired_by, lost_s = mended[0], float(mended[1] - entry.time_s)
    elif entry.kind is Kind.LIMP:
        slower = plan.modes.specs[plan.modes.index(entry.mode)].limp_factor - 1.0
        lost_s = slower * (stage.track.nominal_s - float(stage.track.nominal_at(entry.km)))
    elif entry.kind is Kind.DELAY:
        assert entry.end_s is not None
        lost_s = float(entry.end_s - entry.time_s)
    else:
        lost_s = _recovery_s(after)
    if entry.kind is Kind.HALT and mended is None:
        severities = (Kind.HALT.value, Kind.STRAND.value)
    return Failure(entry.stage, entry.car, entry.time_s, entry.km, entry.mode, severities, repaired_by, lost_s)


def _mended(kind: Kind, after: Sequence[Entry]) -> tuple[Repairer, int] | None:
    """Who mended a limp or a halt, and when the car went on; None if nobody did.

    Only a crew mends a limp: if it stays with somebody later, it is the helper. A crew that is handed the part does the
    work itself. A truck that could not mend the car is followed by its own failure.
    """
    for entry, following in zip_longest(after, after[1:]):
        if entry.end_s is None:
            continue
        if entry.kind is Kind.REPAIR:
            return "crew", entry.end_s
        if kind is Kind.LIMP:
            continue
        if entry.kind is Kind.STAY:
            return "team_mate", entry.end_s
        if entry.kind is Kind.TRUCK and (following is None or following.kind is not Kind.TRUCK_FAILED):
            return "truck", entry.end_s
    return None


def _recovery_s(after: Sequence[Entry]) -> float:
    """Seconds of the recovery of a car that was fetched, 0 if its rally was over with it."""
    return float(sum(e.end_s - e.time_s for e in after if e.kind is Kind.RECOVERY and e.end_s is not None))
