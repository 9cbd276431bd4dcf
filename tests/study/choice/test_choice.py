"""Selection of the best: who is dropped when, ties, what is reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from scipy import stats

from sim.model.arrays import FloatArray
from sim.study.choice import Piece, Sampler, choose, cost_of_all, selection, spend
from sim.study.choice.budget import allocate
from sim.study.choice.samples import Samples
from tests.support.designs import gaussian


def coin(probabilities: Sequence[float], seed: int) -> Sampler:
    """Successes of designs that share their luck: a design succeeds where the uniform of the rally is below this."""

    def sample(pieces: Sequence[Piece]) -> Iterable[FloatArray]:
        uniforms = np.random.default_rng(seed).random(4_096)
        for piece in pieces:
            yield (uniforms[piece.first : piece.first + piece.count] < probabilities[piece.design]).astype(float)

    return sample


THREE = gaussian([0.5, 0.1, 0.495], 1, spread=0.5, common=0.5)
"""One design is hopeless, one is nearly the best."""


def test_a_single_design_is_chosen_after_the_first_rallies() -> None:
    chosen = choose(gaussian([1.0], 1), 1, 0.95, 0.1)
    assert (chosen.best, chosen.rivals, chosen.cost, chosen.correct) == (0, (), 2048, 1.0)


def test_designs_that_never_differ_are_not_told_apart_and_end_the_choice_at_once() -> None:
    chosen = choose(coin([0.5, 0.5], 1), 2, 0.95, 0.01)
    (rival,) = chosen.rivals
    assert (chosen.best, chosen.cost) == (0, 2 * 2048)
    assert (rival.same, rival.told_apart) == (True, False)
    assert (rival.behind.value, rival.behind.low, rival.behind.high) == (0.0, 0.0, 0.0)


def test_a_hopeless_design_is_dropped_after_the_first_rallies() -> None:
    chosen = choose(THREE, 3, 0.95, 0.01)
    rallies = {rival.design: rival.rallies for rival in chosen.rivals}
    assert rallies[1] == 2048
    assert rallies[2] > 2048


def test_of_hundreds_of_designs_most_are_dropped_early() -> None:
    chosen = choose(gaussian(np.linspace(0.2, 0.6, 300).tolist(), 3, spread=0.5, common=0.5), 300, 0.95, 0.02)
    assert chosen.best >= 300 - 15  # within the indifference of the best
    assert chosen.cost < 0.4 * cost_of_all(chosen)


def test_a_design_that_was_dropped_is_never_asked_for_again() -> None:
    asked: list[Piece] = []

    def listening(pieces: Sequence[Piece]) -> Iterable[FloatArray]:
        asked.extend(pieces)
        return THREE(pieces)

    chosen = choose(listening, 3, 0.95, 0.01)
    assert sum(piece.count for piece in asked) == chosen.cost
    assert [piece for piece in asked if piece.design == 1] == [Piece(1, 0, 2048)]


def test_a_rival_that_is_surely_behind_is_told_apart() -> None:
    chosen = choose(coin([0.5, 0.3], 1), 2, 0.95, 0.01)
    (rival,) = chosen.rivals
    assert rival.told_apart
    assert rival.behind.low < 0.2 < rival.behind.high
    assert chosen.value.low < 0.5 < chosen.value.high


def covered(seed: int) -> bool:
    """Do the intervals of all rivals hold how far they are behind, with a choice that stops when it will?"""
    means = [0.02, 0.01, 0.01, 0.0, 0.0]
    chosen = choose(gaussian(means, seed, spread=0.5, common=0.5), len(means), 0.95, 0.01)
    behind = ((rival.behind, means[chosen.best] - means[rival.design]) for rival in chosen.rivals)
    return all(estimate.low <= truth <= estimate.high for estimate, truth in behind)


def test_the_intervals_hold_together_in_95_of_100_choices() -> None:
    assert stats.binomtest(sum(map(covered, range(200))), 200, 0.95, alternative="less").pvalue > 1e-3


def test_intervals_for_a_number_that_was_chosen_beforehand_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "sequential_errors", lambda n, miss, prior: 1.96)
    assert stats.binomtest(sum(map(covered, range(200))), 200, 0.95, alternative="less").pvalue < 1e-3


def test_a_budget_gives_a_rival_that_is_twice_as_near_four_times_as_many_rallies() -> None:
    samples = Samples(gaussian([0.0, -0.5, -1.0], 5, spread=1e-3), 3)
    samples.extend(dict.fromkeys(range(3), 2_000))
    best, near, far = (count for _, count in allocate(samples, 0, 90_000, 0.01))
    assert [best, near, far] == pytest.approx([40_000, 40_000, 10_000], rel=0.1)
    assert best + near + far == pytest.approx(90_000)


def test_a_budget_takes_nothing_back() -> None:
    samples = Samples(gaussian([0.0, -0.1, -3.0], 5), 3)
    samples.extend({0: 10, 1: 10, 2: 5_000})
    counts = dict(allocate(samples, 0, 6_000, 0.01))
    assert counts[2] == 5_000
    assert counts[0] == pytest.approx(500)


def test_a_budget_for_designs_that_never_differ_is_spent_evenly() -> None:
    chosen = spend(coin([0.5, 0.5], 1), 2, 4_000, 0.01)
    assert chosen.rivals[0].rallies == chosen.rallies
    assert chosen.correct == 1.0


def test_a_budget_below_the_first_rallies_is_refused() -> None:
    with pytest.raises(ValueError, match="3 designs need 1536 rallies at least, got 1000"):
        spend(coin([0.5, 0.5, 0.5], 1), 3, 1_000, 0.01)
