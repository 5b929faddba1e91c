"""A partition of a prepared space, and what several indices need of it, made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any

import numpy as np

from segbench.contracts import Floats, Ints, Rows
from segbench.errors import Undefined
from segbench.metric.estimate import stratified_sample
from segbench.metric.kernels.distances import GOWER, Points
from segbench.metric.prepared import Prepared, T


class Labelled:
    """A partition of a prepared space: labels (n,) int32 in 0..k-1, every segment used."""

    def __init__(self, space: Prepared, labels: Ints, k: int) -> None:
        self.space, self.labels, self.k = space, labels, k
        self.threads = space.threads
        self._kept: dict[Hashable, Any] = {}

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def estimated(self) -> bool:
        """Whether scores over all pairs are estimated from a sample of the customers."""
        return len(self) > self.space.exact

    @property
    def means_estimated(self) -> bool:
        """Whether mean distances are: under Gower, without gaps, they need no pairs."""
        return self.estimated and self.space.points.kind != GOWER

    def need_every_pair(self) -> None:
        """Refuse a table of which only an estimate could be made.

        Raises:
            Undefined: the table is too large.

        """
        if self.estimated:
            raise Undefined(f"too large: {len(self):,} customers, exact up to {self.space.exact:,}")

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made once for this partition."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @cached_property
    def sizes(self) -> Floats:
        """(k,) customers per segment."""
        return np.bincount(self.labels, minlength=self.k).astype(np.float64)

    @cached_property
    def order(self) -> Rows:
        """(n,) customers by segment, within a segment in the order of the table."""
        return np.argsort(self.labels, kind="stable")

    @cached_property
    def position(self) -> Rows:
        """(n,) where each customer stands in `order`."""
        position = np.empty(len(self), dtype=np.intp)
        position[self.order] = np.arange(len(self))
        return position

    @cached_property
    def sample(self) -> Rows:
        """Customers that an estimate is made from."""
        return stratified_sample(self.labels, self.k)

    @cached_property
    def starts(self) -> Rows:
        """(k + 1,) where each segment begins in `order`."""
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.intp)

    @cached_property
    def points(self) -> Points:
        """The customers for the kernels, by segment."""
        return self.space.points.take(self.order)

    @cached_property
    def centroids(self) -> Floats:
        """(k, d) means."""
        sums = [np.bincount(self.labels, weights=x, minlength=self.k) for x in self.space.X.T]
        return np.ascontiguousarray((np.array(sums) / self.sizes).T)

    @cached_property
    def to_centroid(self) -> Floats:
        """(n,) distance to the own centroid."""
        return np.sqrt(((self.space.X - self.centroids[self.labels]) ** 2).sum(axis=1))

    @cached_property
    def between_centroids(self) -> Floats:
        """(k, k) distances of centroids.

        Raises:
            Undefined: two segments have the same centroid.

        """
        c = self.centroids
        apart = np.sqrt(((c[:, None, :] - c[None, :, :]) ** 2).sum(axis=2))
        if not apart[~np.eye(self.k, dtype=bool)].min(initial=np.inf) ** 2 > self.space.rounding:
            raise Undefined("two segments have the same centroid")
        return apart

    @cached_property
    def scatter(self) -> Floats:
        """(k,) sum of squared distances to the own centroid, 0 where it is but rounding."""
        sums = np.bincount(self.labels, weights=self.to_centroid**2, minlength=self.k)
        return np.where(sums > self.space.rounding, sums, 0.0)
