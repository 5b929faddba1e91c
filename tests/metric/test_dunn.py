"""Dunn's index and its generalisations, against loops over all pairs."""

from __future__ import annotations

import importlib
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from spaces import customers, euclidean, gower, is_defined, mixed, mixed_customers, naive_distances
from test_dispersion import (
    DEGENERATE,
    HALVES,
    THREE_PLACES,
    check_names_order_offset_scale,
    check_rotation,
    close,
    has_spread,
    in_space,
    segments,
)

from segbench.metric import dunn_score, gdi43_score, gdi53_score

FEW = settings(deadline=None, max_examples=40)
SCORES = [dunn_score, gdi43_score, gdi53_score]
dunn = importlib.import_module("segbench.metric.dunn")


def naive_dunn(D: np.ndarray, labels: np.ndarray) -> float:
    """From all distances."""
    together = labels[:, None] == labels
    return D[~together].min() / D[together].max()


def naive_gdi(X: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """43 and 53, by one pair of segments after another."""
    parts = segments(X, labels)
    extent = max(2 * np.mean([np.linalg.norm(x - p.mean(axis=0)) for x in p]) for p in parts)
    apart, across = [], []
    for a, b in combinations(parts, 2):
        v, w = a.mean(axis=0), b.mean(axis=0)
        apart.append(np.linalg.norm(v - w))
        far = [np.linalg.norm(x - w) for x in a] + [np.linalg.norm(y - v) for y in b]
        across.append(sum(far) / (len(a) + len(b)))
    return min(apart) / extent, min(across) / extent


def table(kind: str, n: int, seed: int = 0):
    """A reference space without structure."""
    rng = np.random.default_rng(seed)
    if kind == "euclidean":
        return euclidean(rng.normal(size=(n, 3)))
    if kind == "gaps":
        return mixed(n, seed)
    codes = rng.integers(0, 3, (n, 2)) if kind == "gower with categories" else ()
    return gower(rng.normal(size=(n, 3)), codes)


KINDS = ["euclidean", "gower", "gower with categories", "gaps"]


@FEW
@given(customers())
def test_dunn_is_the_loop_or_undefined(case):
    X, labels = case
    if is_defined(X, labels) and has_spread(X, labels):
        assert dunn_score(X, labels) == close(naive_dunn(cdist(X, X), labels))
    else:
        assert np.isnan(dunn_score(X, labels))


@FEW
@given(customers())
def test_gdi_is_the_loop_or_undefined(case):
    X, labels = case
    if is_defined(X, labels) and has_spread(X, labels):
        gdi43, gdi53 = naive_gdi(X, labels)
        assert gdi43_score(X, labels) == close(gdi43)
        assert gdi53_score(X, labels) == close(gdi53)
    else:
        assert np.isnan(gdi43_score(X, labels))
        assert np.isnan(gdi53_score(X, labels))


@FEW
@given(mixed_customers())
def test_dunn_in_gower_space_is_the_loop_or_undefined(case):
    reference, labels = case
    D = naive_distances(reference)
    found = in_space("dunn", reference, labels).value
    defined = 2 <= len(set(labels)) < len(labels) and D[labels[:, None] == labels].any()
    assert found == close(naive_dunn(D, labels)) if defined else found is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("labelling", ["random", "by border", "by centre", "far apart"])
def test_dunn_of_more_than_a_block_in_any_space(kind, labelling, monkeypatch):
    monkeypatch.setattr(dunn, "ROWS", 16)
    reference = table(kind, 90)
    x = np.nan_to_num(reference.X)
    rng = np.random.default_rng(1)
    labels = {
        "random": rng.integers(0, 4, 90),
        "by border": (x[:, 0] > 0) * 2 + (x[:, 1] > 0.2),
        "by centre": np.digitize(np.abs(x[:, 0]) + np.abs(x[:, 1]), [0.8, 1.6]),
        "far apart": np.repeat([0, 1, 2], 30),
    }[labelling]
    if labelling == "far apart":
        reference.X[:, 0] = rng.random(90) + 50.0 * labels
        reference.ranges[0] = np.ptp(reference.X[:, 0])
    expected = naive_dunn(naive_distances(reference), labels)
    for threads in (1, 2, 3):
        found = in_space("dunn", reference, labels, threads=threads).value
        assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 8, 20])
def test_dunn_of_some_chunks(d):
    rng = np.random.default_rng(d)
    X, labels = rng.normal(size=(1500, d)), np.repeat([0, 0, 1], 500)
    X[1000:, 0] += 4
    assert dunn_score(X, labels) == pytest.approx(naive_dunn(cdist(X, X), labels), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS[:3])
def test_dunn_looks_at_few_pairs(kind, monkeypatch):
    """Of the pairs of two segments either side of a border, and of those within."""
    reference, looked_at = table(kind, 1200), []
    original = dunn.distances

    def counted(points, i, left, right, out):
        looked_at.append(right - left)
        original(points, i, left, right, out)

    for kernel in ("_farthest", "_nearest"):
        monkeypatch.setattr(dunn, kernel, getattr(dunn, kernel).py_func)
    monkeypatch.setattr(dunn, "distances", counted)
    labels = (reference.X[:, 0] > 0).astype(int)
    assert in_space("dunn", reference, labels).value > 0
    assert sum(looked_at) < (0.05 if kind == "euclidean" else 0.5) * 1200 * 1199 / 2


@pytest.mark.parametrize("score", SCORES)
@FEW
@given(case=customers(), power=st.integers(-27, 27), seed=st.integers(0, 2**31))
def test_names_order_offset_threads_and_scale(score, case, power, seed):
    check_names_order_offset_scale(score, 0, case, power, seed)


@pytest.mark.parametrize("score", SCORES)
@FEW
@given(case=customers(), seed=st.integers(0, 2**31))
def test_rotation_does_not_matter(score, case, seed):
    check_rotation(score, case, seed)


@FEW
@given(mixed_customers(), st.integers(0, 2**31))
def test_order_does_not_matter_in_gower_space(case, seed):
    reference, labels = case
    order = np.random.default_rng(seed).permutation(len(labels))
    turned = gower(reference.X[order], reference.C[order])
    found = in_space("dunn", turned, labels[order]).value
    expected = in_space("dunn", reference, labels).value
    assert found == (None if expected is None else close(expected))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("X, labels", DEGENERATE)
def test_degenerate_is_nan(score, X, labels):
    assert np.isnan(score(X, labels))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("shift", [0.0, 1e8])
def test_segments_of_copies_have_no_extent(score, shift):
    X, labels = THREE_PLACES
    assert np.isnan(score(X + shift, labels))


@pytest.mark.parametrize("score, expected", [
    (dunn_score, 1.0), (gdi43_score, 1.5), (gdi53_score, 4.5 / 3),
])  # fmt: skip
def test_all_segments_but_one_of_one_customer(score, expected):
    """By hand: 0 and 1 together, 2 and 4 alone; from 0, 1 to 2 and from 2 to 0.5: 2 + 1 + 1.5."""
    assert score([[0.0], [1.0], [2.0], [4.0]], [0, 0, 1, 2]) == close(expected)


@pytest.mark.parametrize("score, expected", [
    (dunn_score, 0.0), (gdi43_score, 0.0), (gdi53_score, 0.5),
])  # fmt: skip
@pytest.mark.parametrize("seed", range(4))
def test_two_copies_of_one_segment_are_badly_separated(score, expected, seed):
    half = np.random.default_rng(seed).random((7, 2))
    X, labels = np.vstack([half, half[::-1]]), np.repeat([0, 1], 7)
    assert score(X, labels) == close(expected)


@pytest.mark.parametrize("key", ["gdi43", "gdi53"])
def test_gower_has_no_centroids(key):
    X, labels = np.arange(6.0)[:, None], np.array(HALVES)
    assert in_space(key, euclidean(X), labels).value > 0
    assert "Gower" in in_space(key, gower(X), labels).why


def test_one_customer_decides():
    """By hand: an outlier widens its segment, a customer on the border joins two."""
    X = [[0.0], [1.0], [10.0], [11.0], [30.0], [1.5]]
    assert dunn_score(X[:4], [0, 0, 1, 1]) == close(9.0)
    assert dunn_score(X[:5], [0, 0, 1, 1, 1]) == close(9 / 20)
    assert dunn_score(X, [0, 0, 1, 1, 1, 1]) == close(0.5 / 28.5)


def test_too_many_customers_with_missing_values():
    reference, labels = mixed(20), np.repeat([0, 1], 10)
    assert in_space("dunn", reference, labels, exact=20).value is not None
    score = in_space("dunn", reference, labels, exact=19)
    assert score.value is None and "too large" in score.why
    complete = gower(np.nan_to_num(reference.X))
    assert in_space("dunn", complete, labels, exact=19).value is not None
