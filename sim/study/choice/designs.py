"""The designs of a study as plans, and how their rallies are run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.findings import Finding, ScenarioError, TooHeavy
from sim.model.plan import Plan
from sim.model.scenario import Use, load
from sim.study.blocks import BLOCK, Block, Source, simulate, split
from sim.study.choice.budget import FIRST as LEAST_OF_A_BUDGET
from sim.study.choice.budget import spend
from sim.study.choice.goal import Goal, goal_of
from sim.study.choice.samples import Piece, Sampler
from sim.study.choice.selection import Selection
from sim.study.choice.sequential import BATCH, FIRST, choose
from sim.study.choice.spec import Proposal, Study, proposals
from sim.study.errors import StudyError
from sim.study.executors import Pool
from sim.study.quantities import observe
from sim.study.record import computing_versions
from sim.study.run import in_order

SEEN = 20
"""The first rallies of a design are so many that a difference that matters shows in about as many of them at least."""

DEFAULT_PROMISE = 0.95


@dataclass(frozen=True)
class Variant:
    """A design that can be run."""

    name: str
    asks: str
    changes: str
    plan: Plan


def variants(file: Path, study: Study, use: Use, told: Callable[[int], None]) -> tuple[list[Variant], int]:
    """The designs of a study, and how many combinations were left out because they weigh too much.

    Raises ScenarioError with everything that is wrong with any of them, or if too many weigh too much.
    """
    found: list[Variant] = []
    findings: list[Finding] = []
    tried = proposals(study)
    heavy = 0
    for proposal in tried:
        try:
            plan = load(file.parent / study.scenario, use, proposal.changes).plan()
            found.append(Variant(proposal.name, proposal.asks, str(proposal.changes), plan))
        except ScenarioError as error:
            if proposal.combined and all(isinstance(finding, TooHeavy) for finding in error.findings):
                heavy += 1
            else:
                findings += _placed(proposal, error.findings)
        told(1)
    if not findings and len(found) < 2:
        problem = f"{heavy} of {len(tried)} designs weigh too much: a choice takes two at least"
        findings.append(Finding("grid", problem))
    if findings:
        raise ScenarioError(file, findings)
    return found, heavy


def _placed(proposal: Proposal, findings: Sequence[Finding]) -> list[Finding]:
    """Findings of a design, as they stand in the file of designs."""
    where = "grid" if proposal.combined else f"designs.{proposal.name}"
    return [Finding(f"{where}, {finding.path.removeprefix('--set ')}", finding.problem) for finding in findings]


def common_goal(study: Study, found: Sequence[Variant]) -> Goal:
    """The goal of a study, which every design must be able to have.

    Raises StudyError if one cannot.
    """
    for variant in found:
        try:
            goal = goal_of(study, variant.plan)
        except StudyError as error:
            raise StudyError(f"design {variant.name!r}: {error}") from None
    return goal


@dataclass(frozen=True)
class _Work:
    """A block of rallies of a design."""

    source: Source
    goal: Goal
    block: Block


@dataclass(frozen=True)
class _Done:
    """The goal in each of these rallies, shape (n,)."""

    values: FloatArray
    versions: dict[str, str] = field(default_factory=computing_versions)


def work(todo: _Work) -> _Done:
    """Run a block, in whatever process this is called."""
    outcomes = simulate(todo.source, todo.block)
    return _Done(observe(todo.source.plan, outcomes, todo.goal.names).values @ todo.goal.weights)


def sampler(plans: Sequence[Plan], seed: int, goal: Goal, pool: Pool, told: Callable[[int], None]) -> Sampler:
    """Runs rallies of designs; `told` hears of each number of rallies that is done."""

    def sample(pieces: Sequence[Piece]) -> Iterable[FloatArray]:
        blocks = [list(split(piece.first, piece.first + piece.count, BLOCK["array"])) for piece in pieces]
        todo = (
            _Work(Source(plans[piece.design], seed), goal, block)
            for piece, parts in zip(pieces, blocks, strict=True)
            for block in parts
        )
        results = in_order(work, todo, pool)
        for parts in blocks:
            yield np.concatenate([_heard(done.values, told) for done in islice(results, len(parts))])

    return sample


def _heard(values: FloatArray, told: Callable[[int], None]) -> FloatArray:
    told(len(values))
    return values


def first_rallies(goal: Goal, indifference: float) -> int:
    """Rallies of every design before the first look, in whole batches."""
    return max(FIRST, BATCH * math.ceil(SEEN * goal.reach / indifference / BATCH))


def decide(study: Study, goal: Goal, designs: int, sample: Sampler) -> Selection:
    """Choose as the study says: with its promise, or within its budget.

    Raises StudyError if the budget is too small.
    """
    if study.budget is not None:
        least = designs * LEAST_OF_A_BUDGET
        if study.budget < least:
            raise StudyError(f"budget: {designs} designs take {least:,} rallies at least, got {study.budget:,}")
        return spend(sample, designs, study.budget, study.indifference)
    first = first_rallies(goal, study.indifference)
    return choose(sample, designs, study.promise or DEFAULT_PROMISE, study.indifference, first=first)
