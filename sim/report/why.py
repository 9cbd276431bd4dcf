"""Why a variant differs: tables of the fates that flipped, and of time and places by cause."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.model.units import MINUTE_S
from sim.report.tables import new_table
from sim.report.words import cause_text, rallies
from sim.study.comparison.flips import KINDS
from sim.study.comparison.pairs import Pairing
from sim.study.comparison.summary import Cost, Flip, Reason, VariantSummary

SHOWN_REASONS = 3
SHOWN_CAUSES = 8
"""Reasons of a kind of flip, and causes, that are shown; the JSON file has all."""

COSTS_PRINT = (
    "± 95 % interval. A place that changed counts for the cause whose lost time changed most to that effect; other: no "
    "cause of the car's own, mostly what befell the others."
)

FLIPS = dict(zip(KINDS, ("now retired", "now classified", "win lost", "win gained"), strict=True))
"""What has become of a crew."""


def why_tables(summary: VariantSummary) -> list[RenderableType]:
    """Whose fate flipped by what, and where time and places were won and lost."""
    if summary.pairing.same:
        return []
    nobody = Text(f"Why: nobody's fate flipped in {rallies(summary.n)}.")
    return [_flips_table(summary) if summary.why.flips else nobody, Group(_costs_table(summary), Text(COSTS_PRINT))]


def _flips_table(summary: VariantSummary) -> Table:
    table = new_table(f"Why: whose fate flipped, of {rallies(summary.n)}", _flips_print(summary) or None)
    table.add_column("car", no_wrap=True)
    table.add_column("")
    table.add_column("rallies", justify="right")
    table.add_column("by (rallies)")
    table.add_column("for example", no_wrap=True)
    before = ""
    for flip in summary.why.flips:
        car = "" if flip.car == before else flip.car
        reasons, examples = _reasons(summary.pairing, flip), ", ".join(str(k) for k in flip.examples)
        table.add_row(Text(car), FLIPS[flip.kind], f"{flip.count:,}", Text(reasons), examples)
        before = flip.car
    return table


def _flips_print(summary: VariantSummary) -> str:
    """What is said of the words in the table that need it."""
    reasons = [reason for flip in summary.why.flips for reason in flip.reasons]
    told = {
        "Rival's: what befell the one with whom it changed the win.": any(one.whose == "rival" for one in reasons),
        "Other: no loss of time accounts for it.": not all(one.mode for one in reasons),
    }
    return " ".join(text for text, wanted in told.items() if wanted)


def _reasons(pairing: Pairing, flip: Flip) -> str:
    """The most frequent reasons, the rarer ones together, and what has none."""
    named = [reason for reason in flip.reasons if reason.mode]
    told = [(_reason(pairing, reason), reason.count) for reason in named[:SHOWN_REASONS]]
    told.append(("rarer ones", sum(reason.count for reason in named[SHOWN_REASONS:])))
    told.append(("other", sum(reason.count for reason in flip.reasons if not reason.mode)))
    return "; ".join(f"{what} ({count:,})" for what, count in told if count)


def _reason(pairing: Pairing, reason: Reason) -> str:
    whose = "rival's " if reason.whose == "rival" else ""
    return f"{whose}{_cause(pairing, reason.mode)} on stage {reason.stage}"


def _cause(pairing: Pairing, mode: str) -> str:
    plan = pairing.base if mode in pairing.base.rally.modes else pairing.variant
    return cause_text(mode, plan) if mode else "other"


def _costs_table(summary: VariantSummary) -> Table:
    table = new_table("Why: time and places by cause, of all cars, in the mean of a rally")
    table.add_column("cause")
    for header in ("minutes lost", "places lost"):
        table.add_column(header, justify="right", no_wrap=True)
    lost = {cost.mode: cost for cost in summary.why.lost_s}
    places = {cost.mode: cost for cost in summary.why.places}
    modes = [mode for mode in dict.fromkeys((*lost, *places)) if mode]
    for mode in [*modes[:SHOWN_CAUSES], ""]:
        cells = _plus_minus(lost.get(mode), 1 / MINUTE_S, 1), _plus_minus(places.get(mode), 1.0, 3)
        table.add_row(_cause(summary.pairing, mode), *cells)
    return table


def _plus_minus(cost: Cost | None, factor: float, decimals: int) -> str:
    if cost is None:
        return "-"
    half = cost.change.high - cost.change.value
    error = f"{half * factor:.{decimals}f}" if math.isfinite(half) else "?"
    return f"{cost.change.value * factor:+z,.{decimals}f} ± {error}"


def flips_of_all(names: Sequence[str], summaries: Sequence[VariantSummary]) -> Table:
    """A row a variant: how many fates flipped, and by which cause most of them."""
    table = new_table(
        f"Why: fates that flipped in {rallies(summaries[0].n)}, all cars, and by which cause most of them",
        "With one variant alone, `rally compare` tells more.",
    )
    table.add_column("")
    for header in ("now retired", "now classified", "win changed hands"):
        table.add_column(header, justify="right")
    for name, summary in zip(names, summaries, strict=True):
        table.add_row(Text(name), *(_most(summary, kind) for kind in KINDS[:3]))
    return table


def _most(summary: VariantSummary, kind: str) -> str:
    found = [flip for flip in summary.why.flips if flip.kind == kind]
    count = sum(flip.count for flip in found)
    by_mode: dict[str, int] = {}
    for reason in (reason for flip in found for reason in flip.reasons):
        by_mode[reason.mode] = by_mode.get(reason.mode, 0) + reason.count
    if not by_mode:
        return "none"
    mode = max(by_mode, key=lambda mode: by_mode[mode])
    return f"{count:,}\n{_cause(summary.pairing, mode)} {by_mode[mode]:,}"
