"""Random partitions of a space (Akhanli & Hennig 2020, Statistics and Computing 30, 1523-1544).

centroids   k customers drawn at random; everybody joins the nearest one
nearest     k customers drawn; the customer nearest to a member of a segment joins it, in turn
furthest    k customers drawn; the one whose furthest member of a segment is nearest joins it
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Partition, Rows
from segbench.metric.kernels.distances import CHUNK, FAST, distance, distances, each
from segbench.metric.kernels.spanning_tree import spanning_tree
from segbench.metric.prepared import Prepared

GENERATORS = ("centroids", "nearest", "furthest")
GROWN = 2_000
"""Customers that furthest-neighbour growth, which is quadratic, takes one by one."""


def draw(space: Prepared, generator: str, k: int, draws: int, seed: int) -> list[Partition]:
    """A generator's share of so many random partitions into k segments.

    Each has a random stream of its own, named by seed, generator, k and its number.
    """
    stream = GENERATORS.index(generator)
    grow = {"centroids": join_nearest, "nearest": grow_nearest, "furthest": grow_furthest}
    found: dict[int, Partition] = {}

    def grown(i: int) -> None:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, k, i)))
        seeds = rng.choice(len(space), size=k, replace=False)
        found[i] = Partition.from_labels(grow[generator](space, seeds))

    if generator == "nearest":
        tree_edges(space)  # before threads ask for it at once
    each(grown, range(len(range(stream, draws, len(GENERATORS)))), space.threads)
    return [found[i] for i in sorted(found)]


def join_nearest(space: Prepared, seeds: Rows) -> Ints:
    """(n,) the nearest of the seeds, the first if equal."""
    return _nearest_of(space.points, seeds)


def grow_nearest(space: Prepared, seeds: Rows) -> Ints:
    """What nearest-neighbour growth leaves: the spanning tree without the edges that join seeds."""
    return _forest(*tree_edges(space)[:2], seeds, len(space))


def grow_furthest(space: Prepared, seeds: Rows) -> Ints:
    """Furthest-neighbour growth; of many customers a sample grows and the others join it after."""
    n, points = len(space), space.points
    if n <= GROWN:
        return _furthest(points, seeds)
    others = np.setdiff1d(np.arange(n), seeds)
    rng = np.random.default_rng(seeds.astype(np.int64))
    grown = np.concatenate([seeds, rng.choice(others, GROWN - len(seeds), replace=False)])
    found = _furthest(points.take(grown), np.arange(len(seeds)))
    order = np.argsort(found, kind="stable")
    rest = np.setdiff1d(others, grown)
    labels = np.empty(n, dtype=np.int32)
    labels[grown] = found
    starts = np.searchsorted(found[order], np.arange(len(seeds) + 1))
    labels[rest] = _join_furthest(points.take(np.concatenate([grown[order], rest])), starts)
    return labels


def tree_edges(space: Prepared) -> tuple[Rows, Rows, Floats]:
    """Minimum spanning tree of all customers: from, to, length, shortest edge first."""

    def make() -> tuple[Rows, Rows, Floats]:
        parents, lengths = spanning_tree(space.points)
        to = np.argsort(lengths[1:], kind="stable") + 1
        return parents[to], to, lengths[to]

    return space.keep("tree_edges", make)


@njit(**FAST)
def _nearest_of(points, seeds):  # type: ignore[no-untyped-def]
    n = points.rows.shape[0]
    labels, best, spare = np.zeros(n, np.int32), np.full(n, np.inf), np.empty((2, CHUNK))
    for s in range(len(seeds)):
        for left in range(0, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, seeds[s], left, right, spare)
            for j in range(right - left):
                if spare[0, j] < best[left + j]:
                    best[left + j], labels[left + j] = spare[0, j], s
    for s in range(len(seeds)):  # a seed among its equals stays with its own segment
        labels[seeds[s]] = s
    return labels


@njit(**FAST)
def _forest(a, b, seeds, n):  # type: ignore[no-untyped-def]
    root = np.arange(n)
    seed = np.full(n, -1, np.int32)
    for s in range(len(seeds)):
        seed[seeds[s]] = s
    for e in range(len(a)):
        x, y = a[e], b[e]
        while root[x] != x:
            root[x] = root[root[x]]
            x = root[x]
        while root[y] != y:
            root[y] = root[root[y]]
            y = root[y]
        if seed[x] < 0 or seed[y] < 0:
            root[y] = x
            seed[x] = max(seed[x], seed[y])
    labels = np.empty(n, np.int32)
    for i in range(n):
        x = i
        while root[x] != x:
            x = root[x]
        labels[i] = seed[x]
    return labels


@njit(**FAST)
def _join_furthest(points, starts):  # type: ignore[no-untyped-def]
    """For the points behind the segments, the segment whose furthest member is nearest."""
    first, n = starts[-1], points.rows.shape[0]
    labels, spare = np.empty(n - first, np.int32), np.empty((2, CHUNK))
    for i in range(first, n):
        best = np.inf
        for s in range(len(starts) - 1):
            worst = 0.0
            for left in range(starts[s], starts[s + 1], CHUNK):
                right = min(left + CHUNK, starts[s + 1])
                distances(points, i, left, right, spare)
                for j in range(right - left):
                    worst = max(worst, spare[0, j])
                if worst >= best:
                    break
            if worst < best:
                best, labels[i - first] = worst, s
    return labels


@njit(**FAST)
def _furthest(points, seeds):  # type: ignore[no-untyped-def]
    """Complete-linkage growth: the customer whose furthest member of a segment is nearest joins it.

    worst[s, j] covers the first seen[s, j] members of segment s. It can only grow, so a customer
    that is not at the top of the heap with what is known of it need not be looked at.
    """
    n, k = points.rows.shape[0], len(seeds)
    labels, spare = np.full(n, -1, np.int32), np.empty((2, CHUNK))
    members, counts = np.empty((k, n), np.int32), np.ones(k, np.int32)
    worst, seen = np.empty((k, n)), np.ones((k, n), np.int32)
    for s in range(k):
        labels[seeds[s]], members[s, 0] = s, seeds[s]
        for left in range(0, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, seeds[s], left, right, spare)
            worst[s, left:right] = spare[0, : right - left]
    heap = [(worst[:, j].min(), j) for j in range(n) if labels[j] < 0]
    heapify(heap)
    while heap:
        _, j = heappop(heap)
        s = int(worst[:, j].argmin())
        while seen[s, j] < counts[s]:
            for q in range(seen[s, j], counts[s]):
                worst[s, j] = max(worst[s, j], distance(points, j, members[s, q]))
            seen[s, j] = counts[s]
            s = int(worst[:, j].argmin())
        entry = (worst[s, j], j)
        if heap and entry > heap[0]:
            heappush(heap, entry)
            continue
        labels[j], members[s, counts[s]] = s, j
        counts[s] += 1
    return labels
