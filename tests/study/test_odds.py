"""The odds of a study, from four rallies made by hand."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from sim.engine.outcomes import Losses, Outcomes
from sim.model.plan import Plan
from sim.study.estimates import FIXED, Estimate
from sim.study.odds import Odds, successes
from sim.study.odds import summarise as summarise_tally
from sim.study.quantities import probabilities
from sim.study.record import Record
from sim.study.tally import Tally
from tests.support.rallies import calendar, planned, rally

FINISHED, REJOINED, RETIRED = 0, 1, 2

RECORD = Record(
    "crafted", "crafted.toml", "ab12", "", 1, 0, 4, "event", "fixed", "rally odds crafted.toml", {"python": "3.11"}
)


probability = FIXED.probability


def summarise(plan: Plan, outcomes: Outcomes) -> Odds:
    return summarise_tally(plan, Tally.of(plan, outcomes))


def mean(values: Sequence[int]) -> Estimate:
    return FIXED.mean(sum(values), sum(value**2 for value in values), len(values))


@pytest.fixture
def plan() -> Plan:
    """Three cars of a red team and one of a blue one; a prologue and two stages."""
    crews = {"1": {}, "2": {}, "3": {}, "4": {"team": "blue"}}
    stages = calendar({"counted": False}, {}, {})
    return planned(rally(crews, stages=stages, teams={"red": {}, "blue": {}}))


def outcomes_of(
    status: Sequence[Sequence[int]],
    total_s: Sequence[Sequence[int]],
    *,
    stage_s: Sequence[Sequence[Sequence[int]]] | None = None,
    losses: Sequence[tuple[int, int, int, int, float, bool, bool]] = (),
) -> Outcomes:
    """Outcomes of three stages; `losses` are rows of the table of losses."""
    n, crews = np.shape(status)
    columns = list(zip(*losses, strict=True)) or [()] * 7
    types = (np.int64, np.int64, np.int64, np.int64, np.float64, np.bool_, np.bool_)
    return Outcomes(
        cars=tuple(str(car + 1) for car in range(crews)),
        stages=("1", "2", "3"),
        counted=(False, True, True),
        causes=("arm", "late", "over_time"),
        replication=np.arange(n),
        status=np.array(status, dtype=np.int8),
        total_s=np.array(total_s, dtype=np.int64),
        penalty_s=np.zeros((n, crews), dtype=np.int64),
        stage_s=np.ones((n, crews, 3), dtype=np.int64) if stage_s is None else np.array(stage_s, dtype=np.int64),
        sporting_s=np.zeros((n, crews, 3), dtype=np.int64),
        completed=np.ones((n, crews, 3), dtype=np.bool_),
        retired_km=np.full((n, crews), np.inf),
        losses=Losses(*(np.array(c, dtype=t) for c, t in zip(columns, types, strict=True))),
    )


@pytest.fixture
def outcomes() -> Outcomes:
    """Orders of finish 1 2 3 4, 1 2 4, 4 3 (2 and 1 out), and 2 1 4 3."""
    status = [
        [FINISHED, REJOINED, FINISHED, FINISHED],
        [FINISHED, FINISHED, RETIRED, FINISHED],
        [RETIRED, RETIRED, REJOINED, FINISHED],
        [FINISHED, FINISHED, FINISHED, REJOINED],
    ]
    total = [[100, 200, 300, 400], [110, 210, 5, 410], [7, 8, 320, 120], [130, 120, 330, 230]]
    return outcomes_of(status, total)


def test_a_crew_is_classified_whether_it_completed_every_special_or_not(plan: Plan, outcomes: Outcomes) -> None:
    second = summarise(plan, outcomes).crews[1]
    assert (second.classified, second.finished, second.retired) == (
        probability(3, 4),
        probability(2, 4),
        probability(1, 4),
    )


def test_a_win_is_the_first_place_and_a_podium_one_of_the_first_three(plan: Plan, outcomes: Outcomes) -> None:
    crews = summarise(plan, outcomes).crews
    assert [crew.win.value for crew in crews] == [0.5, 0.25, 0.0, 0.25]
    assert [crew.podium.value for crew in crews] == [0.75, 0.75, 0.5, 0.75]


def test_the_places_and_the_retirement_of_a_crew_add_up_to_one(plan: Plan, outcomes: Outcomes) -> None:
    third = summarise(plan, outcomes).crews[2]
    assert [place.value for place in third.places] == [0.0, 0.25, 0.25, 0.25]
    assert third.retired.value == 0.25


def test_totals_are_those_of_the_rallies_in_which_the_crew_is_classified(plan: Plan, outcomes: Outcomes) -> None:
    first = summarise(plan, outcomes).crews[0]
    assert first.total_s == (
        Estimate(100, -math.inf, 130),
        Estimate(110, -math.inf, math.inf),
        Estimate(130, 100, math.inf),
    )


def test_a_crew_that_is_never_classified_has_no_total(plan: Plan) -> None:
    odds = summarise(plan, outcomes_of([[RETIRED, FINISHED, FINISHED, FINISHED]], [[1, 2, 3, 4]]))
    assert odds.crews[0].total_s is None
    assert odds.as_json(RECORD)["crews"][0]["total_s"] == {"p10": None, "p50": None, "p90": None}


def test_stage_wins_are_counted_on_stages_that_count(plan: Plan) -> None:
    prologue_to_4_then_1_and_2 = [[9, 1, 5], [9, 2, 4], [9, 3, 6], [8, 4, 7]]
    prologue_to_4_then_1_twice = [[9, 1, 1], [9, 2, 2], [9, 3, 3], [8, 4, 4]]
    stage_s = [prologue_to_4_then_1_and_2, prologue_to_4_then_1_twice]
    odds = summarise(plan, outcomes_of([[FINISHED] * 4] * 2, [[1, 2, 3, 4]] * 2, stage_s=stage_s))
    assert [crew.stage_wins.value for crew in odds.crews] == [1.5, 0.5, 0.0, 0.0]
    assert odds.crews[0].stage_wins == mean([1, 2])


def test_stages_before_the_start_of_a_run_in_mid_rally_are_nobodys_win(plan: Plan) -> None:
    after_stage_2 = dataclasses.replace(plan, first_stage=2)
    odds = summarise(after_stage_2, outcomes_of([[FINISHED] * 4], [[1, 2, 3, 4]]))
    assert [crew.stage_wins.value for crew in odds.crews] == [1.0, 0.0, 0.0, 0.0]


def test_a_team_has_all_any_and_the_win_of_its_crews(plan: Plan, outcomes: Outcomes) -> None:
    red, blue = summarise(plan, outcomes).teams
    assert (red.all_classified.value, red.any_classified.value, red.win.value) == (0.5, 1.0, 0.75)
    assert (blue.all_classified.value, blue.any_classified.value, blue.win.value) == (1.0, 1.0, 0.25)


def test_a_one_two_is_the_first_two_places_and_a_sweep_the_first_three(plan: Plan, outcomes: Outcomes) -> None:
    red = summarise(plan, outcomes).teams[0]
    assert (red.one_two, red.podium_sweep) == (probability(3, 4), probability(1, 4))


def test_a_team_of_one_has_neither_a_one_two_nor_a_sweep(plan: Plan, outcomes: Outcomes) -> None:
    blue = summarise(plan, outcomes).teams[1]
    assert (blue.one_two, blue.podium_sweep) == (None, None)


def test_a_single_car_on_the_podium_of_a_small_field_is_no_one_two(plan: Plan) -> None:
    odds = summarise(plan, outcomes_of([[FINISHED, RETIRED, RETIRED, RETIRED]], [[1, 2, 3, 4]]))
    assert odds.teams[0].one_two == probability(0, 1)


@pytest.fixture
def lost(plan: Plan) -> Odds:
    """Two rallies: in the first the arm costs two cars something on stage 2 and one on stage 3, then nothing."""
    losses = [
        (0, 0, 1, 0, 100.0, False, False),
        (0, 1, 1, 0, 500.0, True, False),
        (0, 2, 2, 0, 40.0, True, True),
        (0, 0, 2, 1, 8.0, False, False),
    ]
    return summarise(plan, outcomes_of([[FINISHED] * 4] * 2, [[1, 2, 3, 4]] * 2, losses=losses))


def rows(odds: Odds, name: str) -> list[tuple[Any, ...]]:
    return [
        (loss.mode, loss.stage, loss.retired.value, loss.uncompleted.value, loss.lost_s.value)
        for loss in getattr(odds, name)
    ]


def test_losses_are_sums_over_cars_per_rally_the_costliest_first(lost: Odds) -> None:
    assert rows(lost, "losses") == [
        ("arm", "2", 0.0, 0.5, 300.0),
        ("arm", "3", 0.5, 0.5, 20.0),
        ("late", "3", 0.0, 0.0, 4.0),
    ]


def test_losses_are_summed_over_stages_by_cause_and_over_causes_by_stage(lost: Odds) -> None:
    assert rows(lost, "by_mode") == [("arm", "", 0.5, 1.0, 320.0), ("late", "", 0.0, 0.0, 4.0)]
    assert rows(lost, "by_stage") == [("", "2", 0.0, 0.5, 300.0), ("", "3", 0.5, 0.5, 24.0)]


def test_the_interval_of_a_loss_counts_rallies_and_not_cars(lost: Odds) -> None:
    assert lost.losses[0].lost_s == mean([600, 0])


def test_rare_retirements_and_specials_not_completed_have_the_intervals_of_shares(lost: Odds) -> None:
    late = lost.losses[2]
    assert (late.retired, late.uncompleted) == (probability(0, 2), probability(0, 2))
    assert lost.losses[1].retired == probability(1, 2)


def test_a_crew_that_won_no_stage_may_yet_win_one(plan: Plan) -> None:
    stage_s = [[[9, k, k] for k in (1, 2, 3, 4)]] * 2
    never = summarise(plan, outcomes_of([[FINISHED] * 4] * 2, [[1, 2, 3, 4]] * 2, stage_s=stage_s))
    assert never.crews[3].stage_wins == probability(0, 2)


def test_no_losses_make_an_empty_list(plan: Plan, outcomes: Outcomes) -> None:
    assert summarise(plan, outcomes).losses == ()


def test_no_replication_at_all_is_refused(plan: Plan) -> None:
    nothing = outcomes_of(np.empty((0, 4)), np.empty((0, 4)), stage_s=np.empty((0, 4, 3)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0 successes in 0 trials"):
        summarise(plan, nothing)


def test_the_json_form_is_the_documented_one(plan: Plan, lost: Odds) -> None:
    tree = lost.as_json(RECORD)
    estimate = ["value", "low", "high"]
    crew, team, loss = tree["crews"][0], tree["teams"][0], tree["losses"][0]
    assert list(tree) == ["schema", "record", "crews", "teams", "losses"]
    assert (tree["schema"], tree["record"]) == ("rally-odds/1", RECORD.as_json())
    assert (
        " ".join(crew)
        == "car driver team classified finished win podium places place_intervals retired total_s stage_wins"
    )
    assert (crew["car"], crew["driver"], crew["team"]) == ("1", "Driver 1", "red")
    for name in ("classified", "finished", "win", "podium", "retired", "stage_wins"):
        assert list(crew[name]) == estimate
    assert crew["places"] == [1.0, 0.0, 0.0, 0.0]
    assert crew["place_intervals"][3] == [0.0, probability(0, 2).high]
    assert {name: list(total) for name, total in crew["total_s"].items()} == dict.fromkeys(
        ("p10", "p50", "p90"), estimate
    )
    assert list(team) == ["team", "all_classified", "any_classified", "win", "one_two", "podium_sweep"]
    assert list(team["podium_sweep"]) == estimate
    intervals = loss.pop("intervals")
    assert loss == {"mode": "arm", "stage": "2", "retired": 0.0, "uncompleted": 0.5, "mean_lost_s": 300.0}
    assert intervals["mean_lost_s"] == mean([600, 0]).ends_json()
    assert (intervals["retired"], intervals["uncompleted"]) == (
        probability(0, 2).ends_json(),
        probability(1, 2).ends_json(),
    )


def test_the_json_form_holds_plain_numbers_only(plan: Plan, outcomes: Outcomes, lost: Odds) -> None:
    for odds in (lost, summarise(plan, outcomes)):
        assert json.loads(json.dumps(odds.as_json(RECORD), allow_nan=False)) == odds.as_json(RECORD)


def test_every_probability_has_a_name_like_a_path_of_the_scenario(plan: Plan, outcomes: Outcomes) -> None:
    hits = successes(plan, Tally.of(plan, outcomes))
    assert list(hits) == probabilities(plan)
    assert len(hits) == 4 * 9 + 5 + 3
    assert (hits["crews.2.classified"], hits["crews.2.finished"], hits["crews.1.win"]) == (3, 2, 2)
    assert (hits["crews.3.podium"], hits["crews.3.place_4"], hits["crews.3.retired"]) == (2, 1, 1)
    assert (hits["teams.red.one_two"], hits["teams.red.podium_sweep"], hits["teams.blue.win"]) == (3, 1, 1)


def test_a_team_of_one_has_no_name_for_a_one_two(plan: Plan) -> None:
    assert [name for name in probabilities(plan) if name.startswith("teams.blue.")] == [
        "teams.blue.all_classified",
        "teams.blue.any_classified",
        "teams.blue.win",
    ]
