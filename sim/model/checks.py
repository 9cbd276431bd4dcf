"""Checks across the tables of a scenario: what no type can see.

They run on the merged tree as it was written, whether its types are right or not, so that all errors are found at
once: a value of the wrong type counts as absent here, since the validation of types reports it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

from sim.model.checks_of_state import check_state
from sim.model.findings import Finding, TooHeavy
from sim.model.trees import (
    Tree,
    by_date,
    number_at,
    off_the_special,
    rows_at,
    table_at,
    tables_at,
    texts_at,
    unknown_name,
    unknown_names,
)
from sim.model.units import DAY_S, HOUR_S, MINUTE_S, parse_clock

Check = Callable[[Tree], Iterator[Finding]]

_HELPERS = ("crew", "truck", "nobody")
_PINS = {
    "delay": {"lost_s"},
    "limp": {"limp_factor", "job_s"},
    "halt": {"repaired_by", "waits_for", "repair_s", "recovery_s", "limp_factor", "job_s"},
    "strand": {"recovery_s", "limp_factor", "job_s"},
    "wreck": set[str](),
}
"""What a scripted happening of each severity may pin."""


def check(tree: Tree) -> list[Finding]:
    """All findings of all checks."""
    return [finding for run in _CHECKS for finding in run(tree)]


def _sections(tree: Tree) -> Iterator[Finding]:
    terrains = table_at(tree, "terrains")
    for name, stage in tables_at(tree, "stages"):
        path, length = f"stages.{name}", number_at(stage, "special_km")
        rows = rows_at(stage, "sections")
        for i, row in rows:
            yield from unknown_name(f"{path}.sections[{i}]", "terrain", row, "terrain", terrains)
        ends = [(i, number_at(row, "from_km"), number_at(row, "to_km")) for i, row in rows]
        spans = [(i, a, b) for i, a, b in ends if a is not None and b is not None]
        if len(spans) < len(rows) or not spans:
            continue
        yield from _span_errors(f"{path}.sections", spans, length)


def _span_errors(path: str, spans: list[tuple[int, float, float]], length: float | None) -> Iterator[Finding]:
    """Do the sections follow each other from 0 to the end?"""
    for i, start, end in spans:
        if end <= start:
            yield Finding(f"{path}[{i}]", f"must end after it begins, got km {start:g} to {end:g}")
    if spans[0][1] != 0:
        yield Finding(f"{path}[{spans[0][0]}].from_km", f"the first section must begin at km 0, got {spans[0][1]:g}")
    for (_, _, end), (i, start, _) in pairwise(spans):
        if start > end:
            yield Finding(f"{path}[{i}].from_km", f"a section is missing from km {end:g} to {start:g}")
        elif start < end:
            yield Finding(f"{path}[{i}].from_km", f"overlaps the section before it, from km {start:g} to {end:g}")
    last, _, end = spans[-1]
    if length is not None and end != length:
        problem = f"the sections must cover the special to km {length:g}, they end at {end:g}"
        yield Finding(f"{path}[{last}].to_km", problem)


def _wear(tree: Tree) -> Iterator[Finding]:
    terrains = table_at(tree, "terrains")
    for name, group in tables_at(tree, "wear"):
        factors = table_at(group, "terrain")
        yield from unknown_names(f"wear.{name}.terrain", "terrain", factors, terrains)
        for terrain in terrains:
            if terrain not in factors:
                yield Finding(f"wear.{name}.terrain.{terrain}", "is missing: every terrain needs a wear factor")


def _modes(tree: Tree) -> Iterator[Finding]:
    for name, mode in tables_at(tree, "modes"):
        path = f"modes.{name}"
        yield from unknown_name(path, "wear group", mode, "wear", table_at(tree, "wear"))
        yield from unknown_names(f"{path}.secondary", "mode", table_at(mode, "secondary"), table_at(tree, "modes"))
        if isinstance(mode.get("severity"), dict):
            yield from _shares(f"{path}.severity", mode["severity"], drawn=isinstance(tree.get("parameters"), dict))


def _shares(path: str, severity: Tree, *, drawn: bool) -> Iterator[Finding]:
    """Do the shares of a severity add up? If values are drawn the others of one that is set are medians."""
    shares = {name: number_at(severity, name) for name in severity}
    numbers = {name: share for name, share in shares.items() if share is not None}
    total = math.fsum(numbers.values())
    if len(numbers) < len(shares) or abs(total - 1) <= 1e-9:
        return
    told = ", ".join(f"{name} {share:g}" for name, share in numbers.items() if share)
    problem = f"the shares must add up to 1, they add up to {total:g}{told and ': '}{told}"
    if drawn:
        problem += "; a file that sets one share of a drawn severity keeps the others at their medians: set them too"
    yield Finding(path, problem)


def _crews(tree: Tree) -> Iterator[Finding]:
    stages, modes = table_at(tree, "stages"), table_at(tree, "modes")
    seen: dict[str, str] = {}
    for car, crew in tables_at(tree, "crews"):
        path = f"crews.{car}"
        twin = seen.setdefault(car.lower().lstrip("0"), car)
        if twin != car:
            yield Finding(path, f"is called like crew {twin!r}: two crews cannot have one race number")
        yield from unknown_name(path, "team", crew, "team", table_at(tree, "teams"))
        for key in ("spares", "marathon_spares"):
            yield from unknown_names(f"{path}.{key}", "mode", table_at(crew, key), modes)
        stage_spares = table_at(crew, "stage_spares")
        yield from unknown_names(f"{path}.stage_spares", "stage", stage_spares, stages)
        for stage, load in tables_at(crew, "stage_spares"):
            yield from unknown_names(f"{path}.stage_spares.{stage}", "mode", load, modes)
        yield from _weight(tree, path, crew)
        orders = table_at(crew, "orders")
        yield from unknown_names(f"{path}.orders.pace", "stage", table_at(orders, "pace"), stages)
        yield from unknown_names(f"{path}.orders.mend_limps", "mode", texts_at(orders, "mend_limps"), modes)
        for i, rule in rows_at(orders, "rules"):
            yield from unknown_name(f"{path}.orders.rules[{i}]", "stage", rule, "from_stage", stages)


def _weight(tree: Tree, path: str, crew: Tree) -> Iterator[Finding]:
    limit = number_at(table_at(tree, "regulations"), "spares_kg")
    if limit is None:
        return
    kilos = {name: number_at(mode, "part_kg") or 0.0 for name, mode in tables_at(tree, "modes")}
    usual = table_at(crew, "spares")
    on_marathons = {**usual, **table_at(crew, "marathon_spares")}
    loads = {"spares": usual, "marathon_spares": on_marathons} if "marathon_spares" in crew else {"spares": usual}
    marathon = {name for pair in pairwise(by_date(tree)) if pair[0][1].get("night") == "refuge" for name, _ in pair}
    for stage, load in tables_at(crew, "stage_spares"):
        loads[f"stage_spares.{stage}"] = {**(on_marathons if stage in marathon else usual), **load}
    for key, load in loads.items():
        weight = math.fsum(kilos.get(name, 0.0) * (number_at(load, name) or 0.0) for name in load)
        if weight > limit:
            yield TooHeavy(f"{path}.{key}", f"weigh {weight:g} kg, {limit:g} kg are allowed")


def _teams(tree: Tree) -> Iterator[Finding]:
    stages = table_at(tree, "stages")
    for name, team in tables_at(tree, "teams"):
        yield from unknown_names(f"teams.{name}.formation", "stage", texts_at(team, "formation"), stages)
        for truck_name, truck in tables_at(team, "trucks"):
            path = f"teams.{name}.trucks.{truck_name}.avoids"
            avoids = table_at(truck, "avoids")
            yield from unknown_names(path, "stage", avoids, stages)
            for stage in avoids:
                for i, row in rows_at(avoids, stage):
                    length = number_at(table_at(stages, stage), "special_km")
                    yield from off_the_special(f"{path}.{stage}[{i}].from_km", number_at(row, "from_km"), length)
                    start, end = number_at(row, "from_km"), number_at(row, "to_km")
                    if start is not None and end is not None and end < start:
                        problem = f"must not end before it begins, got km {start:g} to {end:g}"
                        yield Finding(f"{path}.{stage}[{i}]", problem)


def _points(tree: Tree) -> Iterator[Finding]:
    for name, stage in tables_at(tree, "stages"):
        length = number_at(stage, "special_km")
        for i, point in rows_at(stage, "service_points"):
            path = f"stages.{name}.service_points[{i}].km"
            yield from off_the_special(path, number_at(point, "km"), length)


def _calendar(tree: Tree) -> Iterator[Finding]:
    dated = by_date(tree)
    for (before, one), (name, other) in pairwise(dated):
        if one["date"] == other["date"]:
            yield Finding(f"stages.{name}.date", f"is the date of stage {before!r} too: one stage a day")
        if one.get("night") == "finish":
            yield Finding(f"stages.{before}.night", "only the last stage ends at the finish")
    if dated and dated[-1][1].get("night") in ("bivouac", "refuge", "rest_day"):
        name, stage = dated[-1]
        yield Finding(f"stages.{name}.night", f'must be "finish" after the last stage, got {stage["night"]!r}')
    for (before, one), (name, other) in pairwise(dated):
        yield from _night_between(tree, (before, one), (name, other))


def _night_between(tree: Tree, evening: tuple[str, Tree], morning: tuple[str, Tree]) -> Iterator[Finding]:
    """The results of a stage must be known before the first car leaves for the next one."""
    before, one = evening
    name, other = morning
    closing, departure = _latest_finish(tree, one), _departure(tree, other)
    if closing is None or departure is None or not math.isfinite(closing - departure):
        return
    departure += (other["date"] - one["date"]).days * DAY_S
    if one["date"] < other["date"] and closing >= departure:
        text = (
            f"a car may finish stage {before!r} as late as {_clock_text(closing)}, but the first one leaves for stage "
            f"{name!r} at {_clock_text(departure)}: lower the time allowed or start later"
        )
        yield Finding(f"stages.{before}.time_allowed_s", text)


def _clock_text(seconds: float) -> str:
    """Local time, with the days since the day in question."""
    days, rest = divmod(int(seconds), DAY_S)
    later = {-1: " on the day before", 0: "", 1: " on the next day"}.get(days, f" {days} days later")
    return f"{rest // HOUR_S:02d}:{rest % HOUR_S // MINUTE_S:02d}{later}"


def _latest_finish(tree: Tree, stage: Tree) -> float | None:
    """Seconds after midnight at which the last car can still finish within its time."""
    rules = table_at(tree, "regulations")
    keys = ("time_allowed_base_h", "time_allowed_factor", "time_allowed_max_h", "max_lateness_min")
    base, factor, longest, lateness = (number_at(rules, key) for key in keys)
    start, gap = _clock(stage, "first_start"), number_at(stage, "start_gap_s")
    if base is None or factor is None or longest is None or lateness is None or start is None or gap is None:
        return None
    allowed = number_at(stage, "time_allowed_s")
    if allowed is None:
        nominal = _nominal(tree, stage)
        if nominal is None:
            return None
        allowed = min(longest * HOUR_S, base * HOUR_S + factor * nominal)
    stops = math.fsum(number_at(point, "minutes") or 0.0 for _, point in rows_at(stage, "service_points"))
    cars = len(table_at(tree, "crews"))
    return start + max(cars - 1, 0) * gap + (lateness + stops) * MINUTE_S + allowed


def _nominal(tree: Tree, stage: Tree) -> float | None:
    nominal = number_at(stage, "nominal_s")
    if nominal is not None:
        return nominal
    speeds = {name: number_at(terrain, "speed_kmh") for name, terrain in tables_at(tree, "terrains")}
    total = 0.0
    for _, row in rows_at(stage, "sections"):
        start, end, speed = number_at(row, "from_km"), number_at(row, "to_km"), speeds.get(str(row.get("terrain")))
        if start is None or end is None or not speed:
            return None
        total += (end - start) / speed * HOUR_S
    return total


def _departure(tree: Tree, stage: Tree) -> float | None:
    start, liaison = _clock(stage, "first_start"), number_at(stage, "liaison_before_km")
    speed = number_at(table_at(tree, "driving"), "liaison_kmh")
    if start is None or liaison is None or not speed or speed < 0:
        return None
    return start - liaison / speed * HOUR_S


def _clock(stage: Tree, key: str) -> int | None:
    try:
        return parse_clock(stage[key])
    except (KeyError, TypeError, ValueError):
        return None


def _regulations(tree: Tree) -> Iterator[Finding]:
    rules = table_at(tree, "regulations")
    margin, lateness = number_at(rules, "closing_margin_min"), number_at(rules, "max_lateness_min")
    if margin is not None and lateness is not None and margin < lateness:
        problem = (
            f"must be at least max_lateness_min ({lateness:g}), or the course closes on a late car, got {margin:g}"
        )
        yield Finding("regulations.closing_margin_min", problem)


def _bedtime(tree: Tree) -> Iterator[Finding]:
    bedtime = _clock(table_at(tree, "fatigue"), "bedtime")
    if bedtime is not None and bedtime < DAY_S // 2:
        given = table_at(tree, "fatigue")["bedtime"]
        yield Finding("fatigue.bedtime", f"must be an hour of the evening, from 12:00 to 23:59:59, got {given!r}")


def _script(tree: Tree) -> Iterator[Finding]:
    script, stages, crews = table_at(tree, "script"), table_at(tree, "stages"), table_at(tree, "crews")
    for car, by_stage in tables_at(script, "driving_s"):
        yield from unknown_names("script.driving_s", "crew", [car], crews)
        yield from unknown_names(f"script.driving_s.{car}", "stage", by_stage, stages)
    for key in ("happenings", "penalties"):
        for name, item in tables_at(script, key):
            path = f"script.{key}.{name}"
            yield from unknown_name(path, "stage", item, "stage", stages)
            yield from unknown_name(path, "crew", item, "car", crews)
    for name, happening in tables_at(script, "happenings"):
        path = f"script.happenings.{name}"
        yield from unknown_name(path, "mode", happening, "mode", table_at(tree, "modes"))
        stage = table_at(stages, str(happening.get("stage")))
        yield from off_the_special(f"{path}.km", number_at(happening, "km"), number_at(stage, "special_km"))
        yield from unknown_name(path, "helper", happening, "repaired_by", [*_HELPERS, *crews])
        yield from _team_mate(f"{path}.repaired_by", crews, happening)
        if "waits_for" in happening and "repaired_by" in happening:
            yield Finding(f"{path}.waits_for", "means nothing where repaired_by says who mended it: leave out one")
        yield from _useless_pins(path, happening)


def _useless_pins(path: str, happening: Tree) -> Iterator[Finding]:
    """A pinned value that the severity of the happening does not use."""
    severity = str(happening.get("severity"))
    if severity not in _PINS:
        return
    for key in sorted(set().union(*_PINS.values()) & set(happening) - _PINS[severity]):
        yield Finding(f"{path}.{key}", f"means nothing for a {severity!r}")


def _team_mate(path: str, crews: Tree, happening: Tree) -> Iterator[Finding]:
    """A crew that is said to have helped must be one that may."""
    car, helper = str(happening.get("car")), str(happening.get("repaired_by"))
    if helper not in crews or car not in crews:
        return
    if helper == car:
        yield Finding(path, f'is the crew itself: write "crew", got {helper!r}')
    elif table_at(crews, helper).get("team") != table_at(crews, car).get("team"):
        yield Finding(path, f"must be a team-mate of crew {car!r}, got {helper!r}")


_CHECKS: tuple[Check, ...] = (
    _calendar,
    _sections,
    _points,
    _wear,
    _modes,
    _regulations,
    _bedtime,
    _teams,
    _crews,
    _script,
    check_state,
)
