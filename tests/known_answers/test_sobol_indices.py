"""K14: the variance-based indices of the Ishigami function, which are known in closed form.

f(x) = sin x1 + 7 sin(x2)**2 + 0.1 x3**4 sin x1 on [-pi, pi]**3: T. Ishigami and T. Homma, "An importance quantification
technique in uncertainty analysis for computer models", Proc. 1st Int. Symp. Uncertainty Modeling and Analysis (1990).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.model.arrays import FloatArray
from sim.study.sensitivity.sobol import Indices, indices

FIRST = (0.31391, 0.44241, 0.0)
TOTAL = (0.55759, 0.44241, 0.24368)


def ishigami(points: FloatArray) -> FloatArray:
    x1, x2, x3 = points.T
    return np.asarray(np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1))


def found(points: int, seed: int, function: Callable[[FloatArray], FloatArray] = ishigami) -> tuple[Indices, ...]:
    known = indices(function, np.full(3, -np.pi), np.full(3, np.pi), points, seed)
    assert known is not None
    return known


def test_the_indices_of_the_ishigami_function_come_out() -> None:
    known = found(2**14, seed=14)
    assert [index.first.value for index in known] == pytest.approx(FIRST, abs=0.01)
    assert [index.total.value for index in known] == pytest.approx(TOTAL, abs=0.01)


def test_the_intervals_hold_them_with_few_points() -> None:
    inside = [
        estimate.low <= truth <= estimate.high
        for seed in range(10)
        for index, first, total in zip(found(2**7, seed), FIRST, TOTAL, strict=True)
        for estimate, truth in ((index.first, first), (index.total, total))
    ]
    assert sum(inside) >= 0.9 * len(inside)


def test_a_function_without_the_interaction_is_found_out() -> None:
    without = found(2**14, 14, lambda points: np.asarray(np.sin(points[:, 0]) + 7 * np.sin(points[:, 1]) ** 2))
    assert without[0].total.high < TOTAL[0]
    assert without[2].total.value == 0.0


def test_a_function_that_never_varies_has_no_indices() -> None:
    assert indices(lambda points: np.ones(len(points)), np.zeros(2), np.ones(2), 8, seed=1) is None
