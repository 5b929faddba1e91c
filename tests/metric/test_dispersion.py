"""Indices of dispersion, against scikit-learn and loops over the definitions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import entropy, special_ortho_group
from sklearn import metrics
from spaces import customers, euclidean, gower, is_defined, mixed, mixed_customers, naive_distances

from segbench.contracts import Reference, Score
from segbench.metric import (
    ball_hall_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    entropy_score,
    medoid_dispersion_score,
    s_dbw_score,
    xie_beni_score,
)
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared
from segbench.metric.registry import INTERNAL

FEW = settings(deadline=None, max_examples=40)
PLAIN = Callable[..., float]
SCALES_WITH = {
    calinski_harabasz_score: 0,
    davies_bouldin_score: 0,
    xie_beni_score: 0,
    ball_hall_score: 2,
    medoid_dispersion_score: 1,
    entropy_score: 0,
    s_dbw_score: 0,
}
"""Each score, and the power of the scale of the data that it is multiplied by."""
ROTATES = [score for score in SCALES_WITH if score is not s_dbw_score]
HALVES = [0, 0, 0, 1, 1, 1]
DEGENERATE = [
    ([[1.0]], [0]),
    ([[0.0], [1.0]], [0, 0]),
    ([[0.0], [1.0]], [0, 1]),
    (np.arange(6.0)[:, None], [3] * 6),
    (np.arange(6.0)[:, None], range(6)),
    ([[0.1, 0.7]] * 6, HALVES),
    ([[0.1 + 1e8, 0.7 - 1e8]] * 6, HALVES),
    ([[5.0]] * 6, [0, 0, 0, 0, 0, 1]),
]
"""One customer, two, one segment, a segment per customer, and customers that all coincide."""
THREE_PLACES = np.repeat([0.1, 0.7, 1.4], 7)[:, None], np.repeat([0, 1, 2], 7)
"""Customers of a segment coincide."""


def close(value: float) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-13, nan_ok=True)


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


def in_space(key: str, reference: Reference, labels: np.ndarray, **options: object) -> Score:
    """A registered score in a space; labels are made 0..k-1."""
    codes = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    part = Labelled(Prepared(reference, **options), codes, int(codes.max()) + 1)
    return INTERNAL[key].as_score(part)


def check_names_order_offset_scale(score: PLAIN, law: int, case: tuple, power: int, seed: int):
    X, labels = case
    rng = np.random.default_rng(seed)
    value, order, names = score(X, labels), rng.permutation(len(X)), rng.permutation(5)
    assert score(X, names[labels]) == close(value)
    assert score(X, [f"segment {label}" for label in labels]) == close(value)
    assert score(X[order], labels[order]) == close(value)
    assert score(X * 2.0**power, labels) == close(value * 2.0 ** (power * law))
    fine = X * 2.0**-20  # exact after 1e8 is added
    assert score(fine + 1e8, labels) == close(score(fine, labels))
    assert score(X, labels, threads=2) == score(X, labels, threads=1) or np.isnan(value)


def check_rotation(score: PLAIN, case: tuple, seed: int):
    X, labels = case
    if X.shape[1] > 1:
        turn = special_ortho_group(X.shape[1], seed=seed).rvs()
        assert score(X @ turn, labels) == close(score(X, labels))


def naive_xie_beni(X: np.ndarray, labels: np.ndarray) -> float:
    parts = segments(X, labels)
    inside = sum(((x - part.mean(axis=0)) ** 2).sum() for part in parts for x in part)
    apart = [((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum() for a, b in combinations(parts, 2)]
    return inside / (len(X) * min(apart))


def naive_medoid_dispersion(D: np.ndarray, labels: np.ndarray) -> float:
    """From all distances."""
    own = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return sum(min(sum(D[i, j] for j in rows) for i in rows) for rows in own) / len(labels)


def naive_s_dbw(X: np.ndarray, labels: np.ndarray) -> float:
    """NaN where two segments have no customer near either centroid."""
    parts = segments(X, labels)
    spread = [np.linalg.norm(part.var(axis=0)) for part in parts]
    radius, ratios = np.sqrt(sum(spread)) / len(parts), []
    for a, b in combinations(parts, 2):
        places = (a.mean(axis=0) + b.mean(axis=0)) / 2, a.mean(axis=0), b.mean(axis=0)
        middle, *centres = (
            sum(np.linalg.norm(x - place) <= radius * (1 + 5e-10) for x in np.vstack([a, b]))
            for place in places
        )
        ratios.append(middle / max(centres) if max(centres) else np.nan)
    return np.mean(spread) / np.linalg.norm(X.var(axis=0)) + np.mean(ratios)


@FEW
@given(customers())
def test_calinski_harabasz_is_scikit_learns_or_undefined(case):
    X, labels = case
    if 2 <= len(set(labels)) < len(X) and has_spread(X, labels):
        assert calinski_harabasz_score(X, labels) == close(
            metrics.calinski_harabasz_score(X, labels)
        )
    else:
        assert np.isnan(calinski_harabasz_score(X, labels))


@FEW
@given(customers())
def test_davies_bouldin_is_scikit_learns_or_undefined(case):
    X, labels = case
    if 2 <= len(set(labels)) < len(X) and centroids_differ(X, labels):
        assert davies_bouldin_score(X, labels) == close(metrics.davies_bouldin_score(X, labels))
    else:
        assert np.isnan(davies_bouldin_score(X, labels))


@FEW
@given(customers())
def test_xie_beni_is_the_loop_or_undefined(case):
    X, labels = case
    if is_defined(X, labels) and centroids_differ(X, labels):
        assert xie_beni_score(X, labels) == close(naive_xie_beni(X, labels))
    else:
        assert np.isnan(xie_beni_score(X, labels))


@FEW
@given(customers())
def test_ball_hall_is_the_loop_or_undefined(case):
    X, labels = case
    if is_defined(X, labels):
        expected = np.mean([part.var(axis=0).sum() for part in segments(X, labels)])
        assert ball_hall_score(X, labels) == close(expected)
    else:
        assert np.isnan(ball_hall_score(X, labels))


@FEW
@given(customers())
def test_medoid_dispersion_is_the_loop_or_undefined(case):
    X, labels = case
    if is_defined(X, labels):
        expected = naive_medoid_dispersion(cdist(X, X), labels)
        assert medoid_dispersion_score(X, labels) == close(expected)
    else:
        assert np.isnan(medoid_dispersion_score(X, labels))


@FEW
@given(customers())
def test_entropy_is_scipys_or_undefined(case):
    X, labels = case
    if is_defined(X, labels):
        sizes = np.unique(labels, return_counts=True)[1]
        assert entropy_score(X, labels) == close(entropy(sizes, base=len(sizes)))
        assert 0 < entropy_score(X, labels) <= 1
    else:
        assert np.isnan(entropy_score(X, labels))


@settings(deadline=None, max_examples=150)
@given(customers())
def test_s_dbw_is_the_loop_or_undefined(case):
    X, labels = case
    if is_defined(X, labels) and has_spread(X, labels):
        assert s_dbw_score(X, labels) == close(naive_s_dbw(X, labels))
    else:
        assert np.isnan(s_dbw_score(X, labels))


@pytest.mark.parametrize("score", SCALES_WITH)
@FEW
@given(case=customers(), power=st.integers(-27, 27), seed=st.integers(0, 2**31))
def test_names_order_offset_threads_and_scale(score, case, power, seed):
    check_names_order_offset_scale(score, SCALES_WITH[score], case, power, seed)


@pytest.mark.parametrize("score", ROTATES)
@FEW
@given(case=customers(), seed=st.integers(0, 2**31))
def test_rotation_does_not_matter(score, case, seed):
    check_rotation(score, case, seed)


@pytest.mark.parametrize("score", SCALES_WITH)
@pytest.mark.parametrize("X, labels", DEGENERATE)
def test_degenerate_is_nan(score, X, labels):
    assert np.isnan(score(X, labels))


@pytest.mark.parametrize("score, expected", [
    (calinski_harabasz_score, 8.25 / 2 / 0.5),
    (davies_bouldin_score, (0.5 / 1.5 + 0.5 / 1.5 + 0.5 / 3.5) / 3),
    (xie_beni_score, 0.5 / 4 / 1.5**2),
    (ball_hall_score, 0.25 / 3),
    (medoid_dispersion_score, 0.25),
    (entropy_score, 1.5 * np.log(2) / np.log(3)),
    (s_dbw_score, 0.25 / 3 / 2.1875),
])  # fmt: skip
def test_all_segments_but_one_of_one_customer(score, expected):
    """By hand: 0 and 1 together, 2 and 4 alone."""
    assert score([[0.0], [1.0], [2.0], [4.0]], [0, 0, 1, 2]) == close(expected)


@pytest.mark.parametrize("score, expected", [
    (calinski_harabasz_score, np.nan),
    (davies_bouldin_score, 0.0),
    (xie_beni_score, 0.0),
    (ball_hall_score, 0.0),
    (medoid_dispersion_score, 0.0),
    (entropy_score, 1.0),
    (s_dbw_score, np.nan),
])  # fmt: skip
@pytest.mark.parametrize("shift", [0.0, 1e8])
def test_segments_of_copies(score, expected, shift):
    X, labels = THREE_PLACES
    assert score(X + shift, labels) == close(expected)


@pytest.mark.parametrize("score", [davies_bouldin_score, xie_beni_score])
@pytest.mark.parametrize("shift", [0.0, 1e8])
@pytest.mark.parametrize("seed", range(8))
def test_identical_centroids_even_if_they_differ_by_rounding(score, seed, shift):
    half = np.random.default_rng(seed).random((7, 2))
    X, labels = np.vstack([half, half[::-1]]) + shift, np.repeat([0, 1], 7)
    assert np.isnan(score(X, labels))
    assert calinski_harabasz_score(X, labels) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("score", [davies_bouldin_score, xie_beni_score])
@pytest.mark.parametrize("apart", [1e-6, 1e-9, 1e-11])
def test_no_defined_score_is_worse_than_the_declared_worst(score, apart):
    X = np.array([-1.0, 1.0, apart - 1.0, apart + 1.0])[:, None]
    value = score(X, [0, 0, 1, 1])
    assert np.isnan(value) or value <= INTERNAL[score.__name__.removesuffix("_score")].worst


@pytest.mark.parametrize("key", [
    "calinski_harabasz", "davies_bouldin", "xie_beni", "ball_hall", "s_dbw",
])  # fmt: skip
def test_gower_has_no_centroids(key):
    X, labels = np.arange(6.0)[:, None], np.array(HALVES)
    assert in_space(key, euclidean(X), labels).value > 0
    assert "Gower" in in_space(key, gower(X), labels).why


@FEW
@given(mixed_customers())
def test_medoids_and_entropy_in_gower_space(case):
    reference, labels = case
    D = naive_distances(reference)
    found = in_space("medoid_dispersion", reference, labels).value
    if not 2 <= len(set(labels)) < len(labels):
        assert found is None
    elif D.any():
        assert found == close(naive_medoid_dispersion(D, labels))
        assert in_space("entropy", reference, labels).value > 0
    else:
        assert found is None


@pytest.mark.parametrize("d", [1, 2, 9])
@pytest.mark.parametrize("kind", ["normal", "skewed", "grid", "halves alike"])
def test_medoids_of_large_segments(kind, d):
    rng = np.random.default_rng(d)
    X = rng.poisson(1, (700, d)) * 1.0 if kind == "grid" else rng.normal(size=(700, d))
    X = np.exp(2 * X) if kind == "skewed" else X
    X[: 350 * (kind == "halves alike")] = X[0]
    labels = rng.integers(0, 2, 700)
    D = cdist(X, X)
    expected = sum(D[np.ix_(labels == s, labels == s)].sum(axis=1).min() for s in (0, 1)) / 700
    assert medoid_dispersion_score(X, labels) == pytest.approx(expected, rel=1e-12)


def test_too_many_customers_with_missing_values_for_medoids():
    reference, labels = mixed(20), np.repeat([0, 1], 10)
    assert in_space("medoid_dispersion", reference, labels, exact=20).value > 0
    score = in_space("medoid_dispersion", reference, labels, exact=19)
    assert score.value is None and "too large" in score.why
    complete = gower(np.nan_to_num(reference.X))
    assert in_space("medoid_dispersion", complete, labels, exact=19).value > 0


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_ball_hall_beyond_floating_point_is_undefined_not_best(scale):
    X = np.arange(6.0)[:, None]
    assert np.isnan(ball_hall_score(X * scale, HALVES))
    assert medoid_dispersion_score(X * scale, HALVES) == pytest.approx(2 / 3 * scale)


@pytest.mark.parametrize("scale, shift", [(1.0, 0.0), (0.3, 0.1), (1e-3, 7.7)])
def test_s_dbw_counts_customers_on_the_radius(scale, shift):
    """By hand: variances 2, so radius 1; 3 are near each centroid, 4 near the middle."""
    X = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0])[:, None]
    labels = np.repeat([0, 1], 5)
    assert s_dbw_score(X * scale + shift, labels) == close(2 / 6 + 4 / 3)


def test_s_dbw_of_hollow_segments_is_undefined():
    """With both densities 0 the ratio is 0 / 0; as 0 it would make rings best."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    X, labels = np.vstack([ring, ring + 9]), np.repeat([0, 1], 40)
    assert np.isnan(s_dbw_score(X, labels))
    score = in_space("s_dbw", euclidean(X), labels)
    assert "no customer near" in score.why
