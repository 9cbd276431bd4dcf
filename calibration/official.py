"""The official results as the predictive checks ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sim.study.official import Fact, read_official

CLASSIFIED = ("finished", "rejoined")


@dataclass(frozen=True)
class Official:
    """What was published; `counted` are the stages that count, in their order."""

    facts: tuple[Fact, ...]
    counted: tuple[str, ...]

    @classmethod
    def read(cls, file: Path, counted: tuple[str, ...]) -> Official:
        """Read a file of official results.

        Raises ScenarioError with all that is wrong with it, OSError if it cannot be read.
        """
        return cls(tuple(read_official(file)), counted)

    def _numbers(self, quantity: str) -> dict[tuple[str, str], int]:
        """Published whole numbers by stage and car."""
        return {
            (fact.stage, fact.car): fact.value
            for fact in self.facts
            if fact.quantity == quantity and isinstance(fact.value, int)
        }

    @cached_property
    def positions(self) -> Mapping[tuple[str, str], int]:
        """Places by stage and car."""
        return self._numbers("stage_position")

    @cached_property
    def completed(self) -> Mapping[tuple[str, str], int]:
        """1 or 0 by stage and car."""
        return self._numbers("completed")

    @cached_property
    def standing(self) -> Mapping[str, int]:
        """Final places by car."""
        return {car: place for (stage, car), place in self._numbers("standing").items() if stage == self.counted[-1]}

    @cached_property
    def status(self) -> Mapping[str, str]:
        """How the rally ended, by car; of the cars of which it is known."""
        return {fact.car: str(fact.value) for fact in self.facts if fact.quantity == "status" and fact.value}

    @property
    def classified(self) -> set[str]:
        """Cars that are known to be classified."""
        return {car for car, status in self.status.items() if status in CLASSIFIED}

    def _at(self, place: int) -> str | None:
        """The car of a final place, None if it was not published."""
        return next((car for car, found in self.standing.items() if found == place), None)

    @property
    def margin_s(self) -> int | None:
        """Seconds from the winner to the second, None if they were not published."""
        second = self._at(2)
        return None if second is None else self._numbers("total_gap_s").get((self.counted[-1], second))

    @property
    def stages_won(self) -> int | None:
        """Counted stages won by the winner, None if nobody published who that is."""
        winner = self._at(1)
        return None if winner is None else sum(self.positions.get((stage, winner)) == 1 for stage in self.counted)

    def winning_s(self, stage: str) -> int | None:
        """Seconds of the winner of a stage, None if they were not published."""
        times = self._numbers("stage_time_s")
        won = (cell for cell, place in self.positions.items() if cell[0] == stage and place == 1)
        return next((times[cell] for cell in won if cell in times), None)

    def podiums(self, makes: Mapping[str, str]) -> Counter[str]:
        """Counted stages whose first three cars are of one make, by make; of stages whose first three are known."""
        swept: Counter[str] = Counter()
        for stage in self.counted:
            first = [makes[car] for (where, car), place in self.positions.items() if where == stage and place <= 3]
            if len(first) == 3 and len(set(first)) == 1:
                swept[first[0]] += 1
        return swept

    def podium_make(self, makes: Mapping[str, str]) -> str | None:
        """The make that has most of them, None if none has any."""
        return next((make for make, _ in self.podiums(makes).most_common(1)), None)
