"""Other readings of the sources: all are read before any is fitted, and what is wrong with one is named."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console

from calibration import choices
from calibration.build import build
from calibration.chains.start import NoStart, start
from calibration.choices import Reading, compare
from calibration.fit import Effort
from calibration.fit_store import Work
from calibration.forecast import Runs
from calibration.observations import read
from calibration.report.choices import choices_tables
from sim.study.errors import StudyError
from sim.study.executors import SERIAL

from .conftest import RESULTS

WORK = Work(seed=1, effort=Effort(groups=1, chains=2, warm_up=10, sweeps=40, thin=5))
RUNS = Runs(seed=1, replications=100, pool=SERIAL)


def test_a_reading_that_contradicts_the_rest_is_named_before_the_first_fit(rally_over, monkeypatch):
    monkeypatch.setattr(choices, "posterior_of", lambda *_: pytest.fail("fitted"))
    folder = rally_over(times=f"{RESULTS}1,11,time,20000,20000,,,margin:seconds,[A],")
    with pytest.raises(StudyError, match=r"^margin=seconds: .*\n  times\.csv, line 10, low: cannot be: car 11"):
        next(compare(folder, WORK, RUNS))


def test_a_reading_without_a_start_is_named(rally_over):
    folder = rally_over(incidents="1,12,,,stuck,delay,1,,11990,11990,margin:seconds,[A],")
    with pytest.raises(StudyError, match=r"^margin=seconds: the losses told in incidents\.csv leave no time"):
        list(compare(folder, WORK, RUNS))


def test_readings_say_whether_their_chains_have_converged(rally_over):
    assert [(one.choice, one.converged) for one in compare(rally_over(), WORK, RUNS)] == [
        ("", False),
        ("margin=seconds", False),
    ]


def test_the_table_marks_readings_that_have_not_converged(capsys):
    win = np.array([0.25, 0.75])
    readings = [Reading("", win, (), 1.01, True), Reading("margin=seconds", win, (), 1.5, False)]
    Console(width=120).print(*choices_tables(readings, ["11", "12"]))
    shown = " ".join(capsys.readouterr().out.split())
    assert "margin=seconds *" in shown
    assert "as chosen *" not in shown
    assert "* The chains of this reading have not converged." in shown


def test_the_parameters_that_another_reading_moves_most_stand_below_each_other(capsys):
    win = np.array([0.25, 0.75])
    moved = (("crews.11.pace", 0.01, 0.02, 0.5), ("modes.stuck.scale_km", 4000.0, 3000.0, -0.25))
    readings = [Reading("", win, (), 1.01, True), Reading("margin=seconds", win, moved, 1.01, True)]
    Console(width=120).print(*choices_tables(readings, ["11", "12"]))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["margin=seconds", "crews.11.pace", "0.01", "0.02", "+0.5"] in rows
    assert ["modes.stuck.scale_km", "4000", "3000", "-0.2"] in rows


def test_losses_that_leave_no_time_to_drive_are_told_with_car_and_stage(rally_over):
    problem = build(read(rally_over(incidents="1,12,,,stuck,delay,1,,11990,11990,,[A],")))
    with pytest.raises(NoStart, match=r"^the losses told in incidents\.csv leave no time to drive: car 12 on stage 1$"):
        start(problem, 2, np.random.default_rng(1))
