"""What is mended at night, in what order, and who lends what in the refuge."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from sim.model.arrays import BoolArray, IndexArray, IntArray, Whole


@overload
def fit_job(now: int, duration: int, deadline: int) -> tuple[int, bool]: ...
@overload
def fit_job(now: IntArray, duration: Whole, deadline: Whole) -> tuple[IntArray, BoolArray]: ...
def fit_job(now: Any, duration: Any, deadline: Any) -> Any:
    """(end of work, done?) of a job that is done whole if it ends by the deadline (included), else skipped."""
    done = now + duration <= deadline
    return now + duration * done, done


def share_refuge_parts(needs: BoolArray, spares: IntArray) -> IndexArray:
    """Who gives the part for which damage in a refuge.

    Own parts go to own damage first, crews in the order of race numbers and then modes; then, in the same order, a
    part is borrowed from the team-mate that has most of it left, ties to the lower number.

    Args:
        needs: damage that needs a part, shape (K, M) or (K, M, n): cars of one team in the order of their numbers.
        spares: parts on board, same shape.

    Returns:
        Index of the giving car for each damage, -1 where there is no need or no part; same shape.
    """
    left = spares.copy()
    giver = np.full(needs.shape, -1, dtype=np.intp)
    pairs = np.argwhere(needs.any(axis=tuple(range(2, needs.ndim)))).tolist()
    for car, mode in pairs:
        own = needs[car, mode] & (left[car, mode] > 0)
        left[car, mode] -= own
        giver[car, mode] = np.where(own, car, -1)
    for car, mode in pairs:
        lender = left[:, mode].argmax(axis=0)
        borrows = needs[car, mode] & (giver[car, mode] < 0) & (left[:, mode].max(axis=0) > 0)
        left[:, mode] -= borrows & (np.arange(len(left)).reshape(-1, *[1] * (needs.ndim - 2)) == lender)
        giver[car, mode] = np.where(borrows, lender, giver[car, mode])
    return giver
