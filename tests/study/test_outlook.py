"""The odds of evening after evening: which of them moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sim.study.outlook import moved


def outlook(*wins: float) -> Any:
    """An evening with these chances to win."""
    crews = [SimpleNamespace(win=SimpleNamespace(value=win)) for win in wins]
    return SimpleNamespace(odds=SimpleNamespace(crews=crews))


def test_an_evening_has_moved_if_some_chance_to_win_went_up_or_down_by_eight_points() -> None:
    evenings = [outlook(0.5, 0.5, 0), outlook(0.57, 0.43, 0), outlook(0.57, 0.34, 0.09), outlook(0.62, 0.34, 0.04)]
    assert moved(evenings) == [False, False, True, False]
    assert moved(evenings[:1]) == [False]
