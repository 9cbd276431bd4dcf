"""From times to results: attributed times, penalties, start lists, orders, ranks and statuses."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sim.model.arrays import BoolArray, FloatArray, IndexArray, IntArray, Truth, Whole
from sim.model.spec import PaceRule
from sim.model.units import MINUTE_S

NOT_RANKED = np.iinfo(np.int64).max // 4
"""Stands for the time of a crew that has none, behind every time there can be."""


class Status(IntEnum):
    """How the rally ended for a crew."""

    FINISHED = 0
    """Every special completed."""
    REJOINED = 1
    """Classified, with at least one special not completed."""
    RETIRED = 2


def attributed_s(allowed_s: Whole, lost_s: Whole, *, plus_lost: bool) -> IntArray:
    """Seconds of a special that was not completed: its time allowed or, `plus_lost`, the time that was lost."""
    return np.asarray(lost_s if plus_lost else allowed_s, dtype=np.int64)


def lateness_s(ready: Whole, departure: Whole) -> IntArray:
    """Seconds by which a car leaves the bivouac late, and so starts late."""
    return np.maximum(ready - departure, 0)


def in_time(elapsed_s: Whole, allowed_s: Whole) -> BoolArray:
    """Was the special completed within its time allowed (included)?"""
    return np.asarray(elapsed_s <= allowed_s)


def excluded(uncompleted: Whole, jokers: int) -> BoolArray:
    """Is a crew with so many uncompleted specials out of jokers?"""
    return np.asarray(uncompleted > jokers)


def stage_order(seconds: Whole, sporting_s: Whole, completed: Truth) -> IndexArray:
    """Crews (last axis) in the order of a stage's result.

    Completed specials by time plus sporting penalties, then the others; ties and the others by race number, which is
    the order of the crews.
    """
    return np.argsort(np.where(completed, np.add(seconds, sporting_s), NOT_RANKED), axis=-1, kind="stable")


def stage_positions(seconds: Whole, sporting_s: Whole, completed: Truth) -> IntArray:
    """Place on the stage, from 1; 0 for crews that did not complete it."""
    order = stage_order(seconds, sporting_s, completed)
    return np.where(completed, np.argsort(order, axis=-1) + 1, 0)


def standings(totals: Whole, ranked: Truth) -> IntArray:
    """Rank by total among the crews that are ranked, from 1, ties to the lower race number; 0 for the others."""
    order = np.argsort(np.where(ranked, totals, NOT_RANKED), axis=-1, kind="stable")
    return np.where(ranked, np.argsort(order, axis=-1) + 1, 0)


def lead_s(totals: IntArray, ranked: BoolArray) -> IntArray:
    """Seconds by which each crew (last axis) leads the class: 0 for all but the leader.

    The leader of a class of one leads by more than any number of minutes.
    """
    shown = np.where(ranked, totals, NOT_RANKED)
    ordered = np.sort(shown, axis=-1)
    second = ordered[..., 1:2] if shown.shape[-1] > 1 else np.full_like(ordered[..., :1], NOT_RANKED)
    return np.where(standings(totals, ranked) == 1, second - shown, np.int64(0))


def behind_s(totals: IntArray, ranked: BoolArray) -> IntArray:
    """Seconds by which each ranked crew (last axis) is behind the leader."""
    shown = np.where(ranked, totals, NOT_RANKED)
    return np.asarray(shown - shown.min(axis=-1, keepdims=True))


def pace_order(
    fixed: float, rules: tuple[tuple[PaceRule, int], ...], stage: int, lead: Whole, behind: Whole
) -> FloatArray:
    """The pace order in force: the first rule that holds this morning, else the fixed order of the stage."""
    order = np.full(np.shape(lead), fixed)
    decided = np.zeros(np.shape(lead), dtype=np.bool_)
    for rule, first_stage in rules:
        holds = np.full(np.shape(lead), stage >= first_stage)
        if rule.leads_by_min is not None:
            holds &= np.greater(lead, rule.leads_by_min * MINUTE_S)
        if rule.behind_by_min is not None:
            holds &= np.greater(behind, rule.behind_by_min * MINUTE_S)
        order = np.where(holds & ~decided, rule.pace, order)
        decided |= holds
    return order


def final_status(uncompleted: Whole, retired: Truth) -> npt.NDArray[np.int8]:
    """Status of a crew at the end from its number of uncompleted specials and whether it is out."""
    status = np.where(np.greater(uncompleted, 0), Status.REJOINED, Status.FINISHED)
    return np.where(retired, Status.RETIRED, status).astype(np.int8)
