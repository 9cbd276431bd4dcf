"""The twins on two thousand rallies of Dakar 2026: any difference at all is a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.engine.luck import Luck
from sim.model.scenario import load
from sim.study.twins import first_difference

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios/dakar-2026.toml"
REPLICATIONS = 2000


@pytest.mark.large
def test_the_twins_agree_on_two_thousand_rallies_of_dakar_2026() -> None:
    done: list[int] = []
    assert first_difference(load(SCENARIO).plan(), Luck(11), REPLICATIONS, done.append) is None
    assert sum(done) == REPLICATIONS
