"""The comparison of the twins is worth something: a fault planted in one of them is found, and told where it happens.

Each test runs a rally on which the twins agree, plants the smallest fault there is, in one engine only, and says what
the comparison makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from math import log
from typing import Any

import numpy as np
import pytest

from sim.engine.array import trace_block
from sim.engine.array.course import Course
from sim.engine.array.draws import BlockDraws
from sim.engine.array.ledger import Ledger
from sim.engine.array.nights import Nights
from sim.engine.array.road import Road
from sim.engine.array.runs import NO_TIME, Runs
from sim.engine.array.specials import Specials
from sim.engine.array.trucks import Trucks
from sim.engine.array.workshop import Workshop
from sim.engine.event import car as event_car
from sim.engine.event import course as event_course
from sim.engine.event import drive as event_drive
from sim.engine.event import truck as event_truck
from sim.engine.journal import Entry, Kind
from sim.engine.luck import Luck, Purpose
from sim.engine.own import Own
from sim.model.plan import Drawn, Plan
from sim.model.rules import driving
from sim.model.stable import code
from sim.model.units import whole_seconds
from sim.study.twins import Difference, first_difference
from tests.support.drawing import wide
from tests.support.rallies import Tree, calendar, clock, happens, helping, planned, rally, truck, what

Plant = Callable[[pytest.MonkeyPatch], None]

ARM = {"spares": {"arm": 1}}


def compare(plan: Plan, count: int) -> Difference | None:
    return first_difference(plan, Luck(1), count, lambda _: None)


def found(tree: Tree, plant: Plant, *, count: int = 1) -> Difference:
    """What the comparison finds with the fault; without it, it finds nothing."""
    plan = planned(tree)
    assert compare(plan, count) is None
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        difference = compare(plan, count)
    assert compare(plan, count) is None
    assert difference is not None
    return difference


def told(difference: Difference) -> tuple[str, str]:
    """The first line that differs, as the event engine and as the array engine tell it."""
    return line(difference.event[-1]), line(difference.array[-1])


def line(entry: Entry | None) -> str:
    return "nothing" if entry is None else f"{clock(entry.time_s)} {entry.car} {what(entry)}"


def names(difference: Difference) -> list[str]:
    """Names of the values that differ, without the parts they belong to."""
    return sorted({value.name.split(" of ")[0] for value in difference.values})


# A wrong tie rule


def helpers_ranked(rank: Callable[[int, int], int]) -> Plant:
    """Of helpers in the same second the one of the lowest rank(helper, number of cars of a team) comes first."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        due, next_offer = Course._due, Course._next_offer

        def ranked(self: Course, wait: Any) -> Any:
            times = due(self, wait)
            ranks = np.array([rank(helper, self.slots) for helper in range(len(times))])[:, None]
            return np.where(times < NO_TIME, times * 100 + 50 + ranks, NO_TIME)

        def settled(self: Course, *args: Any) -> Any:
            best, chosen = next_offer(self, *args)
            return np.where(best < NO_TIME, best // 100, NO_TIME), chosen

        patch.setattr(Course, "_due", ranked)
        patch.setattr(Course, "_next_offer", settled)

    return plant


def a_mate_and_a_truck_in_one_second() -> Tree:
    teams = {"red": {"trucks": {"T1": truck(start_delay_min=20, speed_kmh=120)}, "help": helping()}}
    return rally({"1": {}, "2": ARM}, teams=teams, happenings=[happens("1", "arm", 40)])


def two_mates_in_one_second() -> Tree:
    crews = {"1": {}, "2": ARM, "3": ARM}
    stages, teams = calendar({"start_gap_s": 0}), {"red": {"help": helping()}}
    return rally(crews, stages=stages, teams=teams, happenings=[happens("1", "arm", 40)])


def two_trucks_that_start_together() -> Tree:
    teams = {"red": {"trucks": {"T1": truck(), "T2": truck()}}}
    return rally(["1"], teams=teams, happenings=[happens("1", "arm", 40)])


def two_cars_at_one_place() -> Tree:
    script = [happens("1", "arm", 40), happens("2", "arm", 40)]
    stages, teams = calendar({"start_gap_s": 0}), {"red": {"trucks": {"T1": truck()}}}
    return rally(["1", "2"], stages=stages, teams=teams, happenings=script)


def test_a_truck_that_serves_before_a_team_mate_in_the_same_second_is_found() -> None:
    fault = helpers_ranked(lambda helper, cars: -helper)
    assert told(found(a_mate_and_a_truck_in_one_second(), fault)) == (
        "1 10:41:00 1 hand-over arm with 2 until 10:46:00",
        "1 10:41:00 1 truck works arm with red/T1 until 11:11:00",
    )


def test_the_higher_race_number_that_serves_first_is_found() -> None:
    fault = helpers_ranked(lambda helper, cars: -helper if helper < cars else helper)
    assert told(found(two_mates_in_one_second(), fault)) == (
        "1 10:40:00 1 hand-over arm with 2 until 10:45:00",
        "1 10:40:00 1 hand-over arm with 3 until 10:45:00",
    )


def test_the_second_of_two_trucks_that_serves_first_is_found() -> None:
    fault = helpers_ranked(lambda helper, cars: -helper)
    assert told(found(two_trucks_that_start_together(), fault)) == (
        "1 11:10:00 1 truck works arm with red/T1 until 11:40:00",
        "1 11:10:00 1 truck works arm with red/T2 until 11:40:00",
    )


def test_the_higher_race_number_that_is_served_first_at_one_place_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        waits = Course._waits
        patch.setattr(Course, "_waits", lambda self, rows: waits(self, rows)[::-1])

    assert told(found(two_cars_at_one_place(), fault)) == (
        "1 11:10:00 1 truck works arm with red/T1 until 11:40:00",
        "1 11:10:00 2 truck works arm with red/T1 until 11:40:00",
    )


def test_an_equal_time_that_starts_behind_the_higher_race_number_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        close_stage = Ledger.close_stage
        patch.setattr(Ledger, "close_stage", lambda self, *args: close_stage(self, *args)[::-1])

    assert told(found(rally(["1", "2"], stages=calendar({"start_gap_s": 0}, {}), teams=None), fault)) == (
        "2 11:40:00 1 finish 6000 s",
        "2 11:40:00 2 finish 6000 s",
    )


# A swapped draw


def drawn_rally() -> Tree:
    """Every purpose counts: two teams with trucks that do not always run, mates, damage to others, nights with work.

    Everything that may be drawn from a file of parameters is, but for the totals of a run that begins in mid-rally.
    """
    mode = {"delay_sigma": 0.5, "repair_sigma": 0.5, "truck_sigma": 0.5, "job_sigma": 0.5, "stage_sd": 0.5, "shape": 2}
    ways = {"severity": {"delay": 0.2, "limp": 0.2, "halt": 0.6}, "crew_repair": 0.5, "truck_repair": 0.5}
    harm = {"belt": {"chance": 0.5, "wear_km": 20, "damage": True}}
    nightly = {"replaced": "every_night"}
    modes = {
        "arm": {**mode, **ways, "scale_km": 80, "secondary": harm},
        "belt": {**mode, **ways, "scale_km": 150, "missed_waypoint": 0.5, "field_life": 0.5, **nightly},
    }
    team = {
        "help": helping("stay", chance=0.5),
        "trucks": {"T1": truck(runs=0.5), "T2": truck(runs=0.5)},
        "routine_hours": 18,
        "routine_sigma": 0.5,
    }
    crews = {
        car: {"team": name, "consistency": 0.05, "spares": {"arm": 1, "belt": 1}}
        for car, name in (("1", "red"), ("2", "red"), ("3", "blue"), ("4", "blue"))
    }
    tree = rally(
        crews,
        stages=calendar({}, {}, {}),
        teams={"red": {**team, "make": "one"}, "blue": {**team, "make": "two"}},
        modes=modes,
        drawn=True,
        driving={"stage_sd": 0.05, "make_sd": 0.05},
        variation={"rally_sd": 0.3, "make_sd": 0.3, "care_sd": 0.3},
        recovery={"hours": 2, "sigma": 0.5},
        regulations={"jokers": 3},
    )
    return {**tree, "parameters": wide(tree, seed=1, count=3)}


def draws_of(change: Callable[[Purpose, dict[str, Any]], tuple[Purpose, dict[str, Any]]]) -> Plant:
    """The array engine draws from a changed address; `change` is told purpose, attempts, where and who."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        each, ones, blocks = BlockDraws.each, BlockDraws.ones, BlockDraws.blocks

        def changed_each(self: BlockDraws, purpose: Purpose, *, where: int = 0, who: int = 0) -> Any:
            purpose, parts = change(purpose, {"where": where, "who": who})
            return each(self, purpose, **parts)

        def scattered(real: Callable[..., Any]) -> Callable[..., Any]:
            def changed(self: BlockDraws, purpose: Purpose, rows: Any, attempts: Any, wheres: Any, whos: Any) -> Any:
                purpose, parts = change(purpose, {"attempts": attempts, "where": wheres, "who": whos})
                return real(self, purpose, rows, parts["attempts"], parts["where"], parts["who"])

            return changed

        patch.setattr(BlockDraws, "each", changed_each)
        patch.setattr(BlockDraws, "ones", scattered(ones))
        patch.setattr(BlockDraws, "blocks", scattered(blocks))

    return plant


def name_of(purpose: Purpose) -> str:
    return purpose.name


@pytest.mark.parametrize("purpose", Purpose, ids=name_of)
def test_a_swapped_purpose_of_a_draw_is_found(purpose: Purpose) -> None:
    other = Purpose(purpose % len(Purpose) + 1)
    fault = draws_of(lambda drawn, parts: (other if drawn is purpose else drawn, parts))
    assert found(drawn_rally(), fault, count=40)


def in_mid_rally() -> Tree:
    """A rally of which the totals so far are drawn."""
    tree = rally(["1", "2"], stages=calendar({}, {}), drawn=True)
    tree["state"] = {"after_stage": "1", "crews": {"1": {"total_s": 6000}, "2": {"total_s": 6000}}}
    return {**tree, "parameters": wide(tree, seed=1, count=3)}


@pytest.mark.parametrize("table", [field.name for field in fields(Drawn)])
def test_one_table_of_parameters_that_is_always_that_of_the_first_draw_is_found(table: str) -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        def stuck(plan: Plan, *args: Any) -> Any:
            first = np.broadcast_to(getattr(plan.drawn, table)[:1], getattr(plan.drawn, table).shape)
            return trace_block(replace(plan, drawn=replace(plan.drawn, **{table: first})), *args)

        patch.setattr("sim.study.twins.trace_block", stuck)

    assert found(in_mid_rally() if table == "total_s" else drawn_rally(), fault, count=40)


FATE, ASSISTANCE = Purpose.FATE, Purpose.ASSISTANCE


@pytest.mark.parametrize(
    ("purpose", "lanes"),
    # Nobody looks at the last two lanes of a helper's block.
    [(FATE, (0, 1)), (FATE, (1, 2)), (FATE, (2, 3)), (FATE, (3, 0)), (ASSISTANCE, (0, 1)), (ASSISTANCE, (1, 2))],
)
def test_swapped_lanes_of_a_block_are_found(purpose: Purpose, lanes: tuple[int, int]) -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        blocks = BlockDraws.blocks

        def swapped(self: BlockDraws, drawn: Purpose, *args: Any) -> Any:
            block = blocks(self, drawn, *args)
            if drawn is purpose:
                block[list(lanes)] = block[list(lanes[::-1])]
            return block

        patch.setattr(BlockDraws, "blocks", swapped)

    assert found(drawn_rally(), fault, count=40)


@pytest.mark.parametrize("purpose", [FATE, Purpose.JOB, ASSISTANCE, Purpose.SECONDARY], ids=name_of)
def test_a_draw_for_the_next_failure_instead_of_this_one_is_found(purpose: Purpose) -> None:
    def change(drawn: Purpose, parts: dict[str, Any]) -> tuple[Purpose, dict[str, Any]]:
        return drawn, {**parts, "attempts": parts["attempts"] + 1} if drawn is purpose else parts

    assert found(drawn_rally(), draws_of(change), count=40)


@pytest.mark.parametrize(
    "purpose",
    [p for p in Purpose if p not in (Purpose.RALLY_FAILURES, Purpose.STAGE_PACE, Purpose.STAGE_FAILURES)],
    ids=name_of,
)
def test_a_draw_for_another_crew_make_or_helper_is_found(purpose: Purpose) -> None:
    def change(drawn: Purpose, parts: dict[str, Any]) -> tuple[Purpose, dict[str, Any]]:
        return drawn, {**parts, "who": parts["who"] ^ 1} if drawn is purpose else parts

    assert found(drawn_rally(), draws_of(change), count=40)


# A stage off by one


@pytest.mark.parametrize(
    "purpose",
    [
        Purpose.PACE,
        Purpose.STAGE_PACE,
        Purpose.MAKE_PACE,
        Purpose.STAGE_FAILURES,
        Purpose.TRUCK_RUNS,
        Purpose.ROUTINE,
    ],
    ids=name_of,
)
def test_a_draw_for_the_next_stage_is_found(purpose: Purpose) -> None:
    following = {code(str(i)): code(str(i + 1)) for i in range(1, 4)}

    def change(drawn: Purpose, parts: dict[str, Any]) -> tuple[Purpose, dict[str, Any]]:
        return drawn, {**parts, "where": following[parts["where"]]} if drawn is purpose else parts

    assert found(drawn_rally(), draws_of(change), count=40)


def test_spares_of_the_stage_before_are_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        restock = Workshop.restock
        patch.setattr(Workshop, "restock", lambda self, fleet, stage, cars: restock(self, fleet, stage - 1, cars))

    crews = {"1": {"stage_spares": {"2": {"arm": 1}}}}
    tree = rally(crews, stages=calendar({}, {}), happenings=[happens("1", "arm", 40, stage="2")])
    difference = found(tree, fault)
    assert told(difference) == ("2 10:40:00 1 repair arm until 11:00:00, 0 left", "2 10:40:00 1 wait arm")


def test_results_that_are_closed_a_day_early_are_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        close = Ledger.closes_at
        patch.setattr(Ledger, "closes_at", lambda self, stage: close(self, self.plan.stages[stage.index - 1]))

    script = [happens("1", "arm", 40, "strand", stage="2", recovery_s=30 * 3600)]
    tree = rally(["1"], stages=calendar({}, {}, {}), happenings=script, regulations={"jokers": 0})
    assert names(found(tree, fault)) == ["loss"]


# A dropped renewal


def test_a_part_fitted_without_counting_its_life_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        fit = Workshop.fit

        def dropped(self: Workshop, fleet: Any, modes: Any, cars: Any, **more: Any) -> None:
            before = fleet.renewal[modes, cars].copy()
            fit(self, fleet, modes, cars, **more)
            fleet.renewal[modes, cars] = before

        patch.setattr(Workshop, "fit", dropped)

    tree = rally(["1"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "limp")])
    difference = found(tree, fault)
    assert (names(difference), difference.event) == (["renewal"], ())


def renewing_alone() -> Tree:
    modes = {"arm": {"severity": {"delay": 1}, "scale_km": 60, "shape": 1}}
    return rally(["1"], modes=modes, drawn=True)


def test_a_part_renewed_on_the_road_without_counting_its_life_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        stop = Road._stop

        def dropped(self: Road, stops: Any, *args: Any) -> Any:
            before = stops.renewal.copy()
            going_on = stop(self, stops, *args)
            stops.renewal[:] = before
            return going_on

        patch.setattr(Road, "_stop", dropped)

    difference = found(renewing_alone(), fault, count=9)
    assert "renewal" in names(difference)


def test_a_part_that_is_not_renewed_on_the_road_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        stop = Road._stop

        def dropped(self: Road, stops: Any, *args: Any) -> Any:
            return stop(self, stops, *args)[:0]

        patch.setattr(Road, "_stop", dropped)

    assert told(found(renewing_alone(), fault, count=9)) == (
        "1 11:02:11 1 delay arm until 11:12:11",
        "1 11:50:00 1 finish 6600 s",
    )


def test_a_life_from_the_field_that_is_as_long_as_any_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        renew = Workshop.renew

        def whole(self: Workshop, *args: Any, in_field: bool = False, **more: Any) -> None:
            renew(self, *args, **more)

        patch.setattr(Workshop, "renew", whole)

    modes = {"arm": {"scale_km": 40, "field_life": 0.25}}
    teams = {"red": {"trucks": {"T1": truck()}}}
    tree = rally(["1"], stages=calendar({"special_km": 60}), modes=modes, teams=teams, drawn=True)
    difference = found(tree, fault)
    assert told(difference) == ("1 11:50:00 1 halt arm, 0 left", "1 12:00:00 1 finish 7200 s")


def test_a_part_that_is_not_replaced_in_the_night_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Nights, "_replace", lambda self, *args: None)

    modes = {"arm": {"scale_km": 150, "replaced": "every_night"}}
    tree = rally(["1"], stages=calendar({}, {}), modes=modes, drawn=True)
    assert told(found(tree, fault)) == ("2 11:40:00 1 finish 6000 s", "2 10:50:00 1 halt arm")


# A truck that turns back


def a_halt_behind_the_truck() -> Tree:
    script = [happens("1", "arm", 20, repair_s=3600), happens("1", "arm", 70), happens("2", "arm", 80)]
    return rally({"1": ARM, "2": {}}, teams={"red": {"trucks": {"T1": truck()}}}, happenings=script)


def test_a_truck_that_turns_back_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        look = Course._wait

        def turning(self: Course, rows: Any, *args: Any) -> Any:
            wait = look(self, rows, *args)
            trucks = self.trucks
            back = trucks.leaves[:, rows] + whole_seconds((trucks.km[:, rows] - wait.km) * trucks.s_per_km[:, rows])
            behind = trucks.runs[:, rows] & (wait.km < trucks.km[:, rows])
            return replace(wait, trucks=np.where(behind, back, wait.trucks))

        patch.setattr(Course, "_wait", turning)

    assert told(found(a_halt_behind_the_truck(), fault)) == (
        "1 12:41:00 2 finish 9600 s",
        "1 12:31:00 1 truck works arm with red/T1 until 13:01:00",
    )


def test_a_team_mate_that_turns_back_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        look = Course._wait

        def turning(self: Course, rows: Any, which: Any, slot: Any, km: Any) -> Any:
            at = self.runs.km
            self.runs.km = np.zeros_like(at)
            wait = look(self, rows, which, slot, km)
            self.runs.km = at
            return wait

        patch.setattr(Course, "_wait", turning)

    script = [
        happens("1", "arm", 10, "delay", lost_s=300),
        happens("1", "arm", 40),
        happens("2", "arm", 50, "delay", lost_s=1200),
    ]
    tree = rally({"1": {}, "2": ARM}, teams={"red": {"help": helping()}}, happenings=script)
    assert told(found(tree, fault)) == (
        "1 12:01:00 2 finish 7200 s",
        "1 11:01:00 1 hand-over arm with 2 until 11:06:00",
    )


def test_a_team_mate_that_does_not_hear_of_a_halt_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Course, "_rouse", lambda self, rows: None)

    tree = rally({"1": {}, "2": ARM}, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)])
    assert told(found(tree, fault)) == (
        "1 10:41:00 1 hand-over arm with 2 until 10:46:00",
        "1 11:41:00 2 finish 6000 s",
    )


def test_a_truck_that_is_free_before_its_work_ends_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        offer = Course._offer_of_truck

        def hasty(self: Course, truck: Any, rows: Any, waits: Any, now: Any) -> None:
            offer(self, truck, rows, waits, now)
            self.trucks.leaves[truck, rows] = now

        patch.setattr(Course, "_offer_of_truck", hasty)

    assert told(found(two_cars_at_one_place(), fault)) == (
        "1 11:40:00 2 truck works arm with red/T1 until 12:10:00",
        "1 11:10:00 2 truck works arm with red/T1 until 11:40:00",
    )


def test_a_truck_that_leaves_a_second_late_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        arrival = Trucks.arrival
        patch.setattr(Trucks, "arrival", lambda self, rows, km: arrival(self, rows, km) + 1)

    assert told(found(two_trucks_that_start_together(), fault)) == (
        "1 11:10:00 1 truck works arm with red/T1 until 11:40:00",
        "1 11:10:01 1 truck works arm with red/T1 until 11:40:01",
    )


# Something lost on the way


def test_a_second_lost_in_rounding_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        patch.setattr("sim.engine.array.special_day.whole_seconds", lambda values: np.floor(values).astype(np.int64))

    # The crew drives for 6000.72 seconds.
    tree = rally({"1": {"pace": log(1.00012)}})
    assert told(found(tree, fault)) == ("1 11:40:01 1 finish 6001 s", "1 11:40:00 1 finish 6000 s")


def test_a_second_lost_in_a_repair_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        busy = Specials._busy
        patch.setattr(Specials, "_busy", lambda self, units, until, then: busy(self, units, until - 1, then))

    difference = found(a_mate_and_a_truck_in_one_second(), fault)
    assert told(difference) == (
        "1 10:46:00 1 repair arm until 11:06:00, 0 left",
        "1 10:45:59 1 repair arm until 11:05:59, 0 left",
    )


def lost_in_a_stop(patch: pytest.MonkeyPatch) -> None:
    set_off = Specials._set_off
    patch.setattr(Specials, "_set_off", lambda self, units, now: set_off(self, units, now - 1))


def test_a_second_lost_in_a_delay_is_found() -> None:
    tree = rally(["1"], happenings=[happens("1", "arm", 40, "delay")])
    assert told(found(tree, lost_in_a_stop)) == ("1 11:50:00 1 finish 6600 s", "1 11:49:59 1 finish 6599 s")


def test_a_second_lost_in_a_service_point_is_found() -> None:
    stages = calendar({"service_points": [{"km": 20, "minutes": 10}]})
    tree = rally(["1"], stages=stages, happenings=[happens("1", "arm", 40, "delay")])
    assert told(found(tree, lost_in_a_stop)) == (
        "1 10:50:00 1 delay arm until 11:00:00",
        "1 10:49:59 1 delay arm until 10:59:59",
    )


def test_a_team_that_is_left_as_soon_as_one_of_its_cars_has_only_the_finish_before_it_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        def hasty(self: Course, rows: Any) -> Any:
            kind = self._at(rows, self.runs.next_kind)
            return (kind != Own.FINISH).all(axis=0)

        patch.setattr(Course, "_is_open", hasty)

    script = [happens("1", "arm", 10, "delay"), happens("2", "arm", 50)]
    tree = rally({"1": ARM, "2": {}}, teams={"red": {"help": helping()}}, happenings=script)
    difference = found(tree, fault)
    assert told(difference) == (
        "1 11:00:00 1 hand-over arm with 2 until 11:05:00, 0 left",
        "1 11:50:00 1 finish 6600 s",
    )


def test_a_close_one_second_early_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        begin = Course.__init__

        def early(self: Course, *args: Any, **more: Any) -> None:
            begin(self, *args, **more)
            self.close = self.close - 1

        patch.setattr(Course, "__init__", early)

    tree = rally(["1"], happenings=[happens("1", "arm", 40)])
    assert told(found(tree, fault)) == (
        "1 16:30:00 1 recovery arm until 18:30:00",
        "1 16:29:59 1 recovery arm until 18:29:59",
    )


def test_wear_that_is_off_by_its_last_bit_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        drive = Road.drive

        def worn(self: Road) -> None:
            drive(self)
            self.wear_home[:] = np.nextafter(self.wear_home, np.inf)

        patch.setattr(Road, "drive", worn)

    difference = found(rally(["1"]), fault)
    values = [(value.name, value.event, value.array) for value in difference.values]
    assert values == [("wear of 1, arm", "100.0", "100.00000000000001")]
    assert difference.event == difference.array == ()


def test_wear_of_a_stop_that_is_off_by_its_last_bit_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        settle = Runs.settle_wear

        def worn(self: Runs, units: Any) -> None:
            settle(self, units)
            cars = self.cars[units]
            self.fleet.wear[:, cars] = np.nextafter(self.fleet.wear[:, cars], np.inf)

        patch.setattr(Runs, "settle_wear", worn)

    # The car is recovered from where it waited in vain: its wear is that at the stop.
    assert names(found(rally(["1"], happenings=[happens("1", "arm", 40)]), fault)) == ["wear"]


def test_a_spare_that_is_not_used_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        repair = Specials._repair

        def kept(self: Specials, units: Any, *args: Any, **more: Any) -> None:
            spares = self.runs.fleet.spares.copy()
            repair(self, units, *args, **more)
            self.runs.fleet.spares[:] = spares

        patch.setattr(Specials, "_repair", kept)

    difference = found(rally({"1": ARM}, happenings=[happens("1", "arm", 40)]), fault)
    assert [(value.name, value.event, value.array) for value in difference.values] == [("spares of 1, arm", "0", "1")]


def test_a_spare_that_is_not_used_on_the_road_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        stop = Road._stop

        def kept(self: Road, stops: Any, *args: Any) -> Any:
            spares = stops.spares.copy()
            going_on = stop(self, stops, *args)
            stops.spares[:] = spares
            return going_on

        patch.setattr(Road, "_stop", kept)

    tree = rally({"1": ARM}, stages=calendar({"special_km": 60}), modes={"arm": {"scale_km": 40}}, drawn=True)
    assert names(found(tree, fault)) == ["spares"]


def parts_move(kind: Kind, *, helper: int, helped: int) -> Plant:
    """So many parts more on board of the helper and of the helped car once such help has begun."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        tell = Course._tell_help

        def moved(self: Course, told: Kind, mates: Any, waits: Any, *times: Any) -> None:
            if told is kind:
                spares, cars, mode = self.runs.fleet.spares, self.runs.cars, self.mode[waits]
                spares[mode, cars[mates]] += helper
                spares[mode, cars[waits]] += helped
            tell(self, told, mates, waits, *times)

        patch.setattr(Course, "_tell_help", moved)

    return plant


def helped_before_the_night(policy: str, *, crew_can: int, crews: Tree) -> Tree:
    """Crew 2 helps crew 1; the bivouac fills up whatever was used."""
    teams, script = {"red": {"help": helping(policy)}}, [happens("1", "arm", 40)]
    modes = {"arm": {"crew_repair": crew_can}}
    return rally(crews, stages=calendar({}, {}), teams=teams, modes=modes, happenings=script)


def test_a_part_that_is_handed_over_and_kept_is_found_though_the_night_fills_up_spares() -> None:
    tree = helped_before_the_night("hand_over", crew_can=1, crews={"1": {}, "2": ARM})
    assert told(found(tree, parts_move(Kind.HAND_OVER, helper=1, helped=0))) == (
        "1 10:41:00 2 hand-over arm with 1 until 10:46:00, 0 left",
        "1 10:41:00 2 hand-over arm with 1 until 10:46:00, 1 left",
    )


def test_a_part_that_is_taken_from_who_stays_to_help_instead_of_the_halted_car_is_found() -> None:
    tree = helped_before_the_night("stay", crew_can=0, crews={"1": ARM, "2": ARM})
    assert told(found(tree, parts_move(Kind.STAY, helper=-1, helped=1))) == (
        "1 10:41:00 2 stays to help arm with 1 until 11:01:00, 1 left",
        "1 10:41:00 2 stays to help arm with 1 until 11:01:00, 0 left",
    )


def test_a_crew_that_withdraws_before_all_its_team_mates_have_come_by_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        gives_up = Course._gives_up

        def hasty(self: Course, wait: Any, some: Any, now: Any) -> Any:
            return gives_up(self, replace(wait, mates=np.zeros_like(wait.mates)), some, now)

        patch.setattr(Course, "_gives_up", hasty)

    crews = {"1": {"orders": {"withdraw_wait_min": 0}}, "2": {}}
    tree = rally(crews, teams={"red": {"help": helping()}}, happenings=[happens("1", "arm", 40)])
    assert told(found(tree, fault)) == (
        "1 10:40:00 1 wait arm",
        "1 10:40:00 1 recovery arm until 12:40:00",
    )


# The same in the other engine


def test_a_truck_of_the_event_engine_that_serves_before_a_team_mate_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        helpers = event_course.Course._helpers
        patch.setattr(event_course.Course, "_helpers", lambda self: helpers(self)[::-1])

    assert told(found(a_mate_and_a_truck_in_one_second(), fault)) == (
        "1 10:41:00 1 truck works arm with red/T1 until 11:11:00",
        "1 10:41:00 1 hand-over arm with 2 until 10:46:00",
    )


def test_a_truck_of_the_event_engine_that_turns_back_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        def turning(self: event_truck.TruckRun, km: float) -> int:
            return int(driving.truck_arrival(self._leaves, 0.0, abs(km - self._km), self._s_per_km))

        patch.setattr(event_truck.TruckRun, "expected", turning)

    assert told(found(a_halt_behind_the_truck(), fault))[0] == "1 12:31:00 1 truck works arm with red/T1 until 13:01:00"


def test_a_renewal_that_the_event_engine_drops_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        renew = event_car.Car.renew

        def dropped(self: event_car.Car, mode: int, *args: Any) -> None:
            renew(self, mode, *args)
            self.renewal[mode] -= 1

        patch.setattr(event_car.Car, "renew", dropped)

    tree = rally(["1"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "limp")])
    assert names(found(tree, fault)) == ["renewal"]


def test_a_second_that_the_event_engine_loses_is_found() -> None:
    def fault(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(event_drive, "whole_seconds", lambda values: np.floor(values).astype(np.int64))

    tree = rally({"1": {"pace": log(1.00012)}})
    assert told(found(tree, fault)) == ("1 11:40:00 1 finish 6000 s", "1 11:40:01 1 finish 6001 s")
