"""The resolved scenario in words and tables, assumptions marked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.model.plan import Plan, StagePlan
from sim.model.plan.exposure import expected_failures, wear_km
from sim.model.scenario import Scenario
from sim.model.spec import SEVERITIES, Crew, Mode, PaceRule
from sim.model.units import duration_text
from sim.report.parameters import parameter_table
from sim.report.tables import new_table
from sim.report.wide import WideTable
from sim.report.words import team_text

ASSUMED = "*"


class _Marks:
    """Marks values that the scenario calls assumptions, and writes numbers."""

    def __init__(self, scenario: Scenario) -> None:
        self._sources = scenario.sources
        self._drawn = scenario.parameters.columns() if scenario.parameters else {}

    def __call__(self, text: object, *paths: str) -> str:
        """The text, with a mark if any value below one of the paths is assumed."""
        below = [
            source.assumed
            for path, source in self._sources.items()
            if any(path == wanted or path.startswith(f"{wanted}.") for wanted in paths)
        ]
        return f"{text}{ASSUMED}" if any(below) else str(text)

    def number(self, value: float, path: str) -> str:
        """A number: the median of what is drawn with two digits, which is more than is known, others as written."""
        shown = float(f"{value:.2g}") if path in self._drawn else value
        return f"{shown:,.0f}" if abs(shown) >= 1000 else f"{shown:.4g}"


def explanation(scenario: Scenario, plan: Plan) -> Iterator[RenderableType]:
    """Everything a scenario says, in the order in which one asks."""
    mark = _Marks(scenario)
    yield _overview(scenario, plan)
    yield _stages(plan, mark)
    yield _terrain(plan, mark)
    yield _modes(plan, mark)
    yield _repairs(plan, mark)
    yield _crews(plan, mark)
    yield _teams(plan, mark)
    yield _settings(plan, mark)
    if plan.rally.script.happenings or plan.rally.script.penalties:
        yield _script(plan)
    if plan.state is not None:
        yield _state(plan)
    if scenario.parameters is not None:
        yield parameter_table(scenario, scenario.parameters)


def _overview(scenario: Scenario, plan: Plan) -> RenderableType:
    rally = plan.rally
    counted = [stage for stage in plan.stages if stage.spec.counted]
    special = sum(stage.track.length_km for stage in counted)
    total = sum(_day_km(stage) for stage in counted)
    lines = [
        Text(rally.name, style="bold"),
        Text(rally.description) if rally.description else Text(),
        Text(
            f"{len(counted)} counted stages, {special:,.0f} km of specials in {total:,.0f} km; {len(plan.crews)} cars "
            f"of {len(plan.teams)} teams; {len(plan.modes)} failure modes and incidents."
        ),
        Text(f"File {scenario.file}, digest {plan.digest[:16]}."),
        Text(f"Values marked {ASSUMED} are assumptions."),
    ]
    if rally.parameters is not None:
        lines.append(Text(f"Parameters: {rally.parameters.summary}; the tables show medians."))
    if plan.scripted_only:
        lines.append(Text("A deterministic run: only scripted failures happen, every other decision is at its median."))
    if plan.state is not None:
        lines.append(Text(f"The run begins on the evening of stage {plan.state.after_stage}."))
    return Group(*lines)


def _day_km(stage: StagePlan) -> float:
    return stage.spec.liaison_before_km + stage.track.length_km + stage.spec.liaison_after_km


def _stages(plan: Plan, mark: _Marks) -> WideTable:
    table = WideTable(
        "Stages",
        "Liaison: before + after the special. Nominal: a crew of pace 0 without trouble, and how much "
        "the whole class is off it. Allowed: the time after which "
        "the special is not completed.",
    )
    table.add_text("stage", "date")
    table.add_numbers("special km", "liaison km", "nominal", "km/h", "first start", "gap s", "allowed")
    table.add_text("night after it", "service points")
    for stage in plan.stages:
        spec, path = stage.spec, f"stages.{stage.name}"
        table.add_row(
            stage.name + ("" if spec.counted else " (not counted)"),
            f"{spec.date:%d %b}",
            mark(f"{spec.special_km:g}", f"{path}.special_km"),
            mark(
                f"{spec.liaison_before_km:g} + {spec.liaison_after_km:g}",
                f"{path}.liaison_before_km",
                f"{path}.liaison_after_km",
            ),
            _nominal(stage, mark),
            f"{stage.track.length_km / stage.track.nominal_s * 3600:.1f}",
            mark(spec.first_start, f"{path}.first_start"),
            mark(spec.start_gap_s, f"{path}.start_gap_s"),
            mark(
                duration_text(stage.allowed_s),
                f"{path}.time_allowed_s" if spec.time_allowed_s else "regulations.time_allowed_factor",
            ),
            spec.night.replace("_", " "),
            mark(
                ", ".join(f"km {point.km:g}, {point.minutes:g} min" for point in spec.service_points),
                *([f"{path}.service_points"] if spec.service_points else []),
            ),
        )
    return table


def _nominal(stage: StagePlan, mark: _Marks) -> str:
    """The nominal time, and how much the class is off it."""
    path = f"stages.{stage.name}"
    time = mark(duration_text(round(stage.track.nominal_s)), f"{path}.nominal_s")
    pace = stage.spec.pace
    return f"{time}\n{mark(f'{100 * math.expm1(pace):+.1f} %', f'{path}.pace')}" if pace else time


def _terrain(plan: Plan, mark: _Marks) -> WideTable:
    terrains = plan.rally.terrains
    table = WideTable("Terrain", "Km of each special by terrain; the head gives the nominal class speed.")
    table.add_text("stage")
    table.add_numbers(*(mark(f"{name}\n{one.speed_kmh:g} km/h", f"terrains.{name}") for name, one in terrains.items()))
    table.add_text("the road")
    for stage in plan.stages:
        lengths = dict.fromkeys(terrains, 0.0)
        for section in stage.spec.sections:
            lengths[section.terrain] += section.to_km - section.from_km
        km = [f"{length:g}" if length else "" for length in lengths.values()]
        name = mark(stage.name, f"stages.{stage.name}.sections")
        table.add_row(name, *km, f"{len(stage.spec.sections)} sections: {stage.spec.description}")
    return table


def _modes(plan: Plan, mark: _Marks) -> WideTable:
    table = WideTable(
        "What can break, and what can happen",
        "Life: Weibull scale and shape in wear-kilometres. A rally: wear-kilometres of the whole route at calibrated "
        "pace, and the expected failures of a car in it under its replacement policy, before what rally, make, crew "
        "and stage add or take. Severity in percent.",
    )
    table.add_text("mode", "kind")
    table.add_numbers("scale km", "shape", "wear-km\na rally", "failures\na rally")
    table.add_text("new part")
    table.add_numbers(*SEVERITIES, "slower by")
    expected, wear = expected_failures(plan), wear_km(plan)
    for name in plan.rally.modes:
        mode, index = plan.rally.modes[name], plan.modes.index(name)
        path = f"modes.{name}"
        shares = [f"{100 * share:.0f}" if share else "" for share in mode.severity.shares()]
        table.add_row(
            mode.label,
            mode.kind,
            mark(mark.number(mode.scale_km, f"{path}.scale_km"), f"{path}.scale_km"),
            mark(f"{mode.shape:g}", f"{path}.shape"),
            f"{wear[index]:,.0f}",
            f"{expected[index]:.2f}",
            _policy(mode),
            *shares,
            mark(f"{100 * (mode.limp_factor - 1):.0f} %", f"{path}.limp_factor") if mode.limp_factor > 1 else "",
        )
    return table


def _policy(mode: Mode) -> str:
    if isinstance(mode.replaced, int):
        return f"every {mode.replaced} nights"
    return mode.replaced.replace("_", " ")


def _repairs(plan: Plan, mark: _Marks) -> WideTable:
    table = WideTable(
        "What it costs",
        "Median (sigma of the log). Crew, truck: chance that they can mend a halted car, and the time it takes. "
        "Field life: life after a repair on the road, in percent of a new one.",
    )
    table.add_text("mode", "part")
    table.add_numbers("kg", "delay min", "crew", "truck", "bivouac h", "field life", "pace exponent")
    for name, mode in plan.rally.modes.items():
        path = f"modes.{name}"
        table.add_row(
            mode.label,
            (mode.part or mode.label) if mode.needs_part else "none needed",
            f"{mode.part_kg:g}" if mode.part_kg else "",
            _delay(mark, path, mode),
            _chance(mark, path, mode.crew_repair, mode.repair_min, mode.repair_sigma, "crew_repair"),
            _chance(mark, path, mode.truck_repair, mode.truck_min, mode.truck_sigma, "truck_repair"),
            mark(f"{mode.job_hours:g} ({mode.job_sigma:g})", f"{path}.job_hours") if mode.job_hours else "",
            mark(f"{100 * mode.field_life:.0f} %", f"{path}.field_life") if mode.field_life < 1 else "",
            mark(f"{mode.pace_exponent:g}", f"{path}.pace_exponent"),
        )
    return table


MINUTES = {"crew_repair": "repair_min", "truck_repair": "truck_min"}
"""Where the time stands that goes with a chance to mend it."""


def _chance(mark: _Marks, path: str, chance: float, minutes: float, sigma: float, key: str) -> str:
    if not chance:
        return ""
    median = mark.number(minutes, f"{path}.{MINUTES[key]}")
    return mark(f"{100 * chance:.0f} %, {median} min ({sigma:g})", f"{path}.{key}")


def _delay(mark: _Marks, path: str, mode: Mode) -> str:
    path = f"{path}.delay_min"
    return mark(f"{mark.number(mode.delay_min, path)} ({mode.delay_sigma:g})", path) if mode.delay_min else ""


def _crews(plan: Plan, mark: _Marks) -> WideTable:
    table = WideTable(
        "Crews",
        "Pace: time over the nominal one. Scatter: standard deviation of a crew's time on one stage. Failures: "
        "multiplier of all its failures.",
    )
    table.add_text("car", "crew", "vehicle", "team")
    table.add_numbers("pace", "scatter", "failures")
    table.add_text("parts on board", "where it differs", "orders")
    for crew in plan.crews:
        spec, path = crew.spec, f"crews.{crew.car}"
        table.add_row(
            crew.car,
            f"{spec.driver} / {spec.codriver}" if spec.codriver else spec.driver,
            spec.vehicle,
            team_text(spec.team),
            mark(f"{100 * math.expm1(spec.pace):+.1f} %", f"{path}.pace"),
            mark(f"{100 * spec.consistency:.1f} %", f"{path}.consistency"),
            mark(f"x {spec.failures:.3g}", f"{path}.failures"),
            mark(_parts(plan, spec.spares), f"{path}.spares"),
            mark(_other_parts(plan, spec), f"{path}.marathon_spares", f"{path}.stage_spares"),
            _orders(spec),
        )
    return table


def _parts(plan: Plan, spares: dict[str, int]) -> str:
    modes = plan.rally.modes
    return ", ".join(f"{count} x {modes[name].part or modes[name].label}" for name, count in spares.items())


def _other_parts(plan: Plan, crew: Crew) -> str:
    loads = {"marathon": crew.marathon_spares} if crew.marathon_spares else {}
    loads |= {f"stage {stage}": load for stage, load in crew.stage_spares.items()}
    return "; ".join(f"{when}: {_parts(plan, load)}" for when, load in loads.items())


def _orders(crew: Crew) -> str:
    orders = crew.orders
    texts = [f"stage {stage}: pace {pace:g}" for stage, pace in orders.pace.items()]
    texts += [_rule(rule) for rule in orders.rules]
    if orders.mend_limps:
        texts.append(f"mends at the roadside: {', '.join(orders.mend_limps)}")
    if orders.withdraw_wait_min is not None:
        texts.append(f"withdraws if no truck comes within {orders.withdraw_wait_min:g} min")
    return "; ".join(texts)


def _rule(rule: PaceRule) -> str:
    conditions = [
        f"leads by more than {rule.leads_by_min:g} min" if rule.leads_by_min is not None else "",
        f"is more than {rule.behind_by_min:g} min behind" if rule.behind_by_min is not None else "",
        f"from stage {rule.from_stage} on" if rule.from_stage else "",
    ]
    return f"pace {rule.pace:g} if it {' and '.join(text for text in conditions if text) or 'starts'}"


def _teams(plan: Plan, mark: _Marks) -> WideTable:
    table = WideTable(
        "Teams", "Trucks: start behind the team's last car, speed on the special, chance to run on a day."
    )
    table.add_text("team", "make")
    table.add_numbers("bays", "service h")
    table.add_text("trucks", "help among its crews", "formation")
    for name, team in plan.rally.teams.items():
        path = f"teams.{name}"
        trucks = [
            f"{truck}: {mark.number(spec.start_delay_min, f'{path}.trucks.{truck}.start_delay_min')} min, "
            f"{mark.number(spec.speed_kmh, f'{path}.trucks.{truck}.speed_kmh')} km/h, {100 * spec.runs:.0f} %"
            for truck, spec in team.trucks.items()
        ]
        helps = {"never": "none", "hand_over": "hands over parts", "stay": "hands over parts or stays"}[
            team.help.policy
        ]
        if team.help.policy != "never":
            helps += f", stops with {100 * team.help.chance:.0f} %"
        table.add_row(
            team_text(name),
            team.make,
            mark(team.bays, f"{path}.bays"),
            mark(f"{team.routine_hours:g} ({team.routine_sigma:g})", f"{path}.routine_hours"),
            mark("; ".join(trucks), f"{path}.trucks") if trucks else "none",
            mark(helps, f"{path}.help"),
            mark(", ".join(f"stage {stage}" for stage in team.formation), f"{path}.formation"),
        )
    return table


def _settings(plan: Plan, mark: _Marks) -> Table:
    table = new_table("Regulations, nights and luck", None)
    table.add_column("setting")
    table.add_column("value", justify="right")
    for part in ("regulations", "driving", "refuge", "fatigue", "recovery", "variation"):
        for key, value in getattr(plan.rally, part).model_dump().items():
            if value is not None:
                path, words = f"{part}.{key}", str(value).replace("_", " ").lower()
                text = mark.number(value, path) if isinstance(value, float) else words
                table.add_row(f"{part}: {key.replace('_', ' ')}", mark(text, path))
    return table


def _script(plan: Plan) -> Table:
    table = new_table("Known happenings", "What is left out is drawn, or held at its median in a deterministic run.")
    for heading in ("stage", "car"):
        table.add_column(heading)
    table.add_column("km", justify="right")
    for heading in ("what", "pinned"):
        table.add_column(heading)
    order = [stage.name for stage in plan.stages]
    happenings = sorted(plan.rally.script.happenings.values(), key=lambda h: (order.index(h.stage), h.car, h.km))
    for happening in happenings:
        label = plan.rally.modes[happening.mode].label
        pinned = {
            key: value
            for key, value in happening.model_dump(exclude={"stage", "car", "mode", "km", "severity", "note"}).items()
            if value is not None
        }
        what = f"{label}: {happening.severity}"
        table.add_row(happening.stage, happening.car, f"{happening.km:g}", what, _pairs(pinned))
    for penalty in plan.rally.script.penalties.values():
        text = f"stewards' penalty{' (counts for the start order)' if penalty.sporting else ''}"
        table.add_row(penalty.stage, penalty.car, "", text, f"{penalty.seconds} s {penalty.note}")
    return table


def _state(plan: Plan) -> Table:
    assert plan.state is not None
    table = new_table(f"State on the evening of stage {plan.state.after_stage}", None)
    table.add_column("car")
    table.add_column("total", justify="right")
    table.add_column("what is known besides")
    for car, state in plan.state.crews.items():
        known = state.model_dump(exclude={"total_s"}, exclude_defaults=True)
        table.add_row(car, duration_text(state.total_s), _pairs(known))
    return table


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in values.items())


def source_table(scenario: Scenario) -> Table:
    """The source of every value, grouped by table and text."""
    table = new_table(
        "Where the values come from",
        "Keys in brackets are addresses in SOURCES.md beside the scenario. A value without a source is named with the "
        "file that sets it.",
    )
    table.add_column("values")
    table.add_column("source")
    groups: dict[tuple[str, str], list[str]] = {}
    for path, source in scenario.sources.items():
        parent, _, key = path.rpartition(".")
        text = " ".join(source.text.split()) or f"(no source; set in {source.file.name})"
        groups.setdefault((parent, text), []).append(key)
    for (parent, text), keys in groups.items():
        table.add_row(Text(f"{parent}: {', '.join(keys)}" if parent else ", ".join(keys)), Text(text))
    return table
