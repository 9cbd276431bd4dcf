"""In which unit a quantity is told."""

from __future__ import annotations

from dataclasses import dataclass

from sim.model.units import MINUTE_S
from sim.study.estimates import Estimate
from sim.study.quantities import Kind


@dataclass(frozen=True)
class Unit:
    """Means of a quantity are multiplied by a factor and told with so many decimals."""

    factor: float
    level: str
    difference: str
    decimals: int

    def number(self, value: float) -> str:
        """A mean: "36.3"."""
        return f"{self.factor * value:z.{self.decimals}f}"

    def change(self, value: float) -> str:
        """A difference, with its sign: "+1.2"."""
        return f"{self.factor * value:+z.{self.decimals}f}"

    def ends(self, estimate: Estimate) -> str:
        """The interval of a mean: "35.1 to 37.5"."""
        return f"{self.number(estimate.low)} to {self.number(estimate.high)}"

    def change_ends(self, estimate: Estimate) -> str:
        """The interval of a difference."""
        return f"{self.change(estimate.low)} to {self.change(estimate.high)}"


UNITS: dict[Kind, Unit] = {
    "probability": Unit(100.0, "percent", "percentage points", 1),
    "count": Unit(1.0, "per rally", "per rally", 3),
    "seconds": Unit(1.0 / MINUTE_S, "minutes", "minutes", 1),
}
