"""A reference space made ready for scoring once, whatever is partitioned in it.

`Prepared` has everything that no partition changes (centred coordinates, canonical order, and what
metrics `keep` there); it computes on first use and keeps the answer.

Coordinates are centred, so that a constant added to the data costs no digits, and divided by a
power of two near their spread (`unit`), so that squares neither overflow nor vanish and scaling the
data changes no digit either. Distances here are in that unit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np

from segbench.contracts import Floats, Reference, Rows
from segbench.errors import Undefined
from segbench.metric.kernels.distances import EUCLIDEAN, GAPS, GOWER, Points

T = TypeVar("T")
EXACT, EXACT_GOWER = 200_000, 50_000
"""Customers up to which a score takes every pair of them; above, some seconds become minutes."""


class Canonical(NamedTuple):
    """The customers in an order that only their values decide, so that ties are always cut alike.

    Columns are counted from their least value, and not from the mean: neither the order of the
    table nor a constant added to it changes a digit, and customers that are equally far stay so.

    Attributes:
        points: for the kernels, sorted by coordinates, the column with most values first.
        rows: (n,) where each stands in the table; equal customers in the order of the table.
        lead: the column of `points` that they are sorted by first, -1 where it is a category.
        unit: what distances between them must be multiplied by to be in the reference's own units.

    """

    points: Points
    rows: Rows
    lead: int
    unit: float


class Prepared:
    """A reference space ready for scoring.

    Attributes:
        reference: n customers.
        threads: how many work at a time; no value depends on it.
        gower: whether distances are Gower's (then there are no centroids).
        exact: customers up to which scores take every pair of them.
        single: whether float32 distances may be used where their error is bounded.

    """

    def __init__(
        self, reference: Reference, threads: int = 1, exact: int | None = None, single: bool = True
    ) -> None:
        self.reference, self.threads = reference, threads
        self.gower = reference.kind == "gower"
        self.exact = (EXACT_GOWER if self.gower else EXACT) if exact is None else exact
        self.single = single
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.reference)

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made once.

        There is no lock: `make` may start threads that need other things of this space. Two that
        come at once make the same thing twice.
        """
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @property
    def X(self) -> Floats:
        """(n, d) coordinates, centred and in units of `unit`.

        Raises:
            Undefined: Gower space has no centroids; a value is missing or infinite.

        """
        if self.gower:
            raise Undefined("needs centroids, which Gower distance does not have")
        return self.keep("X", self._centred)[0]

    @property
    def unit(self) -> float:
        """What distances here must be multiplied by to be in the reference's own units."""
        return 1.0 if self.gower else self.keep("X", self._centred)[1]

    def in_own_units(self, value: float, power: int = 1) -> float:
        """A distance, or a power of one, in the reference's own units.

        Raises:
            Undefined: it would be too small to be told from 0.

        """
        scaled = value
        for _ in range(power):
            scaled *= self.unit
        if value and abs(scaled) < np.finfo(np.float64).tiny:
            raise Undefined("too small for a floating-point number")
        return scaled

    def _centred(self) -> tuple[Floats, float]:
        X = self.reference.X
        if not np.isfinite(X).all():
            row, column = np.argwhere(~np.isfinite(X))[0]
            raise Undefined(f"row {row}, column {column} is {X[row, column]}, no finite number")
        size = _power_of_two(np.abs(X).max(initial=0.0))  # the mean of large values could overflow
        X = X / size
        X = X - X.mean(axis=0)
        spread = _power_of_two(np.abs(X).max(initial=0.0)) if len(X) else 1.0
        X = X / spread
        X = X - X.mean(axis=0)  # once more: the first mean was rounded at the size of an offset
        inner = _power_of_two(float(np.sqrt((X**2).mean()))) if X.size else 1.0
        return np.ascontiguousarray(X / inner), size * spread * inner

    @property
    def points(self) -> Points:
        """The customers for the kernels, in the order of the table."""
        return self.keep("points", self._gower_points if self.gower else self._euclidean_points)

    def _euclidean_points(self) -> Points:
        X = self.X
        padding = -X.shape[1] % 4 if X.shape[1] else 4
        rows = np.ascontiguousarray(np.hstack([X, np.zeros((len(X), padding))]))
        codes = np.empty((0, len(X)), dtype=np.int32)
        return Points(np.ascontiguousarray(rows.T), rows, codes, EUCLIDEAN)

    def _gower_points(self) -> Points:
        X, C = self.reference.X, self.reference.C
        if np.isinf(X).any():
            raise Undefined("an infinite value")
        ranges = self.reference.ranges
        spread = ranges > 0  # a column without spread counts as one on which all customers agree
        low = np.nanmin(X, axis=0, initial=np.inf)
        scaled = (X - np.where(np.isfinite(low), low, 0.0)) / np.where(spread, ranges, 1.0)
        rows = np.ascontiguousarray(np.where(spread, scaled, X * 0.0))
        kind = GAPS if np.isnan(X).any() or (C < 0).any() else GOWER
        return Points(np.ascontiguousarray(rows.T), rows, np.ascontiguousarray(C.T), kind)

    @property
    def canonical(self) -> Canonical:
        """The customers in canonical order."""
        return self.keep("canonical", self._canonical)

    def _canonical(self) -> Canonical:
        if self.gower:
            points, unit = self.points, 1.0
        else:
            points, unit = self._from_the_least()
        keys = [*points.columns, *points.codes]
        order = np.argsort([-len(np.unique(key)) for key in keys], kind="stable")
        rows = np.lexsort([keys[i] for i in order[::-1]])
        lead = int(order[0]) if order[0] < len(points.columns) else -1
        return Canonical(points.take(rows), rows, lead, unit)

    def _from_the_least(self) -> tuple[Points, float]:
        size = _power_of_two(np.abs(self.reference.X).max(initial=0.0))
        rows = np.zeros_like(self.points.rows)  # which raises where a value is not finite
        rows[:, : self.reference.X.shape[1]] = self.reference.X / size
        rows -= rows.min(axis=0)
        spread = _power_of_two(rows.max(initial=0.0))
        rows /= spread
        return self.points._replace(columns=rows.T, rows=rows), size * spread

    @cached_property
    def rounding(self) -> float:
        """A sum of squared coordinates below this is rounding, not spread."""
        X = self.X
        return float((X**2).sum()) * np.finfo(np.float64).eps ** 2 * len(X)

    @cached_property
    def constant(self) -> bool:
        """Whether all customers coincide.

        Raises:
            Undefined: a value is infinite, or missing where distances cannot leave it out.

        """
        if not self.gower:
            return not (self.X.any() and np.ptp(self.reference.X, axis=0).any())
        rows, codes = self.points.rows, self.points.codes.T
        low, high = np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)
        if (high > low).any() or ((codes >= 0) & (codes != codes.max(axis=0, initial=-1))).any():
            return False
        # Customers that share no column are apart, whatever they have.
        known = np.unique(np.hstack([~np.isnan(rows), codes >= 0]), axis=0).astype(np.float64)
        return not (known @ known.T == 0).any()


def _power_of_two(x: float) -> float:
    """The power of two at or below x, 1 for 0: dividing by it loses no digit."""
    return float(2.0 ** (np.frexp(x)[1] - 1)) if x else 1.0
