"""The record of a study: what it takes to run it again and get the same digits."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from sim.model.plan import Plan

DISTRIBUTION = "rally-endurance"
"""Name under which this package is installed."""

ROOMS = ("model", "engine", "study")
"""Where the code stands that the numbers depend on."""


def installed_versions() -> dict[str, str]:
    """Versions of everything that the numbers depend on.

    Raises importlib.metadata.PackageNotFoundError if one of them is not installed.
    """
    return {"python": platform.python_version(), **computing_versions()}


def computing_versions() -> dict[str, str]:
    """Versions of the packages that compute: with other ones the last digits may differ.

    That of this package tells its sources, too, "0.1.0+1a2b3c4d": two commits of one version need not agree.

    Raises importlib.metadata.PackageNotFoundError if one of them is not installed.
    """
    others = {name: metadata.version(name) for name in ("numpy", "scipy", "simpy")}
    return {DISTRIBUTION: f"{metadata.version(DISTRIBUTION)}+{_source_digest()}", **others}


@cache
def _source_digest() -> str:
    """Beginning of the SHA-256 of all files that compute."""
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for file in sorted(file for room in ROOMS for file in (package / room).rglob("*.py")):
        source = file.read_bytes().replace(b"\r\n", b"\n")  # the same on systems that end lines in another way
        digest.update(file.relative_to(package).as_posix().encode() + b"\n" + source)
    return digest.hexdigest()[:8]


@dataclass(frozen=True)
class Record:
    """Where numbers come from.

    Attributes:
        scenario: name of the scenario.
        file: its file, as the user gave it.
        digest: SHA-256 of the resolved scenario.
        parameters: what was made of a file of parameter draws, in words; "" if the scenario has none.
        seed: seed of the luck, 0 to 2**64 - 1.
        first_replication: index of the first replication.
        replications: how many there are, one after the other.
        engine: "event" or "array".
        intervals: "fixed" for those of a number of replications that was chosen beforehand, "sequential" for those that
            hold whatever ended the study, "" where there are none.
        command: what to type to have the same rallies again.
        versions: of this package and the libraries that compute, and of Python unless parts of the study were computed
            elsewhere.
    """

    scenario: str
    file: str
    digest: str
    parameters: str
    seed: int
    first_replication: int
    replications: int
    engine: str
    intervals: str
    command: str
    versions: dict[str, str] = field(default_factory=installed_versions)

    @classmethod
    def of(
        cls,
        plan: Plan,
        file: Path | None,
        *,
        seed: int,
        replications: int,
        command: str,
        first: int = 0,
        engine: str = "array",
        intervals: str = "fixed",
    ) -> Record:
        """Of rallies of one plan, from replication `first` on, run by the packages that are installed here.

        `file` is None for a scenario that was made by a program.
        """
        return cls(
            scenario=plan.rally.name,
            file="" if file is None else str(file),
            digest=plan.digest,
            parameters=plan.rally.parameters_summary,
            seed=seed,
            first_replication=first,
            replications=replications,
            engine=engine,
            intervals=intervals,
            command=command,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types, in the order of the attributes."""
        return {
            "scenario": self.scenario,
            "file": self.file,
            "digest": self.digest,
            "parameters": self.parameters,
            "seed": self.seed,
            "first_replication": self.first_replication,
            "replications": self.replications,
            "engine": self.engine,
            "intervals": self.intervals,
            "command": self.command,
            "versions": dict(self.versions),
        }
