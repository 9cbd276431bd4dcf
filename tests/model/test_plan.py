"""The plan: what stands in which order, and what the figures of a scenario become."""

import dataclasses

import numpy as np
import pytest

from sim.model.plan import NEVER, REST_DAY, car_order, exposure
from sim.model.stable import code

PROLOGUE = """
[stages.P]
date = 2030-01-04
special_km = 10
liaison_before_km = 0
liaison_after_km = 0
first_start = "09:00"
start_gap_s = 120
sunset = "18:00"
night = "bivouac"
sections = [{ from_km = 0, to_km = 10, terrain = "rock" }]

"""

CREWS = """
[crews.502]
driver = "a"
team = "north"

[crews.privateer-b]
driver = "b"
team = "north"

[crews.privateer-a]
driver = "c"
team = "north"
"""

MODE = """
label = "{name}"
kind = "part"
wear = "chassis"
scale_km = 5000
shape = 2
replaced = "never"
severity = {{ wreck = 1 }}
needs_part = true
crew_repair = 0
truck_repair = 0
job_hours = 8
pace_exponent = 3
"""


def mode(name):
    return f"[modes.{name}]{MODE.format(name=name)}"


def test_crews_stand_by_race_number_and_names_after_numbers(plan):
    crews = plan(CREWS).crews
    assert [crew.car for crew in crews] == ["7", "11", "502", "privateer-a", "privateer-b"]
    assert [crew.index for crew in crews] == [0, 1, 2, 3, 4]


def test_race_numbers_are_compared_by_value():
    assert sorted(["1000", "9", "B", "10", "a", "502"], key=car_order) == ["9", "10", "502", "1000", "B", "a"]


def test_a_crew_has_the_code_of_its_number(plan):
    assert plan().crews[1].code == code("11")


def test_modes_stand_by_their_stable_codes(plan):
    modes = plan(mode("gearbox") + mode("engine") + mode("belt")).modes
    assert modes.codes == tuple(sorted(code(name) for name in ("arm", "puncture", "gearbox", "engine", "belt")))
    assert [code(name) for name in modes.names] == list(modes.codes)


def test_a_mode_more_keeps_the_order_of_the_others(plan):
    few = plan(mode("gearbox") + mode("engine")).modes.names
    many = plan(mode("belt") + mode("engine") + mode("cooling") + mode("gearbox")).modes.names
    assert tuple(name for name in many if name in few) == few


def test_stages_stand_by_date(plan):
    dates = "[stages.2]\ndate = 2030-01-08\nnight = 'bivouac'\n[stages.1]\ndate = 2030-01-09\nnight = 'finish'"
    assert [(stage.name, stage.day_s) for stage in plan(dates).stages] == [("2", 0), ("1", 86_400)]


def test_the_clock_starts_at_midnight_before_the_first_day(plan):
    first, second = plan().stages
    assert (first.first_slot, first.sunset, first.bedtime) == (32_400, 64_800, 79_200)
    assert (second.first_slot, second.sunset, second.bedtime) == (118_800, 151_200, 165_600)


def test_a_liaison_takes_its_km_at_the_speed_of_the_road(plan):
    stage = plan("stages.1.liaison_after_km = 45.5").stages[0]
    assert (stage.liaison_before_s, stage.liaison_after_s, stage.transport_s) == (1800, 2730, 10_530)


def test_the_first_car_leaves_its_liaison_before_its_start(plan):
    assert plan().stages[0].first_departure == 30_600


def test_the_time_allowed_is_a_base_and_a_factor_of_the_nominal_time(plan):
    # stage 1: 60 km at 60 km/h and 40 km at 50 km/h are 6,480 s; 2 h + 2 x 6,480 s
    assert plan().stages[0].allowed_s == 20_160


def test_the_time_allowed_counts_a_nominal_time_that_is_given(plan):
    assert plan().stages[1].allowed_s == 21_600


def test_the_time_allowed_has_a_maximum(plan):
    assert plan("regulations.time_allowed_max_h = 5.5").stages[0].allowed_s == 19_800


def test_a_time_allowed_that_is_given_replaces_the_formula(plan):
    assert plan("stages.1.time_allowed_s = 40000").stages[0].allowed_s == 40_000


def test_the_slots_of_a_start_list_follow_each_other_by_the_gap(plan):
    assert [plan().stages[0].last_slot(cars) for cars in (0, 1, 2, 7)] == [32_400, 32_400, 32_520, 33_120]


def test_both_specials_around_a_refuge_are_marathon_specials(plan):
    first, second = plan().stages
    assert (first.starts_marathon, first.ends_marathon, first.marathon) == (True, False, True)
    assert (second.starts_marathon, second.ends_marathon, second.marathon) == (False, True, True)


def test_other_specials_are_not(plan):
    assert [stage.marathon for stage in plan('stages.1.night = "bivouac"').stages] == [False, False]


def test_trucks_stay_away_from_marathon_specials_where_the_rules_say_so(plan):
    rule = "regulations.trucks_on_marathon_specials = false\n"
    assert [stage.trucks_allowed for stage in plan(rule).stages] == [False, False]
    assert [stage.trucks_allowed for stage in plan(rule + 'stages.1.night = "bivouac"').stages] == [True, True]


def test_service_points_stand_by_km(plan):
    points = "[{ km = 90, minutes = 10 }, { km = 20, minutes = 15.5 }]"
    stage = plan(f"stages.1.service_points = {points}").stages[0]
    assert (stage.service_km, stage.service_s) == ((20.0, 90.0), (930, 600))


def test_liaisons_wear_each_mode_as_its_group_says(plan):
    built = plan("wear.wheel.liaison = 0.25")
    arm, puncture = built.modes.index("arm"), built.modes.index("puncture")
    stage = built.stages[0]
    assert (stage.liaison_wear_before[arm], stage.liaison_wear_before[puncture]) == (3.0, 7.5)
    assert (stage.liaison_wear_after[arm], stage.liaison_wear_after[puncture]) == (3.0, 7.5)


def test_the_special_wears_each_mode_as_its_group_says(plan):
    built = plan()
    wear = built.stages[0].track.wear_at(100.0)
    assert (wear[built.modes.index("arm")], wear[built.modes.index("puncture")]) == (128.0, 150.0)


def test_shares_of_severity_are_added_up_and_end_at_exactly_1(plan):
    built = plan("[modes.arm]\nseverity = { delay = 0.1, limp = 0.2, halt = 0.3, strand = 0.4 }")
    assert built.drawn.severity[0, built.modes.index("arm")].tolist() == [0.1, 0.1 + 0.2, 0.1 + 0.2 + 0.3, 1.0, 1.0]


def test_a_severity_after_the_last_share_never_comes_though_the_sum_is_a_hair_below_1(plan):
    built = plan("[modes.arm]\nseverity = { delay = 0.7, limp = 0.1, halt = 0.1, strand = 0.1 }")
    assert 0.7 + 0.1 + 0.1 + 0.1 < 1
    assert built.drawn.severity[0, built.modes.index("arm"), 3] == 1.0


def test_the_numbers_of_the_policies_never_change():
    assert (NEVER, REST_DAY) == (0, -1)


def test_replacement_policies_become_numbers(plan):
    built = plan(
        mode("gearbox") + '[modes.arm]\nreplaced = 3\n[modes.puncture]\nreplaced = "rest_day"\n'
        "[modes.belt]" + MODE.format(name="belt").replace('"never"', '"every_night"')
    )
    nights = {name: int(n) for name, n in zip(built.modes.names, built.modes.replaced_nights, strict=True)}
    assert nights == {"arm": 3, "puncture": REST_DAY, "gearbox": NEVER, "belt": 1}


def test_minutes_and_hours_become_seconds(plan):
    built = plan("modes.arm.repair_min = 7.5")
    arm = built.modes.index("arm")
    assert (built.drawn.repair_s[0, arm], built.modes.truck_s[arm], built.modes.job_s[arm]) == (450.0, 2400.0, 7200.0)
    assert (built.max_lateness_s, built.closing_margin_s) == (1800, 1800)
    assert (built.fixed_penalty_s, built.no_start_penalty_s, built.drawn.recovery_s[0]) == (36_000, 3600, 21_600.0)


def test_figures_of_delays_and_kinds_stand_with_their_modes(plan):
    built = plan("modes.puncture.delay_min = 1.5")
    arm, puncture = built.modes.index("arm"), built.modes.index("puncture")
    assert (built.drawn.delay_s[0, arm], built.drawn.delay_s[0, puncture]) == (0.0, 90.0)
    assert (bool(built.modes.is_part[arm]), bool(built.modes.is_part[puncture])) == (True, False)


def test_figures_of_a_team_become_seconds(plan):
    team = plan("teams.north.help.hand_over_min = 2.5").teams[0]
    assert (team.routine_s, team.hand_over_s, team.make_code) == (10_800.0, 150, code("camel"))


def test_marathon_spares_change_only_what_they_name(plan):
    built = plan(PROLOGUE + "[crews.11]\nmarathon_spares = { arm = 2 }")
    arm, puncture = built.modes.index("arm"), built.modes.index("puncture")
    spares = built.crews[1].spares
    assert (spares[:, arm].tolist(), spares[:, puncture].tolist()) == ([1, 2, 2], [1, 1, 1])


def test_spares_of_a_stage_change_only_what_they_name_on_that_stage(plan):
    built = plan(
        PROLOGUE + "[crews.11]\nmarathon_spares = { arm = 2 }\nstage_spares = { P = { arm = 0 }, 1 = { puncture = 0 } }"
    )
    arm, puncture = built.modes.index("arm"), built.modes.index("puncture")
    spares = built.crews[1].spares
    assert (spares[:, arm].tolist(), spares[:, puncture].tolist()) == ([0, 2, 2], [1, 0, 1])


def test_a_part_that_is_not_on_board_counts_0(plan):
    built = plan()
    assert built.crews[0].spares[:, built.modes.index("arm")].tolist() == [0, 0]


def test_a_limit_of_patience_becomes_seconds(plan):
    crews = plan("crews.7.orders.withdraw_wait_min = 1.5").crews
    assert (crews[0].withdraw_wait_s, crews[1].withdraw_wait_s) == (90, None)


def test_a_pace_order_that_is_not_given_is_1(plan):
    assert plan("crews.7.orders.pace = { 2 = 0.98 }").crews[0].pace_orders == (1.0, 0.98)


def test_a_rule_knows_the_first_stage_on_which_it_may_hold(plan):
    rules = '[{ pace = 1.02, from_stage = "2" }, { pace = 1.01 }]'
    assert [first for _, first in plan(f"crews.7.orders.rules = {rules}").crews[0].rules] == [1, 0]


def test_a_team_knows_its_crews_and_its_formation_by_stage(plan):
    team = plan(CREWS + '[teams.north]\nformation = ["2"]').teams[0]
    assert (team.crews, team.formation) == ((0, 1, 2, 3, 4), (False, True))


@pytest.mark.parametrize(
    ("policy", "hands_over", "stays"), [("never", False, False), ("hand_over", True, False), ("stay", True, True)]
)
def test_who_stays_also_hands_over(policy, hands_over, stays, plan):
    team = plan(f'teams.north.help.policy = "{policy}"').teams[0]
    assert (team.hands_over, team.stays) == (hands_over, stays)


def test_a_truck_knows_its_delay_its_speed_and_its_detours_by_stage(plan):
    built = plan("teams.north.trucks.T1.avoids.2 = [{ from_km = 10, to_km = 20 }]")
    truck = built.teams[0].trucks[0]
    assert (built.drawn.truck_delay_s[0, truck.index], built.drawn.truck_s_per_km[0, truck.index]) == (1800, 72.0)
    assert truck.avoids == ((), ((10.0, 20.0),))


def test_trucks_stand_by_name_and_are_told_apart_by_their_team(plan):
    trucks = plan("[teams.north.trucks.A]\nstart_delay_min = 60\nspeed_kmh = 50\nruns = 1").teams[0].trucks
    expected = [(0, "A", code("north", "A")), (1, "T1", code("north", "T1"))]
    assert [(truck.index, truck.name, truck.code) for truck in trucks] == expected


HAPPENINGS = """
[script]
unscripted = "median"
[script.driving_s.7]
2 = 7300
[script.happenings.second]
stage = "2"
car = "7"
mode = "arm"
km = 50
severity = "limp"
[script.happenings.first]
stage = "2"
car = "7"
mode = "puncture"
km = 20
severity = "halt"
[script.happenings.together]
stage = "2"
car = "7"
mode = "arm"
km = 20
severity = "delay"
[script.penalties.speeding]
stage = "1"
car = "11"
seconds = 120
sporting = true
[script.penalties.waypoint]
stage = "1"
car = "7"
seconds = 900
sporting = true
[script.penalties.belt]
stage = "2"
car = "11"
seconds = 60
sporting = false
"""


def test_pinned_driving_stands_by_stage_and_crew(plan):
    assert plan(HAPPENINGS).driving_s == {(1, 0): 7300}


def test_pinned_happenings_stand_by_km_and_then_by_mode(plan):
    built = plan(HAPPENINGS)
    assert list(built.happenings) == [(1, 0)]
    assert [(h.km, m) for m, h in built.happenings[1, 0]] == [(20.0, 0), (20.0, 1), (50.0, built.modes.index("arm"))]


def test_pinned_penalties_stand_by_stage_and_crew(plan):
    built = plan(HAPPENINGS)
    seconds = {place: [penalty.seconds for penalty in found] for place, found in built.penalties.items()}
    assert seconds == {(0, 1): [120], (0, 0): [900], (1, 1): [60]}


def test_a_run_at_the_medians_has_no_failures_of_its_own(plan):
    assert (plan(HAPPENINGS).scripted_only, plan().scripted_only) == (True, False)


def test_a_stage_is_found_by_its_name(plan):
    assert [plan(PROLOGUE).stage_index(name) for name in ("P", "1", "2")] == [0, 1, 2]


def test_a_run_from_a_state_begins_with_the_stage_after_it(plan):
    state = 'state = { after_stage = "1", crews = { 7 = { total_s = 9000 }, 11 = { total_s = 9100 } } }'
    assert (plan(state).first_stage, plan().first_stage) == (1, 0)


STAGE_3 = """
[stages.3]
date = 2030-01-07
special_km = 50
liaison_before_km = 10
liaison_after_km = 10
first_start = "09:00"
start_gap_s = 120
sunset = "18:00"
night = "finish"
sections = [{ from_km = 0, to_km = 50, terrain = "rock" }]
"""

STATE = """
[state]
after_stage = "1"
[state.crews.7]
total_s = 9000
wear_km = { arm = 12.5 }
[state.crews.11]
total_s = 9100
"""


def test_at_the_start_of_the_rally_all_parts_are_new(plan):
    assert plan().ages_km.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_in_mid_rally_a_part_has_the_age_that_is_given(plan):
    built = plan(STATE)
    assert built.ages_km[0, built.modes.index("arm")] == 12.5


def test_in_mid_rally_an_age_that_is_not_given_is_what_the_policy_leaves(plan):
    # Stage 1 wears the arm 128 km, its liaisons 3 km each; the refuge replaces nothing.
    built = plan(STATE)
    assert built.ages_km[1].tolist() == pytest.approx([134.0, 156.0][:: 1 if built.modes.index("arm") == 0 else -1])


def test_in_mid_rally_the_stages_ahead_have_worn_nothing(plan):
    # Of three stages the first two are done: 134 km on stage 1, 0.8 x 120 + 6 on stage 2.
    third = STAGE_3 + '[stages.2]\nnight = "refuge"\n' + STATE.replace('after_stage = "1"', 'after_stage = "2"')
    built = plan(third)
    assert built.ages_km[1, built.modes.index("arm")] == pytest.approx(236.0)


def test_in_mid_rally_a_part_that_was_replaced_last_night_is_new(plan):
    built = plan(STATE + '[stages.1]\nnight = "bivouac"')
    assert built.ages_km[1, built.modes.index("arm")] == 0.0
    assert built.ages_km[1, built.modes.index("puncture")] == pytest.approx(156.0)


def renewed_age(plan, renewed, replaced='"never"'):
    """(wear-kilometres, nights) of the arm of car 7 after stage 2 of three, known to have been new before."""
    stages = STAGE_3 + '[stages.1]\nnight = "bivouac"\n[stages.2]\nnight = "bivouac"\n'
    state = STATE.replace('after_stage = "1"', 'after_stage = "2"').replace("wear_km = { arm = 12.5 }", renewed)
    built = plan(f"{stages}{state}[modes.arm]\nreplaced = {replaced}")
    arm = built.modes.index("arm")
    return pytest.approx(float(built.ages_km[0, arm])), int(built.nights[0, arm])


def test_a_part_that_was_new_after_a_night_has_worn_since_then(plan):
    # stage 2: 0.8 x 120 km, and liaisons of 3 km each
    assert renewed_age(plan, 'renewed.arm.stage = "1"') == (102.0, 1)
    assert renewed_age(plan, 'renewed.arm.stage = "2"') == (0.0, 0)


def test_a_part_that_was_new_on_a_special_has_worn_from_its_km_on(plan):
    # the last 50 of 120 km, and the liaison behind them
    assert renewed_age(plan, 'renewed.arm = { stage = "2", km = 70 }') == (0.8 * 50 + 3.0, 1)
    assert renewed_age(plan, 'renewed.arm = { stage = "2", km = 0 }') == (0.8 * 120 + 3.0, 1)


def test_a_part_that_was_new_once_is_still_replaced_by_its_policy(plan):
    assert renewed_age(plan, 'renewed.arm = { stage = "1", km = 10 }', '"every_night"') == (0.0, 0)
    assert renewed_age(plan, 'renewed.arm = { stage = "1", km = 10 }', "3")[1] == 2


def test_the_route_wears_a_part_on_specials_and_liaisons(plan):
    # arm: 128 + 6 on stage 1, 0.8 x 120 + 6 on stage 2
    built = plan()
    assert exposure.wear_km(built)[built.modes.index("arm")] == pytest.approx(236.0)


def test_without_replacement_the_hazard_is_that_of_the_whole_route(plan):
    built = plan()
    expected = (236.0 / 3000.0) ** 1.5
    assert exposure.expected_failures(built)[built.modes.index("arm")] == pytest.approx(expected, rel=1e-12)


def nights(plan, replaced):
    """Wear-kilometres and bivouac nights of an arm after a prologue, a bivouac, stage 1, a rest day and stage 2."""
    stages = PROLOGUE + '[stages.1]\nnight = "rest_day"\n[stages.2]\ndate = 2030-01-07\nnight = "bivouac"\n'
    built = plan(stages + STAGE_3.replace("01-07", "01-08") + f"[modes.arm]\nreplaced = {replaced}")
    arm = built.modes.index("arm")
    ages = [exposure.age(arm, built.stages[:done], built.modes) for done in (1, 2, 3)]
    return [(pytest.approx(age.km), age.nights) for age in ages]


def test_the_age_of_a_part_grows_until_it_is_replaced(plan):
    assert nights(plan, '"never"') == [(20.0, 1), (154.0, 2), (256.0, 3)]
    assert nights(plan, '"every_night"') == [(0.0, 0), (0.0, 0), (0.0, 0)]
    assert nights(plan, '"rest_day"') == [(20.0, 1), (0.0, 0), (102.0, 1)]
    assert nights(plan, "2") == [(20.0, 1), (0.0, 0), (102.0, 1)]
    assert nights(plan, "3") == [(20.0, 1), (154.0, 2), (0.0, 0)]


def test_in_mid_rally_the_nights_of_a_part_count_from_its_replacement(plan):
    built = plan(PROLOGUE + STATE + "[modes.arm]\nreplaced = 2")
    assert built.nights.tolist() == [[1, 1], [1, 1]]
    assert plan().nights.tolist() == [[0, 0], [0, 0]]


def test_replacement_adds_the_hazards_of_the_intervals(plan):
    built = plan('stages.1.night = "bivouac"')
    expected = (134.0 / 3000.0) ** 1.5 + (102.0 / 3000.0) ** 1.5
    assert exposure.expected_failures(built)[built.modes.index("arm")] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        'name = "another"',
        "stages.1.special_km = 100.0\ncrews.7.pace = 1e-12",
        "stages.2.date = 2030-01-07",
        "crews.7.spares.puncture = 1",
        "crews.11.marathon_spares.arm = 0",
        'without = ["crews.11"]',
        'without = ["stages.2.service_points"]',
        'script.unscripted = "median"',
    ],
)
def test_any_other_value_is_another_digest(changes, plan):
    assert plan(changes).digest != plan().digest


def test_a_digest_has_256_bits(plan):
    assert len(bytes.fromhex(plan().digest)) == 32


def test_the_digest_does_not_depend_on_the_order_of_the_keys(plan):
    crews = 'without = ["crews.7"]\n[crews.7]\n{}\nteam = "north"\n{}\nspares = {{ puncture = 2 }}'
    driver = 'driver = "A. First"'
    assert plan(crews.format(driver, "")).digest == plan(crews.format("", driver)).digest == plan().digest


def test_the_digest_does_not_depend_on_what_is_written_out_though_it_is_the_default(plan):
    assert plan("crews.7.pace = 0\nmodes.arm.field_life = 1").digest == plan().digest


def test_sources_do_not_enter_the_digest(plan):
    assert plan('source = "[A]"\nname = "Base of the conformance files"').digest == plan().digest


def test_the_arrays_of_a_plan_cannot_be_written(plan):
    built = plan()
    arrays = [
        value
        for table in (built, built.modes, built.drawn, *built.crews, *built.stages)
        for field in dataclasses.fields(table)
        if isinstance(value := getattr(table, field.name), np.ndarray)
    ]
    assert len(arrays) > 20
    assert [array.flags.writeable for array in arrays] == [False] * len(arrays)
