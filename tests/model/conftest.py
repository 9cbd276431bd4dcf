"""Small scenarios for the tests of the model: the base of the conformance files with changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.model.plan import Plan
from sim.model.scenario import Scenario, load

BASE = Path(__file__).parents[1] / "conformance" / "valid" / "base.toml"


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[[str], Scenario]:
    """Load the base with the changes of a text on top."""

    def build(changes: str = "") -> Scenario:
        (tmp_path / "base.toml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
        file = tmp_path / "variant.toml"
        file.write_text(f'extends = "base.toml"\n{changes}', encoding="utf-8")
        return load(file)

    return build


@pytest.fixture
def plan(scenario: Callable[[str], Scenario]) -> Callable[[str], Plan]:
    """Compile the base with the changes of a text on top."""
    return lambda changes="": scenario(changes).plan()
