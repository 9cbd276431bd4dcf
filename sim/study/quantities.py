"""What can be asked of a rally, by name: what each replication says to it, and what kind of number that is.

Names are paths like those of a scenario: "crews.502.win", "crews.502.place_4", "teams.defender.one_two".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.engine.outcomes import Outcomes
from sim.model.arrays import BoolArray, IntArray
from sim.model.findings import unknown
from sim.model.plan import Plan, TeamPlan
from sim.model.rules.results import Status
from sim.model.units import whole_seconds
from sim.study.errors import StudyError

Kind = Literal["probability", "count", "seconds"]

OF_TEAM = ("all_classified", "any_classified", "win", "one_two", "podium_sweep")
"""Names of what is asked of a team, in the order of the tally."""

_OF_CREW: dict[str, Kind] = {"stage_wins": "count", "uncompleted": "count", "lost_s": "seconds", "total_s": "seconds"}
"""What is asked of a crew besides probabilities: counted stages won, specials not completed, seconds lost by failures
and incidents, and the final total, which is known where the crew is classified."""


@dataclass(frozen=True)
class Observed:
    """What n replications say of Q quantities.

    Attributes:
        values: 0 or 1 of a probability, whole counts and seconds, shape (n, Q); 0 where it is not known.
        known: has the quantity a value in this replication? Shape (n, Q).
    """

    values: IntArray
    known: BoolArray


def probabilities(plan: Plan) -> list[str]:
    """Names of everything whose probability is estimated."""
    of_crew = ["classified", "finished", "win", "podium", "retired"]
    of_crew += [f"place_{place}" for place in range(1, len(plan.crews) + 1)]
    crews = [f"crews.{crew.car}.{name}" for crew in plan.crews for name in of_crew]
    return crews + [f"teams.{team.name}.{name}" for team in plan.teams for name in of_team(team)]


def of_team(team: TeamPlan) -> tuple[str, ...]:
    """What is asked of a team, in the order of the tally: a place for each crew, in vain for want of crews."""
    return OF_TEAM[: 2 + min(len(team.crews), 3)] if team.crews else ()


def catalogue(plan: Plan) -> dict[str, Kind]:
    """Everything that can be asked, by name."""
    kinds: dict[str, Kind] = dict.fromkeys(probabilities(plan), "probability")
    return kinds | {f"crews.{crew.car}.{name}": kind for crew in plan.crews for name, kind in _OF_CREW.items()}


def check_quantities(plan: Plan, names: Sequence[str]) -> None:
    """Raises StudyError for names that are not in the catalogue, all of them at once."""
    known = catalogue(plan)
    problems = [unknown("quantity", name, known) for name in names if name not in known]
    if problems:
        raise StudyError("\n".join(problems))


def observe(plan: Plan, outcomes: Outcomes, names: Sequence[str]) -> Observed:
    """What the outcomes of a plan say of quantities of its catalogue, in the order of the names."""
    seen = _Seen(plan, outcomes)
    columns = [seen.column(name) for name in names]
    shape = (len(outcomes), len(names))
    values, known = np.empty(shape, dtype=np.int64), np.ones(shape, dtype=np.bool_)
    for i, column in enumerate(columns):
        values[:, i] = column
        if names[i].endswith(".total_s"):
            known[:, i] = seen.classified[:, seen.crew(names[i])]
    values[~known] = 0
    return Observed(values, known)


class _Seen:
    """Outcomes, looked at in the ways that the catalogue asks for."""

    def __init__(self, plan: Plan, outcomes: Outcomes) -> None:
        self._plan, self._outcomes = plan, outcomes
        self._cars = [crew.car for crew in plan.crews]
        self._rank, self.classified = outcomes.rank, outcomes.classified

    def crew(self, name: str) -> int:
        """Index of the crew that a name is about."""
        return self._cars.index(name.split(".")[1])

    def column(self, name: str) -> IntArray | BoolArray:
        """Values of a quantity, shape (n,)."""
        kind, who, what = name.split(".")
        if kind == "teams":
            team = next(team for team in self._plan.teams if team.name == who)
            return team_hits(self._rank[:, list(team.crews)])[OF_TEAM.index(what)]
        return self._of_crew(self._cars.index(who), what)

    def _of_crew(self, crew: int, what: str) -> IntArray | BoolArray:
        rank = self._rank[:, crew]
        if what.startswith("place_"):
            return np.asarray(rank == int(what.removeprefix("place_")))
        values: dict[str, Callable[[], IntArray | BoolArray]] = {
            "classified": lambda: self.classified[:, crew],
            "finished": lambda: np.asarray(self._outcomes.status[:, crew] == Status.FINISHED),
            "win": lambda: np.asarray(rank == 1),
            "podium": lambda: np.asarray((rank > 0) & (rank <= 3)),
            "retired": lambda: np.asarray(rank == 0),
            "stage_wins": lambda: stage_wins(self._plan, self._outcomes)[:, crew],
            "total_s": lambda: self._outcomes.total_s[:, crew],
            "uncompleted": lambda: self._lost(crew, self._outcomes.losses.uncompleted),
            "lost_s": lambda: self._lost(crew, whole_seconds(self._outcomes.losses.lost_s)),
        }
        return values[what]()

    def _lost(self, crew: int, lost: IntArray | BoolArray) -> IntArray:
        """Sums of what each entry of the losses says over those of a crew, shape (n,); exact below 2**53."""
        losses = self._outcomes.losses
        own = losses.crew == crew
        return np.bincount(losses.row[own], lost[own], minlength=len(self._outcomes)).astype(np.int64)


def stage_wins(plan: Plan, outcomes: Outcomes) -> IntArray:
    """Counted stages won, of those that were run, shape (n, C)."""
    run = np.array(outcomes.counted) & (np.arange(len(outcomes.stages)) >= plan.first_stage)
    return np.asarray(((outcomes.positions == 1) & run).sum(axis=2), dtype=np.int64)


def team_hits(rank: IntArray) -> tuple[BoolArray, ...]:
    """What came true of the team whose crews have these final places, shape (n, crews of the team) to (n,) each."""
    won = rank == 1
    first_two = won | (rank == 2)
    first_three = first_two | (rank == 3)
    hits = (
        np.all(rank > 0, axis=1),
        np.any(rank > 0, axis=1),
        np.any(won, axis=1),
        first_two.sum(axis=1) == 2,
        first_three.sum(axis=1) == 3,
    )
    return tuple(np.asarray(hit) for hit in hits)
