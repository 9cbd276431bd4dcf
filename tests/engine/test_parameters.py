"""Each replication lives in one draw of the parameters: it is the rally in which those values are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.array import run_block
from sim.engine.event import replay
from sim.engine.luck import Luck, Purpose
from sim.engine.outcomes import Losses, Outcomes, concatenate
from sim.model.plan import Plan
from sim.model.scenario import load
from tests.support.drawing import by_hand, draws_of, wide
from tests.support.rallies import Tree, calendar, helping, planned, rally, truck
from tests.support.twins import disagreements

DAKAR = Path(__file__).parents[2] / "scenarios" / "dakar-2026.toml"
LUCK = Luck(5)


def everything() -> Tree:
    """Two teams with trucks, mates and a refuge; delays, limps, halts and what spreads from them."""
    ways = {"severity": {"delay": 0.2, "limp": 0.3, "halt": 0.5}, "crew_repair": 0.5, "truck_repair": 0.5, "shape": 2}
    harm = {"belt": {"chance": 0.5, "wear_km": 20, "damage": True}}
    team = {"help": helping(chance=0.5), "trucks": {"T1": truck(runs=0.5), "T2": truck(start_delay_min=90)}}
    return rally(
        {
            "1": {"spares": {"arm": 1}},
            "2": {"orders": {"mend_limps": ["arm"]}},
            "3": {"team": "blue"},
            "4": {"team": "blue", "spares": {"belt": 1}},
        },
        stages=calendar({}, {"night": "refuge", "service_points": [{"km": 60, "minutes": 30}]}, {}, {}),
        teams={"red": {**team, "make": "one"}, "blue": {**team, "make": "two", "formation": ["3"]}},
        modes={
            "arm": {**ways, "scale_km": 120, "secondary": harm, "delay_sigma": 0.5},
            "belt": {**ways, "scale_km": 200, "field_life": 0.5, "repair_sigma": 0.5},
        },
        drawn=True,
        recovery={"hours": 2, "sigma": 0.5},
        regulations={"jokers": 3},
    )


def in_mid_rally() -> Tree:
    tree = everything()
    known = {car: {"total_s": 6000 + 100 * i, "damage": ["arm"]} for i, car in enumerate(tree["crews"])}
    return {**tree, "state": {"after_stage": "2", "crews": known}}


def dakar() -> Tree:
    tree = load(DAKAR).rally.model_dump()
    del tree["parameters"]
    return tree


def drawing(tree: Tree, seed: int = 1, count: int = 5) -> Tree:
    """The same rally with wide draws of everything."""
    return {**tree, "parameters": wide(tree, seed, count)}


def draw_of(plan: Plan, replication: int) -> int:
    """The draw in which a replication lives."""
    return int(plan.drawn.index(LUCK.of(replication).one(Purpose.PARAMETERS)))


def alike(one: Outcomes, other: Outcomes) -> bool:
    """Are outcomes the same, digit for digit?"""
    columns = [name for name in vars(one) if isinstance(getattr(one, name), np.ndarray)]
    same = [np.array_equal(getattr(one, name), getattr(other, name)) for name in columns]
    return all(same) and set(_rows(one.losses)) == set(_rows(other.losses))


def _rows(losses: Losses) -> list[tuple[Any, ...]]:
    return list(zip(*(column.tolist() for column in vars(losses).values()), strict=True))


@pytest.mark.parametrize("tree", [everything(), in_mid_rally()], ids=["from the start", "in mid-rally"])
def test_the_twins_agree_on_a_rally_in_which_everything_is_drawn(tree: Tree) -> None:
    for seed in range(3):
        assert disagreements(planned(drawing(tree, seed)), LUCK, 0, 60) == []


def test_the_twins_agree_on_the_dakar_with_everything_drawn() -> None:
    assert disagreements(planned(drawing(dakar(), count=9)), LUCK, 0, 60) == []


@pytest.mark.parametrize("tree", [everything(), in_mid_rally()], ids=["from the start", "in mid-rally"])
def test_a_replication_is_that_of_the_rally_in_which_the_values_of_its_draw_are_written(tree: Tree) -> None:
    plan = planned(drawing(tree))
    assert plan.parameters is not None
    alone = [planned(by_hand(tree, plan.parameters, draw)) for draw in range(5)]
    seen = set()
    for k in range(24):
        draw = draw_of(plan, k)
        race, other = replay(plan, LUCK, k), replay(alone[draw], LUCK, k)
        assert list(race.journal) == list(other.journal)
        assert alike(race.outcomes, other.outcomes)
        assert alike(run_block(plan, LUCK, k, 1), run_block(alone[draw], LUCK, k, 1))
        seen.add(draw)
    assert seen == set(range(5))


def test_one_draw_of_the_own_values_changes_no_digit() -> None:
    tree = everything()
    own = {"crews.1.pace": [0.0], "modes.arm.scale_km": [120.0], "modes.belt.repair_min": [20.0]}
    own |= {f"modes.arm.severity.{kind}": [share] for kind, share in tree["modes"]["arm"]["severity"].items()}
    own |= {"recovery.hours": [2.0], "teams.red.trucks.T2.speed_kmh": [60.0], "driving.stage_sd": [0.0]}
    drawn = planned({**tree, "parameters": draws_of(own)})
    assert alike(run_block(drawn, LUCK, 0, 200), run_block(planned(tree), LUCK, 0, 200))


def test_a_draw_does_not_depend_on_the_block_a_replication_is_in() -> None:
    plan = planned(drawing(everything()))
    parts = [run_block(plan, LUCK, first, count) for first, count in ((0, 3), (3, 40), (43, 57))]
    assert alike(concatenate(parts), run_block(plan, LUCK, 0, 100))


def test_every_draw_has_the_same_chance() -> None:
    plan = planned(drawing(everything(), count=4))
    draws = plan.drawn.index(LUCK.contiguous(Purpose.PARAMETERS, 0, 40_000))
    # Four standard deviations of a binomial count: 4 * sqrt(40,000 * 0.25 * 0.75) = 346.
    assert np.abs(np.bincount(draws) - 10_000).max() < 346


def test_the_pace_of_a_stage_adds_to_that_of_every_crew() -> None:
    tree = rally({"1": {"pace": 0.1}, "2": {}}, stages=calendar({"pace": 0.05}, {}))
    assert run_block(planned(tree), LUCK, 0, 1).stage_s[0].tolist() == [[6971, 6631], [6308, 6000]]
