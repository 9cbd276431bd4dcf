"""Jobs of a night, and who gives which part in the refuge."""

import numpy as np

from sim.model.rules.nights import fit_job, share_refuge_parts


def test_a_job_that_ends_at_the_deadline_is_done():
    end, done = fit_job(1000, 600, 1600)
    assert (int(end), bool(done)) == (1600, True)


def test_a_job_that_ends_a_second_too_late_is_skipped_whole():
    end, done = fit_job(1000, 601, 1600)
    assert (int(end), bool(done)) == (1000, False)


def test_jobs_of_many_cars_at_once():
    end, done = fit_job(np.array([0, 0, 500]), np.array([100, 101, 1]), np.array([100, 100, 400]))
    assert end.tolist() == [100, 0, 500]
    assert done.tolist() == [True, False, False]


def needs(*rows):
    """Damage by car and mode: 1 where a part is needed."""
    return np.array(rows, dtype=bool)


def spares(*rows):
    """Parts by car and mode."""
    return np.array(rows, dtype=np.int64)


def givers(damage, parts):
    return share_refuge_parts(damage, parts).tolist()


def test_a_car_uses_its_own_part_first():
    assert givers(needs([1], [0]), spares([1], [5])) == [[0], [-1]]


def test_a_car_without_the_part_borrows_it():
    assert givers(needs([1], [0]), spares([0], [1])) == [[1], [-1]]


def test_what_a_car_does_not_need_itself_it_lends():
    assert givers(needs([1], [1]), spares([2], [0])) == [[0], [0]]


def test_one_car_may_lend_to_several():
    assert givers(needs([1], [1], [0]), spares([0], [0], [2])) == [[2], [2], [-1]]


def test_a_part_is_borrowed_from_who_has_most_of_it():
    assert givers(needs([1], [0], [0]), spares([0], [1], [2])) == [[2], [-1], [-1]]


def test_between_equals_the_lower_number_lends():
    assert givers(needs([0], [1], [0]), spares([2], [0], [2])) == [[-1], [0], [-1]]


def test_who_has_most_is_counted_anew_after_each_loan():
    assert givers(needs([1], [1], [0], [0]), spares([0], [0], [2], [2])) == [[2], [3], [-1], [-1]]


def test_own_damage_comes_before_a_lower_number_that_would_borrow():
    assert givers(needs([1], [1]), spares([0], [1])) == [[-1], [1]]


def test_the_lower_number_borrows_first():
    assert givers(needs([0], [1], [1]), spares([1], [0], [0])) == [[-1], [0], [-1]]


def test_a_lender_keeps_what_it_needs_itself():
    assert givers(needs([1, 0], [1, 1]), spares([0, 0], [1, 1])) == [[-1, -1], [1, 1]]


def test_each_mode_is_shared_on_its_own():
    damage, parts = needs([1, 1], [0, 1], [0, 0]), spares([0, 1], [1, 0], [0, 1])
    assert givers(damage, parts) == [[1, 0], [-1, 2], [-1, -1]]


def test_what_nobody_has_stays_damaged():
    assert givers(needs([1], [0]), spares([0], [0])) == [[-1], [-1]]


def test_without_damage_nobody_gives():
    assert givers(needs([0], [0]), spares([1], [1])) == [[-1], [-1]]


def test_the_spares_of_the_cars_are_not_touched():
    parts = spares([0], [1])
    share_refuge_parts(needs([1], [0]), parts)
    assert parts.tolist() == [[0], [1]]


def test_refuges_of_many_replications_are_shared_as_one_by_one():
    random = np.random.default_rng(1)
    damage, parts = random.random((4, 3, 500)) < 0.5, random.integers(0, 3, (4, 3, 500))
    together = share_refuge_parts(damage, parts)
    assert together.shape == (4, 3, 500)
    assert [share_refuge_parts(damage[..., i], parts[..., i]).tolist() for i in range(500)] == [
        together[..., i].tolist() for i in range(500)
    ]
