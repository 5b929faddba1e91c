"""Mean distances from customers to segments: to their own, and to the nearest other one.

Within a segment each pair is worked out once. Memory is O(n k).
"""

from __future__ import annotations

import numpy as np

from segbench.contracts import Floats, Ints, Rows
from segbench.metric.kernels.distances import MARGIN, Points
from segbench.metric.kernels.gower import gower_sums
from segbench.metric.kernels.nearest_segment import nearest_segment
from segbench.metric.kernels.sums import sums_to, sums_within
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared


def own_means(part: Labelled, rows: Rows | None = None, *, single: bool = False) -> Floats:
    """Mean distance to the other customers of the own segment, 0 in a segment of one.

    Args:
        part: of n customers.
        rows: the customers to answer for, all of them (n,) by default.
        single: Euclidean distances in float32 (the sums are float64 all the same).

    """
    if rows is None:
        every = np.arange(len(part))
        return part.keep(("own_means", single), lambda: _own_means(part, every, single))
    return _own_means(part, rows, single)


def nearest_means(part: Labelled, rows: Rows | None = None, *, single: bool = False) -> Floats:
    """Smallest mean distance to another segment, for all customers (n,) or some of them."""
    if rows is None:
        every = np.arange(len(part))
        return part.keep(("nearest_means", single), lambda: _nearest_means(part, every, single))
    return _nearest_means(part, rows, single)


def join_noise(space: Prepared, labels: Ints, k: int) -> Ints:
    """Give each noise customer (-1) the segment of the smallest mean distance, the first if equal.

    Internal indices are scored on the result, so that leaving customers out flatters no one.
    """
    noise = np.flatnonzero(labels < 0)
    if not len(noise) or not k:
        return labels
    if space.gower:
        sums = gower_sums(space.points, labels, k, space.threads, noise)
        means = sums / np.bincount(labels[labels >= 0], minlength=k)
        least = means.min(axis=1, keepdims=True)
        nearest = np.argmax(means <= least * (1 + MARGIN), axis=1)  # of equal ones the first
    else:
        order = np.argsort(labels, kind="stable")  # noise first
        points = space.points.take(order)
        starts = np.searchsorted(labels[order], np.arange(k + 1))
        rows, own = np.arange(len(noise)), np.full(len(noise), -1)
        _, nearest = nearest_segment(points, starts, rows, own, space.threads)
    joined = labels.copy()
    joined[noise] = nearest
    return joined


def _own_means(part: Labelled, rows: Rows, single: bool) -> Floats:
    own = part.labels[rows].astype(np.intp)
    if part.space.gower:
        sums = _gower(part, rows)[np.arange(len(rows)), own]
    elif len(rows) == len(part):
        sums = np.empty(len(part))
        sums[part.order] = sums_within(_points(part, single), part.starts, part.threads)
    else:
        by_segment = np.argsort(own, kind="stable")
        asked = part.position[rows[by_segment]]
        sums = np.empty(len(rows))
        sums[by_segment] = sums_to(
            _points(part, single), part.starts, asked, own[by_segment], part.threads
        )
    return np.asarray(sums / np.maximum(part.sizes[own] - 1, 1))


def _nearest_means(part: Labelled, rows: Rows, single: bool) -> Floats:
    own = part.labels[rows]
    if part.space.gower:
        means = _gower(part, rows) / part.sizes
        means[np.arange(len(rows)), own] = np.inf
        return np.asarray(means.min(axis=1))
    # In order of segment, so that rows that ask for the same segments stand together.
    by_segment = np.argsort(own, kind="stable")
    asked, own = part.position[rows[by_segment]], own[by_segment]
    out = np.empty(len(rows))
    out[by_segment], _ = nearest_segment(part.points, part.starts, asked, own, part.threads, single)
    return out


def _points(part: Labelled, single: bool) -> Points:
    return part.points.single() if single else part.points


def _gower(part: Labelled, rows: Rows) -> Floats:
    """(len(rows), k) sums of Gower distances to every segment."""

    def make() -> Floats:
        return gower_sums(part.space.points, part.labels, part.k, part.threads, rows)

    return part.keep("gower_sums", make) if len(rows) == len(part) else make()
