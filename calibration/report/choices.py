"""What other readings of the sources would change, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from calibration.choices import Reading
from calibration.report.hindcast import NOT_CONVERGED
from sim.report.tables import new_table


def choices_tables(readings: Sequence[Reading], cars: Sequence[str]) -> Iterator[Table]:
    """What each reading makes of the chances to win, and which parameters it moves most."""
    yield _wins(readings, cars)
    yield _moved(readings[1:])


def _wins(readings: Sequence[Reading], cars: Sequence[str]) -> Table:
    """One row a reading; chances of other readings as differences."""
    missed = f"{NOT_CONVERGED} The chains of this reading have not converged."
    table = new_table(
        "Other readings of the sources: chances to win in percent, and how they change",
        None if all(one.converged for one in readings) else missed,
    )
    table.add_column("reading", no_wrap=True)
    for heading in (*cars, "R-hat"):
        table.add_column(heading, justify="right")
    base, *others = readings
    table.add_row(_marked("as chosen", base), *(f"{100 * p:.1f}" for p in base.win), f"{base.worst_rhat:.3f}")
    for one in others:
        changes = (f"{100 * (p - q):+z.1f}" for p, q in zip(one.win, base.win, strict=True))
        table.add_row(_marked(one.choice, one), *changes, f"{one.worst_rhat:.3f}")
    return table


def _moved(others: Sequence[Reading]) -> Table:
    """One row a reading and parameter."""
    table = new_table("What moved most", "In standard deviations of what is not known anyway.")
    table.add_column("reading", no_wrap=True)
    table.add_column("parameter", no_wrap=True)
    for heading in ("as chosen", "other", "moved by"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in others:
        for number, (path, before, after, shift) in enumerate(one.moved):
            name = "" if number else one.choice
            table.add_row(name, path, f"{before:.4g}", f"{after:.4g}", f"{shift:+z.1f}")
    return table


def _marked(name: str, reading: Reading) -> Text:
    return Text(name if reading.converged else f"{name} {NOT_CONVERGED}")
