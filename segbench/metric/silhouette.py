"""Silhouette (Rousseeuw 1987, J. Comput. Appl. Math. 20, 53-65).

For customer i in segment A, a = mean distance to the others in A, b = the smallest mean distance to
another segment, s = (b - a) / max(a, b); s = 0 in a segment of one. Range -1 to 1, higher is
better; the score is the mean over customers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segbench.contracts import Floats, Ints, Reference
from segbench.errors import Undefined
from segbench.metric.kernels import segment_distance_sums
from segbench.metric.plain import as_reference, nan_if_undefined

MAX_ROWS = {"gower": 30_000}
MAX_ROWS_EUCLIDEAN = 100_000


def silhouette(reference: Reference, labels: Ints, threads: int = 1) -> float:
    """Mean silhouette of labels 0..k-1 in the reference space.

    Raises:
        Undefined: fewer than 2 segments, a segment for every customer, customers that all
            coincide, or more customers than the exact score is computed for.

    """
    n, k = len(labels), int(labels.max()) + 1
    if not 2 <= k < n:
        raise Undefined(f"needs 2 to n - 1 segments, has {k} for {n} customers")
    limit = max_rows(reference)
    if n > limit:
        raise Undefined(f"too large until an estimate exists: {n} customers, exact up to {limit}")
    sums = segment_distance_sums(reference, labels, k, threads)
    if not sums.any():
        raise Undefined("all customers coincide in this space")
    return float(_samples(sums, labels, k).mean())


def max_rows(reference: Reference) -> int:
    """Customers up to which all pairs of distances are computed."""
    return MAX_ROWS.get(reference.kind, MAX_ROWS_EUCLIDEAN)


def _samples(sums: Floats, labels: Ints, k: int) -> Floats:
    """(n,) silhouette of each customer from its sums of distances (n, k)."""
    rows, sizes = np.arange(len(labels)), np.bincount(labels, minlength=k)
    own_size = sizes[labels]
    a = sums[rows, labels] / np.maximum(own_size - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    b = means.min(axis=1)
    largest = np.maximum(a, b)
    s = np.divide(b - a, largest, out=np.zeros(len(labels)), where=largest > 0)
    return np.where(own_size > 1, s, 0.0)


def join_noise(reference: Reference, labels: Ints, k: int, threads: int = 1) -> Ints:
    """Give each noise customer (-1) the segment with the smallest mean distance.

    Internal indices are scored on the result, so that leaving customers out flatters no one.
    """
    noise = np.flatnonzero(labels < 0)
    if not len(noise) or not k:
        return labels
    sums = segment_distance_sums(reference, labels, k, threads, noise)
    joined = labels.copy()
    joined[noise] = np.argmin(sums / np.bincount(labels[labels >= 0], minlength=k), axis=1)
    return joined


@nan_if_undefined
def silhouette_score(X: Any, labels: Any) -> float:
    """Mean Euclidean silhouette, as `sklearn.metrics.silhouette_score`.

    Args:
        X: (n, d) finite numbers.
        labels: (n,) labels of any kind.

    Returns:
        -1 to 1, higher is better; NaN where it is undefined (scikit-learn raises).

    >>> round(silhouette_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.8997

    """
    return silhouette(*as_reference(X, labels))
