"""What a comparison says of each variant: differences with intervals, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sim.study.comparison.flips import KINDS, WHOSE, Flips
from sim.study.comparison.intervals import PairedIntervals
from sim.study.comparison.moments import Change
from sim.study.comparison.pairs import Pairing
from sim.study.comparison.study import PairTally
from sim.study.estimates import Estimate
from sim.study.quantities import Kind

NOTHING = Estimate(0.0, 0.0, 0.0)
"""The difference between two plans that are the same in everything that runs."""


@dataclass(frozen=True)
class Difference:
    """One quantity of a base and of a variant.

    Attributes:
        pairs: in how many both rallies know it.
        base, variant: its means over these pairs; shares of rallies where it is a probability.
        difference: variant less base; None, as the means, if no pair knows it.
        variance_gain: what the pairing saved, see `Moments.variance_gain`.
        exact: is the difference 0 because nothing that runs was changed?
    """

    name: str
    kind: Kind
    pairs: int
    base: float | None
    variant: float | None
    difference: Estimate | None
    variance_gain: float | None
    exact: bool

    @property
    def told(self) -> bool:
        """Can it be told from no change? 0 lies outside the interval."""
        return self.difference is not None and not self.difference.low <= 0.0 <= self.difference.high


@dataclass(frozen=True)
class Reason:
    """By which mode on which stage fates flipped, and how often; `mode` is "" for whatever else."""

    mode: str
    stage: str
    whose: str
    count: int


@dataclass(frozen=True)
class Flip:
    """Flips of one kind of one crew.

    Attributes:
        kind: one of `KINDS`.
        count: in how many pairs.
        reasons: the most frequent first.
        examples: replications, the first ones.
    """

    car: str
    kind: str
    count: int
    reasons: tuple[Reason, ...]
    examples: tuple[int, ...]


@dataclass(frozen=True)
class Cost:
    """What changed by a cause in the mean of a pair, variant less base.

    Attributes:
        mode: name of the cause, "" for whatever else.
        stage: "" for all of them.
        car: "" for all crews together.
    """

    mode: str
    stage: str
    car: str
    change: Estimate


@dataclass(frozen=True)
class Why:
    """Why a variant differs.

    Attributes:
        flips: those that happened, crew by crew.
        lost_s: seconds lost by all crews, by mode, the largest change first.
        stage_lost_s: the same by mode and stage.
        places: places down, all crews together, by mode, the largest change first.
        crew_places: the same crew by crew.
    """

    flips: tuple[Flip, ...]
    lost_s: tuple[Cost, ...]
    stage_lost_s: tuple[Cost, ...]
    places: tuple[Cost, ...]
    crew_places: tuple[Cost, ...]


@dataclass(frozen=True)
class VariantSummary:
    """What n pairs say of a variant."""

    pairing: Pairing
    n: int
    differences: dict[str, Difference]
    why: Why


def summarise(pairing: Pairing, tally: PairTally, intervals: PairedIntervals) -> VariantSummary:
    """Differences and reasons from the tally of n >= 1 pairs."""
    return VariantSummary(pairing, tally.n, differences(pairing, tally, intervals), _why(pairing, tally, intervals))


def differences(
    pairing: Pairing, tally: PairTally, intervals: PairedIntervals, names: Iterable[str] | None = None
) -> dict[str, Difference]:
    """Differences by name, of all quantities of the pairing or of some."""
    found = dict(zip(pairing.quantities, tally.moments, strict=True))
    return {
        name: Difference(
            name=name,
            kind=pairing.quantities[name],
            pairs=found[name].n,
            base=found[name].base / found[name].n if found[name].n else None,
            variant=found[name].variant / found[name].n if found[name].n else None,
            difference=NOTHING if pairing.same else intervals.of(found[name]),
            variance_gain=found[name].variance_gain,
            exact=pairing.same,
        )
        for name in (pairing.quantities if names is None else names)
    }


def _why(pairing: Pairing, tally: PairTally, intervals: PairedIntervals) -> Why:
    costs, causes, stages = tally.costs, (*pairing.causes, ""), pairing.stages

    def changed(changes: Iterable[Change], names: Iterable[tuple[str, str, str]]) -> tuple[Cost, ...]:
        found = [
            Cost(*name, intervals.mean(change, tally.n))
            for name, change in zip(names, changes, strict=True)
            if change.squares
        ]
        return tuple(sorted(found, key=lambda cost: -abs(cost.change.value)))

    return Why(
        flips=tuple(_flips(pairing, tally.flips)),
        lost_s=changed(costs.cause_lost_s, ((cause, "", "") for cause in pairing.causes)),
        stage_lost_s=changed(costs.lost_s, ((cause, stage, "") for cause in pairing.causes for stage in stages)),
        places=changed(costs.places, ((cause, "", "") for cause in causes)),
        crew_places=changed(costs.crew_places, ((cause, "", car) for car in pairing.cars for cause in causes)),
    )


def _flips(pairing: Pairing, flips: Flips) -> Iterable[Flip]:
    for crew, car in enumerate(pairing.cars):
        for kind, name in enumerate(KINDS):
            counts = flips.counts[kind, crew]
            if counts.any():
                examples = flips.examples[kind, crew]
                yield Flip(car, name, int(counts.sum()), tuple(_reasons(pairing, counts)), examples)


def _reasons(pairing: Pairing, counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> list[Reason]:
    found = [
        Reason(*pairing.cell_name(cell), WHOSE[whose], int(counts[whose, cell]))
        for whose, cell in np.argwhere(counts).tolist()
    ]
    return sorted(found, key=lambda reason: (not reason.mode, -reason.count))
