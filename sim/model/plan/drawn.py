"""What parameters may move, as tables over their draws; without drawn parameters there is one draw of everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from sim.model.arrays import FloatArray, IndexArray, IntArray, Real
from sim.model.parameters import Parameters
from sim.model.spec import SEVERITIES, Rally, Spec, Truck
from sim.model.units import HOUR_S, MINUTE_S, whole_seconds


@dataclass(frozen=True)
class Drawn:
    """D draws of everything that may be drawn, for S stages, C crews, M modes and T trucks of all teams.

    Attributes:
        pace: log of the time of (stage, crew) over the nominal one, the stage's and the crew's, shape (D, S, C).
        consistency: standard deviation of the log time of a crew on one stage, shape (D, C).
        log_failures: log of what multiplies all failures of a crew, shape (D, C).
        stage_sd, make_sd: standard deviations of log times that are shared on a stage, shape (D,).
        scale_km, limp_factor, delay_s, crew_repair, repair_s, truck_repair: of the modes, shape (D, M).
        severity: cumulative shares, shape (D, M, 5): the first whose value exceeds the uniform is the severity.
        truck_delay_s, truck_s_per_km: start behind the team's last slot, and slowness, shape (D, T).
        recovery_s: median of a recovery, shape (D,).
        total_s: totals of the crews when the run begins, shape (D, C): 0 unless it begins in mid-rally.
    """

    pace: FloatArray
    consistency: FloatArray
    log_failures: FloatArray
    stage_sd: FloatArray
    make_sd: FloatArray
    scale_km: FloatArray
    limp_factor: FloatArray
    delay_s: FloatArray
    crew_repair: FloatArray
    repair_s: FloatArray
    truck_repair: FloatArray
    severity: FloatArray
    truck_delay_s: IntArray
    truck_s_per_km: FloatArray
    recovery_s: FloatArray
    total_s: IntArray

    def __len__(self) -> int:
        return len(self.recovery_s)

    def index(self, uniform: Real) -> IndexArray:
        """Which draw a uniform falls on: each has the same chance."""
        return np.asarray(np.floor(np.asarray(uniform) * len(self)), dtype=np.intp)

    def at(self, draw: int) -> Drawn:
        """The tables of one draw, without the axis of the draws."""
        return Drawn(*(getattr(self, table.name)[draw] for table in fields(self)))


def tabulate(
    rally: Rally, parameters: Parameters | None, stages: Iterable[str], cars: Iterable[str], modes: Iterable[str]
) -> Drawn:
    """The tables of a rally whose stages, crews and modes stand in this order; its trucks stand as in `trucks_of`."""
    values = _Values(parameters)
    crews, mode_specs = {car: rally.crews[car] for car in cars}, {mode: rally.modes[mode] for mode in modes}
    stage_pace = values.of("stages", {name: rally.stages[name] for name in stages}, "pace")
    severities = {f"{mode}.severity": spec.severity for mode, spec in mode_specs.items()}
    shares = np.stack([values.of("modes", severities, kind) for kind in SEVERITIES], axis=-1)
    trucks = trucks_of(rally)
    drawn = Drawn(
        pace=values.of("crews", crews, "pace")[:, None, :] + stage_pace[:, :, None],
        consistency=values.of("crews", crews, "consistency"),
        log_failures=np.log(values.of("crews", crews, "failures")),
        stage_sd=values("driving.stage_sd", rally.driving.stage_sd),
        make_sd=values("driving.make_sd", rally.driving.make_sd),
        scale_km=values.of("modes", mode_specs, "scale_km"),
        limp_factor=values.of("modes", mode_specs, "limp_factor"),
        delay_s=values.of("modes", mode_specs, "delay_min") * MINUTE_S,
        crew_repair=values.of("modes", mode_specs, "crew_repair"),
        repair_s=values.of("modes", mode_specs, "repair_min") * MINUTE_S,
        truck_repair=values.of("modes", mode_specs, "truck_repair"),
        severity=_cumulative(shares),
        truck_delay_s=whole_seconds(values.of("teams", trucks, "start_delay_min") * MINUTE_S),
        truck_s_per_km=HOUR_S / values.of("teams", trucks, "speed_kmh"),
        recovery_s=values("recovery.hours", rally.recovery.hours) * HOUR_S,
        total_s=_totals(values, rally, crews),
    )
    for table in fields(drawn):
        getattr(drawn, table.name).flags.writeable = False
    return drawn


def trucks_of(rally: Rally) -> dict[str, Truck]:
    """All trucks by their path below the teams, in the order in which the plan counts them."""
    teams = rally.teams.items()
    return {f"{name}.trucks.{truck}": team.trucks[truck] for name, team in teams for truck in sorted(team.trucks)}


class _Values:
    """Any value of a rally in each of D draws: its own column, or what the rally says in all of them."""

    def __init__(self, parameters: Parameters | None) -> None:
        self._columns = parameters.columns() if parameters else {}
        self.count = len(parameters) if parameters else 1

    def __call__(self, path: str, value: float) -> FloatArray:
        """One value, shape (D,)."""
        return np.array(self._columns.get(path, np.full(self.count, value)), dtype=np.float64)

    def of(self, where: str, tables: Mapping[str, Spec], key: str) -> FloatArray:
        """One value of each of n tables below a path, shape (D, n)."""
        columns = [self(f"{where}.{name}.{key}", getattr(table, key)) for name, table in tables.items()]
        return np.array(columns, dtype=np.float64).reshape(len(columns), self.count).T.copy()


def _totals(values: _Values, rally: Rally, cars: Iterable[str]) -> IntArray:
    """Totals of the crews when the run begins, shape (D, C)."""
    if rally.state is None:
        return np.zeros((values.count, len(rally.crews)), dtype=np.int64)
    return whole_seconds(values.of("state.crews", {car: rally.state.crews[car] for car in cars}, "total_s"))


def _cumulative(shares: FloatArray) -> FloatArray:
    """Cumulative shares along the last axis; the last that is there ends at exactly 1."""
    cumulative = np.cumsum(shares, axis=-1)
    kinds = np.arange(shares.shape[-1])
    last = np.where(shares > 0, kinds, -1).max(axis=-1, keepdims=True)
    return np.where(kinds >= last, 1.0, cumulative)
