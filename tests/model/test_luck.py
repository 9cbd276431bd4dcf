"""Luck has an address: the generator against its authors' vectors, and what an address is made of."""

import numpy as np
import pytest

from sim.engine.luck import FEW, Aftermath, Assistance, Fate, Luck, MedianLuck, Purpose, to_uniform
from sim.engine.philox import philox_4x64
from sim.model.stable import code

MASK = 2**64 - 1

# Random123 (Salmon et al., SC11), known-answer vectors of philox4x64 with 10 rounds: counter, key, block.
VECTORS = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B),
    ),
    (
        (MASK, MASK, MASK, MASK),
        (MASK, MASK),
        (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
    ),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]


def philox(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    """Philox4x64-10, written from the paper."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        low, high = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (high >> 64) ^ c1 ^ k0, high & MASK, (low >> 64) ^ c3 ^ k1, low & MASK
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return c0, c1, c2, c3


def words(number: int) -> np.ndarray:
    return np.array([number >> shift & MASK for shift in (0, 64, 128, 192)], dtype=np.uint64)


@pytest.mark.parametrize(("counter", "key", "block"), VECTORS)
def test_the_reference_of_this_file_gives_the_published_vectors(counter, key, block):
    assert philox(counter, key) == block


@pytest.mark.parametrize(("counter", "key", "block"), VECTORS)
def test_numpy_gives_the_published_vectors_one_counter_later(counter, key, block):
    number = sum(word << 64 * i for i, word in enumerate(counter))
    before = words((number - 1) % 2**256)
    raw = np.random.Philox(counter=before, key=np.array(key, dtype=np.uint64)).random_raw(4)
    assert tuple(int(word) for word in raw) == block


def test_the_generator_for_many_addresses_gives_the_published_vectors_column_by_column():
    counter = np.array([vector[0] for vector in VECTORS], dtype=np.uint64).T
    key = np.array([vector[1] for vector in VECTORS], dtype=np.uint64).T
    blocks = philox_4x64(counter, key[0], key[1]).T.tolist()
    assert [tuple(block) for block in blocks] == [vector[2] for vector in VECTORS]


def test_the_generator_for_many_addresses_is_the_reference():
    random = np.random.default_rng(1)
    counter = random.integers(0, 2**64, (4, 300), dtype=np.uint64)
    key = random.integers(0, 2**64, (2, 300), dtype=np.uint64)
    blocks = philox_4x64(counter, key[0], key[1]).T.tolist()
    expected = [philox(tuple(c), tuple(k)) for c, k in zip(counter.T.tolist(), key.T.tolist(), strict=True)]
    assert [tuple(block) for block in blocks] == expected


@pytest.mark.parametrize("replication", [0, 1, 2, 3, 4, 1_000_003])
def test_one_draw_is_a_lane_of_the_block_of_its_address(replication):
    luck = Luck(2026).of(replication)
    block = philox((replication // 4 + 1, 0, 11, 22), (2026, (8 << 32) | 5))
    expected = (block[replication % 4] // 2**12 + 0.5) / 2**52
    assert luck.one(Purpose.FIRST_LIFE, attempt=5, where=11, who=22) == expected


def test_a_block_of_four_has_an_address_of_its_own():
    block = philox((1_000_003 + 1, 1, 11, 22), (2026, (9 << 32) | 5))
    expected = [(word // 2**12 + 0.5) / 2**52 for word in block]
    assert Luck(2026).of(1_000_003).block(Purpose.FATE, attempt=5, where=11, who=22).tolist() == expected


def test_draws_never_change():
    luck = Luck(2026).of(7)
    where, who = code("alternator_belt"), code("500")
    assert luck.one(Purpose.PACE, where=where, who=who) == 0.12142855825554133
    assert luck.block(Purpose.FATE, attempt=1, where=where, who=who).tolist() == [
        0.22394324864346926,
        0.2821140172397768,
        0.5892349982255273,
        0.3662132824442009,
    ]


def test_the_smallest_bits_give_more_than_0():
    assert to_uniform(np.array([0, 2**12 - 1], dtype=np.uint64)).tolist() == [2.0**-53, 2.0**-53]


def test_the_largest_bits_give_less_than_1():
    largest = to_uniform(np.array([2**64 - 1], dtype=np.uint64))[0]
    assert largest == 1 - 2.0**-53
    assert largest < 1


@pytest.mark.parametrize("first", [0, 1, 2, 3, 4, 4095, 10**6 + 2])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 13])
def test_contiguous_draws_equal_the_draws_one_by_one(first, count):
    luck = Luck(2026)
    address = {"attempt": 2, "where": 3, "who": 2**64 - 1}
    together = luck.contiguous(Purpose.PACE, first, count, **address)
    assert together.tolist() == [luck.of(first + i).one(Purpose.PACE, **address) for i in range(count)]


@pytest.mark.parametrize("count", [0, 1, 5, FEW - 1, FEW, FEW + 1, 700])
def test_scattered_draws_equal_the_draws_one_by_one(count):
    luck, random = Luck(2**64 - 1), np.random.default_rng(count)
    replications, attempts = random.integers(0, 10**6, count), random.integers(0, 9, count)
    wheres, whos = random.integers(0, 2**64, (2, count), dtype=np.uint64)
    addresses = [
        (int(r), {"attempt": int(a), "where": int(where), "who": int(who)})
        for r, a, where, who in zip(replications, attempts, wheres, whos, strict=True)
    ]
    ones = luck.ones(Purpose.SECONDARY, replications, attempts, wheres, whos)
    blocks = luck.blocks(Purpose.FATE, replications, attempts, wheres, whos)
    assert ones.tolist() == [luck.of(r).one(Purpose.SECONDARY, **address) for r, address in addresses]
    assert blocks.T.tolist() == [luck.of(r).block(Purpose.FATE, **address).tolist() for r, address in addresses]
    assert blocks.shape == (4, count)


def test_what_is_left_out_of_an_address_is_0():
    luck = Luck(1)
    nothing = {"attempt": 0, "where": 0, "who": 0}
    assert luck.contiguous(Purpose.PACE, 0, 1) == luck.contiguous(Purpose.PACE, 0, 1, **nothing)
    assert luck.block(Purpose.FATE, 0).tolist() == luck.block(Purpose.FATE, 0, **nothing).tolist()
    assert luck.of(0).one(Purpose.PACE) == luck.of(0).one(Purpose.PACE, **nothing)
    assert luck.of(0).block(Purpose.FATE).tolist() == luck.of(0).block(Purpose.FATE, **nothing).tolist()


def test_every_part_of_an_address_makes_another_draw():
    draws = [
        Luck(1).of(0).one(Purpose.PACE),
        Luck(2).of(0).one(Purpose.PACE),
        Luck(1).of(1).one(Purpose.PACE),
        Luck(1).of(4).one(Purpose.PACE),
        Luck(1).of(0).one(Purpose.STAGE_PACE),
        Luck(1).of(0).one(Purpose.PACE, attempt=1),
        Luck(1).of(0).one(Purpose.PACE, where=1),
        Luck(1).of(0).one(Purpose.PACE, who=1),
        *Luck(1).of(0).block(Purpose.PACE),
    ]
    assert len(set(draws)) == len(draws) == 12


def test_a_draw_does_not_depend_on_the_draws_before_it():
    fresh = Luck(5).of(3).one(Purpose.ROUTINE, where=8, who=9)
    used = Luck(5)
    used.contiguous(Purpose.PACE, 2, 7)
    used.of(3).block(Purpose.FATE, attempt=2, who=4)
    assert used.of(3).one(Purpose.ROUTINE, where=8, who=9) == fresh


@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64 - 1])
def test_any_integer_of_64_bits_is_a_seed(seed):
    expected = (philox((1, 0, 0, 0), (seed, 1 << 32))[0] // 2**12 + 0.5) / 2**52
    assert Luck(seed).of(0).one(Purpose.PACE) == expected


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_any_other_seed_is_refused(seed):
    with pytest.raises(ValueError, match=rf"a seed is an integer from 0 to 2\*\*64 - 1, got {seed}"):
        Luck(seed)


@pytest.mark.parametrize("seed", [1.5, 2.0, "1", None])
def test_a_seed_that_is_no_integer_is_refused(seed):
    with pytest.raises((TypeError, ValueError)):
        Luck(seed)


def test_held_at_the_medians_every_draw_is_one_half():
    luck = MedianLuck()
    assert luck.one(Purpose.PACE, attempt=1, where=2, who=3) == 0.5
    assert luck.block(Purpose.FATE).tolist() == [0.5, 0.5, 0.5, 0.5]


def test_stable_codes_never_change():
    assert code("502") == 0xA520E81C6AEB6594
    assert code("alternator_belt") == 0x53072E5A9F857588
    assert code("defender", "T1") == 0x3E9988454BACDBE9


def test_no_name_has_the_code_0():
    assert code() == 0


def test_the_code_of_a_group_depends_on_order_and_division():
    assert len({code("a", "bc"), code("ab", "c"), code("abc"), code("bc", "a")}) == 4


def test_the_numbers_of_the_purposes_never_change():
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
        "AFTERMATH": 10,
        "ASSISTANCE": 11,
        "SECONDARY": 12,
        "TRUCK_RUNS": 13,
        "ROUTINE": 14,
    }


def test_the_lanes_of_the_blocks_never_change():
    assert [(lane.name, lane.value) for lane in Fate] == [
        ("SEVERITY", 0),
        ("CREW_REPAIR", 1),
        ("TIME", 2),
        ("NEXT_LIFE", 3),
    ]
    assert [(lane.name, lane.value) for lane in Aftermath] == [("JOB", 0), ("RECOVERY", 1), ("WAYPOINT", 2)]
    assert [(lane.name, lane.value) for lane in Assistance] == [("WILLING", 0), ("TIME", 1)]
