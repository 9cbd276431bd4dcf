"""One rally of a base and the same rally of a variant, side by side: where the two stories part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.engine.day import Replay
from sim.model.units import duration_text
from sim.report.happenings import Line, lines_of
from sim.report.tables import new_table
from sim.report.words import time_of_day
from sim.study.comparison.pairs import Pairing


@dataclass(frozen=True)
class Row:
    """A line of one story that the other lacks; the other is None."""

    base: Line | None
    variant: Line | None

    @property
    def line(self) -> Line:
        """The one that is there."""
        line = self.base or self.variant
        assert line is not None
        return line


def side_by_side(pairing: Pairing, base: Replay, variant: Replay, name: str) -> Group:
    """What happened in one of two rallies only, stage by stage, and both final classifications."""
    title = Text.assemble(
        ("Replication ", "bold"), (str(base.replication), "bold"), f", seed {base.seed}: as it is, and {name}\n"
    )
    parts: list[RenderableType] = [title]
    for stage in pairing.stages:
        rows = rows_of(_lines(base, stage), _lines(variant, stage))
        parts += [_stage_table(stage, rows, name), Text()] if rows else []
    if len(parts) == 1:
        parts.append(Text(f"{nothing_differs(base, variant)}\n"))
    return Group(*parts, _final_table(pairing, base, variant, name))


def nothing_differs(base: Replay, variant: Replay) -> str:
    """What to say of two stories that tell the same: that the rallies are the same, or that only the clock differs."""
    same = base.journal == variant.journal
    return "The two rallies are the same." if same else "The same happens in both, at other times."


def rows_of(base: list[Line], variant: list[Line]) -> list[Row]:
    """The lines that only one of the two stories of a stage has; the clock alone makes no difference."""
    left, right = [_told(line) for line in base], [_told(line) for line in variant]
    rows: list[Row] = []
    for what, i, until_i, j, until_j in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what != "equal":
            found = [Row(line, None) for line in base[i:until_i]] + [Row(None, line) for line in variant[j:until_j]]
            rows += sorted(found, key=lambda row: row.line.time_s)
    return rows


def _lines(replay: Replay, stage: str) -> list[Line]:
    return [line for plan in replay.plan.stages if plan.name == stage for line in lines_of(replay, plan)]


def _told(line: Line) -> tuple[str, str, int | None, int | None, str]:
    return line.car, line.text, None if line.km is None else round(line.km), line.cost_s, line.cost


def _stage_table(stage: str, rows: list[Row], name: str) -> Table:
    table = new_table(f"Stage {stage}")
    for column in ("clock", "car"):
        table.add_column(column, no_wrap=True)
    table.add_column("km", justify="right", no_wrap=True)
    table.add_column("as it is", ratio=1)
    table.add_column(Text(name), ratio=1)
    for row in rows:
        line = row.line
        km = "" if line.km is None else f"{line.km:.0f}"
        table.add_row(time_of_day(line.time_s), Text(line.car), km, *_texts(row))
    return table


def _texts(row: Row) -> Iterator[Text]:
    for line in (row.base, row.variant):
        if line is None:
            yield Text("")
        else:
            cost = line.cost or ("" if line.cost_s is None else duration_text(line.cost_s))
            yield Text(f"{line.text}{cost and f' ({cost})'}")


def _final_table(pairing: Pairing, base: Replay, variant: Replay, name: str) -> Table:
    table = new_table("Final classification")
    table.add_column("car", no_wrap=True)
    table.add_column("driver")
    for header in ("as it is", name, "difference"):
        table.add_column(Text(header), justify="right")
    for car in pairing.cars:
        ends = [_end(replay, car) for replay in (base, variant)]
        places = [f"{place}. {duration_text(total)}" if place else "retired" for place, total in ends]
        both = all(place for place, _ in ends)
        change = _change(ends[1][1] - ends[0][1]) if both else ""
        table.add_row(Text(car), Text(pairing.base.rally.crews[car].driver), *places, change)
    return table


def _end(replay: Replay, car: str) -> tuple[int, int]:
    """(final place, 0 if retired; total in seconds) of a crew."""
    crew = replay.outcomes.cars.index(car)
    return int(replay.outcomes.rank[0, crew]), int(replay.outcomes.total_s[0, crew])


def _change(seconds: int) -> str:
    return "0" if seconds == 0 else f"{'+' if seconds > 0 else ''}{duration_text(seconds)}"
