"""What makes a design the best: the mean of a weighted sum of quantities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.findings import unknown
from sim.model.plan import Plan
from sim.study.choice.spec import Points, Study
from sim.study.errors import StudyError
from sim.study.quantities import Kind, catalogue


@dataclass(frozen=True)
class Goal:
    """A goal, the more the better.

    Attributes:
        text: in words.
        kind: "probability", or "count" of points.
        names: quantities of the catalogue, Q of them.
        weights: what each counts, shape (Q,).
        reach: by how much a single rally can change it.
    """

    text: str
    kind: Kind
    names: tuple[str, ...]
    weights: FloatArray
    reach: float


def goal_of(study: Study, plan: Plan) -> Goal:
    """The goal of a study whose designs have such plans.

    Raises StudyError if it asks for what cannot be a goal, or is not there.
    """
    if study.points is not None:
        return _points(study.points, plan)
    name, known = str(study.goal), catalogue(plan)
    probabilities = [one for one, kind in known.items() if kind == "probability"]
    if name not in probabilities:
        raise StudyError(f"goal: {unknown('probability', name, probabilities)}")
    return Goal(f"Probability of {name}", "probability", (name,), np.ones(1), 1.0)


def _points(points: Points, plan: Plan) -> Goal:
    crews = {f"crews.{crew.car}": [crew.car] for crew in plan.crews}
    teams = {f"teams.{team.name}": [plan.crews[c].car for c in team.crews] for team in plan.teams}
    known = crews | teams
    if points.of not in known:
        raise StudyError(f"points.of: {unknown('crew or team', points.of, known)}")
    if len(points.by_place) > len(plan.crews):
        count = len(points.by_place)
        raise StudyError(f"points.by_place: there are {len(plan.crews)} crews, and so many places, got {count} values")
    cars = known[points.of]
    names = [f"crews.{car}.place_{place}" for car in cars for place in range(1, len(points.by_place) + 1)]
    spread = (max(points.by_place) - min(0.0, *points.by_place)) * len(cars)
    if spread <= 0.0:
        raise StudyError("points.by_place: all places count the same: nothing to choose by")
    return Goal(f"Points of {points.of}", "count", tuple(names), np.tile(points.by_place, len(cars)), spread)
