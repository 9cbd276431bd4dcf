"""Luck has an address: the generator against its authors' vectors, and what an address is made of."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sim.engine.luck import LANES, Assistance, Draws, Fate, Luck, MedianLuck, Purpose, to_uniform
from sim.engine.philox import CHUNK, FEW, WordArray, philox, philox_many
from sim.model.stable import code
from tests.support.verdict import Verdict, of_fit, of_share

Counter = tuple[int, int, int, int]
Key = tuple[int, int]

MASK = 2**32 - 1

# Random123 (Salmon et al., SC11), known-answer vectors of philox4x32 with 10 rounds: counter, key, block.
VECTORS: list[tuple[Counter, Key, Counter]] = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((MASK, MASK, MASK, MASK), (MASK, MASK), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def reference(counter: Counter, key: Key) -> Counter:
    """Philox4x32-10, written from the paper."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        low, high = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (high >> 32) ^ c1 ^ k0, high & MASK, (low >> 32) ^ c3 ^ k1, low & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def columns(counters: list[Counter]) -> WordArray:
    """Counters as columns."""
    return np.array(counters, dtype=np.uint64).T.copy()


def random_counters(count: int) -> list[Counter]:
    table = np.random.default_rng(count).integers(0, 2**32, (count, 4)).tolist()
    return [(a, b, c, d) for a, b, c, d in table]


@pytest.mark.parametrize(("counter", "key", "block"), VECTORS)
def test_the_reference_of_this_file_gives_the_published_vectors(counter: Counter, key: Key, block: Counter) -> None:
    assert reference(counter, key) == block


@pytest.mark.parametrize(("counter", "key", "block"), VECTORS)
def test_the_generator_for_one_address_gives_the_published_vectors(counter: Counter, key: Key, block: Counter) -> None:
    assert philox(counter, key) == block


@pytest.mark.parametrize("copies", [1, FEW, FEW + 1, CHUNK + 1])
@pytest.mark.parametrize(("counter", "key", "block"), VECTORS)
def test_the_generator_for_many_addresses_gives_the_published_vectors_in_every_column(
    counter: Counter, key: Key, block: Counter, copies: int
) -> None:
    words = columns([counter] * copies)
    philox_many(words, key)
    assert words.T.tolist() == [list(block)] * copies


@pytest.mark.parametrize("count", [0, 1, FEW - 1, FEW, FEW + 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
def test_the_generator_for_many_addresses_is_that_for_one_and_the_reference_column_by_column(count: int) -> None:
    counters, key = random_counters(count), (0x9ABCDEF0, 0x12345678)
    words = columns(counters) if count else np.empty((4, 0), dtype=np.uint64)
    philox_many(words, key)
    expected = [list(reference(counter, key)) for counter in counters]
    assert words.T.tolist() == expected
    assert [list(philox(counter, key)) for counter in counters] == expected


@pytest.mark.parametrize("count", [FEW, FEW + 1, 300])
def test_many_addresses_may_be_columns_of_a_larger_table(count: int) -> None:
    counters, key = random_counters(count), (1, 2)
    wide = np.full((4, 2 * count), 77, dtype=np.uint64)
    wide[:, ::2] = columns(counters)
    philox_many(wide[:, ::2], key)
    assert wide[:, ::2].T.tolist() == [list(reference(counter, key)) for counter in counters]
    assert (wide[:, 1::2] == 77).all()


@pytest.mark.parametrize("replication", [0, 1, 2, 3, 4, 1_000_003, 2**32 - 1])
def test_one_draw_is_a_lane_of_the_block_of_its_address(replication: int) -> None:
    luck = Luck(2026).of(replication)
    block = reference((replication // 4, 8 * 2**27 + 5, 11, 22), (2026, 0))
    expected = (block[replication % 4] + 0.5) / 2**32
    assert luck.one(Purpose.FIRST_LIFE, attempt=5, where=11, who=22) == expected


@pytest.mark.parametrize("replication", [0, 1, 1_000_003, 2**32 - 1])
def test_a_block_of_four_has_an_address_of_its_own(replication: int) -> None:
    block = reference((replication, 9 * 2**27 + 2**26 + 5, 11, 22), (2026, 0))
    expected = [(word + 0.5) / 2**32 for word in block]
    assert Luck(2026).of(replication).block(Purpose.FATE, attempt=5, where=11, who=22).tolist() == expected


def test_draws_never_change() -> None:
    luck = Luck(2026).of(7)
    where, who = code("alternator_belt"), code("500")
    assert luck.one(Purpose.PACE, where=where, who=who) == 0.1631827618693933
    assert luck.block(Purpose.FATE, attempt=1, where=where, who=who).tolist() == [
        0.820366344996728,
        0.03362200048286468,
        0.483889966388233,
        0.6420005928957835,
    ]


def test_the_smallest_word_gives_more_than_0() -> None:
    assert to_uniform(np.array([0], dtype=np.uint64)).tolist() == [2.0**-33]


def test_the_largest_word_gives_less_than_1() -> None:
    largest = to_uniform(np.array([2**32 - 1], dtype=np.uint64))[0]
    assert largest == 1 - 2.0**-33
    assert largest < 1


def test_neighbouring_words_give_uniforms_that_differ_by_one_part_of_2_to_the_32() -> None:
    words = np.array([0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1], dtype=np.uint64)
    assert np.diff(to_uniform(words))[::2].tolist() == [2.0**-32, 2.0**-32, 2.0**-32]


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 4095, 10**6 + 2])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 13, 4 * FEW, 4 * FEW + 1, 4 * FEW + 5])
def test_contiguous_draws_equal_the_draws_one_by_one(first: int, count: int) -> None:
    luck, where, who = Luck(2026), 3, 2**32 - 1
    together = luck.contiguous(Purpose.PACE, first, count, attempt=2, where=where, who=who)
    alone = [luck.of(first + i).one(Purpose.PACE, attempt=2, where=where, who=who) for i in range(count)]
    assert together.tolist() == alone


@pytest.mark.parametrize("count", [0, 1, 5, FEW - 1, FEW, FEW + 1, 700, CHUNK, CHUNK + 1])
def test_scattered_draws_equal_the_draws_one_by_one(count: int) -> None:
    luck, random = Luck(2**64 - 1), np.random.default_rng(count)
    replications, attempts = random.integers(0, 2**32, count), random.integers(0, 9, count)
    wheres, whos = random.integers(0, 2**32, (2, count))
    addresses = list(
        zip(replications.tolist(), attempts.tolist(), wheres.tolist(), whos.tolist(), strict=True),
    )
    ones = luck.ones(Purpose.SECONDARY, replications, attempts, wheres, whos)
    blocks = luck.blocks(Purpose.FATE, replications, attempts, wheres, whos)
    assert ones.tolist() == [
        luck.of(r).one(Purpose.SECONDARY, attempt=a, where=where, who=who) for r, a, where, who in addresses
    ]
    assert blocks.T.tolist() == [
        luck.of(r).block(Purpose.FATE, attempt=a, where=where, who=who).tolist() for r, a, where, who in addresses
    ]
    assert ones.shape == (count,)
    assert blocks.shape == (4, count)


def test_parts_of_scattered_addresses_may_be_one_for_all() -> None:
    luck, replications = Luck(6), np.arange(20)
    full = [np.full(20, part) for part in (3, 4, 5)]
    assert np.array_equal(luck.ones(Purpose.JOB, replications, 3, 4, 5), luck.ones(Purpose.JOB, replications, *full))
    assert np.array_equal(
        luck.blocks(Purpose.FATE, replications, 3, 4, 5), luck.blocks(Purpose.FATE, replications, *full)
    )


@pytest.mark.parametrize("stages", [1, 2, 3, 40, 1000])
def test_a_table_of_draws_of_one_replication_equals_the_draws_one_by_one(stages: int) -> None:
    luck = Luck(2**40 + 7).of(1_000_003)
    wheres, whos, attempts = np.arange(stages)[:, None] + 100, np.array([7, 2**32 - 1, 9, 10, 11]), np.arange(5)
    ones = luck.ones(Purpose.PACE, wheres, whos)
    blocks = luck.blocks(Purpose.FATE, attempts, wheres, whos)
    assert ones.shape == (stages, 5)
    assert blocks.shape == (4, stages, 5)
    for i in {0, stages // 2, stages - 1}:
        where = 100 + i
        for j, who in enumerate(whos.tolist()):
            assert ones[i, j] == luck.one(Purpose.PACE, where=where, who=who)
            block = luck.block(Purpose.FATE, attempt=j, where=where, who=who)
            assert blocks[:, i, j].tolist() == block.tolist()


@pytest.mark.parametrize("draws", [Luck(3).of(5), MedianLuck()], ids=["drawn", "median"])
def test_the_shape_of_a_table_of_draws_is_that_of_its_parts_broadcast(draws: Draws) -> None:
    row, column, none = np.arange(3), np.arange(2)[:, None], np.arange(0)
    assert np.shape(draws.ones(Purpose.PACE, 1, 2)) == ()
    assert draws.ones(Purpose.PACE, row, 0).shape == (3,)
    assert draws.ones(Purpose.PACE, column, row).shape == (2, 3)
    assert draws.ones(Purpose.PACE, none, 0).shape == (0,)
    assert draws.blocks(Purpose.FATE, 0, 1, 2).shape == (4,)
    assert draws.blocks(Purpose.FATE, row, 0, 0).shape == (4, 3)
    assert draws.blocks(Purpose.FATE, 0, column, row).shape == (4, 2, 3)
    assert draws.blocks(Purpose.FATE, 0, none, 0).shape == (4, 0)


def test_what_is_left_out_of_an_address_is_0() -> None:
    luck = Luck(1)
    nothing = {"attempt": 0, "where": 0, "who": 0}
    assert luck.contiguous(Purpose.PACE, 0, 1) == luck.contiguous(Purpose.PACE, 0, 1, **nothing)
    assert luck.one(Purpose.PACE, 0) == luck.one(Purpose.PACE, 0, **nothing)
    assert luck.block(Purpose.FATE, 0).tolist() == luck.block(Purpose.FATE, 0, **nothing).tolist()
    assert luck.of(0).one(Purpose.PACE) == luck.of(0).one(Purpose.PACE, **nothing)
    assert luck.of(0).block(Purpose.FATE).tolist() == luck.of(0).block(Purpose.FATE, **nothing).tolist()
    assert luck.of(0).ones(Purpose.PACE, 2, 3).tolist() == luck.one(Purpose.PACE, 0, attempt=0, where=2, who=3)


def test_every_part_of_an_address_makes_another_draw() -> None:
    draws = [
        Luck(1).of(0).one(Purpose.PACE),
        Luck(2).of(0).one(Purpose.PACE),
        Luck(1 + 2**32).of(0).one(Purpose.PACE),
        Luck(1).of(1).one(Purpose.PACE),
        Luck(1).of(4).one(Purpose.PACE),
        Luck(1).of(0).one(Purpose.STAGE_PACE),
        Luck(1).of(0).one(Purpose.PACE, attempt=1),
        Luck(1).of(0).one(Purpose.PACE, where=1),
        Luck(1).of(0).one(Purpose.PACE, who=1),
        *Luck(1).of(0).block(Purpose.PACE),
    ]
    assert len(set(draws)) == len(draws) == 13


def test_no_attempt_of_one_purpose_is_an_attempt_of_another_or_of_its_blocks() -> None:
    last = 2**26 - 1
    luck = Luck(1).of(0)
    borders = [
        luck.one(Purpose.FATE, attempt=last),
        luck.block(Purpose.FATE)[0],
        luck.block(Purpose.FATE, attempt=last)[0],
        luck.one(Purpose.JOB),
    ]
    assert len(set(borders)) == 4
    words = [
        [(purpose << 27) + (kind << 26) + attempt for attempt in (0, last)] for purpose in Purpose for kind in (0, 1)
    ]
    flat = [word for pair in words for word in pair]
    assert flat == sorted(set(flat))
    assert flat[-1] < 2**32


def test_a_draw_does_not_depend_on_the_draws_before_it() -> None:
    fresh = Luck(5).of(3).one(Purpose.ROUTINE, where=8, who=9)
    used = Luck(5)
    used.contiguous(Purpose.PACE, 2, 7)
    used.of(3).block(Purpose.FATE, attempt=2, who=4)
    assert used.of(3).one(Purpose.ROUTINE, where=8, who=9) == fresh


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1])
def test_any_integer_of_64_bits_is_a_seed(seed: int) -> None:
    expected = (reference((0, 1 << 27, 0, 0), (seed % 2**32, seed // 2**32))[0] + 0.5) / 2**32
    assert Luck(seed).of(0).one(Purpose.PACE) == expected
    assert Luck(seed).contiguous(Purpose.PACE, 0, 1).tolist() == [expected]
    assert Luck(seed).contiguous(Purpose.PACE, 0, 99)[0] == expected


def test_an_integer_of_numpy_is_a_seed_too() -> None:
    assert Luck(np.int64(7)).seed == 7  # type: ignore[arg-type]
    assert type(Luck(np.int64(7)).seed) is int  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_any_other_seed_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=rf"a seed is an integer from 0 to 2\*\*64 - 1, got {seed}"):
        Luck(seed)


@pytest.mark.parametrize("seed", [1.5, 2.0, "1", None])
def test_a_seed_that_is_no_integer_is_refused(seed: object) -> None:
    with pytest.raises(TypeError):
        Luck(seed)  # type: ignore[arg-type]


def test_held_at_the_medians_every_draw_is_one_half() -> None:
    luck = MedianLuck()
    assert luck.one(Purpose.PACE, attempt=1, where=2, who=3) == 0.5
    assert luck.block(Purpose.FATE, attempt=1, where=2, who=3).tolist() == [0.5, 0.5, 0.5, 0.5]
    assert luck.ones(Purpose.PACE, np.array([[1], [2]]), np.array([3, 4])).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert luck.blocks(Purpose.FATE, 0, np.array([1, 2]), 3).tolist() == [[0.5, 0.5]] * 4


@pytest.mark.parametrize(("first", "count"), [(-4, 4), (-1, 2), (0, -1), (2**32 - 1, 2)])
def test_replications_that_are_none_have_no_luck(first: int, count: int) -> None:
    problem = f"replications are counted from 0 to 4294967295, got {first} to {first + count - 1}$"
    with pytest.raises(ValueError, match=problem):
        Luck(1).contiguous(Purpose.PACE, first, count)


def test_no_replication_at_all_has_no_uniform() -> None:
    assert Luck(1).contiguous(Purpose.PACE, 7, 0).tolist() == []


def test_stable_codes_never_change() -> None:
    assert code("502") == 0xA520E81C
    assert code("alternator_belt") == 0x53072E5A
    assert code("defender", "T1") == 0x3E998845


def test_a_stable_code_is_a_word_of_32_bits() -> None:
    codes = [code(str(i)) for i in range(2000)]
    assert max(codes) < 2**32
    assert max(codes).bit_length() == 32
    assert len(set(codes)) == 2000


def test_the_code_of_a_group_depends_on_order_and_division() -> None:
    assert len({code("a", "bc"), code("ab", "c"), code("abc"), code("bc", "a")}) == 4


def test_the_numbers_of_the_purposes_never_change() -> None:
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "PACE": 1,
        "STAGE_PACE": 2,
        "MAKE_PACE": 3,
        "RALLY_FAILURES": 4,
        "MAKE_FAILURES": 5,
        "CARE_FAILURES": 6,
        "STAGE_FAILURES": 7,
        "FIRST_LIFE": 8,
        "FATE": 9,
        "JOB": 10,
        "ASSISTANCE": 11,
        "SECONDARY": 12,
        "TRUCK_RUNS": 13,
        "ROUTINE": 14,
        "PARAMETERS": 15,
    }


def test_the_lanes_of_the_blocks_never_change() -> None:
    assert [(lane.name, lane.value) for lane in Fate] == [("SEVERITY", 0), ("CHANCE", 1), ("TIME", 2), ("NEXT_LIFE", 3)]
    assert [(lane.name, lane.value) for lane in Assistance] == [("WILLING", 0), ("TIME", 1)]


# Is it random? A fixed seed, so the verdicts never change; each would reject one sound generator of 15,800.

SEED, SIZE, CELLS = 20260103, 2**18, 16


def neighbours() -> dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Uniforms of SIZE addresses and of as many next to them, by the part in which they differ."""
    luck, where, who = Luck(SEED), code("alternator_belt"), code("500")

    def drawn(
        purpose: Purpose = Purpose.PACE, attempt: int = 0, place: int = where, crew: int = who
    ) -> npt.NDArray[np.float64]:
        return luck.contiguous(purpose, 0, SIZE, attempt=attempt, where=place, who=crew)

    row = luck.contiguous(Purpose.PACE, 0, 2 * SIZE + 1, where=where, who=who)
    blocks = luck.blocks(Purpose.FATE, np.arange(SIZE), 0, where, who)
    return {
        "replication, even and odd": (row[:-1:2], row[1::2]),
        "replication, odd and even": (row[1::2], row[2::2]),
        "replication, one block apart": (row[:SIZE], row[4 : SIZE + 4]),
        "attempt": (drawn(), drawn(attempt=1)),
        "where": (drawn(), drawn(place=where + 1)),
        "who": (drawn(), drawn(crew=who + 1)),
        "purpose": (drawn(), drawn(Purpose.STAGE_PACE)),
        "seed": (drawn(), Luck(SEED + 1).contiguous(Purpose.PACE, 0, SIZE, where=where, who=who)),
        "upper word of the seed": (drawn(), Luck(SEED + 2**32).contiguous(Purpose.PACE, 0, SIZE, where=where, who=who)),
        "kind of draw": (drawn(Purpose.FATE), blocks[0]),
        "lane 0 and 1": (blocks[0], blocks[1]),
        "lane 1 and 2": (blocks[1], blocks[2]),
        "lane 2 and 3": (blocks[2], blocks[3]),
        "lane 3 and 0 of the next": (blocks[3, :-1], blocks[0, 1:]),
    }


def of_pairs(what: str, one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> Verdict:
    """Pearson's chi-square of pairs of uniforms over CELLS x CELLS squares, with the tail of its test."""
    table = np.histogram2d(one, other, bins=CELLS, range=((0, 1), (0, 1)))[0]
    test, freedom = stats.chisquare(table.ravel()), CELLS**2 - 1
    return Verdict(what, float(test.statistic), freedom, math.sqrt(2 * freedom), float(stats.norm.isf(test.pvalue / 2)))


def test_uniforms_of_many_replications_are_uniform() -> None:
    uniforms = Luck(SEED).contiguous(Purpose.FIRST_LIFE, 0, 4 * SIZE, where=1, who=2)
    verdict = of_fit("uniforms of a million replications", uniforms)
    assert verdict.passed, verdict


def test_every_lane_of_a_block_is_uniform() -> None:
    blocks = Luck(SEED).blocks(Purpose.FATE, np.arange(SIZE), 0, 1, 2)
    verdicts = [of_fit(f"lane {lane}", blocks[lane]) for lane in range(LANES)]
    assert [str(verdict) for verdict in verdicts if not verdict.passed] == []


def test_every_bit_is_fair() -> None:
    words = np.zeros((4, SIZE), dtype=np.uint64)
    words[0], words[1] = np.arange(SIZE), Purpose.PACE << 27
    philox_many(words, (SEED, 0))
    verdicts = [of_share(f"bit {bit}", words >> np.uint64(bit) & np.uint64(1), 0.5) for bit in range(32)]
    assert [str(verdict) for verdict in verdicts if not verdict.passed] == []


def test_neighbouring_addresses_have_independent_draws() -> None:
    verdicts = [of_pairs(f"draws that differ in: {what}", *pair) for what, pair in neighbours().items()]
    assert [str(verdict) for verdict in verdicts if not verdict.passed] == []


def test_the_test_of_independence_finds_the_slightest_dependence() -> None:
    one, other = Luck(SEED).blocks(Purpose.FATE, np.arange(SIZE), 0, 1, 2)[:2]
    assert of_pairs("independent", one, other).passed
    assert not of_pairs(
        "a lean of a tenth in one row of sixteen", one, np.where(one < 1 / CELLS, 0.9, 1) * other
    ).passed
