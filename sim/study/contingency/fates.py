"""What becomes of one car when a failure and what its crew does about it are pinned, rally by rally."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.model.arrays import BoolArray, IntArray
from sim.model.plan import Plan, compile_plan
from sim.model.spec import Happening
from sim.model.units import MINUTE_S
from sim.study.blocks import BLOCK, Block, Source, simulate, split
from sim.study.estimates import FIXED, Estimate
from sim.study.record import computing_versions

_PINNED = "pinned by the card"


@dataclass(frozen=True)
class Question:
    """Whose fate is asked: of car `crew`, on stage `stage` (indices), in replications 0 .. n - 1 of this seed."""

    plan: Plan
    stage: int
    crew: int
    seed: int
    n: int


@dataclass(frozen=True)
class Fates:
    """What became of the car in n rallies.

    Attributes:
        completed: did it complete the special, shape (n,)?
        classified, win: at the finish of the rally, shape (n,).
        total_s: its total there, shape (n,).
        spoilt: in how many of the rallies each mode cost it something on the special, shape (M,).
        lost_s: the sum of the seconds and of their squares, shape (M, 2).
        versions: of what computed it.
    """

    completed: BoolArray
    classified: BoolArray
    win: BoolArray
    total_s: IntArray
    spoilt: IntArray
    lost_s: IntArray
    versions: dict[str, str] = field(default_factory=computing_versions)

    def __len__(self) -> int:
        return len(self.completed)


def pinned(plan: Plan, happening: Happening) -> Plan:
    """The plan with one more happening in its script."""
    script = plan.rally.script
    more = script.model_copy(update={"happenings": {**script.happenings, _PINNED: happening}})
    return compile_plan(plan.rally.model_copy(update={"script": more}), plan.parameters)


def fates(question: Question) -> Fates:
    """The fates in all replications of a question, in whatever process this is called."""
    parts = [_fates(question, block) for block in split(0, question.n, BLOCK["array"])]

    def joined(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return Fates(
        completed=joined("completed"),
        classified=joined("classified"),
        win=joined("win"),
        total_s=joined("total_s"),
        spoilt=np.sum([part.spoilt for part in parts], axis=0),
        lost_s=np.sum([part.lost_s for part in parts], axis=0),
    )


def _fates(question: Question, block: Block) -> Fates:
    plan, crew, stage = question.plan, question.crew, question.stage
    outcomes = simulate(Source(plan, question.seed), block)
    losses, modes = outcomes.losses, len(plan.modes)
    here = (losses.crew == crew) & (losses.stage == stage) & (losses.cause < modes)
    cause, lost = losses.cause[here], np.rint(losses.lost_s[here])
    sums = [np.bincount(cause, weights, minlength=modes) for weights in (None, lost, lost**2)]
    return Fates(
        completed=outcomes.completed[:, crew, stage],
        classified=outcomes.classified[:, crew],
        win=np.asarray(outcomes.rank[:, crew] == 1),
        total_s=outcomes.total_s[:, crew],
        spoilt=sums[0].astype(np.int64),
        lost_s=np.stack(sums[1:], axis=1).astype(np.int64),
    )


def share(hits: BoolArray) -> Estimate:
    """The share of rallies in which something came true."""
    return FIXED.probability(int(hits.sum()), len(hits))


def points(one: BoolArray, other: BoolArray) -> Estimate:
    """By how much the chance of the one is greater, paired rally by rally."""
    return _mean(one.astype(np.int64) - other)


def minutes(slower: Fates, faster: Fates) -> Estimate | None:
    """By how many minutes the total of the slower is greater where both are classified, paired; None where never."""
    both = slower.classified & faster.classified
    if not both.any():
        return None
    seconds = _mean((slower.total_s - faster.total_s)[both])
    return Estimate(seconds.value / MINUTE_S, seconds.low / MINUTE_S, seconds.high / MINUTE_S)


def apart(difference: Estimate | None) -> bool:
    """Is a difference told apart from none?"""
    return difference is not None and (difference.low > 0.0 or difference.high < 0.0)


def _mean(values: IntArray) -> Estimate:
    return FIXED.mean(int(values.sum()), int(np.square(values).sum()), len(values))
