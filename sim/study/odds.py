"""The odds: what many rallies say of every crew and team, and where rallies are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.outcomes import OTHER_CAUSES
from sim.model.plan import Plan, TeamPlan
from sim.study.estimates import FIXED, Estimate, Intervals
from sim.study.quantities import of_team, probabilities
from sim.study.record import Record
from sim.study.tally import Tally

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
    total_s: tuple[Estimate, ...] | None
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
        """The documented form "rally-odds/1"; places and losses have their intervals beside them."""
        return {
            "schema": SCHEMA,
            "record": record.as_json(),
            "crews": [_crew_json(crew) for crew in self.crews],
            "teams": [_team_json(team) for team in self.teams],
            "losses": [_loss_json(loss) for loss in self.losses],
        }


def summarise(plan: Plan, tally: Tally, intervals: Intervals = FIXED) -> Odds:
    """Odds from the tally of n >= 1 replications of a plan.

    Raises ValueError if there is no replication.
    """
    n, hits = len(tally), successes(plan, tally)
    shares = {name: intervals.probability(count, n) for name, count in hits.items()}
    return Odds(
        replications=n,
        crews=tuple(_crew_odds(plan, tally, shares, intervals, crew.index) for crew in plan.crews),
        teams=tuple(_team_odds(team, shares) for team in plan.teams if team.crews),
        losses=_losses(plan, tally, intervals, by_cause=True, by_stage=True),
        by_mode=_losses(plan, tally, intervals, by_cause=True, by_stage=False),
        by_stage=_losses(plan, tally, intervals, by_cause=False, by_stage=True),
    )


def successes(plan: Plan, tally: Tally) -> dict[str, int]:
    """In how many replications each of the quantities came true, by its name."""
    hits: list[int] = []
    for places, finished in zip(tally.places.tolist(), tally.finished.tolist(), strict=True):
        hits += [sum(places[1:]), finished, places[1], sum(places[1:4]), *places]
    for team, counts in zip(plan.teams, tally.teams.tolist(), strict=True):
        hits += counts[: len(of_team(team))]
    return dict(zip(probabilities(plan), hits, strict=True))


def _crew_odds(plan: Plan, tally: Tally, shares: dict[str, Estimate], intervals: Intervals, index: int) -> CrewOdds:
    crew, n = plan.crews[index], len(tally)
    own = f"crews.{crew.car}."
    values, counts = tally.totals.of_crew(index)
    total_s = tuple(intervals.quantile(values, counts, q) for q in (0.1, 0.5, 0.9)) if len(values) else None
    wins, squares = tally.stage_wins[:, index].tolist()
    return CrewOdds(
        car=crew.car,
        driver=crew.spec.driver,
        team=plan.teams[crew.team].name,
        classified=shares[f"{own}classified"],
        finished=shares[f"{own}finished"],
        win=shares[f"{own}win"],
        podium=shares[f"{own}podium"],
        places=tuple(shares[f"{own}place_{place}"] for place in range(1, len(plan.crews) + 1)),
        retired=shares[f"{own}retired"],
        total_s=total_s,
        stage_wins=intervals.mean_count(wins, squares, n),
    )


def _team_odds(team: TeamPlan, shares: dict[str, Estimate]) -> TeamOdds:
    own = [shares[f"teams.{team.name}.{name}"] for name in of_team(team)]
    return TeamOdds(team.name, *own[:3], *[*own[3:], None, None][:2])


def _losses(plan: Plan, tally: Tally, intervals: Intervals, *, by_cause: bool, by_stage: bool) -> tuple[Loss, ...]:
    """Losses by cause, by stage or by both, the costliest first."""
    causes = (*plan.modes.names, *OTHER_CAUSES)
    stages = [stage.name for stage in plan.stages]
    if by_cause and by_stage:
        sums, names = tally.losses, [(cause, stage) for cause in causes for stage in stages]
        entries = tally.loss_entries.ravel()
    elif by_cause:
        sums, names, entries = tally.cause_losses, [(cause, "") for cause in causes], tally.loss_entries.sum(axis=1)
    else:
        sums, names, entries = tally.stage_losses, [("", stage) for stage in stages], tally.loss_entries.sum(axis=0)
    means = intervals.mean_count, intervals.mean_count, intervals.mean
    found = [
        Loss(*names[cell], *(mean(*sums.of(which, cell), len(tally)) for which, mean in enumerate(means)))
        for cell in np.flatnonzero(entries).tolist()
    ]
    return tuple(sorted(found, key=lambda loss: (-loss.lost_s.value, loss.mode, loss.stage)))


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
        "place_intervals": [place.ends_json() for place in crew.places],
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
        "intervals": {
            "retired": loss.retired.ends_json(),
            "uncompleted": loss.uncompleted.ends_json(),
            "mean_lost_s": loss.lost_s.ends_json(),
        },
    }


def _json(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.as_json()
