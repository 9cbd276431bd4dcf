"""What a failure does: boundaries of one uniform, thresholds of wear, the replacement policy."""

import numpy as np
import pytest

from sim.model.plan import NEVER, REST_DAY
from sim.model.rules import failures
from sim.model.rules.failures import Severity

SHARES = np.array([0.1, 0.3, 0.6, 0.9, 1.0])
"""Cumulative: delay 10 %, limp 20 %, halt 30 %, strand 30 %, wreck 10 %."""
SMALLEST, LARGEST = 2.0**-53, 1 - 2.0**-53


@pytest.mark.parametrize(
    ("uniform", "severity"),
    [
        (SMALLEST, Severity.DELAY),
        (np.nextafter(0.1, 0), Severity.DELAY),
        (0.1, Severity.LIMP),
        (np.nextafter(0.3, 0), Severity.LIMP),
        (0.3, Severity.HALT),
        (0.6, Severity.STRAND),
        (np.nextafter(0.9, 0), Severity.STRAND),
        (0.9, Severity.WRECK),
        (LARGEST, Severity.WRECK),
    ],
)
def test_a_uniform_falls_on_a_severity_and_each_share_ends_before_its_bound(uniform, severity):
    assert failures.severity(uniform, SHARES) == severity


def test_a_severity_without_a_share_never_comes():
    only_halt = np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    assert failures.severity(np.array([SMALLEST, 0.5, LARGEST]), only_halt).tolist() == [2, 2, 2]


def test_severities_of_many_uniforms_at_once():
    assert failures.severity(np.array([0.05, 0.2, 0.5, 0.7, 0.95]), SHARES).tolist() == [0, 1, 2, 3, 4]


def test_each_uniform_may_have_shares_of_its_own():
    shares = np.array([[0.5, 1, 1, 1, 1], [0, 0, 0, 0.2, 1]])
    assert failures.severity(np.array([0.6, 0.1]), shares).tolist() == [1, 3]


def test_what_has_no_chance_never_happens():
    assert not failures.happens(SMALLEST, 0.0)


def test_what_is_certain_always_happens():
    assert failures.happens(LARGEST, 1.0)


def test_a_chance_is_the_share_of_the_uniforms_below_it():
    assert failures.happens(np.array([0.2, np.nextafter(0.3, 0), 0.3, 0.4]), 0.3).tolist() == [True, True, False, False]


def test_a_part_fails_only_if_its_life_ends_strictly_before_the_wear_does():
    assert failures.fails(np.array([99.9, 100.0, 100.1]), 100.0).tolist() == [True, False, False]


def test_a_life_ends_so_much_wear_after_the_fitting():
    assert failures.life_ends_at(250.0, 1000.0) == 1250.0


def test_a_field_repair_shortens_the_life_and_not_the_wear_before_it():
    assert failures.life_ends_at(250.0, 1000.0, 0.3) == 550.0


def test_wear_grows_with_the_track_times_the_rate_of_the_car():
    assert failures.worn(np.array([10.0, 20.0]), np.array([1.0, 2.0]), 40.0, 70.0).tolist() == [40.0, 80.0]


def test_a_life_ends_where_the_track_has_worn_the_rest_of_it():
    assert failures.track_wear_at_failure(110.0, 50.0, 2.0, 40.0) == 70.0


def test_a_life_that_is_over_ends_here():
    assert failures.track_wear_at_failure(49.0, 50.0, 2.0, 40.0) == 40.0


@pytest.mark.parametrize(
    ("policy", "nights", "rest_day", "due"),
    [
        (NEVER, 1, False, False),
        (NEVER, 9, True, False),
        (REST_DAY, 1, False, False),
        (REST_DAY, 9, False, False),
        (REST_DAY, 1, True, True),
        (1, 1, False, True),
        (1, 1, True, True),
        (3, 1, False, False),
        (3, 2, True, False),
        (3, 3, False, True),
        (3, 4, False, True),
    ],
)
def test_a_part_is_replaced_as_its_policy_says(policy, nights, rest_day, due):
    assert bool(failures.replacement_due(policy, nights, rest_day=rest_day)) is due


def test_policies_of_many_modes_at_once():
    policies, nights = np.array([NEVER, REST_DAY, 1, 2, 3]), np.array([2, 2, 2, 2, 2])
    assert failures.replacement_due(policies, nights, rest_day=False).tolist() == [False, False, True, True, False]
    assert failures.replacement_due(policies, nights, rest_day=True).tolist() == [False, True, True, True, False]
