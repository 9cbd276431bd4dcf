"""What it costs to give a special up, and how long waiting for help is worth it: arithmetic, at the medians."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass

from scipy.special import ndtr

from sim.model.plan import Plan
from sim.model.rules import results
from sim.model.units import HOUR_S, MINUTE_S
from sim.study.contingency.timetable import Timetable


@dataclass(frozen=True)
class Tomorrow:
    """The next stage for a car that was recovered.

    Attributes:
        name: of the stage.
        departure: when the first car leaves for it: a car that is not back by then does not start.
        allowed_s: its time allowed.
        clean_s: a clean run of this car.
        barred: is a recovered car out of it in any case (the second day of a marathon pair)?
    """

    name: str
    departure: int
    allowed_s: int
    clean_s: int
    barred: bool


@dataclass(frozen=True)
class Penalty:
    """The price of a special that is not completed.

    Attributes:
        times: the car's day.
        clean_s: seconds of its clean run.
        counted: does the stage count?
        plus_lost: is it the time lost, and not the time allowed, that is booked?
        fixed_s, no_start_s: fixed penalty, and what is added where a special is not started.
        max_lateness_s: the start tomorrow may be so late.
        recovery_s, sigma: median and log standard deviation of a recovery.
        tomorrow: the next stage; None after the last.
    """

    times: Timetable
    clean_s: int
    counted: bool
    plus_lost: bool
    fixed_s: int
    no_start_s: int
    max_lateness_s: int
    recovery_s: float
    sigma: float
    tomorrow: Tomorrow | None

    def booked_s(self, leaves: int) -> int:
        """Seconds that are booked for a special given up at `leaves`, fixed penalty included."""
        back = leaves + round(self.recovery_s)
        if self.tomorrow:
            back = min(back, self.tomorrow.departure)
        lost = back - self.times.start
        return int(results.attributed_s(self.times.stage.allowed_s, lost, plus_lost=self.plus_lost)) + self.fixed_s

    def cost_s(self, leaves: int) -> int:
        """The same over a clean run; 0 on a stage that does not count."""
        return self.booked_s(leaves) - self.clean_s if self.counted else 0

    def no_start_cost_s(self) -> int:
        """What it costs over a clean run not to start tomorrow; 0 if there is no tomorrow."""
        if self.tomorrow is None:
            return 0
        return self.tomorrow.allowed_s + self.fixed_s + self.no_start_s - self.tomorrow.clean_s

    def misses_tomorrow(self, leaves: int, job_s: float) -> float:
        """Chance that a car given up at `leaves`, which then needs a job in the bivouac, does not start tomorrow.

        Recovery is log-normal; the car has to be back by the first departure, and the job done by the maximum lateness
        after it. A bay is taken to be free.
        """
        if self.tomorrow is None:
            return 0.0
        left = min(self.tomorrow.departure, self.tomorrow.departure + self.max_lateness_s - job_s) - leaves
        if self.tomorrow.barred or left <= 0:
            return 1.0
        if self.sigma == 0.0:
            return float(self.recovery_s > left)
        return float(ndtr(-math.log(left / self.recovery_s) / self.sigma))

    def price_s(self, leaves: int, job_s: float) -> float:
        """Expected seconds that giving up at `leaves` costs, today and tomorrow."""
        return self.cost_s(leaves) + self.misses_tomorrow(leaves, job_s) * self.no_start_cost_s()


@dataclass(frozen=True)
class Help:
    """Help that may come: seconds it works, its chance to mend the car, and the job that a recovered car needs."""

    work_s: float
    chance: float
    job_s: float


def last_minute(penalty: Penalty, km: float, work_s: float) -> int:
    """Seconds that help may take to come to a car at a km, if the special is still to be completed; < 0: none.

    Help works `work_s`; then the car drives on to the finish, undamaged.
    """
    times = penalty.times
    halted, work = times.at(km), round(work_s)
    latest = times.stage.allowed_s
    wait = bisect_left(
        range(latest + 1), True, key=lambda s: times.elapsed(times.finish(halted + s + work, km)) > latest
    )
    return wait - 1


def worth_waiting_s(penalty: Penalty, km: float, help_: Help) -> int:
    """The longest wait for which a car that stops at a km does not do better to withdraw at once; < 0: there is none.

    Seconds. Waiting costs the time until the car drives on if help mends it, else the price of giving up only then.
    Whole minutes, within `last_minute`.
    """
    times = penalty.times
    halted, limit = times.at(km), last_minute(penalty, km, help_.work_s)
    clean, at_once = times.finish(halted, km), penalty.price_s(halted, help_.job_s)

    def gain(wait_s: int) -> float:
        done = halted + wait_s + round(help_.work_s)
        mended, vain = times.finish(done, km) - clean, penalty.price_s(done, help_.job_s)
        return at_once - help_.chance * mended - (1.0 - help_.chance) * vain

    minutes = bisect_left(range(limit // MINUTE_S + 1), True, key=lambda minute: gain(minute * MINUTE_S) < 0.0)
    return min((minutes - 1) * MINUTE_S, limit) if minutes <= limit // MINUTE_S else limit


def penalty_of(plan: Plan, times: Timetable, tomorrow: Timetable | None) -> Penalty:
    """The price of a special for the car of a timetable; `tomorrow` is its timetable of the next stage."""
    stage, rules = times.stage, plan.rally.regulations
    return Penalty(
        times=times,
        clean_s=times.elapsed(times.finish(times.start, 0.0)),
        counted=stage.spec.counted,
        plus_lost=rules.uncompleted == "time_lost_plus_fixed",
        fixed_s=plan.fixed_penalty_s,
        no_start_s=plan.no_start_penalty_s,
        max_lateness_s=plan.max_lateness_s,
        recovery_s=plan.rally.recovery.hours * HOUR_S,
        sigma=plan.rally.recovery.sigma,
        tomorrow=_tomorrow(plan, stage.starts_marathon, tomorrow) if tomorrow else None,
    )


def _tomorrow(plan: Plan, starts_marathon: bool, times: Timetable) -> Tomorrow:  # noqa: FBT001
    return Tomorrow(
        name=times.stage.name,
        departure=times.stage.first_departure,
        allowed_s=times.stage.allowed_s,
        clean_s=times.elapsed(times.finish(times.start, 0.0)),
        barred=starts_marathon and not plan.rally.regulations.restart_after_marathon_recovery,
    )
