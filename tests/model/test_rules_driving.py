"""How fast a crew drives and how fast its car wears."""

import numpy as np
import pytest

from sim.model.hazards import normal
from sim.model.rules import driving


def test_at_the_medians_the_pace_factor_is_the_pace_of_the_crew():
    assert driving.pace_factor(0.02, 0.01, 0.0, 0.04, 0.0, 0.01, 0.0) == pytest.approx(1.0202013400267558, rel=1e-14)
    assert driving.pace_factor(0.0, 0.01, 0.0, 0.04, 0.0, 0.01, 0.0) == 1.0


def test_crew_stage_and_make_each_add_a_normal_to_the_log_of_the_time():
    # exp(0.02 + 0.01 * 1.5 + 0.04 * -0.5 + 0.02 * 2) = exp(0.055)
    factor = driving.pace_factor(0.02, 0.01, 1.5, 0.04, -0.5, 0.02, 2.0)
    assert factor == pytest.approx(1.0565406146754943, rel=1e-14)


def test_at_calibrated_pace_without_multipliers_wear_is_as_it_is():
    assert driving.failure_wear(1.7, 0.0) * driving.order_wear(3.0, 1.0) == 1.0
    assert driving.failure_wear(np.array([0.7, 1.7]), np.zeros(2)).tolist() == [1.0, 1.0]
    assert driving.order_wear(np.array([0.0, 3.0]), np.ones(2)).tolist() == [1.0, 1.0]


def test_driving_2_percent_faster_with_exponent_3_wears_6_percent_more():
    assert driving.order_wear(3.0, 0.98) == pytest.approx(1.062482469039261, rel=1e-14)


def test_driving_slower_wears_less_unless_the_exponent_is_0() -> None:
    # 1.05 ** -2
    assert driving.order_wear(2.0, 1.05) == pytest.approx(0.9070294784580499, rel=1e-14)
    assert driving.order_wear(0.0, 1.05) == 1.0


def test_a_multiplier_of_failures_enters_wear_with_the_inverse_of_the_shape():
    # four times the failures of a life of shape 2 are twice the wear
    assert driving.failure_wear(2.0, np.log(4.0)) == pytest.approx(2.0, rel=1e-14)
    # and eight times those of shape 1.5 four times the wear
    assert driving.failure_wear(1.5, np.log(8.0)) == pytest.approx(4.0, rel=1e-14)


def test_a_shared_multiplier_of_failures_has_mean_1():
    uniforms = (np.arange(100_000) + 0.5) / 100_000
    logs = driving.shared_failures(0.5, normal(uniforms))
    assert float(np.exp(logs).mean()) == pytest.approx(1.0, abs=1e-4)


def test_a_shared_multiplier_is_lognormal():
    # exp(0.5 z - 0.125)
    assert driving.shared_failures(0.5, np.array([-1.0, 0.0, 2.0])).tolist() == [-0.625, -0.125, 0.875]
    assert driving.shared_failures(0.0, 3.0) == 0.0


def test_night_and_fatigue_wear_incidents_and_not_parts():
    assert driving.incident_wear(np.array([True, False]), 1.5).tolist() == [1.0, 1.5]


def test_without_damage_a_car_does_not_limp():
    assert driving.limp_product(np.array([1.2, 1.1]), np.array([False, False])) == 1.0


def test_without_damage_none_of_many_cars_limps():
    assert driving.limp_product(np.array([1.2, 1.1]), np.zeros((2, 3), dtype=bool)).tolist() == [1.0, 1.0, 1.0]


def test_damage_multiplies_in_the_order_of_the_modes():
    factors = np.array([1.1, 1.7, 1.3, 1.9])
    product = driving.limp_product(factors, np.array([True, True, False, True]))
    assert float(product) == 1.1 * 1.7 * 1.9 != 1.9 * 1.7 * 1.1


def test_the_limp_products_of_many_cars_have_the_bits_of_one():
    factors = np.array([1.1, 1.7, 1.3, 1.9])
    damaged = np.array([[True, False, True], [True, False, False], [False, False, True], [True, False, True]])
    assert driving.limp_product(factors, damaged).tolist() == [1.1 * 1.7 * 1.9, 1.0, 1.1 * 1.3 * 1.9]


def test_the_driving_account_adds_the_factor_times_the_nominal_time():
    assert driving.driven_s(100.25, 1.5, np.array([0.0, 60.5])).tolist() == [100.25, 191.0]


def test_a_truck_drives_at_its_own_speed_and_arrives_on_a_whole_second():
    # 10.01 km at 50 km/h are 720.72 s
    assert driving.truck_arrival(1000, 5.0, 15.01, 72.0) == 1721


def test_sleep_is_lost_from_bedtime_on_up_to_a_limit():
    bedtime = 22 * 3600
    arrivals = np.array([bedtime - 3600, bedtime, bedtime + 5400, bedtime + 36_000])
    assert driving.hours_late_to_bed(arrivals, bedtime, 6.0).tolist() == [0.0, 0.0, 1.5, 6.0]


def test_work_in_the_refuge_costs_sleep_beyond_the_free_hours_up_to_a_limit():
    worked = np.array([0, 3 * 3600, 16_200, 100 * 3600])
    assert driving.hours_worked_too_long(worked, 3.0, 6.0).tolist() == [0.0, 0.0, 1.5, 6.0]


def test_each_hour_of_sleep_lost_costs_the_same():
    assert driving.fatigue_factor(np.array([0.0, 1.0, 4.0]), 0.25).tolist() == [1.0, 1.25, 2.0]
