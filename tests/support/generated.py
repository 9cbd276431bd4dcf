"""Hypothesis strategies for small rallies, valid by construction, in which much goes wrong, often at one moment.

Where nothing spreads and lives are whole, cars break, meet and are served in the same second and at the same km.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.support.drawing import wide
from tests.support.rallies import SURE_LIFE, Tree, calendar, rally

NAMES = ("arm", "puncture", "stuck", "belt")
CHANCES = st.sampled_from((0, 0.3, 0.7, 1))
LIKELY = st.sampled_from((1, 0.7, 0))
FEW = st.integers(0, 2)
SPARES = st.sampled_from((0, 0, 1, 1, 2))
SPREAD = st.sampled_from((0, 0.5))
TIGHT_S = 6000
"""A time allowed that nobody keeps who stops or is slow."""
PINS = {
    "delay": {"lost_s": (1, 600, 20_000)},
    "limp": {"limp_factor": (1, 1.1, 3), "job_s": (1, 3600, 80_000)},
    "halt": {"repair_s": (60, 4000), "recovery_s": (60, 4000, 100_000), "job_s": (1, 3600, 80_000)},
    "strand": {"recovery_s": (60, 4000, 100_000), "job_s": (1, 3600, 80_000)},
    "wreck": dict[str, tuple[float, ...]](),
}
"""What may be known of a pinned failure of each severity."""
SEVERITIES = st.sampled_from(
    (
        {"halt": 0.6, "limp": 0.4},
        {"halt": 1},
        {"halt": 0.5, "delay": 0.3, "limp": 0.2},
        {"delay": 0.25, "limp": 0.25, "halt": 0.4, "strand": 0.08, "wreck": 0.02},
        {"limp": 1},
    )
)


@st.composite
def modes(draw: st.DrawFn, still: bool) -> Tree:
    """A part or an incident with a round or a random life; nothing spreads where the rally is `still`."""
    part, spread = draw(st.booleans()), st.just(0) if still else SPREAD
    others = draw(st.lists(st.sampled_from(NAMES), max_size=1))
    return {
        "kind": "part" if part else "incident",
        "scale_km": draw(st.sampled_from((50, 100, 150, 300))),
        "shape": draw(st.sampled_from((1, 2, SURE_LIFE, SURE_LIFE))),
        "replaced": draw(st.sampled_from(("never", "every_night", "rest_day", 2))),
        "severity": draw(SEVERITIES),
        "limp_factor": draw(st.sampled_from((1, 1.2, 2))),
        "delay_sigma": draw(spread),
        "missed_waypoint": draw(CHANCES),
        "needs_part": draw(st.sampled_from((True, True, False))),
        "crew_repair": draw(LIKELY),
        "repair_min": draw(st.sampled_from((1, 20, 90))),
        "repair_sigma": draw(spread),
        "truck_repair": draw(CHANCES),
        "truck_sigma": draw(spread),
        "job_hours": draw(st.sampled_from((0, 1, 6, 20))),
        "job_sigma": draw(spread),
        "pace_exponent": draw(st.sampled_from((0, 3))),
        "field_life": draw(st.sampled_from((0.3, 1))),
        "stage_sd": draw(spread),
        "secondary": {name: {"chance": 0.5, "wear_km": 60, "damage": draw(st.booleans())} for name in others},
    }


@st.composite
def stage_tables(draw: st.DrawFn) -> Tree:
    """Two to four stages; who starts in the afternoon is on the special for less than ten hours, others for longer."""

    def stage() -> Tree:
        start = draw(st.sampled_from(("08:00", "08:00", "16:00", "02:30")))
        hours = (4,) if start == "16:00" else (4, 12)
        length = draw(st.sampled_from((60, 100, 150)))
        points = draw(st.lists(st.sampled_from((20, 50)), unique=True, max_size=2))
        return {
            "special_km": length,
            "liaison_before_km": draw(st.sampled_from((0, 20))),
            "liaison_after_km": draw(st.sampled_from((0, 40))),
            "first_start": start,
            "start_gap_s": draw(st.sampled_from((0, 0, 60, 600))),
            "sunset": draw(st.sampled_from(("09:00", "10:30", "18:00"))),
            "time_allowed_s": draw(st.sampled_from((TIGHT_S, *(hour * 3600 for hour in hours)))),
            "night": draw(st.sampled_from(("refuge", "bivouac", "rest_day"))),
            "counted": draw(st.sampled_from((True, True, True, False))),
            "service_points": [{"km": km, "minutes": draw(st.sampled_from((5, 30)))} for km in points],
        }

    return calendar(*(stage() for _ in range(draw(st.integers(2, 4)))))


@st.composite
def team_tables(draw: st.DrawFn, stages: list[str]) -> Tree:
    """A team with few bays, up to two trucks and some policy."""

    def way() -> Tree:
        return {
            "start_delay_min": draw(st.sampled_from((0, 30, 200))),
            "speed_kmh": draw(st.sampled_from((40, 60, 120))),
        }

    def truck(alike: Tree | None) -> Tree:
        detours = {draw(st.sampled_from(stages)): [{"from_km": 30, "to_km": 45}]} if draw(st.booleans()) else {}
        return {**(alike or way()), "runs": draw(st.sampled_from((0.5, 1, 1))), "avoids": detours}

    together = way() if draw(st.booleans()) else None
    return {
        "bays": draw(st.integers(1, 2)),
        "routine_hours": draw(st.sampled_from((0, 5))),
        "routine_sigma": draw(SPREAD),
        "trucks": {f"T{i}": truck(together) for i in range(draw(FEW))},
        "help": {
            "policy": draw(st.sampled_from(("hand_over", "stay", "never"))),
            "chance": draw(LIKELY),
            "hand_over_min": draw(st.sampled_from((1, 10))),
        },
        "formation": draw(st.lists(st.sampled_from(stages), unique=True, max_size=1)),
    }


@st.composite
def crew_tables(draw: st.DrawFn, teams: list[str], stages: list[str], still: bool) -> Tree:
    """A crew with few spares and maybe an order."""
    orders: dict[str, Any] = {"mend_limps": draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=1))}
    if draw(st.booleans()):
        orders["withdraw_wait_min"] = draw(st.sampled_from((0, 60, 300)))
    if draw(st.booleans()):
        orders["rules"] = [{"pace": 1.1, "leads_by_min": 10}, {"pace": 0.9, "behind_by_min": 30}]
    if draw(st.booleans()):
        orders["pace"] = {draw(st.sampled_from(stages)): 1.05}
    return {
        "team": draw(st.sampled_from(teams)),
        "pace": draw(st.sampled_from((0, 0, 0.1))),
        "consistency": 0 if still else draw(st.sampled_from((0, 0, 0.05))),
        "spares": {name: draw(SPARES) for name in NAMES},
        "marathon_spares": {name: draw(FEW) for name in draw(st.lists(st.sampled_from(NAMES), max_size=1))},
        "orders": orders,
    }


@st.composite
def rallies(draw: st.DrawFn) -> Tree:
    """A rally of two to five crews in one to three teams."""
    stages, still = draw(stage_tables()), draw(st.sampled_from((False, False, True)))
    teams = ["red", "blue", "green"][: draw(st.sampled_from((1, 2, 1, 3)))]
    numbers = draw(st.lists(st.integers(1, 120).map(str), unique=True, min_size=2, max_size=5))
    lateness = draw(st.sampled_from((30, 240)))
    tree = rally(
        {number: draw(crew_tables(teams, list(stages), still)) for number in numbers},
        stages=stages,
        teams={name: draw(team_tables(list(stages))) for name in teams},
        modes={name: draw(modes(still)) for name in NAMES},
        drawn=True,
        driving={
            "stage_sd": 0 if still else draw(st.sampled_from((0, 0.05))),
            "night_pace": 1.2,
            "night_incidents": 1.5,
        },
        variation={"rally_sd": draw(SPREAD), "make_sd": 0.2, "care_sd": 0.2},
        fatigue={"bedtime": "20:00", "pace_per_hour": 0.01, "incidents_per_hour": 0.1},
        refuge={"slowdown": 2, "free_hours": 1},
        recovery={"hours": draw(st.sampled_from((1, 8, 30))), "sigma": draw(SPREAD)},
        regulations={
            "max_lateness_min": lateness,
            "closing_margin_min": lateness,
            "jokers": draw(st.integers(0, 3)),
            "uncompleted": draw(st.sampled_from(("time_allowed_plus_fixed", "time_lost_plus_fixed"))),
            "trucks_on_marathon_specials": draw(st.booleans()),
            "trucks_in_refuge": draw(st.booleans()),
            "restart_after_marathon_recovery": draw(st.booleans()),
        },
    )
    tree["wear"]["all"]["liaison"] = draw(st.sampled_from((0, 0.5)))
    if draw(st.sampled_from((False, False, False, True))):
        tree["parameters"] = wide(tree, draw(st.integers(0, 2**32)), draw(st.sampled_from((1, 2, 5))))
    return tree


@st.composite
def taken_up(draw: st.DrawFn) -> Tree:
    """A rally that is taken up on the evening of one of its stages, with much that is known of its cars.

    No life is sure in it: what has lasted longer than it can is no rally.
    """
    tree = draw(rallies())
    tree["modes"] = {name: {**mode, "shape": min(mode["shape"], 2)} for name, mode in tree["modes"].items()}
    stages = list(tree["stages"])
    done = stages[: draw(st.integers(1, len(stages)))]
    wear, renewed = (
        draw(st.lists(st.sampled_from(NAMES), max_size=1)),
        draw(st.lists(st.sampled_from(NAMES), max_size=2)),
    )
    places = draw(st.permutations(range(1, len(tree["crews"]) + 1)))

    def crew(place: int) -> Tree:
        return {
            "total_s": draw(st.sampled_from((20_000, 20_000, 30_000))),
            "uncompleted": draw(st.lists(st.sampled_from(done), unique=True, max_size=1)),
            "retired": draw(st.sampled_from((False, False, False, True))),
            "start_position": draw(st.sampled_from((place, place, None))),
            "damage": draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=1)),
            "spares": {name: draw(SPARES) for name in draw(st.lists(st.sampled_from(NAMES), max_size=1))},
            "wear_km": {name: draw(st.sampled_from((0, 40, 200))) for name in wear},
            "renewed": {
                name: {"stage": draw(st.sampled_from(done)), "km": draw(st.sampled_from((None, 0, 30)))}
                for name in renewed
                if name not in wear
            },
        }

    crews = {car: crew(place) for car, place in zip(tree["crews"], places, strict=True)}
    return {**tree, "state": {"after_stage": done[-1], "crews": crews}}


@st.composite
def happenings(draw: st.DrawFn, tree: Tree) -> Tree:
    """A pinned failure of some car of a rally; of most of it only something is known."""
    stage, car = draw(st.sampled_from(list(tree["stages"]))), draw(st.sampled_from(list(tree["crews"])))
    severity = draw(st.sampled_from(("delay", "limp", "halt", "halt", "halt", "strand", "wreck")))
    team = tree["crews"][car]["team"]
    mates = [mate for mate, crew in tree["crews"].items() if crew["team"] == team and mate != car]
    helps = [
        {},
        {"waits_for": draw(st.sampled_from(("truck", "team_mate")))},
        {"repaired_by": draw(st.sampled_from(("crew", "truck", "nobody", *mates)))},
    ]
    return {
        "stage": stage,
        "car": car,
        "mode": draw(st.sampled_from(NAMES)),
        "km": draw(st.sampled_from((0, 20, 30, 50, 50, tree["stages"][stage]["special_km"]))),
        "severity": severity,
        **{pin: draw(st.sampled_from((None, *values))) for pin, values in PINS[severity].items()},
        **(draw(st.sampled_from(helps)) if severity == "halt" else {}),
    }


@st.composite
def scripted(draw: st.DrawFn, base: st.SearchStrategy[Tree]) -> Tree:
    """A rally with happenings, driving times and penalties that are pinned; mostly everything else is drawn."""
    tree = draw(base)
    stages, cars = st.sampled_from(list(tree["stages"])), st.sampled_from(list(tree["crews"]))

    def penalty() -> Tree:
        cost = {"seconds": draw(st.sampled_from((60, 5000))), "sporting": draw(st.booleans())}
        return {"stage": draw(stages), "car": draw(cars), **cost}

    driving_s = st.dictionaries(stages, st.sampled_from((3000, 5999, 9000)), min_size=1, max_size=2)
    script = {
        "unscripted": draw(st.sampled_from(("drawn", "drawn", "drawn", "median"))),
        "driving_s": draw(st.dictionaries(cars, driving_s, max_size=2)),
        "happenings": {f"h{i}": draw(happenings(tree)) for i in range(draw(st.integers(0, 6)))},
        "penalties": {f"p{i}": penalty() for i in range(draw(FEW))},
    }
    return {**tree, "script": script}


def features(tree: Tree) -> dict[str, bool]:
    """Which features that are apt to tell twins apart a generated rally has."""
    stages, crews, modes = tree["stages"].values(), tree["crews"].values(), tree["modes"].values()
    teams = {name: team for name, team in tree["teams"].items() if any(crew["team"] == name for crew in crews)}
    trucks = [list(team["trucks"].values()) for team in teams.values()]
    marathon = any(stage["night"] == "refuge" for stage in stages)
    counts = {count for crew in crews for count in crew["spares"].values()}
    spreads = ("delay_sigma", "repair_sigma", "truck_sigma", "job_sigma", "stage_sd")
    on_grid = [mode for mode in modes if mode["shape"] == SURE_LIFE and mode["pace_exponent"] == 0]
    starts = [stage["first_start"] for stage in stages]
    return {
        "several teams": len(teams) > 1,
        "a team of several crews": len(teams) < len(crews),
        "trucks": any(trucks),
        "two trucks that start together": any(_way(a) == _way(b) for a, b in (two for two in trucks if len(two) == 2)),
        "trucks allowed on a marathon": any(trucks) and marathon and tree["regulations"]["trucks_on_marathon_specials"],
        "trucks in the refuge": any(trucks) and marathon and tree["regulations"]["trucks_in_refuge"],
        "a start gap of 0": any(stage["start_gap_s"] == 0 for stage in stages),
        "two crews of exactly one pace": tree["driving"]["stage_sd"] == 0
        and sum(crew["pace"] == crew["consistency"] == 0 for crew in crews) > 1,
        "lives on a grid of 50 km": tree["wear"]["all"]["liaison"] == 0 and bool(on_grid),
        "no spread at all": all(mode[spread] == 0 for mode in modes for spread in spreads),
        "spares of 0 and 1 only": counts <= {0, 1},
        "tight time allowed": any(stage["time_allowed_s"] == TIGHT_S for stage in stages),
        "a short night": any(one == "16:00" and two == "02:30" for one, two in pairwise(starts)),
        "parameters that are drawn": "parameters" in tree,
        "formations": any(team["formation"] for team in teams.values()),
        "orders to withdraw": any("withdraw_wait_min" in crew["orders"] for crew in crews),
        "a service point where lives end": bool(on_grid)
        and any(point["km"] == 50 for stage in stages for point in stage["service_points"]),
    }


def _way(truck: Tree) -> tuple[float, float]:
    return truck["start_delay_min"], truck["speed_kmh"]
