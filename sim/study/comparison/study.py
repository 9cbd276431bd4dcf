"""Comparing a base with its variants: what a block of pairs gives, and how blocks add up."""

from __future__ import annotations

from dataclasses import dataclass

from sim.engine.outcomes import Outcomes
from sim.model.plan import Plan
from sim.study.blocks import Block, Source, simulate
from sim.study.comparison.costs import Costs, costs
from sim.study.comparison.flips import Flips, flips
from sim.study.comparison.moments import Moments, moments
from sim.study.comparison.pairs import Pairing
from sim.study.quantities import observe
from sim.study.record import computing_versions


@dataclass(frozen=True)
class Comparison:
    """What is compared: a base, its variants, and the seed of the luck that they share."""

    base: Plan
    pairings: tuple[Pairing, ...]
    seed: int

    @classmethod
    def of(cls, base: Plan, variants: tuple[Plan, ...], seed: int) -> Comparison:
        """Pair each variant with the base."""
        return cls(base, tuple(Pairing.of(base, variant) for variant in variants), seed)


@dataclass(frozen=True)
class PairTally:
    """What was counted in n pairs of a base and one variant; tallies of later pairs add up to it exactly.

    Attributes:
        n: how many pairs.
        moments: one for each quantity of the pairing.
        flips, costs: why.
    """

    n: int
    moments: tuple[Moments, ...]
    flips: Flips
    costs: Costs

    @classmethod
    def of(cls, pairing: Pairing, base: Outcomes, variant: Outcomes) -> PairTally:
        """Count pairs: both outcomes have the same replications in ascending order."""
        names = tuple(pairing.quantities)
        a, b = pairing.look(base), pairing.look(variant)
        return cls(
            n=len(base),
            moments=moments(observe(pairing.base, base, names), observe(pairing.variant, variant, names)),
            flips=flips(pairing, a, b, base.replication),
            costs=costs(pairing, a, b),
        )

    def __add__(self, later: PairTally) -> PairTally:
        return PairTally(
            self.n + later.n,
            tuple(a + b for a, b in zip(self.moments, later.moments, strict=True)),
            self.flips + later.flips,
            self.costs + later.costs,
        )


@dataclass(frozen=True)
class Compared:
    """What came out of a block: a tally for each variant."""

    block: Block
    tallies: tuple[PairTally, ...]
    versions: dict[str, str]


def compare(comparison: Comparison, block: Block) -> Compared:
    """Compare the rallies of a block, in whatever process this is called; arguments and result can be pickled.

    A variant that is the same in everything that runs has the rallies of the base: they are not run again.
    """
    base = simulate(Source(comparison.base, comparison.seed), block)
    tallies = tuple(
        PairTally.of(pairing, base, base if pairing.same else simulate(Source(pairing.variant, comparison.seed), block))
        for pairing in comparison.pairings
    )
    return Compared(block, tallies, computing_versions())
