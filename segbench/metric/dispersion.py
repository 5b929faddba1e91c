"""Indices of dispersion around centroids: Calinski-Harabasz and Davies-Bouldin."""

from __future__ import annotations

from typing import Any

import numpy as np

from segbench.contracts import Floats, Ints, Reference
from segbench.errors import Undefined
from segbench.metric.plain import as_reference, centred, nan_if_undefined


def calinski_harabasz(reference: Reference, labels: Ints, threads: int = 1) -> float:
    """Between over within variance, (B / (k - 1)) / (W / (n - k)); higher is better, 0 upwards.

    Calinski & Harabasz (1974), Communications in Statistics 3, 1-27.

    Raises:
        Undefined: fewer than 2 segments, a segment for every customer, no spread within segments,
            or Gower space.

    """
    X = centred(reference)
    sizes, centroids, within = _centroids(X, labels)
    n, k = len(labels), len(sizes)
    inside = float((within**2).sum())
    if not inside > _rounding(X):
        raise Undefined("no spread within the segments")
    between = float(sizes @ (centroids**2).sum(axis=1))
    return between / (k - 1) / (inside / (n - k))


def davies_bouldin(reference: Reference, labels: Ints, threads: int = 1) -> float:
    """Mean over segments of the worst (s_i + s_j) / d_ij; lower is better, 0 upwards.

    s_i is the mean distance to the centroid, d_ij the distance of two centroids. Davies & Bouldin
    (1979), IEEE PAMI 1, 224-227.

    Raises:
        Undefined: fewer than 2 segments, a segment for every customer, two segments with one
            centroid, or Gower space.

    """
    X = centred(reference)
    sizes, centroids, within = _centroids(X, labels)
    spread = np.bincount(labels, weights=within) / sizes
    apart = np.sqrt(((centroids[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2))
    pairs = ~np.eye(len(sizes), dtype=bool)
    if not apart[pairs].min() ** 2 > _rounding(X):
        raise Undefined("two segments have the same centroid")
    ratio = np.zeros_like(apart)
    ratio[pairs] = (spread[:, None] + spread[None, :])[pairs] / apart[pairs]
    return float(ratio.max(axis=1).mean())


def _centroids(X: Floats, labels: Ints) -> tuple[Floats, Floats, Floats]:
    """Sizes (k,), centroids (k, d), and each customer's distance to its own centroid (n,)."""
    sizes = np.bincount(labels).astype(np.float64)
    n, k = len(labels), len(sizes)
    if not 2 <= k < n:
        raise Undefined(f"needs 2 to n - 1 segments, has {k} for {n} customers")
    sums = np.column_stack([np.bincount(labels, weights=column) for column in X.T])
    centroids = sums / sizes[:, None]
    return sizes, centroids, np.sqrt(((X - centroids[labels]) ** 2).sum(axis=1))


def _rounding(X: Floats) -> float:
    """A sum of squares below this is rounding, not spread."""
    return float((X**2).sum()) * np.finfo(np.float64).eps ** 2 * len(X)


@nan_if_undefined
def calinski_harabasz_score(X: Any, labels: Any) -> float:
    """Variance ratio, as `sklearn.metrics.calinski_harabasz_score`; NaN where undefined.

    Args:
        X: (n, d) finite numbers.
        labels: (n,) labels of any kind.

    >>> calinski_harabasz_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    200.0

    """
    return calinski_harabasz(*as_reference(X, labels))


@nan_if_undefined
def davies_bouldin_score(X: Any, labels: Any) -> float:
    """Davies-Bouldin index, as `sklearn.metrics.davies_bouldin_score`; NaN where undefined.

    Args:
        X: (n, d) finite numbers.
        labels: (n,) labels of any kind.

    >>> davies_bouldin_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.1

    """
    return davies_bouldin(*as_reference(X, labels))
