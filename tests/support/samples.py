"""Samples of crafted rallies for statistical tests, through either engine."""

from __future__ import annotations

import pytest

from sim.engine.luck import Luck
from sim.engine.outcomes import Outcomes
from sim.study.run import Engine, run_study
from tests.support.rallies import Tree, planned


def sizes(quick: int, large: int) -> list[object]:
    """Two sizes of a test: one for every run of the suite, one for `make verify`."""
    return [pytest.param(quick, id="quick"), pytest.param(large, id="large", marks=pytest.mark.large)]


def sample(tree: Tree, size: int, *, seed: int, engine: Engine = "array") -> Outcomes:
    """Outcomes of the first replications of a rally."""
    outcomes, complete = run_study(planned(tree), Luck(seed), size, engine, lambda _: None)
    assert complete
    assert outcomes is not None
    return outcomes
