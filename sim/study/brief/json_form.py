"""The brief as plain JSON types: "rally-brief/1"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from sim.study.brief.evening import Brief
from sim.study.estimates import Estimate
from sim.study.record import Record

SCHEMA = "rally-brief/1"


def brief_json(brief: Brief, record: Record) -> dict[str, Any]:
    """The documented form: the parts of the brief with the names of their attributes."""
    plan = brief.plan
    return {
        "schema": SCHEMA,
        "record": record.as_json(),
        "after_stage": plan.state.after_stage if plan.state else "",
        "stage": plan.stages[plan.first_stage].name,
        "note": brief.note,
        **{name: _plain(getattr(brief, name)) for name in ("cars", "night", "jobs", "spares", "parts")},
    }


def _plain(value: object) -> Any:
    if isinstance(value, Estimate):
        return value.as_json()
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
