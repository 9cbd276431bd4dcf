"""Tables of a comparison: what a variant changes, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sim.model.units import MINUTE_S
from sim.report.tables import new_table
from sim.report.why import flips_of_all, why_tables
from sim.report.words import team_text
from sim.study.comparison.pairs import Pairing
from sim.study.comparison.summary import Difference, VariantSummary
from sim.study.estimates import Estimate
from sim.study.quantities import Kind

WIDEST = 8
"""Quantities side by side."""

SCALE: dict[Kind, tuple[float, int]] = {"probability": (100.0, 2), "seconds": (1 / MINUTE_S, 1), "count": (1.0, 3)}
"""What a value is multiplied by, and its decimals: percent, minutes, counts."""

WHAT = {
    "all_classified": "all classified",
    "any_classified": "any classified",
    "one_two": "one-two",
    "podium_sweep": "podium sweep",
    "stage_wins": "stage wins",
    "uncompleted": "specials not completed",
    "lost_s": "minutes lost",
    "total_s": "total, minutes",
}
"""Names of quantities where they are not their own."""

NOT_TOLD = "cannot be told from no change"


def comparison_tables(
    names: Sequence[str], summaries: Sequence[VariantSummary], quantities: Sequence[str]
) -> list[RenderableType]:
    """Everything for the terminal: one variant in full, several side by side; `names` are those of the variants."""
    if len(summaries) == 1:
        return [*_single(names[0], summaries[0], quantities), *why_tables(summaries[0])]
    shown = [name for name in quantities if any(name in summary.differences for summary in summaries)]
    return [
        *(_matrix(names, summaries, part) for part in side_by_side_groups(shown)),
        Text(_caption(summaries, shown)),
        flips_of_all(names, summaries),
    ]


def headline(names: Sequence[str]) -> list[str]:
    """Names of the quantities that are shown unless others are asked for."""
    wanted = {"classified", "win", "podium"}
    return [name for name in names if name.startswith("teams.") or name.split(".")[2] in wanted]


def side_by_side_groups(quantities: Sequence[str]) -> list[list[str]]:
    """Quantities that stand side by side: a few as they are, many by what they are of crews and of teams."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name in quantities:
        sort, _, what = name.split(".")
        groups.setdefault((sort, what) if len(quantities) > WIDEST else ("", ""), []).append(name)
    return [group[i : i + WIDEST] for group in groups.values() for i in range(0, len(group), WIDEST)]


def _single(name: str, summary: VariantSummary, quantities: Sequence[str]) -> list[RenderableType]:
    table = new_table(name, _caption([summary], quantities))
    table.add_column("who", overflow="fold")
    table.add_column("what", overflow="fold")
    for header in ("as it\nis", "changed", "differ-\nence", "95 % interval", "gain"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("")
    before = ""
    for found in (summary.differences[name] for name in quantities if name in summary.differences):
        who = who_text(found.name)
        table.add_row(Text("" if who == before else who), what_text(found.name), *_cells(found), Text(_remark(found)))
        before = who
    return [table]


def _cells(found: Difference) -> list[str]:
    change = found.difference
    if change is None or found.base is None or found.variant is None:
        return ["-"] * 5
    kind = found.kind
    values = [_number(value, kind, fewer=1) for value in (found.base, found.variant)]
    return [*values, _number(change.value, kind, sign="+"), _range(change, kind), _gain(found)]


def _range(change: Estimate, kind: Kind) -> str:
    if not math.isfinite(change.high - change.low):
        return "?"
    return " to ".join(_number(end, kind, sign="+") for end in (change.low, change.high))


def _gain(found: Difference) -> str:
    return "-" if found.variance_gain is None else f"x {found.variance_gain:.1f}"


def _remark(found: Difference) -> str:
    if found.difference is None:
        return "not known in both in any rally"
    if found.exact:
        return "nothing that runs was changed"
    if not math.isfinite(found.difference.high):
        return "the same in every rally"
    return "" if found.told else "unclear"


def _matrix(names: Sequence[str], summaries: Sequence[VariantSummary], quantities: Sequence[str]) -> Table:
    """A row a variant, a column a quantity: its difference and half its interval, in brackets if it cannot be told."""
    asked = {what_text(name) for name in quantities}
    table = new_table(asked.pop() if len(asked) == 1 else None)
    table.add_column("")
    for name in quantities:
        who = who_text(name)
        table.add_column(f"{who}\n{what_text(name)}" if asked else who, justify="right")
    table.add_row("as it is", *(_as_it_is(name, summaries) for name in quantities), end_section=True)
    for name, summary in zip(names, summaries, strict=True):
        table.add_row(Text(name), *(_cell(summary.differences.get(quantity)) for quantity in quantities))
    return table


def _as_it_is(name: str, summaries: Sequence[VariantSummary]) -> str:
    """The value of the base; a total only if all variants know it in the same rallies."""
    found = [summary.differences[name] for summary in summaries if name in summary.differences]
    first = found[0]
    if first.base is None or len({difference.pairs for difference in found}) > 1:
        return ""
    return _number(first.base, first.kind, fewer=1)


def _cell(found: Difference | None) -> Text:
    if found is None or found.difference is None:
        return Text("-")
    change, kind = found.difference, found.kind
    value = _number(change.value, kind, sign="+", fewer=1)
    small = f"± {_number(change.half, kind, fewer=1)}" if math.isfinite(change.half) else "same"
    return Text.assemble(value if found.told else f"({value})", "\n", (small, "dim"))


def _caption(summaries: Sequence[VariantSummary], quantities: Sequence[str]) -> str:
    """What the numbers are."""
    several = len(summaries) > 1
    parts = [f"95 % intervals{f', which hold for all {len(summaries)} variants at once' if several else ''}."]
    parts[:0] = ["Probabilities in percent, their differences in percentage points;"]
    if several:
        parts.append(f"In brackets: {NOT_TOLD}.")
    else:
        parts.append(f"Unclear: {NOT_TOLD}.")
        parts.append("Gain (of variance): so many times as many rallies two studies with luck of their own would need.")
    if any(name.endswith(".total_s") for name in quantities):
        parts.append("Totals: of the rallies in which the crew is classified in both.")
    return " ".join(parts)


def who_text(name: str) -> str:
    """Whom a quantity is about: a race number, or a team."""
    sort, who, _ = name.split(".")
    return team_text(who) if sort == "teams" else who


def what_text(name: str) -> str:
    """What a quantity asks: "podium sweep"."""
    what = name.rpartition(".")[2]
    return WHAT.get(what, what.replace("_", " "))


def _number(value: float, kind: Kind, *, sign: str = "", fewer: int = 0) -> str:
    factor, decimals = SCALE[kind]
    text = f"{value * factor:{sign},.{decimals - fewer}f}"
    return text.replace("-", "+" if sign else "") if float(text.replace(",", "")) == 0 else text


def unpaired_text(name: str, pairing: Pairing) -> str:
    """Which crews are left out since only one of the two has them; "" if none is."""
    told = {"base": "only in the base", "variant": "only in it"}
    parts: Iterable[str] = (f"{', '.join(cars)} {told[side]}" for side, cars in pairing.unpaired.items() if cars)
    text = "; ".join(parts)
    return text and f"{name}: crews that both have are compared; {text}"
