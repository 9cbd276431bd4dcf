"""Types of a scenario: what is written in the TOML file, field by field."""

from sim.model.spec.base import FOR_PEOPLE, Spec
from sim.model.spec.modes import SEVERITIES, Mode, Secondary, Severity
from sim.model.spec.people import Crew, Help, Orders, PaceRule, Team, Truck
from sim.model.spec.rally import ParametersUsed, Rally
from sim.model.spec.road import (
    Driving,
    Fatigue,
    Recovery,
    Refuge,
    Regulations,
    Section,
    ServicePoint,
    Stage,
    Terrain,
    Variation,
    WearGroup,
)
from sim.model.spec.script import CrewState, Happening, Renewal, Script, State, StewardPenalty

__all__ = [
    "FOR_PEOPLE",
    "SEVERITIES",
    "Crew",
    "CrewState",
    "Driving",
    "Fatigue",
    "Happening",
    "Help",
    "Mode",
    "Orders",
    "PaceRule",
    "ParametersUsed",
    "Rally",
    "Recovery",
    "Refuge",
    "Regulations",
    "Renewal",
    "Script",
    "Secondary",
    "Section",
    "ServicePoint",
    "Severity",
    "Spec",
    "Stage",
    "State",
    "StewardPenalty",
    "Team",
    "Terrain",
    "Truck",
    "Variation",
    "WearGroup",
]
