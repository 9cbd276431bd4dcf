"""Inverse distribution functions: values known in closed form, and the same bits for scalars and arrays."""

import numpy as np
import pytest
from scipy.special import ndtri

from sim.model import hazards
from sim.model.rules import driving

HALF = 0.5
ONE_SIGMA = 0.8413447460685429
"""Share of a normal distribution below its first standard deviation."""


def test_the_median_life_is_the_scale_times_a_power_of_log_2():
    assert hazards.weibull_life(HALF, 1000.0, 1.0) == pytest.approx(693.1471805599453, rel=1e-14)
    assert hazards.weibull_life(HALF, 1000.0, 2.0) == pytest.approx(832.5546111576977, rel=1e-14)


def test_the_scale_is_the_life_that_all_but_a_share_of_1_in_e_do_not_reach():
    assert hazards.weibull_life(0.6321205588285577, 750.0, 1.7) == pytest.approx(750.0, rel=1e-12)


def test_a_larger_uniform_is_a_longer_life():
    lives = hazards.weibull_life(np.array([2.0**-53, 0.1, 0.5, 0.9, 1 - 2.0**-53]), 1000.0, 1.5)
    assert np.all(np.diff(lives) > 0)
    assert 0 < lives[0] < lives[-1] < np.inf


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.5, 3.2])
def test_the_residual_life_of_a_new_part_is_its_life_to_the_bit(shape):
    uniforms = (np.arange(100_001) + 0.5) / 100_001
    assert np.array_equal(
        hazards.weibull_residual_life(uniforms, 0.0, 1234.5, shape), hazards.weibull_life(uniforms, 1234.5, shape)
    )


def test_the_residual_life_of_shape_1_does_not_remember_the_age():
    residual = hazards.weibull_residual_life(HALF, np.array([0.0, 10.0, 5000.0]), 1000.0, 1.0)
    assert residual == pytest.approx([693.1471805599453] * 3, rel=1e-12)


def test_the_residual_life_of_shape_2_is_the_root_of_the_sum_of_squares():
    # sqrt(300^2 + 1000^2 log 2) - 300
    assert hazards.weibull_residual_life(HALF, 300.0, 1000.0, 2.0) == pytest.approx(584.9560331225192, rel=1e-13)
    assert hazards.weibull_residual_life(HALF, 0.5, 1.0, 2.0) == pytest.approx(0.4711576496943971, rel=1e-13)


def test_an_old_part_of_growing_hazard_has_less_life_ahead():
    residual = hazards.weibull_residual_life(HALF, np.array([0.0, 300.0, 900.0, 3000.0]), 1000.0, 2.0)
    assert np.all(np.diff(residual) < 0)
    assert residual[-1] > 0


def test_the_residual_life_is_the_part_of_a_life_beyond_the_age():
    # A part of age a that dies at quantile v of all lives dies at quantile (F(v) - F(a)) / (1 - F(a)) of its own.
    age, scale, shape, beyond = 400.0, 1000.0, 1.5, 150.0
    survival = np.exp(-((age / scale) ** shape))
    quantile = 1 - np.exp(-(((age + beyond) / scale) ** shape)) / survival
    assert hazards.weibull_residual_life(quantile, age, scale, shape) == pytest.approx(beyond, rel=1e-12)


def test_the_normal_quantile_has_median_0_and_one_sigma_at_84_percent():
    assert hazards.normal(HALF) == 0.0
    assert hazards.normal(ONE_SIGMA) == pytest.approx(1.0, rel=1e-14)
    assert hazards.normal(1 - 2.0**-53) == pytest.approx(8.209536151601387, rel=1e-12)


def test_the_median_of_a_lognormal_is_exact():
    assert hazards.lognormal(HALF, 3600.0, 0.6) == 3600.0


def test_one_sigma_of_a_lognormal_is_a_factor():
    assert hazards.lognormal(ONE_SIGMA, 60.0, 0.5) == pytest.approx(98.92327624200768, rel=1e-13)


def test_without_sigma_a_lognormal_is_its_median():
    assert hazards.lognormal(np.array([2.0**-53, 0.3, 1 - 2.0**-53]), 60.0, 0.0).tolist() == [60.0, 60.0, 60.0]


def test_a_duration_is_a_whole_number_of_seconds():
    duration = hazards.duration_s(ONE_SIGMA, 60.0, 0.5)
    assert duration == 99
    assert duration.dtype == np.int64


def test_a_duration_lasts_at_least_1_second():
    assert hazards.duration_s(np.array([1e-9, HALF]), 2.0, 1.0).tolist() == [1, 2]
    assert hazards.duration_s(HALF, 0.0, 0.0) == 1


@pytest.mark.filterwarnings("error")
def test_the_longest_duration_is_a_year():
    longest = 1 - 2.0**-33
    assert hazards.duration_s(np.array([HALF, longest]), 31_536_000.0, 5.0).tolist() == [31_536_000, 31_536_000]


def test_a_power_is_the_exponential_of_a_logarithm():
    assert hazards.power(2.0, 10.0) == pytest.approx(1024.0, rel=1e-14)
    assert hazards.power(0.98, -3.0) == pytest.approx(1.062482469039261, rel=1e-14)


FUNCTIONS = {
    "exp": np.exp,
    "log": np.log,
    "log1p": lambda u: np.log1p(-u),
    "ndtri": ndtri,
    "power": lambda u: hazards.power(u, 0.37),
    "weibull_life": lambda u: hazards.weibull_life(u, 1234.5, 1.7),
    "weibull_residual_life": lambda u: hazards.weibull_residual_life(u, 321.0, 1234.5, 1.7),
    "lognormal": lambda u: hazards.lognormal(u, 2700.0, 0.6),
    "pace_factor": lambda u: driving.pace_factor(0.02, 0.01, hazards.normal(u), 0.04, 0.3, 0.01, -0.2),
    "shared_failures": lambda u: driving.shared_failures(0.4, hazards.normal(u)),
    "failure_wear": lambda u: driving.failure_wear(1.7, hazards.normal(u)),
    "order_wear": lambda u: driving.order_wear(3.0, 0.9 + 0.2 * u),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_scalars_and_contiguous_and_strided_arrays_give_the_same_bits(name):
    function = FUNCTIONS[name]
    uniforms = (np.arange(100_001) + 0.5) / 100_001
    wide = np.zeros((100_001, 3))
    wide[:, 1] = uniforms
    contiguous = function(uniforms)
    assert np.array_equal(contiguous, function(wide[:, 1]))
    assert np.array_equal(contiguous, np.array([float(function(u)) for u in uniforms.tolist()]))


def test_array_parameters_give_the_bits_of_scalar_parameters():
    uniforms = (np.arange(1001) + 0.5) / 1001
    full = np.full(1001, 1234.5), np.full(1001, 1.7), np.full(1001, 321.0)
    assert np.array_equal(hazards.weibull_life(uniforms, full[0], full[1]), hazards.weibull_life(uniforms, 1234.5, 1.7))
    assert np.array_equal(
        hazards.weibull_residual_life(uniforms, full[2], full[0], full[1]),
        hazards.weibull_residual_life(uniforms, 321.0, 1234.5, 1.7),
    )
