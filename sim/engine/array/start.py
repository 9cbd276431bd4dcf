"""What a block of replications begins with, and each of its stages: cars, paces, shared failure multipliers.

The draws have the same addresses as the event engine's.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from sim.engine.array.draws import BlockDraws
from sim.engine.array.fleet import LIMPING, Fleet
from sim.engine.array.workshop import Workshop
from sim.engine.luck import Purpose
from sim.model import hazards
from sim.model.arrays import FloatArray, IndexArray
from sim.model.plan import Plan, StagePlan
from sim.model.rules import driving, failures


def first_fleet(plan: Plan, shop: Workshop, draw: IndexArray) -> Fleet:
    """All cars at the start of the run, car c of replication r as c * N + r; `draw` is that of each replication."""
    draws, modes, rows = shop.draws, plan.modes, shop.draws.count
    shape = (len(modes), len(plan.crews) * rows)
    crew = np.repeat(np.arange(len(plan.crews)), rows)
    scripted = bool(plan.happenings)
    limp_factor = plan.drawn.limp_factor
    stage = min(plan.first_stage, len(plan.stages) - 1)
    fleet = Fleet(
        crew=crew,
        row=np.tile(np.arange(rows), len(plan.crews)),
        draw=np.tile(draw, len(plan.crews)),
        failure_wear=failure_wear(plan, draws, draw),
        wear=np.zeros(shape, order="F"),
        threshold=np.full(shape, np.inf, order="F"),
        renewal=np.zeros(shape, dtype=np.int32),
        nights=np.repeat(plan.nights.T.astype(np.int16), rows, axis=1),
        damage=np.zeros(shape, dtype=np.uint8),
        spares=np.repeat(shop.spares[stage], rows, axis=1),
        limp_factors=np.tile(limp_factor[draw].T, len(plan.crews)) if scripted else limp_factor.T,
        pinned_job=np.zeros((len(modes), shape[1] if scripted else 1), dtype=np.int64),
        scripted=scripted,
    )
    if not plan.scripted_only:
        for mode, mode_code in enumerate(modes.codes):
            scale_km = plan.drawn.scale_km[draw, mode]
            for c in plan.crews:
                uniforms = draws.each(Purpose.FIRST_LIFE, where=mode_code, who=c.code)
                age = np.full(rows, plan.ages_km[c.index, mode])
                lives = hazards.weibull_residual_life(uniforms, age, scale_km, modes.shape[mode])
                fleet.threshold[mode, crew == c.index] = failures.life_ends_at(np.zeros(rows), lives)
    _take_up(plan, shop, fleet)
    return fleet


def _take_up(plan: Plan, shop: Workshop, fleet: Fleet) -> None:
    """Start the run from what is known in mid-rally."""
    for crew in plan.crews if plan.state is not None else ():
        assert plan.state is not None
        known, cars = plan.state.crews[crew.car], np.flatnonzero(fleet.crew == crew.index)
        for name, count in known.spares.items():
            fleet.spares[plan.modes.index(name), cars] = count
        for name in known.damage:
            shop.break_down(fleet, LIMPING, np.full(len(cars), plan.modes.index(name)), cars)


def pace_factors(plan: Plan, draws: BlockDraws, draw: IndexArray, stage: StagePlan) -> FloatArray:
    """Time factors of all cars on one stage, shape (C * N,)."""
    drawn, stage_sd, make_sd = plan.drawn, plan.drawn.stage_sd[draw], plan.drawn.make_sd[draw]
    factors = np.empty((len(plan.crews), draws.count))
    z_stage = hazards.normal(draws.each(Purpose.STAGE_PACE, where=stage.code))
    makes = {team.make_code for team in plan.teams}
    z_make = {m: hazards.normal(draws.each(Purpose.MAKE_PACE, where=stage.code, who=m)) for m in makes}
    for crew in plan.crews:
        factors[crew.index] = driving.pace_factor(
            drawn.pace[draw, stage.index, crew.index],
            drawn.consistency[draw, crew.index],
            hazards.normal(draws.each(Purpose.PACE, where=stage.code, who=crew.code)),
            stage_sd,
            z_stage,
            make_sd,
            z_make[plan.teams[crew.team].make_code],
        )
    return factors.reshape(-1)


def failure_wear(plan: Plan, draws: BlockDraws, draw: IndexArray) -> FloatArray:
    """Factors on the wear of (mode, car) from what multiplies failures for the whole rally, shape (M, C * N)."""
    spec = plan.rally.variation
    rally = driving.shared_failures(spec.rally_sd, hazards.normal(draws.each(Purpose.RALLY_FAILURES)))
    wear = np.empty((len(plan.modes), len(plan.crews), draws.count))
    own = np.empty(wear.shape[1:])
    for crew in plan.crews:
        care = driving.shared_failures(spec.care_sd, hazards.normal(draws.each(Purpose.CARE_FAILURES, who=crew.code)))
        own[crew.index] = plan.drawn.log_failures[draw, crew.index] + rally + care
    for mode, make in product(range(len(plan.modes)), {team.make_code for team in plan.teams}):
        z = hazards.normal(draws.each(Purpose.MAKE_FAILURES, where=plan.modes.codes[mode], who=make))
        shared = driving.shared_failures(spec.make_sd, z)
        for crew in plan.crews:
            if plan.teams[crew.team].make_code == make:
                wear[mode, crew.index] = driving.failure_wear(plan.modes.shape[mode], own[crew.index] + shared)
    return np.asfortranarray(wear.reshape(len(plan.modes), own.size))


def stage_wear(plan: Plan, draws: BlockDraws, stage: StagePlan) -> FloatArray:
    """Factors on wear from what multiplies the failures of all cars on one stage, shape (M, N)."""
    wear = np.empty((len(plan.modes), draws.count), order="F")
    for mode, mode_code in enumerate(plan.modes.codes):
        z = hazards.normal(draws.each(Purpose.STAGE_FAILURES, where=stage.code, who=mode_code))
        log_failures = driving.shared_failures(plan.modes.stage_sd[mode], z)
        wear[mode] = driving.failure_wear(plan.modes.shape[mode], log_failures)
    return wear
