"""The card for the co-driver: its clock and its penalties by hand, its odds where they are known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.model.changes import Changes
from sim.model.scenario import load
from sim.study.contingency.actions import pinned
from sim.study.contingency.card import Card, card_of, cells_at_most, situation_of, verdict_of
from sim.study.contingency.opening import rally_before
from sim.study.contingency.penalty import Help, Penalty, last_minute, penalty_of, worth_waiting_s
from sim.study.contingency.timetable import Timetable, Zone, timetable, zones
from sim.study.errors import StudyError
from sim.study.executors import SERIAL, Pool
from sim.study.paired import Fates, Question, watch
from tests.support.rallies import SURE_LIFE, calendar, happens, planned, rally, run, truck

MINUTE, HOUR, DAY = 60, 3600, 86_400
TEN = 10 * HOUR
SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MARATHON = SCENARIOS / "examples/three-crews-marathon.toml"


def the_day(tree, stage: int = 0) -> Timetable:
    """Of car 1."""
    plan = planned(tree)
    return timetable(plan, plan.stages[stage], plan.crews[0])


def the_price(tree) -> Penalty:
    """Of car 1 on the first of two stages."""
    return penalty_of(planned(tree), the_day(tree), the_day(tree, 1))


def two_days(**changes):
    """Special of 100 km in 6000 s, 6 h allowed, 10 h fixed, 2 h for not starting; recovery takes 2 h."""
    return rally({"1": {}}, stages=calendar({}, {}), **changes)


def test_the_clock_is_that_of_the_engine_with_service_points_and_the_dark() -> None:
    stages = calendar({"service_points": [{"km": 40, "minutes": 15}], "sunset": "10:30:00"})
    tree = rally(["1"], stages=stages, driving={"night_pace": 1.5})
    race = run(tree)
    day = the_day(tree)
    finish = next(entry for entry in race.journal if entry.kind.value == "finish")
    assert day.finish(day.start, 0.0) == finish.time_s
    assert day.at(40.0) == TEN + 45 * MINUTE, "a failure comes before the service point at its km"
    assert day.elapsed(finish.time_s) == race.days[0, 0].seconds


def test_a_truck_waits_for_the_last_car_of_the_team_and_goes_round_its_detours() -> None:
    lorry = truck(start_delay_min=30, speed_kmh=30, avoids={"1": [{"from_km": 20, "to_km": 30}]})
    day = the_day(rally(["1", "2"], teams={"red": {"trucks": {"T1": lorry}}}))
    assert day.truck_at(10.0) == TEN + 1 * MINUTE + 30 * MINUTE + 20 * MINUTE
    assert day.truck_at(25.0) is None


def test_a_truck_that_comes_after_the_course_has_closed_does_not_come() -> None:
    day = the_day(rally(["1"], teams={"red": {"trucks": {"T1": truck(start_delay_min=380)}}}))
    assert day.close == TEN + 6 * HOUR + 30 * MINUTE
    assert day.truck_at(10.0) == day.close
    assert day.truck_at(10.02) is None


def test_zones_are_where_waiting_for_the_truck_ends_alike_and_there_are_three() -> None:
    # The truck is at km x after 180 + 2 x minutes; with 30 minutes of work the special takes 310 + x <= 360.
    lorry = truck(start_delay_min=180, speed_kmh=30)
    day = the_day(rally(["1"], teams={"red": {"trucks": {"T1": lorry}}}))
    assert zones(day, 30 * MINUTE) == [
        Zone(0, 25, "daylight"),
        Zone(25, 50, "daylight"),
        Zone(50, 100, "late"),
    ]


def test_where_no_truck_comes_the_whole_special_is_one_zone_in_three_parts() -> None:
    assert [(zone.from_km, zone.to_km, zone.home) for zone in zones(the_day(rally(["1"])), 0)] == [
        (0, 33, "late"),
        (33, 67, "late"),
        (67, 100, "late"),
    ]


def test_the_price_of_giving_up_by_hand() -> None:
    price = the_price(two_days())
    assert price.clean_s == 6000
    assert price.booked_s(TEN) == 6 * HOUR + 10 * HOUR
    assert price.cost_s(TEN) == 16 * HOUR - 6000
    assert price.no_start_cost_s() == 6 * HOUR + 10 * HOUR + 2 * HOUR - 6000


def test_where_the_time_lost_is_booked_it_runs_until_the_car_is_back_or_leaves_again() -> None:
    price = the_price(two_days(regulations={"uncompleted": "time_lost_plus_fixed"}))
    assert price.booked_s(TEN + 40 * MINUTE) == 40 * MINUTE + 2 * HOUR + 10 * HOUR
    assert price.booked_s(TEN + 30 * HOUR) == DAY + 10 * HOUR


def test_a_special_that_does_not_count_costs_nothing() -> None:
    assert the_price(rally(["1"], stages=calendar({"counted": False}, {}))).cost_s(TEN) == 0


def test_a_car_misses_tomorrow_if_it_is_not_back_or_not_mended_in_time() -> None:
    price = the_price(two_days())
    tomorrow = DAY + TEN
    assert price.misses_tomorrow(tomorrow - 2 * HOUR, 0.0) == 0.0
    assert price.misses_tomorrow(tomorrow - 2 * HOUR + 1, 0.0) == 1.0
    assert price.misses_tomorrow(tomorrow - 3 * HOUR, 1.5 * HOUR) == 0.0, "half an hour late is accepted"
    assert price.misses_tomorrow(tomorrow - 3 * HOUR, 1.5 * HOUR + 1) == 1.0


def test_recovery_is_log_normal() -> None:
    price = the_price(two_days(recovery={"hours": 8, "sigma": 0.5}))
    assert price.misses_tomorrow(DAY + TEN - 8 * HOUR, 0.0) == 0.5
    spread = DAY + TEN - round(8 * HOUR * np.exp(0.5))
    assert price.misses_tomorrow(spread, 0.0) == pytest.approx(0.158655, abs=1e-4)


def test_who_is_recovered_on_the_first_day_of_a_marathon_does_not_start_the_second() -> None:
    tree = rally(["1"], stages=calendar({"night": "refuge"}, {}))
    assert the_price(tree).misses_tomorrow(TEN, 0.0) == 1.0
    allowed = rally(["1"], stages=tree["stages"], regulations={"restart_after_marathon_recovery": True})
    assert the_price(allowed).misses_tomorrow(TEN, 0.0) == 0.0


def test_help_at_the_last_minute_completes_the_special_and_a_minute_later_does_not() -> None:
    wait = last_minute(the_price(two_days()), 40.0, 30 * MINUTE)
    assert wait == 6 * HOUR - 6000 - 30 * MINUTE
    for minutes, completed in ((wait // MINUTE, True), (wait // MINUTE + 1, False)):
        team = {"red": {"trucks": {"T1": truck(start_delay_min=minutes)}}}
        race = run(rally({"1": {}}, teams=team, happenings=[happens("1", "arm", 40, waits_for="truck")]))
        assert race.days[0, 0].completed is completed


def test_help_that_is_sure_is_worth_every_minute_in_which_the_special_can_be_completed() -> None:
    price = the_price(two_days())
    assert worth_waiting_s(price, 40.0, Help(30 * MINUTE, 1.0, 0.0)) == last_minute(price, 40.0, 30 * MINUTE)


def test_help_that_never_mends_is_not_worth_a_minute_where_time_lost_is_booked() -> None:
    price = the_price(two_days(regulations={"uncompleted": "time_lost_plus_fixed"}))
    assert worth_waiting_s(price, 40.0, Help(0.0, 0.0, 0.0)) == 0
    assert worth_waiting_s(price, 40.0, Help(30 * MINUTE, 0.0, 0.0)) < 0


def test_waiting_in_vain_is_worth_it_until_it_costs_tomorrow() -> None:
    """Back in 20 h or tomorrow is lost: 13:00 less the half hour of the truck."""
    price = the_price(two_days(recovery={"hours": 21, "sigma": 0}))
    assert worth_waiting_s(price, 40.0, Help(30 * MINUTE, 0.1, 0.0)) == (13 - 10.5) * HOUR - 40 * MINUTE


SURE_ARM = {"scale_km": 99, "shape": SURE_LIFE, "field_life": 0.5, "needs_part": False, "truck_repair": 0}


def sure_rally(**changes):
    """The arm breaks at km 99, or 49.5 km after it was mended on the road in 20 minutes; no truck can mend it."""
    team = {"red": {"trucks": {"T1": truck()}}}
    return planned(rally(["1"], modes={"arm": {**SURE_ARM, **changes}}, teams=team, drawn=True))


@pytest.fixture(scope="module")
def sure_card() -> Card:
    return card_of(situation_of(sure_rally(), "1", "1"), 5, 1, SERIAL, lambda _: None)


def test_minutes_are_those_over_the_same_rallies_without_the_failure(sure_card: Card) -> None:
    """Pinned at km 16.5 and 50 it breaks once more than without, at km 83.5 it does not."""
    (arm,) = sure_card.modes
    alone = [next(option for option in cell.options if option.action == "alone") for cell in arm.cells]
    assert [(o.minutes.value, o.minutes.low, o.minutes.high) for o in alone if o.minutes] == [
        (20.0, 20.0, 20.0),
        (20.0, 20.0, 20.0),
        (0.0, -np.inf, np.inf),
    ]
    assert arm.share.value == 1.0
    assert arm.lost_s.value == 20 * MINUTE


def test_a_mode_that_the_truck_never_mends_ends_the_special_whether_one_waits_or_withdraws(sure_card: Card) -> None:
    for cell in sure_card.modes[0].cells:
        assert {option.action: option.completed.value for option in cell.options} == {
            "alone": 1.0,
            "truck": 0.0,
            "withdraw": 0.0,
        }
        assert (cell.verdict.best, cell.verdict.apart) == ("alone", True)
        assert cell.otherwise is not None
        assert not cell.otherwise.apart, "waiting in vain and withdrawing cost the same"
        assert cell.why_not == {"team_mate": "no team-mate", "limp": "stops the car"}


def test_a_mode_that_always_strands_is_nothing_to_decide_about() -> None:
    plan = sure_rally(severity={"strand": 1})
    assert card_of(situation_of(plan, "1", "1"), 5, 1, SERIAL, lambda _: None).modes == ()


def test_without_the_part_a_crew_cannot_mend_it_alone() -> None:
    situation = situation_of(sure_rally(needs_part=True), "1", "1")
    assert situation.why_not(0, Zone(0, 100, "late"), "alone") == "no part on board"


def fate(classified: list[int], total_min: list[int]) -> Fates:
    there = np.array(classified, dtype=bool)
    return Fates(there, there, np.array(classified), np.array(total_min) * MINUTE)


def test_the_best_has_the_fewest_minutes_among_those_as_sure_as_the_surest() -> None:
    many = 50
    safe = fate([1, 1, 1, 1] * many, [10, 11, 12, 13] * many)
    quick = fate([1, 1, 1, 1] * many, [9, 9, 9, 9] * many)
    rash = fate([1, 0, 1, 0] * many, [1, 1, 1, 1] * many)
    verdict = verdict_of({"alone": safe, "truck": quick, "limp": rash})
    assert (verdict.best, verdict.next, verdict.apart) == ("truck", "alone", True)
    assert verdict.minutes is not None
    assert verdict.minutes.value == 2.5


def test_what_comes_to_the_same_cannot_be_told_apart() -> None:
    verdict = verdict_of({"truck": fate([1, 1], [5, 6]), "withdraw": fate([1, 1], [5, 6])})
    assert (verdict.best, verdict.next, verdict.apart) == ("truck", "withdraw", False)


def test_the_digits_are_the_same_for_any_number_of_workers() -> None:
    plan = load(MARATHON).plan()
    situation = situation_of(plan, plan.stages[0].name, plan.crews[0].car)
    done: list[int] = []
    serial = card_of(situation, 40, 3, SERIAL, done.append)
    with ThreadPoolExecutor(2) as executor:
        assert card_of(situation, 40, 3, Pool(executor, width=4), lambda _: None) == serial
    assert done == [len(done)] * len(done), "each is told with their number"
    assert 1 < len(done) <= cells_at_most()


def test_a_pinned_failure_changes_nothing_before_it() -> None:
    plan = load(MARATHON).plan()
    situation = situation_of(plan, plan.stages[1].name, plan.crews[0].car)
    mode = plan.modes.index(plan.modes.names[0])
    ask = Question(plan, 0, 1, 60)
    changed = replace(ask, plan=pinned(plan, situation.happening(mode, Zone(0, 100, "late"), "withdraw")))
    assert watch(ask).completed.tolist() == watch(changed).completed.tolist()


def test_the_evening_before_has_the_totals_of_a_rally_without_failures() -> None:
    scenario = load(MARATHON)
    first, second = (stage.name for stage in scenario.plan().stages)
    assert rally_before(scenario, first) is scenario
    known = rally_before(scenario, second).rally.state
    assert known is not None
    assert known.after_stage == first
    plan = scenario.plan()
    paces = sorted(plan.crews, key=lambda crew: crew.spec.pace)
    assert [known.crews[crew.car].start_position for crew in paces] == [1, 2, 3]
    clean = [plan.stages[0].track.nominal_s * np.exp(crew.spec.pace) for crew in plan.crews]
    assert [known.crews[crew.car].total_s for crew in plan.crews] == pytest.approx(clean, abs=0.5)


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("1A", "--stage: unknown stage '1A'"),
        ("9", "(the rally has stages 1 to 2)"),
    ],
)
def test_a_stage_outside_the_rally_is_refused_with_those_there_are(stage: str, told: str) -> None:
    with pytest.raises(StudyError) as refused:
        rally_before(load(MARATHON), stage)
    assert told in str(refused.value)


def test_a_stage_that_is_over_and_a_rally_without_chance_are_refused() -> None:
    scenario = load(MARATHON)
    first, second = (stage.name for stage in scenario.plan().stages)
    with pytest.raises(StudyError, match=f"stage {first} is over"):
        rally_before(rally_before(scenario, second), first)
    with pytest.raises(StudyError, match="has no odds"):
        rally_before(load(MARATHON, changes=Changes(("script.unscripted=median",))), first)


def test_an_unknown_car_is_refused_with_those_there_are_and_one_that_is_out_with_the_stage() -> None:
    scenario = load(MARATHON)
    first, second = (stage.name for stage in scenario.plan().stages)
    with pytest.raises(StudyError, match="unknown crew '111'; known: 11, 12, 13"):
        situation_of(scenario.plan(), first, "111")
    evening = rally_before(scenario, second)
    state = evening.rally.state
    assert state is not None
    out = {**state.crews, "11": state.crews["11"].model_copy(update={"retired": True})}
    gone = replace(evening, rally=evening.rally.model_copy(update={"state": state.model_copy(update={"crews": out})}))
    with pytest.raises(StudyError, match=f"crew 11 is out of the rally after stage {first}"):
        situation_of(gone.plan(), second, "11")
