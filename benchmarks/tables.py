"""The report for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from benchmarks.agreement import MOST_ERRORS, Comparison
from benchmarks.bare_draws import BareDraws
from benchmarks.growth import BASE, Growth
from benchmarks.measures import Measure
from benchmarks.speed import METHOD, Report, machine
from sim.report.tables import new_table


def show(report: Report, out: Console) -> None:
    """Print everything that was measured."""
    effort = report.effort
    out.print(f"Digest of the outcomes: {report.digest.found[:16]}..., as stored.")
    out.print(f"Replications in a block: {effort.block}. Rounds: {effort.rounds}. {METHOD}")
    out.print(", ".join(f"{name} {value}" for name, value in machine().items()) + "\n")
    out.print(_measures(report.measures), "")
    out.print(_draws(report.draws))
    out.print(f"{report.draws.blocks:.0f} Philox blocks, {report.draws.uniforms:.0f} uniforms that are looked at.\n")
    out.print(_agreement(report.comparisons))
    out.print(_verdict(report.comparisons) + "\n")
    for growth in report.growths:
        out.print(_growth(growth))
        out.print(f"Seconds grow with the power {growth.exponent:.2f} of the number of {growth.axis}.\n")


def _measures(measures: list[Measure]) -> Table:
    table = new_table("Speed")
    table.add_column("what")
    for header in ("value", "target", "aim"):
        table.add_column(header, justify="right")
    table.add_column("met")
    for measure in measures:
        met = {None: "", True: "yes", False: "no"}[measure.met]
        value = f"{measure.value:,.2f}" if measure.value < 10 else f"{measure.value:,.0f}"
        table.add_row(
            measure.name, f"{value} {measure.unit}", _goal(measure, measure.target), _goal(measure, measure.aim), met
        )
    return table


def _goal(measure: Measure, goal: float | None) -> str:
    sign = {"more": "at least", "less": "at most"}[measure.better]
    return "" if goal is None else f"{sign} {goal:g}"


def _draws(draws: BareDraws) -> Table:
    table = new_table("Draws of the array engine, per rally")
    table.add_column("purpose")
    for header in ("asked for", "different", "asked for again"):
        table.add_column(header, justify="right")
    for drawn in draws.by_purpose:
        again = drawn.asked - drawn.distinct
        name = drawn.purpose.lower().replace("_", " ")
        table.add_row(name, f"{drawn.asked:.1f}", f"{drawn.distinct:.1f}", f"{again:.1f}" if again else "")
    return table


def _verdict(comparisons: list[Comparison]) -> str:
    wrong = [comparison.name for comparison in comparisons if not comparison.agrees]
    return f"THEY DIFFER: {', '.join(wrong)}." if wrong else f"All within {MOST_ERRORS:g} standard errors."


def _agreement(comparisons: list[Comparison]) -> Table:
    table = new_table("The same simpler rally by the lean script and by the array engine")
    table.add_column("what")
    for header in ("lean script", "array engine", "difference in standard errors"):
        table.add_column(header, justify="right")
    for found in comparisons:
        digits = 3 if found.lean <= 1 else 0
        difference = (found.array - found.lean) / found.error if found.error else 0.0
        table.add_row(found.name, f"{found.lean:,.{digits}f}", f"{found.array:,.{digits}f}", f"{difference:+.1f}")
    return table


def _growth(growth: Growth) -> Table:
    others = ", ".join(f"{count} {axis}" for axis, count in BASE.items() if axis != growth.axis)
    where = "dakar-2026" if growth.axis == "replications" else f"a made-up rally of {others}"
    table = new_table(f"Growth with {growth.axis}: {where}")
    for header in (growth.axis, "rallies", "seconds", "us a rally"):
        table.add_column(header, justify="right")
    for size, count, seconds, per_rally in zip(
        growth.sizes, growth.rallies, growth.seconds, growth.per_rally_us, strict=True
    ):
        table.add_row(f"{size:,}", f"{count:,}", f"{seconds:.3f}", f"{per_rally:,.0f}")
    return table
