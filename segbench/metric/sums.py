"""Mean distances from customers to segments: to their own, and to the nearest other one.

In Euclidean space most segments need not be looked at to find the nearest one. The mean distance
E|x - Y| from x to a segment Y lies between

    |x - E Y|                         (Jensen)
    E[|x - Y|^2]^1.5 / E[|x - Y|^4]^0.5   (Hölder)        and        E[|x - Y|^2]^0.5,

all of which follow from the segment's first four moments in O(d^2). A segment is passed over when
its lower bound, less a margin for rounding, is above what was found, so the answer is exact.
Within a segment each pair is worked out once. Memory is O(n k).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Rows
from segbench.metric.gower import gower_sums
from segbench.metric.kernels import (
    FAST,
    TILE,
    Points,
    blocks,
    each,
    sums_to_range,
    tile_sums,
)
from segbench.metric.prepared import Labelled, Prepared

WORTH_THREADS = 500_000
ROWS, MOST = 256, 32
"""Rows worked on at a time, and blocks that a segment is cut into at most (memory is n times that).
"""
MARGIN = 1e-9
"""Share of a lower bound that rounding could have added to it: many times more than it can."""


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
        sums[by_segment] = _sums_to(
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


def sums_within(points: Points, starts: Rows, threads: int) -> Floats:
    """(n,) sum of the Euclidean distances to the own segment, for points in order of segment.

    Each pair of blocks of a segment is one tile, whose sums by row and by column are kept apart
    (one line per block) and added up in order at the end.
    """
    lines = max((len(_cuts(a, b)) for a, b in pairwise(starts.tolist())), default=0)
    parts = np.zeros((lines, len(points.rows)))
    tasks = []
    for first, last in pairwise(starts.tolist()):
        own = _cuts(first, last)
        tasks += [(own, i, j) for j in range(len(own)) for i in range(j + 1)]

    def tile(task: tuple[list[tuple[int, int]], int, int]) -> None:
        own, i, j = task
        (a, b), (c, d) = own[i], own[j]
        across = np.zeros(d - c)
        tile_sums(points.columns, points.rows, a, b, c, d, parts[j, a:b], across)
        parts[i, c:d] += across

    each(tile, tasks, threads)
    return parts.sum(axis=0)


def _cuts(first: int, last: int) -> list[tuple[int, int]]:
    """Blocks of first..last: short ones for the cache, longer where there would be too many."""
    size = max(TILE, -(-(last - first) // MOST))
    return [(first + a, first + b) for a, b in blocks(last - first, size)]


def nearest_segment(
    points: Points, starts: Rows, rows: Rows, own: Ints | Rows, threads: int, single: bool = False
) -> tuple[Floats, Rows]:
    """Smallest mean Euclidean distance to a segment other than `own`, and which segment that is.

    Args:
        points: customers in order of segment; those before starts[0] belong to none.
        starts: (k + 1,) where each segment begins.
        rows: (m,) positions among `points` to answer for.
        own: (m,) the segment that does not count, -1 for none.
        threads: how many work at a time.
        single: distances in float32; the bounds are float64 all the same.

    Returns:
        (m,) mean distances, inf where there is no other segment; (m,) segments, -1 there.

    """
    low = lower_bounds(points, starts, rows, own, threads)
    points = points.single() if single else points
    best, which = np.full(len(rows), np.inf), np.full(len(rows), -1)
    active = np.arange(len(rows))
    sizes = np.diff(starts)
    while True:
        asked = np.empty(len(active), dtype=np.intp)
        _choose(low, active, best, asked)
        active, asked = active[asked >= 0], asked[asked >= 0]
        if not len(active):
            return best, which
        order = np.argsort(asked, kind="stable")
        active, asked = active[order], asked[order]
        means = _sums_to(points, starts, rows[active], asked, threads) / sizes[asked]
        # Equal means may differ by rounding: the first segment has them.
        tied = np.isclose(means, best[active], rtol=MARGIN, atol=0.0)
        take = np.where(tied, asked < which[active], means < best[active])
        which[active[take]] = asked[take]
        best[active] = np.minimum(best[active], means)


def _sums_to(points: Points, starts: Rows, rows: Rows, asked: Rows, threads: int) -> Floats:
    """(m,) sum of distances from each row to the segment it asks for (`asked` ascending)."""
    out = np.empty(len(rows))
    cuts = np.searchsorted(asked, np.arange(len(starts)))
    tasks = [
        (segment, first + cuts[segment], last + cuts[segment])
        for segment in range(len(starts) - 1)
        for first, last in blocks(cuts[segment + 1] - cuts[segment], ROWS)
    ]

    def run(task: tuple[int, int, int]) -> None:
        segment, first, last = task
        sums_to_range(points.columns, points.rows, rows, first, last,
                      starts[segment], starts[segment + 1], out)  # fmt: skip

    # A pool of threads costs more than it saves on less than some hundred thousand distances.
    pairs = len(rows) * len(points.rows) / (len(starts) - 1)
    each(run, tasks, threads if pairs > WORTH_THREADS else 1)
    return out


@njit(**FAST)
def _choose(low, active, best, asked):  # type: ignore[no-untyped-def]
    """The segment that each row asks for next, the one of the least bound; -1 where none can win.

    Its bound becomes inf, so that no row asks for a segment twice.
    """
    for q in range(len(active)):
        i, least, segment = active[q], np.inf, -1
        for c in range(low.shape[1]):
            if low[i, c] < least:
                least, segment = low[i, c], c
        if segment >= 0 and least * (1 - MARGIN) > best[i]:
            segment = -1
        if segment >= 0:
            low[i, segment] = np.inf
        asked[q] = segment


def lower_bounds(
    points: Points, starts: Rows, rows: Rows, own: Ints | Rows, threads: int
) -> Floats:
    """(m, k) lower bounds of the mean distance; inf where the segment is out of the question."""
    moments: list[Any] = [None] * (len(starts) - 1)

    def measure(segment: int) -> None:
        moments[segment] = _moments(points.rows[starts[segment] : starts[segment + 1]])

    each(measure, range(len(moments)), threads)
    centre, spread, third, second, fourth = (
        np.ascontiguousarray(m) for m in zip(*moments, strict=True)
    )
    out = np.full((len(rows), len(starts) - 1), np.inf)

    def run(block: tuple[int, int]) -> None:
        _bounds(points.rows, rows, own, centre, spread, third, second, fourth, *block, out)

    each(run, blocks(len(rows), ROWS), threads)
    return out


def _moments(Y: Floats) -> tuple[Floats, Floats, Floats, float, float]:
    """Mean, covariance, E[r z], E[r] and E[r^2] of a segment; z = Y - mean, r = |z|^2."""
    centre = Y.mean(axis=0)
    z = Y - centre
    r = (z**2).sum(axis=1)
    return centre, z.T @ z / len(Y), r @ z / len(Y), float(r.mean()), float((r**2).mean())


@njit(**FAST)
def _bounds(  # type: ignore[no-untyped-def]
    points, rows, own, centre, spread, third, second, fourth, first, last, out
):
    k, d = centre.shape
    far, step = np.empty(k), np.empty(d)
    for q in range(first, last):
        x = points[rows[q]]
        limit = np.inf
        for c in range(k):
            far[c] = 0.0
            for f in range(d):
                far[c] += (x[f] - centre[c, f]) ** 2
            if c != own[q]:
                limit = min(limit, np.sqrt(far[c] + second[c]))
        for c in range(k):
            if c == own[q] or np.sqrt(far[c]) * (1.0 - 1e-9) > limit:
                continue
            for f in range(d):
                step[f] = x[f] - centre[c, f]
            quadratic, linear = 0.0, 0.0
            for f in range(d):
                row = 0.0
                for g in range(d):
                    row += spread[c, f, g] * step[g]
                quadratic += step[f] * row
                linear += step[f] * third[c, f]
            square = far[c] + second[c]
            power = far[c] ** 2 + fourth[c] + 4 * quadratic + 2 * far[c] * second[c] - 4 * linear
            # E[X^4] is at least E[X^2]^2, whatever rounding says.
            bound = square**1.5 / np.sqrt(max(power, square * square)) if square > 0 else 0.0
            out[q, c] = max(bound, np.sqrt(far[c]))
