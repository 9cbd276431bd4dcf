"""Each move of the chains by itself leaves the law of the unknowns as it is.

The truth behind a made-up rally is a draw from the posterior of that rally. So it is after any number of moves:
whatever is measured must not have changed on average over many rallies. J. Geweke, "Getting it right", Journal of the
American Statistical Association 99 (2004), 799-804.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from calibration.build import build
from calibration.chains.costs import move_costs
from calibration.chains.draws import draw_shares, draw_truncated
from calibration.chains.durations import move_durations
from calibration.chains.pace import move_pace
from calibration.chains.sweep import moves_of
from calibration.chains.times import move_times
from calibration.commands.check import MADE_UP
from calibration.observations import read
from calibration.quantities import quantities
from calibration.simulate import simulate

RALLIES, CHAINS, STEPS = 400, 4, 3


def _times_and_effects(problem, moves, state, rng):
    move_times(problem, moves.lines, moves.effects, state, rng)
    moves.effects.draw(problem, state, rng)


MOVES = {
    "times": _times_and_effects,
    "costs": lambda problem, moves, state, rng: move_costs(problem, moves.lines, state, rng),
    "durations": lambda problem, moves, state, rng: move_durations(problem, moves.lines, state, rng),
    "pace": lambda problem, moves, state, rng: move_pace(problem, moves.lines, moves.effects, state, rng),
}


@pytest.fixture(scope="module")
def rallies():
    """Made-up rallies with their moves and their truths, each of them in the place of several chains."""
    problem = build(read(MADE_UP))
    found = [simulate(problem, np.random.default_rng((11, index))) for index in range(RALLIES)]
    return [(made_up, moves_of(made_up), truth) for made_up, truth in found]


def _measured(problem, state):
    """Numbers of any kind, and how far their logs or values go together, shape (B,) each."""
    found = dict(quantities(problem, state))
    found["size of told events"] = np.log(state.told).sum(axis=1)
    found["size of untold events"] = np.log(np.where(state.untold, state.size, 1.0)).sum(axis=(1, 2))
    found["spread of untold events"] = (np.log(np.where(state.untold, state.size, 1.0)) ** 2).sum(axis=(1, 2))
    found["sum of the logs of the times"] = np.log(state.seconds).sum(axis=1)
    for mode in range(state.medians.shape[1]):
        found |= {f"median {mode} {duration}": state.medians[:, mode, duration] for duration in range(3)}
    # Some are views of arrays that moves change in place.
    return {key: value.copy() for key, value in found.items()}


def _places(before, after):
    """Where values before (n,) and after (n, chains) are among all of them, from 0 to 1; no outlier weighs more."""
    pooled = np.sort(np.concatenate((before, after.ravel())))
    low, high = (np.stack([np.searchsorted(pooled, x, side) for x in (before, *after.T)]) for side in ("left", "right"))
    places = (low + high) / 2.0 / len(pooled)
    return places[0], places[1:].T


def _standard_errors(before, after):
    """By how many standard errors places changed, and how far from the middle they are."""
    before, after = _places(before, after)
    changes = ((g(after) - g(before)[:, None]).mean(axis=1) for g in (lambda x: x, lambda x: np.abs(x - 0.5)))
    return [change.mean() / change.std(ddof=1) * np.sqrt(len(change)) for change in changes]


@pytest.mark.large
@pytest.mark.parametrize("name", MOVES)
def test_a_move_leaves_the_law_of_all_unknowns_as_it_is(rallies, name):
    rng, values = np.random.default_rng(12), {}
    for made_up, moves, truth in rallies:
        state = replace(truth, **{key: np.repeat(value, CHAINS, axis=0) for key, value in vars(truth).items()})
        before = _measured(made_up, state)
        for _ in range(STEPS):
            MOVES[name](made_up, moves, state, rng)
        for key, after in _measured(made_up, state).items():
            values.setdefault(key, []).append((before[key][0], after))
    table = {key: (np.array([b for b, _ in pairs]), np.array([a for _, a in pairs])) for key, pairs in values.items()}
    moved = {key: pair for key, pair in table.items() if np.ptp(pair[1] - pair[0][:, None]) > 1e-6}
    assert len(moved) > 3
    errors = {key: max(_standard_errors(*pair), key=abs) for key, pair in moved.items()}
    worst = max(errors, key=lambda key: abs(errors[key]))
    # Of at most fifty numbers the largest passes 4.3 standard errors once in a thousand tests.
    assert abs(errors[worst]) < 4.3, f"{worst}: {errors[worst]:.1f} standard errors"


def test_a_truncated_normal_variable_has_its_law_however_far_out_the_ends_are():
    rng = np.random.default_rng(13)
    for low, high in ((-1.0, 0.5), (-np.inf, -2.0), (3.0, np.inf), (12.0, 12.5), (40.0, np.inf), (-41.0, -40.0)):
        many = np.ones(4000)
        drawn = draw_truncated(0.7 * many, 2.0 * many, 0.7 + 2.0 * low * many, 0.7 + 2.0 * high * many, rng)
        law = stats.truncnorm(low, high)
        assert stats.kstest((drawn - 0.7) / 2.0, law.cdf).pvalue > 1e-4


def test_two_shares_without_cases_have_the_beta_law_of_the_prior_and_with_cases_that_of_both():
    rng, base = np.random.default_rng(14), np.array([0.3, 0.7])
    for cases in ((0.0, 0.0), (4.0, 1.0)):
        drawn = draw_shares(base, 10.0, np.tile(cases, (4000, 1)), rng)
        assert stats.kstest(drawn[:, 0], stats.beta(3.0 + cases[0], 7.0 + cases[1]).cdf).pvalue > 1e-4


def test_a_share_that_is_impossible_stays_0_whatever_is_counted():
    drawn = draw_shares(np.array([0.0, 1.0]), 10.0, np.array([[3.0, 0.0]]), np.random.default_rng(15))
    assert drawn.tolist() == [[0.0, 1.0]]
