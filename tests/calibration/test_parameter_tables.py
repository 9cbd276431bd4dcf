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
def shares_left(rally_over):
    """The column "of the prior, %" by table, of a fit that found draws of the prior, changed by a function."""

    def shown(change):
        problem = build(read(rally_over()))
        found = parameters(problem, draw_prior(problem, DRAWS, np.random.default_rng(1)))
        samples = np.stack([change(draws) for draws in found.values()], axis=1)[None]
        names = tuple(found)
        fit = Fit(names, samples, judge(names, samples, max_rhat=MAX_RHAT, min_ess=MIN_ESS))
        return {
            table.title: [float(cell) for cell in table.columns[5].cells if cell]
            for table in parameter_tables(problem, fit)
        }

    return shown


def test_of_a_parameter_of_which_nothing_was_learnt_all_of_the_prior_is_left(shares_left):
    # The ends of the interval are known from 5,000 draws, what lies between them from 4,000: four standard errors.
    for shares in shares_left(lambda draws: draws).values():
        assert np.array(shares) == pytest.approx(100.0, abs=4.0)


def test_of_a_life_as_much_is_left_as_of_the_failures_that_follow_from_it(shares_left):
    found = shares_left(lambda draws: np.sqrt(np.abs(draws) * np.median(np.abs(draws))))
    failures, lives = found["Failures of a car in one rally"], found["Life scales, in wear-kilometres"]
    # Ends of intervals lie between draws, a little apart on the two scales.
    assert failures == pytest.approx(lives, abs=1.0)
    assert max(lives) < 95.0


def test_of_a_parameter_that_is_known_nothing_of_the_prior_is_left(shares_left):
    found = shares_left(lambda draws: np.full_like(draws, np.median(draws)))
    assert {share for shares in found.values() for share in shares} == {0.0}
