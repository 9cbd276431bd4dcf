"""What rows say about the times of the cars, as linear inequalities over three cars and two stages."""

from __future__ import annotations

import os
import subprocess
import sys
from math import inf

import pytest

from calibration.constraints import LinearConstraints, cells_of, linear_constraints
from calibration.observations import read

PLACES = "1,11,position,1,1,,,,[A],\n1,13,position,2,2,,,,[A],"
TOTALS = "2,11,position,1,1,,,,[A],\n2,12,position,2,2,,,,[A],\n2,13,gap,60,60,12,,,[A],"


def written(constraints: LinearConstraints, stages: str = "12") -> list[tuple[str, float, float]]:
    """Each as the sum of its cells, named by car and stage, with its ends."""
    names = [f"{car}.{stage}" for stage in stages for car in (11, 12, 13)]
    signs = {1.0: "+", -1.0: "-"}
    sums = [
        " ".join(f"{signs[sign]}{name}" for name, sign in zip(names, row, strict=True) if sign)
        for row in constraints.matrix
    ]
    return list(zip(sums, constraints.low.tolist(), constraints.high.tolist(), strict=True))


def test_a_time_and_a_gap_keep_both_ends(observed):
    obs = observed(times="1,11,time,9000,9060,,,,[A],\n2,12,gap,,59,13,,,[A],")
    assert written(linear_constraints(obs)) == [("+11.1", 9000, 9060), ("+12.2 -13.2", -inf, 59)]


def test_cells_run_stage_by_stage_through_the_cars(observed):
    cells = cells_of(observed())
    assert (cells.stages, cells.cars) == (("1", "2"), ("11", "12", "13"))
    assert cells.index("2", "12") == 4


def test_the_cells_of_a_prologue_come_first(folder, with_prologue):
    cells = cells_of(read(folder(with_prologue, times="P,12,not_completed,,,,,,[A],")))
    assert cells.stages == ("P", "1", "2")
    assert cells.free[0].tolist() == [True, False, True]


def test_a_prologue_is_in_no_sum(folder, with_prologue):
    times = "P,11,time,700,700,,,,[A],\nP,12,gap,9,9,11,,,[A],\nP,13,position,1,1,,,,[A],"
    obs = read(folder(with_prologue, times=times, standings="2,11,total,18000,18000,,,,[A],"))
    assert [line[0] for line in written(linear_constraints(obs), "P12")] == [
        "+11.P",
        "-11.P +12.P",
        "+11.P -13.P",
        "+12.P -13.P",
        "+11.1 +11.2",
    ]


def test_a_special_that_was_not_completed_is_not_free(observed):
    free = cells_of(observed(times="2,12,not_completed,,,,,,[A],")).free
    assert free.tolist() == [[True, True, True], [True, False, True]]


def test_places_order_the_cars_and_those_without_a_place_come_behind(observed):
    assert written(linear_constraints(observed(times=PLACES))) == [("-11.1 +13.1", 0, inf), ("+12.1 -13.1", 0, inf)]


def test_behind_an_open_place_nobody_without_a_place_has_to_be(observed):
    obs = observed(times="1,11,position,1,1,,,,[A],\n1,13,position,3,3,,,,[A],")
    assert written(linear_constraints(obs)) == [("-11.1 +13.1", 0, inf), ("-11.1 +12.1", 0, inf)]


def test_without_the_first_place_nobody_has_to_be_behind(observed):
    assert written(linear_constraints(observed(times="1,13,position,2,2,,,,[A],"))) == []


def test_who_did_not_complete_is_behind_nobody(observed):
    obs = observed(times=f"{PLACES}\n1,12,not_completed,,,,,,[A],")
    assert written(linear_constraints(obs)) == [("-11.1 +13.1", 0, inf)]


@pytest.mark.parametrize("kind", ["completed", "at_start"])
def test_a_row_without_a_number_says_nothing_about_seconds(observed, kind):
    assert written(linear_constraints(observed(times=f"1,11,{kind},,,,,,[A],"))) == []


def test_penalties_count_in_places_but_not_in_times(observed):
    obs = observed(times=f"{PLACES}\n1,11,time,9000,9000,,,,[A],", penalties="1,11,100,120,[A],")
    assert written(linear_constraints(obs)) == [
        ("+11.1", 9000, 9000),
        ("-11.1 +13.1", 100, inf),
        ("+12.1 -13.1", 0, inf),
    ]


def test_a_total_is_the_sum_of_the_stages_and_the_penalties(observed):
    obs = observed(standings="2,11,total,18000,18060,,,,[A],", penalties="1,11,100,100,[A],\n2,11,0,30,[A],")
    assert written(linear_constraints(obs)) == [("+11.1 +11.2", 17870, 17960)]


def test_a_gap_after_a_stage_contains_the_penalties_of_both_cars(observed):
    obs = observed(standings="1,12,gap,600,600,11,,,[A],", penalties="1,11,100,130,[A],\n1,12,0,20,[A],")
    assert written(linear_constraints(obs)) == [("-11.1 +12.1", 680, 730)]


def test_a_penalty_after_the_standing_is_not_in_it(observed):
    obs = observed(standings="1,11,total,9000,9000,,,,[A],", penalties="2,11,100,100,[A],")
    assert written(linear_constraints(obs)) == [("+11.1", 9000, 9000)]


def test_a_penalty_of_unknown_size_opens_the_lower_end(observed):
    obs = observed(standings="1,11,total,9000,9000,,,,[A],", penalties="1,11,,,[A],")
    assert written(linear_constraints(obs)) == [("+11.1", -inf, 9000)]


def test_an_inequality_without_ends_is_left_out(observed):
    obs = observed(standings="1,11,total,9000,,,,,[A],", penalties="1,11,,,[A],")
    assert written(linear_constraints(obs)) == []


def test_gaps_and_places_after_a_stage_compare_sums(observed):
    assert written(linear_constraints(observed(standings=TOTALS))) == [
        ("-12.1 +13.1 -12.2 +13.2", 60, 60),
        ("-11.1 +12.1 -11.2 +12.2", 0, inf),
        ("-12.1 +13.1 -12.2 +13.2", 0, inf),
    ]


def test_sums_with_a_special_that_was_not_completed_are_left_out(observed):
    constraints = linear_constraints(observed(times="1,12,not_completed,,,,,,[A],", standings=TOTALS))
    assert written(constraints) == [("-11.1 +13.1 -11.2 +13.2", 0, inf)]


def test_an_earlier_standing_does_not_miss_a_later_stage(observed):
    obs = observed(times="2,11,not_completed,,,,,,[A],", standings="1,11,total,9000,9000,,,,[A],")
    assert written(linear_constraints(obs)) == [("+11.1", 9000, 9000)]


def test_an_evening_has_the_cells_of_its_stages(observed):
    obs = observed(times="1,11,time,9000,9000,,,,[A],\n2,11,time,8000,8000,,,,[A],").until(1)
    assert linear_constraints(obs).matrix.tolist() == [[1, 0, 0]]


def test_before_the_start_there_are_no_cells(observed):
    assert linear_constraints(observed().until(0)).matrix.shape == (0, 0)


LINES = {
    "times": ["1,11,time,9000,9060,,,,[A],", "1,11,position,1,1,,,,[A],", "1,12,gap,60,,11,,,[A],"],
    "standings": ["1,12,position,2,2,,,,[A],", *TOTALS.splitlines()],
    "penalties": ["2,12,10,10,[A],", "2,12,0,20,[A],", "1,11,,,[A],"],
}


def test_the_order_of_the_lines_changes_no_inequality(observed):
    forward = linear_constraints(observed(**{name: "\n".join(lines) for name, lines in LINES.items()}))
    back = linear_constraints(observed(**{name: "\n".join(lines[::-1]) for name, lines in LINES.items()}))
    assert written(back) == written(forward)


PRINT_MATRIX = """
import sys
from calibration.constraints import linear_constraints
from calibration.observations import read
constraints = linear_constraints(read(sys.argv[1]))
print(constraints.matrix.tolist())
"""


def test_the_order_of_the_inequalities_does_not_depend_on_the_hash_seed(folder):
    path = folder(times=PLACES, standings="2,11,position,1,1,,,,[A],\n1,13,position,1,1,,,,[A],")
    printed = {
        subprocess.run(
            [sys.executable, "-c", PRINT_MATRIX, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in "123"
    }
    assert len(printed) == 1
