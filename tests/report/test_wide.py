"""Tables that are continued below where a terminal is narrow."""

from __future__ import annotations

from sim.report.wide import WideTable
from tests.report.test_terminal import printed


def table() -> WideTable:
    found = WideTable("[km]", "What it is.")
    found.add_text("mode", "what it does")
    found.add_numbers("scale km", "wear")
    found.add_row("arm", "breaks the suspension", "15,438", "5,235")
    found.add_row("belt", "", "9,953", "")
    return found


def shown(width: int) -> list[str]:
    return [line for line in printed(table(), width=width) if not line.startswith("─")]


def test_where_there_is_room_all_columns_stand_side_by_side() -> None:
    assert shown(80) == [
        "[km]",
        "scale",
        "mode what it does km wear",
        "arm breaks the suspension 15,438 5,235",
        "belt 9,953",
        "What it is.",
    ]


def test_columns_without_room_follow_below_with_the_first_one_and_only_the_rows_that_say_something() -> None:
    assert shown(26) == [
        "[km]",
        "scale",
        "mode what it does km",
        "arm breaks the 15,438",
        "suspension",
        "belt 9,953",
        "",
        "[km],",
        "continued",
        "mode wear",
        "arm 5,235",
        "What it is.",
    ]


def test_a_long_key_is_folded_and_loses_nothing() -> None:
    found = WideTable("Parameters", "")
    found.add_text("parameter")
    found.add_numbers("median", "5 %")
    found.add_row("teams.toyota_auto_body.trucks.T1.start_delay_min", "57", "33")
    told = printed(found, width=44)
    assert told[-2:] == ["teams.toyota_auto_body.trucks.T1 57 33", ".start_delay_min"]
