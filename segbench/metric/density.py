"""DBCV: density-based clustering validation (Moulavi et al. 2014, SIAM SDM, 839-847).

In a segment of m customers the core distance of x is (mean over the others y of d(x, y)^-D)^(-1/D),
D the number of columns, and the mutual reachability distance of x and y is max(core x, core y,
d(x, y)). Internal customers have two edges or more in the segment's minimum spanning tree of these
distances. Its sparseness is the longest edge between internal customers, its separation from
another segment the smallest max(core x, core y, d(x, y)) between internal customers of the two. Its
validity is (separation from the nearest - sparseness) / max of both, and DBCV is the mean of that
over the customers.

What the paper leaves open is decided as follows.

- A segment of one is noise, as in its authors' program: validity 0, and nothing need be separated
  from it.
- Where no edge joins internal customers all edges count, and where no customer is internal (a
  segment of two) all do, as there.
- Equal edges, of which there are many (every neighbour within the core distance of x that is denser
  is at the same mutual reachability distance), are taken by distance, then in an order that only
  the customers' values decide; hdbscan's `validity_index` takes them by row.
- At distance 0 from another the core distance is 0, which is its limit; hdbscan leaves zeros out.
- A segment that is not separated at all has validity -1, be it of a single point.
- In Gower space D is the number of all columns.

Time is O(sum of the squares of segment sizes) and what the search for separations needs, at most
O(n^2); memory is O(n). No value depends on the order of the table or on the number of threads.
"""

from __future__ import annotations

from itertools import pairwise
from math import fsum
from threading import Lock

import numpy as np
from numba import njit

from segbench.contracts import Floats, Rows
from segbench.errors import Undefined
from segbench.metric.kernels.distances import (
    CHUNK,
    EUCLIDEAN,
    FAST,
    MARGIN,
    Points,
    blocks,
    distances,
    each,
)
from segbench.metric.kernels.spanning_tree import spanning_tree
from segbench.metric.labelled import Labelled
from segbench.metric.registry import internal, plain

ROWS = 128
"""Rows that a thread works on at a time."""


@internal(
    "dbcv", maximize=True, low=-1.0, high=1.0, gower=True, cost="n^2",
    formula="mean over customers of (separation - sparseness) / max(separation, sparseness) of "
    "their segment, in minimum spanning trees of mutual reachability distances",
    paper="Moulavi, Jaskowiak, Campello, Zimek & Sander (2014), SIAM SDM, 839-847",
    undefined="fewer than 2 or n segments; fewer than 2 with 2 customers; all customers coincide; "
    "too many customers for every pair",
)  # fmt: skip
def dbcv(part: Labelled) -> float:
    """Density-based validity: -1 to 1, higher is better; for segments of any shape.

    Undefined for fewer than 2 segments of at least 2 customers, for a segment per customer, where
    all coincide, and for more customers than every pair is taken of.

    >>> round(dbcv_score([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]], [0, 0, 0, 1, 1, 1]), 4)
    0.8667

    """
    part.need_every_pair()
    points, starts = _by_segment(part)
    if len(starts) < 3:
        raise Undefined("needs 2 segments of at least 2 customers")
    columns = len(part.space.reference.columns)
    cores = core_distances(points, starts, columns, part.threads)
    inner, sparse = spanning_trees(points, starts, cores, part.threads)
    apart = separations(points, starts, cores, inner, part.threads)
    largest = np.maximum(apart, sparse)
    validity = np.divide(apart - sparse, largest, out=np.full(len(apart), -1.0), where=largest > 0)
    return fsum(np.diff(starts) * validity) / len(part)


def _by_segment(part: Labelled) -> tuple[Points, Rows]:
    """Customers of segments of at least 2, and where each segment begins; in canonical order."""
    canonical = part.space.canonical
    labels = part.labels[canonical.rows]
    order = np.argsort(labels, kind="stable")
    large = part.sizes >= 2
    order = order[large[labels[order]]]
    starts = np.concatenate([[0], np.cumsum(part.sizes[large])]).astype(np.intp)
    return canonical.points.take(order), starts


def core_distances(points: Points, starts: Rows, columns: int, threads: int) -> Floats:
    """(n,) all-points core distance of each customer in its segment."""
    cores = np.empty(len(points.rows))

    def run(task: tuple[int, int, int, int]) -> None:
        _cores(points, *task, columns, cores)

    tasks = [
        (left + first, left + last, left, right)
        for left, right in pairwise(starts.tolist())
        for first, last in blocks(right - left, ROWS)
    ]
    each(run, tasks, threads)
    return cores


def spanning_trees(
    points: Points, starts: Rows, cores: Floats, threads: int
) -> tuple[np.ndarray, Floats]:
    """(n,) whether a customer is internal; (k,) sparseness of each segment."""
    inner, sparse = np.empty(len(cores), dtype=bool), np.empty(len(starts) - 1)

    def run(segment: int) -> None:
        left, right = starts[segment], starts[segment + 1]
        own = points.take(np.arange(left, right))
        parents, edges = spanning_tree(own, cores[left:right])
        children = np.arange(1, right - left)
        degree = np.bincount(np.concatenate([children, parents[1:]]))
        inside = degree > 1
        between = inside[children] & inside[parents[1:]]
        sparse[segment] = edges[1:][between if between.any() else slice(None)].max()
        inner[left:right] = inside if inside.any() else True

    each(run, np.argsort(-np.diff(starts), kind="stable"), threads)
    return inner, sparse


def separations(
    points: Points, starts: Rows, cores: Floats, inner: np.ndarray, threads: int
) -> Floats:
    """(k,) smallest mutual reachability distance of internal customers to another segment's."""
    sizes = np.diff(starts)
    of = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort([cores, of])
    order = order[inner[order]]  # by segment, then by core distance
    kept = points.take(order)
    own, core = of[order], cores[order]
    first = np.searchsorted(own, np.arange(len(starts)))
    centre, radius = _balls(kept, first)
    best, lock = np.full(len(sizes), np.inf), Lock()

    def run(block: tuple[int, int]) -> None:
        with lock:
            known = best.copy()  # which only tells what need not be looked at
        _apart(kept, first, core, own, centre, radius, *block, known)
        with lock:
            np.minimum(best, known, out=best)

    each(run, blocks(len(order), ROWS), threads)
    return best


def _balls(points: Points, starts: Rows) -> tuple[Floats, Floats]:
    """(k, d) centre and (k,) radius of a ball around each segment, infinite in Gower space."""
    k = len(starts) - 1
    if points.kind != EUCLIDEAN:
        return np.zeros((k, points.rows.shape[1])), np.full(k, np.inf)
    centre = np.array([points.rows[a:b].mean(axis=0) for a, b in pairwise(starts)])
    away = np.sqrt(((points.rows - np.repeat(centre, np.diff(starts), axis=0)) ** 2).sum(axis=1))
    return centre, np.maximum.reduceat(away, starts[:-1])


@njit(**FAST)
def _cores(points, first, last, left, right, columns, out):  # type: ignore[no-untyped-def]
    """out[i] = core distance of customers first..last in the segment left..right.

    The sum is kept as a multiple of the largest summand, so that it neither overflows nor vanishes.
    """
    spare = np.empty((2, CHUNK))
    for i in range(first, last):
        nearest, total = np.inf, 0.0
        for start in range(left, right, CHUNK):
            stop = min(start + CHUNK, right)
            distances(points, i, start, stop, spare)
            if start <= i < stop:
                spare[0, i - start] = np.inf
            near = np.inf
            for j in range(stop - start):
                near = min(near, spare[0, j])
            if near < nearest:
                total *= (near / nearest) ** columns
                nearest = near
            if nearest == 0.0:
                break
            if nearest < np.inf:
                total += _powers(spare, nearest, stop - start, columns)
        out[i] = nearest * (total / (right - left - 1)) ** (-1.0 / columns) if nearest else 0.0


@njit(**FAST)
def _powers(spare, nearest, size, columns):  # type: ignore[no-untyped-def]
    """Sum of (nearest / distance)^columns, by repeated squaring so that it is vectorised."""
    for j in range(size):
        spare[0, j] = nearest / spare[0, j]
        spare[1, j] = 1.0
    while columns > 1:
        if columns % 2:
            for j in range(size):
                spare[1, j] *= spare[0, j]
        for j in range(size):
            spare[0, j] *= spare[0, j]
        columns //= 2
    total = 0.0
    for j in range(size):
        total += spare[0, j] * spare[1, j]
    return total


@njit(**FAST)
def _apart(  # type: ignore[no-untyped-def]
    points, starts, core, own, centre, radius, first, last, best
):
    """Lower best[segment] to the distances of rows first..last to segments after their own."""
    spare = np.empty((2, CHUNK))
    for i in range(first, last):
        for other in range(own[i] + 1, len(centre)):
            limit = max(best[own[i]], best[other])
            if core[i] >= limit or core[starts[other]] >= limit:
                continue
            gap = 0.0
            for f in range(centre.shape[1]):
                gap += (points.rows[i, f] - centre[other, f]) ** 2
            if np.sqrt(gap) * (1.0 - MARGIN) - radius[other] * (1.0 + MARGIN) > limit:
                continue
            near = _nearest(points, core, i, starts[other], starts[other + 1], limit, spare)
            best[own[i]] = min(best[own[i]], near)
            best[other] = min(best[other], near)


@njit(**FAST)
def _nearest(points, core, i, left, right, limit, spare):  # type: ignore[no-untyped-def]
    """Smallest max(core, core, distance) from customer i to those of left..right."""
    near = np.inf
    for start in range(left, right, CHUNK):
        if core[start] >= limit:  # and so are all after it
            break
        stop = min(start + CHUNK, right)
        distances(points, i, start, stop, spare)
        for j in range(start, stop):
            near = min(near, max(core[j], spare[0, j - start]))
    return max(near, core[i])


dbcv_score = plain("dbcv")
