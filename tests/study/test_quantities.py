"""What a rally can be asked, replication by replication."""

from __future__ import annotations

import numpy as np
import pytest

from sim.study.blocks import Block, Source, simulate
from sim.study.errors import StudyError
from sim.study.odds import successes
from sim.study.quantities import catalogue, check_quantities, observe, probabilities
from sim.study.tally import Tally

COUNT = 400


@pytest.fixture
def outcomes(source: Source):
    return simulate(source, Block(0, COUNT))


def test_replications_add_up_to_what_a_study_counts(source, outcomes):
    names = probabilities(source.plan)
    seen = observe(source.plan, outcomes, names)
    assert dict(zip(names, seen.values.sum(axis=0).tolist(), strict=True)) == successes(
        source.plan, Tally.of(source.plan, outcomes)
    )
    assert seen.known.all()


def test_stage_wins_and_losses_add_up_to_what_a_study_counts(source, outcomes):
    cars = [crew.car for crew in source.plan.crews]
    tally = Tally.of(source.plan, outcomes)
    wins, uncompleted, lost = (
        observe(source.plan, outcomes, [f"crews.{car}.{what}" for car in cars]).values.sum(axis=0)
        for what in ("stage_wins", "uncompleted", "lost_s")
    )
    assert wins.tolist() == tally.stage_wins[0].tolist()
    assert uncompleted.sum() == tally.cause_losses.total[1].sum() > 0
    assert lost.sum() == tally.cause_losses.total[2].sum() > 0


def test_a_total_is_known_where_the_crew_is_classified(source, outcomes):
    car = source.plan.crews[0].car
    seen = observe(source.plan, outcomes, [f"crews.{car}.total_s", f"crews.{car}.classified"])
    assert seen.known[:, 0].tolist() == seen.values[:, 1].astype(bool).tolist()
    assert 0 < seen.known[:, 0].sum() < COUNT
    assert np.all((seen.values[:, 0] > 0) == seen.known[:, 0])


def test_everything_in_the_catalogue_can_be_observed(source, outcomes):
    names = list(catalogue(source.plan))
    assert observe(source.plan, outcomes, names).values.shape == (COUNT, len(names))


def test_unknown_quantities_are_told_with_the_nearest_all_at_once(source):
    with pytest.raises(StudyError) as refused:
        check_quantities(source.plan, ["crews.11.winn", "crews.11.win", "crews.99.win"])
    first, second = str(refused.value).split("\n")
    assert first == "unknown quantity 'crews.11.winn'; did you mean 'crews.11.win' or 'crews.13.win'?"
    assert second.startswith("unknown quantity 'crews.99.win'; did you mean")
