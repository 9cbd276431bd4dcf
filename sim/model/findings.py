"""What is wrong with a scenario: findings with their paths, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One error: the path of the value in the scenario, and what is wrong with it."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


class TooHeavy(Finding):
    """The spares of a crew weigh more than is allowed: whoever tries out loads leaves this one out."""


class ScenarioError(Exception):
    """A scenario that is refused, with every finding."""

    def __init__(self, file: Path, findings: Iterable[Finding]) -> None:
        self.file = file
        self.findings = tuple(dict.fromkeys(findings))
        super().__init__(str(self))

    def __str__(self) -> str:
        count = len(self.findings)
        head = f"{self.file}: {count} {'error' if count == 1 else 'errors'}"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


def unknown(kind: str, given: str, known: Iterable[str]) -> str:
    """What is wrong with a name, with the nearest known names or, if none is near, all of them."""
    names = [str(name) for name in known]
    hint = nearest(given, names) or (f"known: {', '.join(names)}" if names else "none is defined")
    return f"unknown {kind} {given!r}; {hint}"


def nearest(given: str, known: Iterable[str]) -> str:
    """The question whether a near name was meant; "" if none is near. Numbers are not misspelt: none is near one."""
    near = [] if given.isdecimal() else difflib.get_close_matches(given, list(known), n=2, cutoff=0.6)
    return f"did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
