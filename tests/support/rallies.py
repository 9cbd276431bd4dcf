"""Crafted rallies in round numbers, and the short form in which the tests of the engines read what happened.

The ground is flat and driven at 60 km/h, so that a crew of pace 0 takes a minute for a kilometre; it wears every part
by one wear-kilometre a kilometre; nothing varies. Car n of a first stage starts at 10:00 and n - 1 minutes, and its
clean special of 100 km takes 6000 s.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sim.engine.day import Day
from sim.engine.event import replay
from sim.engine.journal import Entry, Kind
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.checks import check
from sim.model.parameters import Parameters, drawable, point_values, put
from sim.model.plan import Plan, compile_plan
from sim.model.spec import ParametersUsed, Rally
from tests.support.drawing import copied

Tree = dict[str, Any]

FIRST_DAY = datetime.date(2030, 1, 1)
SURE_LIFE = 1e300
"""A Weibull shape at which every life is the scale, to the bit."""

UNEVENTFUL = frozenset({Kind.DEPART, Kind.START, Kind.ARRIVE, Kind.BAY, Kind.ROUTINE, Kind.RENEWED})
"""What happens to every car every day: `told` leaves it out unless it is asked for."""

_HOUR, _MINUTE, _DAY = 3600, 60, 86_400

_MODE: Tree = {
    "kind": "part",
    "wear": "all",
    "scale_km": 1000,
    "shape": SURE_LIFE,
    "replaced": "never",
    "severity": {"halt": 1},
    "limp_factor": 1.5,
    "delay_min": 10,
    "needs_part": True,
    "crew_repair": 1,
    "repair_min": 20,
    "truck_repair": 1,
    "truck_min": 30,
    "job_hours": 1,
    "pace_exponent": 0,
}
_TABLES: Tree = {
    "driving": {"liaison_kmh": 60, "stage_sd": 0, "make_sd": 0, "night_pace": 1, "night_incidents": 1},
    "variation": {"rally_sd": 0, "make_sd": 0, "care_sd": 0},
    "fatigue": {"bedtime": "23:59:59", "max_hours": 8, "pace_per_hour": 0, "incidents_per_hour": 0},
    "refuge": {"slowdown": 2, "free_hours": 24},
    "recovery": {"hours": 2, "sigma": 0},
    "regulations": {
        "time_allowed_base_h": 6,
        "time_allowed_factor": 0,
        "time_allowed_max_h": 100,
        "closing_margin_min": 30,
        "jokers": 2,
        "uncompleted": "time_allowed_plus_fixed",
        "fixed_penalty_h": 10,
        "no_start_penalty_h": 2,
        "max_lateness_min": 30,
        "waypoint_penalty_s": 900,
        "trucks_on_marathon_specials": True,
        "trucks_in_refuge": False,
        "restart_after_marathon_recovery": False,
    },
}


def rally(
    crews: Mapping[str, Tree] | Sequence[str],
    *,
    stages: Tree | None = None,
    teams: Mapping[str, Tree] | None = None,
    modes: Mapping[str, Tree] | None = None,
    happenings: Iterable[Tree] = (),
    penalties: Iterable[Tree] = (),
    driving_s: Mapping[str, Mapping[str, int]] | None = None,
    drawn: bool = False,
    **tables: Tree,
) -> Tree:
    """A resolved scenario; every argument says only what differs from the plainest rally there can be.

    Crews belong to team "red" unless they say otherwise. Nothing breaks that is not in `happenings`; with `drawn`
    lives and chances count. Further tables (`regulations`, `fatigue`, ...) change single keys.
    """
    crews = crews if isinstance(crews, Mapping) else {car: {} for car in crews}
    modes = {"arm": {}} if modes is None else modes
    return {
        "format": "rally-scenario/1",
        "name": "crafted",
        "terrains": {"flat": {"speed_kmh": 60}},
        "wear": {"all": {"liaison": 0, "terrain": {"flat": 1}}},
        "stages": calendar({}) if stages is None else stages,
        "modes": {name: {"label": name, **_MODE, **changes} for name, changes in modes.items()},
        "teams": {
            name: {"make": "any", "bays": 3, "routine_hours": 0, **changes}
            for name, changes in ({"red": {}} if teams is None else teams).items()
        },
        "crews": {car: {"driver": f"Driver {car}", "team": "red", **changes} for car, changes in crews.items()},
        "script": {
            "unscripted": "drawn" if drawn else "median",
            "driving_s": {car: dict(by_stage) for car, by_stage in (driving_s or {}).items()},
            "happenings": {f"happening-{i}": item for i, item in enumerate(happenings)},
            "penalties": {f"penalty-{i}": item for i, item in enumerate(penalties)},
        },
        **{name: {**table, **tables.get(name, {})} for name, table in _TABLES.items()},
    }


def calendar(*days: Tree) -> Tree:
    """Stages "1", "2", ... on consecutive days (two after a rest day); the night is in the bivouac unless it says."""
    stages: Tree = {}
    date = FIRST_DAY
    for i, changes in enumerate(days):
        night = "finish" if i == len(days) - 1 else changes.get("night", "bivouac")
        length = changes.get("special_km", 100)
        stages[str(i + 1)] = {
            "date": date,
            "special_km": length,
            "liaison_before_km": 0,
            "liaison_after_km": 0,
            "first_start": "10:00",
            "start_gap_s": 60,
            "sunset": "23:59:59",
            "sections": [{"from_km": 0, "to_km": length, "terrain": "flat"}],
            **changes,
            "night": night,
        }
        date += datetime.timedelta(days=2 if night == "rest_day" else 1)
    return stages


def happens(car: str, mode: str, km: float, severity: str = "halt", *, stage: str = "1", **known: Any) -> Tree:
    """A scripted failure."""
    return {"stage": stage, "car": car, "mode": mode, "km": km, "severity": severity, **known}


def truck(**changes: Any) -> Tree:
    """A truck that starts half an hour behind the slot of the last car and drives 60 km/h."""
    return {"start_delay_min": 30, "speed_kmh": 60, "runs": 1, **changes}


def helping(policy: str = "hand_over", **changes: Any) -> Tree:
    """A team whose crews always stop for each other; handing over a part takes five minutes."""
    return {"policy": policy, "chance": 1, "hand_over_min": 5, **changes}


def planned(tree: Tree) -> Plan:
    """Validate a rally as the loader does, and compile it; its `parameters` are draws instead of the name of a file."""
    parameters: Parameters | None = tree.get("parameters")
    if parameters is not None:
        tree = copied(tree)
        for path, value in point_values(parameters, drawable(tree), set()).items():
            put(tree, path, value)
        tree["parameters"] = ParametersUsed(
            name=parameters.name, use="drawn", draws=len(parameters), sha256=parameters.sha256
        ).model_dump()
    assert check(tree) == []
    return compile_plan(Rally.model_validate(tree), parameters)


RACES: list[Replay] = []
"""What `run` has replayed: a fixture of the engine tests compares it with the array engine after each test."""


def run(tree: Tree, *, seed: int = 1, replication: int = 0) -> Replay:
    """Replay one replication."""
    race = replay(planned(tree), Luck(seed), replication)
    RACES.append(race)
    return race


def told(
    race: Replay,
    *,
    only: Iterable[Kind] | None = None,
    also: Iterable[Kind] = (),
    car: str | None = None,
    stage: str | None = None,
) -> list[tuple[str, str, str]]:
    """The journal as (clock, car, what), in its own order: all but the uneventful, or `only` some kinds."""
    kinds = set(Kind) - UNEVENTFUL | set(also) if only is None else set(only)
    return [
        (clock(entry.time_s), entry.car, what(entry))
        for entry in race.journal
        if entry.kind in kinds and car in (None, entry.car) and stage in (None, entry.stage)
    ]


def what(entry: Entry) -> str:
    """A journal entry in words, time and car left aside: "hand-over arm with 2 until 10:46:00, 0 left"."""
    text = str(entry.kind)
    if entry.mode:
        text += f" {entry.mode}"
    if entry.helper:
        text += f" with {entry.helper}"
    if entry.end_s is not None:
        same_day = entry.end_s // _DAY == entry.time_s // _DAY
        text += f" until {clock(entry.end_s).split()[1] if same_day else clock(entry.end_s)}"
    if entry.seconds is not None:
        text += f" {entry.seconds} s"
    if entry.spares is not None:
        text += f", {entry.spares} left"
    if entry.detail:
        text += f" ({entry.detail})"
    return text


def clock(time_s: int) -> str:
    """A second of the rally clock as "day hh:mm:ss", days from 1."""
    day, rest = divmod(time_s, _DAY)
    return f"{day + 1} {rest // _HOUR:02d}:{rest // _MINUTE % 60:02d}:{rest % 60:02d}"


def day_of(race: Replay, car: str, stage: str = "1") -> Day:
    """What a crew did on a stage."""
    return race.days[race.plan.stage_index(stage), index_of(race, car)]


def index_of(race: Replay, car: str) -> int:
    """Index of a crew by its race number."""
    return race.outcomes.cars.index(car)


def seconds(race: Replay, stage: str = "1") -> dict[str, int]:
    """Seconds of the special by race number, of the crews that were in the race."""
    index = race.plan.stage_index(stage)
    return {car: race.days[index, i].seconds for i, car in enumerate(race.outcomes.cars) if (index, i) in race.days}


def accounts(race: Replay, car: str, stage: str = "1") -> dict[str, int]:
    """Where the seconds of a special went; accounts of 0 s are left out."""
    day = day_of(race, car, stage)
    names = ("driving", "delay", "repair", "waiting", "helping", "neutral")
    return {name: spent for name in names if (spent := getattr(day, f"{name}_s"))}


def start_list(race: Replay, stage: str) -> list[tuple[str, str]]:
    """(slot, car) of everybody in the start list of a stage."""
    index = race.plan.stage_index(stage)
    slots = [(day.slot, crew) for (s, crew), day in race.days.items() if s == index]
    return [(clock(slot), race.outcomes.cars[crew]) for slot, crew in sorted(slots)]


def where_it_fails(race: Replay, mode: str) -> list[tuple[str, float]]:
    """(stage, km) of the failures of a mode, to a thousandth of a kilometre."""
    kinds = {Kind.DELAY, Kind.LIMP, Kind.HALT, Kind.STRAND, Kind.WRECK}
    return [
        (entry.stage, round(entry.km, 3))
        for entry in race.journal
        if entry.kind in kinds and entry.mode == mode and entry.km is not None
    ]
