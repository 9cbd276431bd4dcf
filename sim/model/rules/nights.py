"""What is mended at night, in what order, and who lends what in the refuge."""

from __future__ import annotations

import numpy as np

from sim.model.arrays import BoolArray, IndexArray, IntArray, Whole


def fit_job(now: Whole, duration: Whole, deadline: Whole) -> tuple[IntArray, BoolArray]:
    """(end of work, done?) of a job that is done whole if it ends by the deadline (included), else skipped."""
    end = np.add(now, duration)
    done = np.less_equal(end, deadline)
    return np.where(done, end, now), np.asarray(done)


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
    pairs = [(car, mode) for car in range(needs.shape[0]) for mode in range(needs.shape[1])]
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
