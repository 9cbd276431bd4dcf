"""Samples of crafted rallies for statistical tests, through either engine."""

from __future__ import annotations

import pytest

from sim.engine.outcomes import Outcomes, concatenate
from sim.study.blocks import BLOCK, Engine, Source, simulate, split
from tests.support.rallies import Tree, planned


def sizes(quick: int, large: int) -> list[object]:
    """Two sizes of a test: one for every run of the suite, one for `make verify`."""
    return [pytest.param(quick, id="quick"), pytest.param(large, id="large", marks=pytest.mark.large)]


def sample(tree: Tree, size: int, *, seed: int, engine: Engine = "array") -> Outcomes:
    """Outcomes of the first replications of a rally."""
    source = Source(planned(tree), seed, engine)
    return concatenate([simulate(source, block) for block in split(0, size, BLOCK[engine])])
