"""DBCV against a second implementation, and against hdbscan where the order of ties is harmless.

Row order, labels, threads, a constant and a power of two must not change a bit, ties or not.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.special import logsumexp
from spaces import blobs, lattices, mixed_partitions, naive_distances

from segbench.contracts import Partition, Reference, Score
from segbench.metric.density import core_distances, dbcv_score, separations, spanning_trees
from segbench.metric.kernels.distances import CHUNK
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL, labelled
from segbench.metric.scoring import score_partition

FEW = settings(deadline=None, max_examples=60)
DBCV = INTERNAL["dbcv"]


def naive(D: np.ndarray, labels: np.ndarray, d: int, how: str = "distance") -> float:
    """DBCV as in the paper, Kruskal's trees; equal edges by distance, or forwards, or backwards."""
    segments = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    segments = [rows for rows in segments if len(rows) > 1]
    core = np.full(len(D), np.nan)
    inner, sparse = [], []
    for rows in segments:
        for i in rows:
            to = D[i, rows[rows != i]]
            with np.errstate(divide="ignore"):
                core[i] = np.exp(-(logsumexp(-d * np.log(to)) - np.log(len(to))) / d)
        edges = kruskal(D, core, rows, how)
        degree = np.bincount(np.array([e[:2] for e in edges]).ravel(), minlength=len(D))
        between = [w for i, j, w in edges if degree[i] > 1 and degree[j] > 1]
        sparse.append(max(between or [w for _, _, w in edges]))
        inner.append([i for i in rows if degree[i] > 1] or list(rows))
    total = 0.0
    for a, rows in enumerate(segments):
        apart = min(
            max(core[i], core[j], D[i, j])
            for b in range(len(segments)) if b != a
            for i in inner[a] for j in inner[b]
        )  # fmt: skip
        largest = max(apart, sparse[a])
        total += len(rows) * ((apart - sparse[a]) / largest if largest else -1.0)
    return total / len(D)


def kruskal(D, core, rows, how: str) -> list[tuple[int, int, float]]:
    sign = {"distance": 1, "forwards": 1, "backwards": -1}[how]
    edges = []
    for p, i in enumerate(rows):
        for j in rows[p + 1 :]:
            w = max(core[i], core[j], D[i, j])
            edges.append((w, D[i, j] if how == "distance" else 0.0, sign * i, sign * j, i, j))
    root = {i: i for i in rows}

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    tree = []
    for w, *_, i, j in sorted(edges):
        if find(i) != find(j):
            root[find(i)] = find(j)
            tree.append((i, j, w))
    return tree


def by_paper(part: Labelled) -> float:
    """Ties are cut in canonical order there too, which is tested by permuting the rows."""
    rows, reference = part.space.canonical.rows, part.space.reference
    D = naive_distances(reference)[np.ix_(rows, rows)]
    return naive(D, part.labels[rows], len(reference.columns))


@FEW
@given(lattices())
def test_is_the_paper_with_ties_and_duplicates(case):
    part = labelled(*case, 1)
    score = DBCV.as_score(part)
    if score.value is not None:
        assert score.value == pytest.approx(by_paper(part), abs=1e-9)


@FEW
@given(st.integers(6, 30), st.integers(1, 30), st.integers(2, 4), st.integers(0, 2**31))
def test_is_the_paper_without_ties(n, d, k, seed):
    part = labelled(*blobs(n, d, k, seed), 1)
    score = DBCV.as_score(part)
    if score.value is not None:
        assert score.value == pytest.approx(by_paper(part), abs=1e-9)


@FEW
@given(mixed_partitions())
def test_gower_is_the_paper_with_all_columns_counted(part):
    score = DBCV.as_score(part)
    if score.value is not None:
        assert score.value == pytest.approx(by_paper(part), abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_is_the_paper_on_larger_lattices(seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(4, size=(40, 1 + seed % 3)).astype(np.float64)
    part = labelled(X, rng.integers(2, size=40), 1)
    assert DBCV.as_score(part).value == pytest.approx(by_paper(part), abs=1e-9)


def test_longer_segments_than_the_kernels_work_on_at_a_time():
    X, _ = blobs(CHUNK + 30, 3, seed=5)
    part = labelled(X, np.argsort(X[:, 0]).argsort() < 20, 2)
    assert DBCV.as_score(part).value == pytest.approx(by_paper(part), abs=1e-9)


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
def test_core_distances_and_the_longest_edge_of_a_long_segment(size):
    part = labelled(np.random.default_rng(size).normal(size=(size, 5)), np.zeros(size), 1)
    points, starts = part.space.canonical.points, np.array([0, size])
    D = np.sqrt(((points.rows[:, None] - points.rows[None]) ** 2).sum(axis=2))
    inverse = np.divide(1.0, D, out=np.zeros_like(D), where=D > 0)
    core = ((inverse**5).sum(axis=1) / (size - 1)) ** (-1 / 5)
    cores = core_distances(points, starts, 5, 1)
    np.testing.assert_allclose(cores, core, rtol=1e-12)
    _, sparse = spanning_trees(points, starts, np.zeros(size), 1)  # raw distances
    assert sparse[0] <= minimum_spanning_tree(D).max() * (1 + 1e-12)


@pytest.mark.parametrize("apart", [0.0, 3.0, 50.0])
def test_separations_of_many_segments_skip_nothing(apart):
    k, n, rng = 12, 900, np.random.default_rng(1)
    part = labelled(rng.normal(size=(n, 3)), np.arange(n) % k, 1)
    points = part.points
    points.rows[:, 0] += apart * np.repeat(np.arange(k), n // k)
    points = points._replace(columns=np.ascontiguousarray(points.rows.T))
    cores, inner = rng.random(n) * 2, rng.random(n) < 0.5
    D = np.sqrt(((points.rows[:, None] - points.rows[None]) ** 2).sum(axis=2))
    mutual = np.maximum(D, np.maximum(cores[:, None], cores[None]))
    own = np.repeat(np.arange(k), n // k)
    mutual[(own[:, None] == own[None]) | ~inner[:, None] | ~inner[None]] = np.inf
    want = [mutual[own == segment].min() for segment in range(k)]
    np.testing.assert_allclose(separations(points, part.starts, cores, inner, 2), want, rtol=1e-12)


@pytest.mark.parametrize("d", [2, 8, 30])
def test_is_hdbscan_where_the_order_of_ties_does_not_matter(d):
    validity = pytest.importorskip("hdbscan.validity")
    compared = 0
    for seed in range(60):
        X, labels = blobs(9 + seed % 13, d, 3, seed, apart=6.0)
        D = naive_distances(labelled(X, labels).space.reference)
        values = [naive(D, labels, d, how) for how in ("distance", "forwards", "backwards")]
        if np.ptp(values) < 1e-12:
            want = validity.validity_index(X, labels, metric="euclidean")
            assert dbcv_score(X, labels, threads=1) == pytest.approx(want, abs=1e-9)
            compared += 1
    assert compared > 5


@FEW
@given(lattices(), st.randoms(use_true_random=False))
def test_nothing_but_the_customers_counts(case, random):
    X, labels = case
    value = dbcv_score(X, labels, threads=1)
    rows = random.sample(range(len(X)), len(X))
    same = [
        dbcv_score(X[rows], labels[rows], threads=1),
        dbcv_score(X, (labels + 1) % 4, threads=1),
        dbcv_score(X, labels, threads=3),
        dbcv_score(X + 1e8, labels, threads=1),
        dbcv_score(X * 2.0**-20 + 1e8, labels, threads=1),
        dbcv_score(X * 2.0**27, labels, threads=1),
        dbcv_score(X * 2.0**-27, labels, threads=1),
    ]
    np.testing.assert_array_equal(same, value)


@FEW
@given(mixed_partitions(), st.randoms(use_true_random=False))
def test_nothing_but_the_customers_counts_in_gower_space(part, random):
    rows, space = random.sample(range(len(part)), len(part)), part.space.reference
    moved = Reference("gower", space.X[rows], space.C[rows], space.ranges, space.columns)
    other = Labelled(Prepared(moved, 2), part.labels[rows], part.k)
    assert DBCV.as_score(part) == DBCV.as_score(other)


@FEW
@given(st.integers(8, 40), st.integers(2, 6), st.integers(0, 2**31))
def test_a_rotation_changes_nothing(n, d, seed):
    X, labels = blobs(n, d, 2, seed)
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    assert dbcv_score(X @ Q, labels) == pytest.approx(dbcv_score(X, labels), rel=1e-9)


def test_blocks_and_threads_do_not_change_a_bit():
    X, labels = blobs(1500, 4, 5, seed=3)
    rows = np.random.default_rng(0).permutation(1500)
    value = dbcv_score(X, labels, threads=1)
    assert value == dbcv_score(X, labels, threads=4) == dbcv_score(X[rows], labels[rows], threads=2)


def test_range_and_direction():
    X, labels = blobs(90, 3, apart=100.0)
    assert 0.8 < dbcv_score(X, labels) < 1
    assert -1 <= dbcv_score(X, np.random.default_rng(0).permutation(labels)) < -0.5


def test_winding_segments_score_higher_than_a_cut_across_them():
    t = np.linspace(0, np.pi, 60)
    moons = np.concatenate([np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]])
    assert dbcv_score(moons, np.repeat([0, 1], 60)) > 0.5 > 0 > dbcv_score(moons, moons[:, 0] > 0.5)


def test_many_columns_and_tiny_distances_neither_overflow_nor_vanish():
    X, labels = blobs(40, 30)
    value = dbcv_score(X, labels)
    assert dbcv_score(X * 2.0**-300, labels) == dbcv_score(X * 2.0**300, labels) == value
    X[1] = X[0] + np.eye(30)[0] * 1e-14
    labels[1] = labels[0]
    part = labelled(X, labels)
    assert DBCV.as_score(part).value == pytest.approx(by_paper(part), abs=1e-9)


def undefined(X, labels) -> str:
    score = DBCV.as_score(labelled(X, labels, 1))
    assert score.value is None and np.isnan(dbcv_score(X, labels))
    return score.why


def test_degenerate_partitions_have_no_value():
    X = np.arange(12.0).reshape(6, 2)
    assert "segments" in undefined(X, np.zeros(6))
    assert "segments" in undefined(X, np.arange(6))
    assert "2 segments of at least 2" in undefined(X, [0, 0, 1, 2, 3, 4])  # k = n - 1
    assert "2 segments of at least 2" in undefined(X, [0, 0, 0, 0, 0, 1])
    assert "coincide" in undefined(np.ones((6, 2)), [0, 0, 0, 1, 1, 1])
    assert "segments" in undefined([[0.0], [1.0]], [0, 1])
    assert "segments" in undefined([[0.0], [1.0]], [0, 0])


def test_customers_that_differ_in_what_is_missing_alone_coincide():
    X = np.column_stack([np.zeros(6), [np.nan, 1.0] * 3])
    C = np.empty((6, 0), dtype=np.int32)
    space = Prepared(Reference("gower", X, C, np.array([1.0, 1.0]), ("a", "b")))
    part = Labelled(space, np.repeat([0, 1], 3).astype(np.int32), 2)
    assert "coincide" in DBCV.as_score(part).why


def test_a_segment_of_one_counts_as_noise():
    X, labels = (
        np.array([[0.0], [1], [2], [10], [11], [12], [2.5]]),
        np.array([0, 0, 0, 1, 1, 1, 2]),
    )
    assert dbcv_score(X, labels) == pytest.approx(dbcv_score(X[:6], labels[:6]) * 6 / 7)


def test_two_segments_of_two():
    assert dbcv_score([[0.0], [1.0], [5.0], [7.0]], [0, 0, 1, 1]) == (3 / 4 + 2 / 4) / 2


def test_segments_of_one_point_each():
    X, labels = np.repeat([[0.0], [1.0]], 4, axis=0), np.repeat([0, 1], 4)
    assert dbcv_score(X, labels) == 1.0  # as dense as can be, and apart
    assert dbcv_score(X, labels[::-1] ^ np.repeat([0, 1, 0, 1], 2)) == -1.0  # not apart at all
    X, labels = np.array([[0.0], [0.0], [0.0], [0.0], [5.0]]), np.array([0, 0, 1, 1, 2])
    assert dbcv_score(X, labels) == -0.8


def test_noise_joins_first_and_too_many_customers_have_no_value():
    X, labels = blobs(30, 2)
    space = labelled(X, labels, 1).space
    given = np.where(np.arange(30) == 4, -1, labels)
    found = score_partition(space, Partition.from_labels(given), ["dbcv"])["dbcv"]
    assert isinstance(found, Score) and found.value is not None
    part = Labelled(Prepared(space.reference, exact=29), labels.astype(np.int32), 3)
    assert "30 customers" in DBCV.as_score(part).why
