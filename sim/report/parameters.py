"""What is drawn: median, spread and source of each parameter."""

from __future__ import annotations

import numpy as np
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sim.model.parameters import Parameters
from sim.model.scenario import Scenario
from sim.report.tables import new_table


def parameter_table(scenario: Scenario, parameters: Parameters) -> Table:
    """One row a parameter, with its source where that is another one than in the row above."""
    table = new_table(
        f"Parameters {escape(scenario.rally.parameters_summary)}",
        "Nine draws of ten lie between 5 % and 95 %. The tables above show the medians; those of the shares of a "
        "severity are scaled to add up to 1. A source holds until the next one.",
    )
    table.add_column("parameter", no_wrap=True)
    for heading in ("median", "5 %", "95 %"):
        table.add_column(heading, justify="right")
    table.add_column("source")
    medians, shown = parameters.medians(), ""
    for name, column in parameters.columns().items():
        low, high = np.quantile(column, (0.05, 0.95)).tolist()
        text = " ".join(scenario.sources[name].text.split()) or f"(no source in {scenario.sources[name].file.name})"
        numbers = (_number(value) for value in (medians[name], low, high))
        table.add_row(name, *numbers, Text("" if text == shown else text))
        shown = text
    return table


def _number(value: float) -> str:
    """Four decimals of a small number, four digits of a larger one, or all before the point."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{round(value, 4) + 0.0:.4f}" if abs(value) < 1 else f"{value:.4g}"
