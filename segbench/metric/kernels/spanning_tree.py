"""Minimum spanning tree of the customers' mutual reachability distances."""

from __future__ import annotations

import numpy as np
from numba import njit

from segbench.contracts import Floats, Rows
from segbench.metric.kernels.distances import CHUNK, FAST, Points, distances


def spanning_tree(points: Points, cores: Floats | None = None) -> tuple[Rows, Floats]:
    """Parent of each customer but the first, 0, and the edge to it: (n,) each.

    An edge is the mutual reachability distance max(core x, core y, d(x, y)), the distance itself
    where there are no cores. Equal edges are taken by distance, then by the customers' places.
    """
    n = len(points.rows)
    cores = np.zeros(n) if cores is None else cores.copy()
    return _span(points.take(np.arange(n)), cores)  # the kernel reorders what it is given


@njit(**FAST)
def _span(points, core):  # type: ignore[no-untyped-def]
    """Prim's minimum spanning tree: parent of each customer but the first, and the edge to it.

    Customers that are in the tree already go to the end, so that the loops run over the others.
    """
    n = len(core)
    ids = np.arange(n)
    reach, raw, via = np.full(n, np.inf), np.full(n, np.inf), np.zeros(n, np.intp)
    parents, edges = np.zeros(n, np.intp), np.zeros(n)
    spare = np.empty((2, CHUNK))
    here = 0
    for last in range(n - 1, 0, -1):
        _swap(points, here, last)
        for line in (core, reach, raw):
            line[here], line[last] = line[last], line[here]
        for line in (ids, via):
            line[here], line[last] = line[last], line[here]
        here = _grow(points, core, ids, reach, raw, via, last, spare)
        parents[ids[here]] = via[here]
        edges[ids[here]] = reach[here]
    return parents, edges


@njit(**FAST)
def _swap(points, i, j):  # type: ignore[no-untyped-def]
    for f in range(len(points.columns)):
        points.columns[f, i], points.columns[f, j] = points.columns[f, j], points.columns[f, i]
        points.rows[i, f], points.rows[j, f] = points.rows[j, f], points.rows[i, f]
    for f in range(len(points.codes)):
        points.codes[f, i], points.codes[f, j] = points.codes[f, j], points.codes[f, i]


@njit(**FAST)
def _grow(points, core, ids, reach, raw, via, new, spare):  # type: ignore[no-untyped-def]
    """Offer the edges of customer `new` to those before it; which of them joins the tree next."""
    best = 0
    for start in range(0, new, CHUNK):
        stop = min(start + CHUNK, new)
        distances(points, new, start, stop, spare)
        for j in range(start, stop):
            step = spare[0, j - start]
            mutual = max(max(core[j], core[new]), step)
            closer = step < raw[j] or (step == raw[j] and ids[new] < via[j])
            better = mutual < reach[j] or (mutual == reach[j] and closer)
            reach[j] = mutual if better else reach[j]
            raw[j] = step if better else raw[j]
            via[j] = ids[new] if better else via[j]
        for j in range(start, stop):
            if reach[j] <= reach[best] and _before(j, best, ids, reach, raw, via):
                best = j
    return best


@njit(**FAST)
def _before(i, j, ids, reach, raw, via):  # type: ignore[no-untyped-def]
    """Whether the edge to i comes before the edge to j."""
    if reach[i] != reach[j]:
        return reach[i] < reach[j]
    if raw[i] != raw[j]:
        return raw[i] < raw[j]
    low, least = min(ids[i], via[i]), min(ids[j], via[j])
    if low != least:
        return low < least
    return max(ids[i], via[i]) < max(ids[j], via[j])
