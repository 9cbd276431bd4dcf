"""Where time and specials are lost: each loss is booked on its cause."""

from __future__ import annotations

from sim.engine.replay import Replay
from tests.support.rallies import calendar, happens, helping, rally, run, truck

HOUR = 3600
UNCOMPLETED = (6 + 10) * HOUR - 6000
"""What a special costs over a clean run if it is not completed."""


def lost(race: Replay) -> list[tuple[str, str, str, int, bool, bool]]:
    """(car, stage, cause, seconds, uncompleted?, retired?) of all losses."""
    out, losses = race.outcomes, race.outcomes.losses
    rows = zip(
        losses.crew.tolist(),
        losses.stage.tolist(),
        losses.cause.tolist(),
        losses.lost_s.tolist(),
        losses.uncompleted.tolist(),
        losses.retired.tolist(),
        strict=True,
    )
    return sorted((out.cars[crew], out.stages[s], out.causes[c], round(time), u, r) for crew, s, c, time, u, r in rows)


def test_a_clean_rally_loses_nothing() -> None:
    assert lost(run(rally(["1", "2"], stages=calendar({}, {})))) == []


def test_a_repair_is_booked_on_its_mode() -> None:
    race = run(rally({"1": {"spares": {"arm": 1}}}, happenings=[happens("1", "arm", 40)]))
    assert lost(race) == [("1", "1", "arm", 1200, False, False)]


def test_waiting_and_helping_are_booked_on_the_mode_that_broke() -> None:
    crews = {"1": {}, "2": {"spares": {"arm": 1}}}
    race = run(rally(crews, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)]))
    assert lost(race) == [("1", "1", "arm", 60 + 300 + 1200, False, False), ("2", "1", "arm", 300, False, False)]
    race = run(rally(["1"], teams={"red": {"trucks": {"T1": truck()}}}, happenings=[happens("1", "arm", 40)]))
    assert lost(race) == [("1", "1", "arm", 1800 + 1800, False, False)]


def test_limping_is_booked_on_its_modes_by_the_logs_of_their_factors() -> None:
    modes = {"arm": {"limp_factor": 2}, "belt": {"limp_factor": 4}}
    race = run(
        rally(["1"], modes=modes, happenings=[happens("1", "arm", 50, "limp"), happens("1", "belt", 80, "limp")])
    )
    # 30 km at twice the time lose 1800 s on the arm; 20 km at eight times lose 8400 s, a third of it on the arm.
    assert lost(race) == [("1", "1", "arm", 1800 + 2800, False, False), ("1", "1", "belt", 5600, False, False)]


def test_a_special_not_completed_is_booked_whole_on_the_mode_that_ended_it() -> None:
    modes = {"arm": {}, "belt": {}}
    script = [happens("1", "belt", 20, "delay"), happens("1", "arm", 40, "strand")]
    race = run(rally(["1"], modes=modes, happenings=script))
    assert lost(race) == [("1", "1", "arm", UNCOMPLETED, True, False)]


def test_the_last_special_not_completed_retires_on_its_mode() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40, "strand")], regulations={"jokers": 0}))
    assert lost(race) == [("1", "1", "arm", UNCOMPLETED, True, True)]


def test_a_wreck_costs_no_counted_second_and_is_there_all_the_same() -> None:
    race = run(rally(["1"], happenings=[happens("1", "arm", 40, "wreck")]))
    assert lost(race) == [("1", "1", "arm", 0, True, True)]


def test_a_late_start_is_booked_as_late_and_a_refused_one_on_what_was_not_mended() -> None:
    script = [happens("1", "arm", 40, "strand", job_s=21 * HOUR + 40 * 60)]
    race = run(rally(["1"], stages=calendar({}, {}), happenings=script))
    assert lost(race)[1:] == [("1", "2", "late", 20 * 60, False, False)]
    script = [happens("1", "arm", 40, "strand", job_s=30 * HOUR)]
    race = run(rally(["1"], stages=calendar({}, {}), happenings=script))
    assert lost(race)[1:] == [("1", "2", "arm", UNCOMPLETED + 2 * HOUR, True, False)]


def test_a_special_over_its_time_is_booked_on_what_cost_most_or_on_the_pace_alone() -> None:
    modes = {"arm": {}, "belt": {}}
    stages = calendar({"time_allowed_s": 6050})
    script = [happens("1", "belt", 20, "delay", lost_s=100), happens("1", "arm", 40, "delay", lost_s=200)]
    crews = {"1": {}, "2": {"pace": 0.1}}
    race = run(rally(crews, stages=stages, modes=modes, happenings=script))
    costs = 6050 + 10 * HOUR
    assert lost(race) == [
        ("1", "1", "arm", costs - 6000, True, False),
        ("2", "1", "over_time", costs - 6631, True, False),
    ]


def test_a_special_that_is_still_open_in_the_morning_is_booked_on_what_cost_most_until_then() -> None:
    script = [happens("1", "arm", 50, "delay", lost_s=23 * HOUR)]
    race = run(rally(["1"], stages=calendar({}, {}), happenings=script))
    assert lost(race)[0] == ("1", "1", "arm", UNCOMPLETED, True, False)
