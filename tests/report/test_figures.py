"""Figures: what they show, and that they can be read."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.engine.outcomes import Losses, Outcomes, concatenate
from sim.engine.replay import Replay
from sim.model.plan import Plan
from sim.report.activities import Activity
from sim.report.figures import losses as losses_figure
from sim.report.figures import places as places_figure
from sim.report.figures import survival as survival_figure
from sim.report.figures import timeline, write_odds_figures, write_replay_figures
from sim.report.figures.curves import spread
from sim.report.figures.lanes import COLOURS
from sim.report.figures.style import crew_label, line_look, save, text_colour
from sim.study.odds import summarise
from sim.study.tally import Tally, out_until, spoilt_until
from tests.support.rallies import calendar, happens, planned, rally, run

STAGES = calendar({"night": "refuge"}, {"night": "rest_day"}, {})
RETIRED = 2


@pytest.fixture
def plan() -> Plan:
    """Three cars, three stages of 100 km, a marathon night and a rest day."""
    modes = {"arm": {"label": "rear arm"}, "belt": {"label": "belt"}}
    crews = {"1": {"driver": "Ånna Łęcka"}, "2": {"driver": "Bo"}, "Cai": {"driver": "Cai Cho"}}
    return planned(rally(crews, stages=STAGES, modes=modes))


def outcomes_of(plan: Plan, n: int, **changes: Any) -> Outcomes:
    """n rallies in which all finish in the order of their numbers and nothing is lost."""
    crews, stages = len(plan.crews), len(plan.stages)
    none: Any = np.array([])
    blank = Outcomes(
        cars=tuple(crew.car for crew in plan.crews),
        stages=tuple(stage.name for stage in plan.stages),
        counted=(True,) * stages,
        causes=(*plan.modes.names, "late", "over_time"),
        replication=np.arange(n),
        status=np.zeros((n, crews), dtype=np.int8),
        total_s=np.tile(np.arange(crews), (n, 1)),
        penalty_s=np.zeros((n, crews), dtype=np.int64),
        stage_s=np.ones((n, crews, stages), dtype=np.int64),
        sporting_s=np.zeros((n, crews, stages), dtype=np.int64),
        completed=np.ones((n, crews, stages), dtype=np.bool_),
        retired_km=np.full((n, crews), np.inf),
        losses=Losses(*(none.astype(t) for t in (int, int, int, int, float, bool, bool))),
    )
    return dataclasses.replace(blank, **changes)


def places(plan: Plan, outcomes: Outcomes) -> Figure:
    return places_figure(plan, Tally.of(plan, outcomes))


def survival(plan: Plan, outcomes: Outcomes) -> Figure:
    return survival_figure(plan, Tally.of(plan, outcomes))


def losses(plan: Plan, outcomes: Outcomes) -> Figure:
    return losses_figure(plan, summarise(plan, Tally.of(plan, outcomes)))


def written(plan: Plan, outcomes: Outcomes, folder: Path) -> list[Path]:
    tally = Tally.of(plan, outcomes)
    return write_odds_figures(plan, tally, summarise(plan, tally), folder)


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def labels(ticks: list[Text]) -> list[str]:
    return [tick.get_text() for tick in ticks]


def cells(axes: Axes) -> list[list[str]]:
    """What is written in the cells of a heat map."""
    rows = len(axes.get_yticks())
    return np.array(texts(axes)).reshape(rows, -1).tolist()


def test_the_places_map_has_the_share_of_every_place_and_of_retirement(plan: Plan) -> None:
    status = np.array([[0, 0, 0], [0, RETIRED, 0], [0, RETIRED, 0], [0, RETIRED, 0]], dtype=np.int8)
    axes = places(plan, outcomes_of(plan, 4, status=status)).axes[0]
    assert labels(axes.get_xticklabels()) == ["1", "2", "3", "retired"]
    assert cells(axes) == [
        ["100 %", "", "", ""],
        ["", "75 %", "25 %", ""],
        ["", "25 %", "", "75 %"],
    ]


def test_the_places_map_has_the_best_crew_on_top_with_its_full_name(plan: Plan) -> None:
    axes = places(plan, outcomes_of(plan, 2, total_s=np.array([[3, 2, 1], [3, 2, 1]]))).axes[0]
    assert labels(axes.get_yticklabels()) == ["Cai Cho", "2  Bo", "1  Ånna Łęcka"]


def test_a_share_below_half_a_percent_is_not_written_as_zero(plan: Plan) -> None:
    status = np.zeros((400, 3), dtype=np.int8)
    status[0, 2] = RETIRED
    axes = places(plan, outcomes_of(plan, 400, status=status)).axes[0]
    assert cells(axes)[2] == ["", "", "100 %", "<1 %"]


@pytest.mark.parametrize(
    ("background", "colour"), [("#FDE737", "black"), ("#00224E", "white"), ("white", "black"), ("#575C6D", "white")]
)
def test_text_in_a_cell_is_black_on_light_and_white_on_dark(background: str, colour: str) -> None:
    assert text_colour(background) == colour


def lost(plan: Plan, *rows: tuple[int, int, str, str, float]) -> Outcomes:
    """Two rallies with rows (rally, crew, stage, cause, minutes lost)."""
    blank = outcomes_of(plan, 2)
    row, crew, stage, cause, minutes = zip(*rows, strict=True)
    none = np.zeros(len(rows), dtype=np.bool_)
    table = Losses(
        row=np.array(row),
        crew=np.array(crew),
        stage=np.array([blank.stages.index(name) for name in stage]),
        cause=np.array([blank.causes.index(name) for name in cause]),
        lost_s=np.array(minutes) * 60.0,
        uncompleted=none,
        retired=none,
    )
    return dataclasses.replace(blank, losses=table)


def test_the_losses_map_has_minutes_per_rally_by_cause_and_stage_the_costliest_cause_on_top(plan: Plan) -> None:
    outcomes = lost(plan, (0, 0, "1", "belt", 20.0), (0, 1, "1", "belt", 30.0), (1, 0, "3", "arm", 60.0))
    heat = losses(plan, outcomes).axes[0]
    assert labels(heat.get_yticklabels()) == ["rear arm", "belt"]
    assert labels(heat.get_xticklabels()) == ["1", "2", "3"]
    assert cells(heat) == [["", "", "30"], ["25", "", ""]]


def test_the_margins_of_the_losses_map_are_its_sums(plan: Plan) -> None:
    outcomes = lost(plan, (0, 0, "1", "belt", 20.0), (1, 1, "3", "belt", 30.0), (1, 0, "3", "arm", 60.0))
    _, right, top, *_ = losses(plan, outcomes).axes
    assert [bar.get_width() for bar in right.patches] == [30.0, 25.0]  # type: ignore[attr-defined]
    assert [bar.get_height() for bar in top.patches] == [10.0, 45.0]  # type: ignore[attr-defined]


def test_causes_that_cost_nothing_are_not_in_the_losses_map(plan: Plan) -> None:
    heat = losses(plan, lost(plan, (0, 0, "1", "belt", 20.0), (0, 0, "2", "late", 0.0))).axes[0]
    assert labels(heat.get_yticklabels()) == ["belt"]


def test_the_losses_map_of_rallies_without_losses_is_empty(plan: Plan) -> None:
    heat = losses(plan, outcomes_of(plan, 2)).axes[0]
    assert set(texts(heat)) == {""}


def test_survival_falls_where_crews_retire_and_ends_at_the_share_of_the_classified(plan: Plan) -> None:
    status = np.array([[RETIRED, 0, 0], [RETIRED, 0, 0], [0, 0, 0], [0, 0, 0]], dtype=np.int8)
    retired_km = np.full((4, 3), np.inf)
    retired_km[:2, 0] = [40.0, 250.0]
    axes = survival(plan, outcomes_of(plan, 4, status=status, retired_km=retired_km)).axes[0]
    thick = axes.get_lines()[0]
    assert thick.get_drawstyle() == "steps-post"
    assert np.array(thick.get_xydata()).tolist() == [[0, 100], [40, 75], [250, 50], [312, 50]]


def test_the_thin_line_falls_at_the_end_of_a_special_that_was_not_completed(plan: Plan) -> None:
    completed = np.ones((4, 3, 3), dtype=np.bool_)
    completed[0, 0, 1] = False
    axes = survival(plan, outcomes_of(plan, 4, completed=completed)).axes[0]
    thin = axes.get_lines()[1]
    assert np.array(thin.get_xydata()).tolist() == [[0, 100], [200, 75], [312, 75]]


def test_what_is_left_stands_beside_the_end_of_each_line_thick_and_thin(plan: Plan) -> None:
    completed = np.ones((4, 3, 3), dtype=np.bool_)
    completed[0, 0, 1] = False
    ends = [
        text
        for text in survival(plan, outcomes_of(plan, 4, completed=completed)).axes[0].texts
        if "  " in text.get_text()
    ]
    told = [(text.get_text(), text.get_fontweight()) for text in ends]
    assert told[:2] == [("75  1", "normal"), ("100  1", "bold")]
    places = [float(text.xy[1]) for text in ends]  # type: ignore[attr-defined]
    assert min(np.diff(places)) > 2, "no two are written over each other"
    assert places[-1] <= 100


def test_labels_are_as_near_to_their_values_as_can_be() -> None:
    assert spread([20.0, 60.0, 60.0], 4.0, 100.0) == [20.0, 58.0, 62.0]
    assert spread([99.0, 100.0], 4.0, 100.0) == [96.0, 100.0]
    assert spread([0.0, 0.0], 4.0, 100.0) == [0.0, 4.0]
    assert spread([100.0] * 3, 80.0, 100.0) == [0.0, 50.0, 100.0]


def test_every_special_completed_ends_at_the_first_missed_one_or_at_retirement(plan: Plan) -> None:
    completed = np.ones((1, 3, 3), dtype=np.bool_)
    completed[0, 0, 1:] = False
    completed[0, 1, 0] = False
    status = np.array([[0, RETIRED, 0]], dtype=np.int8)
    outcomes = outcomes_of(plan, 1, completed=completed, status=status, retired_km=np.array([[np.inf, 60.0, np.inf]]))
    assert spoilt_until(plan, outcomes).tolist() == [[200.0, 60.0, np.inf]]


def test_a_prologue_that_was_not_completed_does_not_count(plan: Plan) -> None:
    prologue = planned(rally(["1"], stages=calendar({"counted": False}, {})))
    completed = np.array([[[False, True]]])
    assert spoilt_until(prologue, outcomes_of(prologue, 1, completed=completed)).tolist() == [[np.inf]]


def test_in_mid_rally_those_who_are_out_already_leave_at_the_start() -> None:
    state = {
        "after_stage": "1",
        "crews": {"1": {"total_s": 0, "retired": True}, "2": {"total_s": 0, "uncompleted": ["1"]}, "3": {"total_s": 0}},
    }
    later = planned({**rally(["1", "2", "3"], stages=calendar({}, {})), "state": state})
    outcomes = outcomes_of(later, 1, status=np.array([[RETIRED, 1, 0]], dtype=np.int8))
    assert out_until(later, outcomes).tolist() == [[100.0, np.inf, np.inf]]
    assert spoilt_until(later, outcomes).tolist() == [[100.0, 100.0, np.inf]]


def test_the_stages_are_named_and_marathon_night_and_rest_day_are_in_the_legend(plan: Plan) -> None:
    figure = survival(plan, outcomes_of(plan, 2))
    assert texts(figure.axes[0])[-3:] == ["1", "2", "3"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "1  Ånna Łęcka",
        "2  Bo",
        "Cai Cho",
        "thick: still in the race",
        "thin: every special completed so far",
        "marathon night",
        "rest day",
    ]


def test_twenty_eight_crews_have_different_lines() -> None:
    assert len({line_look(crew) for crew in range(28)}) == 28


@pytest.fixture(scope="module")
def race() -> Replay:
    """Two cars on stages before and after a rest day; the first is recovered and the second waits for nobody."""
    stages = calendar({"night": "rest_day", "liaison_before_km": 60}, {})
    return run(rally(["1", "2"], stages=stages, happenings=[happens("1", "arm", 40, "strand")]))


def test_the_timeline_has_a_panel_for_every_day(race: Replay) -> None:
    panels = timeline(race).axes
    assert [panel.get_title(loc="left") for panel in panels] == [
        "Tue 1 Jan · stage 1",
        "Wed 2 Jan · rest day",
        "Thu 3 Jan · stage 2",
    ]


def test_the_timeline_says_which_rally_it_is_and_its_key_holds_what_is_there(race: Replay) -> None:
    drawn = timeline(race)
    assert drawn.get_suptitle() == "crafted, hour by hour (as pinned, nothing is drawn)"
    shown = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert shown == ["on the special", "liaison", "service point, bay, refuge work", "recovery", "asleep or idle"]


def test_a_timeline_of_a_rally_that_is_drawn_has_its_seed() -> None:
    drawn = run(rally(["1"], drawn=True))
    assert timeline(drawn).get_suptitle() == "crafted, hour by hour (one rally, seed 1, replication 0)"


def test_a_lane_shows_what_the_car_did_hour_by_hour(race: Replay) -> None:
    panel = timeline(race).axes[0]
    names = {to_hex(colour): activity.name for activity, colour in COLOURS.items()}
    bars = [
        (bar.get_x(), bar.get_width(), names[to_hex(bar.get_facecolor())])  # type: ignore[attr-defined]
        for bar in panel.patches
        if bar.get_y() < 0.5  # type: ignore[attr-defined]
    ]
    assert [(round(start, 3), round(hours, 3), name) for start, hours, name in bars] == [
        (0, 9, "REST"),
        (9, 1, "LIAISON"),
        (10, 0.667, "SPECIAL"),
        (10.667, 2, "RECOVERY"),
        (12.667, 1, "SERVICE"),
        (13.667, 10.333, "REST"),
    ]


def test_every_day_begins_at_its_own_midnight(race: Replay) -> None:
    third_day = timeline(race).axes[2]
    bars = [(bar.get_x(), bar.get_width()) for bar in third_day.patches if bar.get_y() > 0.5]  # type: ignore[attr-defined]
    assert [(round(start, 3), round(hours, 3)) for start, hours in bars] == [(0, 10), (10, 1.667)]


def test_every_activity_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(Activity)
    assert len(set(COLOURS.values())) == len(Activity)


def test_a_long_rally_is_shown_in_two_columns_read_downwards() -> None:
    race = run(rally(["1"], stages=calendar(*[{}] * 9)))
    days = [panel for panel in timeline(race).axes if panel.get_visible()]
    assert len(days) == 9
    assert [panel.get_title(loc="left") for panel in days][:3] == [
        "Tue 1 Jan · stage 1",
        "Sun 6 Jan · stage 6",
        "Wed 2 Jan · stage 2",
    ]


def all_figures(plan: Plan, race: Replay) -> list[Figure]:
    outcomes = lost(plan, (0, 0, "1", "belt", 20.0), (1, 0, "3", "arm", 60.0))
    return [places(plan, outcomes), survival(plan, outcomes), losses(plan, outcomes), timeline(race)]


def test_nothing_is_cut_off(plan: Plan, race: Replay) -> None:
    """All that is drawn lies within the figure, before the file even makes room for more."""
    for figure in all_figures(plan, race):
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = figure.get_tightbbox(canvas.get_renderer())
        width, height = figure.get_size_inches()
        assert drawn.x0 >= 0
        assert drawn.y0 >= 0
        assert drawn.x1 <= width
        assert drawn.y1 <= height


def test_all_pictures_of_a_study_are_written_as_png_and_svg(plan: Plan, tmp_path: Path) -> None:
    paths = written(plan, outcomes_of(plan, 2), tmp_path / "new" / "folder")
    names = ["places.png", "places.svg", "survival.png", "survival.svg", "losses.png", "losses.svg"]
    assert [path.name for path in paths] == names
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_the_pictures_of_a_rally_are_its_timeline(race: Replay, tmp_path: Path) -> None:
    assert write_replay_figures(race, tmp_path) == [tmp_path / "timeline.png", tmp_path / "timeline.svg"]


def test_the_same_figure_gives_the_same_bytes(race: Replay, tmp_path: Path) -> None:
    first, second = (write_replay_figures(race, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_picture_is_saved_at_150_dots_per_inch(tmp_path: Path) -> None:
    figure = Figure(figsize=(2, 1))
    figure.add_subplot()
    png, _ = save(figure, tmp_path, "small")
    dots_per_metre = (5906).to_bytes(4, "big")
    assert b"pHYs" + dots_per_metre * 2 in png.read_bytes()


def test_figures_leave_no_global_state_and_need_no_display() -> None:
    code = "import sys, sim.report.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_car_that_is_called_like_its_driver_is_named_once(plan: Plan) -> None:
    assert [crew_label(crew) for crew in plan.crews] == ["1  Ånna Łęcka", "2  Bo", "Cai Cho"]


def test_pictures_of_a_real_study_can_be_drawn(tmp_path: Path) -> None:
    modes = {"arm": {"scale_km": 200, "severity": {"halt": 0.5, "limp": 0.2, "wreck": 0.3}}}
    tree = rally(["1", "2"], stages=STAGES, modes=modes, drawn=True)
    races = [run(tree, replication=k) for k in range(5)]
    outcomes = concatenate([race.outcomes for race in races])
    assert len(written(races[0].plan, outcomes, tmp_path)) == 6
    assert len(write_replay_figures(races[0], tmp_path)) == 2
