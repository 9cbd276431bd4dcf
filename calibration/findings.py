"""What is wrong with the tables of an event: findings with file, line and column, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One error in a file of an event.

    Attributes:
        file: its name in the folder.
        row: its line, the header being line 1; 0 for the whole file.
        column: its column, or the path of a value in event.toml; "" for the whole line.
        problem: what is wrong, with what was given and what is allowed.
    """

    file: str
    row: int
    column: str
    problem: str

    def __str__(self) -> str:
        line = f", line {self.row}" if self.row else ""
        column = f", {self.column}" if self.column else ""
        return f"{self.file}{line}{column}: {self.problem}"


class ObservationError(Exception):
    """Observations that are refused, with every finding.

    Attributes:
        folder: of the event.
        findings: everything that is wrong, file by file.
    """

    def __init__(self, folder: Path, findings: Iterable[Finding]) -> None:
        self.folder = folder
        self.findings = tuple(dict.fromkeys(findings))
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.findings)
        head = f"{self.folder}: {count} {'error' if count == 1 else 'errors'}"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])
