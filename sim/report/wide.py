"""Tables with more columns than a narrow terminal has room for: they are continued below, and cut no number."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sim.report.tables import new_table

NARROW, WORD = 11, 30
"""A text may be broken into lines of so many letters, or as many as its longest word has; the latter is broken, too."""

GAP = 2
"""Blanks between two columns."""


@dataclass
class Column:
    """One column; a number is never broken into lines, and stands on the right."""

    heading: str
    number: bool
    cells: list[str] = field(default_factory=list)

    @property
    def least(self) -> int:
        """The least width that it can do with."""
        lines = [line for cell in (self.head, *self.cells) for line in cell.splitlines()]
        longest = max(map(len, lines), default=0)
        if self.number:
            return longest
        word = max((len(word) for line in lines for word in line.split()), default=0)
        return min(longest, max(NARROW, min(word, WORD)))

    @property
    def head(self) -> str:
        """The heading; that of numbers no wider than they are, if its words allow that."""
        widest = max((len(line) for cell in self.cells for line in cell.splitlines()), default=0)
        whole = "\n" in self.heading or not self.number
        return self.heading if whole else textwrap.fill(self.heading, max(widest, 1), break_long_words=False)


@dataclass
class WideTable:
    """A table whose columns stand in several tables, one below the other, where they have no room side by side.

    Each of them begins with the first column; rows of which it holds nothing are left out after the first.
    """

    title: str
    caption: str
    columns: list[Column] = field(default_factory=list)

    def add_text(self, *headings: str) -> None:
        """Add columns of words."""
        self.columns += [Column(heading, number=False) for heading in headings]

    def add_numbers(self, *headings: str) -> None:
        """Add columns of numbers."""
        self.columns += [Column(heading, number=True) for heading in headings]

    def add_row(self, *cells: str) -> None:
        """Add a row: a cell a column."""
        for column, cell in zip(self.columns, cells, strict=True):
            column.cells.append(cell)

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        parts = self._parts(options.max_width)
        for i, part in enumerate(parts):
            if i:
                yield ""
            title = f"{self.title}, continued" if i else self.title
            yield self._table(part, title, self.caption if i == len(parts) - 1 else None)

    def _parts(self, width: int) -> list[list[Column]]:
        """Columns that have room side by side, beside the first one."""
        parts: list[list[Column]] = [[]]
        for column in self.columns[1:]:
            if parts[-1] and sum(one.least + GAP for one in (*parts[-1], column)) + self.columns[0].least > width:
                parts.append([])
            parts[-1].append(column)
        return parts

    def _table(self, part: list[Column], title: str, caption: str | None) -> Table:
        first, whole = self.columns[0], part[0] is self.columns[1]
        table = new_table(escape(title), caption and escape(caption))
        for column in (first, *part):
            justify: JustifyMethod = "right" if column.number else "left"
            table.add_column(Text(column.head), justify=justify, overflow="fold", no_wrap=column.number)
        for name, *cells in zip(first.cells, *(column.cells for column in part), strict=True):
            if whole or any(cells):
                table.add_row(Text(name), *(Text(cell) for cell in cells))
        return table
