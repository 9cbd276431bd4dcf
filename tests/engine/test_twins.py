"""The array engine and the event engine are one model: replication by replication, to the second and to the bit.

The comparison covers outcomes and losses, every halt with its km and the start and end of its repair, spares, damage,
lives, and the wear of every part.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engine.array import run_block, trace_block
from sim.engine.journal import Entry, Kind, Phase
from sim.engine.luck import Luck
from sim.engine.replay import Replay
from sim.model.evening import read_evening
from sim.model.plan import Plan
from sim.model.scenario import load
from sim.study.twins import first_difference
from tests.support.generated import features, rallies, scripted, taken_up
from tests.support.rallies import Tree, calendar, happens, helping, planned, rally, run, told, truck
from tests.support.samples import sizes
from tests.support.twins import compared, disagreements

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
WHAT_IFS = sorted(file.relative_to(SCENARIOS).as_posix() for file in SCENARIOS.glob("what-if/*.toml"))
NO_SCENARIOS = ("evenings", "studies")
"""Folders of other files."""
ROWS = 12
"""Replications of a generated rally."""
SERVED = (Kind.HAND_OVER, Kind.STAY, Kind.TRUCK, Kind.TRUCK_FAILED)
ENDED = (Kind.WITHDRAW, Kind.CLOSED, Kind.RECOVERY, Kind.STRAND, Kind.WRECK, Kind.OVER_TIME, Kind.NO_START)
NIGHTLY = (Kind.JOB, Kind.JOB_LEFT, Kind.NO_BAY, Kind.BORROW, Kind.LATE, Kind.LIAISON)

OWN = (Kind.HALT, Kind.DELAY, Kind.LIMP, Kind.FINISH, Kind.OVER_TIME, Kind.SERVICE, Kind.SUNSET, Kind.START)
FAILURES = (Kind.DELAY, Kind.LIMP, Kind.HALT, Kind.STRAND, Kind.WRECK)
TIES = (
    "two crews of a team halt in one second at one km",
    "two helpers of a team begin in one second",
    "a crew meets something by itself in the second in which a helper of its team begins",
    "a failure at the km of a service point",
    "a failure at the start, where the last special ended",
)


def ties_of(race: Replay) -> Counter[str]:
    """How often things that could be told apart by chance only coincide in a race."""
    plan, found = race.plan, Counter[str]()
    teams = {crew.car: plan.teams[crew.team].name for crew in plan.crews}
    moments: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for entry in race.journal:
        moments[teams.get(entry.car, entry.car.split("/")[0]), entry.time_s].append(entry)
        if entry.kind in FAILURES and entry.km is not None:
            found[TIES[3]] += entry.km in plan.stages[plan.stage_index(entry.stage)].service_km
            found[TIES[4]] += entry.km == 0
    for here in moments.values():
        halted = Counter(entry.km for entry in here if entry.kind is Kind.HALT)
        found[TIES[0]] += sum(count > 1 for count in halted.values())
        helpers = {entry.helper for entry in here if entry.kind in SERVED[:3] and entry.car in teams}
        helpers -= {entry.car for entry in here if entry.kind in (Kind.HAND_OVER, Kind.STAY) and entry.spares is None}
        found[TIES[1]] += len(helpers) > 1
        found[TIES[2]] += bool(helpers) and any(entry.kind in OWN and entry.phase is Phase.OWN for entry in here)
    return found


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("dakar-2026.toml", 100),
        ("dakar-2026-assumed.toml", 100),
        ("dakar-2026-before.toml", 50),
        ("dakar-2026-evenings.toml", 50),
        ("dakar-2026-history.toml", 2),
        ("examples/one-crew-one-stage.toml", 300),
        ("examples/three-crews-marathon.toml", 200),
        ("examples/six-crews-five-stages.toml", 100),
        *((name, 15) for name in WHAT_IFS),
    ],
)
def test_the_twins_agree_on_every_shipped_scenario(name: str, count: int) -> None:
    done: list[int] = []
    assert first_difference(load(SCENARIOS / name).plan(), Luck(20260103), count, done.append) is None
    assert sum(done) == count


def test_every_shipped_scenario_is_compared() -> None:
    files = [file.relative_to(SCENARIOS) for file in SCENARIOS.rglob("*.toml")]
    shipped = {file.as_posix() for file in files if file.parts[0] not in NO_SCENARIOS}
    (marker,) = test_the_twins_agree_on_every_shipped_scenario.pytestmark
    assert {name for name, _ in marker.args[1]} == shipped


@pytest.mark.parametrize("stage", ["1", "4", "8", "9", "13"])
def test_the_twins_agree_from_the_evenings_of_2026(stage: str) -> None:
    scenario = SCENARIOS / "dakar-2026-evenings.toml"
    evening = read_evening(SCENARIOS / f"evenings/dakar-2026/after-{int(stage):02d}.toml")
    assert first_difference(load(scenario, evening=evening).plan(), Luck(8), 60, lambda _: None) is None


def so_many(examples: int) -> settings:
    """The same generated rallies every time."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        phases=[hypothesis.Phase.generate],  # to shrink such a rally takes minutes, and the difference says enough
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.mark.parametrize("examples", sizes(60, 300))
def test_the_twins_agree_on_generated_rallies_that_are_taken_up_on_an_evening(examples: int) -> None:
    @so_many(examples)
    @given(tree=taken_up(), seed=st.integers(0, 2**64 - 1))
    def compare(tree: Tree, seed: int) -> None:
        assert disagreements(planned(tree), Luck(seed), 0, ROWS) == []

    compare()


def test_a_block_that_begins_in_the_middle_is_the_same_rallies() -> None:
    plan = load(SCENARIOS / "examples/three-crews-marathon.toml").plan()
    assert disagreements(plan, Luck(7), 1003, 40) == []


@pytest.mark.parametrize("run", [run_block, trace_block])
@pytest.mark.parametrize("count", [0, -1])
def test_a_block_without_a_replication_is_refused(run: Callable[[Plan, Luck, int, int], object], count: int) -> None:
    plan = planned(rally(["1"]))
    with pytest.raises(ValueError, match=f"a block has at least 1 replication, got {count}$"):
        run(plan, Luck(1), 0, count)


def test_a_block_that_is_told_has_the_outcomes_of_one_that_is_not() -> None:
    plan, luck = load(SCENARIOS / "dakar-2026.toml").plan(), Luck(5)
    told, run = trace_block(plan, luck, 40, 60).outcomes, run_block(plan, luck, 40, 60)
    for name in vars(run):
        if name != "losses":
            assert np.array_equal(getattr(told, name), getattr(run, name)), name
    for name in vars(run.losses):
        assert np.array_equal(getattr(told.losses, name), getattr(run.losses, name)), name


@pytest.mark.parametrize("examples", sizes(220, 1000))
def test_the_twins_agree_on_generated_rallies_in_which_everything_happens(examples: int) -> None:
    kinds: Counter[Kind] = Counter()
    ties: Counter[str] = Counter()
    found: Counter[str] = Counter()

    @so_many(examples)
    @given(tree=rallies(), seed=st.integers(0, 2**64 - 1))
    def compare(tree: Tree, seed: int) -> None:
        races, unlike = compared(planned(tree), Luck(seed), 0, ROWS)
        assert unlike == []
        for race in races:
            kinds.update(entry.kind for entry in race.journal)
            ties.update(ties_of(race))
        found.update({name: int(here) for name, here in features(tree).items()})

    compare()
    assert {kind: kinds[kind] for kind in (*SERVED, *ENDED, *NIGHTLY) if kinds[kind] < 20} == {}
    assert {tie: ties[tie] for tie in TIES if ties[tie] < 5} == {}
    assert {name: count for name, count in found.items() if count < 5} == {}


@pytest.mark.parametrize("examples", sizes(60, 300))
def test_the_twins_agree_on_generated_rallies_of_which_something_is_pinned(examples: int) -> None:
    kinds: Counter[Kind] = Counter()
    pins: Counter[str] = Counter()

    @so_many(examples)
    @given(tree=scripted(st.one_of(rallies(), taken_up())), seed=st.integers(0, 2**64 - 1))
    def compare(tree: Tree, seed: int) -> None:
        races, unlike = compared(planned(tree), Luck(seed), 0, ROWS)
        assert unlike == []
        script = tree["script"]
        for race in races:
            kinds.update(entry.kind for entry in race.journal)
        pins.update(key for one in script["happenings"].values() for key, value in one.items() if value is not None)
        pins.update(name for name in ("driving_s", "penalties", "state") if script.get(name) or tree.get(name))

    compare()
    assert {kind: kinds[kind] for kind in (*SERVED, *ENDED, Kind.STEWARDS) if kinds[kind] < 20} == {}
    known = ("lost_s", "limp_factor", "job_s", "repair_s", "recovery_s", "repaired_by", "waits_for")
    assert {pin: pins[pin] for pin in (*known, "driving_s", "penalties", "state") if pins[pin] < 5} == {}


def test_a_truck_that_is_at_the_end_in_the_second_of_an_offer_is_off_the_course_for_both() -> None:
    teams = {"red": {"trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 99.999)]
    plan = planned(rally(["1"], teams=teams, modes={"arm": {"crew_repair": 0}}, happenings=script))
    races, unlike = compared(plan, Luck(1), 0, 1)
    assert races[0].outcomes.completed.tolist() == [[[False]]]
    assert unlike == []


def test_a_rally_in_which_nothing_can_break_is_the_same_for_both() -> None:
    plan = planned(rally(["1", "2"], modes={}, drawn=True))
    assert disagreements(plan, Luck(1), 0, 3) == []


@pytest.mark.filterwarnings("error")
def test_the_twins_agree_where_numbers_are_as_large_as_they_may_be() -> None:
    sigmas = {f"{name}_sigma": 5 for name in ("delay", "repair", "truck", "job")}
    ways = {"severity": {"delay": 0.3, "halt": 0.7}, "crew_repair": 0.5, "scale_km": 60, "shape": 1}
    modes = {"arm": {**sigmas, **ways, "delay_min": 525_600, "repair_min": 525_600, "truck_min": 525_600}}
    tree = rally(
        {"1": {"spares": {"arm": 10_000}}, "2": {"consistency": 1}},
        stages=calendar({}, {}),
        teams={"red": {"trucks": {"T1": truck()}, "help": helping("stay")}},
        modes=modes,
        happenings=[happens("2", "arm", 40, "strand", recovery_s=31_536_000)],
        drawn=True,
        recovery={"hours": 8760, "sigma": 5},
        regulations={"uncompleted": "time_lost_plus_fixed", "fixed_penalty_h": 8760, "jokers": 10_000},
    )
    races, unlike = compared(planned(tree), Luck(3), 0, 50)
    assert unlike == []
    assert min(int(race.outcomes.stage_s.min()) for race in races) >= 0
    assert max(int(race.outcomes.stage_s.max()) for race in races) > 2 * 31_536_000


def test_a_crew_that_is_out_before_it_is_back_never_finds_what_broke_on_the_liaison() -> None:
    modes = {"arm": {}, "belt": {"scale_km": 5}}
    script = [happens("1", "arm", 40, "strand", recovery_s=48 * 3600)]

    def broken(jokers: int) -> dict[str, frozenset[int]]:
        stages = calendar({"liaison_before_km": 20}, {}, {})
        tree = rally(["1"], stages=stages, modes=modes, happenings=script, drawn=True, regulations={"jokers": jokers})
        tree["wear"]["all"]["liaison"] = 1
        race = run(tree)
        assert told(race, only=[Kind.RECOVERY, Kind.LIAISON]) == [
            ("1 10:40:00", "1", "recovery arm until 3 10:40:00"),
            ("3 10:40:00", "1", "fails on the liaison belt"),
        ]
        return {kind: race.parts[0].broken[kind] for kind in ("hidden", "limping")}

    belt = frozenset({planned(rally(["1"], modes=modes)).modes.index("belt")})
    assert broken(jokers=2) == {"hidden": belt, "limping": frozenset()}
    assert broken(jokers=3) == {"hidden": frozenset(), "limping": belt}


def test_a_crew_that_is_out_while_it_drives_does_not_wear_its_car_on_the_liaison_any_more() -> None:
    def worn(jokers: int) -> float:
        stages = calendar({"liaison_after_km": 20}, {})
        script = [happens("1", "arm", 40, "delay", lost_s=24 * 3600)]
        tree = rally(["1"], stages=stages, happenings=script, regulations={"jokers": jokers})
        tree["wear"]["all"]["liaison"] = 0.5
        race = run(tree)
        assert told(race, only=[Kind.OVER_TIME]) == [("2 11:40:00", "1", "over time 92400 s")]
        return float(race.parts[0].wear[0])

    assert worn(jokers=1) == 100
    assert worn(jokers=2) == 110
