"""Sums of distances to segments, against a double loop over customers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from spaces import euclidean, gower, mixed, mixed_customers, naive_distances

from segbench.contracts import Reference
from segbench.metric.kernels.distances import CHUNK, TILE
from segbench.metric.kernels.gower import pairwise_sums
from segbench.metric.kernels.nearest_segment import ROWS as ASKING
from segbench.metric.kernels.nearest_segment import _moments, lower_bounds, nearest_segment
from segbench.metric.kernels.sums import sums_within
from segbench.metric.labelled import Labelled
from segbench.metric.means import nearest_means, own_means
from segbench.metric.prepared import Prepared

FEW = settings(deadline=None, max_examples=40)


def segment_distance_sums(
    reference: Reference, labels: np.ndarray, k: int, threads: int = 1, rows: object = None
) -> np.ndarray:
    """The kernels' sums over every pair, in the reference's own units."""
    space = Prepared(reference)
    points = space.points
    rows = np.arange(len(reference)) if rows is None else rows
    return pairwise_sums(points, labels, k, threads, rows) * space.unit


def naive_sums(reference: Reference, labels: np.ndarray, k: int) -> np.ndarray:
    D = naive_distances(reference)
    return np.column_stack([D[:, labels == segment].sum(axis=1) for segment in range(k)])


@FEW
@given(mixed_customers())
def test_gower_is_the_naive_loop(case):
    reference, labels = case
    sums = segment_distance_sums(reference, labels, 3)
    np.testing.assert_allclose(sums, naive_sums(reference, labels, 3), atol=1e-12)


@FEW
@given(st.integers(2, 15), st.integers(1, 4), st.integers(0, 2**31))
def test_euclidean_is_the_naive_loop(n, d, seed):
    rng = np.random.default_rng(seed)
    reference = euclidean(rng.normal(size=(n, d)))
    labels = rng.integers(-1, 3, size=n).astype(np.int32)
    sums = segment_distance_sums(reference, labels, 3)
    np.testing.assert_allclose(sums, naive_sums(reference, labels, 3), atol=1e-12)


def test_categories_alone():
    C = [[0, 1], [0, 2], [1, 2]]
    sums = segment_distance_sums(gower(np.empty((3, 0)), C), np.array([0, 0, 1], dtype=np.int32), 2)
    np.testing.assert_allclose(sums, [[0.5, 1.0], [0.5, 0.5], [1.5, 0.0]])


def test_no_common_column_is_distance_one():
    reference = gower([[0.0, np.nan], [4.0, np.nan], [np.nan, 1.0]])
    sums = segment_distance_sums(reference, np.array([0, 0, 1], dtype=np.int32), 2)
    np.testing.assert_allclose(sums, [[1.0, 1.0], [1.0, 1.0], [2.0, 0.0]])


def test_distance_to_oneself_is_zero_even_without_any_value():
    reference = gower([[0.0], [1.0], [np.nan]])
    sums = segment_distance_sums(reference, np.array([0, 0, 1], dtype=np.int32), 2)
    assert sums[2].tolist() == [2.0, 0.0]


@pytest.mark.parametrize("n", [CHUNK - 1, CHUNK, CHUNK + 1, TILE + 1])
def test_segments_of_any_length_around_the_chunk(n):
    X = np.arange(n, dtype=np.float64)[:, None]
    labels = np.zeros(n, dtype=np.int32)
    sums = segment_distance_sums(euclidean(X), labels, 1)[:, 0]
    np.testing.assert_allclose(sums, np.abs(X - X.T).sum(axis=1))


@pytest.mark.parametrize("space", [euclidean, gower])
def test_chosen_rows_equal_those_rows_of_all(space):
    rng = np.random.default_rng(1)
    reference = space(rng.normal(size=(50, 3)))
    labels = rng.integers(-1, 3, size=50).astype(np.int32)
    rows = np.array([41, 3, 3, 17])
    some = segment_distance_sums(reference, labels, 3, rows=rows)
    assert some.tolist() == segment_distance_sums(reference, labels, 3)[rows].tolist()


@pytest.mark.parametrize("kind", ["standard", "gower"])
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_a_bit(kind, threads):
    n = 3 * TILE + 7
    reference = mixed(n)
    if kind == "standard":
        reference = euclidean(np.nan_to_num(reference.X))
    labels = np.random.default_rng(2).integers(-1, 4, size=n).astype(np.int32)
    one = segment_distance_sums(reference, labels, 4)
    assert one.tobytes() == segment_distance_sums(reference, labels, 4, threads).tobytes()


@pytest.mark.parametrize("space", [euclidean, gower])
def test_a_large_constant_costs_no_digits(space):
    rng = np.random.default_rng(3)
    X = rng.integers(0, 20, size=(60, 3)).astype(np.float64)  # exact after 1e8 is added
    labels = rng.integers(0, 3, size=60).astype(np.int32)
    sums = segment_distance_sums(space(X), labels, 3)
    np.testing.assert_allclose(segment_distance_sums(space(X + 1e8), labels, 3), sums, rtol=1e-12)


def naive_means(reference: Reference, labels: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean distance to the own segment's others, and the smallest one to another segment."""
    sums, sizes = naive_sums(reference, labels, k), np.bincount(labels, minlength=k)
    rows = np.arange(len(labels))
    own = sums[rows, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    return own, means.min(axis=1)


@st.composite
def euclidean_cases(draw) -> tuple[Reference, np.ndarray, int]:
    """Segments near each other and far apart, copies, an outlier; every segment used."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n, d, k = draw(st.integers(6, 60)), draw(st.integers(1, 9)), draw(st.integers(2, 6))
    labels = np.concatenate([np.arange(k), rng.integers(k, size=n - k)]) if n > k else np.arange(n)
    X = rng.normal(size=(n, d)) + draw(st.sampled_from([0.0, 1.0, 30.0])) * rng.normal(
        size=(k, d)
    )[labels % k]  # fmt: skip
    if draw(st.booleans()):
        X = np.round(X)
    if draw(st.booleans()):
        X[0] *= 1e6
    return euclidean(X), labels.astype(np.int32), int(labels.max()) + 1


@FEW
@given(euclidean_cases())
def test_means_are_the_naive_loop_though_segments_are_passed_over(case):
    reference, labels, k = case
    part = Labelled(Prepared(reference), labels, k)
    own, nearest = naive_means(reference, labels, k)
    unit = part.space.unit
    scale = np.abs(reference.X).max()
    np.testing.assert_allclose(own_means(part) * unit, own, rtol=1e-12, atol=1e-15 * scale)
    np.testing.assert_allclose(nearest_means(part) * unit, nearest, rtol=1e-12, atol=1e-15 * scale)


@FEW
@given(euclidean_cases())
def test_no_lower_bound_is_above_the_mean_distance(case):
    reference, labels, k = case
    part = Labelled(Prepared(reference), labels, k)
    n = len(labels)
    low = lower_bounds(part.points, part.starts, np.arange(n), np.full(n, -1), 1)
    sums = naive_sums(reference, labels, k)[part.order] / part.sizes / part.space.unit
    assert (np.where(np.isinf(low), 0.0, low) <= sums * (1 + 1e-9) + 1e-12).all()
    # A segment that is out of the question is not the nearest.
    nearest = sums.argmin(axis=1)
    assert np.isfinite(low[np.arange(n), nearest]).all()


def test_moments_of_segments_longer_than_a_chunk_are_numpys():
    rng, sizes = np.random.default_rng(0), [2 * CHUNK + 7, CHUNK, 3]
    labels = np.repeat([0, 1, 2], sizes).astype(np.int32)
    X = rng.exponential(size=(len(labels), 4)) + np.linspace(0, 5, len(labels))[:, None]
    part = Labelled(Prepared(euclidean(X)), labels, 3)
    moments = _moments(part.points, part.starts, 1)
    for segment in range(3):
        Y = part.space.X[labels == segment]
        z = Y - Y.mean(axis=0)
        r = (z**2).sum(axis=1)
        spread = np.tril(2 * z.T @ z, -1) + np.diag((z**2).sum(axis=0))
        np.testing.assert_allclose(moments.centre[:, segment], Y.mean(axis=0))
        np.testing.assert_allclose(moments.spread[:, :, segment], spread / len(Y), atol=1e-14)
        np.testing.assert_allclose(moments.third[:, segment], (z.T @ r) / len(Y), atol=1e-14)
        np.testing.assert_allclose(moments.second[segment], r.mean())
        np.testing.assert_allclose(moments.fourth[segment], (r**2).mean())


def test_more_customers_than_ask_together_find_their_nearest_segment():
    rng, n = np.random.default_rng(1), 2 * ASKING + 30
    labels = rng.permutation(np.arange(n) % 5).astype(np.int32)
    X = rng.normal(size=(n, 2)) + 2 * labels[:, None]
    part = Labelled(Prepared(euclidean(X)), labels, 5)
    D = cdist(X, X)
    means = np.column_stack([D[:, labels == segment].mean(axis=1) for segment in range(5)])
    means[np.arange(n), labels] = np.inf
    np.testing.assert_allclose(nearest_means(part) * part.space.unit, means.min(axis=1), rtol=1e-12)


def test_where_there_is_no_other_segment_nothing_is_nearest():
    points, starts = Prepared(euclidean([[0.0], [1.0], [3.0]])).points, np.array([0, 3])
    best, which = nearest_segment(points, starts, np.arange(3), np.zeros(3, dtype=np.intp), 1)
    assert np.isinf(best).all() and which.tolist() == [-1] * 3


@pytest.mark.parametrize("n", [2, 3, TILE - 1, TILE, TILE + 1, 2 * TILE + 1])
@pytest.mark.parametrize("d", [1, 4, 5, 13])
def test_sums_within_a_segment_of_any_length_around_the_tile(n, d):
    X = np.random.default_rng(n).normal(size=(n + 3, d))
    labels = np.repeat([0, 1], [n, 3]).astype(np.int32)
    part = Labelled(Prepared(euclidean(X)), labels, 2)
    sums = sums_within(part.points, part.starts, 1) * part.space.unit
    expected = np.sqrt(((X[:n, None] - X[None, :n]) ** 2).sum(axis=2)).sum(axis=1)
    np.testing.assert_allclose(sums[:n], expected, rtol=1e-12)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_a_bit_of_the_means(threads):
    n = 4 * ASKING + 3
    reference = euclidean(np.random.default_rng(0).normal(size=(n, 6)))
    labels = np.random.default_rng(2).integers(0, 3, size=n).astype(np.int32)
    for means in (own_means, nearest_means):
        one, more = (means(Labelled(Prepared(reference, t), labels, 3)) for t in (1, threads))
        assert one.tobytes() == more.tobytes()
