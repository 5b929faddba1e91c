"""ICL, against normal densities in the customers' own coordinates, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from spaces import blobs

from segbench.metric import icl_score, silhouette_score

FEW = settings(deadline=None, max_examples=30)


def by_densities(X: np.ndarray, labels: np.ndarray) -> float:
    """ICL by definition, one customer at a time, with the prior in the table's coordinates."""
    n, d = X.shape
    every = np.cov(X.T, bias=True).reshape(d, d)
    total = 0.0
    segments = np.unique(labels)
    for segment in segments:
        Y = X[labels == segment]
        scatter = len(Y) * np.cov(Y.T, bias=True).reshape(d, d)
        S = (every / len(segments) ** (2 / d) + scatter) / (len(Y) + (d + 2) + d + 2)
        for x in Y:
            total += multivariate_normal(Y.mean(axis=0), S).logpdf(x) + np.log(len(Y) / n)
    parameters = len(segments) - 1 + len(segments) * (d + d * (d + 1) / 2)
    return total - parameters / 2 * np.log(n)


@pytest.mark.parametrize("seed", range(12))
def test_is_the_likelihood_of_normal_segments_over_that_of_one(seed):
    d, k = 1 + seed % 4, 2 + seed % 3
    X, labels = blobs(40, d, k, seed, apart=seed / 2.0)
    X[:, 0] *= 7.0
    gain = by_densities(X, labels) - by_densities(X, np.zeros(40))
    assert icl_score(X, labels) == pytest.approx(1 - np.exp(-2 * gain / (40 * d)), rel=1e-9)


@FEW
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_an_affine_map_changes_nothing(seed, d):
    rng = np.random.default_rng(seed)
    X, labels = blobs(30, d, 3, seed)
    shear = np.eye(d) + np.triu(rng.normal(size=(d, d)), 1)
    moved = (X @ shear) * 10.0 ** rng.integers(-3, 3, size=d) + rng.normal(size=d)
    assert icl_score(moved, labels) == pytest.approx(icl_score(X, labels), rel=1e-6, abs=1e-6)


def test_a_column_that_follows_from_others_adds_nothing():
    X, labels = blobs(60, 2, 3)
    more = np.column_stack([X, X[:, 0] - 2 * X[:, 1], np.full(60, 3.0)])
    assert icl_score(more, labels) == pytest.approx(icl_score(X, labels), rel=1e-9)


def test_segments_that_mean_nothing_are_worse_than_none():
    X, labels = blobs(300, 3, 3, apart=6.0)
    chance = np.random.default_rng(1).integers(3, size=300)
    assert icl_score(X, chance) < 0 < icl_score(X, labels)


def test_finds_stretched_segments_that_silhouette_does_not():
    """Two long parallel bands: cut across, the halves are further apart than the bands are."""
    rng = np.random.default_rng(0)
    band = np.arange(400) % 2
    X = np.column_stack(
        [rng.normal(scale=10, size=400), rng.normal(scale=0.3, size=400) + 4 * band]
    )
    across = (X[:, 0] > 0).astype(int)
    assert silhouette_score(X, across) > silhouette_score(X, band)
    assert icl_score(X, band) > icl_score(X, across)


def test_the_right_number_of_segments_scores_highest():
    X, four = blobs(400, 2, 4, apart=8.0)
    two, eight = four // 2, 2 * four + (X[:, 1] > 0)
    assert icl_score(X, four) > max(icl_score(X, two), icl_score(X, eight))


def test_copies_and_segments_of_one_have_a_finite_likelihood():
    X = np.array([[0.0, 0], [0, 0], [0, 0], [1, 2], [5, 1], [5, 2]])
    assert np.isfinite(icl_score(X, [0, 0, 0, 1, 2, 2]))
    assert np.isnan(icl_score(np.ones((5, 2)), [0, 0, 1, 1, 1]))
