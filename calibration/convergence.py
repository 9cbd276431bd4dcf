"""Have the chains of a sampler converged, and how many independent draws are theirs worth?

Rank-normalised split R-hat, effective sample sizes and Monte Carlo standard errors are those of A. Vehtari, A. Gelman,
D. Simpson, B. Carpenter and P.-C. Bürkner, "Rank-normalization, folding, and localization: An improved R-hat for
assessing convergence of MCMC", Bayesian Analysis 16 (2021), 667-718. Chains of one parameter have the shape (chains,
draws): at least one chain of at least MIN_DRAWS finite draws. Every chain is cut into halves, which count as chains of
their own, so that a trend shows; the middle one of an odd number of draws is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, special, stats

from sim.model.arrays import FloatArray

MAX_RHAT = 1.01
"""Largest R-hat of chains that have converged, as the paper recommends."""

MIN_ESS = 400.0
"""Fewest effective draws with which R-hat and the errors can be trusted, as the paper recommends."""

MIN_DRAWS = 4
"""A chain is cut into halves, and a variance needs two draws."""

TOLD = 5
"""Parameters that the message of a verdict tells in full."""


@dataclass(frozen=True)
class Diagnosis:
    """The chains of one parameter.

    Attributes:
        name: of the parameter.
        mean: over all draws.
        error: Monte Carlo standard error of the mean.
        rhat: 1 if all chains have found the same distribution, else more; infinite if chains stand still apart.
        ess_bulk, ess_tail: effective draws in the middle of the distribution, and about its 5 % and 95 % quantiles.
        problems: why the chains are refused, none if they are not.

    What cannot be computed is not a number: `rhat` and both sizes if all draws are the same, which is no problem, and
    everything if a draw is not finite, which is one.
    """

    name: str
    mean: float
    error: float
    rhat: float
    ess_bulk: float
    ess_tail: float
    problems: tuple[str, ...]

    @property
    def constant(self) -> bool:
        """Are all draws of all chains the same?"""
        return math.isnan(self.rhat) and not self.problems

    @property
    def ess(self) -> float:
        """Effective draws in bulk or tails, whichever has fewer."""
        return min(self.ess_bulk, self.ess_tail)

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(self.problems) or 'converged'}"


@dataclass(frozen=True)
class Verdict:
    """All parameters, in the order in which they were given.

    Attributes:
        diagnoses: one for each parameter.
        chains, draws: the shape of what was judged.
        max_rhat, min_ess: what was allowed, both included.
    """

    diagnoses: tuple[Diagnosis, ...]
    chains: int
    draws: int
    max_rhat: float
    min_ess: float

    @property
    def failed(self) -> tuple[Diagnosis, ...]:
        """The parameters that are refused, the worst first: that with the fewest effective draws."""
        return tuple(sorted((one for one in self.diagnoses if one.problems), key=lambda one: np.nan_to_num(one.ess)))

    @property
    def passed(self) -> bool:
        """Have all parameters converged?"""
        return not self.failed

    @property
    def constant(self) -> tuple[str, ...]:
        """Parameters that never moved, and stand at the same value in all chains."""
        return tuple(one.name for one in self.diagnoses if one.constant)

    @property
    def worst_rhat(self) -> float:
        """The largest R-hat; 1 if no parameter has one."""
        return max((one.rhat for one in self.diagnoses if not math.isnan(one.rhat)), default=1.0)

    @property
    def least_ess(self) -> float:
        """The fewest effective draws, in bulk or tail; infinite if no parameter has any."""
        return min((one.ess for one in self.diagnoses if not math.isnan(one.ess)), default=math.inf)

    def __str__(self) -> str:
        size = f"{self.chains} {'chain' if self.chains == 1 else 'chains'} of {self.draws} draws"
        worst = f"largest R-hat {self.worst_rhat:.3f}, fewest effective draws {self.least_ess:.0f}"
        constant = [f"constant: {', '.join(self.constant)}"] if self.constant else []
        failed = self.failed
        if not failed:
            return "; ".join([f"all parameters have converged ({size})", worst, *constant])
        rest = [f"and {len(failed) - TOLD} more"] if len(failed) > TOLD else []
        head = f"{len(failed)} of {len(self.diagnoses)} parameters have not converged ({size}); {worst}"
        return "\n  ".join([head, *map(str, failed[:TOLD]), *rest, *constant])


def judge(
    names: Sequence[str], samples: FloatArray, *, max_rhat: float = MAX_RHAT, min_ess: float = MIN_ESS
) -> Verdict:
    """Judge the chains of all parameters, `samples` of shape (chains, draws, parameters).

    A parameter is refused if its R-hat is above `max_rhat`, if its effective sample size in bulk or tail is below
    `min_ess`, if a chain of it stands still while others do not or stand elsewhere, or if a draw is not finite.

    Raises ValueError if the shape is another, or there are fewer than MIN_DRAWS draws.
    """
    if samples.ndim != 3 or samples.shape[0] < 1 or samples.shape[2] != len(names):
        raise ValueError(f"samples of shape {samples.shape} where (chains, draws, {len(names)}) is needed")
    chains, draws = samples.shape[:2]
    if draws < MIN_DRAWS:
        raise ValueError(f"{draws} draws in a chain, {MIN_DRAWS} are the least")
    diagnoses = (_diagnose(name, samples[:, :, index], max_rhat, min_ess) for index, name in enumerate(names))
    return Verdict(tuple(diagnoses), chains, draws, max_rhat, min_ess)


def rhat(chains: FloatArray) -> float:
    """Rank-normalised split R-hat: of the draws, or of their distances from the median if that is larger.

    The first sees chains in different places, the second chains of different widths. About 1 if there are neither;
    infinite if every half of a chain stands still, but not all at the same value; not a number if all draws are the
    same.
    """
    halves = _halves(chains)
    folded = np.abs(halves - np.median(halves))
    return float(np.fmax(_rhat(_normal_scores(halves)), _rhat(_normal_scores(folded))))


def ess_bulk(chains: FloatArray) -> float:
    """Effective draws for the middle of a distribution: those of the normal scores of the draws.

    Not a number if all draws are the same.
    """
    return _ess(_normal_scores(_halves(chains)))


def ess_tail(chains: FloatArray) -> float:
    """Effective draws for the 5 % or the 95 % quantile, whichever has fewer.

    They are those of the share of draws at or beyond the quantile. "At" counts on either side, so that a limit at
    which many draws stand is a tail as well. Not a number if all draws are the same.
    """
    halves = _halves(chains)
    low, high = np.quantile(halves, (0.05, 0.95))
    return float(np.fmin(_ess((halves <= low).astype(np.float64)), _ess((halves >= high).astype(np.float64))))


def mean_error(chains: FloatArray) -> float:
    """Monte Carlo standard error of the mean of all draws, in their unit; 0 if they are all the same."""
    size = _ess(_halves(chains))
    return 0.0 if math.isnan(size) else float(chains.std(ddof=1)) / math.sqrt(size)


def _diagnose(name: str, chains: FloatArray, max_rhat: float, min_ess: float) -> Diagnosis:
    if bad := int((~np.isfinite(chains)).sum()):
        problem = f"{bad} of {chains.size} draws are not finite"
        return Diagnosis(name, math.nan, math.nan, math.nan, math.nan, math.nan, (problem,))
    sizes = rhat(chains), ess_bulk(chains), ess_tail(chains)
    problems = () if math.isnan(sizes[0]) else (*_standing(chains), *_refusals(*sizes, max_rhat, min_ess))
    return Diagnosis(name, float(chains.mean()), mean_error(chains), *sizes, problems)


def _standing(chains: FloatArray) -> list[str]:
    """The chains that do not move, counted from 1."""
    still = np.flatnonzero(np.ptp(chains, axis=1) == 0.0) + 1
    return [f"chain {chain} of {len(chains)} stands still" for chain in still]


def _refusals(rhat: float, bulk: float, tail: float, max_rhat: float, min_ess: float) -> list[str]:
    apart = [f"R-hat {rhat:.3f} (at most {max_rhat:g})"] if rhat > max_rhat else []
    sizes = {"bulk": bulk, "tails": tail}
    few = [
        f"{n:.0f} effective draws in the {where} (at least {min_ess:g})" for where, n in sizes.items() if n < min_ess
    ]
    return apart + few


def _halves(chains: FloatArray) -> FloatArray:
    """Every chain as two, shape (2 chains, draws // 2)."""
    half = chains.shape[1] // 2
    return np.concatenate((chains[:, :half], chains[:, -half:]))


def _normal_scores(chains: FloatArray) -> FloatArray:
    """What draws of these ranks, among all chains, would be if they were normal; equal ones share their mean rank.

    The quantile of rank r of S is that of G. Blom, "Statistical Estimates and Transformed Beta-Variables", Wiley 1958.
    """
    ranks = stats.rankdata(chains).reshape(chains.shape)
    return np.asarray(special.ndtri((ranks - 0.375) / (chains.size + 0.25)))


def _rhat(chains: FloatArray) -> float:
    """Standard deviation estimated from all chains, over that within a chain."""
    moving = np.ptp(chains, axis=1) > 0.0
    if not moving.any():
        return math.inf if np.ptp(chains) > 0.0 else math.nan
    within, overall = _variances(chains)
    return math.sqrt(overall / within)


def _variances(chains: FloatArray) -> tuple[float, float]:
    """Of at least two chains: the mean variance within one, and the variance of the distribution, from all of them.

    The second is too large as long as the chains have not found each other, and the first too small.
    """
    draws = chains.shape[1]
    within = float(chains.var(axis=1, ddof=1).mean())
    return within, (draws - 1) / draws * within + float(chains.mean(axis=1).var(ddof=1))


def _ess(chains: FloatArray) -> float:
    """Effective draws of at least two chains, for their mean; not a number if all draws are the same.

    At most n log10 n of n draws: chains that swing from side to side know a mean better than independent draws do, but
    how much better is known too badly.
    """
    if np.ptp(chains) == 0.0:
        return math.nan
    draws = chains.shape[1]
    within, overall = _variances(chains)
    covariances = _autocovariances(chains).mean(axis=0) * draws / (draws - 1)
    time = _correlation_time(1.0 - (within - covariances) / overall)
    return chains.size / max(time, 1.0 / math.log10(chains.size))


def _autocovariances(chains: FloatArray) -> FloatArray:
    """Autocovariance of each chain at lags 0 .. draws - 1, same shape; sums are divided by the number of draws."""
    draws = chains.shape[1]
    centred = chains - chains.mean(axis=1, keepdims=True)
    length = fft.next_fast_len(2 * draws, real=True)  # padded with zeros, so that the end does not meet the beginning
    power = np.abs(fft.rfft(centred, length, axis=1)) ** 2
    return np.asarray(fft.irfft(power, length, axis=1)[:, :draws] / draws)


def _correlation_time(correlations: FloatArray) -> float:
    """Sum of the autocorrelations over all lags, negative ones included, from those at lags 0, 1, ..., shape (lags,).

    Sums of neighbours, at lags (0, 1), (2, 3), ..., are positive and fall in every reversible chain: what contradicts
    that is noise. So the first that is not positive ends the sum, and none counts for more than the one before it: the
    initial monotone sequence of C. J. Geyer, "Practical Markov chain Monte Carlo", Statistical Science 7 (1992),
    473-483.
    """
    pairs = correlations[: correlations.size // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0.0)
    positive = pairs[: ends[0]] if ends.size else pairs
    return 2.0 * float(np.minimum.accumulate(positive).sum()) - 1.0
