"""Hindcasts: nothing of the future in them, the same digits after an interruption, and forecasts as they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from calibration import fit_store
from calibration.facts import Observations
from calibration.fit import ONE_OF_MANY, Effort
from calibration.fit_store import Posterior, Work, key_of, posterior_of
from calibration.forecast import STAGE_SD, Runs, forecast_plan, simulated
from calibration.hindcast.baselines import without_failures
from calibration.hindcast.evening import in_scenario, problem_of
from calibration.hindcast.run import FORECASTERS, Evening, behind, hindcast
from calibration.hindcast.truth import truth_of
from calibration.observations import read
from sim.study.executors import SERIAL

from .conftest import EVENT, MARATHON, RESULTS

WORK = Work(seed=1, effort=Effort(groups=1, chains=2, warm_up=10, sweeps=40, thin=5))
RUNS = Runs(seed=1, replications=200, pool=SERIAL)


@pytest.fixture
def known(rally_over: Callable[..., Path]) -> Callable[..., Observations]:
    """What is known of the whole rally."""
    return lambda *event, **tables: read(rally_over(*event, **tables))


def run(observations: Observations, asked: Sequence[int] = (0, 1), store: Path | None = None) -> list[Evening]:
    return list(hindcast(observations, truth_of(observations), asked, WORK, RUNS, store=store))


def odds(evening: Evening) -> list[list[float]]:
    return [forecast.win.tolist() for forecast in evening.forecasts]


def posterior(observations: Observations, stages: int = 1) -> Posterior:
    return posterior_of(problem_of(observations, stages), WORK, None, lambda _: None)


# No leak of the future


def test_what_came_later_changes_no_digit_of_an_evening(known):
    later = RESULTS.replace("2,11,time,11000,11000", "2,11,time,15000,15000")
    broken = "2,12,,,knuckle,limp,1,,,,,[A],"
    before, after = run(known(), [1]), run(known(times=later, incidents=broken, penalties="2,12,60,60,[A],"), [1])
    assert (before[0].posterior.draws == after[0].posterior.draws).all()
    assert odds(before[0]) == odds(after[0])


def test_what_was_known_changes_the_evening(known):
    earlier = RESULTS.replace("1,12,time,12000,12000", "1,12,time,13000,13000")
    assert odds(run(known(), [1])[0]) != odds(run(known(times=earlier), [1])[0])


def test_the_eve_of_the_rally_knows_nothing_of_it(known):
    earlier = RESULTS.replace("1,12,time,12000,12000", "1,12,time,13000,13000")
    assert odds(run(known(), [0])[0]) == odds(run(known(times=earlier), [0])[0])


def test_nominal_times_and_speeds_that_may_come_from_results_change_no_digit(known, tmp_path):
    changed = "[stages.1]\nnominal_s = 13000\n[stages.2]\nnominal_s = 9000\n[terrains]\ndunes.speed_kmh = 90\n"
    (tmp_path / "seen.toml").write_text(f"extends = '{MARATHON}'\n{changed}")
    for evening in (0, 1):
        (without,), (with_results,) = (
            run(known(EVENT.replace(str(MARATHON), name)), [evening]) for name in (str(MARATHON), "seen.toml")
        )
        assert odds(without) == odds(with_results)


def test_a_formation_is_known_on_the_eve_of_its_stage_only(known, tmp_path):
    (tmp_path / "together.toml").write_text(f"extends = '{MARATHON}'\n[teams.caravan]\nformation = ['1', '2']\n")
    observations = known(EVENT.replace(str(MARATHON), "together.toml"))
    formations = [
        forecast_plan(problem_of(observations, k), posterior(observations, k).parameters("x")).rally.teams["caravan"]
        for k in (0, 1)
    ]
    assert [team.formation for team in formations] == [["1"], ["1", "2"]]


# Forecasts


def test_a_forecast_starts_from_the_totals_so_far_with_little_left_to_chance_on_a_stage(known):
    plan = forecast_plan(problem_of(known(), 1), posterior(known()).parameters("x"))
    assert plan.first_stage == 1
    assert (plan.drawn.total_s[:, 1] == 12000).all()
    assert (plan.drawn.stage_sd == STAGE_SD).all()


def test_before_the_start_there_is_no_state(known):
    assert forecast_plan(problem_of(known(), 0), posterior(known(), 0).parameters("x")).state is None


def test_without_failures_every_car_completes_everything(known):
    problem = problem_of(known(), 0)
    plan = forecast_plan(problem, without_failures(posterior(known(), 0).parameters("x")))
    forecast = simulated("x", plan, "2", RUNS)
    assert forecast.classified.tolist() == [200.5 / 201] * 3
    assert [len(sample) for sample in forecast.stage_s] == [200] * 3


def test_with_failures_some_cars_do_not(known):
    plan = forecast_plan(problem_of(known(), 0), posterior(known(), 0).parameters("x"))
    assert (simulated("x", plan, "2", RUNS).classified < 0.99).all()


def test_every_forecaster_has_every_car_in_one_place(known):
    (evening,) = run(known(), [1])
    assert tuple(forecast.forecaster for forecast in evening.forecasts) == FORECASTERS
    for forecast in evening.forecasts:
        assert forecast.places.sum(axis=1) == pytest.approx([1.0] * 3)


def test_the_share_that_is_behind_is_one_of_kilometres(known):
    assert [behind(problem_of(known(), k)) for k in (0, 1, 2)] == pytest.approx([0.0, 220 / 400, 1.0])


def test_draws_of_an_evening_are_as_many_seconds_in_a_scenario_with_a_nominal_time(known, tmp_path):
    (tmp_path / "timed.toml").write_text(f"extends = '{MARATHON}'\n[stages.2]\nnominal_s = 9000\n")
    observations = known(EVENT.replace(str(MARATHON), "timed.toml"))
    found = posterior(observations)
    of_ground, pace = problem_of(observations, 1).plan.stages[1].track.nominal_s, found.names.index("stages.2.pace")
    written = in_scenario(observations, found)
    assert 9000 * np.exp(written[:, pace]) == pytest.approx(of_ground * np.exp(found.draws[:, pace]))
    others = np.arange(len(found.names)) != pace
    assert of_ground != 9000
    assert (written[:, others] == found.draws[:, others]).all()


# The store


def test_an_interrupted_hindcast_goes_on_with_the_same_digits(known, tmp_path, monkeypatch):
    whole, store = run(known()), tmp_path / "store"
    assert run(known(), [0], store)
    fitted = []
    monkeypatch.setattr(
        fit_store, "fit", lambda *args, fit=fit_store.fit, **words: fitted.append(1) or fit(*args, **words)
    )
    assert [odds(one) for one in run(known(), store=store)] == [odds(one) for one in whole]
    assert len(fitted) == 1


def test_a_stored_evening_says_whether_its_chains_had_converged(known, tmp_path):
    (first,), (again,) = run(known(), [0], tmp_path / "store"), run(known(), [0], tmp_path / "store")
    assert not again.posterior.converged
    assert (first.posterior.worst_rhat, first.posterior.least_ess) == (
        again.posterior.worst_rhat,
        again.posterior.least_ess,
    )


@pytest.mark.parametrize("damage", [b"", b"not a zip", None], ids=["empty", "other", "flipped"])
def test_a_damaged_file_of_the_store_is_fitted_again(known, tmp_path, damage):
    (whole,) = run(known(), [0], tmp_path / "store")
    file = tmp_path / "store" / "evening-00.npz"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw if damage is None else damage)
    assert odds(run(known(), [0], tmp_path / "store")[0]) == odds(whole)


def test_an_evening_of_other_observations_is_fitted_again(known, tmp_path):
    run(known(), [1], tmp_path / "store")
    other = known(times=RESULTS.replace("1,12,time,12000,12000", "1,12,time,13000,13000"))
    assert odds(run(other, [1], tmp_path / "store")[0]) == odds(run(other, [1])[0])


def test_the_key_of_an_evening_is_that_of_what_was_known_the_seed_and_the_sweeps(known):
    observations = known().until(1)
    key = key_of(observations, WORK)
    assert key == key_of(known(times=RESULTS.replace("2,11,time,11000", "2,11,time,10900")).until(1), WORK)
    assert key != key_of(observations, Work(seed=2, effort=WORK.effort))
    assert key != key_of(observations, Work(seed=1, effort=ONE_OF_MANY))
    assert key == key_of(observations, Work(seed=1, effort=WORK.effort, workers=2))
