"""Sums over pairs: whole numbers that add up exactly, so that no digit depends on how a study is cut into blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays import BoolArray, IntArray
from sim.study.quantities import Observed


@dataclass(frozen=True)
class Moments:
    """One quantity in the pairs in which both rallies know it.

    Attributes:
        n: how many.
        base, variant: sums of its values.
        base_squares, variant_squares, products: sums of their squares and of their products.
    """

    n: int = 0
    base: int = 0
    variant: int = 0
    base_squares: int = 0
    variant_squares: int = 0
    products: int = 0

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.n + other.n,
            self.base + other.base,
            self.variant + other.variant,
            self.base_squares + other.base_squares,
            self.variant_squares + other.variant_squares,
            self.products + other.products,
        )

    @property
    def difference(self) -> int:
        """Sum of the differences, variant less base."""
        return self.variant - self.base

    @property
    def difference_squares(self) -> int:
        """Sum of their squares."""
        return self.base_squares + self.variant_squares - 2 * self.products

    @property
    def lost(self) -> int:
        """Of a quantity that is 0 or 1: pairs in which it is true of the base only."""
        return self.base - self.products

    @property
    def gained(self) -> int:
        """Of a quantity that is 0 or 1: pairs in which it is true of the variant only."""
        return self.variant - self.products

    @property
    def is_share(self) -> bool:
        """Was the quantity 0 or 1 in every rally? A whole number is if it is its own square."""
        return self.base == self.base_squares and self.variant == self.variant_squares

    @property
    def variance_gain(self) -> float | None:
        """Variance of the difference if the rallies were not paired, divided by the one they have.

        That is (Var(base) + Var(variant)) / Var(variant - base), as measured: how many times as many rallies two
        studies with luck of their own would need for an interval as narrow. None where no difference varies.
        """
        apart = self._spread(self.base_squares, self.base) + self._spread(self.variant_squares, self.variant)
        paired = self._spread(self.difference_squares, self.difference)
        return apart / paired if paired else None

    def _spread(self, squares: int, total: int) -> int:
        """N squared times the variance: in whole numbers nothing cancels."""
        return self.n * squares - total**2


def moments(base: Observed, variant: Observed) -> tuple[Moments, ...]:
    """Sums over n pairs, one for each of the Q quantities; the sums of a block are exact in 64 bits."""
    known: BoolArray = base.known & variant.known
    a, b = np.where(known, base.values, 0), np.where(known, variant.values, 0)
    sums = (known.astype(np.int64), a, b, a * a, b * b, a * b)
    return tuple(Moments(*row) for row in np.stack([_column_sums(part) for part in sums], axis=1).tolist())


@dataclass(frozen=True)
class Change:
    """Sum over n pairs of what changed from base to variant, and of its squares."""

    total: int = 0
    squares: int = 0

    def __add__(self, other: Change) -> Change:
        return Change(self.total + other.total, self.squares + other.squares)


def changes(values: IntArray) -> tuple[Change, ...]:
    """Sums of each column of what changed in n pairs, shape (n, k)."""
    both = np.stack([_column_sums(values), _column_sums(values * values)], axis=1)
    return tuple(Change(*row) for row in both.tolist())


def _column_sums(values: IntArray) -> IntArray:
    return np.asarray(values.sum(axis=0, dtype=np.int64))
