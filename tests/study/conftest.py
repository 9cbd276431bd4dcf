"""Small studies of the example scenarios, in blocks of 64 rallies."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.model.scenario import load
from sim.study import blocks
from sim.study.blocks import Source

MARATHON = Path(__file__).resolve().parents[2] / "scenarios/examples/three-crews-marathon.toml"


@pytest.fixture
def source() -> Source:
    """Three crews on two stages."""
    return Source(load(MARATHON).plan(), seed=7)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 64 rallies in the array engine."""
    monkeypatch.setitem(blocks.BLOCK, "array", 64)
