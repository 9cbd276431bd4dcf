"""What is drawn: median, spread and source of each parameter."""

from __future__ import annotations

import math

import numpy as np

from sim.model.parameters import Parameters
from sim.model.scenario import Scenario
from sim.report.wide import WideTable

_UNITS = {"_km": "km", "_min": "min", ".hours": "h", "_kmh": "km/h", "_s": "s"}
"""Units by how a name ends."""

_LOGS = (".pace", ".consistency", ".stage_sd", ".make_sd")
"""Names of logs of times: shown in percent."""


def parameter_table(scenario: Scenario, parameters: Parameters) -> WideTable:
    """One row a parameter, with its source where that is another one than in the row above."""
    table = WideTable(
        f"Parameters {scenario.rally.parameters_summary}",
        "Nine draws of ten lie between 5 % and 95 %; written is what the files say without the draws. Paces and their "
        "standard deviations are in percent of time. The tables above show the medians; those of the shares of a "
        "severity are scaled to add up to 1. A source holds until the next one.",
    )
    table.add_text("parameter")
    table.add_numbers("written", "median", "5 %", "95 %")
    table.add_text("unit", "source")
    medians, shown = parameters.medians(), ""
    for name, column in parameters.columns().items():
        low, high = np.quantile(column, (0.05, 0.95)).tolist()
        source = scenario.sources[name]
        text = " ".join(source.text.split()) or f"(no source in {source.file.name})"
        numbers = _numbers([scenario.written.get(name), medians[name], low, high], name)
        table.add_row(name, *numbers, _unit(name), "" if text == shown else text)
        shown = text
    return table


def value_text(name: str, value: float) -> str:
    """The value of a parameter with its unit: three digits or all before the point, of percents two."""
    unit = _unit(name)
    if unit == "%":
        percent = 100 * math.expm1(value)
        return f"{percent:.0f} %" if abs(percent) >= 10 else f"{percent:#.2g} %"
    return f"{value:,.0f} {unit}".strip() if abs(value) >= 1000 else f"{value:.3g} {unit}".strip()


def _unit(name: str) -> str:
    if name.endswith(_LOGS):
        return "%"
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


def _numbers(values: list[float | None], name: str) -> list[str]:
    """Numbers with as many digits as tell the ends, the last two, apart: two in their difference."""
    if name.endswith(_LOGS):
        values = [None if value is None else 100 * math.expm1(value) for value in values]
    low, high = values[-2], values[-1]
    spread = (high or 0.0) - (low or 0.0)
    decimals = 1 - math.floor(math.log10(spread)) if spread > 0 else 2
    shown = [None if value is None else round(value, decimals) + 0.0 for value in values]
    return ["" if value is None else f"{value:,.{max(decimals, 0)}f}" for value in shown]
