"""From times to results."""

import numpy as np
import pytest

from sim.model.rules import results
from sim.model.rules.results import Status
from sim.model.spec import PaceRule


def test_an_uncompleted_special_costs_its_time_allowed():
    assert results.attributed_s(36_000, 43_200, plus_lost=False) == 36_000


def test_an_uncompleted_special_costs_the_time_lost_where_the_rules_say_so():
    assert results.attributed_s(36_000, 43_200, plus_lost=True) == 43_200


def test_a_car_is_late_by_the_seconds_after_its_departure():
    assert results.lateness_s(np.array([90, 100, 101, 400]), 100).tolist() == [0, 0, 1, 300]


def test_the_time_allowed_is_included():
    assert results.in_time(np.array([35_999, 36_000, 36_001]), 36_000).tolist() == [True, True, False]


def test_one_uncompleted_special_more_than_there_are_jokers_excludes():
    assert results.excluded(np.array([0, 1, 2, 3]), 2).tolist() == [False, False, False, True]


def test_the_order_of_a_stage_is_by_time_plus_sporting_penalties():
    order = results.stage_order(np.array([100, 90, 95]), np.array([0, 15, 0]), np.array([True, True, True]))
    assert order.tolist() == [2, 0, 1]


def test_equal_times_on_a_stage_stand_in_the_order_of_the_race_numbers():
    order = results.stage_order(np.array([100, 90, 100, 90]), np.array([0, 10, 0, 0]), np.full(4, fill_value=True))
    assert order.tolist() == [3, 0, 1, 2]


def test_who_did_not_complete_a_stage_stands_behind_by_race_number():
    order = results.stage_order(np.array([50, 90, 40, 95]), np.zeros(4, int), np.array([False, True, False, True]))
    assert order.tolist() == [1, 3, 0, 2]


def test_places_on_a_stage_count_from_1_and_are_0_for_who_did_not_complete_it():
    positions = results.stage_positions(
        np.array([50, 95, 40, 90]), np.array([0, 0, 0, 0]), np.array([False, True, False, True])
    )
    assert positions.tolist() == [0, 2, 0, 1]


def test_equal_times_on_a_stage_get_different_places():
    positions = results.stage_positions(np.array([90, 90, 80]), np.zeros(3, int), np.full(3, fill_value=True))
    assert positions.tolist() == [2, 3, 1]


def test_places_of_many_replications_at_once():
    seconds = np.array([[90, 80, 70], [90, 80, 70]])
    completed = np.array([[True, True, True], [True, True, False]])
    assert results.stage_positions(seconds, np.zeros(3, int), completed).tolist() == [[3, 2, 1], [2, 1, 0]]


def test_the_standings_are_by_total_with_ties_to_the_lower_number():
    ranks = results.standings(np.array([500, 400, 500, 300]), np.full(4, fill_value=True))
    assert ranks.tolist() == [3, 2, 4, 1]


def test_ties_go_to_the_lower_number_in_a_large_field_too():
    seconds, everybody = np.tile([7, 5], 50), np.full(100, fill_value=True)
    order = [*range(1, 100, 2), *range(0, 100, 2)]
    assert results.stage_order(seconds, np.zeros(100, int), everybody).tolist() == order
    assert np.argsort(results.standings(seconds, everybody)).tolist() == order


def test_who_is_not_ranked_has_no_rank_however_low_its_total():
    ranks = results.standings(np.array([0, 400, 300]), np.array([False, True, True]))
    assert ranks.tolist() == [0, 2, 1]


def test_the_leader_leads_by_the_gap_to_the_second_and_nobody_else_leads():
    lead = results.lead_s(np.array([1000, 700, 950]), np.full(3, fill_value=True))
    assert lead.tolist() == [0, 250, 0]


def test_retired_crews_are_not_led():
    lead = results.lead_s(np.array([1000, 700, 701]), np.array([True, True, False]))
    assert lead.tolist() == [0, 300, 0]


def test_of_two_with_equal_totals_nobody_leads_by_any_time():
    assert results.lead_s(np.array([700, 700]), np.full(2, fill_value=True)).tolist() == [0, 0]


def test_a_crew_alone_leads_by_more_than_any_number_of_minutes():
    assert results.lead_s(np.array([700]), np.array([True]))[0] > 10**9
    assert results.lead_s(np.array([700, 600]), np.array([True, False]))[0] > 10**9


def test_everybody_is_behind_the_leader_by_the_difference_of_the_totals():
    behind = results.behind_s(np.array([1000, 700, 950]), np.full(3, fill_value=True))
    assert behind.tolist() == [300, 0, 250]


def test_leads_and_gaps_of_many_replications_at_once():
    totals, ranked = np.array([[1000, 700, 950], [10, 30, 25]]), np.full((2, 3), fill_value=True)
    assert results.lead_s(totals, ranked).tolist() == [[0, 250, 0], [15, 0, 0]]
    assert results.behind_s(totals, ranked).tolist() == [[300, 0, 250], [0, 20, 15]]


def test_nobody_is_behind_a_retired_crew():
    behind = results.behind_s(np.array([1000, 700]), np.array([True, False]))
    assert behind[0] == 0


LEADS = (PaceRule(pace=1.05, leads_by_min=30), 0)
BEHIND = (PaceRule(pace=0.97, behind_by_min=20), 0)
LATE = (PaceRule(pace=1.01, from_stage="9"), 9)
LEADS_LATE = (PaceRule(pace=1.1, leads_by_min=60, from_stage="9"), 9)


def order(rules, *, stage=0, lead=0, behind=0):
    return float(results.pace_order(0.99, rules, stage, lead, behind))


def test_without_a_rule_the_fixed_order_holds():
    assert order(()) == 0.99


@pytest.mark.parametrize(("lead", "pace"), [(0, 0.99), (1800, 0.99), (1801, 1.05)])
def test_a_crew_that_leads_by_more_than_the_minutes_of_a_rule_follows_it(lead, pace):
    assert order((LEADS,), lead=lead) == pace


@pytest.mark.parametrize(("behind", "pace"), [(0, 0.99), (1200, 0.99), (1201, 0.97)])
def test_a_crew_behind_by_more_than_the_minutes_of_a_rule_follows_it(behind, pace):
    assert order((BEHIND,), behind=behind) == pace


@pytest.mark.parametrize(("stage", "pace"), [(8, 0.99), (9, 1.01), (10, 1.01)])
def test_a_rule_holds_from_its_stage_on(stage, pace):
    assert order((LATE,), stage=stage) == pace


def test_all_conditions_of_a_rule_must_hold():
    assert order((LEADS_LATE,), stage=8, lead=4000) == 0.99
    assert order((LEADS_LATE,), stage=9, lead=3000) == 0.99
    assert order((LEADS_LATE,), stage=9, lead=4000) == 1.1


def test_the_first_rule_that_holds_is_followed():
    assert order((LEADS_LATE, LEADS, LATE), stage=9, lead=4000) == 1.1
    assert order((LEADS, LEADS_LATE, LATE), stage=9, lead=4000) == 1.05
    assert order((LEADS_LATE, LEADS, LATE), stage=9, lead=0) == 1.01


def test_a_rule_without_conditions_always_holds():
    assert order(((PaceRule(pace=1.2), 0), LATE), stage=9) == 1.2


def test_pace_orders_of_many_replications_at_once():
    paces = results.pace_order(0.99, (LEADS, BEHIND), 0, np.array([0, 2000, 0]), np.array([0, 0, 1500]))
    assert paces.tolist() == [0.99, 1.05, 0.97]


def test_the_status_at_the_end():
    status = results.final_status(np.array([0, 1, 0, 1]), np.array([False, False, True, True]))
    assert status.tolist() == [Status.FINISHED, Status.REJOINED, Status.RETIRED, Status.RETIRED]
    assert status.dtype == np.int8


def test_the_numbers_of_the_statuses_never_change():
    assert [(status.name, status.value) for status in Status] == [("FINISHED", 0), ("REJOINED", 1), ("RETIRED", 2)]
