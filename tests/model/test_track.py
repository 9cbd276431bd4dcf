"""Piecewise-linear maps of a special, on one of 60 km sand and 40 km rock with two modes, one of them idle on sand."""

import numpy as np
import pytest

from sim.model.track import Track, build_track


@pytest.fixture
def track() -> Track:
    return build_track([60, 100], [60, 50], [[0.8, 2.0], [0.0, 3.0]], None)


@pytest.fixture
def idle() -> Track:
    """Modes that do not wear in the middle, at the end, and nowhere."""
    return build_track([30, 60, 90], [60, 60, 60], [[1, 0, 2], [1, 1, 0], [0, 0, 0]], None)


def test_the_terrain_speeds_give_the_nominal_time(track):
    assert track.nominal_s == 6480.0
    assert track.nominal_at(np.array([0.0, 30.0, 60.0, 80.0, 100.0])).tolist() == [0, 1800, 3600, 5040, 6480]


def test_a_given_nominal_time_keeps_the_proportions_of_the_terrain():
    track = build_track([60, 100], [60, 50], [[1.0, 1.0]], 3240.0)
    assert track.nominal_s == 3240.0
    assert track.nominal_at(np.array([30.0, 80.0])).tolist() == pytest.approx([900, 2520], rel=1e-14)


def test_a_given_nominal_time_is_exact_at_the_finish():
    ends = np.cumsum(np.full(37, 11.3))
    track = build_track(ends, np.linspace(31.7, 97.3, 37), np.ones((1, 37)), 14_681)
    assert float(track.nominal_at(ends[-1])) == 14_681.0


def test_the_length_is_the_end_of_the_last_section(track):
    assert track.length_km == 100.0


def test_the_km_after_a_nominal_time_is_the_inverse(track):
    seconds = np.array([0.0, 1800.0, 3600.0, 5040.0, 6480.0])
    assert track.km_at_nominal(seconds).tolist() == [0, 30, 60, 80, 100]


def test_beyond_the_finish_the_road_goes_on_at_the_last_pace(track):
    assert float(track.km_at_nominal(6480.0 + 72.0)) == 101.0


def test_wear_grows_with_the_factor_of_the_ground(track):
    assert track.wear_at(80.0).tolist() == [88.0, 60.0]
    assert track.wear_at(np.array([0.0, 60.0, 100.0])).tolist() == [[0, 48, 128], [0, 0, 120]]


def test_the_km_at_a_wear_is_the_inverse(track):
    assert track.km_at_wear(0, np.array([24.0, 48.0, 88.0, 128.0])).tolist() == [30, 60, 80, 100]
    assert track.km_at_wear(1, np.array([60.0, 120.0])).tolist() == [80, 100]


def test_wear_passes_a_level_only_where_it_grows(idle):
    assert idle.km_at_wear(0, np.array([29.0, 30.0, 32.0])).tolist() == [29, 60, 61]


def test_a_level_reached_at_the_start_of_idle_ground_is_passed_after_it(track):
    assert float(track.km_at_wear(1, 0.0)) == 60.0


def test_a_level_reached_on_idle_ground_at_the_end_is_passed_at_the_finish(idle):
    assert idle.km_at_wear(1, np.array([59.0, 60.0, 61.0])).tolist() == [59, 90, 90]


def test_a_level_beyond_the_wear_of_the_special_is_put_at_the_finish(track):
    assert track.km_at_wear(0, np.array([128.0, 500.0])).tolist() == [100, 100]


def test_a_mode_that_never_wears_is_put_at_the_finish(idle):
    assert idle.km_at_wear(2, np.array([0.0, 5.0])).tolist() == [90, 90]


def test_km_to_nominal_and_back_is_the_same_km(track):
    km = np.linspace(0, 100, 10_001)
    assert track.km_at_nominal(track.nominal_at(km)) == pytest.approx(km, abs=1e-10)


def test_km_to_wear_and_back_is_the_same_km_where_it_wears(track):
    km = np.linspace(0, 100, 10_001)
    assert track.km_at_wear(0, track.wear_at(km)[0]) == pytest.approx(km, abs=1e-10)
    rock = np.linspace(60, 100, 4_001)
    assert track.km_at_wear(1, track.wear_at(rock)[1]) == pytest.approx(rock, abs=1e-10)


def test_one_km_gives_the_bits_of_many(track):
    km = np.linspace(0, 100, 1_003)
    seconds, wear = track.nominal_at(km), track.wear_at(km)
    assert seconds.tolist() == [float(track.nominal_at(x)) for x in km.tolist()]
    assert wear.T.tolist() == [track.wear_at(x).tolist() for x in km.tolist()]
    assert track.km_at_nominal(seconds).tolist() == [float(track.km_at_nominal(s)) for s in seconds.tolist()]
    assert track.km_at_wear(1, wear[1]).tolist() == [float(track.km_at_wear(1, w)) for w in wear[1].tolist()]


def test_after_the_finish_the_slopes_of_the_last_section_go_on(idle):
    assert idle.pace.tolist() == [60, 60, 60, 60]
    assert idle.wear_rate.tolist() == [[1, 0, 2, 2], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_a_special_may_have_no_modes():
    track = build_track([60], [60], np.zeros((0, 1)), None)
    assert track.wear_at(30.0).shape == (0,)


@pytest.mark.parametrize("table", ["knots", "nominal", "pace", "wear", "wear_rate"])
def test_the_tables_cannot_be_written(track, table):
    with pytest.raises(ValueError, match="read-only"):
        getattr(track, table)[0] = 1.0
