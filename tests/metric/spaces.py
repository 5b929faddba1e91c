"""Customers, spaces and partitions that the tests of metrics share, and distances by definition."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from segbench.contracts import Reference
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared

NONE = np.empty((0, 0), dtype=np.int32)
GRID = st.integers(-20, 20).map(float)


def euclidean(X) -> Reference:
    X = np.asarray(X, dtype=np.float64)
    empty = np.empty((len(X), 0), dtype=np.int32)
    ranges = np.ptp(X, axis=0) if len(X) else np.zeros(X.shape[1])
    return Reference("standard", X, empty, ranges, tuple(map(str, range(X.shape[1]))))


def gower(X, C=NONE) -> Reference:
    X = np.asarray(X, dtype=np.float64)
    C = np.asarray(C, dtype=np.int32) if len(C) else np.empty((len(X), 0), dtype=np.int32)
    ranges = np.nanmax(X, axis=0, initial=-np.inf) - np.nanmin(X, axis=0, initial=np.inf)
    return Reference("gower", X, C, ranges, tuple(map(str, range(X.shape[1] + C.shape[1]))))


def mixed(n: int, seed: int = 0) -> Reference:
    """Mixed customers with gaps, one constant column, no customer without any value."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=n), rng.integers(5, size=n), np.full(n, 7.0)])
    X[rng.random((n, 3)) < 0.2] = np.nan
    C = rng.integers(-1, 3, size=(n, 2))
    C[:, 0] = np.maximum(C[:, 0], 0)
    return gower(X, C)


def naive_distances(reference: Reference) -> np.ndarray:
    """(n, n) distances by definition, one pair and one column at a time."""
    n = len(reference)
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if reference.kind != "gower":
                out[i, j] = np.sqrt(sum((reference.X[i] - reference.X[j]) ** 2))
            elif i != j:
                out[i, j] = _gower_pair(reference, i, j)
    return out


def _gower_pair(reference: Reference, i: int, j: int) -> float:
    parts = [
        abs(x - y) / width if width > 0 else 0.0
        for x, y, width in zip(reference.X[i], reference.X[j], reference.ranges, strict=True)
        if not (np.isnan(x) or np.isnan(y))
    ]
    parts += [
        float(a != b)
        for a, b in zip(reference.C[i], reference.C[j], strict=True)
        if a >= 0 and b >= 0
    ]
    return sum(parts) / len(parts) if parts else 1.0


@st.composite
def mixed_customers(draw) -> tuple[Reference, np.ndarray]:
    """A small Gower table with gaps, and labels with noise; every customer has one value."""
    n = draw(st.integers(2, 12))
    number = st.one_of(st.just(np.nan), st.integers(-3, 3).map(float))
    X = draw(st.lists(st.tuples(number, number), min_size=n, max_size=n))
    code = st.tuples(st.integers(0, 2), st.integers(-1, 1))
    C = draw(st.lists(code, min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    X = np.array(X)
    X[:, np.isnan(X).all(axis=0)] = 0.0
    return gower(X, C), np.array(labels, dtype=np.int32)


@st.composite
def customers(draw) -> tuple[np.ndarray, np.ndarray]:
    """Points on a grid (sums are exact) and labels, degenerate ones among them."""
    n, d = draw(st.integers(2, 20)), draw(st.integers(1, 3))
    X = draw(st.lists(st.lists(GRID, min_size=d, max_size=d), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    return np.array(X), np.array(labels)


def is_defined(X: np.ndarray, labels: np.ndarray) -> bool:
    return 2 <= len(set(labels)) < len(labels) and bool((X[0] != X).any())


def blobs(n: int, d: int, k: int = 3, seed: int = 0, apart: float = 3.0) -> tuple:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % k)
    X = rng.normal(size=(n, d))
    X[:, 0] += apart * labels
    return X, labels


@st.composite
def lattices(draw) -> tuple[np.ndarray, np.ndarray]:
    """Customers on a small lattice, with ties and duplicates, and labels."""
    n, d = draw(st.integers(4, 16)), draw(st.integers(1, 3))
    X = draw(st.lists(st.lists(st.integers(0, 4), min_size=d, max_size=d), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return np.array(X, dtype=np.float64), np.array(labels)


@st.composite
def mixed_partitions(draw) -> Labelled:
    """Gower customers, with gaps or without, and labels."""
    n, gaps = draw(st.integers(4, 14)), draw(st.booleans())
    whole = st.integers(-3, 3).map(float)
    number = st.one_of(st.just(np.nan), whole) if gaps else whole
    X = np.array(draw(st.lists(st.tuples(number, number), min_size=n, max_size=n)))
    code = st.tuples(st.integers(-1 if gaps else 0, 1))
    C = np.array(draw(st.lists(code, min_size=n, max_size=n)), np.int32)
    X[:, np.isnan(X).all(axis=0)] = 0.0
    ranges = np.full(2, 8.0)  # a power of two, so that no rounding unties what is tied
    space = Prepared(Reference("gower", X, C, ranges, ("a", "b", "c")))
    labels = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    _, codes = np.unique(labels, return_inverse=True)
    return Labelled(space, codes.astype(np.int32), int(codes.max()) + 1)
