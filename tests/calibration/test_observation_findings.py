"""Every error in the tables of an event is found, all of them at once, with file, line and column."""

from __future__ import annotations

import re

import pytest

from calibration.observations import ObservationError, read

from .conftest import EVENT, MARATHON

ONE_LINE = [
    # names
    ("times", "3,11,time,9000,9000,,,,[A],", "stage: unknown stage '3'; known: 1, 2"),
    ("times", "1,1,time,9000,9000,,,,[A],", "car: unknown car '1'; known: 11, 12, 13"),
    ("times", "1,11,times,9000,9000,,,,[A],", "kind: unknown kind of a time 'times'; did you mean 'time'?"),
    ("times", "1,11,gap,60,60,14,,,[A],", "to: unknown car '14'; known: 11, 12, 13"),
    ("times", "1,11,gap,60,60,,,,[A],", "to: unknown car ''; known: 11, 12, 13"),
    ("times", "1,11,gap,60,60,11,,,[A],", "to: must be another car, got '11'"),
    ("times", "1,11,time,9000,9000,12,,,[A],", "to: must be empty: only a gap is to another car, got '12'"),
    ("times", "1,11,at_start,,,,,margins:x,[A],", "choice: unknown choice 'margins'; did you mean 'margin'?"),
    ("times", "1,11,at_start,,,,,margin,[A],", "choice: unknown alternative of margin ''; known: minutes, seconds"),
    (
        "times",
        "1,11,at_start,,,,,margin:second,[A],",
        "choice: unknown alternative of margin 'second'; did you mean 'seconds'?",
    ),
    ("times", "1,11,at_start,,,,,,S3,", "source: must be keys of sources, as [S3] [TG3], got 'S3'"),
    ("standings", "1,11,position,1,1,,,,,", "source: must be keys of sources, as [S3] [TG3], got ''"),
    (
        "standings",
        "1,11,time,9000,9000,,,,[A],",
        "kind: unknown kind of a standing 'time'; known: total, gap, position",
    ),
    ("incidents", "1,11,,,punctur,halt,1,,,,,[A],", "modes: unknown mode 'punctur'; did you mean 'puncture'?"),
    ("incidents", "1,11,,,puncture|puncture,halt,1,,,,,[A],", "modes: names one twice: 'puncture|puncture'"),
    (
        "incidents",
        "1,11,,,puncture,stranded,1,,,,,[A],",
        "severity: unknown severity 'stranded'; did you mean 'strand'?",
    ),
    (
        "incidents",
        "1,11,,,puncture,halt,1,trucks,,,,[A],",
        "repaired_by: unknown repairer 'trucks'; did you mean 'truck'?",
    ),
    ("history", "2029,mule,stuck,1,1,[A],", "make: unknown make 'mule'; known: camel"),
    ("finishers", "cars,2029,3,1,somehow,[A],", "meaning: unknown meaning 'somehow'; known: classified, every_special"),
    ("times", "1,11,at_start,,,,3,,[A],", "known_after: unknown counted stage '3'; known: 1, 2"),
    # evenings
    ("times", "2,11,at_start,,,,1,,[A],", "known_after: must not be before stage 2, got '1'"),
    ("standings", "2,11,position,1,1,,1,,[A],", "known_after: must not be before stage 2, got '1'"),
    # numbers
    (
        "times",
        "1,11,time,4:31:05,16265,,,,[A],",
        "low: must be a number of seconds or a place or empty, got '4:31:05'; write seconds (16265)",
    ),
    (
        "times",
        "1,11,gap,-0:00:19.5,-19,12,,,[A],",
        "low: must be a number of seconds or a place or empty, got '-0:00:19.5'; write seconds (-19.5)",
    ),
    (
        "standings",
        "2,11,gap,1357,+22:37,12,,,[A],",
        "high: must be a number of seconds or a place or empty, got '+22:37'; write seconds (1357 if these are minutes "
        "and seconds, 81420 if hours and minutes)",
    ),
    ("times", "1,11,time,2h30,9000,,,,[A],", "low: must be a number of seconds or a place or empty, got '2h30'"),
    (
        "penalties",
        "1,11,0:01:00,9,[A],",
        "low: must be a number of seconds or empty, got '0:01:00'; write seconds (60)",
    ),
    ("ultimate", "1,2:30:00,[A]", "time_s: must be a number of seconds, got '2:30:00'; write seconds (9000)"),
    ("incidents", "1,11,1:30,,puncture,halt,1,,,,,[A],", "km_low: must be a number of kilometres or empty, got '1:30'"),
    ("times", "1,11,time,9001,9000,,,,[A],", "low: must be <= high, 9000, got 9001"),
    ("times", "1,11,time,,,,,,[A],", "low: is empty, and so is high: a time needs one of them"),
    ("times", "1,11,completed,1,1,,,,[A],", "low: must be empty, as must be high: completed has no number"),
    ("times", "1,11,time,3959,9000,,,,[A],", "low: must be from 3960 to 129600 seconds, got 3959 (1:05:59)"),
    ("times", "1,11,time,0,9000,,,,[A],", "low: must be from 3960 to 129600 seconds, got 0 (0:00:00)"),
    ("times", "1,11,time,9000,129601,,,,[A],", "high: must be from 3960 to 129600 seconds, got 129601 (36:00:01)"),
    ("times", "1,11,gap,,129601,12,,,[A],", "high: must be from -129600 to 129600 seconds, got 129601 (36:00:01)"),
    ("times", "1,11,not_completed,259201,,,,,[A],", "low: must be from 0 to 259200 seconds, got 259201 (72:00:01)"),
    ("times", "1,11,position,4,4,,,,[A],", "low: must be a place from 1 to 3, got 4"),
    ("times", "1,11,position,1.5,1.5,,,,[A],", "low: must be a place from 1 to 3, got 1.5"),
    ("times", "1,11,position,1,2,,,,[A],", "low: must be equal to high: a place is one number"),
    ("standings", "2,11,total,7199,9000,,,,[A],", "low: must be from 7200 to 518400 seconds, got 7199 (1:59:59)"),
    ("standings", "2,11,gap,,,12,,,[A],", "low: is empty, and so is high: a gap needs one of them"),
    ("incidents", "1,11,50,40,puncture,halt,1,,,,,[A],", "km_low: must be <= km_high, 40, got 50"),
    ("incidents", "1,11,,221,puncture,halt,1,,,,,[A],", "km_high: must be from 0 to 220, the special, got 221"),
    ("incidents", "1,11,,,puncture,limp,1,,,,,[A],", "severity: limp does not happen with puncture"),
    ("incidents", "1,11,,,puncture,halt,0,,,,,[A],", "count: must be at least 1, got 0"),
    ("incidents", "1,11,,,puncture,halt,two,,,,,[A],", "count: must be a whole number, got 'two'"),
    ("shares", f"stuck,{'9' * 13},", f"count: must be a whole number, got '{'9' * 13}'"),
    ("incidents", "1,11,,,puncture,halt,1,,60,30,,[A],", "lost_low_s: must be <= lost_high_s, 30, got 60"),
    ("incidents", "1,11,,,puncture,halt,1,,-1,30,,[A],", "lost_low_s: must be >= 0, got -1"),
    ("penalties", "1,11,-1,30,[A],", "low: must be >= 0, got -1"),
    ("history", "2029,camel,stuck,1,0,[A],", "car_rallies: must be > 0, got 0"),
    ("history", "2029,camel,stuck,1,few,[A],", "car_rallies: must be a number, got 'few'"),
    ("finishers", "cars,2029,3,4,classified,[A],", "finishers: must be <= starters, 3, got 4"),
    ("ultimate", "1,100,[A]", "time_s: must be from 3960 to 129600 seconds, got 100 (0:01:40)"),
]


@pytest.mark.parametrize(("table", "line", "finding"), ONE_LINE)
def test_a_wrong_line_is_refused(refused, table, line, finding):
    assert refused(**{table: line}) == [f"{table}.csv, line 2, {finding}"]


def test_a_line_with_too_many_cells_is_refused(refused):
    assert refused(shares="stuck,1,dunes, mostly") == ["shares.csv, line 2: has 4 cells, the header has 3"]


REPEATED = [
    ("times", "1,11,time,9000,9000,,,,[A],\n1,11,time,9001,9001,,,,[B],", "stage, car, kind, to"),
    ("standings", "1,11,gap,60,60,12,,,[A],\n1,11,gap,61,61,12,,,[B],", "after, car, kind, to"),
    (
        "incidents",
        "1,11,,,stuck,delay,1,,,,,[A],\n1,11,,,stuck,delay,1,,,,,[B],",
        "stage, car, km_low, km_high, modes, severity, note",
    ),
    ("penalties", "1,11,10,10,[A],\n1,11,10,10,[B],", "stage, car, low, high, note"),
    ("history", "2029,camel,stuck,1,1,[A],\n2029,camel,stuck,2,1,[A],", "rally, make, mode"),
    ("shares", "stuck,1,\nstuck,2,", "mode"),
    ("finishers", "cars,2029,3,1,classified,[A],\ncars,2029,3,2,classified,[A],", "group, edition, meaning"),
    ("ultimate", "1,8000,[A]\n1,8001,[A]", "stage"),
]


@pytest.mark.parametrize(("table", "lines", "columns"), REPEATED)
def test_a_repeated_line_is_refused(refused, table, lines, columns):
    assert refused(**{table: lines}) == [f"{table}.csv, line 3: repeats line 2: the same {columns}"]


CONTRADICTIONS = {
    "place given twice on a stage": (
        {"times": "1,11,position,1,1,,,,[A],\n1,12,position,1,1,,,,[A],"},
        [
            "times.csv, line 3, low: cannot be: car 12 on stage 1: place 1; it contradicts times.csv, line 2 "
            "(car 11 on stage 1: place 1)"
        ],
    ),
    "place given twice after a stage": (
        {"standings": "2,11,position,1,1,,,,[A],\n2,12,position,1,1,,,,[A],"},
        [
            "standings.csv, line 3, low: cannot be: car 12 after stage 2: place 1; it contradicts standings.csv, "
            "line 2 (car 11 after stage 2: place 1)"
        ],
    ),
    "place of a car that did not complete": (
        {"times": "1,11,not_completed,,,,,,[A],\n1,11,position,1,1,,,,[A],"},
        ["times.csv, line 3, kind: says that car 11 has completed stage 1, line 2 that it has not"],
    ),
    "gap to a car that did not complete": (
        {"times": "1,12,gap,60,60,11,,,[A],\n1,11,not_completed,,,,,,[A],"},
        ["times.csv, line 3, kind: says that car 11 has not completed stage 1, line 2 that it has completed it"],
    ),
    "place against times": (
        {"times": "1,11,time,9000,9000,,,,[A],\n1,12,time,8990,8999,,,,[A],\n1,11,position,1,1,,,,[A],"},
        [
            "times.csv, line 4, low: cannot be: car 11 on stage 1: place 1; it contradicts times.csv, line 2 "
            "(car 11 on stage 1: time 2:30:00) and times.csv, line 3 (car 12 on stage 1: time 2:29:50 to 2:29:59)"
        ],
    ),
    "place against another place": (
        {"times": "1,11,gap,1,,12,,,[A],\n1,11,position,2,2,,,,[A],\n1,12,position,3,3,,,,[A],"},
        [
            "times.csv, line 4, low: cannot be: car 12 on stage 1: place 3; it contradicts times.csv, line 2 "
            "(car 11 on stage 1: gap at least 0:00:01 behind car 12) and times.csv, line 3 (car 11 on stage 1: place 2)"
        ],
    ),
    "place against a gap": (
        {"times": "1,11,gap,1,,12,,,[A],\n1,11,position,1,1,,,,[A],"},
        [
            "times.csv, line 3, low: cannot be: car 11 on stage 1: place 1; it contradicts times.csv, line 2 "
            "(car 11 on stage 1: gap at least 0:00:01 behind car 12)"
        ],
    ),
    "gap against two times": (
        {"times": "1,11,time,9000,9000,,,,[A],\n1,12,gap,60,60,11,,,[A],\n1,12,time,9061,9061,,,,[A],"},
        [
            "times.csv, line 4, low: cannot be: car 12 on stage 1: time 2:31:01; it contradicts times.csv, line 2 "
            "(car 11 on stage 1: time 2:30:00) and times.csv, line 3 (car 12 on stage 1: gap 0:01:00 behind car 11)"
        ],
    ),
    "gaps in a circle": (
        {"times": "1,11,gap,10,,12,,,[A],\n1,12,gap,10,,13,,,[A],\n1,13,gap,-19,,11,,,[A],"},
        [
            "times.csv, line 4, low: cannot be: car 13 on stage 1: gap at least -0:00:19 behind car 11; it contradicts "
            "times.csv, line 2 (car 11 on stage 1: gap at least 0:00:10 behind car 12) and times.csv, line 3 "
            "(car 12 on stage 1: gap at least 0:00:10 behind car 13)"
        ],
    ),
    "total against the times": (
        {
            "times": "1,11,time,9000,9000,,,,[A],\n2,11,time,8000,8000,,,,[A],",
            "standings": "2,11,total,17001,17001,,,,[A],",
        },
        [
            "standings.csv, line 2, low: cannot be: car 11 after stage 2: total 4:43:21; it contradicts "
            "times.csv, line 2 (car 11 on stage 1: time 2:30:00) and times.csv, line 3 "
            "(car 11 on stage 2: time 2:13:20)"
        ],
    ),
    "standing against a gap": (
        {"times": "1,12,gap,60,60,11,,,[A],\n2,12,gap,30,30,11,,,[A],", "standings": "2,12,gap,91,,11,,,[A],"},
        [
            "standings.csv, line 2, low: cannot be: car 12 after stage 2: gap at least 0:01:31 behind car 11; it "
            "contradicts times.csv, line 2 (car 12 on stage 1: gap 0:01:00 behind car 11) and times.csv, line 3 "
            "(car 12 on stage 2: gap 0:00:30 behind car 11)"
        ],
    ),
    "total that its penalty makes too small": (
        {"standings": "2,11,total,7300,7300,,,,[A],", "penalties": "1,11,200,200,[A],"},
        ["standings.csv, line 2, low: cannot be: car 11 after stage 2: total 2:01:40; that is faster than 200 km/h"],
    ),
    "standings against each other": (
        {"standings": "1,11,total,9000,,,,,[A],\n2,11,total,,12239,,,,[A],"},
        [
            "standings.csv, line 3, low: cannot be: car 11 after stage 2: total at most 3:23:59; it contradicts "
            "standings.csv, line 2 (car 11 after stage 1: total at least 2:30:00)"
        ],
    ),
}


@pytest.mark.parametrize(("tables", "findings"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_contradiction_names_all_rows_that_make_it(refused, tables, findings):
    assert refused(**tables) == findings


def test_what_ended_a_special_needs_a_row_that_says_so(refused):
    incidents = "1,11,,,suspension_arm,delay|strand,1,,,,,[A],\n2,12,,,suspension_arm,halt|strand,1,,,,,[A],"
    assert refused(incidents=incidents, times="2,11,not_completed,,,,,,[A],") == [
        "incidents.csv, line 2, severity: strand ends the special, so times.csv needs a row not_completed of car 11 on "
        "stage 1"
    ]


def test_what_ended_a_special_that_was_missed_is_no_contradiction(observed):
    one = observed(incidents="1,11,,,suspension_arm,strand,1,,,,,[A],", times="1,11,not_completed,,,,,,[A],")
    assert len(one.incidents) == 1


def test_an_incident_that_ended_a_completed_special_is_set_aside_if_asked(folder):
    path = folder(incidents="1,11,,,suspension_arm,strand,1,,,,,[A],", times="1,11,completed,,,,,,[A],")
    assert read(path, lenient=True).incidents == ()


def _with_crew_repair(folder, tmp_path, share, incident):
    """The findings of a folder with one incident, in a scenario whose crews mend so many halts by a puncture."""
    (tmp_path / "mended.toml").write_text(f"extends = '{MARATHON}'\n[modes.puncture]\ncrew_repair = {share}\n")
    with pytest.raises(ObservationError) as error:
        read(folder(EVENT.replace(str(MARATHON), "mended.toml"), incidents=incident))
    return [str(finding) for finding in error.value.findings]


@pytest.mark.parametrize(
    ("share", "repairer", "problem"),
    [
        (0, "crew", "cannot be crew: a crew never mends a halt by puncture, whose crew_repair is 0"),
        (1, "truck", "cannot be truck: a crew always mends a halt by puncture, whose crew_repair is 1"),
        (1, "team_mate", "cannot be team_mate: a crew always mends a halt by puncture, whose crew_repair is 1"),
    ],
)
def test_nobody_mends_what_the_scenario_says_he_cannot(folder, tmp_path, share, repairer, problem):
    incident = f"1,11,,,puncture,halt,1,{repairer},,,,[A],"
    assert _with_crew_repair(folder, tmp_path, share, incident) == [f"incidents.csv, line 2, repaired_by: {problem}"]


def test_contradictions_of_two_stages_are_found_at_once(refused):
    lines = "{0},11,time,9000,9000,,,,[A],\n{0},12,gap,60,60,11,,,[A],\n{0},12,time,9000,9000,,,,[A],"
    findings = refused(times=f"{lines.format(1)}\n{lines.format(2)}")
    assert [finding.split(", low")[0] for finding in findings] == ["times.csv, line 4", "times.csv, line 7"]


def test_a_contradiction_in_a_prologue_is_found(folder, with_prologue):
    path = folder(with_prologue, times="P,11,time,700,700,,,,[A],\nP,12,gap,9,9,11,,,[A],\nP,12,time,710,710,,,,[A],")
    with pytest.raises(ObservationError, match=r"times\.csv, line 4, low: cannot be: car 12 on stage P: time 0:11:50"):
        read(path)


def test_two_contradictions_of_one_stage_are_found_at_once(refused):
    times = """
        1,11,time,9000,9000,,,,[A],
        1,12,time,9100,9100,,,,[A],
        1,12,gap,99,99,11,,,[A],
        1,13,gap,10,10,12,,,[A],
        1,12,gap,10,10,13,,,[A],
    """
    findings = refused(times=times)
    assert [finding.split(", low")[0] for finding in findings] == ["times.csv, line 4", "times.csv, line 6"]


def test_the_row_that_two_contradictions_share_is_the_one_that_is_named(refused):
    times = """
        1,11,time,9000,9000,,,,[A],
        1,12,time,9100,9100,,,,[A],
        1,13,time,9200,9200,,,,[A],
        1,12,gap,99,99,11,,,[A],
        1,13,gap,101,101,12,,,[A],
    """
    assert refused(times=times) == [
        "times.csv, line 3, low: cannot be: car 12 on stage 1: time 2:31:40; it contradicts times.csv, line 2 "
        "(car 11 on stage 1: time 2:30:00) and times.csv, line 5 (car 12 on stage 1: gap 0:01:39 behind car 11); it "
        "also contradicts times.csv, line 4 (car 13 on stage 1: time 2:33:20) and times.csv, line 6 (car 13 on stage 1"
        ": gap 0:01:41 behind car 12); without it all other rows can be true"
    ]


def test_errors_of_all_files_are_found_at_once(refused):
    assert refused(times="1,99,at_start,,,,,,[A],", shares="knuckles,1,", ultimate="1,8000,") == [
        "times.csv, line 2, car: unknown car '99'; known: 11, 12, 13",
        "shares.csv, line 2, mode: unknown mode 'knuckles'; did you mean 'knuckle'?",
        "ultimate.csv, line 2, source: must be keys of sources, as [S3] [TG3], got ''",
    ]


def test_every_wrong_cell_of_a_line_is_found(refused):
    assert refused(times="1,99,times,,,,,,[A],") == [
        "times.csv, line 2, car: unknown car '99'; known: 11, 12, 13",
        "times.csv, line 2, kind: unknown kind of a time 'times'; did you mean 'time'?",
    ]


def test_a_line_of_an_alternative_that_is_not_chosen_is_checked_too(refused):
    assert refused(times="1,99,at_start,,,,,margin:seconds,[A],") == [
        "times.csv, line 2, car: unknown car '99'; known: 11, 12, 13"
    ]


NO_TABLES = {
    "empty": (b"", "shares.csv: is empty; a table without lines has a header"),
    "byte order mark": (
        b"\xef\xbb\xbfmode,count,note\n",
        "shares.csv: begins with a byte order mark; save it as UTF-8 without one",
    ),
    "semicolons": (
        b"mode;count;note\n",
        "shares.csv, line 1: cells are separated by semicolons; they must be by commas",
    ),
    "tabs": (b"mode\tcount\tnote\n", "shares.csv, line 1: cells are separated by tabs; they must be by commas"),
    "missing columns": (b"mode\n", "shares.csv, line 1: columns are missing: count, note"),
    "unknown column": (b"mode,count,note,notes\n", "shares.csv, line 1: unknown column 'notes'; did you mean 'note'?"),
    "column twice": (b"mode,count,note,mode\n", "shares.csv, line 1: column 'mode' is there more than once"),
    "not UTF-8": (b"mode,count,note\nstuck,1,caf\xe9\n", "shares.csv, line 2: is not UTF-8 text"),
    "open quotation mark": (
        b'mode,count,note\nstuck,1,"sand\n',
        "shares.csv, line 2: is not a table: unexpected end of data",
    ),
}


@pytest.mark.parametrize(("raw", "finding"), NO_TABLES.values(), ids=NO_TABLES)
def test_a_file_that_is_no_table_is_refused(folder, raw, finding):
    path = folder()
    (path / "shares.csv").write_bytes(raw)
    with pytest.raises(ObservationError) as error:
        read(path)
    assert [str(found) for found in error.value.findings] == [finding]


def test_a_table_that_cannot_be_read_makes_no_row_of_another_a_contradiction(folder):
    path = folder(incidents="1,11,,,suspension_arm,strand,1,,,,,[A],", times="1,11,not_completed,,,,,,[A],")
    times = path / "times.csv"
    times.write_text(times.read_text(encoding="utf-8").replace("kind", "sort", 1), encoding="utf-8")
    with pytest.raises(ObservationError) as error:
        read(path)
    assert {found.file for found in error.value.findings} == {"times.csv"}


def test_a_row_that_cannot_be_read_makes_no_row_of_another_table_a_contradiction(refused):
    assert refused(incidents="1,11,,,suspension_arm,strand,1,,,,,[A],", times="1,111,not_completed,,,,,,[A],") == [
        "times.csv, line 2, car: unknown car '111'; known: 11, 12, 13"
    ]


def test_missing_files_are_all_named(folder):
    path = folder()
    for name in ("times.csv", "ultimate.csv"):
        (path / name).unlink()
    with pytest.raises(ObservationError) as error:
        read(path)
    assert [str(found) for found in error.value.findings] == [
        "times.csv: cannot be read: No such file or directory",
        "ultimate.csv: cannot be read: No such file or directory",
    ]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ObservationError, match=r"event\.toml: cannot be read: No such file or directory"):
        read(tmp_path / "nowhere")


EVENTS = {
    "not TOML": ('name = "Three', "name = ", ["event.toml: is not TOML: Invalid value (at line 2, column 9)"]),
    "unknown format": (
        "observations/1",
        "observations/2",
        ["event.toml, format: must be 'rally-observations/1', got 'rally-observations/2'"],
    ),
    "unknown key": (
        "why =",
        "reason =",
        [
            "event.toml, choices.margin.why: is missing",
            "event.toml, choices.margin.reason: unknown key 'reason'; known: chosen, alternatives, why",
        ],
    ),
    "unknown alternative": (
        'chosen = "minutes"',
        'chosen = "hours"',
        ["event.toml, choices.margin.chosen: unknown alternative 'hours'; known: minutes, seconds"],
    ),
    "alternatives alike": (
        '["minutes", "seconds"]',
        '["minutes", "minutes"]',
        ["event.toml, choices.margin.alternatives: must differ from each other"],
    ),
    "unknown make": (
        "[reporting.camel]",
        "[reporting.mule]",
        [
            "event.toml, reporting.mule: unknown make 'mule'; known: camel",
            "event.toml, reporting.camel: is missing: a make of the scenario",
        ],
    ),
    "unknown mode": (
        "puncture = 0.2",
        "punctures = 0.2",
        ["event.toml, reporting.camel.by_mode: unknown mode 'punctures'; did you mean 'puncture'?"],
    ),
    "probability above 1": (
        "serious = 0.9",
        "serious = 1.9",
        ["event.toml, reporting.camel.serious: must be <= 1, got 1.9"],
    ),
}


@pytest.mark.parametrize(("right", "wrong", "findings"), EVENTS.values(), ids=EVENTS)
def test_a_wrong_event_is_refused(folder, right, wrong, findings):
    path = folder()
    event = path / "event.toml"
    event.write_text(event.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ObservationError) as error:
        read(path)
    assert [str(found) for found in error.value.findings] == findings


def test_an_event_without_its_scenario_says_from_where_it_was_looked_for(folder):
    path = folder()
    event = path / "event.toml"
    text = event.read_text(encoding="utf-8")
    event.write_text(re.sub("^scenario = .*$", 'scenario = "gone.toml"', text, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(ObservationError) as error:
        read(path)
    assert [str(found) for found in error.value.findings] == [
        f"event.toml, scenario: there is no file gone.toml, seen from {path}"
    ]


def test_the_whole_message_names_the_folder_and_counts_the_errors(folder):
    path = folder(shares="stuck,1,\nstuck,2,")
    with pytest.raises(ObservationError) as error:
        read(path)
    assert str(error.value) == f"{path}: 1 error\n  shares.csv, line 3: repeats line 2: the same mode"
