"""Made-up rallies, and what their fits say of the chains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.build import build
from calibration.chains.prior import draw_prior
from calibration.chains.start import start
from calibration.chains.sweep import moves_of, sweep
from calibration.commands.check import MADE_UP
from calibration.observations import read
from calibration.quantities import quantities
from calibration.sbc import DataSet, Looks, data_set, data_sets, judge
from calibration.simulate import simulate
from sim.study.errors import BrokenStudyError
from sim.study.executors import processes

SHORT = Looks(chains=9, warm_up=2, draws=1, thin=1)


@pytest.fixture(scope="module")
def problem():
    return build(read(MADE_UP))


@pytest.fixture(scope="module")
def rallies(problem):
    """300 made-up rallies with their truths."""
    return [simulate(problem, np.random.default_rng((1, index))) for index in range(300)]


def test_the_truth_agrees_with_everything_that_is_observed(rallies):
    for made_up, truth in rallies:
        sums = made_up.matrix @ truth.seconds[0]
        assert (sums >= made_up.low - 1e-6).all()
        assert (sums <= made_up.high + 1e-6).all()
        assert (truth.told >= made_up.seen.low_s).all()
        assert (truth.told <= made_up.seen.high_s).all()
        assert made_up.seen.allowed[np.arange(len(truth.told_kind[0])), truth.told_kind[0]].all()


def test_driving_takes_time_in_every_made_up_special(rallies):
    assert all((truth.seconds > truth.lost(made_up)).all() for made_up, truth in rallies)


def test_as_much_happens_untold_as_the_rates_let_expect(rallies):
    expected = sum(truth.untold_rates(made_up).sum() for made_up, truth in rallies)
    happened = sum(truth.untold.sum() for _, truth in rallies)
    # A Poisson number, but for the rallies with more events in a special than there is room for: about 2 %.
    assert happened == pytest.approx(0.98 * expected, abs=4.0 * np.sqrt(expected) + 0.02 * expected)


def test_whatever_ends_a_special_is_told(rallies):
    for made_up, _ in rallies:
        ended = made_up.seen.cell < 0
        cells = set(zip(made_up.cell_stage.tolist(), made_up.cell_car.tolist(), strict=True))
        places = zip(made_up.seen.stage[ended].tolist(), made_up.seen.car[ended].tolist(), strict=True)
        assert not cells & set(places)


def test_chains_start_with_driving_times_above_0(rallies):
    for made_up, _ in rallies[:60]:
        state = start(made_up, 2, np.random.default_rng(1))
        assert (state.seconds > state.lost(made_up)).all()


def test_only_what_ended_a_special_tells_of_the_hours_of_a_recovery(problem):
    kind = int(np.flatnonzero(~problem.kinds.ends_special)[0])
    allowed = np.arange(len(problem.kinds)) == kind
    brief = replace(
        problem.seen,
        cell=np.full(3, -1),
        allowed=np.tile(allowed, (3, 1)),
        low_s=np.full(3, 60.0),
        high_s=np.full(3, 61.0),
    )
    problem, rng = replace(problem, seen=brief), np.random.default_rng(1)
    state, moves = start(problem, 200, rng), moves_of(problem)
    sweep(problem, moves, state, rng)
    assert np.exp(state.recovery).mean() == pytest.approx(9.0 * np.exp(0.35**2 / 2.0), rel=0.15)


def test_a_data_set_is_the_same_in_whatever_process_it_is_made(problem):
    alone = data_set(problem, 3, seed=1, looks=SHORT)
    with processes(2) as pool:
        elsewhere = pool.executor.submit(data_set, problem, 3, seed=1, looks=SHORT).result()
    assert alone.ranks.tolist() == elsewhere.ranks.tolist()


def test_data_sets_come_in_the_order_of_their_indices(problem):
    assert [one.index for one in data_sets(problem, [4, 2], seed=1, looks=SHORT)] == [4, 2]


def test_a_fitter_that_gives_the_prior_back_is_seen_through_by_the_fit_of_the_times(rallies):
    ranks = []
    for index, (made_up, truth) in enumerate(rallies[:40]):
        prior = draw_prior(made_up, 9, np.random.default_rng((2, index)))
        prior.seconds = np.repeat(truth.seconds, 9, axis=0)
        prior.told, prior.told_kind = np.repeat(truth.told, 9, axis=0), np.repeat(truth.told_kind, 9, axis=0)
        fit, true = (quantities(made_up, state)["fit of the times"] for state in (prior, truth))
        ranks.append((fit < true).sum())
    assert np.mean(ranks) > 7.0


def made(ranks, wrong, *, constant=False, problem=""):
    """Data sets of one quantity, with these ranks."""
    return [
        DataSet(index, ("pace",), np.array([rank]), np.array([bad]), np.array([constant]), problem)
        for index, (rank, bad) in enumerate(zip(ranks, wrong, strict=True))
    ]


EVEN = [2 * number + 1 for number in range(50)]
ENDS = [0, 99] * 25


def test_even_ranks_pass_if_the_wrong_fitter_is_seen_through():
    assert judge(made(EVEN, ENDS), 99).passed


def test_ranks_at_both_ends_do_not_pass():
    assert not judge(made(ENDS, ENDS), 99).passed


def test_a_check_that_does_not_see_through_the_wrong_fitter_does_not_pass():
    assert not judge(made(EVEN, EVEN), 99).passed


def test_the_quantity_whose_ranks_look_worst_comes_first():
    sets = [
        DataSet(number, ("even", "ends"), np.array(ranks), np.array(ranks), np.array([False, False]))
        for number, ranks in enumerate(zip(EVEN, ENDS, strict=True))
    ]
    assert judge(sets, 99).worst == [1, 0]


def test_constant_quantities_are_left_out():
    constant = [
        DataSet(number, ("pace", "fixed"), np.array([rank, 7]), np.array([rank, 7]), np.array([False, True]))
        for number, rank in enumerate(EVEN)
    ]
    assert judge(constant, 99).names == ("pace",)


def test_a_data_set_without_a_start_does_not_pass():
    nothing = DataSet(50, (), np.zeros(0, int), np.zeros(0, int), np.zeros(0, bool), "infeasible")
    verdict = judge([*made(EVEN, ENDS), nothing], 99)
    assert (verdict.passed, verdict.not_started) == (False, ("data set 50: infeasible",))


def test_too_few_data_sets_are_refused():
    with pytest.raises(BrokenStudyError, match=r"15 data sets could be fitted, 16 are the least$"):
        judge(made(EVEN[:15], ENDS[:15]), 99)


def test_too_few_data_sets_with_a_start_are_refused_with_the_first_reason():
    nothing = [replace(one, problem=f"no time for {one.index}") for one in made(EVEN[:16], ENDS[:16])]
    with pytest.raises(BrokenStudyError, match="0 data sets could be fitted, 16 are the least; data set 0: no time"):
        judge(nothing, 99)


@pytest.mark.large
def test_the_ranks_of_a_hundred_made_up_rallies_are_uniform(problem):
    looks = Looks()
    verdict = judge(list(data_sets(problem, range(100), seed=2026, looks=looks, workers=2)), looks.top)
    assert verdict.passed, str(verdict.chains)
