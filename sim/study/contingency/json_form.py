"""The card as plain JSON types: "rally-contingency/1"."""

from __future__ import annotations

from typing import Any

from sim.study.contingency.card import Card, Cell, ModeRow, Option, Verdict
from sim.study.contingency.penalty import Penalty
from sim.study.contingency.timetable import Timetable, Zone
from sim.study.estimates import Estimate
from sim.study.record import Record

SCHEMA = "rally-contingency/1"


def card_json(card: Card, record: Record) -> dict[str, Any]:
    """The documented form."""
    situation = card.situation
    return {
        "schema": SCHEMA,
        "record": record.as_json(),
        "stage": situation.stage.name,
        "car": situation.crew.car,
        "penalty": _penalty(card.penalty),
        "zones": [_zone(situation.times, card.penalty, zone) for zone in card.zones],
        "without": _option(card.base),
        "modes": [_mode(row) for row in card.modes],
    }


def _penalty(penalty: Penalty) -> dict[str, Any]:
    times, morrow = penalty.times, penalty.tomorrow
    return {
        "start_s": times.start,
        "clean_s": penalty.clean_s,
        "allowed_s": times.stage.allowed_s,
        "fixed_s": penalty.fixed_s,
        "closes_s": times.close,
        "recovery_s": penalty.recovery_s,
        "next_departure_s": morrow.departure if morrow else None,
        "no_start_cost_s": penalty.no_start_cost_s() if morrow else None,
    }


def _zone(times: Timetable, penalty: Penalty, zone: Zone) -> dict[str, Any]:
    at = times.at(zone.km)
    return {
        "from_km": zone.from_km,
        "to_km": zone.to_km,
        "km": zone.km,
        "home": zone.home,
        "at_s": at,
        "truck_s": times.truck_at(zone.km),
        "withdrawn_s": penalty.cost_s(at),
    }


def _mode(row: ModeRow) -> dict[str, Any]:
    return {
        "mode": row.name,
        "spoils": row.share.as_json(),
        "mean_lost_s": row.lost_s.as_json(),
        "crew_can": row.chance_alone,
        "cells": [_cell(cell) for cell in row.cells],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "actions": [_option(option) for option in cell.options],
        "cannot": dict(cell.why_not),
        "best": _verdict(cell.verdict),
        "otherwise": _verdict(cell.otherwise) if cell.otherwise else None,
        "last_minute_s": cell.last_minute_s,
        "worth_waiting_s": cell.worth_waiting_s,
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "action": option.action,
        "completed": option.completed.as_json(),
        "classified": option.classified.as_json(),
        "win": option.win.as_json(),
        "minutes": _json(option.minutes),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "best": verdict.best,
        "next": verdict.next,
        "minutes": _json(verdict.minutes),
        "classified": _json(verdict.classified),
        "apart": verdict.apart,
    }


def _json(estimate: Estimate | None) -> dict[str, float | None] | None:
    return None if estimate is None else estimate.as_json()
