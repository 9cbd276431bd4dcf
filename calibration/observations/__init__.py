"""What is known of a rally, read from a folder of tables and checked."""

from calibration.facts import (
    Exposure,
    Finishers,
    Incident,
    Observations,
    Penalty,
    Reporting,
    StandingRow,
    TimeRow,
    Told,
)
from calibration.findings import Finding, ObservationError
from calibration.observations.read import read

__all__ = [
    "Exposure",
    "Finding",
    "Finishers",
    "Incident",
    "ObservationError",
    "Observations",
    "Penalty",
    "Reporting",
    "StandingRow",
    "TimeRow",
    "Told",
    "read",
]
