"""Whatever small rally Hypothesis builds, it runs to its end and all invariants hold."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engine.event import replay
from sim.engine.journal import Kind
from sim.engine.luck import Luck
from tests.support.generated import rallies, scripted
from tests.support.invariants import broken_rules
from tests.support.rallies import Tree, planned

FEW = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@FEW
@given(tree=rallies(), seed=st.integers(0, 2**64 - 1))
def test_every_rally_runs_to_its_end_and_all_invariants_hold(tree: Tree, seed: int) -> None:
    runs_to_its_end(tree, seed)


@FEW
@given(tree=scripted(rallies()), seed=st.integers(0, 2**64 - 1))
def test_so_does_every_rally_of_which_something_is_pinned(tree: Tree, seed: int) -> None:
    runs_to_its_end(tree, seed)


def runs_to_its_end(tree: Tree, seed: int) -> None:
    plan, luck = planned(tree), Luck(seed)
    for replication in range(6):
        race = replay(plan, luck, replication)
        assert broken_rules(race) == []
        again = replay(plan, luck, replication)
        assert list(again.journal) == list(race.journal)


def test_the_generated_rallies_contain_every_kind_of_happening() -> None:
    kinds: Counter[Kind] = Counter()

    @FEW
    @given(tree=rallies(), seed=st.integers(0, 2**64 - 1))
    def count(tree: Tree, seed: int) -> None:
        plan = planned(tree)
        for replication in range(12):
            kinds.update(entry.kind for entry in replay(plan, Luck(seed), replication).journal)

    count()
    assert set(Kind) - set(kinds) == {Kind.STEWARDS}
    assert min(kinds[kind] for kind in (Kind.HAND_OVER, Kind.STAY, Kind.TRUCK, Kind.BORROW, Kind.LATE)) >= 3
