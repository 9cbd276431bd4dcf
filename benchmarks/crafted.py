"""Rallies made for the benchmarks: the simpler one of the lean script, and one of any size."""

from __future__ import annotations

import datetime
from itertools import islice
from typing import Any

from benchmarks import lean_rally
from sim.model.spec import Rally

Tree = dict[str, Any]

FIRST_DAY = datetime.date(2030, 1, 1)

_TABLES: Tree = {
    "format": "rally-scenario/1",
    "driving": {"liaison_kmh": 80, "stage_sd": 0.04, "make_sd": 0, "night_pace": 1, "night_incidents": 1},
    "variation": {"rally_sd": 0, "make_sd": 0, "care_sd": 0},
    "fatigue": {"bedtime": "22:00", "max_hours": 0, "pace_per_hour": 0, "incidents_per_hour": 0},
    "refuge": {"slowdown": 2, "free_hours": 4},
    "recovery": {"hours": 6, "sigma": 0.3},
    "regulations": {
        "time_allowed_base_h": 20,
        "time_allowed_factor": 0,
        "time_allowed_max_h": 20,
        "closing_margin_min": 30,
        "jokers": 1000,
        "uncompleted": "time_allowed_plus_fixed",
        "fixed_penalty_h": 10,
        "no_start_penalty_h": 1,
        "max_lateness_min": 30,
        "waypoint_penalty_s": 900,
        "trucks_on_marathon_specials": True,
        "trucks_in_refuge": False,
        "restart_after_marathon_recovery": False,
    },
    "terrains": {"sand": {"speed_kmh": lean_rally.SPEED_KMH}},
    "wear": {"all": {"liaison": 0, "terrain": {"sand": 1}}},
}

_KINDS: Tree = {
    "puncture": {
        "kind": "incident",
        "scale_km": 6000,
        "shape": 1,
        "severity": {"halt": 1},
        "needs_part": True,
        "crew_repair": 0.98,
        "repair_min": 8,
        "job_hours": 0,
    },
    "navigation": {
        "kind": "incident",
        "scale_km": 6000,
        "shape": 1,
        "severity": {"delay": 1},
        "needs_part": False,
        "crew_repair": 0,
        "delay_min": 8,
        "job_hours": 0,
    },
    "arm": {
        "kind": "part",
        "scale_km": 20_000,
        "shape": 2,
        "replaced": "never",
        "severity": {"limp": 0.3, "halt": 0.65, "strand": 0.05},
        "needs_part": True,
        "crew_repair": 0.4,
        "job_hours": 2,
        "field_life": 0.5,
    },
    "belt": {
        "kind": "part",
        "scale_km": 30_000,
        "shape": 1.5,
        "replaced": "every_night",
        "severity": {"limp": 0.2, "halt": 0.8},
        "needs_part": True,
        "crew_repair": 0.6,
        "job_hours": 1,
    },
    "crash": {
        "kind": "incident",
        "scale_km": 90_000,
        "shape": 1,
        "severity": {"delay": 0.4, "halt": 0.4, "strand": 0.2},
        "needs_part": False,
        "crew_repair": 0.4,
        "delay_min": 15,
        "job_hours": 4,
    },
}
"""What can go wrong in a rally of any size, over and over again. Nothing of it ends a rally, and jokers do not run out:
a rally of twice the size has twice the driving."""


def simpler_rally() -> Rally:
    """The rally of the lean script as a scenario of the simulator."""
    crews = {
        str(number): {"driver": f"Driver {number}", "team": "all", "pace": pace, "consistency": lean_rally.CONSISTENCY}
        for number, pace in enumerate(lean_rally.PACES, start=1)
    }
    team = {"make": "any", "bays": lean_rally.CREWS, "routine_hours": 0}
    modes = {name: _trouble(name, trouble) for name, trouble in lean_rally.TROUBLES.items()}
    return _rally(
        name="the lean rally",
        driving={**_TABLES["driving"], "stage_sd": lean_rally.WEATHER},
        stages=_stages(lean_rally.STAGES, liaison_km=0),
        modes=modes,
        teams={"all": team},
        crews=crews,
    )


def rally_of_size(crews: int, stages: int, modes: int) -> Rally:
    """Teams of two cars and a truck (the last may have one car), specials of 400 km, nights in the bivouac."""
    names = [f"{kind}-{again}" for again in range(modes) for kind in _KINDS][:modes]
    teams = [f"team-{index}" for index in range((crews + 1) // 2)]
    truck = {"start_delay_min": 30, "speed_kmh": 60, "runs": 0.9}
    help_ = {"policy": "hand_over", "chance": 0.8, "hand_over_min": 5}
    return _rally(
        name=f"{crews} crews, {stages} stages, {modes} modes",
        stages=_stages(stages, liaison_km=50),
        modes={name: _mode(name) for name in names},
        teams={
            team: {"make": "any", "bays": 2, "routine_hours": 3, "trucks": {"t": truck}, "help": help_}
            for team in teams
        },
        crews={
            str(number + 1): {
                "driver": f"Driver {number + 1}",
                "team": teams[number // 2],
                "pace": 0.01 * (number % 5),
                "consistency": 0.01,
                "spares": dict.fromkeys(islice(names, 2), 2),
            }
            for number in range(crews)
        },
    )


def _rally(**tables: Any) -> Rally:
    return Rally.model_validate({**_TABLES, **tables})


def _stages(count: int, liaison_km: float) -> Tree:
    length = lean_rally.SPECIAL_KM
    return {
        str(index + 1): {
            "date": FIRST_DAY + datetime.timedelta(days=index),
            "special_km": length,
            "liaison_before_km": liaison_km,
            "liaison_after_km": liaison_km,
            "first_start": "07:00",
            "start_gap_s": int(lean_rally.START_GAP_S),
            "sunset": "23:59:59",
            "night": "bivouac" if index < count - 1 else "finish",
            "sections": [{"from_km": 0, "to_km": length, "terrain": "sand"}],
        }
        for index in range(count)
    }


def _trouble(name: str, trouble: lean_rally.Trouble) -> Tree:
    """A trouble of the lean script as a failure mode: every halt is mended by the crew, without a part."""
    return {
        "label": name,
        "kind": "part" if trouble.shape > 1 else "incident",
        "wear": "all",
        "scale_km": trouble.scale_km,
        "shape": trouble.shape,
        "replaced": "never",
        "severity": {"delay": trouble.delay, "halt": trouble.halt, "wreck": trouble.wreck},
        "delay_min": trouble.delay_s / 60,
        "delay_sigma": trouble.sigma,
        "needs_part": False,
        "crew_repair": 1,
        "repair_min": trouble.repair_s / 60,
        "repair_sigma": trouble.sigma,
        "truck_repair": 0,
        "job_hours": 0,
        "pace_exponent": 0,
    }


def _mode(name: str) -> Tree:
    common = {
        "wear": "all",
        "replaced": "never",
        "limp_factor": 1.2,
        "delay_sigma": 0.5,
        "repair_min": 45,
        "repair_sigma": 0.5,
        "truck_repair": 0.8,
        "truck_min": 60,
        "truck_sigma": 0.5,
        "job_sigma": 0.4,
        "pace_exponent": 3,
        "stage_sd": 0.2,
    }
    return {"label": name, **common, **_KINDS[name.split("-")[0]]}
