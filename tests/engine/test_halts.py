"""A crew that halts on the special: the ladder from its own repair to the recovery."""

from __future__ import annotations

from sim.engine.journal import Kind
from sim.model.rules.results import Status
from tests.support.rallies import accounts, calendar, day_of, happens, helping, rally, run, told, truck, where_it_fails

ARM = {"spares": {"arm": 1}}
CANNOT = {"arm": {"crew_repair": 0}}


def test_a_crew_with_the_part_on_board_repairs_alone_and_drives_on() -> None:
    race = run(rally({"1": ARM}, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 1 left"),
        ("1 10:40:00", "1", "repair arm until 11:00:00, 0 left"),
        ("1 12:00:00", "1", "finish 7200 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "repair": 1200}


def test_a_repair_without_a_part_needs_no_spare() -> None:
    race = run(rally(["1"], modes={"arm": {"needs_part": False}}, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "repair arm until 11:00:00, 0 left"),
        ("1 12:00:00", "1", "finish 7200 s"),
    ]


def test_repair_skill_multiplies_the_time_of_a_roadside_repair() -> None:
    race = run(rally({"1": {**ARM, "repair_skill": 1.5}}, happenings=[happens("1", "arm", 40)]))
    assert told(race, only=[Kind.REPAIR]) == [("1 10:40:00", "1", "repair arm until 11:10:00, 0 left")]


def test_a_team_mate_hands_over_its_last_part_and_the_crew_fits_it() -> None:
    crews = {"1": {}, "2": ARM}
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:41:00", "1", "hand-over arm with 2 until 10:46:00"),
        ("1 10:41:00", "2", "hand-over arm with 1 until 10:46:00, 0 left"),
        ("1 10:46:00", "1", "repair arm until 11:06:00, 0 left"),
        ("1 11:46:00", "2", "finish 6300 s"),
        ("1 12:06:00", "1", "finish 7560 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "waiting": 360, "repair": 1200}
    assert accounts(race, "2") == {"driving": 6000, "helping": 300}


def test_who_gave_its_part_away_has_none_for_itself() -> None:
    crews = {"1": {}, "2": ARM}
    script = [happens("1", "arm", 40), happens("2", "arm", 70)]
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race, car="2") == [
        ("1 10:41:00", "2", "hand-over arm with 1 until 10:46:00, 0 left"),
        ("1 11:16:00", "2", "halt arm, 0 left"),
        ("1 11:16:00", "2", "wait arm"),
        ("1 16:31:00", "2", "wait ends arm"),
        ("1 16:31:00", "2", "recovery arm until 18:31:00"),
    ]


def test_a_team_mate_without_the_part_drives_on() -> None:
    race = run(rally(["1", "2"], teams={"red": {"help": helping("stay")}}, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:41:00", "2", "finish 6000 s"),
        ("1 16:31:00", "1", "wait ends arm"),
        ("1 16:31:00", "1", "recovery arm until 18:31:00"),
    ]


def test_a_part_is_not_handed_over_to_a_crew_that_cannot_fit_it() -> None:
    crews = {"1": {}, "2": ARM}
    race = run(rally(crews, modes=CANNOT, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="2") == [("1 11:41:00", "2", "finish 6000 s")]
    assert told(race, only=[Kind.CLOSED]) == [("1 16:31:00", "1", "wait ends arm")]


def test_a_team_mate_stays_until_a_car_runs_that_its_crew_cannot_mend() -> None:
    crews = {"1": {}, "2": ARM}
    team = {"red": {"help": helping("stay")}}
    race = run(rally(crews, modes=CANNOT, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:41:00", "1", "stays to help arm with 2 until 11:01:00"),
        ("1 10:41:00", "2", "stays to help arm with 1 until 11:01:00, 0 left"),
        ("1 12:01:00", "1", "finish 7260 s"),
        ("1 12:01:00", "2", "finish 7200 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "waiting": 60, "repair": 1200}
    assert accounts(race, "2") == {"driving": 6000, "helping": 1200}


def test_who_stays_uses_the_part_of_the_halted_car_first() -> None:
    crews = {"1": ARM, "2": ARM}
    team = {"red": {"help": helping("stay")}}
    script = [happens("1", "arm", 40), happens("1", "arm", 80)]
    race = run(rally(crews, modes=CANNOT, teams=team, happenings=script))
    assert told(race, only=[Kind.HALT, Kind.STAY]) == [
        ("1 10:40:00", "1", "halt arm, 1 left"),
        ("1 10:41:00", "1", "stays to help arm with 2 until 11:01:00"),
        ("1 10:41:00", "2", "stays to help arm with 1 until 11:01:00, 1 left"),
        ("1 11:41:00", "1", "halt arm, 0 left"),
        ("1 11:41:00", "1", "stays to help arm with 2 until 12:01:00"),
        ("1 11:41:00", "2", "stays to help arm with 1 until 12:01:00, 0 left"),
    ]


def test_a_team_mate_that_does_not_want_to_stop_drives_on() -> None:
    team = {"red": {"help": helping("stay", chance=0)}}
    race = run(rally({"1": {}, "2": ARM}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="2") == [("1 11:41:00", "2", "finish 6000 s")]


def test_a_team_that_never_helps_drives_past() -> None:
    team = {"red": {"help": helping("never")}}
    race = run(rally({"1": {}, "2": ARM}, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="2") == [("1 11:41:00", "2", "finish 6000 s")]


def test_a_crew_of_another_team_does_not_stop() -> None:
    crews = {"1": {}, "2": {**ARM, "team": "blue"}}
    teams = {"red": {"help": helping("stay")}, "blue": {"help": helping("stay")}}
    race = run(rally(crews, teams=teams, happenings=[happens("1", "arm", 40)]))
    assert told(race, car="2") == [("1 11:41:00", "2", "finish 6000 s")]


def test_a_team_mate_ahead_does_not_turn_back() -> None:
    crews = {"1": ARM, "2": {}}
    race = run(rally(crews, teams={"red": {"help": helping("stay")}}, happenings=[happens("2", "arm", 40)]))
    assert told(race) == [
        ("1 10:41:00", "2", "halt arm, 0 left"),
        ("1 10:41:00", "2", "wait arm"),
        ("1 11:40:00", "1", "finish 6000 s"),
        ("1 16:31:00", "2", "wait ends arm"),
        ("1 16:31:00", "2", "recovery arm until 18:31:00"),
    ]


def test_a_team_mate_that_halts_at_the_same_place_mends_its_own_car_first() -> None:
    crews = {"1": {}, "2": {"spares": {"arm": 2}}}
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    stages = calendar({"start_gap_s": 0})
    race = run(rally(crews, stages=stages, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 10:40:00", "2", "halt arm, 2 left"),
        ("1 10:40:00", "2", "repair arm until 11:00:00, 1 left"),
        ("1 11:00:00", "1", "hand-over arm with 2 until 11:05:00"),
        ("1 11:00:00", "2", "hand-over arm with 1 until 11:05:00, 0 left"),
        ("1 11:05:00", "1", "repair arm until 11:25:00, 0 left"),
        ("1 12:05:00", "2", "finish 7500 s"),
        ("1 12:25:00", "1", "finish 8700 s"),
    ]


def test_a_waiting_crew_gives_nothing_away() -> None:
    crews = {"1": {}, "2": {"spares": {"arm": 1}}}
    modes = {"arm": {}, "knuckle": {}}
    script = [happens("1", "arm", 40), happens("2", "knuckle", 40)]
    stages = calendar({"start_gap_s": 0})
    race = run(rally(crews, stages=stages, modes=modes, teams={"red": {"help": helping()}}, happenings=script))
    assert told(race, only=[Kind.HAND_OVER, Kind.CLOSED]) == [
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "2", "wait ends knuckle"),
    ]


def test_a_scripted_team_mate_stays_whatever_the_policy_and_others_pass() -> None:
    crews = {"1": {}, "2": ARM, "3": ARM}
    team = {"red": {"help": helping("never")}}
    script = [happens("1", "arm", 40, repaired_by="3", repair_s=600)]
    race = run(rally(crews, modes=CANNOT, teams=team, happenings=script))
    assert told(race, only=[Kind.STAY, Kind.FINISH]) == [
        ("1 10:42:00", "1", "stays to help arm with 3 until 10:52:00"),
        ("1 10:42:00", "3", "stays to help arm with 1 until 10:52:00, 0 left"),
        ("1 11:41:00", "2", "finish 6000 s"),
        ("1 11:52:00", "1", "finish 6720 s"),
        ("1 11:52:00", "3", "finish 6600 s"),
    ]


def test_who_is_scripted_to_be_helped_by_nobody_waits_until_the_close() -> None:
    crews = {"1": ARM, "2": ARM}
    team = {"red": {"help": helping("stay")}}
    race = run(rally(crews, teams=team, happenings=[happens("1", "arm", 40, repaired_by="nobody")]))
    assert told(race, only=[Kind.STAY, Kind.REPAIR, Kind.CLOSED]) == [("1 16:31:00", "1", "wait ends arm")]


def test_the_truck_comes_to_a_car_that_its_crew_cannot_mend() -> None:
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally({"1": ARM}, modes=CANNOT, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 1 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("1 11:10:00", "red/T1", "truck works arm with 1 until 11:40:00"),
        ("1 12:40:00", "1", "finish 9600 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "waiting": 1800, "repair": 1800}


def test_the_truck_brings_its_own_part() -> None:
    team = {"red": {"trucks": {"T1": truck()}}}
    script = [happens("1", "arm", 40), happens("1", "arm", 80)]
    race = run(rally({"1": ARM}, modes=CANNOT, teams=team, happenings=script))
    assert told(race, only=[Kind.HALT]) == [
        ("1 10:40:00", "1", "halt arm, 1 left"),
        ("1 12:20:00", "1", "halt arm, 1 left"),
    ]


def test_a_car_that_the_truck_cannot_mend_is_recovered_at_the_close() -> None:
    modes = {"arm": {"truck_repair": 0}}
    team = {"red": {"trucks": {"T1": truck()}}}
    race = run(rally(["1"], modes=modes, teams=team, happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 11:10:00", "1", "truck works arm with red/T1 until 11:40:00"),
        ("1 11:10:00", "red/T1", "truck works arm with 1 until 11:40:00"),
        ("1 11:40:00", "1", "truck cannot mend it arm with red/T1"),
        ("1 11:40:00", "1", "wait arm"),
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "1", "recovery arm until 18:30:00"),
    ]


def test_a_car_that_nobody_helps_costs_the_time_allowed_the_fixed_penalty_and_a_joker() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40)]))
    assert told(race) == [
        ("1 10:40:00", "1", "halt arm, 0 left"),
        ("1 10:40:00", "1", "wait arm"),
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "1", "recovery arm until 18:30:00"),
    ]
    day = day_of(race, "1")
    assert (day.completed, day.seconds, day.penalty_s) == (False, 6 * 3600, 10 * 3600)
    assert race.outcomes.total_s[0, 0] == 16 * 3600
    assert race.outcomes.penalty_s[0, 0] == 10 * 3600
    assert race.outcomes.status[0, 0] == Status.REJOINED


def test_without_jokers_a_car_that_nobody_helps_is_retired() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40)], regulations={"jokers": 0}))
    assert told(race)[-2:] == [
        ("1 16:30:00", "1", "wait ends arm"),
        ("1 16:30:00", "1", "retired arm (out of jokers)"),
    ]
    assert race.outcomes.status[0, 0] == Status.RETIRED


def test_a_stranded_car_does_not_wait_and_is_recovered_from_the_failure_on() -> None:
    team = {"red": {"trucks": {"T1": truck()}, "help": helping("stay")}}
    race = run(rally({"1": ARM, "2": ARM}, teams=team, happenings=[happens("1", "arm", 40, "strand")]))
    assert told(race) == [
        ("1 10:40:00", "1", "strand arm"),
        ("1 10:40:00", "1", "recovery arm until 12:40:00"),
        ("1 11:41:00", "2", "finish 6000 s"),
    ]


def test_a_wreck_ends_the_rally_of_the_crew_where_it_happens() -> None:
    stages = calendar({}, {"special_km": 50}, {})
    race = run(rally(["1", "2"], stages=stages, happenings=[happens("1", "arm", 40, "wreck", stage="2")]))
    assert told(race, car="1") == [
        ("1 11:40:00", "1", "finish 6000 s"),
        ("2 10:40:00", "1", "wreck arm"),
        ("2 10:40:00", "1", "retired arm (wrecked)"),
    ]
    assert race.outcomes.status[0].tolist() == [Status.RETIRED, Status.FINISHED]
    assert race.outcomes.total_s[0].tolist() == [6000, 15000]
    assert race.outcomes.rank[0].tolist() == [0, 1]
    assert race.outcomes.retired_km[0, 0] == 140


def test_a_delay_costs_its_time_and_nothing_else() -> None:
    script = [happens("1", "arm", 40, "delay"), happens("1", "arm", 60, "delay", lost_s=77)]
    race = run(rally(["1"], happenings=script))
    assert told(race) == [
        ("1 10:40:00", "1", "delay arm until 10:50:00"),
        ("1 11:10:00", "1", "delay arm until 11:11:17"),
        ("1 11:51:17", "1", "finish 6677 s"),
    ]
    assert accounts(race, "1") == {"driving": 6000, "delay": 677}


def test_a_limping_car_is_slower_to_the_end_and_its_damages_multiply() -> None:
    modes = {"arm": {}, "knuckle": {"limp_factor": 2}}
    script = [happens("1", "arm", 40, "limp"), happens("1", "knuckle", 80, "limp")]
    race = run(rally({"1": {"spares": {"arm": 1}}}, modes=modes, happenings=script))
    assert told(race) == [
        ("1 10:40:00", "1", "limp arm"),
        ("1 11:40:00", "1", "limp knuckle"),
        ("1 12:40:00", "1", "finish 9600 s"),
    ]
    assert accounts(race, "1") == {"driving": 9600}


def test_a_delay_does_not_mend_a_part_that_is_damaged() -> None:
    script = [happens("1", "arm", 40, "limp"), happens("1", "arm", 80, "delay", lost_s=60)]
    race = run(rally(["1"], stages=calendar({}, {}), happenings=script))
    assert told(race) == [
        ("1 10:40:00", "1", "limp arm"),
        ("1 11:40:00", "1", "delay arm until 11:41:00"),
        ("1 12:11:00", "1", "finish 7860 s"),
        ("1 12:11:00", "1", "job arm until 13:11:00"),
        ("2 11:40:00", "1", "finish 6000 s"),
    ]


def test_a_limp_is_mended_at_the_roadside_where_the_orders_say_so() -> None:
    modes = {"arm": {"severity": {"limp": 1}, "scale_km": 40}}
    spares = {"spares": {"arm": 1}}
    crews = {"1": {**spares, "orders": {"mend_limps": ["arm"]}}, "2": spares}
    race = run(rally(crews, stages=calendar({"special_km": 60}), modes=modes, drawn=True))
    assert told(race) == [
        ("1 10:40:00", "1", "limp arm"),
        ("1 10:40:00", "1", "repair arm until 11:00:00, 0 left"),
        ("1 10:41:00", "2", "limp arm"),
        ("1 11:11:00", "2", "finish 4200 s"),
        ("1 11:20:00", "1", "finish 4800 s"),
    ]


def test_a_limp_is_not_mended_at_the_roadside_without_the_part() -> None:
    modes = {"arm": {"severity": {"limp": 1}, "scale_km": 40}}
    crews = {"1": {"orders": {"mend_limps": ["arm"]}}}
    race = run(rally(crews, stages=calendar({"special_km": 60}), modes=modes, drawn=True))
    assert told(race) == [("1 10:40:00", "1", "limp arm"), ("1 11:10:00", "1", "finish 4200 s")]


def test_nobody_stops_for_a_car_that_limps() -> None:
    team = {"red": {"help": helping("stay"), "trucks": {"T1": truck(speed_kmh=120)}}}
    race = run(rally({"1": ARM, "2": ARM}, teams=team, happenings=[happens("1", "arm", 40, "limp", limp_factor=2)]))
    assert told(race) == [
        ("1 10:40:00", "1", "limp arm"),
        ("1 11:41:00", "2", "finish 6000 s"),
        ("1 12:40:00", "1", "finish 9600 s"),
    ]


def test_who_stands_and_helps_or_is_helped_does_not_wear() -> None:
    modes = {"arm": {}, "belt": {"severity": {"delay": 1}, "delay_min": 1, "scale_km": 80}}
    team = {"red": {"help": helping()}}
    race = run(rally({"1": {}, "2": ARM}, modes=modes, teams=team, happenings=[happens("1", "arm", 40)], drawn=True))
    assert told(race, only=[Kind.HAND_OVER, Kind.DELAY]) == [
        ("1 10:41:00", "1", "hand-over arm with 2 until 10:46:00"),
        ("1 10:41:00", "2", "hand-over arm with 1 until 10:46:00, 0 left"),
        ("1 11:26:00", "2", "delay belt until 11:27:00"),
        ("1 11:46:00", "1", "delay belt until 11:47:00"),
    ]
    assert where_it_fails(race, "belt") == [("1", 80), ("1", 80)]


def test_a_wait_that_begins_after_the_close_ends_at_once() -> None:
    stages = calendar({"time_allowed_s": 1800})
    race = run(rally(["1"], stages=stages, happenings=[happens("1", "arm", 80)]))
    assert told(race) == [
        ("1 11:20:00", "1", "halt arm, 0 left"),
        ("1 11:20:00", "1", "wait arm"),
        ("1 11:20:00", "1", "wait ends arm"),
        ("1 11:20:00", "1", "recovery arm until 13:20:00"),
    ]


def test_help_in_the_second_of_the_close_still_counts() -> None:
    crews, team = {"1": {}, "2": ARM}, {"red": {"help": helping()}}
    script = [happens("1", "arm", 40)]
    in_time = rally(crews, stages=calendar({"time_allowed_s": 600}), teams=team, happenings=script)
    too_late = rally(crews, stages=calendar({"time_allowed_s": 599}), teams=team, happenings=script)
    only = [Kind.HAND_OVER, Kind.CLOSED]
    assert told(run(in_time), only=only, car="1") == [("1 10:41:00", "1", "hand-over arm with 2 until 10:46:00")]
    assert told(run(too_late), only=only, car="1") == [("1 10:40:59", "1", "wait ends arm")]
