"""Every crafted race of these tests is run by the array engine too: crafted ties are where twins differ."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sim.engine.array import trace_block
from sim.engine.luck import Luck
from sim.study.twins import difference
from tests.support.rallies import RACES


@pytest.fixture(autouse=True)
def _the_twins_agree() -> Iterator[None]:
    """After each test, the array engine tells every race that it ran in the same way, with the same outcome."""
    RACES.clear()
    yield
    for race in RACES:
        assert difference(race, trace_block(race.plan, Luck(race.seed), race.replication, 1), 0) is None
