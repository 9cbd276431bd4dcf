"""The journal: every happening of one rally, in an order that does not depend on how it was simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from sim.model.plan import car_order


class Phase(IntEnum):
    """The phases of one second, numbered as in docs/model.md: what happens first, what after."""

    OWN = 1
    """Reaching a failure, a service point, sunset or the finish; the end of a repair."""
    OFFER = 2
    """Help is offered and taken, one at a time."""
    CLOSE = 3
    """The course closes: waits end."""
    BAY = 4
    """Cars take bays; the refuge shares its parts."""
    NIGHT_ENDS = 5
    """No car takes a bay any more."""
    MORNING = 6
    """Race control decides who starts."""


class Kind(StrEnum):
    """What a journal entry tells."""

    DEPART = "depart"
    START = "start"
    LATE = "late"
    NO_START = "no start"
    ORDER = "pace order"
    FORMATION = "formation"
    SERVICE = "service point"
    SUNSET = "sunset"
    DELAY = "delay"
    WAYPOINT = "missed waypoint"
    LIMP = "limp"
    HALT = "halt"
    STRAND = "strand"
    WRECK = "wreck"
    SECONDARY = "secondary damage"
    REPAIR = "repair"
    WAIT = "wait"
    HAND_OVER = "hand-over"
    STAY = "stays to help"
    TRUCK = "truck works"
    TRUCK_FAILED = "truck cannot mend it"
    CLOSED = "wait ends"
    WITHDRAW = "withdraws"
    RECOVERY = "recovery"
    FINISH = "finish"
    OVER_TIME = "over time"
    LIAISON = "fails on the liaison"
    ARRIVE = "arrives"
    BAY = "takes a bay"
    NO_BAY = "no bay in time"
    JOB = "job"
    JOB_LEFT = "job left undone"
    BORROW = "borrows a part"
    ROUTINE = "routine service"
    RENEWED = "new parts"
    STEWARDS = "stewards' penalty"
    TRUCK_OUT = "truck does not run"
    RETIRED = "retired"


@dataclass(slots=True)
class Entry:
    """One happening, for one party to it.

    Attributes:
        time_s: second of the rally clock.
        phase: phase of that second.
        car: race number, or the name of a truck.
        stage: name of the stage.
        km: km of the special, in full precision; None away from it.
        kind: what happened.
        mode: failure mode, if any.
        helper: the other party, if any.
        end_s: when it ends, if it lasts.
        seconds: what it costs, if it is a penalty or a loss of time that does not last (lateness, a penalty).
        spares: parts for this mode left on board afterwards.
        renewal: index of the life that ended.
        detail: what no other field holds.
        lap: how often the phases of that second had begun anew.
    """

    time_s: int
    phase: Phase
    car: str
    stage: str
    km: float | None
    kind: Kind
    mode: str = ""
    helper: str = ""
    end_s: int | None = None
    seconds: int | None = None
    spares: int | None = None
    renewal: int | None = None
    detail: str = ""
    lap: int = 0


@dataclass
class Journal:
    """Entries of one rally."""

    _entries: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Write an entry; entries of one car must come in causal order."""
        self._entries.append(entry)

    def __iter__(self) -> Iterator[Entry]:
        """Entries by second, lap, phase and race number; within a car in the order they were written."""
        return iter(sorted(self._entries, key=lambda e: (e.time_s, e.lap, e.phase, car_order(e.car))))

    def __len__(self) -> int:
        return len(self._entries)
