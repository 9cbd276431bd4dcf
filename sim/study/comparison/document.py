"""A comparison in its documented form, "rally-comparison/1"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sim.study.comparison.summary import Cost, Difference, Flip, VariantSummary
from sim.study.record import Record

SCHEMA = "rally-comparison/1"


@dataclass(frozen=True)
class Named:
    """A variant by name.

    Attributes:
        name: what it is called in tables.
        file: the file it was read from.
        changes: what was changed in it, in words; "" if nothing.
        replays: the commands that replay one replication of the base and of the variant.
    """

    name: str
    file: str
    changes: str
    replays: Callable[[int], tuple[str, str]]


def document(record: Record, named: Sequence[Named], summaries: Sequence[VariantSummary]) -> dict[str, Any]:
    """Plain JSON types; `record` is that of the base."""
    return {
        "schema": SCHEMA,
        "record": record.as_json(),
        "variants": [_variant(name, summary) for name, summary in zip(named, summaries, strict=True)],
    }


def _variant(named: Named, summary: VariantSummary) -> dict[str, Any]:
    plan, why = summary.pairing.variant, summary.why
    return {
        "variant": named.name,
        "file": named.file,
        "changes": named.changes,
        "digest": plan.digest,
        "parameters": plan.rally.parameters_summary,
        "same": summary.pairing.same,
        "unpaired_cars": summary.pairing.unpaired,
        "quantities": [_difference(difference) for difference in summary.differences.values()],
        "why": {
            "flips": [_flip(flip, named) for flip in why.flips],
            "lost_s": [_cost(cost, "mode") for cost in why.lost_s],
            "lost_s_by_stage": [_cost(cost, "mode", "stage") for cost in why.stage_lost_s],
            "places": [_cost(cost, "mode") for cost in why.places],
            "places_by_car": [_cost(cost, "car", "mode") for cost in why.crew_places],
        },
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": found.kind,
        "pairs": found.pairs,
        "base": found.base,
        "variant": found.variant,
        "difference": None if found.difference is None else found.difference.as_json(),
        "told_from_no_change": found.told,
        "variance_gain": found.variance_gain,
    }


def _flip(flip: Flip, named: Named) -> dict[str, Any]:
    examples = [(k, *named.replays(k)) for k in flip.examples]
    return {
        "car": flip.car,
        "flip": flip.kind,
        "count": flip.count,
        "reasons": [
            {"mode": reason.mode or "other", "stage": reason.stage, "whose": reason.whose, "count": reason.count}
            for reason in flip.reasons
        ],
        "examples": [{"replication": k, "base": base, "variant": variant} for k, base, variant in examples],
    }


def _cost(cost: Cost, *keys: str) -> dict[str, Any]:
    names = {"mode": cost.mode or "other", "stage": cost.stage, "car": cost.car}
    return {**{key: names[key] for key in keys}, **cost.change.as_json()}
