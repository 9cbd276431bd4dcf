"""The table of a choice: the best design, those that may be as good, and what it cost to know."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from sim.report.quantities import UNITS
from sim.report.tables import new_table
from sim.report.words import rallies
from sim.study.choice.document import Choice
from sim.study.choice.selection import Rival
from sim.study.choice.sequential import cost_of_all

SHOWN = 20
"""Designs in the table, the nearest to the best; the others are counted."""


def choice_tables(found: Choice) -> list[RenderableType]:
    """All that a choice says."""
    return [_best_text(found), _rivals_table(found), Text(_cost_text(found))]


def _best_text(found: Choice) -> Text:
    unit, chosen = UNITS[found.goal.kind], found.selection
    best = found.variants[chosen.best]
    value = f"{unit.number(chosen.value.value)} {unit.level} ({unit.ends(chosen.value)})"
    asks = f" - {best.asks}" if best.asks else ""
    alike = sum(not rival.told_apart for rival in chosen.rivals)
    apart = f"{alike} others cannot be told apart from it." if alike else "It is told apart from all others."
    if alike == 1:
        apart = "One other cannot be told apart from it."
    text = f"{asks}\n{found.goal.text}: {value} in {rallies(chosen.rallies)}. {apart}"
    return Text.assemble((f"{found.study.name}\n", "bold"), "The best: ", (best.name, "bold"), text)


def _rivals_table(found: Choice) -> RenderableType:
    unit, rivals = UNITS[found.goal.kind], found.selection.rivals
    hidden = rivals[SHOWN:]
    more = ""
    if hidden:
        alike = sum(not rival.told_apart for rival in hidden)
        more = f" {len(hidden)} others are further behind, {alike} of them not told apart."
    table = new_table(
        f"The others, and how far they are behind ({unit.difference})",
        f"95 % intervals that hold together, whenever a design was dropped.{more}",
    )
    table.add_column("design", overflow="fold")
    for column in ("behind", "95 % interval", "rallies"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict")
    for rival in rivals[:SHOWN]:
        table.add_row(
            Text(found.variants[rival.design].name),
            unit.number(rival.behind.value),
            unit.ends(rival.behind),
            f"{rival.rallies:,}",
            _verdict(rival),
        )
    return table


def _verdict(rival: Rival) -> str:
    if rival.same:
        return "the same in every rally"
    return "behind" if rival.told_apart else "cannot be told apart"


def _cost_text(found: Choice) -> str:
    chosen, unit = found.selection, UNITS[found.goal.kind]
    matters = f"{unit.number(found.study.indifference)} {unit.difference}"
    everything = cost_of_all(chosen)
    cost = f"{rallies(chosen.cost)} were run in all"
    if everything > chosen.cost:
        cost += f"; to run every design as long as the longest would have taken {everything:,}"
    heavy = f" {found.heavy} combinations weigh too much and were left out." if found.heavy else ""
    if found.promise is not None:
        kept = (
            f"If one design is better than all others by {matters} or more, it is chosen with a "
            f"probability of {100 * found.promise:g} % at least."
        )
    else:
        kept = (
            f"It is the best with a probability of {_at_least(chosen.correct)}, and no other is better by {matters} "
            f"with {_at_least(chosen.good)} (posterior, at least)."
        )
    return f"{kept} {cost}.{heavy}"


def _at_least(probability: float) -> str:
    """Rounded down: what is not certain is not called so."""
    return f"{int(1000 * probability) / 10:.1f} %"
