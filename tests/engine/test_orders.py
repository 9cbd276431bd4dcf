"""Pace orders, rules that switch them, and formation."""

from __future__ import annotations

from math import log

from sim.engine.journal import Kind
from sim.engine.replay import Replay
from tests.support.rallies import accounts, calendar, happens, helping, rally, run, seconds, told

FIVE = calendar({}, {}, {}, {}, {})
SLOWER = log(1.05)
"""Pace of a crew that takes 6300 s for a stage of 6000 s."""


def times(race: Replay, car: str) -> list[int]:
    return [seconds(race, stage.name)[car] for stage in race.plan.stages]


def test_a_pace_order_holds_on_its_stage() -> None:
    race = run(rally({"1": {"orders": {"pace": {"2": 0.95, "3": 1.1}}}}, stages=FIVE))
    assert times(race, "1") == [6000, 5700, 6600, 6000, 6000]
    assert told(race, only=[Kind.ORDER]) == [
        ("2 10:00:00", "1", "pace order (0.950)"),
        ("3 10:00:00", "1", "pace order (1.100)"),
    ]


def test_an_order_switches_the_morning_after_the_lead_has_grown_beyond_its_limit() -> None:
    crews = {"1": {"orders": {"rules": [{"pace": 1.1, "leads_by_min": 10}]}}, "2": {"pace": SLOWER}}
    race = run(rally(crews, stages=FIVE))
    # Leads after each stage: 5 min, 10 min (not more than 10), 15 min, then 10 min again.
    assert times(race, "1") == [6000, 6000, 6000, 6600, 6000]
    assert told(race, only=[Kind.ORDER]) == [("4 10:00:00", "1", "pace order (1.100)")]


def test_an_order_switches_when_the_leader_is_further_away_than_its_limit() -> None:
    crews = {"1": {}, "2": {"pace": SLOWER, "orders": {"rules": [{"pace": 0.9, "behind_by_min": 5}]}}}
    race = run(rally(crews, stages=FIVE))
    # Behind by 300 s (not more than 5 min), 600 s, 270 s, 570 s.
    assert times(race, "2") == [6300, 6300, 5670, 6300, 5670]


def test_a_rule_holds_from_its_stage_on() -> None:
    race = run(rally({"1": {"orders": {"rules": [{"pace": 1.1, "from_stage": "3"}]}}}, stages=FIVE))
    assert times(race, "1") == [6000, 6000, 6600, 6600, 6600]


def test_the_first_rule_that_holds_goes_before_the_next_and_before_the_order_of_the_stage() -> None:
    rules = [{"pace": 1.2, "from_stage": "4"}, {"pace": 1.1, "from_stage": "3"}]
    orders = {"rules": rules, "pace": {"2": 0.9, "3": 0.9, "4": 0.9, "5": 0.9}}
    race = run(rally({"1": {"orders": orders}}, stages=FIVE))
    assert times(race, "1") == [6000, 5400, 6600, 7200, 7200]


def test_a_rule_with_two_conditions_needs_both() -> None:
    def one_leads(**rule: object) -> list[int]:
        crews = {"1": {"orders": {"rules": [{"pace": 1.1, **rule}]}}, "2": {"pace": SLOWER}}
        return times(run(rally(crews, stages=FIVE)), "1")

    # The lead grows by 5 min a stage and shrinks by 5 min where the rule holds.
    assert one_leads(from_stage="2", leads_by_min=8) == [6000, 6000, 6600, 6000, 6600]
    assert one_leads(from_stage="4", leads_by_min=8) == [6000, 6000, 6000, 6600, 6600]


def test_a_retired_crew_is_not_in_the_standings_that_decide() -> None:
    rules = [{"pace": 1.2, "leads_by_min": 1}]
    crews = {"1": {}, "2": {"pace": SLOWER, "orders": {"rules": rules}}, "3": {"pace": 0.2}}
    stages = calendar({}, {}, {})
    race = run(rally(crews, stages=stages, happenings=[happens("1", "arm", 50, "wreck", stage="2")]))
    assert times(race, "2") == [6300, 6300, 7560]


def test_driving_faster_wears_parts_faster_by_their_exponent() -> None:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 80, "pace_exponent": 1}}
    crews = {"1": {"orders": {"pace": {"1": 0.8}}}, "2": {}, "3": {"orders": {"pace": {"1": 1.25}}}}
    race = run(rally(crews, stages=calendar({"special_km": 99}), modes=modes, drawn=True))
    fails = {entry.car: round(entry.km or 0, 3) for entry in race.journal if entry.kind is Kind.DELAY}
    assert fails == {"1": 64, "2": 80}


TEAM = {"1": {}, "2": {"pace": log(1.2)}}
CLOSE = {"red": {"formation": ["1"]}}


def test_in_formation_all_cars_of_the_team_run_at_the_factor_of_the_slowest() -> None:
    crews = {**TEAM, "3": {"team": "blue"}, "4": {"team": "blue", "pace": log(1.5)}}
    race = run(rally(crews, stages=calendar({}, {}), teams={"red": {"formation": ["1"]}, "blue": {}}))
    assert seconds(race, "1") == {"1": 7200, "2": 7200, "3": 6000, "4": 9000}
    assert seconds(race, "2") == {"1": 6000, "2": 7200, "3": 6000, "4": 9000}


def test_a_formation_waits_for_orders_damage_and_tired_crews() -> None:
    stages = calendar({"liaison_after_km": 60}, {"liaison_after_km": 60})
    teams = {"red": {"formation": ["2"]}}
    ordered = rally({"1": {"orders": {"pace": {"2": 1.3}}}, "2": {}}, stages=stages, teams=teams)
    assert seconds(run(ordered), "2") == {"1": 7800, "2": 7800}
    damage = [happens("1", "arm", 100, "limp", job_s=30 * 3600)]
    damaged = rally(["1", "2"], stages=stages, teams=teams, happenings=damage)
    assert seconds(run(damaged), "2") == {"1": 9000, "2": 9000}
    late = [happens("1", "arm", 100, "delay", lost_s=3600)]
    tired = rally(
        ["1", "2"], stages=stages, teams=teams, happenings=late, fatigue={"bedtime": "12:40", "pace_per_hour": 0.1}
    )
    assert seconds(run(tired), "2") == {"1": 6600, "2": 6600}


def test_in_formation_help_is_certain() -> None:
    teams = {"red": {"help": helping("never", chance=0), "formation": ["1"]}}
    crews = {"1": {}, "2": {"spares": {"arm": 1}}}
    script = [happens("1", "arm", 40, stage=stage) for stage in "12"]
    race = run(rally(crews, stages=calendar({}, {}), teams=teams, happenings=script))
    assert told(race, only=[Kind.HAND_OVER, Kind.STAY, Kind.CLOSED]) == [
        ("1 10:41:00", "1", "hand-over arm with 2 until 10:46:00"),
        ("1 10:41:00", "2", "hand-over arm with 1 until 10:46:00, 0 left"),
        ("2 16:31:00", "1", "wait ends arm"),
    ]


def test_in_formation_a_team_mate_stays_with_a_crew_that_cannot_mend_its_car() -> None:
    teams = {"red": {"help": helping("hand_over", chance=0), "formation": ["1"]}}
    crews = {"1": {}, "2": {"spares": {"arm": 1}}}
    race = run(rally(crews, modes={"arm": {"crew_repair": 0}}, teams=teams, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="2", only=[Kind.HAND_OVER, Kind.STAY, Kind.FINISH]) == [
        ("1 10:41:00", "2", "stays to help arm with 1 until 11:01:00, 0 left"),
        ("1 12:01:00", "2", "finish 7200 s"),
    ]


def test_a_crew_whose_driving_time_is_known_keeps_it_in_formation_and_helps() -> None:
    teams = {"red": {"help": helping("never", chance=0), "formation": ["1"]}}
    crews = {"1": {}, "2": {"spares": {"arm": 1}}, "3": {"pace": log(1.2)}}
    race = run(rally(crews, teams=teams, driving_s={"2": {"1": 6600}}, happenings=[happens("1", "arm", 5)]))
    assert told(race, only=[Kind.HAND_OVER, Kind.FINISH]) == [
        ("1 10:06:30", "1", "hand-over arm with 2 until 10:11:30"),
        ("1 10:06:30", "2", "hand-over arm with 1 until 10:11:30, 0 left"),
        ("1 11:56:00", "2", "finish 6900 s"),
        ("1 12:02:00", "3", "finish 7200 s"),
        ("1 12:25:30", "1", "finish 8730 s"),
    ]


def test_the_journal_tells_who_drives_in_formation() -> None:
    crews = {**TEAM, "3": {"team": "blue"}}
    teams = {"red": {"formation": ["1"]}, "blue": {}}
    race = run(rally(crews, stages=calendar({"liaison_before_km": 30}, {}), teams=teams))
    assert told(race, only=[Kind.FORMATION]) == [
        ("1 09:30:00", "1", "formation"),
        ("1 09:30:00", "2", "formation"),
    ]


def test_a_limp_that_begins_on_the_way_slows_only_its_own_car() -> None:
    race = run(rally(TEAM, teams=CLOSE, happenings=[happens("1", "arm", 50, "limp")]))
    assert seconds(race) == {"1": 3600 + 5400, "2": 7200}


MENDED_ON_THE_WAY = calendar({"night": "refuge"}, {"service_points": [{"km": 50, "minutes": 60}]})
"""A limp of the first day without a spare is mended by the team at km 50 of the second."""


def test_a_formation_keeps_its_factor_when_a_service_point_mends_its_slowest_car() -> None:
    script = [happens("1", "arm", 100, "limp")]
    teams = {"red": {"formation": ["2"]}}
    race = run(rally(["1", "2"], stages=MENDED_ON_THE_WAY, teams=teams, happenings=script))
    assert told(race, only=[Kind.JOB]) == [("2 11:15:00", "1", "job arm until 12:15:00")]
    assert seconds(race, "2") == {"1": 9000, "2": 9000}
    assert accounts(race, "1", "2") == {"driving": 9000, "neutral": 3600}


def test_a_part_mended_on_the_way_that_breaks_again_slows_its_car_in_a_formation_too() -> None:
    script = [happens("1", "arm", 100, "limp"), happens("1", "arm", 80, "limp", stage="2")]
    teams = {"red": {"formation": ["2"]}}
    race = run(rally(["1", "2"], stages=MENDED_ON_THE_WAY, teams=teams, happenings=script))
    assert seconds(race, "2") == {"1": 80 * 90 + 20 * 135, "2": 9000}
