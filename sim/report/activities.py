"""What each crew was doing at every second of one rally, from the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from sim.engine.journal import Entry, Kind
from sim.engine.replay import Replay
from sim.report.happenings import wait_ends


class Activity(StrEnum):
    """What a crew and its car are doing."""

    SPECIAL = "on the special"
    LIAISON = "liaison"
    DELAY = "stuck or off course"
    REPAIR = "halted, under repair"
    WAIT = "halted, waiting for help"
    SERVICE = "service point, bay, refuge work"
    RECOVERY = "recovery"
    REST = "asleep or idle"
    RETIRED = "retired"


@dataclass(frozen=True)
class Span:
    """One activity from second `start` (included) to second `end` of the rally clock."""

    start: int
    end: int
    activity: Activity


SWITCHES = {
    Kind.DEPART: Activity.LIAISON,
    Kind.START: Activity.SPECIAL,
    Kind.FINISH: Activity.LIAISON,
    Kind.OVER_TIME: Activity.LIAISON,
    Kind.RECOVERY: Activity.RECOVERY,
    Kind.ARRIVE: Activity.REST,
}
"""Kinds from which a crew does something else until further notice."""

STRETCHES = {
    Kind.DELAY: Activity.DELAY,
    Kind.REPAIR: Activity.REPAIR,
    Kind.HAND_OVER: Activity.REPAIR,
    Kind.STAY: Activity.REPAIR,
    Kind.TRUCK: Activity.REPAIR,
    Kind.SERVICE: Activity.SERVICE,
    Kind.BAY: Activity.SERVICE,
    Kind.JOB: Activity.SERVICE,
}
"""Kinds during which, from their second to their end, a crew does something else."""


@dataclass
class _Story:
    """One crew's rally while it is being read.

    Attributes:
        switches: (second, activity from then on), growing.
        stretches: (first second, second after the last, activity); later ones lie on top.
        away_until: second until which it is on its way to the bivouac.
        retired: second at which its rally ended.
    """

    switches: list[tuple[int, Activity]] = field(default_factory=list)
    stretches: list[tuple[int, int, Activity]] = field(default_factory=list)
    away_until: int = 0
    retired: int | None = None


def activities(replay: Replay) -> dict[str, list[Span]]:
    """By race number: what each crew does, without gaps, from the first midnight that is run to its last arrival.

    A crew that retires has its last span from there to the end of the rally; one that had retired before, its only one.
    """
    plan = replay.plan
    entries = list(replay.journal)
    ends = wait_ends(entries)
    begin = plan.stages[plan.first_stage].day_s if plan.first_stage < len(plan.stages) else 0
    out = {car for car, known in plan.state.crews.items() if known.retired} if plan.state else set()
    stories = {
        crew.car: _Story(switches=[(begin, Activity.REST)], retired=begin if crew.car in out else None)
        for crew in plan.crews
    }
    for entry in entries:
        if entry.car in stories:
            _read(stories[entry.car], entry, replay, ends)
    finish = max((_last_second(story) for story in stories.values()), default=begin)
    return {car: _spans(story, finish) for car, story in stories.items()}


def _read(story: _Story, entry: Entry, replay: Replay, wait_end: dict[tuple[str, int], int]) -> None:
    if entry.kind in SWITCHES:
        story.switches.append((entry.time_s, SWITCHES[entry.kind]))
    if entry.kind in STRETCHES and entry.end_s is not None:
        story.stretches.append((entry.time_s, entry.end_s, STRETCHES[entry.kind]))
    if entry.kind is Kind.WAIT:
        story.stretches.append((entry.time_s, wait_end.get((entry.car, entry.time_s), entry.time_s), Activity.WAIT))
    if entry.kind is Kind.RECOVERY and entry.end_s is not None:
        story.away_until = entry.end_s
    if entry.kind is Kind.NO_START:
        _transport(story, entry, replay)
    if entry.kind is Kind.RETIRED:
        story.retired = entry.time_s


def _transport(story: _Story, entry: Entry, replay: Replay) -> None:
    """A crew that does not start goes to the next bivouac by road, from its slot or once it is back."""
    stage = next(stage for stage in replay.plan.stages if stage.name == entry.stage)
    crew = next(crew for crew in replay.plan.crews if crew.car == entry.car)
    begin = max(replay.days[stage.index, crew.index].slot, story.away_until)
    story.away_until = begin + stage.transport_s
    story.stretches.append((begin, story.away_until, Activity.LIAISON))


def _last_second(story: _Story) -> int:
    return max([time for time, _ in story.switches] + [end for _, end, _ in story.stretches] + [story.retired or 0])


def _spans(story: _Story, finish: int) -> list[Span]:
    """Spans without gaps; neighbours of one activity are joined."""
    end = _last_second(story) if story.retired is None else finish
    if story.retired is not None:
        story.stretches.append((story.retired, finish, Activity.RETIRED))
    times = {end, *(time for time, _ in story.switches), *(t for a, b, _ in story.stretches for t in (a, b))}
    spans: list[Span] = []
    for start, stop in pairwise(sorted(time for time in times if time <= end)):
        activity = _at(story, start)
        same = bool(spans) and spans[-1].activity is activity
        spans.append(Span(spans.pop().start if same else start, stop, activity))
    return spans


def _at(story: _Story, time: int) -> Activity:
    """What the crew does in a second."""
    on_top = [activity for start, end, activity in story.stretches if start <= time < end]
    return on_top[-1] if on_top else [activity for since, activity in story.switches if since <= time][-1]
