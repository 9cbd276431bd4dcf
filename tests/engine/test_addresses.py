"""Luck has an address: what is added elsewhere moves nobody's draws, and a replication is itself whenever it is run."""

from __future__ import annotations

import datetime
from copy import deepcopy
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.event import replay
from sim.engine.journal import Entry, Kind
from sim.engine.luck import Luck
from sim.engine.outcomes import Losses, Outcomes, concatenate
from sim.engine.replay import Replay
from sim.model.plan import compile_plan
from sim.model.scenario import load
from sim.model.spec import Rally
from sim.study.blocks import Block, Source, simulate
from tests.support.rallies import calendar, planned, rally, truck

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DAKAR = SCENARIOS / "dakar-2026-assumed.toml"
MARATHON = SCENARIOS / "examples" / "three-crews-marathon.toml"
GUESTS = {"guests": {"make": "guest", "bays": 1, "routine_hours": 3, "trucks": {"T1": truck()}}}
GUEST = {"driver": "A. Guest", "team": "guests", "pace": 0.4}


def tree_of(file: Path, *, gap_s: int) -> dict[str, Any]:
    """A shipped scenario as a dict, with another gap between the starts."""
    tree = load(file).rally.model_dump()
    for stage in tree["stages"].values():
        assert isinstance(stage["date"], datetime.date)
        stage["start_gap_s"] = gap_s
    return tree


def with_guest(tree: dict[str, Any], number: str) -> dict[str, Any]:
    """The same rally with one more crew of one more team."""
    more = deepcopy(tree)
    more["teams"] = {**GUESTS, **more["teams"]}
    more["crews"][number] = GUEST
    return more


def race_of(tree: dict[str, Any], replication: int) -> Replay:
    return replay(compile_plan(Rally.model_validate(tree)), Luck(11), replication)


def history(race: Replay, *, without: tuple[str, ...] = ()) -> tuple[dict[tuple[str, str], Any], list[Entry]]:
    """All days by (car, stage), and the journal."""
    days = {
        (race.outcomes.cars[crew], race.outcomes.stages[stage]): asdict(day)
        for (stage, crew), day in race.days.items()
        if race.outcomes.cars[crew] not in without
    }
    return days, [entry for entry in race.journal if entry.car not in without and not entry.car.startswith("guests/")]


@pytest.mark.parametrize("number", ["1", "99999", "zebra"])
@pytest.mark.parametrize("file", [MARATHON, DAKAR], ids=lambda file: file.stem)
def test_with_slots_fixed_a_crew_of_another_team_changes_nobody_s_day_and_no_entry_of_the_journal(
    file: Path, number: str
) -> None:
    tree = tree_of(file, gap_s=0)
    for replication in range(8):
        alone = history(race_of(tree, replication))
        assert history(race_of(with_guest(tree, number), replication), without=(number,)) == alone


def drawn_rally() -> dict[str, Any]:
    """Everything is drawn; nobody can help, and nobody is late, so that slots matter to no one."""
    modes = {
        "arm": {"shape": 1.5, "scale_km": 150, "severity": {"delay": 0.3, "limp": 0.3, "halt": 0.4}, "stage_sd": 0.4},
        "puncture": {"kind": "incident", "shape": 1, "scale_km": 90, "crew_repair": 0.9, "replaced": "never"},
        "belt": {"shape": 2, "scale_km": 400, "severity": {"strand": 1}, "replaced": "every_night"},
    }
    spread = {"delay_sigma": 0.5, "repair_sigma": 0.5, "job_sigma": 0.3, "field_life": 0.5, "pace_exponent": 3}
    crews = {
        "11": {"consistency": 0.02, "spares": {"puncture": 3}},
        "12": {"consistency": 0.02, "spares": {"puncture": 2, "arm": 1}},
        "13": {"consistency": 0.02, "team": "blue"},
    }
    return rally(
        crews,
        stages=calendar({}, {}, {}, {}),
        teams={"red": {}, "blue": {}},
        modes={name: {**spread, **mode} for name, mode in modes.items()},
        drawn=True,
        driving={"stage_sd": 0.05, "make_sd": 0.02},
        variation={"rally_sd": 0.3, "make_sd": 0.3, "care_sd": 0.3},
        recovery={"hours": 1, "sigma": 0.5},
        regulations={"jokers": 4},
    )


def luck_of(race: Replay) -> dict[str, Any]:
    """What the draws, lives and driving factors of cars 11 to 13 made of their rally, slots left aside."""
    lasts = (Kind.DELAY, Kind.REPAIR, Kind.RECOVERY, Kind.JOB)
    failures = [
        (e.car, e.stage, e.km, e.kind, e.mode, e.renewal, (e.end_s or 0) - e.time_s if e.kind in lasts else None)
        for e in race.journal
        if e.mode and e.car in ("11", "12", "13")
    ]
    driving = {
        (race.outcomes.cars[crew], stage): day.driving_s
        for (stage, crew), day in race.days.items()
        if race.outcomes.cars[crew] in ("11", "12", "13")
    }
    return {"failures": sorted(failures, key=str), "driving": driving}


def test_a_crew_of_another_team_moves_nobody_s_draws_lives_or_driving_factors() -> None:
    tree = drawn_rally()
    failures = 0
    for replication in range(20):
        alone, joined = race_of(tree, replication), race_of(with_guest(tree, "5"), replication)
        assert {day.slot for day in alone.days.values()} != {day.slot for day in joined.days.values()}
        assert luck_of(joined) == luck_of(alone)
        failures += len(luck_of(alone)["failures"])
    assert failures > 500


def test_a_mode_that_never_fails_changes_nothing() -> None:
    tree = drawn_rally()
    more = deepcopy(tree)
    more["modes"] = {"engine": {**tree["modes"]["arm"], "scale_km": 1e12, "shape": 5}, **tree["modes"]}
    for replication in range(10):
        alone, joined = race_of(tree, replication), race_of(more, replication)
        assert list(joined.journal) == list(alone.journal)
        assert joined.outcomes.total_s.tolist() == alone.outcomes.total_s.tolist()


def test_a_stage_that_is_added_at_the_end_does_not_change_those_before_it() -> None:
    tree = drawn_rally()
    shorter = deepcopy(tree)
    del shorter["stages"]["4"]
    shorter["stages"]["3"]["night"] = "finish"
    for replication in range(10):
        whole, part = race_of(tree, replication), race_of(shorter, replication)
        special = [entry for entry in part.journal if entry.km is not None]
        assert [entry for entry in whole.journal if entry.km is not None and entry.stage != "4"] == special


def test_the_order_of_the_tables_in_a_scenario_does_not_matter() -> None:
    tree = tree_of(MARATHON, gap_s=0)
    turned = {
        key: dict(reversed(value.items()))
        if key in ("crews", "teams", "modes", "wear", "stages", "terrains")
        else value
        for key, value in tree.items()
    }
    for replication in range(20):
        assert history(race_of(turned, replication)) == history(race_of(tree, replication))


def same(one: Outcomes, other: Outcomes) -> None:
    for table in fields(Outcomes):
        a, b = getattr(one, table.name), getattr(other, table.name)
        if isinstance(a, Losses):
            for column in fields(Losses):
                np.testing.assert_array_equal(getattr(a, column.name), getattr(b, column.name))
        else:
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("file", [MARATHON, DAKAR], ids=lambda file: file.stem)
def test_a_replication_replayed_twice_is_identical(file: Path) -> None:
    plan, luck = load(file).plan(), Luck(3)
    one, other = replay(plan, luck, 6), replay(plan, luck, 6)
    assert history(one) == history(other)
    same(one.outcomes, other.outcomes)


@pytest.mark.parametrize("file", [MARATHON, DAKAR], ids=lambda file: file.stem)
def test_a_replication_alone_equals_the_same_within_a_run(file: Path) -> None:
    plan = load(file).plan()
    run = simulate(Source(plan, 3, "event"), Block(0, 9))
    alone = [replay(load(file).plan(), Luck(3), k).outcomes for k in reversed(range(9))]
    same(concatenate(alone[::-1]), run)


def test_every_crew_mode_stage_replication_and_seed_has_draws_of_its_own() -> None:
    mode = {"kind": "incident", "shape": 1, "scale_km": 40, "severity": {"delay": 1}}
    crews = {car: {"consistency": 0.05} for car in "123"}
    tree = rally(crews, stages=calendar({}, {}), modes={"stuck": mode, "puncture": mode}, drawn=True)
    places: list[float] = []
    driving: dict[tuple[int, int, str, int], int] = {}
    for seed in (0, 1):
        for replication in range(8):
            race = replay(planned(tree), Luck(seed), replication)
            places += [entry.km or 0.0 for entry in race.journal if entry.kind is Kind.DELAY]
            for (stage, crew), day in race.days.items():
                driving[seed, replication, race.outcomes.cars[crew], stage] = day.driving_s
    assert len(places) == len(set(places)) > 300
    for axis in range(4):
        vectors: dict[Any, list[int]] = {}
        for key in sorted(driving):
            vectors.setdefault(key[axis], []).append(driving[key])
        assert len(vectors) == len({tuple(vector) for vector in vectors.values()}) > 1
