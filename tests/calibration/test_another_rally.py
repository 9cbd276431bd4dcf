"""Another rally than the Dakar, from its folder to odds: nothing in the fit is welded to one event."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from calibration.build import build
from calibration.fit import Effort, Fit, fit
from calibration.observations import read
from calibration.observe import observe
from calibration.parameter_file import write_posterior
from sim.cli import main as rally
from sim.model.parameters import Parameters
from sim.model.scenario import load

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "scenarios/examples/six-crews-five-stages.toml"
FOLDER = ROOT / "calibration/data/six-crews"
TRUTH = {
    "crews.61.pace": 0.0,
    "crews.62.pace": 0.015,
    "crews.63.pace": 0.005,
    "crews.64.pace": 0.025,
    "crews.65.pace": 0.06,
    "crews.66.pace": 0.075,
    "stages.1.pace": 0.04,
    "stages.2.pace": -0.05,
    "stages.3.pace": 0.0,
    "stages.4.pace": 0.08,
    "stages.5.pace": -0.02,
}
"""What the scenario says, and the fit is not told."""
BASE = "crews.61.pace"


def draws_of(found: Fit) -> dict[str, np.ndarray]:
    """Draws of what has a known truth: the pace of one crew, and differences and sums that it is left out of.

    How fast the class is and how slow the stages are cannot be told apart by times of one rally; a crew against another
    and the time of one crew on a stage can.
    """
    paths = {name: found.samples[:, :, found.names.index(name)].ravel() for name in TRUTH}
    base = paths.pop(BASE)
    against = {name: draws + base if name.startswith("stages") else draws - base for name, draws in paths.items()}
    return {BASE: base, **against}


def inside(found: Fit) -> list[bool]:
    """Is each truth within the middle 90 % of its draws? The pace of crew 61 is 0, so the others are as in TRUTH."""
    limits = {name: np.quantile(draws, (0.05, 0.95)) for name, draws in draws_of(found).items()}
    return [bool(limits[name][0] <= truth <= limits[name][1]) for name, truth in TRUTH.items()]


@pytest.fixture(scope="module")
def found() -> Fit:
    return fit(build(read(FOLDER)), seed=1, effort=Effort(groups=1, chains=4, warm_up=150, sweeps=250, thin=2))


@pytest.fixture(scope="module")
def what_if(found: Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six crews with the draws of the fit."""
    folder = tmp_path_factory.mktemp("posterior")
    write_posterior(folder / "six-crews.json", read(FOLDER), found.names, found.thinned(40), {})
    (folder / "calibrated.toml").write_text(
        f"extends = '{SCENARIO}'\nparameters = \"six-crews.json\"\n", encoding="utf-8"
    )
    return folder / "calibrated.toml"


def test_the_scenario_takes_every_parameter_of_the_fit(found, what_if):
    drawn = load(what_if).parameters
    assert isinstance(drawn, Parameters)
    assert (set(drawn.names), len(drawn)) == (set(found.names), 40)


def test_odds_are_computed_with_the_draws(what_if, tmp_path):
    ran = CliRunner().invoke(rally, ["odds", str(what_if), "-n", "200", "--json", str(tmp_path / "odds.json")])
    assert ran.exit_code == 0, ran.output
    assert "drawn from six-crews, 40 draws" in (tmp_path / "odds.json").read_text(encoding="utf-8")


def test_one_rally_gives_back_most_of_what_it_was_made_of(found):
    assert sum(inside(found)) >= 9


def test_one_rally_tells_the_makes_apart(found):
    slower = np.quantile(draws_of(found)["crews.66.pace"], 0.05)
    assert slower > 0.02


@pytest.mark.large
def test_intervals_hold_the_truth_about_as_often_as_they_say(tmp_path):
    """Twelve rallies, eleven truths each, nine of ten of which should be held.

    Truths of one rally hang together, so the count scatters more than a binomial one: with an effective sample of a
    third, 44, the standard deviation of the share is 4.5 points and three of them are 13.5.
    """
    scenario, held = load(SCENARIO), []
    for replication in range(12):
        folder = tmp_path / str(replication)
        observe(scenario, folder, seed=7, replication=replication, command="")
        effort = Effort(groups=1, chains=4, warm_up=300, sweeps=600, thin=2)
        held += inside(fit(build(read(folder)), seed=replication, effort=effort))
    assert np.mean(held) >= 0.765
