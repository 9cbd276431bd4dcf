"""The twins on two thousand rallies of Dakar 2026: any difference at all is a failure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.engine.array import run_block
from sim.engine.event import replay
from sim.engine.luck import Luck
from sim.engine.outcomes import concatenate
from sim.model.plan import compile_plan
from sim.model.scenario import load

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios/dakar-2026.toml"
REPLICATIONS = 2000


@pytest.mark.large
def test_the_twins_agree_on_two_thousand_rallies_of_dakar_2026() -> None:
    plan, luck = compile_plan(load(SCENARIO).rally), Luck(11)
    array = run_block(plan, luck, 0, REPLICATIONS)
    event = concatenate([replay(plan, luck, k).outcomes for k in range(REPLICATIONS)])
    for name in ("status", "total_s", "penalty_s", "stage_s", "sporting_s", "completed", "retired_km"):
        np.testing.assert_array_equal(getattr(array, name), getattr(event, name), err_msg=name)
