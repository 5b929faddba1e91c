"""How far an index is from what random partitions of the same customers score.

Indices grow or shrink with the number of segments and live on different scales. Here each is
standardised against random partitions of the same space into the same number of segments (Akhanli &
Hennig 2020, Statistics and Computing 30, 1523-1544), drawn in three of the paper's ways:

    centroids   k customers drawn at random; everybody joins the nearest one
    nearest     k customers drawn; the customer nearest to a member of a segment joins it, in turn
    furthest    k customers drawn; the one whose furthest member of a segment is nearest joins it

They know nothing of the partitions that compete, so a z stays what it is when another joins. Of
more than `SAMPLE` customers a seeded sample is used, for random partitions and the real one alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Partition, Reference, Rows, Score
from segbench.metric.kernels import CHUNK, FAST, distance, distances, each
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL
from segbench.metric.scoring import score_partition

CALIBRATED = ("silhouette", "pearson_gamma", "wcnn", "dunn_nn", "calinski_harabasz")
GENERATORS = ("centroids", "nearest", "furthest")
DRAWS = 100
SAMPLE = 2_000
GROWN = 2_000
"""Customers that furthest-neighbour growth, which is quadratic, takes one by one."""


@dataclass
class Calibration:
    """Random partitions of a space and what they score, made once for every k.

    Attributes:
        reference: the space; of a large one, the seeded sample of it.
        rows: the customers of the sample.
        draws: random partitions for each k, a third of each generator.

    """

    reference: Reference
    rows: Rows
    threads: int = 1
    draws: int = DRAWS
    seed: int = 0
    _scores: dict[tuple[str, int, str], Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: Reference, threads: int = 1, sample: int = SAMPLE) -> Calibration:
        """Calibrate a space on at most `sample` of its customers."""
        rows = np.arange(len(reference))
        if len(rows) > sample:
            rows = np.sort(np.random.default_rng(0).choice(rows, sample, replace=False))
        return cls(reference.take(rows), rows, threads)

    def __post_init__(self) -> None:
        self.space = Prepared(self.reference, self.threads)

    def standardise(self, partition: Partition, indices: Iterable[str] = CALIBRATED
                    ) -> dict[str, Score]:  # fmt: skip
        """`<index>_z`: standard deviations above the mean of random partitions; more is better.

        Undefined where the index is for the partition, where random partitions all score the same,
        and where the sample has lost a segment.
        """
        sampled = Partition.from_labels(partition.labels[self.rows])
        if sampled.k != partition.k:
            why = f"the sample of {len(self.rows):,} customers has {sampled.k} of the segments"
            lost = Score.undefined(why, self.reference.kind)
            return {f"{name}_z": lost for name in indices}
        raw = score_partition(self.space, sampled, list(indices))
        return {f"{name}_z": self._standardised(name, score, sampled.k)
                for name, score in raw.items()}  # fmt: skip

    def _standardised(self, name: str, score: Score, k: int) -> Score:
        if score.value is None:
            return score
        random = self.random_scores(name, k)
        if len(random) < 2 or not np.std(random) > 1e-12 * np.abs(random).max():
            return Score.undefined(f"{len(random)} random partitions with k = {k} do not differ",
                                   score.space)  # fmt: skip
        sign = 1 if INTERNAL[name].maximize else -1
        z = sign * (score.value - random.mean()) / random.std(ddof=1)
        return Score(float(z), space=score.space, version=score.version)

    def random_scores(self, name: str, k: int) -> Floats:
        """Values of an index for the random partitions into k segments.

        A random partition without a value counts with the worst there is, where that is bounded:
        left out, it would change from k to k what a z is compared with.
        """
        for generator in GENERATORS:
            if (generator, k, name) not in self._scores:
                self._score(generator, k, name)
        return np.concatenate([self._scores[g, k, name] for g in GENERATORS])

    def _score(self, generator: str, k: int, asked: str) -> None:
        """Draw and score one generator's partitions; all indices of a partition share its sums."""
        names = list(dict.fromkeys([*CALIBRATED, asked]))
        found: dict[str, list[float]] = {name: [] for name in names}
        for partition in self.partitions(generator, k):
            for name, score in score_partition(self.space, partition, names).items():
                bound = INTERNAL[name].low if INTERNAL[name].maximize else INTERNAL[name].high
                value = bound if score.value is None else score.value
                found[name] += [] if value is None else [value]
        for name in names:
            self._scores[generator, k, name] = np.array(found[name])

    def partitions(self, generator: str, k: int) -> Sequence[Partition]:
        """A generator's share of the random partitions into k segments, seeded."""
        stream = GENERATORS.index(generator)
        number = len(range(stream, self.draws, len(GENERATORS)))
        grow = {"centroids": _join_nearest, "nearest": _grow_nearest, "furthest": _grow_furthest}
        n = len(self.space)
        out: list[Partition | None] = [None] * number

        def draw(i: int) -> None:
            rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(stream, k, i)))
            seeds = rng.choice(n, size=k, replace=False)
            out[i] = Partition.from_labels(grow[generator](self.space, seeds))

        if generator == "nearest":
            spanning_tree(self.space)
        each(draw, range(number), self.threads)
        return [partition for partition in out if partition is not None]


def with_candidates(z: float, candidates: Sequence[float], draws: int) -> float:
    """Z when the real candidates stand among the random partitions, as in the paper.

    Args:
        z: against `draws` random partitions alone.
        candidates: the z of every real candidate with as many segments, this one among them.
        draws: number of random partitions.

    """
    c = np.array(candidates)
    n = draws + len(c)
    mean = float(c.sum()) / n
    # The random ones have mean 0 and variance 1 in these units.
    variance = ((draws - 1) + draws * mean**2 + float(((c - mean) ** 2).sum())) / (n - 1)
    return (z - mean) / float(np.sqrt(variance))


def spanning_tree(space: Prepared) -> tuple[Ints, Ints, Floats]:
    """Minimum spanning tree of all customers: from, to, length, shortest edge first."""

    def make() -> tuple[Ints, Ints, Floats]:
        parent, length = _prim(space.points)
        to = np.argsort(length[1:], kind="stable").astype(np.int32) + 1
        return parent[to], to, length[to]

    return space.keep("spanning_tree", make)


def _join_nearest(space: Prepared, seeds: Rows) -> Ints:
    return _nearest_of(space.points, seeds)


def _grow_nearest(space: Prepared, seeds: Rows) -> Ints:
    """What nearest-neighbour growth leaves: the spanning tree without the edges that join seeds."""
    return _forest(*spanning_tree(space)[:2], seeds, len(space))


def _grow_furthest(space: Prepared, seeds: Rows) -> Ints:
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
def _prim(points):  # type: ignore[no-untyped-def]
    """Each customer's parent in the minimum spanning tree from customer 0, and the edge to it."""
    n = points.rows.shape[0]
    parent, best = np.zeros(n, np.int32), np.full(n, np.inf)
    done, spare = np.zeros(n, np.bool_), np.empty((2, CHUNK))
    length = np.zeros(n)
    current = 0
    for _ in range(n - 1):
        done[current] = True
        nearest, least = -1, np.inf
        for left in range(0, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, current, left, right, spare)
            for j in range(left, right):
                if done[j]:
                    continue
                if spare[0, j - left] < best[j]:
                    best[j], parent[j] = spare[0, j - left], current
                if best[j] < least:
                    least, nearest = best[j], j
        length[nearest] = least
        current = nearest
    return parent, length


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
