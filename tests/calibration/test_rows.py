"""What rows of observations may and may not do to a fit."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from calibration.build import build
from calibration.commands.check import MADE_UP
from calibration.fit import Effort, fit
from calibration.observations import read
from calibration.simulate import simulate

BRIEF = Effort(groups=1, chains=2, warm_up=10, sweeps=20, thin=5)


def test_the_order_of_the_rows_changes_no_digit(tmp_path):
    folder = tmp_path / "made-up"
    shutil.copytree(MADE_UP, folder)
    scenario = folder / "scenario.toml"
    base = (MADE_UP / "../../../scenarios/examples/three-crews-marathon.toml").resolve().as_posix()
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("../../../scenarios/examples/three-crews-marathon.toml", base), encoding="utf-8")
    found = []
    for step in (1, -1):
        for table in ("times", "standings", "incidents", "history", "finishers", "ultimate"):
            header, *rows = (MADE_UP / f"{table}.csv").read_text(encoding="utf-8").splitlines()
            (folder / f"{table}.csv").write_text("\n".join([header, *rows[::step]]) + "\n", encoding="utf-8")
        found.append(fit(build(read(folder)), seed=1, effort=BRIEF).samples)
    assert np.array_equal(*found)


@pytest.mark.large
def test_places_narrow_the_pace_of_the_cars_that_they_order_on_average(tmp_path):
    problem = build(read(MADE_UP))
    effort = Effort(groups=1, chains=16, warm_up=300, sweeps=1000, thin=10)
    ratios = []
    for index in range(30):
        made_up, _ = simulate(problem, np.random.default_rng((7, index)))
        ordered = np.isinf(made_up.low) | np.isinf(made_up.high)
        without = replace(
            made_up, matrix=made_up.matrix[~ordered], low=made_up.low[~ordered], high=made_up.high[~ordered]
        )
        fits = [fit(one, seed=index, effort=effort) for one in (made_up, without)]
        pace = fits[0].names.index("crews.13.pace")
        ratios.append(np.log(fits[0].samples[..., pace].var() / fits[1].samples[..., pace].var()))
    error = np.std(ratios, ddof=1) / np.sqrt(len(ratios))
    assert np.mean(ratios) < 2.0 * error
