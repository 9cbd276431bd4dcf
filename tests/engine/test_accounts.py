"""Accounting identities: in every rally of every shipped scenario all seconds and all crews are accounted for."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from sim.engine.event import replay
from sim.engine.journal import Kind
from sim.engine.luck import Luck
from sim.model.plan import Plan
from sim.model.rules.results import Status
from sim.model.scenario import load
from tests.support.invariants import STOPS, broken_rules

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted(
    str(file.relative_to(FOLDER))
    for file in FOLDER.rglob("*.toml")
    if not {"evenings", "studies"} & set(file.relative_to(FOLDER).parts)
)


@cache
def shipped(name: str) -> Plan:
    return load(FOLDER / name).plan()


@pytest.mark.parametrize("seed", [0, 1, 20260103, 2**64 - 1])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_all_seconds_and_all_crews_of_a_shipped_scenario_are_accounted_for(scenario: str, seed: int) -> None:
    plan, luck = shipped(scenario), Luck(seed)
    for replication in range(1 if plan.scripted_only else 20):
        assert broken_rules(replay(plan, luck, replication)) == []


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_crews_are_finished_rejoined_or_retired(scenario: str) -> None:
    plan, luck = shipped(scenario), Luck(5)
    for replication in range(20):
        status = replay(plan, luck, replication).outcomes.status[0].tolist()
        count = Counter(status)
        assert len(plan.crews) == count[Status.FINISHED] + count[Status.REJOINED] + count[Status.RETIRED]


def test_the_rallies_that_are_checked_contain_every_way_to_stop_and_every_end() -> None:
    luck, kinds = Luck(1), Counter[Kind]()
    plan = shipped("examples/three-crews-marathon.toml")
    for replication in range(100):
        kinds += Counter(entry.kind for entry in replay(plan, luck, replication).journal)
    ends = (Kind.FINISH, Kind.RECOVERY, Kind.STRAND, Kind.CLOSED, Kind.TRUCK_FAILED, Kind.NO_START, Kind.RETIRED)
    nights = (Kind.JOB, Kind.JOB_LEFT, Kind.BORROW)
    wanted = set(STOPS) - {Kind.SERVICE} | set(ends) | set(nights)
    assert wanted - set(kinds) == set()
