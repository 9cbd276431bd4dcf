"""Tables of `rally-calibrate check`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from calibration.predictive import OUTSIDE, TAIL, Check
from calibration.sbc import Verdict
from sim.report.tables import new_table

SHOWN = 12
"""Quantities whose ranks are shown: those that look worst."""


def rank_tables(verdict: Verdict) -> list[Table]:
    """The quantities whose ranks look worst, and the coverage of the intervals."""
    return [_worst(verdict), _coverage(verdict)]


def _worst(verdict: Verdict) -> Table:
    table = new_table(
        f"Ranks of the truth: the {min(SHOWN, len(verdict.names))} of {len(verdict.names)} quantities that look worst",
        f"{verdict.chains}\nwrong fitter: {verdict.control}",
    )
    table.add_column("quantity")
    for name in ("mean rank", "p (bins)", "p (curve)", "p corrected"):
        table.add_column(name, justify="right")
    table.add_column("looks")
    for index in verdict.worst[:SHOWN]:
        check, mean = verdict.chains.checks[index], verdict.ranks[:, index].mean() / verdict.top
        numbers = (f"{value:.2g}" for value in (mean, check.chi_square, check.ecdf, check.adjusted))
        table.add_row(check.name, *numbers, check.shape if check.adjusted < verdict.chains.alpha else "as it should")
    return table


def _coverage(verdict: Verdict) -> Table:
    table = new_table(
        "Coverage of the intervals", "disagree: beyond chance, each by itself; 5 in 100 are to be expected"
    )
    for name in ("interval", "held the truth", "quantities", "disagree"):
        table.add_column(name, justify="right")
    for level in sorted({one.level for one in verdict.coverage}):
        some = [one for one in verdict.coverage if one.level == level]
        held = float(np.mean([one.share.value for one in some]))
        disagree = sum(not one.agrees for one in some)
        table.add_row(f"{100 * level:.0f} %", f"{100 * held:.1f} %", str(len(some)), str(disagree))
    return table


def predictive_table(checks: Sequence[Check]) -> Table:
    """Where the official values lie in their predictive distributions."""
    table = new_table(
        "Would the calibrated rally look like the real one?",
        f"in the tail: less than {100 * TAIL:g} % of rallies go as far on that side; "
        f"outside: less than {100 * OUTSIDE:g} %; durations are h:mm:ss",
    )
    table.add_column("quantity", overflow="fold")
    for name in ("5 %", "median", "95 %", "official", "as\nlittle", "as\nmuch"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("place")
    for check in checks:
        values = (*np.quantile(check.sample, (0.05, 0.5, 0.95)).tolist(), check.truth)
        sides = (f"{100 * share:.1f} %" for share in (check.below, check.above))
        table.add_row(check.quantity, *(check.text(value) for value in values), *sides, check.place)
    return table
