"""What a scenario may hold: the limits of its numbers, and what it means to leave something out."""

import pytest

from sim.model import spec
from sim.model.scenario import ScenarioError

POSITIVE = [
    "stages.1.special_km", "recovery.hours",
    "regulations.time_allowed_max_h", "regulations.spares_kg", "modes.arm.scale_km", "modes.arm.shape",
    "modes.arm.repair_min", "modes.arm.truck_min", "crews.7.repair_skill", "crews.7.failures",
    "teams.north.help.hand_over_min",
]  # fmt: skip
NOT_NEGATIVE = [
    "driving.stage_sd", "driving.make_sd", "variation.rally_sd", "variation.make_sd", "variation.care_sd",
    "fatigue.max_hours", "fatigue.pace_per_hour", "fatigue.incidents_per_hour", "refuge.free_hours", "recovery.sigma",
    "regulations.time_allowed_base_h", "regulations.time_allowed_factor", "regulations.fixed_penalty_h",
    "regulations.no_start_penalty_h", "regulations.max_lateness_min", "wear.wheel.liaison", "wear.wheel.terrain.sand",
    "stages.1.liaison_before_km", "stages.1.liaison_after_km", "modes.arm.delay_min", "modes.arm.delay_sigma",
    "modes.arm.part_kg", "modes.arm.repair_sigma", "modes.arm.truck_sigma", "modes.arm.job_hours",
    "modes.arm.job_sigma", "modes.arm.pace_exponent", "modes.arm.stage_sd", "crews.7.consistency",
    "crews.7.orders.withdraw_wait_min", "teams.north.routine_hours", "teams.north.routine_sigma",
    "teams.north.trucks.T1.start_delay_min",
]  # fmt: skip
SHARES = [
    "modes.arm.missed_waypoint", "modes.arm.crew_repair", "modes.arm.truck_repair", "teams.north.trucks.T1.runs",
    "teams.north.help.chance",
]  # fmt: skip
FACTORS = ["driving.night_pace", "driving.night_incidents", "refuge.slowdown", "modes.arm.limp_factor"]
COUNTS = ["regulations.jokers", "regulations.waypoint_penalty_s", "stages.1.start_gap_s", "crews.7.spares.arm"]
WHOLE_FROM_1 = ["stages.1.nominal_s", "stages.1.time_allowed_s", "modes.arm.replaced", "teams.north.bays"]
SPEEDS = ["driving.liaison_kmh", "terrains.sand.speed_kmh", "teams.north.trucks.T1.speed_kmh"]
HIGHEST = {
    "10_000": [
        "regulations.jokers", "crews.7.spares.arm", "crews.7.marathon_spares.arm", "crews.7.stage_spares.1.arm",
        "modes.arm.replaced", "teams.north.bays", "stages.1.liaison_before_km", "stages.1.liaison_after_km",
    ],
    "31_536_000": [
        "regulations.waypoint_penalty_s", "stages.1.start_gap_s", "stages.1.nominal_s", "script.driving_s.7.1",
    ],
    "525_600": [
        "modes.arm.delay_min", "modes.arm.repair_min", "modes.arm.truck_min", "teams.north.help.hand_over_min",
        "regulations.max_lateness_min", "teams.north.trucks.T1.start_delay_min", "crews.7.orders.withdraw_wait_min",
    ],
    "8760": [
        "recovery.hours", "regulations.time_allowed_base_h", "regulations.time_allowed_max_h",
        "regulations.fixed_penalty_h", "regulations.no_start_penalty_h", "modes.arm.job_hours",
        "teams.north.routine_hours", "fatigue.max_hours", "refuge.free_hours",
    ],
    "5": [
        "recovery.sigma", "modes.arm.delay_sigma", "modes.arm.repair_sigma", "modes.arm.truck_sigma",
        "modes.arm.job_sigma", "modes.arm.stage_sd", "teams.north.routine_sigma", "variation.rally_sd",
        "variation.make_sd", "variation.care_sd",
    ],
    "10": ["fatigue.pace_per_hour", "fatigue.incidents_per_hour"],
    "1": ["driving.stage_sd", "driving.make_sd", "crews.7.consistency"],
    "2": ["crews.7.pace", "stages.1.pace"],
    "100": ["driving.night_pace", "driving.night_incidents", "refuge.slowdown", "modes.arm.limp_factor"],
    "1000": ["crews.7.repair_skill", "crews.7.failures", *SPEEDS],
}  # fmt: skip
TEXTS = ["name", "description", "crews.7.driver", "crews.7.codriver", "crews.7.vehicle", "modes.arm.label"]


def refused_at(scenario, path, value):
    """Is a value refused at its path? (What else it breaks does not count.)"""
    try:
        scenario(f"{path} = {value}")
    except ScenarioError as refused:
        return path in [finding.path for finding in refused.findings]
    return False


def check(scenario, path, *, allowed, refused):
    assert [value for value in allowed if refused_at(scenario, path, value)] == []
    assert [value for value in refused if not refused_at(scenario, path, value)] == []


@pytest.mark.parametrize("path", POSITIVE)
def test_what_is_divided_by_or_lasts_is_more_than_0(path, scenario):
    check(scenario, path, allowed=["1e-9", "1"], refused=["0", "-1", "nan", "inf", "true", '"1"'])


@pytest.mark.parametrize("path", NOT_NEGATIVE)
def test_what_may_be_nothing_is_not_negative(path, scenario):
    check(scenario, path, allowed=["0", "0.5"], refused=["-1e-9", "nan", "inf", "true", '"1"'])


@pytest.mark.parametrize("path", SHARES)
def test_a_chance_lies_between_0_and_1(path, scenario):
    check(scenario, path, allowed=["0", "0.5", "1"], refused=["-1e-9", "1.000001", "nan", "true", '"1"'])


@pytest.mark.parametrize("path", FACTORS)
def test_a_factor_can_only_slow_down(path, scenario):
    check(scenario, path, allowed=["1", "2.5"], refused=["0.999999", "nan", "inf", "true"])


@pytest.mark.parametrize("path", COUNTS)
def test_a_count_is_a_whole_number_that_may_be_0(path, scenario):
    check(scenario, path, allowed=["0", "1"], refused=["-1", "0.5", "1.0", "nan", "true", '"1"'])


@pytest.mark.parametrize("path", WHOLE_FROM_1)
def test_some_whole_numbers_begin_with_1(path, scenario):
    check(scenario, path, allowed=["1"], refused=["0", "-1", "1.5", "true"])


@pytest.mark.parametrize("path", SPEEDS)
def test_a_speed_is_at_least_one_kilometre_an_hour(path, scenario):
    check(scenario, path, allowed=["1", "50.5"], refused=["0.999", "0", "-1", "nan", "inf", "true", '"1"'])


@pytest.mark.parametrize(("highest", "path"), [(highest, path) for highest in HIGHEST for path in HIGHEST[highest]])
def test_a_number_has_a_limit_that_no_rally_comes_near(highest, path, scenario):
    check(scenario, path, allowed=[highest], refused=[str(int(highest) + 1)])


@pytest.mark.parametrize("path", TEXTS)
def test_a_text_is_a_text(path, scenario):
    check(scenario, path, allowed=['""', '"x"'], refused=["1", "true", "[]", "2030-01-05"])


def test_a_crew_may_be_faster_or_slower_than_the_nominal_time(scenario):
    check(scenario, "crews.7.pace", allowed=["-0.1", "0", "0.1"], refused=["nan", "-inf", "true"])


def test_a_pace_order_lies_between_half_and_double_the_time(scenario):
    check(scenario, "crews.7.orders.pace.1", allowed=["0.5", "1", "2"], refused=["0.499999", "2.000001", "nan"])


def test_a_field_repair_leaves_some_life(scenario):
    check(scenario, "modes.arm.field_life", allowed=["1e-9", "1"], refused=["0", "1.000001"])


@pytest.mark.parametrize("name", ["a", "A-1", "7", "0_x", "two-words"])
def test_a_name_holds_letters_digits_and_dashes(name, scenario):
    assert name in scenario(f"[teams.{name}]\nmake = 'camel'\nbays = 1\nroutine_hours = 3").rally.teams


@pytest.mark.parametrize("name", ['""', '"a b"', '"-a"', '"_a"', '"é"', '"a.b"', '"a\\n"'])
def test_a_name_holds_nothing_else(name, scenario):
    with pytest.raises(ScenarioError, match="a name holds letters, digits"):
        scenario(f"[teams.{name}]\nmake = 'camel'\nbays = 1\nroutine_hours = 3")


@pytest.mark.parametrize("car", ["1", "502", "10000", "privateer-a", "P", "x_1"])
def test_a_car_is_called_by_a_number_or_a_name(car, scenario):
    assert car in scenario(f"[crews.{car}]\ndriver = 'x'\nteam = 'north'").rally.crews


@pytest.mark.parametrize("car", ['""', "0", "0502", "5a", '"5 2"', "-5", '"٥"', '"502\\n"'])
def test_a_car_is_called_by_nothing_else(car, scenario):
    with pytest.raises(ScenarioError, match="a car is called by its race number"):
        scenario(f"[crews.{car}]\ndriver = 'x'\nteam = 'north'")


DEFAULTS = {
    spec.Rally: {"description": "", "modes": {}, "script": spec.Script(), "state": None, "parameters": None},
    spec.Stage: {
        "start": "",
        "finish": "",
        "description": "",
        "counted": True,
        "nominal_s": None,
        "pace": 0,
        "time_allowed_s": None,
        "service_points": [],
    },
    spec.Regulations: {"spares_kg": None},
    spec.Severity: {"delay": 0, "limp": 0, "halt": 0, "strand": 0, "wreck": 0},
    spec.Secondary: {"wear_km": 0, "damage": False},
    spec.Mode: {
        "limp_factor": 1,
        "delay_min": 0,
        "delay_sigma": 0,
        "missed_waypoint": 0,
        "part": "",
        "part_kg": 0,
        "repair_min": 1,
        "repair_sigma": 0,
        "truck_min": 1,
        "truck_sigma": 0,
        "job_sigma": 0,
        "field_life": 1,
        "stage_sd": 0,
        "secondary": {},
    },
    spec.Crew: {
        "codriver": "",
        "vehicle": "",
        "pace": 0,
        "consistency": 0,
        "repair_skill": 1,
        "failures": 1,
        "spares": {},
        "marathon_spares": {},
        "stage_spares": {},
        "orders": spec.Orders(),
    },
    spec.Orders: {"pace": {}, "rules": [], "mend_limps": [], "withdraw_wait_min": None},
    spec.PaceRule: {"leads_by_min": None, "behind_by_min": None, "from_stage": None},
    spec.Truck: {"avoids": {}},
    spec.Help: {"chance": 0, "hand_over_min": 1},
    spec.Team: {"routine_sigma": 0, "trucks": {}, "help": spec.Help(policy="never"), "formation": []},
    spec.Script: {"unscripted": "drawn", "driving_s": {}, "happenings": {}, "penalties": {}},
    spec.Happening: {
        "lost_s": None,
        "limp_factor": None,
        "repaired_by": None,
        "waits_for": None,
        "repair_s": None,
        "recovery_s": None,
        "job_s": None,
        "note": "",
    },
    spec.StewardPenalty: {"note": ""},
    spec.Renewal: {"km": None},
    spec.CrewState: {
        "total_s": 0,
        "penalty_s": 0,
        "uncompleted": [],
        "retired": False,
        "start_position": None,
        "damage": [],
        "spares": {},
        "wear_km": {},
        "renewed": {},
    },
}


@pytest.mark.parametrize("table", DEFAULTS, ids=lambda table: table.__name__)
def test_what_may_be_left_out_and_what_that_means(table):
    fields = {name: field.default for name, field in table.model_fields.items() if not field.is_required()}
    assert fields == DEFAULTS[table]


@pytest.mark.parametrize(
    "table",
    [
        spec.Terrain,
        spec.Section,
        spec.ServicePoint,
        spec.WearGroup,
        spec.Driving,
        spec.Variation,
        spec.Fatigue,
        spec.Refuge,
        spec.Recovery,
        spec.State,
    ],
    ids=lambda table: table.__name__,
)
def test_tables_of_which_nothing_may_be_left_out(table):
    assert [name for name, field in table.model_fields.items() if not field.is_required()] == []
