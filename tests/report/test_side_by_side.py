"""Two stories side by side: what only one of them has."""

from __future__ import annotations

from sim.report.happenings import Line
from sim.report.side_by_side import Row, rows_of


def line(time_s: int, text: str, *, car: str = "1", cost_s: int | None = 60) -> Line:
    return Line(time_s, car, 40.2, text, cost_s, "")


def test_the_clock_alone_makes_no_difference():
    assert rows_of([line(100, "stuck"), line(300, "puncture")], [line(160, "stuck"), line(390, "puncture")]) == []


def test_another_car_or_cost_does():
    for other in (line(100, "stuck", car="2"), line(100, "stuck", cost_s=61)):
        assert rows_of([line(100, "stuck")], [other]) == [Row(line(100, "stuck"), None), Row(None, other)]


def test_what_only_one_has_stands_in_the_order_of_time():
    base, variant = [line(100, "arm"), line(500, "wait")], [line(300, "belt")]
    assert rows_of(base, variant) == [Row(base[0], None), Row(None, variant[0]), Row(base[1], None)]
