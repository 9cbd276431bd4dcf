"""What is set aside where rows contradict each other: the wrong row if that can be told, else all that may be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from calibration.facts import TimeRow
from calibration.observations import Observations, read
from calibration.observations.tangles import Tangle, tangled


@pytest.fixture
def lenient(folder: Callable[..., Path]) -> Callable[..., Observations]:
    """Write a folder and read it leniently."""
    return lambda **tables: read(folder(**tables), lenient=True)


def aside(obs: Observations) -> list[tuple[str, int]]:
    return [(finding.file, finding.row) for finding in obs.set_aside]


UNDECIDED = "1,11,time,9000,9000,,,,[A],\n1,12,gap,60,60,11,,,[A],\n1,12,time,9100,9100,,,,[A],"


def test_where_nothing_tells_which_row_is_wrong_none_of_them_counts(lenient):
    obs = lenient(times=f"{UNDECIDED}\n2,11,time,8000,8000,,,,[A],")
    assert [row.row for row in obs.times] == [5]
    assert str(obs.set_aside[1]) == (
        "times.csv, line 3, low: cannot be: car 12 on stage 1: gap 0:01:00 behind car 11; it contradicts times.csv, "
        "line 2 (car 11 on stage 1: time 2:30:00) and times.csv, line 4 (car 12 on stage 1: time 2:31:40); nothing "
        "tells whether it is wrong or times.csv, line 2 or times.csv, line 4, so none of them counts"
    )


def test_a_row_that_two_contradictions_share_is_set_aside_alone(lenient):
    obs = lenient(times=UNDECIDED, standings="1,12,total,9060,9060,,,,[A],")
    assert aside(obs) == [("times.csv", 4)]
    assert str(obs.set_aside[0]) == (
        "times.csv, line 4, low: cannot be: car 12 on stage 1: time 2:31:40; it contradicts times.csv, line 2 "
        "(car 11 on stage 1: time 2:30:00) and times.csv, line 3 (car 12 on stage 1: gap 0:01:00 behind car 11); it "
        "also contradicts standings.csv, line 2 (car 12 after stage 1: total 2:31:00); without it all other rows can "
        "be true"
    )


def test_times_tell_which_of_two_cars_has_the_place_that_both_were_given(lenient):
    places = "1,11,position,1,1,,,,[A],\n1,12,position,1,1,,,,[A],"
    assert aside(lenient(times=places)) == [("times.csv", 2), ("times.csv", 3)]
    known = "1,11,time,9000,9000,,,,[A],\n1,12,time,8000,8000,,,,[A],"
    assert aside(lenient(times=f"{places}\n{known}")) == [("times.csv", 2)]


def test_contradictions_that_share_no_row_are_told_apart(lenient):
    lines = [f"{stage},{car},gap,5,5,{to},,,[A]," for stage in "12" for car, to in ((11, 12), (12, 11))]
    told = [str(finding).partition("nothing tells ")[2] for finding in lenient(times="\n".join(lines)).set_aside]
    assert told == [f"whether it is wrong or times.csv, line {other}, so none of them counts" for other in (3, 2, 5, 4)]


@pytest.mark.parametrize("step", [1, -1])
def test_the_order_of_the_lines_does_not_decide_what_is_set_aside(lenient, step):
    lines = [*UNDECIDED.splitlines(), "1,13,gap,5,5,12,,,[A],", "1,13,time,9065,9065,,,,[A],"]
    obs = lenient(times="\n".join(lines[::step]))
    assert sorted(row.text for row in obs.times) == [
        "car 11 on stage 1: time 2:30:00",
        "car 12 on stage 1: gap 0:01:00 behind car 11",
        "car 13 on stage 1: gap 0:00:05 behind car 12",
        "car 13 on stage 1: time 2:31:05",
    ]


def test_one_row_that_says_not_completed_yields_to_two_that_say_completed(lenient):
    obs = lenient(times="1,11,not_completed,,,,,,[A],\n1,11,position,1,1,,,,[A],\n1,11,time,9000,9000,,,,[A],")
    assert [str(finding) for finding in obs.set_aside] == [
        "times.csv, line 2, kind: says that car 11 has not completed stage 1, lines 3 and 4 that it has completed it"
    ]


def test_of_one_row_that_says_completed_and_one_that_says_not_neither_counts(lenient):
    obs = lenient(times="1,11,not_completed,,,,,,[A],\n1,11,completed,,,,,,[A],")
    assert obs.times == ()
    assert [str(finding) for finding in obs.set_aside] == [
        "times.csv, line 2, kind: says that car 11 has not completed stage 1, line 3 that it has completed it; neither "
        "counts",
        "times.csv, line 3, kind: says that car 11 has completed stage 1, line 2 that it has not; neither counts",
    ]


def test_of_lines_that_say_different_things_of_the_same_none_counts(lenient):
    obs = lenient(times="1,11,time,9000,9000,,,,[A],\n1,11,time,9001,9001,,,,[B],")
    assert obs.times == ()
    assert [str(finding) for finding in obs.set_aside] == [
        "times.csv, line 2: is repeated in line 3: the same stage, car, kind, to, with other values: none of them "
        "counts",
        "times.csv, line 3: repeats line 2: the same stage, car, kind, to, with other values: none of them counts",
    ]


def test_of_lines_that_say_the_same_one_counts(lenient):
    obs = lenient(times="1,11,time,9000,9000,,,,[A],\n1,11,time,9000,9000,,,,[B],again")
    assert [row.row for row in obs.times] == [2]
    assert aside(obs) == [("times.csv", 3)]


# Tangles


def rows(*lines: int) -> frozenset[TimeRow]:
    return frozenset(TimeRow("1", "11", "time", 0.0, 0.0, None, "1", line, "[A]") for line in lines)


def test_sets_that_share_a_row_hang_together():
    sets = [rows(1, 2), rows(5, 6), rows(2, 3), rows(7), rows(1, 4)]
    assert [tangle.rows for tangle in tangled(sets)] == [rows(1, 2, 3, 4), rows(5, 6), rows(7)]


def test_the_fewest_rows_that_meet_every_set_repair_a_tangle():
    tangle = Tangle((rows(1, 2), rows(2, 3), rows(3, 4)))
    assert tangle.repairs == (rows(1, 3), rows(2, 3), rows(2, 4))
    assert tangle.suspects == rows(1, 2, 3, 4)


def test_where_more_than_three_rows_must_be_wrong_all_are_suspect():
    tangle = Tangle(tuple(rows(*pair) for pair in combinations(range(5), 2)))
    assert tangle.repairs == ()
    assert tangle.suspects == rows(0, 1, 2, 3, 4)
