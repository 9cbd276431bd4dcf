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
