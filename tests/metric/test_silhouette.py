"""Silhouette and the joining of noise, against scikit-learn and a naive loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from test_kernels import euclidean, gower, mixed, mixed_customers, naive_distances

from segbench.contracts import Reference
from segbench.errors import Undefined
from segbench.metric import silhouette_score
from segbench.metric.labelled import Labelled
from segbench.metric.means import join_noise
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL


def silhouette(reference: Reference, labels: np.ndarray, **options: object) -> float:
    """The registered score in a space; raises Undefined as its callers see it."""
    part = Labelled(Prepared(reference, **options), labels, int(labels.max()) + 1)
    score = INTERNAL["silhouette"].as_score(part)
    if score.value is None:
        raise Undefined(score.why)
    return score.value


FEW = settings(deadline=None, max_examples=40)
GRID = st.integers(-20, 20).map(float)


@st.composite
def customers(draw) -> tuple[np.ndarray, np.ndarray]:
    """Points on a grid (sums are exact) and labels, degenerate ones among them."""
    n, d = draw(st.integers(2, 20)), draw(st.integers(1, 3))
    X = draw(st.lists(st.lists(GRID, min_size=d, max_size=d), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    return np.array(X), np.array(labels)


def is_defined(X: np.ndarray, labels: np.ndarray) -> bool:
    return 2 <= len(set(labels)) < len(labels) and bool((X[0] != X).any())


@FEW
@given(customers())
def test_equals_scikit_learn_or_is_undefined(case):
    X, labels = case
    if is_defined(X, labels):
        assert silhouette_score(X, labels) == pytest.approx(
            metrics.silhouette_score(X, labels), abs=1e-12
        )
    else:
        assert np.isnan(silhouette_score(X, labels))


@FEW
@given(customers(), st.permutations(range(5)), st.integers(-20, 20), st.randoms())
def test_names_order_offset_and_scale_do_not_matter(case, names, power, random):
    X, labels = case
    score = pytest.approx(silhouette_score(X, labels), abs=1e-12, nan_ok=True)
    order = random.sample(range(len(X)), len(X))
    assert silhouette_score(X, np.array(names)[labels]) == score
    assert silhouette_score(X, [f"segment {label}" for label in labels]) == score
    assert silhouette_score(X[order], labels[order]) == score
    assert silhouette_score(X + 1e8, labels) == score  # exact on a grid
    assert silhouette_score(X * 2.0**power, labels) == score


@FEW
@given(st.integers(0, 2**31))
def test_a_constant_moves_it_by_no_more_than_the_rounding_of_the_input(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 2))
    labels = rng.integers(0, 3, size=30)
    rounded = (X + 1e8) - 1e8  # what is left of X, exactly
    expected = pytest.approx(metrics.silhouette_score(rounded, labels), abs=1e-12)
    assert silhouette_score(X + 1e8, labels) == expected


def test_segments_that_coincide_in_pairs_score_0_as_in_scikit_learn():
    C = [[0], [0], [0], [1], [1]]
    assert silhouette(gower(np.zeros((5, 1)), C), np.array([0, 0, 1, 2, 3], dtype=np.int32)) == 0
    assert silhouette_score(C, [0, 0, 1, 2, 3]) == metrics.silhouette_score(C, [0, 0, 1, 2, 3]) == 0


@FEW
@given(mixed_customers())
def test_gower_equals_scikit_learn_on_the_naive_matrix(case):
    reference, labels = case
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    D = naive_distances(reference)
    if 2 <= labels.max() + 1 < len(labels) and D.any():
        expected = metrics.silhouette_score(D, labels, metric="precomputed")
        assert silhouette(reference, labels) == pytest.approx(expected, abs=1e-12)
    else:
        with pytest.raises(Undefined):
            silhouette(reference, labels)


@pytest.mark.parametrize("X, labels", [
    ([[1.0]], [0]),
    ([[0.0], [1.0], [2.0]], [5, 5, 5]),
    ([[0.0], [1.0], [2.0]], [0, 1, 2]),
    ([[0.1, 0.7]] * 6, [0, 0, 0, 1, 1, 1]),
])  # fmt: skip
def test_degenerate_is_nan(X, labels):
    assert np.isnan(silhouette_score(X, labels))


@pytest.mark.parametrize("X, labels", [
    ([[np.nan], [1.0], [2.0]], [0, 0, 1]),
    ([[np.inf], [1.0], [2.0]], [0, 0, 1]),
    ([1.0, 2.0, 3.0], [0, 0, 1]),
    ([[0.0], [1.0], [2.0]], [0, 1]),
    (np.empty((0, 2)), []),
])  # fmt: skip
def test_what_is_no_table_is_refused(X, labels):
    with pytest.raises(ValueError, match="must be"):
        silhouette_score(X, labels)


def test_identical_centroids_are_no_good_segments():
    ring = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert silhouette_score(np.vstack([ring, 3 * ring]), np.repeat([0, 1], 4)) < 0.2
    assert silhouette_score(np.vstack([ring, ring]), np.repeat([0, 1], 4)) < 0


@pytest.mark.parametrize("kind", ["gower", "standard"])
@pytest.mark.parametrize("seed", range(4))
def test_noise_joins_the_nearest_segment_by_mean_distance(kind, seed):
    reference = mixed(40, seed)
    if kind == "standard":
        reference = euclidean(np.nan_to_num(reference.X))
    labels = np.random.default_rng(seed).integers(-1, 3, size=40).astype(np.int32)
    given_labels, D = labels.copy(), naive_distances(reference)
    joined = join_noise(Prepared(reference), labels, 3)
    for i in range(40):
        means = [round(D[i, labels == segment].mean(), 12) for segment in range(3)]
        assert joined[i] == (labels[i] if labels[i] >= 0 else int(np.argmin(means)))
    assert labels.tolist() == given_labels.tolist()


def test_noise_does_not_join_other_noise_or_the_largest_segment():
    X = [[0.0], [0.1], [0.2], [0.3], [9.0], [10.0], [10.1], [10.2]]
    labels = np.array([0, 0, 0, 0, 1, -1, -1, -1], dtype=np.int32)
    assert join_noise(Prepared(euclidean(X)), labels, 2).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_nothing_to_join():
    all_noise = np.full(3, -1, dtype=np.int32)
    assert join_noise(Prepared(euclidean([[0.0], [1.0], [2.0]])), all_noise, 0).tolist() == [
        -1,
        -1,
        -1,
    ]
