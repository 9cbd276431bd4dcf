"""What a fit shows of every parameter."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.build import build
from calibration.chains.prior import draw_prior
from calibration.convergence import judge
from calibration.fit import MAX_RHAT, MIN_ESS, Fit
from calibration.observations import read
from calibration.posterior import parameters
from calibration.report.parameters import parameter_tables

DRAWS = 5000


@pytest.fixture
def widths_left(rally_over):
    """The columns "width left, %" of all tables of a fit that found draws of the prior, changed by a function."""

    def shown(change):
        problem = build(read(rally_over()))
        found = parameters(problem, draw_prior(problem, DRAWS, np.random.default_rng(1)))
        samples = np.stack([change(draws) for draws in found.values()], axis=1)[None]
        names = tuple(found)
        fit = Fit(names, samples, judge(names, samples, max_rhat=MAX_RHAT, min_ess=MIN_ESS))
        cells = [cell for table in parameter_tables(problem, fit) for cell in table.columns[5].cells]
        return [float(cell) for cell in cells if cell]

    return shown


def test_of_a_parameter_of_which_nothing_was_learnt_all_of_the_prior_is_left(widths_left):
    # From 5,000 draws the end of an interval is known to some 3 % of its width; where a tail is long, to 10 %.
    assert np.array(widths_left(lambda draws: draws)) == pytest.approx(100.0, abs=25.0)


def test_of_a_parameter_that_is_known_nothing_of_the_prior_is_left(widths_left):
    assert set(widths_left(lambda draws: np.full_like(draws, np.median(draws)))) == {0.0}
