"""Tables and the race report in the terminal."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console, RenderableType

from sim.engine.replay import Replay
from sim.report import tables
from sim.report.story import race_report
from sim.report.tables import SHOWN_LOSSES, final_table
from sim.study.estimates import Estimate
from sim.study.odds import CrewOdds, Loss, Odds, TeamOdds
from tests.support.rallies import calendar, happens, planned, rally, run

HALF = Estimate(0.5, 0.4, 0.61)
PLAN = planned(rally(["7"], modes={"arm": {}, "gearbox": {"label": "gearbox, clutch"}}, drawn=True))


def printed(*parts: RenderableType, width: int = 80) -> list[str]:
    """What is shown, line by line, with single blanks between words."""
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        for part in parts:
            console.print(part)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def rows(table: RenderableType, width: int = 80) -> list[str]:
    """What stands below the head of a table."""
    lines = printed(table, width=width)
    return lines[next(i for i, line in enumerate(lines) if line.startswith("─")) + 1 :]


def crew(car: str, **changes: object) -> CrewOdds:
    blank = CrewOdds(
        car=car,
        driver="Ånna Łęcka",
        team="red",
        classified=Estimate(0.931, 0.912, 0.946),
        finished=HALF,
        win=HALF,
        podium=HALF,
        places=(HALF,),
        retired=HALF,
        total_s=(Estimate(36_000, 35_940, 36_060), Estimate(39_629, 39_600, 39_690), Estimate(360_000, 1, 400_000)),
        stage_wins=Estimate(1.5, 0.0, 3.1),
    )
    return dataclasses.replace(blank, **changes)  # type: ignore[arg-type]


def odds(crews: Sequence[CrewOdds] = (), by_mode: Sequence[Loss] = (), by_stage: Sequence[Loss] = ()) -> Odds:
    team = TeamOdds("red", HALF, HALF, Estimate(0.25, 0.2, 0.3), HALF, None)
    return Odds(1234, tuple(crews) or (crew("7"),), (team,), (), tuple(by_mode), tuple(by_stage))


def odds_tables(found: Odds) -> list[RenderableType]:
    return tables.odds_tables(found, PLAN)


def loss(mode: str = "", stage: str = "", lost_s: float = 0.0) -> Loss:
    few = Estimate(0.25, 0.125, 0.375)
    return Loss(mode, stage, few, few, Estimate(lost_s, lost_s - 60, lost_s + 60))


def test_a_crew_has_its_odds_in_percent_over_their_intervals() -> None:
    table = odds_tables(odds())[0]
    assert printed(table)[0] == "Crews: odds in percent, from 1,234 rallies"
    assert rows(table)[:2] == ["7 Ånna Łęcka 93.1 50.0 50.0 50.0", "91.2-94.6 40.0-61.0 40.0-61.0 40.0-61.0"]


def test_a_crew_has_its_stage_wins_and_the_quantiles_of_its_total_to_the_minute() -> None:
    assert rows(odds_tables(odds())[1])[:2] == [
        "7 Ånna Łęcka 1.50 10:00 11:00 100:00",
        "0.00-3.10 9:59-10:01 11:00-11:02 0:00-111:07",
    ]


def test_an_interval_after_a_plus_minus_is_as_wide_as_its_longer_side() -> None:
    rare = Estimate(0.25, 0.125, 0.75)
    table = odds_tables(odds(by_mode=[dataclasses.replace(loss("gearbox"), retired=rare)]))[4]
    assert rows(table)[0] == "gearbox, clutch 0.0 ± 1.0 0.250 ± 0.125 0.250 ± 0.500"


def test_a_crew_that_is_never_classified_has_no_total() -> None:
    assert rows(odds_tables(odds([crew("7", total_s=None)]))[1])[0] == "7 Ånna Łęcka 1.50 never never never"


def test_places_are_whole_percents_that_tell_the_rare_from_the_never() -> None:
    shares = [Estimate(value, 0.0, 0.1) for value in (0.0, 0.001, 0.25, 0.999, 1.0)]
    assert (
        rows(odds_tables(odds([crew("7", places=tuple(shares), retired=HALF)] * 5))[2])[0]
        == "7 Ånna Łęcka - <1 25 >99 100 50"
    )


def test_the_places_table_has_a_column_a_place_and_one_for_the_retired() -> None:
    lines = printed(odds_tables(odds([crew("7", places=(HALF,) * 3)] * 3))[2])
    assert "car driver 1 2 3 retired" in lines


def test_the_places_table_bounds_all_its_intervals() -> None:
    lines = printed(odds_tables(odds([crew("7", places=(HALF,) * 7)] * 7))[2])
    assert " ".join(lines).endswith("95 % intervals: at most 10.5 points on either side.")


def test_a_team_has_a_name_of_words() -> None:
    team = TeamOdds("toyota_auto_body", HALF, HALF, HALF, HALF, None)
    assert rows(odds_tables(dataclasses.replace(odds(), teams=(team,)))[3])[0].startswith("toyota auto body 50.0")


def test_a_team_too_small_for_a_sweep_has_a_dash() -> None:
    assert rows(odds_tables(odds())[3])[0] == "red 50.0 50.0 25.0 50.0 -"


def test_losses_are_shown_with_half_their_interval() -> None:
    table = odds_tables(odds(by_mode=[loss("gearbox", lost_s=7260)]))[4]
    assert rows(table)[0] == "gearbox, clutch 121.0 ± 1.0 0.250 ± 0.125 0.250 ± 0.125"


def test_causes_that_are_no_modes_have_a_name() -> None:
    table = odds_tables(odds(by_mode=[loss("over_time")]))[4]
    assert rows(table)[0].startswith("too slow for the time allowed 0.0")


def test_the_smaller_losses_are_summed() -> None:
    losses = [loss(stage=str(stage), lost_s=3600) for stage in range(SHOWN_LOSSES + 3)]
    shown = rows(odds_tables(odds(by_stage=losses))[5])
    assert [line.split(" ± ")[0] for line in shown[:SHOWN_LOSSES]] == [
        f"stage {stage} 60.0" for stage in range(SHOWN_LOSSES)
    ]
    assert shown[SHOWN_LOSSES] == "3 others 180.0 ± 3.0 0.750 ± 0.375 0.750 ± 0.375"


def test_one_rally_has_no_interval_of_a_mean() -> None:
    single = Estimate(1.0, -math.inf, math.inf)
    tables = odds_tables(odds([crew("7", stage_wins=single)], [Loss("arm", "", single, single, single)]))
    assert rows(tables[1])[1].startswith("? 9:59-10:01")
    assert rows(tables[4])[0] == "arm 0.0 ± ? 1.000 ± ? 1.000 ± ?"


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_number_is_cut_in_a_terminal_of_80_columns_or_more(width: int) -> None:
    seven = [crew(f"privateer{n}", driver="Stéphane Peterhansel", places=(HALF,) * 7) for n in range(7)]
    lines = printed(*odds_tables(odds(seven, [loss("arm")], [loss(stage="1")])), width=width)
    assert not any("…" in line for line in lines)


def test_square_brackets_in_names_are_shown_as_they_are() -> None:
    table = odds_tables(odds([crew("7", driver="[bold]Max[/]")]))[0]
    assert rows(table)[0].startswith("7 [bold]Max[/] 93.1")


def test_the_final_classification_names_gaps_penalties_and_what_was_not_completed() -> None:
    script = [
        happens("1", "arm", 40, "strand", recovery_s=60),
        happens("3", "arm", 40, "wreck", stage="2"),
    ]
    race = run(rally(["1", "2", "3"], stages=calendar({}, {}), happenings=script))
    assert rows(final_table(race), width=120) == [
        "1 2 Driver 2 3:20:00 finished",
        "2 1 Driver 1 17:40:00 10:00:00 rejoined stage 1",
        "+14:20:00",
        "3 Driver 3 retired on stage 2: arm stage 2",
    ]


def test_nothing_is_cut_in_the_final_classification_of_a_terminal_of_80_columns() -> None:
    cars = {"privateer2": {"driver": "Stéphane Peterhansel"}, "501": {"driver": "Jean-Michel Polato"}}
    script = [happens("privateer2", "arm", 40, "strand", recovery_s=60)]
    race = run(rally(cars, stages=calendar({}, {}), happenings=script))
    lines = printed(final_table(race))
    assert "…" not in " ".join(lines)
    assert any("Peterhansel" in line for line in lines)


@pytest.fixture(scope="module")
def race() -> Replay:
    """Two cars on two stages: car 1 mends its arm on the first and cannot be mended on the second."""
    script = [happens("1", "arm", 40), happens("1", "arm", 50, "strand", stage="2")]
    return run(
        rally({"1": {"spares": {"arm": 1}}, "2": {}}, stages=calendar({}, {"finish": "Harbour"}), happenings=script)
    )


def test_a_stage_is_told_with_its_happenings_its_result_and_the_standings(race: Replay) -> None:
    lines = printed(race_report(race), width=110)
    start = next(i for i, line in enumerate(lines) if line.startswith("Stage 1"))
    stage = [line for line in lines[start:] if line and not line.startswith("─")]
    assert stage[:12] == [
        "Stage 1 Tuesday 1 January 2030 · special 100 km · night in the bivouac",
        "day clock car km what happened cost",
        "1 Jan 10:40:00 1 40 arm: mended by the crew 0:20:00",
        "Result of stage 1",
        "place car time gap penalties lost to",
        "1 2 1:40:00",
        "2 1 2:00:00 +0:20:00 arm 0:20:00",
        "Overall after stage 1",
        "place car driver total gap penalties",
        "1 2 Driver 2 1:40:00",
        "2 1 Driver 1 2:00:00 +0:20:00",
        "Stage 2 Wednesday 2 January 2030 · Harbour · special 100 km · finish of the rally",
    ]


def test_a_special_that_was_not_completed_has_its_attributed_time_and_its_cause(race: Replay) -> None:
    lines = printed(race_report(race), width=110)
    assert "1 6:00:00 10:00:00 arm: not completed" in lines


def test_the_report_begins_with_the_rally_and_ends_with_the_final_classification(race: Replay) -> None:
    lines = printed(race_report(race), width=110)
    assert lines[0] == "crafted as pinned, nothing is drawn"
    assert lines[-2:] == ["2 1 Driver 1 18:00:00 10:00:00 rejoined stage 2", "+14:40:00"]


def test_the_report_of_a_rally_that_is_drawn_names_its_seed() -> None:
    assert printed(race_report(run(rally(["1"], drawn=True))))[0] == "crafted one rally, seed 1, replication 0"


def test_a_stage_without_happenings_says_so() -> None:
    lines = printed(race_report(run(rally(["1"]))), width=110)
    assert "Nothing out of the ordinary." in lines


def test_a_prologue_has_a_result_but_no_standings() -> None:
    lines = printed(race_report(run(rally(["1"], stages=calendar({"counted": False}, {})))), width=110)
    assert any(line.startswith("Stage 1 (sets the start order only)") for line in lines)
    assert "Result of stage 1" in lines
    assert "Overall after stage 1" not in lines
    assert "Overall after stage 2" in lines


def test_stages_after_the_last_car_has_retired_are_left_out() -> None:
    race = run(rally(["1"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "wreck")]))
    lines = printed(race_report(race), width=110)
    assert not any(line.startswith("Stage 2") for line in lines)


def test_who_retired_is_named_below_the_standings_with_the_stage() -> None:
    race = run(rally(["1", "2"], stages=calendar({}, {}), happenings=[happens("1", "arm", 40, "wreck")]))
    lines = printed(race_report(race), width=110)
    assert lines.count("1 Driver 1 retired on stage 1") == 2


def test_losses_of_less_than_a_minute_are_not_named_and_the_costliest_comes_first() -> None:
    script = [
        happens("1", "arm", 20, "delay", lost_s=59),
        happens("1", "belt", 30, "delay", lost_s=60),
        happens("1", "puncture", 40, "delay", lost_s=600),
    ]
    modes: dict[str, Any] = {"arm": {}, "belt": {}, "puncture": {}}
    lines = printed(race_report(run(rally(["1"], modes=modes, happenings=script))), width=110)
    assert "1 1 1:51:59 puncture 0:10:00, belt 0:01:00" in lines
