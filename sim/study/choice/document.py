"""What a choice found, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.study.choice.designs import Variant
from sim.study.choice.goal import Goal
from sim.study.choice.selection import Rival, Selection
from sim.study.choice.sequential import cost_of_all
from sim.study.choice.spec import Study
from sim.study.record import Record

SCHEMA = "rally-choice/1"


@dataclass(frozen=True)
class Choice:
    """A study of designs that was run.

    Attributes:
        study: the file.
        goal: what made a design the best.
        promise: probability of a correct selection that was promised; None if there was a budget.
        variants: the designs, by their index in the selection.
        heavy: combinations that were left out because they weigh too much.
        selection: the result.
    """

    study: Study
    goal: Goal
    promise: float | None
    variants: list[Variant]
    heavy: int
    selection: Selection

    def as_json(self, record: Record) -> dict[str, Any]:
        """The documented form "rally-choice/1"."""
        chosen = self.selection
        return {
            "schema": SCHEMA,
            "record": record.as_json(),
            "goal": {
                "text": self.goal.text,
                "quantities": list(self.goal.names),
                "weights": self.goal.weights.tolist(),
            },
            "indifference": self.study.indifference,
            "promise": self.promise,
            "budget": self.study.budget,
            "best": {
                **_design(self.variants[chosen.best]),
                "value": chosen.value.as_json(),
                "rallies": chosen.rallies,
            },
            "others": [self._rival(rival) for rival in chosen.rivals],
            "too_heavy": self.heavy,
            "posterior": {"best": chosen.correct, "within_indifference": chosen.good},
            "rallies": {"run": chosen.cost, "all_to_the_end": cost_of_all(chosen)},
        }

    def _rival(self, rival: Rival) -> dict[str, Any]:
        return {
            **_design(self.variants[rival.design]),
            "behind": rival.behind.as_json(),
            "rallies": rival.rallies,
            "told_apart": rival.told_apart,
            "the_same_in_all_rallies": rival.same,
        }


def _design(variant: Variant) -> dict[str, str]:
    return {"name": variant.name, "asks": variant.asks, "changes": variant.changes, "digest": variant.plan.digest}
