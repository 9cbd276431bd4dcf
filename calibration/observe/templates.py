"""event.toml and priors.toml of a simulated rally.

The prior is a template: what the scenario says, off by a stated factor, so that a fit has something to find.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from statistics import geometric_mean, mean, median

from calibration.facts import Reporting, Told
from sim.model.plan import Plan
from sim.model.plan.exposure import expected_failures
from sim.model.spec import Crew, Truck
from sim.model.units import MINUTE_S

OFF = 1.25
"""Prior medians of failures, durations and scatter over the values of the scenario."""
SPEEDS_OFF = 1.05
"""Prior medians of speeds over the values of the scenario."""
PACE_OFF = 0.01
"""Prior means of the paces of makes less the mean of their crews."""
CONSISTENCY_FLOOR = 0.004
"""No crew is steadier: the floor of the prior."""
SERIOUS_FROM_S, SERIOUS, MINOR = 30 * MINUTE_S, 0.9, 0.5
"""How much is told, see `calibration.facts.Told`."""


def reporting_of(plan: Plan) -> Reporting:
    """The same for every make: most of what is serious gets told, and half of what is not."""
    source = "made up: the probabilities with which the command that made this folder told what happened"
    return Reporting({make: Told(SERIOUS_FROM_S, SERIOUS, MINOR, {}, source) for make in _makes(plan)})


def event_text(plan: Plan, scenario: str, reporting: Reporting) -> str:
    """event.toml; `scenario` is the path of the scenario, seen from the folder."""
    head = f"""\
# What is known of a simulated rally: nothing here happened. SOURCES.md says how it was made.

format = "rally-observations/1"
name = {_quoted(f"{plan.rally.name}, simulated")}
scenario = {_quoted(scenario)}
"""
    return head + "".join(_told_text(make, told) for make, told in reporting.makes.items())


def priors_text(plan: Plan) -> str:
    """priors.toml, for every mode, make and terrain of the scenario."""
    rally = plan.rally
    expected = dict(zip(plan.modes.names, expected_failures(plan).tolist(), strict=True))
    trucks = [truck for team in rally.teams.values() for truck in team.trucks.values()]
    parts = [
        _HEAD,
        *(f"{mode} = {_spread(OFF * expected[mode], 0.6)}\n" for mode in rally.modes),
        "\n[failures.sources]\n",
        *(f'{mode} = "assumed: {OFF:g} times what the scenario expects"\n' for mode in rally.modes),
        *(_make_text(make, [plan.rally.crews[car] for car in cars]) for make, cars in _makes(plan).items()),
        _STAGES.format(floor=CONSISTENCY_FLOOR, make_sd=_spread(OFF * max(rally.driving.make_sd, 0.005), 0.6)),
        *(f"{name} = {SPEEDS_OFF * terrain.speed_kmh:.4g}\n" for name, terrain in rally.terrains.items()),
        f'log_sd = 0.12\nsource = "assumed: {SPEEDS_OFF:g} times the speeds of the scenario, in km/h"\n',
        _WHAT_A_FAILURE_DOES.format(off=f"{OFF:g}", hours=_spread(OFF * rally.recovery.hours, 0.35)),
        _trucks_text(trucks, [mode.truck_min for mode in rally.modes.values() if mode.truck_repair > 0]),
        _BEFORE,
    ]
    return "".join(parts)


_HEAD = """\
# What was believed before the rally: a template to be filled with better reasons. Medians and log standard deviations
# of positive quantities, means and standard deviations of logs of pace; docs/calibration-another-rally.md says more.

format = "rally-priors/1"

# Failures of one mode in one car in one rally, under the replacement policy of the scenario.

[failures]
"""

_STAGES = """
# How crews of one make differ, and stages from what their ground lets expect.

[crews]
spread = {{ median = 0.012, log_sd = 0.5 }}
consistency_floor = {floor:g}
source = "assumed: as for any rally; crews of one make differ by 1 %"

[stages]
common_sd = {{ median = 0.07, log_sd = 0.3 }}
make_sd = {make_sd}
formation_sd = 0.05
uncounted_noise = 3.0
ultimate_ratio = {{ median = 1.22, log_sd = 0.05 }}
ultimate_sd = {{ median = 0.04, log_sd = 0.3 }}
source = "assumed: as for any rally; words for the ground leave 7 % a stage unexplained"

[terrains]
"""

_WHAT_A_FAILURE_DOES = """
# What a failure does: shares and medians are those of the scenario, and this is how far they are trusted.

[severity]
weight = 10
source = "assumed: the shares of the scenario count as much as ten cases of a mode"

[repair]
weight = 10
source = "assumed: as the severities"

[minutes]
log_sd = 0.4
limp_log_sd = 0.4
limp_share = 0.4
limp_sigma = 0.8
helped_min = 120
helped_sigma = 0.5
source = "assumed: medians within a factor of two; a limp lasts 0.4 of a special, a wait for help two hours"

[recovery]
hours = {hours}
source = "assumed: {off} times what the scenario says"
"""

_BEFORE = """
# What the sources tell of earlier rallies: there are none.

[before]
serious_from_min = 60
serious = 0.8
minor = 0.5
source = "assumed: not used as long as history.csv and finishers.csv are empty"
"""


def _makes(plan: Plan) -> dict[str, list[str]]:
    """The cars of each make."""
    rally = plan.rally
    makes = sorted({team.make for team in rally.teams.values()})
    return {make: [car for car, crew in rally.crews.items() if rally.teams[crew.team].make == make] for make in makes}


def _told_text(make: str, told: Told) -> str:
    return f"""
[reporting.{make}]
serious_from_min = {told.serious_from_s / MINUTE_S:g}
serious = {told.serious:g}
minor = {told.minor:g}
source = {_quoted(told.source)}
"""


def _make_text(make: str, crews: Iterable[Crew]) -> str:
    """One make; a make whose cars fail as the modes say is taken to be known for that."""
    crews = list(crews)
    factors = [crew.failures for crew in crews]
    failures = _spread(1, 0) if set(factors) <= {1.0} else _spread(OFF * geometric_mean(factors), 0.24)
    scatter = geometric_mean([max(crew.consistency, CONSISTENCY_FLOOR) for crew in crews] or [CONSISTENCY_FLOOR])
    pace = mean([crew.pace for crew in crews] or [0.0]) + PACE_OFF
    return f"""
[makes.{make}]
pace = {{ mean = {pace:.4g}, sd = 0.03 }}
failures = {failures}
consistency = {_spread(OFF * scatter, 0.5)}
source = "assumed: {100 * PACE_OFF:g} % slower than in the scenario, and {OFF:g} times the scatter"
"""


def _trucks_text(trucks: Iterable[Truck], minutes: Iterable[float]) -> str:
    """Assistance trucks; round numbers stand in for trucks that the scenario does not have."""
    trucks = list(trucks)
    delay = median([truck.start_delay_min for truck in trucks] or [60.0])
    speed = median([truck.speed_kmh for truck in trucks] or [55.0])
    return f"""
[trucks]
start_delay_min = {_spread(OFF * max(delay, 1.0), 0.4)}
speed_kmh = {_spread(SPEEDS_OFF * speed, 0.15)}
repair_min = {{ median = {OFF * median([*minutes] or [40.0]):.4g}, sigma = 0.6 }}
source = "assumed: {OFF:g} times the minutes of the scenario, {SPEEDS_OFF:g} times its speed"
"""


def _spread(middle: float, log_sd: float) -> str:
    return f"{{ median = {middle:.4g}, log_sd = {log_sd:g} }}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
