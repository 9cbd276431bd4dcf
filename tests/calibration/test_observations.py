"""What the tables of an event mean, row by row."""

from __future__ import annotations

from math import inf

import pytest

from calibration.facts import Exposure, Finishers, Incident, Penalty, StandingRow, TimeRow
from calibration.observations import ObservationError, read

MODES = ("suspension_arm", "knuckle", "alternator_belt", "puncture", "stuck", "impact")


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("1,11,time,9000,9000,,,,[A],", TimeRow("1", "11", "time", 9000, 9000, None, "1", 2, "[A]")),
        ("1,11,time,9000,,,,,[A] [B],", TimeRow("1", "11", "time", 9000, inf, None, "1", 2, "[A] [B]")),
        ("2,12,gap,,59.5,11,,,[A],", TimeRow("2", "12", "gap", -inf, 59.5, "11", "2", 2, "[A]")),
        ("2,12,gap,-30,30,11,,,[A],", TimeRow("2", "12", "gap", -30, 30, "11", "2", 2, "[A]")),
        ("1,13,position,3,3,,,,[A],", TimeRow("1", "13", "position", 3, 3, None, "1", 2, "[A]")),
        ("1,13,completed,,,,,,[A],", TimeRow("1", "13", "completed", -inf, inf, None, "1", 2, "[A]")),
        ("1,13,not_completed,,,,,,[A],", TimeRow("1", "13", "not_completed", -inf, inf, None, "1", 2, "[A]")),
        ("1,13,not_completed,86400,,,,,[A],", TimeRow("1", "13", "not_completed", 86400, inf, None, "1", 2, "[A]")),
        ("1,13,completed,,,,2,,[A],", TimeRow("1", "13", "completed", -inf, inf, None, "2", 2, "[A]")),
        ("1,13,at_start,,,,,,[A],", TimeRow("1", "13", "at_start", -inf, inf, None, "1", 2, "[A]")),
    ],
)
def test_a_time_row_is_read(observed, line, row):
    assert observed(times=line).times == (row,)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("2,11,total,18000,18060,,,,[A],", StandingRow("2", "11", "total", 18000, 18060, None, "2", 2, "[A]")),
        ("1,12,gap,600,,11,,,[A],", StandingRow("1", "12", "gap", 600, inf, "11", "1", 2, "[A]")),
        ("1,12,gap,600,,11,2,,[A],", StandingRow("1", "12", "gap", 600, inf, "11", "2", 2, "[A]")),
        ("1,12,position,2,2,,,,[A],", StandingRow("1", "12", "position", 2, 2, None, "1", 2, "[A]")),
    ],
)
def test_a_standing_row_is_read(observed, line, row):
    assert observed(standings=line).standings == (row,)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (
            "1,11,40,60,puncture|impact,halt,2,team_mate,300,540,,[A],",
            Incident("1", "11", 40, 60, ("puncture", "impact"), ("halt",), 2, "team_mate", 300, 540, 2, "[A]"),
        ),
        (
            "2,11,,,stuck,delay|halt,1,,,,,[A],",
            Incident("2", "11", 0, 180, ("stuck",), ("delay", "halt"), 1, "", 0, inf, 2, "[A]"),
        ),
        (
            "2,11,,,?,delay|strand,1,,,,,[A],",
            Incident("2", "11", 0, 180, MODES, ("delay", "strand"), 1, "", 0, inf, 2, "[A]"),
        ),
    ],
)
def test_an_incident_is_read(observed, line, row):
    assert observed(incidents=line).incidents == (row,)


def test_a_penalty_of_unknown_size_is_any_from_zero_on(observed):
    obs = observed(penalties="1,11,100,100,[A],\n2,11,,,[A],")
    assert obs.penalties == (Penalty("1", "11", 100, 100, 2, "[A]"), Penalty("2", "11", 0, inf, 3, "[A]"))


def test_what_is_known_of_earlier_rallies_is_read(observed):
    obs = observed(
        history="2029,camel,puncture,3,1.5,[A],\n2029,camel,stuck,0,1.5,[A],",
        shares="puncture,7,\nstuck,0,nobody tells",
        finishers="cars,2029,10,5,every_special,[A],\ncars,2029,10,7,classified,[A],",
    )
    assert obs.history == (
        Exposure("2029", "camel", "puncture", 3, 1.5, 2),
        Exposure("2029", "camel", "stuck", 0, 1.5, 3),
    )
    assert obs.shares == {"puncture": 7, "stuck": 0}
    assert obs.finishers == (
        Finishers("cars", 2029, 10, 5, "every_special", 2),
        Finishers("cars", 2029, 10, 7, "classified", 3),
    )


def test_times_of_the_fastest_class_are_read(observed):
    assert observed(ultimate="1,8000,[A]\n2,7000.5,[A]").ultimate == {"1": 8000, "2": 7000.5}


def test_columns_may_come_in_any_order(folder):
    path = folder()
    (path / "ultimate.csv").write_text("source,stage,time_s\n[A],1,8000\n", encoding="utf-8")
    assert read(path).ultimate == {"1": 8000}


def test_a_note_may_hold_commas_and_lines_may_be_empty(observed):
    times = '\n\n1,11,time,9000,9000,,,,[A],"first, they say"\n\n1,12,at_start,,,,,,[A],'
    assert [row.row for row in observed(times=times).times] == [2, 4]


@pytest.mark.parametrize(
    ("mode", "severity", "lost_s", "probability"),
    [
        ("stuck", "delay", 1200, 0.5),
        ("stuck", "delay", 1201, 0.9),
        ("knuckle", "strand", 0, 0.9),
        ("knuckle", "wreck", 0, 0.9),
        ("puncture", "halt", 300, 0.2),
        ("puncture", "halt", 1800, 0.9),
    ],
)
def test_what_is_serious_is_told_more_often(observed, mode, severity, lost_s, probability):
    assert observed().reporting.probability("camel", mode, severity, lost_s) == probability


GAPS = "1,12,gap,600,659,11,,margin:minutes,[A],\n1,12,gap,612,612,11,,margin:seconds,[B],\n1,13,at_start,,,,,,[A],"


def test_rows_of_the_chosen_alternative_count(observed):
    assert [row.row for row in observed(times=GAPS).times] == [2, 4]


def test_another_alternative_can_be_chosen(folder):
    assert [row.row for row in read(folder(times=GAPS), choices={"margin": "seconds"}).times] == [3, 4]


def test_a_choice_that_is_not_there_is_refused(folder):
    with pytest.raises(ObservationError) as error:
        read(folder(), choices={"margn": "seconds", "margin": "second"})
    assert [str(finding) for finding in error.value.findings] == [
        "event.toml, choices: unknown choice 'margn'; did you mean 'margin'?",
        "event.toml, choices.margin: unknown alternative 'second'; did you mean 'seconds'?",
    ]


def test_who_took_the_start_need_not_have_completed(observed):
    assert len(observed(times="1,11,at_start,,,,,,[A],\n1,11,not_completed,,,,,,[A],").times) == 2


def test_a_total_with_a_special_that_was_not_completed_contradicts_no_time(observed):
    times = "1,11,not_completed,,,,,,[A],\n2,11,time,9000,9000,,,,[A],"
    assert observed(times=times, standings="2,11,total,12000,12000,,,,[A],").set_aside == ()


FULL = {
    "times": "1,11,time,9000,9000,,,,[A],\n2,11,time,8000,8000,,,,[A],",
    "standings": "1,11,position,1,1,,,,[A],\n2,11,position,1,1,,,,[A],",
    "incidents": "1,11,,,stuck,delay,1,,,,,[A],\n2,11,,,stuck,delay,1,,,,,[A],",
    "penalties": "1,11,10,10,[A],\n2,11,20,20,[A],",
    "history": "2029,camel,puncture,3,1.5,[A],",
    "ultimate": "1,8000,[A]\n2,7000,[A]",
}


@pytest.mark.parametrize(("evening", "stages"), [(0, ()), (1, ("1",)), (2, ("1", "2"))])
def test_an_evening_knows_the_stages_that_were_run(observed, evening, stages):
    obs = observed(**FULL).until(evening)
    assert obs.stages == stages
    assert tuple(row.stage for row in obs.times) == stages
    assert tuple(row.after for row in obs.standings) == stages
    assert tuple(row.stage for row in obs.incidents) == stages
    assert tuple(row.stage for row in obs.penalties) == stages
    assert tuple(obs.ultimate) == stages
    assert len(obs.history) == 1


LATER = {
    "times": "1,11,time,9000,9000,,2,,[A],\n1,12,time,9100,9100,,1,,[A],",
    "standings": "1,11,position,1,1,,2,,[A],\n1,12,position,2,2,,1,,[A],",
}


@pytest.mark.parametrize(("evening", "cars"), [(0, []), (1, ["12"]), (2, ["11", "12"])])
def test_what_was_told_later_is_known_later(observed, evening, cars):
    obs = observed(**LATER).until(evening)
    assert [row.car for row in obs.times] == cars
    assert [row.car for row in obs.standings] == cars


def test_a_prologue_is_known_on_the_first_evening_or_later(folder, with_prologue):
    times = "P,11,at_start,,,,,,[A],\nP,12,at_start,,,,1,,[A],\nP,13,at_start,,,,2,,[A],"
    obs = read(folder(with_prologue, times=times))
    assert [[row.car for row in obs.until(evening).times] for evening in (0, 1, 2)] == [
        [],
        ["11", "12"],
        ["11", "12", "13"],
    ]


def test_an_evening_after_the_end_is_refused(observed):
    with pytest.raises(ValueError, match="evenings are 0 to 2, got 3"):
        observed(**FULL).until(3)


def test_no_evening_knows_more_than_one_before_which_it_was_cut(observed):
    with pytest.raises(ValueError, match="evenings are 0 to 1, got 2"):
        observed(**FULL).until(1).until(2)


def test_digests_are_those_of_the_files(observed):
    digests = observed(ultimate="").digests
    assert len(digests) == 9
    assert digests["ultimate.csv"] == "48dec082f44c71af9723ed48832ec44bd45bbc428ae8910081b2d48bfcc7b2b7"


def test_a_lenient_reader_sets_wrong_rows_aside_and_lists_them(folder):
    times = """
        1,11,time,9000,9000,,,,[A],
        1,99,time,9000,9000,,,,[A],
        1,12,gap,60,60,11,,,[A],
        1,12,time,,3600,,,,[A],
    """
    obs = read(folder(times=times), lenient=True)
    assert [row.row for row in obs.times] == [2, 4]
    assert [(finding.file, finding.row) for finding in obs.set_aside] == [("times.csv", 3), ("times.csv", 5)]


def test_what_is_right_is_not_set_aside(observed):
    assert observed(**FULL).set_aside == ()


def test_a_lenient_reader_refuses_what_is_no_table(folder):
    path = folder()
    (path / "shares.csv").unlink()
    with pytest.raises(ObservationError, match=r"shares\.csv: cannot be read: No such file or directory"):
        read(path, lenient=True)


SAID = {
    "times": [
        "2,11,at_start,,,,,,[A],",
        "1,12,at_start,,,,,,[A],",
        "1,11,gap,9,9,12,,,[A],",
        "1,11,completed,,,,,,[A],",
    ],
    "standings": ["2,11,position,1,1,,,,[A],", "1,12,position,1,1,,,,[A],", "1,11,gap,9,9,12,,,[A],"],
    "incidents": ["1,12,,,stuck,delay,1,,,,,[A],", "1,11,9,9,stuck,delay,1,,,,,[A],", "1,11,,,stuck,delay,1,,,,,[A],"],
    "penalties": ["2,11,10,10,[A],", "1,13,10,10,[A],", "1,13,5,5,[A],"],
    "history": ["2029,camel,stuck,3,1.5,[A],", "2028,camel,stuck,3,1.5,[A],", "2028,camel,impact,3,1.5,[A],"],
    "shares": ["impact,1,", "puncture,2,"],
    "finishers": ["cars,2029,10,7,classified,[A],", "cars,2028,10,7,classified,[A],"],
    "ultimate": ["2,7000,[A]", "1,8000,[A]"],
}


def test_rows_are_in_order_of_stage_and_car(observed):
    obs = observed(**{name: "\n".join(lines) for name, lines in SAID.items()})
    assert [row.row for row in obs.times] == [5, 4, 3, 2]
    assert [row.row for row in obs.standings] == [4, 3, 2]
    assert [row.row for row in obs.incidents] == [4, 3, 2]
    assert [row.row for row in obs.penalties] == [4, 3, 2]
    assert [row.row for row in obs.history] == [4, 3, 2]
    assert [row.row for row in obs.finishers] == [3, 2]
    assert list(obs.shares) == ["puncture", "impact"]
    assert list(obs.ultimate) == ["1", "2"]
