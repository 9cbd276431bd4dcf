"""The card for the co-driver: what matters on a stage, and the odds of everything a crew may do about it.

For each failure mode, zone and action the same rallies are run with the failure pinned in the middle of the zone and
the action forced; all else is drawn, with the same luck, so that differences are those of the actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.model.findings import unknown
from sim.model.plan import Plan
from sim.study.contingency.actions import ACTIONS, CONDITIONAL, Action, Situation, pinned
from sim.study.contingency.penalty import Help, Penalty, last_minute, penalty_of, worth_waiting_s
from sim.study.contingency.timetable import Zone, timetable, zones
from sim.study.errors import StudyError
from sim.study.estimates import FIXED, Estimate
from sim.study.executors import Pool
from sim.study.paired import Fates, Question, Watched, apart, gain, minutes, share, watch
from sim.study.run import in_order

MODES = 5
"""So many modes are on a card."""


@dataclass(frozen=True)
class Option:
    """The odds of one action.

    Attributes:
        action: what the crew does.
        completed: chance that the special is completed; of the rally, that the crew is classified, and wins.
        minutes: what it adds to the total over the same rallies without the failure, where classified in both; None
            if it never is.
    """

    action: Action
    completed: Estimate
    classified: Estimate
    win: Estimate
    minutes: Estimate | None


@dataclass(frozen=True)
class Verdict:
    """The best of some actions, and by how much.

    Attributes:
        best: fewest minutes among those whose chance to be classified cannot be told apart from the greatest.
        next: the best of the others; None if there is none.
        minutes: how many more minutes the next one costs; None if they are never both classified.
        classified: by how much the chance to be classified of the best is greater.
        apart: can the two be told apart, by either?
    """

    best: Action
    next: Action | None = None
    minutes: Estimate | None = None
    classified: Estimate | None = None
    apart: bool = False


@dataclass(frozen=True)
class Cell:
    """One mode in one zone.

    Attributes:
        options: what the crew can do.
        why_not: what it cannot do, and why.
        verdict: of all options.
        otherwise: of the unconditional ones, if the best is to mend it alone or to limp on.
        last_minute_s: the truck has to be there within so many seconds, or the special is not completed.
        worth_waiting_s: from a longer wait for it on withdrawing at once is better; < 0: in any case.
    """

    options: tuple[Option, ...]
    why_not: Mapping[Action, str]
    verdict: Verdict
    otherwise: Verdict | None
    last_minute_s: int
    worth_waiting_s: int


@dataclass(frozen=True)
class ModeRow:
    """One failure mode.

    Attributes:
        name: of the mode.
        share: in this share of the rallies it costs the car something on the stage.
        lost_s: seconds it costs there, mean over all rallies.
        chance_alone: chance that the crew can mend it, the part at hand.
        cells: by zone.
    """

    name: str
    share: Estimate
    lost_s: Estimate
    chance_alone: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Card:
    """The card of a car for a stage.

    Attributes:
        situation: who and where.
        penalty: the price of giving up.
        zones: the stretches of the special.
        modes: what matters, the costliest first.
        base: odds without any of it pinned; its minutes are None.
        n: rallies a cell.
    """

    situation: Situation
    penalty: Penalty
    zones: tuple[Zone, ...]
    modes: tuple[ModeRow, ...]
    base: Option
    n: int


def situation_of(plan: Plan, stage: str, car: str) -> Situation:
    """A car on a stage of a plan.

    Raises StudyError if there is no such car, or if it is out of the rally.
    """
    cars = [crew.car for crew in plan.crews]
    if car not in cars:
        raise StudyError(f"--car: {unknown('crew', car, cars)}")
    if plan.state is not None and plan.state.crews[car].retired:
        raise StudyError(f"--car: crew {car} is out of the rally after stage {plan.state.after_stage}")
    there, crew = plan.stages[plan.stage_index(stage)], plan.crews[cars.index(car)]
    return Situation(plan, there, crew, timetable(plan, there, crew))


def card_of(situation: Situation, n: int, seed: int, pool: Pool, on_done: Callable[[int], None]) -> Card:
    """Work out a card from n rallies a cell; `on_done` is called after each with how many there are in all.

    Raises what `sim.study.run.in_order` raises.
    """
    question = Question(situation.plan, situation.stage.index, seed, n)
    crew = situation.crew.index
    (watched,) = in_order(watch, [question], pool)
    base = watched.of(crew)
    modes = _what_matters(situation, watched)
    stretches, penalty = zones(situation.times, _longest_work_s(situation, modes)), _penalty(situation)
    keys = [(mode, zone, action) for mode in modes for zone in stretches for action in ACTIONS]
    open_ = [key for key in keys if not situation.why_not(*key)]
    count = 1 + len(open_)
    on_done(count)
    found: dict[tuple[int, Zone, Action], Fates] = {}
    questions = (replace(question, plan=pinned(situation.plan, situation.happening(*key))) for key in open_)
    for key, seen in zip(open_, in_order(watch, questions, pool), strict=True):
        found[key] = seen.of(crew)
        on_done(count)

    def cell(mode: int, zone: Zone) -> Cell:
        here = {action: found[mode, zone, action] for action in ACTIONS if (mode, zone, action) in found}
        return _cell(situation, penalty, mode, zone, here, base)

    return Card(
        situation=situation,
        penalty=penalty,
        zones=tuple(stretches),
        modes=tuple(_row(situation, mode, watched, tuple(cell(mode, zone) for zone in stretches)) for mode in modes),
        base=replace(_option("alone", base, base), minutes=None),
        n=n,
    )


def _longest_work_s(situation: Situation, modes: list[int]) -> float:
    """Median seconds that a truck works on what takes it longest."""
    return max((float(situation.plan.modes.truck_s[mode]) for mode in modes), default=0.0)


def cells_at_most(zones_: int = 3) -> int:
    """How many cells a card has, the one without a failure included."""
    return 1 + MODES * zones_ * len(ACTIONS)


def _penalty(situation: Situation) -> Penalty:
    plan, after = situation.plan, situation.stage.index + 1
    tomorrow = timetable(plan, plan.stages[after], situation.crew) if after < len(plan.stages) else None
    return penalty_of(plan, situation.times, tomorrow)


def _what_matters(situation: Situation, watched: Watched) -> list[int]:
    """The modes that cost most time on the stage, of those about which there is something to decide."""
    costs = watched.lost_s[situation.crew.index, :, 0]
    open_ = [mode for mode in np.argsort(-costs, kind="stable").tolist() if costs[mode] > 0]
    return [mode for mode in open_ if situation.can_halt(mode) or situation.can_limp(mode)][:MODES]


def _row(situation: Situation, mode: int, watched: Watched, cells: tuple[Cell, ...]) -> ModeRow:
    crew, n = situation.crew.index, len(watched)
    total, squares = watched.lost_s[crew, mode].tolist()
    return ModeRow(
        name=situation.plan.modes.names[mode],
        share=FIXED.probability(int(watched.spoilt[crew, mode]), n),
        lost_s=FIXED.mean(total, squares, n),
        chance_alone=situation.chance_alone(mode),
        cells=cells,
    )


def _cell(
    situation: Situation,
    penalty: Penalty,
    mode: int,
    zone: Zone,
    found: Mapping[Action, Fates],
    base: Fates,
) -> Cell:
    modes, drawn = situation.plan.modes, situation.plan.drawn
    help_ = Help(
        work_s=float(modes.truck_s[mode]),
        chance=float(np.median(drawn.truck_repair[:, mode])),
        job_s=float(modes.job_s[mode]),
    )
    verdict = verdict_of(found)
    others = {action: fate for action, fate in found.items() if action not in CONDITIONAL}
    return Cell(
        options=tuple(_option(action, fate, base) for action, fate in found.items()),
        why_not={action: situation.why_not(mode, zone, action) for action in ACTIONS if action not in found},
        verdict=verdict,
        otherwise=verdict_of(others) if verdict.best in CONDITIONAL else None,
        last_minute_s=last_minute(penalty, zone.km, help_.work_s),
        worth_waiting_s=worth_waiting_s(penalty, zone.km, help_),
    )


def _option(action: Action, fate: Fates, base: Fates) -> Option:
    return Option(action, share(fate.completed), share(fate.classified), share(fate.rank == 1), minutes(fate, base))


def verdict_of(found: Mapping[Action, Fates]) -> Verdict:
    """The best of some actions, at least one, against the best of the others."""
    best = _best(found)
    others = {action: fate for action, fate in found.items() if action != best}
    if not others:
        return Verdict(best)
    second = _best(others)
    slower, safer = minutes(found[second], found[best]), gain(found[best].classified, found[second].classified)
    return Verdict(best, second, slower, safer, apart=apart(slower) or apart(safer))


def _best(found: Mapping[Action, Fates]) -> Action:
    """Fewest minutes among the actions whose chance to be classified cannot be told apart from the greatest."""
    safest = max(found, key=lambda action: int(found[action].classified.sum()))
    level = [a for a in found if not apart(gain(found[safest].classified, found[a].classified))]

    def behind(action: Action) -> float:
        slower = minutes(found[action], found[safest])
        return np.inf if slower is None else slower.value

    return min(level, key=behind)
