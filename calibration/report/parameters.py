"""What a fit found, as tables: every parameter beside its prior, in units that people think in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table
from rich.text import Text

from calibration.chains.prior import draw_prior
from calibration.convergence import Diagnosis
from calibration.fit import Fit
from calibration.posterior import parameters
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.model.plan.exposure import expected_failures
from sim.model.rules.failures import Severity
from sim.model.units import duration_text
from sim.report.tables import new_table

INTERVAL = (0.05, 0.5, 0.95)
PRIOR_DRAWS = 4000
"""What the prior says of each parameter is read off so many draws of it: a share is known to a point."""

Write = Callable[[float], str]


@dataclass(frozen=True)
class _Row:
    """A parameter as it is shown: its path and what it is called.

    `shown` turns draws into what is shown, `write` a number of it into text. `has_prior` is false of what only the
    results tell.
    """

    path: str
    label: str
    shown: Callable[[FloatArray], FloatArray]
    write: Write
    has_prior: bool = True


def parameter_tables(problem: Problem, fit: Fit) -> list[Table]:
    """Every parameter of a fit, in groups; groups without any are left out."""
    groups = {
        "Paces, in percent": _paces(problem),
        "Stages, time of a crew of pace 0": _stages(problem),
        "Failures of a car in one rally": _failures(problem),
        "Life scales, in wear-kilometres": _scales(problem),
        "Severities, in percent": _severities(problem),
        "Delays and repairs": _durations(problem),
        "Assistance": _assistance(problem),
        "Totals so far": _totals(problem),
    }
    columns = {name: fit.samples[:, :, i].ravel() for i, name in enumerate(fit.names)}
    prior = parameters(problem, draw_prior(problem, PRIOR_DRAWS, np.random.default_rng(0)))
    diagnoses = {one.name: one for one in fit.verdict.diagnoses}
    found = {title: [row for row in rows if row.path in columns] for title, rows in groups.items()}
    return [_table(title, rows, columns, prior, diagnoses) for title, rows in found.items() if rows]


def _table(
    title: str,
    rows: list[_Row],
    columns: dict[str, FloatArray],
    prior: dict[str, FloatArray],
    diagnoses: dict[str, Diagnosis],
) -> Table:
    table = new_table(title)
    table.add_column("", no_wrap=True)
    for heading in ("median", "5 %", "95 %", "prior median", "of the prior, %", "R-hat", "effective draws"):
        table.add_column(heading, justify="right")
    for row in rows:
        low, median, high = np.quantile(row.shown(columns[row.path]), INTERVAL).tolist()
        one = diagnoses[row.path]
        numbers = [row.write(value) for value in (median, low, high)]
        before = _before(row, prior[row.path], low, high) if row.has_prior else ["", ""]
        chains = ["", "constant"] if one.constant else [f"{one.rhat:.3f}", f"{one.ess:,.0f}"]
        table.add_row(Text(row.label), *numbers, *before, *chains)
    return table


def _before(row: _Row, prior: FloatArray, low: float, high: float) -> list[str]:
    """The median of the prior, and how much of it lies from low to high: 100 stands for what its own interval holds."""
    shown = row.shown(prior)
    held = np.mean((low <= shown) & (shown <= high)) / (INTERVAL[-1] - INTERVAL[0])
    return [row.write(float(np.median(shown))), f"{100 * held:.0f}" if np.ptp(shown) > 0.0 else ""]


def _paces(problem: Problem) -> Iterator[_Row]:
    for crew in problem.plan.crews:
        path = f"crews.{crew.car}"
        yield _Row(f"{path}.pace", f"{crew.car}: behind nominal", _as_is, _percent)
        yield _Row(f"{path}.consistency", f"{crew.car}: scatter", _as_is, _percent)
        yield _Row(f"{path}.failures", f"{crew.car}: failures", _as_is, _percent)
    yield _Row("driving.make_sd", "makes on a stage: spread", _as_is, _percent)


def _stages(problem: Problem) -> Iterator[_Row]:
    for stage in problem.plan.stages:

        def shown(pace: FloatArray, nominal_s: float = stage.track.nominal_s) -> FloatArray:
            return np.asarray(nominal_s * np.exp(pace))

        yield _Row(f"stages.{stage.name}.pace", f"stage {stage.name}", shown, _duration)


def _failures(problem: Problem) -> Iterator[_Row]:
    table, expected = problem.plan.modes, expected_failures(problem.plan)
    for mode, (name, spec) in enumerate(zip(table.names, table.specs, strict=True)):

        def shown(km: FloatArray, base: float = spec.scale_km, mode: int = mode) -> FloatArray:
            return np.asarray(expected[mode] * (km / base) ** -table.shape[mode])

        yield _Row(f"modes.{name}.scale_km", _words(name), shown, _number)


def _scales(problem: Problem) -> Iterator[_Row]:
    for name in problem.plan.modes.names:
        yield _Row(f"modes.{name}.scale_km", _words(name), _as_is, _number)


def _severities(problem: Problem) -> Iterator[_Row]:
    for name in problem.plan.modes.names:
        for severity in Severity:
            path = f"modes.{name}.severity.{severity.name.lower()}"
            yield _Row(path, f"{_words(name)}: {severity.name.lower()}", _as_is, _percent)


def _durations(problem: Problem) -> Iterator[_Row]:
    for name in problem.plan.modes.names:
        path, words = f"modes.{name}", _words(name)
        yield _Row(f"{path}.delay_min", f"{words}: delay, min", _as_is, _number)
        yield _Row(f"{path}.repair_min", f"{words}: repair by the crew, min", _as_is, _number)
        yield _Row(f"{path}.crew_repair", f"{words}: the crew can, %", _as_is, _percent)
        yield _Row(f"{path}.limp_factor", f"{words}: limping, times", _as_is, _number)


def _assistance(problem: Problem) -> Iterator[_Row]:
    for team in problem.plan.teams:
        for truck in team.trucks:
            path, label = f"teams.{team.name}.trucks.{truck.name}", f"{_words(team.name)}, {_words(truck.name)}"
            yield _Row(f"{path}.start_delay_min", f"{label}: behind the cars, min", _as_is, _number)
            yield _Row(f"{path}.speed_kmh", f"{label}: km/h", _as_is, _number)
    yield _Row("recovery.hours", "recovery, h", _as_is, _number)


def _totals(problem: Problem) -> Iterator[_Row]:
    for crew in problem.plan.crews:
        yield _Row(f"state.crews.{crew.car}.total_s", crew.car, _as_is, _duration, has_prior=False)


def _as_is(draws: FloatArray) -> FloatArray:
    return draws


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: float) -> str:
    """Three digits of a small number, all before the point of a large one."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _duration(seconds: float) -> str:
    return duration_text(round(seconds)) if math.isfinite(seconds) else "-"
