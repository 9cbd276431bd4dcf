"""Kinds of events as the calibration tells them apart: mode, severity, and who mended a halt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.facts import Reporting, Told
from calibration.priors import Priors
from sim.model.arrays import BoolArray, FloatArray, IndexArray
from sim.model.plan import Plan
from sim.model.rules.failures import Severity
from sim.model.spec import Mode
from sim.model.units import MINUTE_S

DELAY, LIMP, REPAIR = 0, 1, 2
"""Durations of a mode whose medians are learned: a delay, what a limp adds (a log ratio), a repair by the crew."""
HELPED, NONE = 3, -1
"""Durations that are not: the wait for help; and what ends a special, which has none."""

LEAST_SIGMA = 0.05
"""Least log standard deviation of what is lost: a scenario may say 0, but then no other loss would have a density."""

_BEFORE = "before"
"""Stands for a make in what is told of earlier rallies."""


@dataclass(frozen=True)
class Categories:
    """The J kinds of events; a mode has one for each severity of the scenario, and two for halts.

    Attributes:
        mode, severity: of each kind, shape (J,).
        duration: which duration it loses, DELAY, LIMP, REPAIR, HELPED or NONE, shape (J,).
        ends_special: is the special not completed? Shape (J,).
        reported: chance that an event of it is in the sources, by make, shape (K, J).
        reported_before: the same for rallies before this one, shape (J,).
        sigma: log standard deviation of what it loses, shape (J,).
        prior_log: log of the median of each duration before the fit, seconds; of limps the log of factor - 1; (M, 3).
        limp_s: log seconds of a stage that a limp of factor 2 would lose in the middle, by stage, shape (S,).
        helped_log_s: log seconds of a halt that needs help, in the middle.
    """

    mode: IndexArray
    severity: IndexArray
    duration: IndexArray
    ends_special: BoolArray
    reported: FloatArray
    reported_before: FloatArray
    sigma: FloatArray
    prior_log: FloatArray
    limp_s: FloatArray
    helped_log_s: float

    def __len__(self) -> int:
        return len(self.mode)

    @property
    def crew_halts(self) -> BoolArray:
        """Kinds that are halts mended by the crew."""
        return np.asarray(self.duration == REPAIR)

    @property
    def helped_halts(self) -> BoolArray:
        """Kinds that are halts that need help."""
        return np.asarray(self.duration == HELPED)

    def shares(self, severity: FloatArray, crew_repair: FloatArray) -> FloatArray:
        """Shares of the kinds among the events of their mode, (..., J), from (..., M, 5) and (..., M)."""
        shares = severity[..., self.mode, self.severity]
        alone = crew_repair[..., self.mode]
        shares = np.where(self.crew_halts, shares * alone, shares)
        return np.where(self.helped_halts, shares * (1.0 - alone), shares)

    def log_medians(self, medians: FloatArray) -> FloatArray:
        """Log median seconds that an event of each kind loses on each stage, (B, S, J), from medians (B, M, 3)."""
        learned = medians[:, self.mode, np.clip(self.duration, DELAY, REPAIR)][:, None, :]
        limped = np.where(self.duration == LIMP, self.limp_s[:, None], 0.0)
        return np.where(self.duration == HELPED, self.helped_log_s, learned + limped)


def categories_of(plan: Plan, priors: Priors, makes: tuple[str, ...], reporting: Reporting) -> Categories:
    """The kinds of events of a plan."""
    rows = [row for mode, spec in enumerate(plan.modes.specs) for row in _kinds(mode, spec)]
    mode, severity, duration = (np.array(column, dtype=np.intp) for column in zip(*rows, strict=True))
    specs = plan.modes.specs
    sigmas = {
        DELAY: np.array([spec.delay_sigma for spec in specs]),
        LIMP: np.full(len(specs), priors.minutes.limp_sigma),
        REPAIR: np.array([spec.repair_sigma for spec in specs]),
        HELPED: np.full(len(specs), priors.minutes.helped_sigma),
        NONE: np.ones(len(specs)),
    }
    prior_log = np.log([_medians(spec) for spec in specs])
    limp_s = np.log([priors.minutes.limp_share * stage.track.nominal_s for stage in plan.stages])
    helped_log_s = float(np.log(priors.minutes.helped_min * MINUTE_S))
    typical = {DELAY: prior_log[:, DELAY], LIMP: prior_log[:, LIMP] + limp_s.mean(), REPAIR: prior_log[:, REPAIR]}
    typical |= {HELPED: np.full(len(specs), helped_log_s), NONE: np.zeros(len(specs))}
    lost_s = [float(np.exp(typical[d][m])) for m, d in zip(mode, duration.tolist(), strict=True)]
    names = [
        (plan.modes.names[m], Severity(s).name.lower(), lost) for m, s, lost in zip(mode, severity, lost_s, strict=True)
    ]
    before = priors.before
    told = Told(before.serious_from_min * MINUTE_S, before.serious, before.minor, before.by_mode, before.source)
    reporting = Reporting({**reporting.makes, _BEFORE: told})
    return Categories(
        mode=mode,
        severity=severity,
        duration=duration,
        ends_special=np.isin(severity, (Severity.STRAND, Severity.WRECK)),
        reported=np.array([[reporting.probability(make, *name) for name in names] for make in makes]),
        reported_before=np.array([reporting.probability(_BEFORE, *name) for name in names]),
        sigma=np.array([max(sigmas[d][m], LEAST_SIGMA) for m, d in zip(mode, duration.tolist(), strict=True)]),
        prior_log=prior_log,
        limp_s=limp_s,
        helped_log_s=helped_log_s,
    )


def _kinds(mode: int, spec: Mode) -> list[tuple[int, int, int]]:
    """(mode, severity, duration) of the kinds of one mode."""
    shares, alone = spec.severity.shares(), spec.crew_repair
    durations = {
        Severity.DELAY: [DELAY],
        Severity.LIMP: [LIMP],
        Severity.HALT: [REPAIR] * (alone > 0) + [HELPED] * (alone < 1),
        Severity.STRAND: [NONE],
        Severity.WRECK: [NONE],
    }
    return [(mode, int(s), d) for s in Severity if shares[s] > 0 for d in durations[s]]


def _medians(spec: Mode) -> tuple[float, float, float]:
    """Seconds of a delay, factor - 1 of a limp, seconds of a repair; 1 where a mode has none."""
    delay, limp, repair = spec.delay_min * MINUTE_S, spec.limp_factor - 1.0, spec.repair_min * MINUTE_S
    return (delay if delay > 0 else 1.0, limp if limp > 0 else 1.0, repair)
