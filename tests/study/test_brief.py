"""The brief of an evening: what is left of lives in closed form, bays and penalties by hand, what is changed."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim.model.plan import Plan
from sim.study.brief import variants
from sim.study.brief.evening import brief_of, runs
from sim.study.brief.halts import halts
from sim.study.brief.lead import backing_off, win_gain
from sim.study.brief.night import night_of
from sim.study.brief.wear import fails_by, saved_by_new
from sim.study.errors import StudyError
from sim.study.executors import SERIAL, Pool
from sim.study.paired import Question, Watched, apart, gain, share
from tests.support.rallies import calendar, happens, planned, rally

MINUTE, HOUR = 60, 3600
WORN = {"scale_km": 400, "shape": 2, "severity": {"halt": 1}}


def evening(after: str = "1", crews=("1",), **states) -> dict:
    """The state after a stage: nothing known of a crew but what is given."""
    return {"after_stage": after, "crews": {car: {"total_s": 6000, **states.get(f"car{car}", {})} for car in crews}}


def worn_plan(age: float = 150.0, stages: dict | None = None, **mode) -> Plan:
    """An arm of car 1 that has lasted `age` wear-km on the evening of stage 1; each stage wears 100."""
    stages = stages or calendar({}, {}, {})
    tree = rally(["1"], stages=stages, modes={"arm": {**WORN, **mode}}, drawn=True)
    return planned({**tree, "state": evening(car1={"wear_km": {"arm": age}})})


def weibull(from_km: float, to_km: float) -> float:
    return (to_km / 400) ** 2 - (from_km / 400) ** 2


def test_a_part_that_is_never_replaced_fails_by_its_residual_life() -> None:
    plan = worn_plan()
    assert fails_by(plan, 0, 0, 1) == pytest.approx(1 - math.exp(-weibull(150, 250)), rel=1e-12)
    assert fails_by(plan, 0, 0, 2) == pytest.approx(1 - math.exp(-weibull(150, 350)), rel=1e-12)


def test_a_part_that_is_replaced_on_the_rest_day_begins_anew() -> None:
    plan = worn_plan(stages=calendar({}, {"night": "rest_day"}, {}), replaced="rest_day")
    assert fails_by(plan, 0, 0, 2) == pytest.approx(1 - math.exp(-weibull(150, 250) - weibull(0, 100)), rel=1e-12)


def test_what_multiplies_the_failures_of_a_crew_multiplies_the_hazard_of_a_new_part() -> None:
    tree = rally({"1": {"failures": 3.0}}, stages=calendar({}, {}), modes={"arm": WORN}, drawn=True)
    plan = planned({**tree, "state": evening(car1={"wear_km": {"arm": 0.0}})})
    assert fails_by(plan, 0, 0, 1) == pytest.approx(1 - math.exp(-3 * weibull(0, 100)), rel=1e-12)


def test_a_new_part_saves_the_difference_of_the_two_lives() -> None:
    old, new = 1 - math.exp(-weibull(150, 250)), 1 - math.exp(-weibull(0, 100))
    assert saved_by_new(worn_plan(), 0, 0) == pytest.approx(old - new, rel=1e-12)
    assert saved_by_new(worn_plan(shape=1), 0, 0) == pytest.approx(0.0, abs=1e-12), "an incident has no age"


def test_the_closed_form_is_what_the_engine_does() -> None:
    """1000 rallies, seed 5: within 3.3 standard errors, which a right formula misses once in a thousand."""
    plan = worn_plan()
    seen = halts(Question(plan, 1, 5, 1000)).stopped[:, 0].mean()
    expected = fails_by(plan, 0, 0, 1)
    assert abs(seen - expected) < 3.3 * math.sqrt(expected * (1 - expected) / 1000)


def test_a_pinned_strand_is_a_halt_of_that_stage_and_car_only() -> None:
    script = [happens("1", "arm", 40, "strand", stage="2")]
    plan = planned(rally(["1", "2"], stages=calendar({}, {}, {}), happenings=script, drawn=True))
    quiet = halts(Question(plan, 0, 1, 5)).stopped
    assert not quiet.any()
    assert halts(Question(plan, 1, 1, 5)).stopped.tolist() == [[True, False]] * 5


def watched(totals: list[list[int]], classified: list[list[int]] | None = None) -> Watched:
    total_s = np.array(totals) * MINUTE
    there = np.ones(total_s.shape, dtype=bool) if classified is None else np.array(classified, dtype=bool)
    none = np.zeros(total_s.shape, dtype=bool)
    sums = np.zeros((2, 1), dtype=np.int64), np.zeros((2, 1, 2), dtype=np.int64)
    return Watched(there, none, there, np.zeros(total_s.shape, dtype=np.int64), total_s, *sums)


def test_the_lead_from_which_backing_off_pays_by_hand() -> None:
    """Racing, the car is 20 minutes ahead in three rallies of four, out in the fourth; backing off, 2 behind in all."""
    base = watched([[100, 120]] * 100, [[1, 1], [1, 1], [1, 1], [0, 1]] * 25)
    slow = watched([[122, 120]] * 100)
    now = backing_off(base, slow, 0, 30 * MINUTE)
    assert now.lead_min == 35, "with 32 minutes it is level, which is not enough; leads go by five"
    assert now.high == 35
    assert backing_off(base, base, 0, 0).lead_min == 0


def test_a_pace_wins_what_it_wins_while_the_others_drive_as_before() -> None:
    """Both cars go 20 minutes faster in one run: either alone would win by that, together the order stays."""
    base, fast = watched([[110, 100]] * 10), watched([[90, 80]] * 10)
    assert win_gain(base, fast, 0).value == 1.0
    assert win_gain(base, fast, 1).value == 0.0


def test_backing_off_that_only_loses_time_never_pays() -> None:
    base, slow = watched([[100, 120]] * 10), watched([[100 + 900, 120]] * 10)
    assert backing_off(base, slow, 0, 0).lead_min is None


def test_one_part_more_or_less_is_that_on_every_car_and_never_below_none() -> None:
    tree = rally({"1": {"spares": {"arm": 1}}, "2": {}}, stages=calendar({}, {}), drawn=True)
    for plan in (planned(tree), planned({**tree, "state": evening(crews=("1", "2"))})):
        for change, expected in ((1, [2, 1]), (-1, [0, 0])):
            changed = variants.with_parts(plan, 0, change)
            assert [variants.on_board(changed, crew, 0) for crew in changed.crews] == expected


def test_a_pace_order_multiplies_those_of_the_stages_to_come_and_the_rules() -> None:
    orders = {"pace": {"2": 1.1}, "rules": [{"pace": 1.2, "leads_by_min": 30}]}
    tree = rally({"1": {"orders": orders}}, stages=calendar({}, {}, {}), drawn=True)
    (crew,) = variants.with_pace(planned({**tree, "state": evening()}), 0.98).crews
    assert crew.pace_orders == (1.0, 1.1 * 0.98, 0.98)
    assert crew.rules[0][0].pace == 1.2 * 0.98


def test_a_job_that_is_done_leaves_the_other_damage() -> None:
    tree = rally(["1"], stages=calendar({}, {}), modes={"arm": {}, "belt": {}}, drawn=True)
    plan = planned({**tree, "state": evening(car1={"damage": ["arm", "belt"]})})
    state = variants.with_job_done(plan, "1", "arm").state
    assert state is not None
    assert state.crews["1"].damage == ["belt"]


def night_plan(job_hours: float, **stage) -> Plan:
    """Two cars of a team with one bay; car 1 is in at 11:40, the first departure is at 10:00."""
    team = {"red": {"bays": 1, "routine_hours": 5}}
    arm = {"arm": {"job_hours": job_hours}}
    tree = rally(["1", "2"], stages=calendar(stage, {}), teams=team, modes=arm, drawn=True)
    return planned({**tree, "state": evening(crews=("1", "2"), car1={"damage": ["arm"]})})


@pytest.mark.parametrize(("hours", "done"), [(22.3, 1.0), (22.4, 0.0)])
def test_a_job_is_done_tonight_if_it_ends_by_the_first_departure(hours: float, done: float) -> None:
    """From 11:40 to 10:00 there are 22 h 20 min."""
    night = night_of(night_plan(hours), 1, 4)
    assert night is not None
    assert [(job.car, job.mode, job.hours, job.done.value) for job in night.jobs] == [("1", "arm", hours, done)]
    (bays,) = night.bays
    assert (bays.bays, bays.hours, bays.wanted) == (1, pytest.approx(22 + 1 / 3), hours + 10)


def test_a_refuge_has_no_bays_and_the_eve_no_night() -> None:
    night = night_of(night_plan(1, night="refuge"), 1, 4)
    assert night is not None
    assert (night.kind, night.jobs, night.bays) == ("refuge", (), ())
    assert night_of(planned(rally(["1"], drawn=True)), 1, 4) is None


def a_brief(plan: Plan, pool: Pool = SERIAL, n: int = 40):
    return brief_of(plan, None, "", n, 1, pool, lambda: None)


def test_jokers_by_hand() -> None:
    """Time allowed 6 h and 10 h fixed instead of 100 minutes; car 2 has used both of its jokers."""
    tree = rally(["1", "2"], stages=calendar({}, {}, {}), drawn=True)
    used = evening("2", ("1", "2"), car2={"uncompleted": ["1", "2"]})
    first, second = a_brief(planned({**tree, "state": used})).cars
    assert (first.joker.left, first.joker.cost_s) == (2, 16 * HOUR - 6000)
    assert first.joker.classified is not None
    assert (first.joker.classified.value, apart(first.joker.classified)) == (0.0, False), "nothing fails here"
    assert (second.joker.left, second.joker.classified) == (0, None)


def test_what_is_out_of_the_rally_is_not_briefed_on() -> None:
    tree = rally(["1", "2"], stages=calendar({}, {}), drawn=True)
    found = a_brief(planned({**tree, "state": evening(crews=("1", "2"), car2={"retired": True})}))
    assert [car.car for car in found.cars] == ["1"]


def test_against_an_equal_yesterday_nothing_has_changed() -> None:
    plan = worn_plan()
    (car,) = brief_of(plan, plan, "", 40, 1, SERIAL, lambda: None).cars
    for chance in (car.classified, car.win, car.podium):
        assert chance.change is not None
        assert (chance.change.value, apart(chance.change)) == (0.0, False)


def test_the_digits_are_the_same_for_any_number_of_workers() -> None:
    plan = worn_plan(needs_part=True, part_kg=5)
    with ThreadPoolExecutor(2) as executor:
        other = a_brief(plan, Pool(executor, width=4))
    serial = a_brief(plan)
    assert (serial.cars, serial.spares, serial.parts) == (other.cars, other.spares, other.parts)


def test_on_the_second_day_of_a_marathon_there_is_nothing_to_load() -> None:
    plan = worn_plan(stages=calendar({"night": "refuge"}, {}), needs_part=True, part_kg=5)
    assert not [key for key in runs(plan, None) if key[0] == "part"]


def test_after_the_last_stage_and_without_chance_there_is_no_brief() -> None:
    tree = rally(["1"], drawn=True)
    with pytest.raises(StudyError, match="the rally is over"):
        a_brief(planned({**tree, "state": evening()}))
    with pytest.raises(StudyError, match="has no odds"):
        a_brief(planned(rally(["1"])))


def test_the_share_of_all_cars_is_their_mean() -> None:
    one, other = np.array([[1, 1], [1, 0]], dtype=bool), np.zeros((2, 2), dtype=bool)
    assert gain(one, other).value == 0.75
    assert share(one[:, 0]).value == 1.0


def test_a_load_that_is_too_heavy_for_a_car_is_not_proposed() -> None:
    start = {"1": {"spares": {"arm": 2}}, "2": {}}
    arm = {**WORN, "needs_part": True, "part_kg": 5}

    def changes(limit_kg: float) -> list[int]:
        tree = rally(start, stages=calendar({}, {}, {}), modes={"arm": arm}, regulations={"spares_kg": limit_kg})
        return [key[2] for key in runs(planned(tree), None) if key[0] == "part"]

    assert changes(15) == [1, -1]
    assert changes(14) == [-1]
