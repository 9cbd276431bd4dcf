"""What happened, forecasters without a model, and the scores of forecasts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from calibration.forecast import Forecast
from calibration.hindcast.baselines import CONSTANT, FINISHING, ORDER, constant, present_order
from calibration.hindcast.scoring import QUESTIONS, Score, difference, mean, scores
from calibration.hindcast.truth import Truth, truth_of
from calibration.observations import read
from sim.study.errors import StudyError
from sim.study.estimates import Estimate

CARS = ("11", "12", "13")
TRUTH = Truth(
    places={"12": 1, "11": 2},
    unplaced=("13",),
    total_s={"12": (1000.0, 1000.0)},
    stage_s={("2", "11"): (100.0, 100.0), ("1", "11"): (70.0, 70.0)},
)


def places(*of_cars: Sequence[float]) -> Forecast:
    table = np.array(of_cars)
    return Forecast("x", 1 - table[:, -1], table[:, 0], table[:, :3].sum(axis=1), table)


def oracle() -> Forecast:
    """A forecaster that knows what comes."""
    known = places([0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1])
    times = tuple(np.full(5, seconds) for seconds in (100.0, 50.0, 50.0))
    totals = tuple(np.full(5, seconds) for seconds in (9.0, 1000.0, 9.0))
    return Forecast("oracle", known.classified, known.win, known.podium, known.places, times, totals)


def scored(forecast: Forecast, evening: int = 1, truth: Truth = TRUTH) -> list[Score]:
    return list(scores(evening, "2", forecast, CARS, truth))


# The truth


def test_places_times_and_totals_are_read_from_the_whole_folder(rally_over: Callable[..., Path]):
    truth = truth_of(read(rally_over(standings="2,12,position,1,1,,,,[A],\n2,12,total,23060,23060,,,,[A],")))
    assert truth.places == {"12": 1}
    assert truth.unplaced == ("11", "13")
    assert truth.total_s == {"12": (23060, 23060)}
    assert truth.stage_s["1", "11"] == (12300, 12360)


def test_a_gap_to_a_car_without_a_time_and_an_open_end_are_no_truth(rally_over):
    rows = "1,12,time,12000,,,,,[A],\n2,11,gap,5,5,12,,,[A],"
    assert truth_of(read(rally_over(times=rows, standings="2,12,position,1,1,,,,[A],"))).stage_s == {}


def test_a_rally_without_final_places_cannot_be_scored(rally_over):
    with pytest.raises(StudyError, match=r"standings\.csv has no position after stage 2"):
        truth_of(read(rally_over(standings="")))


# Forecasters without a model


def test_the_constant_forecast_gives_every_car_the_base_rate_and_every_place():
    forecast = constant(7)
    assert forecast.classified == pytest.approx([FINISHING] * 7)
    assert forecast.win == pytest.approx([(1 - (1 - FINISHING) ** 7) / 7] * 7)
    assert forecast.places.sum(axis=1) == pytest.approx([1.0] * 7)


def test_before_the_start_the_present_order_is_the_constant_forecast():
    assert (present_order([5.0, 3.0, 9.0], 0.0).places == constant(3).places).all()


def test_at_the_end_the_present_order_is_certain():
    assert present_order([5.0, 3.0, 9.0], 1.0).places.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]


def test_half_way_the_present_order_is_half_certain():
    forecast = present_order([5.0, 3.0, 9.0], 0.5)
    assert forecast.win[1] == pytest.approx(0.5 + constant(3).win[1] / 2)
    assert forecast.classified == pytest.approx([0.5 + FINISHING / 2] * 3)


# Scores


def test_who_knows_the_end_has_no_penalty_in_any_question():
    rows = scored(oracle())
    assert {row.question for row in rows} == set(QUESTIONS)
    assert [row.value for row in rows] == [0.0] * len(rows)


@pytest.mark.parametrize("question", [question for question in QUESTIONS if not question.endswith("crps")])
@pytest.mark.parametrize("other", [constant(3), present_order([2.0, 3.0, 1.0], 0.5)], ids=[CONSTANT, ORDER])
def test_who_knows_the_end_beats_the_baselines(question, other):
    assert mean(scored(oracle()), "oracle", question) < mean(scored(other), other.forecaster, question)


def test_only_cars_with_a_known_place_are_scored_for_events():
    assert {row.car for row in scored(oracle())} == {"11", "12"}


def test_the_penalties_of_a_forecast_are_those_of_the_rules():
    forecast = places([0.2, 0.5, 0.2, 0.1], [0.6, 0.2, 0.1, 0.1], [0.2, 0.3, 0.2, 0.3])
    found = {(row.question, row.car): row.value for row in scored(forecast)}
    assert found["win_brier", "12"] == pytest.approx(0.16)
    assert found["win_log", "11"] == pytest.approx(-math.log(0.8))
    assert found["place_rps", "11"] == pytest.approx((0.2**2 + 0.3**2 + 0.1**2) / 3)


def test_only_the_next_stage_is_scored_by_its_time():
    (row,) = [row for row in scored(oracle()) if row.question == "stage_crps"]
    assert (row.car, row.value) == ("11", 0.0)


def test_a_truth_that_is_an_interval_gives_the_least_and_the_greatest_score():
    truth = Truth(TRUTH.places, (), {"12": (990.0, 1030.0)}, {})
    (row,) = [row for row in scored(oracle(), truth=truth) if row.question == "total_crps"]
    assert (row.low, row.high, row.value) == (0.0, 30.0, 15.0)


def test_a_car_that_never_arrives_in_a_forecast_has_no_score_of_its_time():
    known = oracle()
    never = Forecast(
        "x", known.classified, known.win, known.podium, known.places, (np.zeros(0),) * 3, (np.zeros(0),) * 3
    )
    assert [row for row in scored(never) if row.question.endswith("crps")] == []


def test_a_difference_is_that_of_the_means_with_an_interval_over_evenings():
    rows = [
        Score(evening, name, "win_brier", "11", value, value)
        for evening in range(8)
        for name, value in (("a", 0.1), ("b", 0.3 + 0.01 * evening))
    ]
    found = difference(rows, "a", "b", "win_brier")
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(-0.235)
    assert found.low < -0.235 < found.high < 0


def test_forecasters_without_common_scores_have_no_difference():
    assert difference([Score(0, "a", "win_log", "11", 1.0, 1.0)], "a", "b", "win_log") is None
    assert math.isnan(mean([], "a", "win_log"))
