"""Tallies: what they count, and that they add up exactly."""

from __future__ import annotations

import dataclasses
import pickle
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from sim.engine.array import run_block
from sim.engine.luck import Luck
from sim.study.blocks import Source
from sim.study.odds import summarise
from sim.study.tally import Counts, RunningTally, Tally, merged


def counts(*rows: tuple[int, int, int]) -> Counts:
    return Counts.of(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))


def entries(found: Counts) -> list[tuple[int, int, int]]:
    return list(zip(found.crew.tolist(), found.value.tolist(), found.count.tolist(), strict=True))


def test_counts_hold_each_pair_of_crew_and_value_once_in_order() -> None:
    found = counts((1, 500, 1), (0, 900, 2), (1, 500, 4), (0, -3, 1))
    assert entries(found) == [(0, -3, 1), (0, 900, 2), (1, 500, 5)]


def test_the_counts_of_a_crew_are_its_values_and_how_often_they_came_up() -> None:
    values, times = counts((1, 500, 5), (0, 900, 2), (0, -3, 1), (2, 1, 1)).of_crew(0)
    assert (values.tolist(), times.tolist()) == ([-3, 900], [1, 2])
    assert [len(part) for part in counts((1, 500, 5)).of_crew(0)] == [0, 0]


@pytest.fixture
def parts(source: Source) -> list[Tally]:
    """Tallies of 5, 1, 30 and 64 rallies, one after the other."""
    cuts = [0, 5, 6, 36, 100]
    luck = Luck(source.seed)
    return [Tally.of(source.plan, run_block(source.plan, luck, first, end - first)) for first, end in pairwise(cuts)]


def test_tallies_add_up_to_that_of_all_their_rallies_in_any_order_and_grouping(
    source: Source, parts: list[Tally]
) -> None:
    whole = Tally.of(source.plan, run_block(source.plan, Luck(source.seed), 0, 100)).arrays()
    a, b, c, d = parts
    for found in (merged([a, b, c, d]), merged([d, b, a, c]), merged([merged([c, a]), merged([d, b])])):
        np.testing.assert_equal(found.arrays(), whole)


def test_odds_have_the_same_digits_however_the_rallies_were_cut(source: Source, parts: list[Tally]) -> None:
    whole = Tally.of(source.plan, run_block(source.plan, Luck(source.seed), 0, 100))
    assert summarise(source.plan, merged(parts[::-1])) == summarise(source.plan, whole)


def test_a_growing_tally_is_the_sum_of_what_was_added(parts: list[Tally], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunningTally, "MERGED_AT_ONCE", 3)
    running = RunningTally()
    for part in parts:
        running.add(part)
    assert len(running) == 100
    np.testing.assert_equal(running.total.arrays(), merged(parts).arrays())


def test_a_tally_taken_apart_can_be_put_together(parts: list[Tally]) -> None:
    np.testing.assert_equal(Tally.from_arrays(parts[2].arrays()).arrays(), parts[2].arrays())


def test_a_tally_that_lacks_a_part_is_refused(parts: list[Tally]) -> None:
    flat = parts[0].arrays()
    del flat["totals.count"]
    with pytest.raises(KeyError, match=r"totals\.count"):
        Tally.from_arrays(flat)


def test_a_tally_holds_whole_numbers_only(parts: list[Tally]) -> None:
    assert {array.dtype for array in parts[2].arrays().values()} == {np.dtype(np.int64)}


@pytest.mark.parametrize("huge", [86_399, 94_672_801])
def test_sums_of_squares_are_exact_far_beyond_64_bits(source: Source, huge: int) -> None:
    """As many copies as there are rallies of one in which one cause cost a day, or three years: some 4e25 in all."""
    outcomes = run_block(source.plan, Luck(1), 0, 1)
    losses = dataclasses.replace(
        outcomes.losses,
        **{name: np.array([0]) for name in ("row", "crew", "stage", "cause")},
        lost_s=np.array([float(huge)]),
        uncompleted=np.array([True]),
        retired=np.array([False]),
    )
    tally = Tally.of(source.plan, dataclasses.replace(outcomes, losses=losses))
    for _ in range(8):
        tally = merged([tally] * 16)
    assert tally.losses.of(2, 0) == (2**32 * huge, 2**32 * huge**2)
    mean = summarise(source.plan, tally).losses[0].lost_s
    assert Fraction(mean.value) == huge
    assert mean.low == mean.high == huge


def test_seconds_lost_are_rounded_entry_by_entry_so_that_sums_do_not_depend_on_the_order(source: Source) -> None:
    outcomes = run_block(source.plan, Luck(1), 0, 1)
    losses = dataclasses.replace(
        outcomes.losses,
        row=np.array([0, 0]),
        crew=np.array([0, 1]),
        stage=np.array([0, 0]),
        cause=np.array([0, 0]),
        lost_s=np.array([10.4, 20.4]),
        uncompleted=np.array([False, False]),
        retired=np.array([False, False]),
    )
    tally = Tally.of(source.plan, dataclasses.replace(outcomes, losses=losses))
    assert tally.losses.of(2, 0) == (30, 900)


def test_a_tally_of_a_hundred_thousand_rallies_is_not_much_larger_than_one_of_a_thousand(source: Source) -> None:
    """One entry a distinct second: the same block over and over adds none."""
    block = Tally.of(source.plan, run_block(source.plan, Luck(1), 0, 1000))
    assert len(pickle.dumps(merged([block] * 100))) == len(pickle.dumps(merged([block])))
