"""What is timed is what was stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import digests
from benchmarks.__main__ import main
from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes, concatenate
from sim.model.plan import Plan
from sim.model.scenario import load


@pytest.fixture
def plan() -> Plan:
    return load(digests.ROOT / "scenarios/examples/three-crews-marathon.toml").plan()


@pytest.fixture
def outcomes(plan: Plan) -> Outcomes:
    return run_block(plan, Luck(1), 0, 100)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(digests, "REPLICATIONS", 8)
    monkeypatch.setattr(digests, "STORED", tmp_path / "digest.json")


def test_the_outcomes_of_the_dakar_are_those_that_were_stored() -> None:
    found = digests.check()
    assert found.met, f"{found}; if they are meant to have changed: python -m benchmarks digest --store"


def test_neither_blocks_nor_the_order_of_losses_change_the_digest(plan: Plan, outcomes: Outcomes) -> None:
    parts = [run_block(plan, Luck(1), first, 50) for first in (0, 50)]
    assert digests.digest_of(concatenate(parts)) == digests.digest_of(outcomes)


def test_the_last_bits_of_a_loss_do_not_change_the_digest(outcomes: Outcomes) -> None:
    lost_s = np.nextafter(outcomes.losses.lost_s.round() + 0.25, np.inf)
    changed = [replace(outcomes, losses=replace(outcomes.losses, lost_s=lost)) for lost in (lost_s, lost_s - 0.1)]
    assert len({digests.digest_of(each) for each in changed}) == 1


@pytest.mark.parametrize(
    "name", ["replication", "status", "total_s", "penalty_s", "stage_s", "sporting_s", "completed", "retired_km"]
)
def test_one_other_number_changes_the_digest(outcomes: Outcomes, name: str) -> None:
    values = getattr(outcomes, name).copy()
    values.flat[3] = 0 if values.flat[3] else 1
    assert digests.digest_of(replace(outcomes, **{name: values})) != digests.digest_of(outcomes)


@pytest.mark.parametrize("name", ["row", "crew", "stage", "cause", "lost_s", "uncompleted", "retired"])
def test_one_other_loss_changes_the_digest(outcomes: Outcomes, name: str) -> None:
    values = getattr(outcomes.losses, name).copy()
    values[3] = 0 if values[3] else 1
    changed = replace(outcomes, losses=replace(outcomes.losses, **{name: values}))
    assert digests.digest_of(changed) != digests.digest_of(outcomes)


@pytest.mark.usefixtures("few")
def test_a_stored_digest_is_met_until_the_outcomes_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(main, ["digest", "--store"]).exit_code == 0
    assert digests.check().met
    monkeypatch.setattr(digests, "SEED", 1)
    assert not digests.check().met


@pytest.mark.usefixtures("few")
def test_nothing_is_measured_if_the_outcomes_have_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    digests.store()
    monkeypatch.setattr(digests, "SEED", 1)
    monkeypatch.setattr("benchmarks.__main__.measure", lambda *_: pytest.fail("measured"))
    result = CliRunner().invoke(main, ["speed", "--quick"])
    assert result.exit_code == 1
    assert "digest --store" in result.stderr
