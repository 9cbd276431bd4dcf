"""The digest of the outcomes: what is timed must still be the same simulation."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from sim.model.plan import Plan
from sim.model.scenario import load

ROOT = Path(__file__).parents[1]
SCENARIO = "dakar-2026"
SEED = 2026
REPLICATIONS = 2000
STORED = Path(__file__).with_name("digest.json")


@dataclass(frozen=True)
class Check:
    """A digest as it should be and as it is."""

    expected: str
    found: str

    @property
    def met(self) -> bool:
        """Are these the outcomes that were stored?"""
        return self.expected == self.found


def dakar() -> Plan:
    """The plan of the Dakar 2026."""
    return load(ROOT / "scenarios" / f"{SCENARIO}.toml").plan()


def check() -> Check:
    """Compare the outcomes of the engine with the stored digest."""
    return Check(json.loads(STORED.read_text(encoding="utf-8"))["sha256"], present())


def store() -> str:
    """Make the present outcomes those that are expected; returns their digest."""
    digest = present()
    document = {"scenario": SCENARIO, "seed": SEED, "replications": REPLICATIONS, "sha256": digest}
    STORED.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return digest


def present() -> str:
    """Digest of what the array engine gives now."""
    return digest_of(run_block(dakar(), Luck(SEED), 0, REPLICATIONS))


def digest_of(outcomes: Outcomes) -> str:
    """SHA-256 of all rallies, the same on every machine.

    Integers are taken as little-endian int64, kilometres as float64 rounded to millimetres. Seconds lost are rounded to
    whole ones: libraries may differ in the last bit. Losses are sorted by (row, crew, stage, cause).
    """
    losses, sha = outcomes.losses, hashlib.sha256()
    for part in (
        outcomes.replication,
        outcomes.status,
        outcomes.total_s,
        outcomes.penalty_s,
        outcomes.stage_s,
        outcomes.sporting_s,
        outcomes.completed,
    ):
        sha.update(np.ascontiguousarray(part, dtype="<i8").tobytes())
    sha.update((outcomes.retired_km.round(6) + 0.0).astype("<f8").tobytes())
    order = np.lexsort((losses.cause, losses.stage, losses.crew, losses.row))
    seconds = np.rint(losses.lost_s)
    for column in (losses.row, losses.crew, losses.stage, losses.cause, seconds, losses.uncompleted, losses.retired):
        sha.update(column[order].astype("<i8").tobytes())
    return sha.hexdigest()
