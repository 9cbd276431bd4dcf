"""Small folders of observations: three cars on two stages, empty but for the lines that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from calibration.observations import ObservationError, Observations, read

MARATHON = Path(__file__).resolve().parents[2] / "scenarios/examples/three-crews-marathon.toml"

EVENT = f"""\
format = "rally-observations/1"
name = "Three cars, two days"
scenario = '{MARATHON}'

[choices.margin]
chosen = "minutes"
alternatives = ["minutes", "seconds"]
why = "two papers differ"

[reporting.camel]
serious_from_min = 20
serious = 0.9
minor = 0.5
by_mode = {{ puncture = 0.2 }}
source = "assumed"
"""

HEADERS = {
    "times": "stage,car,kind,low,high,to,known_after,choice,source,note",
    "standings": "after,car,kind,low,high,to,known_after,choice,source,note",
    "incidents": "stage,car,km_low,km_high,modes,severity,count,repaired_by,lost_low_s,lost_high_s,choice,source,note",
    "penalties": "stage,car,low,high,source,note",
    "history": "rally,make,mode,count,car_rallies,source,note",
    "shares": "mode,count,note",
    "finishers": "group,edition,starters,finishers,meaning,source,note",
    "ultimate": "stage,time_s,source",
}


PROLOGUE = f"""\
extends = '{MARATHON}'

[stages.P]
date = 2029-12-31
counted = false
special_km = 20
liaison_before_km = 0
liaison_after_km = 0
first_start = "12:00"
start_gap_s = 60
sunset = "18:00"
night = "bivouac"
sections = [{{ from_km = 0, to_km = 20, terrain = "gravel" }}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder; each table is given by its lines below the header, event.toml as a whole."""

    def write(event: str = EVENT, **tables: str) -> Path:
        (tmp_path / "event.toml").write_text(event, encoding="utf-8")
        for name, header in HEADERS.items():
            lines = "".join(f"{line.strip()}\n" for line in tables.get(name, "").strip().splitlines())
            (tmp_path / f"{name}.csv").write_text(f"{header}\n{lines}", encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def with_prologue(tmp_path: Path) -> str:
    """An event.toml whose rally begins with a prologue P."""
    (tmp_path / "prologue.toml").write_text(PROLOGUE, encoding="utf-8")
    return EVENT.replace(str(MARATHON), "prologue.toml")


@pytest.fixture
def observed(folder: Callable[..., Path]) -> Callable[..., Observations]:
    """Write a folder and read it."""
    return lambda **tables: read(folder(**tables))


@pytest.fixture
def refused(folder: Callable[..., Path]) -> Callable[..., list[str]]:
    """Write a folder that is refused; its findings."""

    def findings(**tables: str) -> list[str]:
        with pytest.raises(ObservationError) as error:
            read(folder(**tables))
        return [str(finding) for finding in error.value.findings]

    return findings


PRIORS = """\
format = "rally-priors/1"

[failures]
suspension_arm = { median = 0.2, log_sd = 0.5 }
knuckle = { median = 0.2, log_sd = 0.5 }
alternator_belt = { median = 0.2, log_sd = 0.5 }
puncture = { median = 1.0, log_sd = 0.5 }
stuck = { median = 0.5, log_sd = 0.5 }
impact = { median = 0.3, log_sd = 0.5 }

[makes.camel]
pace = { mean = 0.0, sd = 0.03 }
failures = { median = 1.0, log_sd = 0.0 }
consistency = { median = 0.01, log_sd = 0.5 }

[crews]
spread = { median = 0.012, log_sd = 0.5 }
consistency_floor = 0.004

[stages]
common_sd = { median = 0.07, log_sd = 0.3 }
make_sd = { median = 0.01, log_sd = 0.6 }
formation_sd = 0.05
uncounted_noise = 3.0
ultimate_ratio = { median = 1.22, log_sd = 0.05 }
ultimate_sd = { median = 0.04, log_sd = 0.3 }

[terrains]
dunes = 55
gravel = 90
stones = 60
log_sd = 0.12

[severity]
weight = 10

[repair]
weight = 10

[minutes]
log_sd = 0.4
limp_log_sd = 0.4
limp_share = 0.4
limp_sigma = 0.8
helped_min = 120
helped_sigma = 0.5

[recovery]
hours = { median = 6, log_sd = 0.3 }

[trucks]
start_delay_min = { median = 60, log_sd = 0.4 }
speed_kmh = { median = 55, log_sd = 0.15 }
repair_min = { median = 40, sigma = 0.6 }

[before]
serious_from_min = 60
serious = 0.8
minor = 0.5
"""

RESULTS = """\
1,12,time,12000,12000,,,,[A],
1,12,position,1,1,,,,[A],
1,11,gap,300,360,12,,,[A],
1,11,position,2,2,,,,[A],
1,13,completed,,,,,,[A],
2,11,time,11000,11000,,,,[A],
2,12,gap,60,60,11,,,[A],
2,13,completed,,,,,,[A],
"""

FINAL = """\
2,12,position,1,1,,,,[A],
2,11,position,2,2,,,,[A],
"""


@pytest.fixture
def rally_over(folder: Callable[..., Path]) -> Callable[..., Path]:
    """A folder with a prior and the results of both stages: car 12 won ahead of car 11, of car 13 little is known."""

    def write(event: str = EVENT, **tables: str) -> Path:
        path = folder(event, **{"times": RESULTS, "standings": FINAL, **tables})
        (path / "priors.toml").write_text(PRIORS, encoding="utf-8")
        return path

    return write
