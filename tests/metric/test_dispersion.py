"""Calinski-Harabasz and Davies-Bouldin, against scikit-learn; where they are undefined."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from test_kernels import euclidean, gower
from test_silhouette import customers

from segbench.errors import Undefined
from segbench.metric import INTERNAL, calinski_harabasz_score, davies_bouldin_score
from segbench.metric.dispersion import calinski_harabasz, davies_bouldin

FEW = settings(deadline=None, max_examples=40)
SCORES = [calinski_harabasz_score, davies_bouldin_score]
HALVES = [0, 0, 0, 1, 1, 1]


def segments(X: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    return [X[labels == label] for label in np.unique(labels)]


def has_spread(X: np.ndarray, labels: np.ndarray) -> bool:
    return any((part != part[0]).any() for part in segments(X, labels))


def centroids_differ(X: np.ndarray, labels: np.ndarray) -> bool:
    """Exact on a grid: sums are compared crosswise instead of divided."""
    return all(
        (a.sum(axis=0) * len(b) != b.sum(axis=0) * len(a)).any()
        for a, b in combinations(segments(X, labels), 2)
    )


@FEW
@given(customers())
def test_calinski_harabasz_is_scikit_learns_or_undefined(case):
    X, labels = case
    if 2 <= len(set(labels)) < len(X) and has_spread(X, labels):
        expected = metrics.calinski_harabasz_score(X, labels)
        assert calinski_harabasz_score(X, labels) == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(calinski_harabasz_score(X, labels))


@FEW
@given(customers())
def test_davies_bouldin_is_scikit_learns_or_undefined(case):
    X, labels = case
    if 2 <= len(set(labels)) < len(X) and centroids_differ(X, labels):
        expected = metrics.davies_bouldin_score(X, labels)
        assert davies_bouldin_score(X, labels) == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(davies_bouldin_score(X, labels))


@pytest.mark.parametrize("score", SCORES)
@FEW
@given(
    case=customers(),
    names=st.permutations(range(5)),
    power=st.integers(-20, 20),
    random=st.randoms(),
)
def test_names_order_offset_and_scale_do_not_matter(score, case, names, power, random):
    X, labels = case
    expected = pytest.approx(score(X, labels), rel=1e-9, abs=1e-9, nan_ok=True)
    order = random.sample(range(len(X)), len(X))
    assert score(X, np.array(names)[labels]) == expected
    assert score(X[order], labels[order]) == expected
    assert score(X + 1e8, labels) == expected  # exact on a grid
    assert score(X * 2.0**power, labels) == expected


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("X, labels", [
    ([[1.0]], [0]),
    (np.arange(6.0)[:, None], [3] * 6),
    (np.arange(6.0)[:, None], range(6)),
    ([[0.1, 0.7]] * 6, HALVES),
    ([[0.1 + 1e8, 0.7 - 1e8]] * 6, HALVES),
])  # fmt: skip
def test_degenerate_is_nan(score, X, labels):
    assert np.isnan(score(X, labels))


@pytest.mark.parametrize("shift", [0.0, 1e8])
@pytest.mark.parametrize("seed", range(8))
def test_identical_centroids_even_if_they_differ_by_rounding(seed, shift):
    half = np.random.default_rng(seed).random((7, 2))
    X, labels = np.vstack([half, half[::-1]]) + shift, np.repeat([0, 1], 7)
    assert np.isnan(davies_bouldin_score(X, labels))
    assert calinski_harabasz_score(X, labels) == pytest.approx(0.0, abs=1e-12)


def test_segments_of_copies_have_no_calinski_harabasz():
    X = np.repeat([0.1, 0.7, 1.3], 7)[:, None]
    assert np.isnan(calinski_harabasz_score(X, np.repeat([0, 1, 2], 7)))


@pytest.mark.parametrize("score", [calinski_harabasz, davies_bouldin])
def test_gower_has_no_centroids(score):
    labels = np.array(HALVES, dtype=np.int32)
    assert score(euclidean(np.arange(6.0)[:, None]), labels) > 0
    with pytest.raises(Undefined, match="Gower"):
        score(gower(np.arange(6.0)[:, None]), labels)


@pytest.mark.parametrize("apart", [1e-6, 1e-11])
def test_no_defined_davies_bouldin_is_worse_than_the_declared_worst(apart):
    X = np.array([-1.0, 1.0, apart - 1.0, apart + 1.0])[:, None]
    score = davies_bouldin_score(X, [0, 0, 1, 1])
    assert np.isnan(score) or score <= INTERNAL["davies_bouldin"].worst
