"""Compiling a validated rally into a plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import numpy as np

from sim.model.arrays import BoolArray, FloatArray, IntArray
from sim.model.parameters import Parameters
from sim.model.plan import exposure
from sim.model.plan.drawn import tabulate, trucks_of
from sim.model.plan.tables import (
    NEVER,
    REST_DAY,
    CrewPlan,
    ModeTable,
    Plan,
    StagePlan,
    TeamPlan,
    TruckPlan,
)
from sim.model.spec import (
    FOR_PEOPLE,
    Crew,
    CrewState,
    Happening,
    Rally,
    Regulations,
    Script,
    Spec,
    Stage,
    State,
    StewardPenalty,
    WearGroup,
)
from sim.model.stable import code
from sim.model.track import Track, build_track
from sim.model.units import DAY_S, HOUR_S, MINUTE_S, parse_clock, whole_seconds


def car_order(car: str) -> tuple[int, int, str]:
    """Sort key of race numbers: numbers first, by value, then names."""
    return (0, int(car), "") if car.isdigit() else (1, 0, car)


def digest_of(rally: Rally) -> str:
    """SHA-256 of the canonical JSON of the resolved rally: its identity."""
    text = json.dumps(rally.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def run_alike(rally: Rally, other: Rally) -> bool:
    """Are two rallies the same in everything that runs? They may differ in names and other texts for people."""
    return bool(_what_runs(rally) == _what_runs(other))


def _what_runs(value: object) -> object:
    """A table of a rally, or a value in it, without texts for people."""
    if isinstance(value, Spec):
        fields = type(value).model_fields.items()
        return {name: _what_runs(getattr(value, name)) for name, field in fields if FOR_PEOPLE not in field.metadata}
    if isinstance(value, dict):
        return {key: _what_runs(inner) for key, inner in value.items()}
    return [_what_runs(inner) for inner in value] if isinstance(value, list) else value


def compile_plan(rally: Rally, parameters: Parameters | None = None) -> Plan:
    """Compile a validated rally, with the draws of its parameters if it has any.

    Raises ValueError if these are not the draws that belong to it.
    """
    _check_draws(rally, parameters)
    modes = _mode_table(rally)
    stages = _stages(rally, modes)
    names = [stage.name for stage in stages]
    team_names = list(rally.teams)
    crews = tuple(
        _crew(i, car, rally.crews[car], modes, stages, team_names)
        for i, car in enumerate(sorted(rally.crews, key=car_order))
    )
    cars = [crew.car for crew in crews]
    script, state = rally.script, rally.state
    ages, nights = _ages(state, crews, stages, modes)
    return Plan(
        rally=rally,
        digest=digest_of(rally),
        stages=stages,
        modes=modes,
        parameters=parameters,
        drawn=tabulate(rally, parameters, names, cars, modes.names),
        crews=crews,
        teams=tuple(_team(rally, name, crews, i, names) for i, name in enumerate(team_names)),
        secondary=_secondary(modes),
        max_lateness_s=_seconds(rally.regulations.max_lateness_min * MINUTE_S),
        closing_margin_s=_seconds(rally.regulations.closing_margin_min * MINUTE_S),
        fixed_penalty_s=_seconds(rally.regulations.fixed_penalty_h * HOUR_S),
        no_start_penalty_s=_seconds(rally.regulations.no_start_penalty_h * HOUR_S),
        driving_s=_driving_s(script, names, cars),
        happenings=_happenings(script, names, cars, modes),
        penalties=_penalties(script, names, cars),
        first_stage=0 if state is None else names.index(state.after_stage) + 1,
        state=state,
        ages_km=ages,
        nights=nights,
    )


def at_points(plan: Plan, points: Parameters) -> Plan:
    """The same rally with other values of some parameters, one draw a point; what is not among them is as written.

    It is for what-ifs only: its digest is still that of the plan it was made from.
    """
    names = [stage.name for stage in plan.stages], [crew.car for crew in plan.crews], plan.modes.names
    return replace(plan, parameters=points, drawn=tabulate(plan.rally, points, *names))


def _check_draws(rally: Rally, parameters: Parameters | None) -> None:
    used = rally.parameters
    expected = used.sha256 if used is not None and used.use == "drawn" else None
    given = parameters.sha256 if parameters else None
    if given != expected:
        raise ValueError(f"this rally belongs to draws with the digest {expected or 'of none'}, got {given or 'none'}")


def _array(values: Iterable[float]) -> FloatArray:
    array = np.array(list(values), dtype=np.float64)
    array.flags.writeable = False
    return array


def _bools(values: Iterable[bool]) -> BoolArray:
    array = np.array(list(values), dtype=np.bool_)
    array.flags.writeable = False
    return array


def _ints(values: Iterable[int]) -> IntArray:
    array = np.array(list(values), dtype=np.int64)
    array.flags.writeable = False
    return array


def _seconds(seconds: float) -> int:
    return int(whole_seconds(seconds))


def _mode_table(rally: Rally) -> ModeTable:
    names = tuple(sorted(rally.modes, key=code))
    specs = tuple(rally.modes[name] for name in names)
    policies = {"never": NEVER, "rest_day": REST_DAY, "every_night": 1}
    return ModeTable(
        names=names,
        specs=specs,
        codes=tuple(code(name) for name in names),
        is_part=_bools(mode.kind == "part" for mode in specs),
        shape=_array(mode.shape for mode in specs),
        delay_sigma=_array(mode.delay_sigma for mode in specs),
        missed_waypoint=_array(mode.missed_waypoint for mode in specs),
        needs_part=_bools(mode.needs_part for mode in specs),
        repair_sigma=_array(mode.repair_sigma for mode in specs),
        truck_s=_array(mode.truck_min * MINUTE_S for mode in specs),
        truck_sigma=_array(mode.truck_sigma for mode in specs),
        job_s=_array(mode.job_hours * HOUR_S for mode in specs),
        job_sigma=_array(mode.job_sigma for mode in specs),
        pace_exponent=_array(mode.pace_exponent for mode in specs),
        field_life=_array(mode.field_life for mode in specs),
        stage_sd=_array(mode.stage_sd for mode in specs),
        replaced_nights=_ints(policies[m.replaced] if isinstance(m.replaced, str) else m.replaced for m in specs),
    )


def _secondary(modes: ModeTable) -> tuple[tuple[tuple[int, int, float, float, bool], ...], ...]:
    return tuple(
        tuple(
            sorted(
                (modes.index(other), code(name, other), effect.chance, effect.wear_km, effect.damage)
                for other, effect in mode.secondary.items()
            )
        )
        for name, mode in zip(modes.names, modes.specs, strict=True)
    )


def _stages(rally: Rally, modes: ModeTable) -> tuple[StagePlan, ...]:
    ordered = sorted(rally.stages.items(), key=lambda item: item[1].date)
    stages: list[StagePlan] = []
    for i, (name, stage) in enumerate(ordered):
        day_s = (stage.date - ordered[0][1].date).days * DAY_S
        after_refuge = i > 0 and ordered[i - 1][1].night == "refuge"
        stages.append(_stage(rally, modes, i, name, stage, day_s, after_refuge=after_refuge))
    return tuple(stages)


def _stage(
    rally: Rally, modes: ModeTable, index: int, name: str, stage: Stage, day_s: int, *, after_refuge: bool
) -> StagePlan:
    groups = [rally.wear[mode.wear] for mode in modes.specs]
    track, regulations = _track(rally, stage, groups), rally.regulations
    s_per_km = HOUR_S / rally.driving.liaison_kmh
    points = sorted(stage.service_points, key=lambda point: point.km)
    return StagePlan(
        index=index,
        name=name,
        code=code(name),
        spec=stage,
        track=track,
        day_s=day_s,
        first_slot=day_s + parse_clock(stage.first_start),
        gap_s=stage.start_gap_s,
        sunset=day_s + parse_clock(stage.sunset),
        bedtime=day_s + parse_clock(rally.fatigue.bedtime),
        allowed_s=stage.time_allowed_s or _time_allowed_s(regulations, track.nominal_s),
        liaison_before_s=_seconds(stage.liaison_before_km * s_per_km),
        liaison_after_s=_seconds(stage.liaison_after_km * s_per_km),
        transport_s=_seconds((stage.liaison_before_km + stage.special_km + stage.liaison_after_km) * s_per_km),
        liaison_wear_before=_array(group.liaison * stage.liaison_before_km for group in groups),
        liaison_wear_after=_array(group.liaison * stage.liaison_after_km for group in groups),
        service_km=tuple(point.km for point in points),
        service_s=tuple(_seconds(point.minutes * MINUTE_S) for point in points),
        starts_marathon=stage.night == "refuge",
        ends_marathon=after_refuge,
        trucks_allowed=regulations.trucks_on_marathon_specials or not (stage.night == "refuge" or after_refuge),
    )


def _track(rally: Rally, stage: Stage, groups: list[WearGroup]) -> Track:
    """The special of a stage; `groups` are those of the modes."""
    factors = [[group.terrain[section.terrain] for section in stage.sections] for group in groups]
    return build_track(
        _array(section.to_km for section in stage.sections),
        _array(rally.terrains[section.terrain].speed_kmh for section in stage.sections),
        np.array(factors, dtype=np.float64).reshape(len(groups), len(stage.sections)),
        stage.nominal_s,
    )


def _time_allowed_s(rules: Regulations, nominal_s: float) -> int:
    """The formula of the regulations."""
    wanted_s = rules.time_allowed_base_h * HOUR_S + rules.time_allowed_factor * nominal_s
    return _seconds(min(rules.time_allowed_max_h * HOUR_S, wanted_s))


def _crew(
    index: int, car: str, crew: Crew, modes: ModeTable, stages: tuple[StagePlan, ...], teams: list[str]
) -> CrewPlan:
    names = [stage.name for stage in stages]
    wait = crew.orders.withdraw_wait_min
    spares = np.array([_spares(crew, stage, modes) for stage in stages], dtype=np.int64)
    spares.flags.writeable = False
    return CrewPlan(
        index=index,
        car=car,
        code=code(car),
        spec=crew,
        team=teams.index(crew.team),
        spares=spares,
        pace_orders=tuple(crew.orders.pace.get(stage, 1.0) for stage in names),
        rules=tuple((rule, names.index(rule.from_stage) if rule.from_stage else 0) for rule in crew.orders.rules),
        mend_limps=frozenset(modes.index(name) for name in crew.orders.mend_limps),
        withdraw_wait_s=None if wait is None else _seconds(wait * MINUTE_S),
    )


def _spares(crew: Crew, stage: StagePlan, modes: ModeTable) -> list[int]:
    """Parts on board at the start of a stage."""
    marathon = crew.marathon_spares if stage.marathon else {}
    load = {**crew.spares, **marathon, **crew.stage_spares.get(stage.name, {})}
    return [load.get(name, 0) for name in modes.names]


def _team(rally: Rally, name: str, crews: tuple[CrewPlan, ...], index: int, stages: list[str]) -> TeamPlan:
    team, counted = rally.teams[name], list(trucks_of(rally))
    trucks = tuple(
        TruckPlan(
            index=counted.index(f"{name}.trucks.{truck_name}"),
            name=truck_name,
            code=code(name, truck_name),
            spec=truck,
            avoids=tuple(tuple((d.from_km, d.to_km) for d in truck.avoids.get(stage, [])) for stage in stages),
        )
        for truck_name, truck in sorted(team.trucks.items())
    )
    return TeamPlan(
        name=name,
        make_code=code(team.make),
        bays=team.bays,
        routine_s=team.routine_hours * HOUR_S,
        routine_sigma=team.routine_sigma,
        crews=tuple(crew.index for crew in crews if crew.team == index),
        trucks=trucks,
        hands_over=team.help.policy != "never",
        stays=team.help.policy == "stay",
        help_chance=team.help.chance,
        hand_over_s=_seconds(team.help.hand_over_min * MINUTE_S),
        formation=tuple(stage in team.formation for stage in stages),
    )


def _driving_s(script: Script, stages: list[str], cars: list[str]) -> dict[tuple[int, int], int]:
    return {
        (stages.index(stage), cars.index(car)): seconds
        for car, by_stage in script.driving_s.items()
        for stage, seconds in by_stage.items()
    }


def _happenings(
    script: Script, stages: list[str], cars: list[str], modes: ModeTable
) -> dict[tuple[int, int], tuple[tuple[int, Happening], ...]]:
    by_place: dict[tuple[int, int], list[tuple[int, Happening]]] = {}
    for happening in script.happenings.values():
        place = stages.index(happening.stage), cars.index(happening.car)
        by_place.setdefault(place, []).append((modes.index(happening.mode), happening))
    return {place: tuple(sorted(found, key=lambda f: (f[1].km, f[0]))) for place, found in by_place.items()}


def _penalties(script: Script, stages: list[str], cars: list[str]) -> dict[tuple[int, int], tuple[StewardPenalty, ...]]:
    by_place: dict[tuple[int, int], list[StewardPenalty]] = {}
    for penalty in script.penalties.values():
        by_place.setdefault((stages.index(penalty.stage), cars.index(penalty.car)), []).append(penalty)
    return {place: tuple(given) for place, given in by_place.items()}


def _ages(
    state: State | None, crews: tuple[CrewPlan, ...], stages: tuple[StagePlan, ...], modes: ModeTable
) -> tuple[FloatArray, IntArray]:
    """(wear-kilometres, bivouac nights) by crew and mode of the parts: as they are known, else as the policy says."""
    done = 0 if state is None else [stage.name for stage in stages].index(state.after_stage) + 1
    ages = np.zeros((len(crews), len(modes)))
    nights = np.zeros((len(crews), len(modes)), dtype=np.int64)
    for crew, (mode, name) in product(crews, enumerate(modes.names)):
        known = CrewState() if state is None else state.crews[crew.car]
        part = exposure.age(mode, stages[:done], modes, known.renewed.get(name))
        ages[crew.index, mode], nights[crew.index, mode] = known.wear_km.get(name, part.km), part.nights
    for table in (ages, nights):
        table.flags.writeable = False
    return ages, nights
