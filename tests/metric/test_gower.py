"""Sums of Gower distances without pairs, against pairs and against a double loop by definition.

What is swept and what is left to pairs is a matter of speed, so most tests choose it themselves.
"""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segbench.metric.kernels import gower, gower_sweep
from segbench.metric.kernels.distances import CHUNK, EUCLIDEAN, GAPS, GOWER, Points
from segbench.metric.kernels.gower import gower_moments, gower_sums, pairwise_sums

FEW = settings(deadline=None, max_examples=60)
ALL = 10**6


def points(X, C, kind=None) -> Points:
    """Customers whose numeric columns are divided by their ranges already."""
    X, C = np.asarray(X, dtype=np.float64), np.asarray(C, dtype=np.int32)
    gaps = np.isnan(X).any() or (C < 0).any()
    rows, codes = np.ascontiguousarray(X), np.ascontiguousarray(C.T)
    kind = kind if kind is not None else GAPS if gaps else GOWER
    return Points(np.ascontiguousarray(X.T), rows, codes, kind)


def table(n, d=3, c=3, missing=0.0, seed=0) -> Points:
    rng = np.random.default_rng(seed)
    X, C = rng.random((n, d)) ** 3, rng.integers(4, size=(n, c)).astype(np.int32)
    X[rng.random((n, d)) < missing] = np.nan
    C[rng.random((n, c)) < missing] = -1
    return points(X, C)


def labelling(n, k, seed=1) -> np.ndarray:
    """Every segment used, some noise."""
    labels = np.random.default_rng(seed).integers(-1, k, size=n).astype(np.int32)
    labels[:k] = np.arange(k)
    return labels


def naive(p: Points) -> np.ndarray:
    """(n, n) distances by definition."""
    n = len(p.rows)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            steps = [abs(x - y) for x, y in zip(p.rows[i], p.rows[j], strict=True)]
            known = [step for step in steps if not np.isnan(step)]
            both = [(a, b) for a, b in p.codes[:, [i, j]] if min(a, b) >= 0]
            known += [float(a != b) for a, b in both]
            out[i, j] = 0.0 if i == j else sum(known) / len(known) if known else 1.0
    return out


def naive_sums(p: Points, labels, k) -> np.ndarray:
    distances = naive(p)
    return np.column_stack([distances[:, labels == c].sum(axis=1) for c in range(k)])


def swept_sums(p: Points, labels, k, many=ALL, rows=None, threads=1) -> np.ndarray:
    """`gower_sums` with that many of the patterns swept, the rarest first."""

    def choose(points, patterns, asked, k):
        return np.argsort(np.argsort(np.bincount(patterns.of))) < many

    with patch.object(gower, "_worth_sweeping", choose):
        return gower_sums(p, labels, k, threads, rows)


@st.composite
def cases(draw, missing=True):
    """A small table, labels with noise, and rows to ask for (some twice).

    Few values, so that there are ties, constant columns, equal customers and, where values are
    missing, customers that have nothing or nothing in common.
    """
    n, d, c = draw(st.integers(1, 12)), draw(st.integers(0, 3)), draw(st.integers(0, 3))
    d += d + c == 0
    number = st.sampled_from([0.0, 0.1, 1 / 3, 0.7, 1.0] + [np.nan] * 3 * missing)
    code = st.integers(-missing, 2)
    X = draw(st.lists(st.lists(number, min_size=d, max_size=d), min_size=n, max_size=n))
    C = draw(st.lists(st.lists(code, min_size=c, max_size=c), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    rows = draw(st.lists(st.integers(0, n - 1), max_size=n))
    p = points(np.reshape(X, (n, d)), np.reshape(np.array(C, dtype=np.int32), (n, c)))
    return p, np.array(labels, dtype=np.int32), np.array(rows, dtype=np.intp)


@FEW
@given(cases(missing=False))
def test_complete_rows_are_the_naive_loop(case):
    p, labels, rows = case
    wanted = naive_sums(p, labels, 3)
    assert p.kind == GOWER
    np.testing.assert_allclose(swept_sums(p, labels, 3), wanted, rtol=1e-12)
    np.testing.assert_allclose(swept_sums(p, labels, 3, rows=rows), wanted[rows], rtol=1e-12)


@FEW
@given(cases(), st.integers(0, 12))
def test_however_many_patterns_are_swept_it_is_the_naive_loop(case, many):
    p, labels, rows = case
    wanted = naive_sums(p, labels, 3)
    np.testing.assert_allclose(swept_sums(p, labels, 3, many), wanted, rtol=1e-12)
    np.testing.assert_allclose(swept_sums(p, labels, 3, many, rows), wanted[rows], rtol=1e-12)
    pairs = pairwise_sums(p, labels, 3, 1, rows)
    np.testing.assert_allclose(swept_sums(p, labels, 3, many, rows), pairs, rtol=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize(("d", "c"), [(4, 0), (0, 4), (3, 2), (40, 35)])
@pytest.mark.parametrize("k", [1, 3, 8, 9, 14])
def test_columns_of_either_sort_and_any_number_of_segments(d, c, k, missing):
    p, labels = table(100, d, c, missing), labelling(100, k)
    pairs = pairwise_sums(p, labels, k, 1, np.arange(100))
    for many in (3, ALL):
        np.testing.assert_allclose(swept_sums(p, labels, k, many), pairs, rtol=1e-12)


@pytest.mark.parametrize("column", [0, 30, 31, 61, 62, 69])
def test_patterns_of_many_columns_differ_wherever_a_value_is_missing(column):
    p, labels = table(60, 35, 35), labelling(60, 3)
    X, C = p.rows, p.codes.T
    if column < 35:
        X[:20, column] = np.nan
    else:
        C[:20, column - 35] = -1
    p = points(X, C)
    pairs = pairwise_sums(p, labels, 3, 1, np.arange(60))
    assert len(gower._patterns(p).columns) == 2
    np.testing.assert_allclose(swept_sums(p, labels, 3), pairs, rtol=1e-12)


def test_customers_without_any_value():
    p = points([[0.0], [1.0], [np.nan], [np.nan], [np.nan]], [[0], [1], [-1], [-1], [-1]])
    labels = np.array([0, 0, 0, 1, -1], dtype=np.int32)
    wanted = [[2.0, 1.0], [2.0, 1.0], [2.0, 1.0], [3.0, 0.0], [3.0, 1.0]]
    for many in range(3):
        assert swept_sums(p, labels, 2, many).tolist() == wanted


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_among_its_equals_a_customer_gets_exactly_0(missing):
    p = table(7, 5, 5, missing, seed=3)
    segments = np.repeat(np.arange(7), 50)
    copies = np.random.default_rng(0).permutation(segments)
    whole = points(p.rows[copies], p.codes.T[copies])
    for many in (1, 3, ALL):
        sums = swept_sums(whole, copies.astype(np.int32), 7, many)
        assert sums[np.arange(350), copies].tolist() == [0.0] * 350
        assert (np.sort(sums, axis=1)[:, 1] > 0).all()


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_an_outlier_costs_no_digits(missing):
    rng = np.random.default_rng(0)
    X = 0.5 + rng.integers(100, size=(400, 2)) * 2.0**-50
    X[0] = 0.0, 1.0
    X[1:][rng.random((399, 2)) < missing] = np.nan
    p, labels = points(X, np.empty((400, 0))), np.repeat([0, 1], [1, 399]).astype(np.int32)
    pairs = pairwise_sums(p, labels, 2, 1, np.arange(400))
    np.testing.assert_allclose(swept_sums(p, labels, 2), pairs, rtol=1e-10)


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_a_bit(missing, threads):
    p, labels = table(1500, missing=missing), labelling(1500, 5)
    with patch.object(gower_sweep, "MANY", 0):
        for many in (5, ALL):
            one = swept_sums(p, labels, 5, many)
            assert one.tobytes() == swept_sums(p, labels, 5, many, threads=threads).tobytes()
    assert gower_moments(p) == gower_moments(p, threads)


def test_the_order_of_complete_rows_does_not_change_a_bit():
    p, labels, order = table(500), labelling(500, 5), np.random.default_rng(2).permutation(500)
    p.rows[:, 0] = np.round(p.rows[:, 0], 1)  # ties
    p = points(p.rows, p.codes.T)
    shuffled = swept_sums(p.take(order), labels[order], 5)
    assert shuffled.tobytes() == swept_sums(p, labels, 5)[order].tobytes()


def test_the_order_of_rows_with_gaps_changes_rounding_alone():
    p, labels, order = table(500, missing=0.2), labelling(500, 5), np.arange(500)[::-1]
    shuffled = gower_sums(p.take(order), labels[order], 5)
    np.testing.assert_allclose(shuffled, gower_sums(p, labels, 5)[order], rtol=1e-12)


def swept_share(p: Points, rows) -> float:
    """Share of the customers whose patterns are swept by choice."""
    asked = np.zeros(len(p.rows), dtype=bool)
    asked[rows] = True
    patterns = gower._patterns(p)
    return float(gower._worth_sweeping(p, patterns, asked, 5)[patterns.of].mean())


def test_what_is_swept_is_a_matter_of_how_much_there_is_to_do():
    everyone, gaps = np.arange(3000), table(3000, 6, 6, 0.05)
    assert swept_share(table(3000), everyone) == 1.0
    assert swept_share(table(3000), everyone[:2]) == 0.0
    assert 0.5 < swept_share(gaps, everyone) < 1.0  # the frequent patterns
    assert swept_share(gaps, everyone[:2]) == 0.0
    assert swept_share(table(3000, 20, 20, 0.5), everyone) == 0.0  # all patterns differ


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_what_is_chosen_agrees_with_pairs(missing):
    p, labels = table(3000, 6, 6, missing), labelling(3000, 5)
    for rows in (np.arange(3000), np.array([2999, 5, 5]), np.empty(0, dtype=np.intp)):
        pairs = pairwise_sums(p, labels, 5, 1, rows)
        np.testing.assert_allclose(gower_sums(p, labels, 5, 1, rows), pairs, rtol=1e-12)


def test_euclidean_points_are_taken_by_pairs():
    X = np.random.default_rng(0).random((300, 4))
    p, labels = points(X, np.empty((300, 0)), EUCLIDEAN), labelling(300, 3)
    wanted = np.sqrt(((X[:, None] - X) ** 2).sum(axis=2))
    wanted = np.column_stack([wanted[:, labels == c].sum(axis=1) for c in range(3)])
    np.testing.assert_allclose(swept_sums(p, labels, 3), wanted, rtol=1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n", [1, 2, 63, 65, 130])
def test_moments_are_the_naive_loop(n, missing):
    p = table(n, missing=missing)
    upper = naive(p)[np.triu_indices(n, 1)]
    np.testing.assert_allclose(gower_moments(p), [upper.sum(), (upper**2).sum()], rtol=1e-12)


def test_moments_across_chunks():
    n = CHUNK + 70
    p = points(np.linspace(0, 1, n)[:, None], np.empty((n, 0)))
    upper = np.abs(p.rows - p.rows.T)[np.triu_indices(n, 1)]
    np.testing.assert_allclose(gower_moments(p), [upper.sum(), (upper**2).sum()], rtol=1e-12)
