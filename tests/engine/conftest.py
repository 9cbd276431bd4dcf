"""Every crafted race of these tests is run by the array engine too: crafted ties are where twins differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest

from sim.engine.array import run_block
from sim.engine.day import Replay
from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from tests.support.rallies import RACES


@pytest.fixture(autouse=True)
def _the_twins_agree() -> Iterator[None]:
    """After each test, every race that it ran has the same outcome in the array engine."""
    RACES.clear()
    yield
    for race in RACES:
        assert differences(race) == []


def differences(race: Replay) -> list[str]:
    """Names of the columns that the array engine has otherwise; rows of losses may stand in another order."""
    ours, twin = race.outcomes, run_block(race.plan, Luck(race.seed), race.replication, 1)
    names = [f.name for f in fields(Outcomes) if f.name != "losses"]
    different = [name for name in names if not np.array_equal(getattr(ours, name), getattr(twin, name))]
    lost, also_lost = losses_of(ours), losses_of(twin)
    if lost.shape != also_lost.shape or not np.allclose(lost, also_lost, rtol=0, atol=1e-6):
        different.append("losses")
    return different


def losses_of(outcomes: Outcomes) -> np.ndarray:
    """Losses as sorted rows of (crew, stage, cause, uncompleted, retired, seconds), one more of zeros in front."""
    losses = outcomes.losses
    columns = (losses.crew, losses.stage, losses.cause, losses.uncompleted, losses.retired, losses.lost_s)
    rows = sorted(zip(*(column.tolist() for column in columns), strict=True))
    return np.array([[0.0] * len(columns), *rows], dtype=np.float64)
