"""Who stops on a stage: counted in rallies that are told."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.engine.array import trace_block
from sim.engine.journal import Kind
from sim.engine.luck import Luck
from sim.model.arrays import BoolArray
from sim.study.blocks import split
from sim.study.paired import Question
from sim.study.record import computing_versions
from sim.study.twins import BLOCK

STOPS = (Kind.HALT, Kind.STRAND, Kind.WRECK)
"""A halt, mended or not, and what cannot be mended on the course."""


@dataclass(frozen=True)
class Halts:
    """Did each of C cars stop on the stage, shape (n, C)?"""

    stopped: BoolArray
    versions: dict[str, str] = field(default_factory=computing_versions)


def halts(question: Question) -> Halts:
    """Who stops on the stage of a question, rally by rally, in whatever process this is called."""
    plan, luck = question.plan, Luck(question.seed)
    stage, crews = plan.stages[question.stage].name, {crew.car: crew.index for crew in plan.crews}
    stopped = np.zeros((question.n, len(crews)), dtype=np.bool_)
    for block in split(0, question.n, BLOCK):
        for row, journal in enumerate(trace_block(plan, luck, block.first, block.count).journals, block.first):
            for entry in journal:
                if entry.kind in STOPS and entry.stage == stage and entry.car in crews:
                    stopped[row, crews[entry.car]] = True
    return Halts(stopped)
