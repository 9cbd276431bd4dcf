"""A hindcast as tables: odds and scores by evening, and the forecasters beside each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from calibration.hindcast.baselines import FINISHING
from calibration.hindcast.run import FORECASTERS, MODEL, Evening
from calibration.hindcast.scoring import QUESTIONS, Score, difference, mean
from calibration.hindcast.truth import Truth
from sim.model.units import MINUTE_S
from sim.report.tables import new_table
from sim.study.estimates import Estimate

LABELS = {
    "classified_brier": "classified, Brier",
    "win_brier": "win, Brier",
    "podium_brier": "podium, Brier",
    "classified_log": "classified, log",
    "win_log": "win, log",
    "podium_log": "podium, log",
    "place_rps": "place, ranked probability",
    "stage_crps": "next stage, min",
    "total_crps": "final total, min",
}
"""What the questions are called."""

BY_EVENING = ("win_brier", "place_rps")
"""The questions that are shown evening by evening."""

NOT_CONVERGED = "*"
_IN_BRACKETS = "In brackets the 95 % interval of the model less the other, evenings resampled as a whole."


def hindcast_tables(evenings: Sequence[Evening], cars: Sequence[str]) -> list[Table]:
    """Everything a hindcast says; `cars` are those of the forecasts."""
    return [
        _odds_table(evenings, cars),
        *(_evenings_table(evenings, question) for question in BY_EVENING),
        _means_table(evenings),
    ]


def honest_words(evenings: Sequence[Evening], truth: Truth) -> str:
    """What these numbers can and cannot show."""
    unplaced = f" Not scored, since nobody published a place: {', '.join(truth.unplaced)}." if truth.unplaced else ""
    return (
        f"{len(evenings)} evenings of one rally are not so many trials: all are forecasts of one and the same end, and "
        "the intervals say how much hangs on the choice of evenings, not what another rally would show. The "
        f"{len(truth.places)} cars that are scored all came to the end: nobody is punished here for being too sure "
        f"that cars do. The base rate of the constant forecast, {FINISHING:.1%} to be classified, is the one of Dakar "
        f"2026, whatever rally is hindcast.{unplaced}"
    )


def _odds_table(evenings: Sequence[Evening], cars: Sequence[str]) -> Table:
    caption = f"Percent, by the model. {NOT_CONVERGED} The chains of this evening have not converged."
    table = new_table("To win, as it looked on each evening", caption)
    _first_columns(table)
    for heading in (*cars, "worst R-hat", "effective draws"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in evenings:
        odds = [f"{100 * share:.1f}" for share in one.forecasts[0].win]
        chains = f"{one.posterior.worst_rhat:.3f}", f"{one.posterior.least_ess:,.0f}"
        table.add_row(*_evening_cells(one), *odds, *chains)
    return table


def _evenings_table(evenings: Sequence[Evening], question: str) -> Table:
    table = new_table(f"Score by evening: {LABELS[question]}", "Less is better.")
    _first_columns(table)
    for forecaster in FORECASTERS:
        table.add_column(forecaster, justify="right", no_wrap=True)
    for one in evenings:
        table.add_row(
            *_evening_cells(one), *(_score(mean(one.scores, name, question), question) for name in FORECASTERS)
        )
    return table


def _means_table(evenings: Sequence[Evening]) -> Table:
    rows = [score for one in evenings for score in one.scores]
    lines = [(LABELS[question], *_mean_cells(rows, question)) for question in QUESTIONS]
    in_brackets = f" {_IN_BRACKETS}" if any("(" in cell for _, *cells in lines for cell in cells) else ""
    table = new_table("Mean score over the evenings", f"Less is better.{in_brackets}")
    table.add_column("question")
    for forecaster in FORECASTERS:
        table.add_column(forecaster, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    return table


def _mean_cells(rows: Sequence[Score], question: str) -> Iterator[str]:
    """The mean score of each forecaster, and of all but the first how far the model may be off it."""
    yield _score(mean(rows, MODEL, question), question)
    for other in FORECASTERS[1:]:
        against = _against(difference(rows, MODEL, other, question), question)
        yield "\n".join(filter(None, (_score(mean(rows, other, question), question), against)))


def _first_columns(table: Table) -> None:
    table.add_column("evening", justify="right")
    table.add_column("after", no_wrap=True)


def _evening_cells(one: Evening) -> tuple[str, Text]:
    mark = "" if one.posterior.converged else f" {NOT_CONVERGED}"
    return str(one.evening), Text(f"stage {one.stage}{mark}" if one.stage else f"the eve{mark}")


def _score(value: float, question: str) -> str:
    if math.isnan(value):
        return "-"
    return f"{value / MINUTE_S:.1f}" if question.endswith("crps") else f"{value:.3f}"


def _against(estimate: Estimate | None, question: str) -> str:
    """The interval of a difference; "" if there is none."""
    if estimate is None or not math.isfinite(estimate.low + estimate.high):
        return ""
    unit, digits = (MINUTE_S, 1) if question.endswith("crps") else (1, 3)
    return f"({estimate.low / unit:+.{digits}f} to {estimate.high / unit:+.{digits}f})"
