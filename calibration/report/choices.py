"""What other readings of the sources would change, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from calibration.choices import Moved, Reading
from calibration.report.hindcast import NOT_CONVERGED
from sim.report.tables import new_table


def choices_table(readings: Sequence[Reading], cars: Sequence[str]) -> Table:
    """One row a reading: chances to win in percent, those of other readings as differences, and what moved most."""
    table = new_table(
        "Other readings of the sources",
        f"Percent. {NOT_CONVERGED} The chains of this reading have not converged.",
    )
    table.add_column("reading", overflow="fold")
    for car in cars:
        table.add_column(f"win {car}", justify="right")
    table.add_column("moved most (as chosen -> other, standard deviations)", overflow="fold")
    table.add_column("R-hat", justify="right")
    base, *others = readings
    table.add_row(_marked("as chosen", base), *(f"{100 * p:.1f}" for p in base.win), "", f"{base.worst_rhat:.2f}")
    for one in others:
        changes = (f"{100 * (p - q):+.1f}" for p, q in zip(one.win, base.win, strict=True))
        moved = "\n".join(_moved_text(moved) for moved in one.moved)
        table.add_row(_marked(one.choice, one), *changes, moved, f"{one.worst_rhat:.2f}")
    return table


def _marked(name: str, reading: Reading) -> Text:
    return Text(name if reading.converged else f"{name} {NOT_CONVERGED}")


def _moved_text(moved: Moved) -> str:
    path, before, after, shift = moved
    return f"{path} {before:.4g} -> {after:.4g} ({shift:+.1f})"
