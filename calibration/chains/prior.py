"""Drawing all unknowns from the prior."""

from __future__ import annotations

import numpy as np

from calibration.chains.draws import draw_gamma, gamma_like_shared
from calibration.chains.effects import ground_log_s
from calibration.chains.rates import draw_crew_repair, draw_severity
from calibration.chains.state import SLOTS, State
from calibration.priors import Spread
from calibration.problem import GammaPrior, Problem
from sim.model.arrays import FloatArray
from sim.model.rules.failures import Severity


class _Draw:
    """Draws of one kind after the other for so many chains."""

    def __init__(self, chains: int, rng: np.random.Generator) -> None:
        self.chains, self.rng = chains, rng

    def normal(self, mean: FloatArray | float, sd: FloatArray | float, *shape: int) -> FloatArray:
        return np.asarray(mean + sd * self.rng.normal(size=(self.chains, *shape)))

    def log_normal(self, prior: Spread) -> FloatArray:
        return np.exp(self.normal(np.log(prior.median), prior.log_sd))

    def above(self, prior: Spread, floor: float) -> FloatArray:
        """Log-normal variables, drawn again as long as they are below a floor."""
        drawn = self.log_normal(prior)
        while (low := drawn <= floor).any():
            drawn = np.where(low, self.log_normal(prior), drawn)
        return drawn

    def gamma(self, prior: GammaPrior, *shape: int) -> FloatArray:
        return draw_gamma(prior, self.none(*shape), 0.0, self.rng)

    def none(self, *shape: int) -> FloatArray:
        """Counts where nothing has been seen yet."""
        return np.zeros((self.chains, *shape))


def draw_prior(problem: Problem, chains: int, rng: np.random.Generator) -> State:
    """States from the prior, without a stage time and without an event."""
    draw, priors, kinds = _Draw(chains, rng), problem.priors, problem.kinds
    modes, cars, stages, makes = (
        len(problem.plan.modes),
        len(problem.make),
        len(problem.plan.stages),
        len(problem.makes),
    )
    variation = problem.plan.rally.variation
    speed = draw.normal(problem.terrain_prior, priors.terrain_log_sd, len(problem.terrain_prior))
    stage_sd, make_sd = draw.log_normal(priors.stages.common_sd), draw.log_normal(priors.stages.make_sd)
    crew_sd = draw.log_normal(priors.crews.spread)
    formation = priors.stages.formation_sd
    make_stage_sd = np.where(problem.formation.T, formation, make_sd[:, None, None])
    own = [priors.makes[problem.makes[make]] for make in problem.make]
    paces = [priors.makes[make].pace for make in problem.makes]
    consistency = [draw.above(make.consistency, priors.crews.consistency_floor) for make in own]
    events = len(problem.seen.cell)
    return State(
        seconds=np.zeros((chains, problem.cells)),
        sums=np.zeros((chains, len(problem.matrix))),
        size=np.zeros((chains, problem.cells, SLOTS)),
        told=np.ones((chains, events)),
        told_kind=np.zeros((chains, events), dtype=np.intp),
        stage=ground_log_s(problem, speed) + draw.normal(0.0, stage_sd[:, None], stages),
        make=draw.normal(np.array([pace.mean for pace in paces]), np.array([pace.sd for pace in paces]), makes),
        crew=draw.normal(0.0, crew_sd[:, None], cars),
        make_stage=draw.normal(0.0, make_stage_sd, makes, stages),
        speed=speed,
        ratio=np.log(draw.log_normal(priors.stages.ultimate_ratio)),
        stage_sd=stage_sd,
        make_sd=make_sd,
        crew_sd=crew_sd,
        ultimate_sd=draw.log_normal(priors.stages.ultimate_sd),
        consistency=np.stack(consistency, axis=1),
        failures=draw.gamma(problem.failures, modes),
        rally=draw.gamma(gamma_like_shared(variation.rally_sd), problem.rallies),
        make_mode=draw.gamma(gamma_like_shared(variation.make_sd), makes, modes),
        care=draw.gamma(gamma_like_shared(variation.care_sd), cars),
        stage_mode=draw.gamma(gamma_like_shared(problem.plan.modes.stage_sd), stages, modes),
        make_failures=draw.gamma(problem.make_failures, makes),
        severity=draw_severity(problem, draw.none(modes, len(Severity)), rng),
        crew_repair=draw_crew_repair(problem, draw.none(modes, 2), rng),
        medians=draw.normal(kinds.prior_log, np.array(priors.minutes.of_medians), modes, 3),
        recovery=np.log(draw.log_normal(priors.recovery.hours)),
        truck_delay=np.log(draw.log_normal(priors.trucks.start_delay_min)),
        truck_speed=np.log(draw.log_normal(priors.trucks.speed_kmh)),
    )
