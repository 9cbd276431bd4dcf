"""One crew's day, account by account."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Day:
    """What one crew did on one stage; all times in seconds.

    On a completed special seconds = driving + delay + repair + waiting + helping, to the second.

    Attributes:
        slot: second of the rally clock of its place in the start list.
        start: second at which it started, None if it did not.
        end: second of its finish, of its recovery's end, or None.
        seconds: result of the special, or the time attributed for it.
        completed: was the special completed within its time?
        decided: is the result known?
        penalty_s: all penalties of the day, the sporting ones included.
        sporting_s: those that count for the next start list.
        driving_s: time on the move.
        delay_s: time of delays.
        repair_s: time of repairs to its own car, whoever worked.
        waiting_s: time waiting for help, hand-overs included.
        helping_s: time spent on a team-mate's car.
        neutral_s: time of service points, which does not count.
        lost: seconds lost by cause (index into the causes of the outcomes).
        cause: why the special was not completed (an index as above), None if it was.
        retired: did the crew's rally end here?
        retired_km: km of the special at which it ended, if it did.
    """

    slot: int = 0
    start: int | None = None
    end: int | None = None
    seconds: int = 0
    completed: bool = False
    decided: bool = False
    penalty_s: int = 0
    sporting_s: int = 0
    driving_s: int = 0
    delay_s: int = 0
    repair_s: int = 0
    waiting_s: int = 0
    helping_s: int = 0
    neutral_s: int = 0
    lost: dict[int, float] = field(default_factory=dict)
    cause: int | None = None
    retired: bool = False
    retired_km: float = 0.0

    def lose(self, cause: int, seconds: float) -> None:
        """Book a loss of time on a cause; once the result is known, what is still lost costs nothing more."""
        if not self.decided:
            self.lost[cause] = self.lost.get(cause, 0.0) + seconds
