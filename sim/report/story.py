"""The race report of one rally: stage by stage what happened, what it cost, and where everybody stood after it."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.engine.day import Day
from sim.engine.journal import Entry
from sim.engine.replay import Replay
from sim.model.plan import Plan, StagePlan
from sim.model.rules.results import Status
from sim.model.units import duration_text
from sim.report.happenings import Line, lines_of
from sim.report.tables import final_table, new_table
from sim.report.words import cause_text, clock_time, date_of, describe, run_text, time_of_day
from sim.study.record import Record
from sim.study.standings import overall_after, retirement, stage_result

SCHEMA = "rally-replay/1"

NIGHTS = {
    "bivouac": "night in the bivouac",
    "refuge": "night in the refuge, without the team",
    "rest_day": "rest day after it",
    "finish": "finish of the rally",
}

WORTH_NAMING_S = 60
"""Losses below this are not named in the result of a stage."""

__all__ = ["describe", "race_report", "replay_json"]


def race_report(replay: Replay) -> Group:
    """The whole rally for the terminal: each stage with its happenings and results, then the final classification."""
    plan = replay.plan
    title = Text.assemble((plan.rally.name, "bold"), f"   {run_text(replay)}")
    stages = [_stage_report(replay, stage) for stage in plan.stages[plan.first_stage :] if _was_run(replay, stage)]
    return Group(title, *stages, Text(), final_table(replay))


def replay_json(replay: Replay, record: Record) -> dict[str, Any]:
    """The documented form "rally-replay/1", in plain JSON types."""
    return {
        "schema": SCHEMA,
        "record": record.as_json(),
        "crews": [_crew_json(replay, crew) for crew in range(len(replay.plan.crews))],
        "journal": [_entry_json(entry, replay.plan) for entry in replay.journal],
    }


def _crew_json(replay: Replay, crew: int) -> dict[str, Any]:
    outcomes, plan = replay.outcomes, replay.plan
    positions = outcomes.positions
    days = [(stage, replay.days[stage.index, crew]) for stage in plan.stages if (stage.index, crew) in replay.days]
    return {
        "car": plan.crews[crew].car,
        "status": Status(int(outcomes.status[0, crew])).name.lower(),
        "total_s": int(outcomes.total_s[0, crew]),
        "rank": int(outcomes.rank[0, crew]) or None,
        "penalty_s": int(outcomes.penalty_s[0, crew]),
        "stages": [
            {
                "stage": stage.name,
                "seconds": day.seconds,
                "penalty_s": day.penalty_s,
                "completed": day.completed,
                "position": int(positions[0, crew, stage.index]) or None,
            }
            for stage, day in days
        ],
    }


def _entry_json(entry: Entry, plan: Plan) -> dict[str, Any]:
    return {
        "time_s": entry.time_s,
        "clock": clock_time(plan, entry.time_s),
        "stage": entry.stage,
        "car": entry.car,
        "km": entry.km,
        "kind": entry.kind.value,
        "detail": describe(entry, plan),
    }


def _was_run(replay: Replay, stage: StagePlan) -> bool:
    return any(s == stage.index for s, _ in replay.days)


def _stage_report(replay: Replay, stage: StagePlan) -> RenderableType:
    lines = lines_of(replay, stage)
    happenings = _happenings_table(replay.plan, lines) if lines else Text("Nothing out of the ordinary.", style="dim")
    parts: list[RenderableType] = [Text(), _heading(stage), happenings, _result_table(replay, stage)]
    if stage.spec.counted:
        parts.append(_overall_table(replay, stage))
    return Group(*(part if isinstance(part, Text) else Padding(part, (0, 0, 1, 2)) for part in parts))


def _heading(stage: StagePlan) -> Text:
    spec = stage.spec
    name = f"Stage {stage.name}" if spec.counted else f"Stage {stage.name} (sets the start order only)"
    road = f"{spec.start} to {spec.finish}" if spec.start and spec.finish else spec.start or spec.finish
    facts = [
        f"{spec.date:%A} {spec.date.day} {spec.date:%B %Y}",
        road,
        f"special {spec.special_km:g} km",
        NIGHTS[spec.night],
    ]
    return Text.assemble((name, "bold reverse"), "  ", " · ".join(fact for fact in facts if fact))


def _happenings_table(plan: Plan, lines: list[Line]) -> Table:
    table = new_table()
    for column in ("day", "clock", "car"):
        table.add_column(column, no_wrap=True)
    table.add_column("km", justify="right", no_wrap=True)
    table.add_column("what happened", ratio=1)
    table.add_column("cost", justify="right")
    for line in lines:
        date = date_of(plan, line.time_s)
        table.add_row(
            f"{date.day} {date:%b}",
            time_of_day(line.time_s),
            Text(line.car),
            "" if line.km is None else f"{line.km:.0f}",
            Text(line.text),
            line.cost or ("" if line.cost_s is None else duration_text(line.cost_s)),
        )
    return table


def _result_table(replay: Replay, stage: StagePlan) -> Table:
    table = new_table(f"Result of stage {stage.name}")
    _add_columns(table, "car", "time", "lost to")
    for row in stage_result(replay, stage.index):
        table.add_row(
            "" if row.place is None else str(row.place),
            Text(replay.plan.crews[row.crew].car),
            duration_text(row.seconds) if row.day.seconds else "",
            _gap(row.gap_s),
            duration_text(row.penalty_s) if row.penalty_s else "",
            Text(_losses(replay, row.day)),
        )
    return table


def _overall_table(replay: Replay, stage: StagePlan) -> Table:
    table = new_table(f"Overall after stage {stage.name}")
    _add_columns(table, "car", "driver", "total", "")
    for row in overall_after(replay, stage.index):
        crew = replay.plan.crews[row.crew]
        out = retirement(replay, row.crew)
        remark = (
            "" if row.rank is not None else "retired" if out is None else f"retired on stage {_name(replay, out[0])}"
        )
        table.add_row(
            "" if row.rank is None else str(row.rank),
            Text(crew.car),
            Text(crew.spec.driver),
            "" if row.rank is None else duration_text(row.total_s),
            _gap(row.gap_s),
            duration_text(row.penalty_s) if row.penalty_s else "",
            remark,
        )
    return table


def _add_columns(table: Table, *names: str) -> None:
    """Place, who and what (their own widths), gap, penalties, and a remark (the last of the names)."""
    table.add_column("place", justify="right")
    *who, time, remark = names
    for name in who:
        table.add_column(name)
    for name in (time, "gap", "penalties"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(remark)


def _losses(replay: Replay, day: Day) -> str:
    """What the day lost, the costliest first: "power steering 0:12:10, puncture 0:04:30"."""
    causes = replay.outcomes.causes
    if day.cause is not None:
        words = "retired" if day.retired else "not completed"
        return f"{cause_text(causes[day.cause], replay.plan)}: {words}"
    ordered = sorted(day.lost.items(), key=lambda item: (-item[1], item[0]))
    named = [(cause_text(causes[cause], replay.plan), round(lost)) for cause, lost in ordered if lost >= WORTH_NAMING_S]
    return ", ".join(f"{name} {duration_text(lost)}" for name, lost in named)


def _gap(seconds: int | None) -> str:
    return "" if not seconds else f"+{duration_text(seconds)}"


def _name(replay: Replay, stage: int) -> str:
    return replay.plan.stages[stage].name
