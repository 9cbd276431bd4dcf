"""Rallies at many points of the parameters, and what a sensitivity study makes of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from sim.model.changes import Changes
from sim.model.parameters import Parameters
from sim.model.plan import Plan
from sim.model.scenario import load
from sim.study import blocks
from sim.study.blocks import Block, Source, simulate
from sim.study.errors import StudyError
from sim.study.executors import SERIAL
from sim.study.quantities import observe
from sim.study.sensitivity.points import Point, Question, at, table_of
from sim.study.sensitivity.ranges import Range, declared_ranges, drawn_ranges
from sim.study.sensitivity.study import sobol, spread
from sim.study.sensitivity.tornado import Tornado, tornado
from tests.support import verdict
from tests.support.drawing import draws_of
from tests.support.rallies import calendar, planned, rally

MARATHON = Path(__file__).resolve().parents[3] / "scenarios/examples/three-crews-marathon.toml"
LOST = "crews.11.lost_s"

LENGTH_KM, SCALES_KM = 400.0, (200.0, 400.0, 800.0)
MIDDLE = math.exp(-LENGTH_KM / SCALES_KM[1])


def fragile(scales: Parameters | None = None) -> Plan:
    """One crew, which finishes with the chance exp(-400 / scale)."""
    axle = {"scale_km": SCALES_KM[1], "shape": 1, "severity": {"wreck": 1}}
    tree = rally(["1"], stages=calendar({"special_km": LENGTH_KM}), modes={"axle": axle}, drawn=True)
    return planned(tree if scales is None else {**tree, "parameters": scales})


def alone(replications: int, *ranges: Range) -> Tornado:
    return tornado(Question(fragile(), 5, "crews.1.classified", replications), ranges, SERIAL, lambda _: None)


AXLE = Range("modes.axle.scale_km", *SCALES_KM)
IDLE = Range("modes.axle.repair_min", 1.0, 60.0, 120.0)


@pytest.mark.parametrize("size", [64, 8192])
def test_a_rally_at_a_point_is_the_rally_with_these_values(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(blocks.BLOCK, "array", size)
    points: list[Point] = [
        {},
        {"modes.puncture.scale_km": 500.0},
        {"modes.puncture.scale_km": 90.0, "crews.11.pace": 0.1},
    ]
    found = list(at(Question(load(MARATHON).plan(), 7, LOST, 100), points, SERIAL))
    for point, values in zip(points, found, strict=True):
        changes = Changes(tuple(f"{name}={value}" for name, value in point.items()))
        plan = load(MARATHON, changes=changes).plan()
        by_itself = observe(plan, simulate(Source(plan, 7), Block(0, 100)), [LOST]).values[:, 0]
        assert values.tolist() == by_itself.tolist()
    assert len({tuple(values) for values in found}) == 3


def test_a_share_of_a_severity_makes_room_for_itself() -> None:
    table = table_of(load(MARATHON).rally, [{"modes.suspension_arm.severity.halt": 0.2}, {}])
    shares = table.columns()
    assert shares["modes.suspension_arm.severity.halt"].tolist() == [0.2, 0.6]
    assert shares["modes.suspension_arm.severity.limp"] == pytest.approx([0.6, 0.3])
    assert shares["modes.suspension_arm.severity.strand"] == pytest.approx([0.2, 0.1])
    assert table.draws.sum(axis=1) == pytest.approx([1.0, 1.0])


def test_two_shares_that_leave_no_room_are_all_there_is() -> None:
    point = {"modes.suspension_arm.severity.halt": 0.9, "modes.suspension_arm.severity.limp": 0.6}
    table = table_of(load(MARATHON).rally, [point])
    assert table.columns()["modes.suspension_arm.severity.halt"] == pytest.approx([0.6])
    assert table.columns()["modes.suspension_arm.severity.strand"] == pytest.approx([0.0])


def test_a_known_effect_is_found_with_its_size() -> None:
    found = alone(20_000, AXLE)
    (swing,) = found.swings
    for name, estimate, truth in (
        ("base", found.base, MIDDLE),
        ("low", swing.low, math.exp(-LENGTH_KM / SCALES_KM[0]) - MIDDLE),
        ("high", swing.high, math.exp(-LENGTH_KM / SCALES_KM[2]) - MIDDLE),
    ):
        error = (estimate.high - estimate.low) / 2 / 1.96
        judged = verdict.Verdict(name, estimate.value, truth, error, (estimate.value - truth) / error)
        assert judged.passed, judged
    assert swing.seen


def test_a_parameter_that_does_nothing_makes_no_difference_as_far_as_200_rallies_can_tell() -> None:
    found = alone(200, IDLE, AXLE)
    assert [swing.range.name for swing in found.swings] == [AXLE.name, IDLE.name]
    idle = found.swings[1]
    assert {idle.low.value, idle.high.value, idle.reach} == {0.0}
    assert (idle.low.low, idle.low.high) == pytest.approx((-0.01885, 0.01885), abs=1e-5)  # 1.96**2 / (200 + 1.96**2)
    assert not idle.seen


def test_together_the_parameter_that_does_nothing_has_no_share() -> None:
    question = Question(fragile(), 5, "crews.1.classified", 400)
    known = sobol(question, [AXLE, IDLE], 32, SERIAL, lambda _: None)
    assert known is not None
    axle, idle = known
    assert (idle.first.value, idle.total.value) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert axle.total.value == pytest.approx(1.0, abs=0.3)


def test_the_spread_of_a_survival_whose_scale_is_drawn() -> None:
    scales = np.geomspace(100, 1600, 60)
    source = Source(fragile(draws_of({AXLE.name: scales.tolist()})), seed=11)
    found = spread(source, "crews.1.classified", 40_000, SERIAL, lambda _: None)
    chances = np.exp(-LENGTH_KM / scales)
    between, within = chances.var(ddof=1), float(np.mean(chances * (1 - chances)))
    assert found.share.low < between / (between + within) < found.share.high
    assert found.between.value == pytest.approx(between, rel=0.05)
    assert found.within == pytest.approx(within, rel=0.05)


def test_a_drawn_parameter_moves_between_its_10_and_90_percent_quantiles() -> None:
    plan = fragile(draws_of({AXLE.name: [float(value) for value in range(100, 1101, 100)]}))
    (moved,) = drawn_ranges(plan.rally, plan.parameters, ["modes.*"])
    assert moved == Range(AXLE.name, 200.0, 600.0, 1000.0)


def test_a_pattern_that_fits_no_drawn_parameter_is_refused_with_the_nearest() -> None:
    plan = fragile(draws_of({AXLE.name: [100.0, 200.0]}))
    with pytest.raises(StudyError, match=r"unknown drawn parameter 'modes.axel.scale_km'; did you mean 'modes.axle.sc"):
        drawn_ranges(plan.rally, plan.parameters, ["modes.axel.scale_km"])


def test_ranges_are_declared_by_values_or_by_factors() -> None:
    found = declared_ranges(fragile().rally, ["modes.axle.scale_km*=0.5:2", "crews.1.pace=-0.02:0.02"])
    assert found == [Range(AXLE.name, *SCALES_KM), Range("crews.1.pace", -0.02, 0.0, 0.02)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("modes.axle.scale_km", "a range is path=low:high or"),
        ("modes.axle.scale_km=2", "a range is path=low:high or"),
        ("modes.axle.scale_km=2:1", "with low < high"),
        ("modes.axle.scale_km=1:inf", "a range is path=low:high or"),
        ("modes.axel.scale_km=1:2", "did you mean 'modes.axle.scale_km'"),
        ("modes.axle.scale_km=-1:2", "modes.axle.scale_km: must be > 0, got -1"),
    ],
)
def test_what_is_no_range_is_refused(text: str, problem: str) -> None:
    with pytest.raises(StudyError, match=problem):
        declared_ranges(fragile().rally, [text])
