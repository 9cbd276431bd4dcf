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
    order = sorted(verdict.chains.checks, key=lambda check: min(check.chi_square, check.ecdf))
    for check in order[:SHOWN]:
        mean = verdict.ranks[:, verdict.names.index(check.name)].mean() / verdict.top
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
        table.add_row(f"{level:.0%}", f"{held:.1%}", str(len(some)), str(disagree))
    return table


def predictive_table(checks: Sequence[Check]) -> Table:
    """Where the official values lie in their predictive distributions."""
    table = new_table(
        "Would the calibrated rally look like the real one?",
        f"in the tail: less than {TAIL:.0%} of rallies go as far on that side; outside: less than {OUTSIDE:.0%}",
    )
    table.add_column("quantity")
    for name in ("5 %", "median", "95 %", "official", "as little", "as much"):
        table.add_column(name, justify="right")
    table.add_column("place")
    for check in checks:
        middle = (f"{value:.4g}" for value in np.quantile(check.sample, (0.05, 0.5, 0.95)))
        sides = (f"{share:.1%}" for share in (check.below, check.above))
        table.add_row(check.quantity, *middle, check.truth_text, *sides, check.place)
    return table
