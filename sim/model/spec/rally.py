"""The whole rally: what a resolved scenario is."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from sim.model.spec.base import FOR_PEOPLE, Car, Count, Name, Spec, Text
from sim.model.spec.modes import Mode
from sim.model.spec.people import Crew, Team
from sim.model.spec.road import (
    Driving,
    Fatigue,
    Recovery,
    Refuge,
    Regulations,
    Stage,
    Terrain,
    Variation,
    WearGroup,
)
from sim.model.spec.script import Script, State


class ParametersUsed(Spec):
    """The file of parameter draws that values of the rally come from; what the loader knows of it."""

    name: Text
    use: Literal["drawn", "point"]
    """Each replication has a draw of its own, or all have the point values."""
    draws: Count
    sha256: str
    """Of the names and the draws, as they are used."""
    fixed: Annotated[list[str], FOR_PEOPLE] = []
    """What the file would have drawn, but a file that extends the scenario sets."""
    factors: Annotated[dict[str, float], FOR_PEOPLE] = {}
    """What draws were multiplied by, by name."""

    @property
    def summary(self) -> str:
        """What is made of it, in words."""
        said = f"point values of {self.name}"
        if self.use == "drawn":
            said = f"drawn from {self.name}, {self.draws:,} {'draw' if self.draws == 1 else 'draws'}"
        times = [f"{name} times {factor:g}" for name, factor in self.factors.items()]
        fixed = [f"{name} as set" for name in _short(self.fixed)]
        return "; ".join([said, *times, *fixed])


def _short(names: list[str]) -> list[str]:
    """The names, the shares of a severity as one."""
    return list(dict.fromkeys(re.sub(r"(\.severity)\..*", r"\1", name) for name in names))


class Rally(Spec):
    """A rally, its regulations, the cars in it, and what can go wrong."""

    format: Literal["rally-scenario/1"]
    """What the file is."""
    name: Text
    """What titles call it."""
    description: Text = ""
    """What it is about, in a sentence or two."""
    driving: Driving
    regulations: Regulations
    variation: Variation
    fatigue: Fatigue
    refuge: Refuge
    recovery: Recovery
    terrains: Annotated[dict[Name, Terrain], Field(min_length=1)]
    wear: Annotated[dict[Name, WearGroup], Field(min_length=1)]
    stages: Annotated[dict[Name, Stage], Field(min_length=1)]
    """By name; they are run in the order of their dates."""
    modes: dict[Name, Mode] = {}
    """What can break or happen."""
    teams: Annotated[dict[Name, Team], Field(min_length=1)]
    crews: Annotated[dict[Car, Crew], Field(min_length=1)]
    script: Script = Script()
    state: State | None = None
    parameters: ParametersUsed | None = None
    """Where values are drawn; those of the tables above are then the point values."""

    @property
    def parameters_summary(self) -> str:
        """What is made of a file of parameter draws, in words; "" if there is none."""
        return self.parameters.summary if self.parameters else ""
