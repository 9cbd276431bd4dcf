"""A number that was measured, and what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Better = Literal["more", "less"]


@dataclass(frozen=True)
class Measure:
    """A figure of a run.

    Attributes:
        name: what was measured.
        value: the number, in units of `unit`.
        better: is more of it better, or less?
        target: what it must reach, None for what is only told.
        aim: what it should reach one day.
    """

    name: str
    value: float
    unit: str
    better: Better
    target: float | None = None
    aim: float | None = None

    @property
    def met(self) -> bool | None:
        """Is the target reached? None if there is none."""
        return None if self.target is None else self.reaches(self.target)

    def reaches(self, goal: float) -> bool:
        """Is the number as good as that?"""
        return self.value >= goal if self.better == "more" else self.value <= goal

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "better": self.better,
            "target": self.target,
            "aim": self.aim,
            "met": self.met,
        }
