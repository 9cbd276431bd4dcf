"""What a fit found, as tables: every parameter beside its prior, in units that people think in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table
from rich.text import Text

from calibration.convergence import Diagnosis
from calibration.fit import Fit
from calibration.problem import Problem
from sim.model.arrays import FloatArray
from sim.model.plan.exposure import expected_failures
from sim.model.rules.failures import Severity
from sim.model.units import HOUR_S, duration_text
from sim.report.tables import new_table

INTERVAL = (0.05, 0.5, 0.95)

Write = Callable[[float], str]


@dataclass(frozen=True)
class _Row:
    """A parameter as it is shown: its path, what it is called, and the median of its prior if it is known.

    `shown` turns draws into what is shown, `write` a number of it into text.
    """

    path: str
    label: str
    prior: float | None
    shown: Callable[[FloatArray], FloatArray]
    write: Write


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
    diagnoses = {one.name: one for one in fit.verdict.diagnoses}
    found = {title: [row for row in rows if row.path in columns] for title, rows in groups.items()}
    return [_table(title, rows, columns, diagnoses) for title, rows in found.items() if rows]


def _table(title: str, rows: list[_Row], columns: dict[str, FloatArray], diagnoses: dict[str, Diagnosis]) -> Table:
    table = new_table(title)
    table.add_column("", no_wrap=True)
    for heading in ("median", "5 %", "95 %", "prior median", "R-hat", "effective draws"):
        table.add_column(heading, justify="right")
    for row in rows:
        low, median, high = np.quantile(row.shown(columns[row.path]), INTERVAL).tolist()
        one = diagnoses[row.path]
        numbers = [row.write(value) for value in (median, low, high)]
        prior = "" if row.prior is None else row.write(row.prior)
        chains = ["", "constant"] if one.constant else [f"{one.rhat:.3f}", f"{one.ess:,.0f}"]
        table.add_row(Text(row.label), *numbers, prior, *chains)
    return table


def _paces(problem: Problem) -> Iterator[_Row]:
    priors = problem.priors
    for crew in problem.plan.crews:
        make = priors.makes[problem.makes[problem.make[crew.index]]]
        path = f"crews.{crew.car}"
        yield _Row(f"{path}.pace", f"{crew.car}: behind nominal", make.pace.mean, _as_is, _percent)
        yield _Row(f"{path}.consistency", f"{crew.car}: scatter", make.consistency.median, _as_is, _percent)
        yield _Row(f"{path}.failures", f"{crew.car}: failures", make.failures.median, _as_is, _percent)
    yield _Row("driving.make_sd", "makes on a stage: spread", priors.stages.make_sd.median, _as_is, _percent)


def _stages(problem: Problem) -> Iterator[_Row]:
    ground_s = HOUR_S * (problem.terrain_km / np.exp(problem.terrain_prior)).sum(axis=1)
    for stage in problem.plan.stages:

        def shown(pace: FloatArray, nominal_s: float = stage.track.nominal_s) -> FloatArray:
            return np.asarray(nominal_s * np.exp(pace))

        path, label = f"stages.{stage.name}.pace", f"stage {stage.name}"
        yield _Row(path, label, float(ground_s[stage.index]), shown, _duration)


def _failures(problem: Problem) -> Iterator[_Row]:
    table, expected = problem.plan.modes, expected_failures(problem.plan)
    for mode, (name, spec) in enumerate(zip(table.names, table.specs, strict=True)):

        def shown(km: FloatArray, base: float = spec.scale_km, mode: int = mode) -> FloatArray:
            return np.asarray(expected[mode] * (km / base) ** -table.shape[mode])

        yield _Row(f"modes.{name}.scale_km", _words(name), problem.priors.failures[name].median, shown, _number)


def _scales(problem: Problem) -> Iterator[_Row]:
    table, expected = problem.plan.modes, expected_failures(problem.plan)
    for mode, (name, spec) in enumerate(zip(table.names, table.specs, strict=True)):
        factor = problem.priors.failures[name].median / expected[mode]
        prior = spec.scale_km * float(factor ** (-1.0 / table.shape[mode]))
        yield _Row(f"modes.{name}.scale_km", _words(name), prior, _as_is, _number)


def _severities(problem: Problem) -> Iterator[_Row]:
    for name, spec in problem.plan.rally.modes.items():
        for severity, share in zip(Severity, spec.severity.shares(), strict=True):
            path = f"modes.{name}.severity.{severity.name.lower()}"
            yield _Row(path, f"{_words(name)}: {severity.name.lower()}", share, _as_is, _percent)


def _durations(problem: Problem) -> Iterator[_Row]:
    for name, spec in problem.plan.rally.modes.items():
        path, words = f"modes.{name}", _words(name)
        yield _Row(f"{path}.delay_min", f"{words}: delay, min", spec.delay_min, _as_is, _number)
        yield _Row(f"{path}.repair_min", f"{words}: repair by the crew, min", spec.repair_min, _as_is, _number)
        yield _Row(f"{path}.crew_repair", f"{words}: the crew can, %", spec.crew_repair, _as_is, _percent)
        yield _Row(f"{path}.limp_factor", f"{words}: limping, times", spec.limp_factor, _as_is, _number)


def _assistance(problem: Problem) -> Iterator[_Row]:
    trucks = problem.priors.trucks
    for team in problem.plan.teams:
        for truck in team.trucks:
            path, label = f"teams.{team.name}.trucks.{truck.name}", f"{_words(team.name)}, {_words(truck.name)}"
            delay, speed = trucks.start_delay_min.median, trucks.speed_kmh.median
            yield _Row(f"{path}.start_delay_min", f"{label}: behind the cars, min", delay, _as_is, _number)
            yield _Row(f"{path}.speed_kmh", f"{label}: km/h", speed, _as_is, _number)
    yield _Row("recovery.hours", "recovery, h", problem.priors.recovery.hours.median, _as_is, _number)


def _totals(problem: Problem) -> Iterator[_Row]:
    for crew in problem.plan.crews:
        yield _Row(f"state.crews.{crew.car}.total_s", crew.car, None, _as_is, _duration)


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
