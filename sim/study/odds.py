"""The odds: what many rallies say of every crew and team, and where rallies are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.outcomes import Outcomes
from sim.model.plan import Plan
from sim.model.rules.results import Status
from sim.study.estimates import Estimate, mean, mean_of_sums, probability, quantile
from sim.study.record import Record

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

SCHEMA = "rally-odds/1"


@dataclass(frozen=True)
class CrewOdds:
    """What may become of one crew.

    Attributes:
        classified: probability that it is classified, with or without a special not completed: the headline.
        finished: probability that it completes every special.
        places: probability of each final place, the first to the last, shape (C,); with `retired` they add up to 1.
        retired: probability that it does not reach the end.
        total_s: 10 %, 50 % and 90 % quantiles of its total in the rallies in which it is classified; None if in none.
        stage_wins: mean number of counted stages won.
    """

    car: str
    driver: str
    team: str
    classified: Estimate
    finished: Estimate
    win: Estimate
    podium: Estimate
    places: tuple[Estimate, ...]
    retired: Estimate
    total_s: tuple[Estimate, Estimate, Estimate] | None
    stage_wins: Estimate


@dataclass(frozen=True)
class TeamOdds:
    """Probabilities of what may become of one team; None where it has too few crews for it.

    Attributes:
        one_two: its crews take the first two places.
        podium_sweep: its crews take the first three places.
    """

    team: str
    all_classified: Estimate
    any_classified: Estimate
    win: Estimate
    one_two: Estimate | None
    podium_sweep: Estimate | None


@dataclass(frozen=True)
class Loss:
    """What one cause costs on one stage: means per rally, summed over all crews.

    Attributes:
        mode: failure mode or other cause of the outcomes; "" for all of them.
        stage: name of the stage; "" for all of them.
        retired: crews whose rally ends by it.
        uncompleted: specials not completed because of it.
        lost_s: seconds lost.
    """

    mode: str
    stage: str
    retired: Estimate
    uncompleted: Estimate
    lost_s: Estimate


@dataclass(frozen=True)
class Odds:
    """Summary of n replications.

    Attributes:
        replications: n.
        crews: in the order of the race numbers.
        teams: in the order of the scenario.
        losses: by cause and stage, the costliest first; what never happened is not listed.
        by_mode: the same for the whole rally.
        by_stage: the same for all causes together.
    """

    replications: int
    crews: tuple[CrewOdds, ...]
    teams: tuple[TeamOdds, ...]
    losses: tuple[Loss, ...]
    by_mode: tuple[Loss, ...]
    by_stage: tuple[Loss, ...]

    def as_json(self, record: Record) -> dict[str, Any]:
        """The documented form "rally-odds/1"; places and losses are plain numbers, the rest are estimates."""
        return {
            "schema": SCHEMA,
            "record": record.as_json(),
            "crews": [_crew_json(crew) for crew in self.crews],
            "teams": [_team_json(team) for team in self.teams],
            "losses": [_loss_json(loss) for loss in self.losses],
        }


def summarise(plan: Plan, outcomes: Outcomes) -> Odds:
    """Odds from the outcomes of n >= 1 replications of a plan.

    Raises ValueError if there is no replication.
    """
    rank = outcomes.rank
    wins = _stage_wins(plan, outcomes)
    return Odds(
        replications=len(outcomes),
        crews=tuple(_crew_odds(plan, outcomes, rank[:, c], wins[:, c], c) for c in range(len(plan.crews))),
        teams=tuple(_team_odds(team.name, rank[:, list(team.crews)]) for team in plan.teams if team.crews),
        losses=_losses(outcomes, by_cause=True, by_stage=True),
        by_mode=_losses(outcomes, by_cause=True, by_stage=False),
        by_stage=_losses(outcomes, by_cause=False, by_stage=True),
    )


def _stage_wins(plan: Plan, outcomes: Outcomes) -> IntArray:
    """Counted stages won, of those that were run, shape (n, C)."""
    run = np.array(outcomes.counted) & (np.arange(len(outcomes.stages)) >= plan.first_stage)
    return np.asarray(((outcomes.positions == 1) & run).sum(axis=2), dtype=np.int64)


def _share(hits: BoolArray) -> Estimate:
    return probability(int(hits.sum()), len(hits))


def _crew_odds(plan: Plan, outcomes: Outcomes, rank: IntArray, wins: IntArray, index: int) -> CrewOdds:
    crew = plan.crews[index]
    classified = outcomes.classified[:, index]
    totals = outcomes.total_s[classified, index]
    return CrewOdds(
        car=crew.car,
        driver=crew.spec.driver,
        team=plan.teams[crew.team].name,
        classified=_share(classified),
        finished=_share(outcomes.status[:, index] == Status.FINISHED),
        win=_share(rank == 1),
        podium=_share((rank >= 1) & (rank <= 3)),
        places=tuple(_share(rank == place) for place in range(1, len(plan.crews) + 1)),
        retired=_share(~classified),
        total_s=(quantile(totals, 0.1), quantile(totals, 0.5), quantile(totals, 0.9)) if len(totals) else None,
        stage_wins=mean(wins),
    )


def _team_odds(name: str, rank: IntArray) -> TeamOdds:
    """Odds of the team whose crews have these final places, shape (n, crews of the team)."""
    crews = rank.shape[1]
    first_two = ((rank == 1) | (rank == 2)).sum(axis=1) == 2
    first_three = ((rank >= 1) & (rank <= 3)).sum(axis=1) == 3
    return TeamOdds(
        team=name,
        all_classified=_share(np.all(rank > 0, axis=1)),
        any_classified=_share(np.any(rank > 0, axis=1)),
        win=_share(np.any(rank == 1, axis=1)),
        one_two=_share(first_two) if crews >= 2 else None,
        podium_sweep=_share(first_three) if crews >= 3 else None,
    )


def _losses(outcomes: Outcomes, *, by_cause: bool, by_stage: bool) -> tuple[Loss, ...]:
    """Losses by cause, by stage or by both, the costliest first."""
    losses, stages = outcomes.losses, len(outcomes.stages)
    cause = losses.cause if by_cause else np.zeros_like(losses.cause)
    stage = losses.stage if by_stage else np.zeros_like(losses.stage)
    cells, cell = np.unique(cause * stages + stage, return_inverse=True)
    per_rally = [
        _means_per_rally(losses.row, cell, np.asarray(values, dtype=np.float64), len(outcomes), len(cells))
        for values in (losses.retired, losses.uncompleted, losses.lost_s)
    ]
    found = [
        Loss(
            outcomes.causes[code // stages] if by_cause else "",
            outcomes.stages[code % stages] if by_stage else "",
            *estimates,
        )
        for code, *estimates in zip(cells.tolist(), *per_rally, strict=True)
    ]
    return tuple(sorted(found, key=lambda loss: (-loss.lost_s.value, loss.mode, loss.stage)))


def _means_per_rally(row: IntArray, cell: IntArray, values: FloatArray, n: int, cells: int) -> list[Estimate]:
    """Mean over n rallies of the sum of the values in each cell; rallies without an entry count as 0.

    `row`, `cell` and `values` have shape (k,).
    """
    keys, place = np.unique(row * cells + cell, return_inverse=True)
    sums = np.bincount(place, values, minlength=len(keys))
    totals = np.bincount(keys % cells, sums, minlength=cells)
    squares = np.bincount(keys % cells, sums**2, minlength=cells)
    spread = np.maximum(squares - totals**2 / n, 0.0)
    return [mean_of_sums(float(total), float(square), n) for total, square in zip(totals, spread, strict=True)]


def _crew_json(crew: CrewOdds) -> dict[str, Any]:
    p10, p50, p90 = (_json(total) for total in crew.total_s or (None, None, None))
    return {
        "car": crew.car,
        "driver": crew.driver,
        "team": crew.team,
        "classified": crew.classified.as_json(),
        "finished": crew.finished.as_json(),
        "win": crew.win.as_json(),
        "podium": crew.podium.as_json(),
        "places": [place.value for place in crew.places],
        "retired": crew.retired.as_json(),
        "total_s": {"p10": p10, "p50": p50, "p90": p90},
        "stage_wins": crew.stage_wins.as_json(),
    }


def _team_json(team: TeamOdds) -> dict[str, Any]:
    return {
        "team": team.team,
        "all_classified": team.all_classified.as_json(),
        "any_classified": team.any_classified.as_json(),
        "win": team.win.as_json(),
        "one_two": _json(team.one_two),
        "podium_sweep": _json(team.podium_sweep),
    }


def _loss_json(loss: Loss) -> dict[str, Any]:
    return {
        "mode": loss.mode,
        "stage": loss.stage,
        "retired": loss.retired.value,
        "uncompleted": loss.uncompleted.value,
        "mean_lost_s": loss.lost_s.value,
    }


def _json(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.as_json()
