"""From the files of an event to checked lines: the form of the file, each line for itself, and no line twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from calibration.findings import Finding
from calibration.observations.cells import Names
from calibration.observations.lines import LINES, Line
from sim.model.findings import unknown

BOM = "\ufeff"
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}

L = TypeVar("L", bound=Line)


@dataclass(frozen=True)
class Tables:
    """The lines that count, by file, each with its number.

    Attributes:
        lines: in the order of the files.
        broken: findings about whole files, which leave nothing to go on with.
        wrong: findings about single lines; these lines are not among `lines`.
    """

    lines: dict[type[Line], list[tuple[int, Line]]]
    broken: tuple[Finding, ...]
    wrong: tuple[Finding, ...]

    def of(self, model: type[L]) -> Iterator[tuple[int, L]]:
        """The lines of one file."""
        for row, line in self.lines[model]:
            assert isinstance(line, model)
            yield row, line


class _FormError(Exception):
    """A file that is no table of the kind it should be."""

    def __init__(self, *problems: tuple[int, str]) -> None:
        self.problems = problems
        super().__init__(problems)


def read_tables(folder: Path, names: Names, chosen: Mapping[str, str], *, lenient: bool) -> Tables:
    """Read all files of an event; lines of alternatives that are not `chosen` are checked and left out.

    Of lines on the same thing the first one counts or, if `lenient` and they say different things of it, none.
    """
    lines: dict[type[Line], list[tuple[int, Line]]] = {}
    broken: list[Finding] = []
    wrong: list[Finding] = []
    for model in LINES:
        lines[model] = []
        try:
            cells = _cells(folder / model.FILE, tuple(model.model_fields))
        except _FormError as error:
            broken += [Finding(model.FILE, row, "", problem) for row, problem in error.problems]
            continue
        read = [(row, _line(model, row, values, names, wrong)) for row, values in cells]
        counted = [(row, line) for row, line in read if line is not None and _counts(line, chosen)]
        lines[model] = _without_repeats(counted, wrong, lenient=lenient)
    return Tables(lines, tuple(broken), tuple(wrong))


def _cells(file: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str] | list[str]]]:
    """The cells of each line by column, with the number of the line; a list where there are too many or too few."""
    reader = csv.reader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        header, *lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        raise _FormError((reader.line_num, f"is not a table: {error}")) from None
    problems = [(header[0], problem) for problem in _wrong_header(header[1], columns)]
    if problems:
        raise _FormError(*problems)
    return [
        (row, dict(zip(header[1], cells, strict=True)) if len(cells) == len(header[1]) else cells)
        for row, cells in lines
    ]


def _text(file: Path) -> str:
    """The text of a file that has at least a header."""
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise _FormError((0, f"cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        raise _FormError((row, "is not UTF-8 text")) from None
    if text.startswith(BOM):
        raise _FormError((0, "begins with a byte order mark; save it as UTF-8 without one"))
    if not text.strip():
        raise _FormError((0, "is empty; a table without lines has a header"))
    return text


def _wrong_header(header: Sequence[str], columns: Sequence[str]) -> Iterator[str]:
    other = next((words for mark, words in _OTHER_DELIMITERS.items() if len(header) == 1 and mark in header[0]), None)
    if other:
        yield f"cells are separated by {other}; they must be by commas"
        return
    missing = [column for column in columns if column not in header]
    if missing:
        yield f"columns are missing: {', '.join(missing)}"
    for column in header:
        if column not in columns:
            yield unknown("column", column, columns)
    for column in dict.fromkeys(column for column in header if header.count(column) > 1):
        yield f"column {column!r} is there more than once"


def _line(model: type[L], row: int, cells: dict[str, str] | list[str], names: Names, wrong: list[Finding]) -> L | None:
    """The line, or None with its findings added to `wrong`."""
    if isinstance(cells, list):
        wrong.append(Finding(model.FILE, row, "", f"has {len(cells)} cells, the header has {len(model.model_fields)}"))
        return None
    try:
        line = model.model_validate(cells, context=names)
    except ValidationError as error:
        for details in error.errors():
            wrong.append(Finding(model.FILE, row, str(details["loc"][0]), str(details["ctx"]["error"])))
        return None
    problems = [Finding(model.FILE, row, column, problem) for column, problem in line.problems(names)]
    wrong += problems
    return None if problems else line


def _counts(line: Line, chosen: Mapping[str, str]) -> bool:
    """Does a line count, as one without a choice or of the alternative that is chosen?"""
    key, _, alternative = str(getattr(line, "choice", "")).partition(":")
    return not key or chosen[key] == alternative


def _without_repeats(lines: Sequence[tuple[int, L]], wrong: list[Finding], *, lenient: bool) -> list[tuple[int, Line]]:
    alike: dict[tuple[object, ...], list[tuple[int, L]]] = {}
    for row, line in lines:
        alike.setdefault(tuple(getattr(line, column) for column in line.KEY), []).append((row, line))
    kept: list[tuple[int, Line]] = []
    for (first, line), *others in alike.values():
        differ = lenient and any(_said(other) != _said(line) for _, other in others)
        problem = f"the same {', '.join(line.KEY)}{', with other values: none of them counts' if differ else ''}"
        if differ:
            repeats = ", ".join(str(row) for row, _ in others)
            wrong.append(Finding(line.FILE, first, "", f"is repeated in line {repeats}: {problem}"))
        else:
            kept.append((first, line))
        wrong += [Finding(line.FILE, row, "", f"repeats line {first}: {problem}") for row, _ in others]
    return kept


def _said(line: Line) -> dict[str, object]:
    """What a line says, whoever says so."""
    return line.model_dump(exclude={"source", "note", "choice"})
