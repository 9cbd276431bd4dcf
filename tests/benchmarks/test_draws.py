"""The bare draws are those of the engine, each once."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.bare_draws import bare_draws
from benchmarks.digests import dakar, digest_of
from benchmarks.inverses import Inverses
from benchmarks.recording import RecordingLuck
from sim.engine.array import run_block
from sim.engine.luck import Fate, Luck, Purpose
from sim.engine.philox import WordArray, philox_many
from sim.model.arrays import IntArray

COUNT = 32
ROWS = np.array([5, 6, 7])


@pytest.fixture
def luck() -> RecordingLuck:
    return RecordingLuck(3)


def looked_at(luck: RecordingLuck) -> IntArray:
    return luck.record.scattered[0].used.astype(np.int64)


def test_a_recording_luck_is_the_same_luck(luck: RecordingLuck) -> None:
    plan = dakar()
    recorded = run_block(plan, luck, 0, COUNT)
    assert digest_of(recorded) == digest_of(run_block(plan, Luck(3), 0, COUNT))


def test_only_uniforms_that_are_looked_at_count_as_used(luck: RecordingLuck) -> None:
    block = luck.blocks(Purpose.FATE, ROWS, 0, 1, 2)
    block[Fate.TIME, ROWS > 5]
    block[:, ROWS > 6][Fate.SEVERITY]
    assert looked_at(luck).tolist() == [[0, 0, 1], [0, 0, 0], [0, 1, 1], [0, 0, 0]]


def test_all_uniforms_of_a_block_that_is_unpacked_count_as_used(luck: RecordingLuck) -> None:
    severity, *_ = luck.blocks(Purpose.FATE, ROWS, 0, 1, 2)
    assert severity.tolist() == Luck(3).blocks(Purpose.FATE, ROWS, 0, 1, 2)[Fate.SEVERITY].tolist()
    assert looked_at(luck).all()


def test_the_bare_draws_are_the_distinct_draws_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    draws, drawn = bare_draws(dakar(), 3, COUNT), []

    def watched(counters: WordArray, key: tuple[int, int]) -> None:
        drawn.append(counters.shape[1])
        philox_many(counters, key)

    monkeypatch.setattr("sim.engine.luck.philox_many", watched)
    draws.run()
    assert sum(drawn) == pytest.approx(draws.blocks * COUNT)
    decided = sum(d.distinct for d in draws.by_purpose if d.purpose not in {"FATE", "SECONDARY", "ASSISTANCE", "JOB"})
    others = sum(d.distinct for d in draws.by_purpose) - decided
    assert draws.blocks == pytest.approx(decided / 4 + others)
    assert all(d.distinct <= d.asked for d in draws.by_purpose)


def test_a_uniform_becomes_what_the_engine_makes_of_it() -> None:
    plan = dakar()
    inverses, mode = Inverses(plan), plan.modes.index("puncture")
    code, half = plan.modes.codes[mode], np.array([0.5])
    life = plan.drawn.scale_km[0, mode] * np.log(2) ** (1 / plan.modes.shape[mode])
    assert inverses.of_lane(Purpose.FATE, Fate.NEXT_LIFE, code)(half) == pytest.approx(life)
    assert inverses.of_lane(Purpose.FATE, Fate.SEVERITY, code)(half).tolist() == [2]
