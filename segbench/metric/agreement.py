"""Agreement of two labellings of the same customers. Noise (-1) is a singleton each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from segbench.contracts import Ints


def adjusted_rand(a: Ints, b: Ints) -> float:
    """Adjusted Rand index (Hubert & Arabie 1985, J. Classification 2, 193-218).

    Args:
        a, b: (n,) integer labels from 0; a negative label is a segment of its own.

    Returns:
        1 for equal labellings, expected 0 for independent ones, as low as -0.5. Two labellings
        that both put everyone together, or everyone apart, are equal: 1.

    """
    if len(a) != len(b):
        raise ValueError(f"labellings of {len(a)} and {len(b)} customers")
    n, both = len(a), (a >= 0) & (b >= 0)
    # Pairs within a segment are all that counts, and a singleton has none: noise only adds to n.
    width = int(b.max(initial=0)) + 1
    codes = a[both].astype(np.int64) * width + b[both]
    few = (int(a.max(initial=0)) + 1) * width <= 4 * n
    together = _pairs(np.bincount(codes) if few else np.unique(codes, return_counts=True)[1])
    in_a, in_b = _pairs(np.bincount(a[a >= 0])), _pairs(np.bincount(b[b >= 0]))
    expected = in_a * in_b / _pairs(np.array([n])) if n > 1 else 0.0
    largest = (in_a + in_b) / 2
    return 1.0 if largest == expected else float((together - expected) / (largest - expected))


def _pairs(counts: npt.NDArray[Any]) -> float:
    counts = counts.astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())


def adjusted_rand_score(labels_true: Any, labels_pred: Any) -> float:
    """Adjusted Rand index, as `sklearn.metrics.adjusted_rand_score`; labels of any kind.

    >>> adjusted_rand_score(["a", "a", "b", "b"], [1, 1, 0, 0])
    1.0
    """
    return adjusted_rand(*(_codes(labels) for labels in (labels_true, labels_pred)))


def adjusted_mutual_info_score(labels_true: Any, labels_pred: Any) -> float:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010, JMLR 11), scikit-learn's own.

    >>> adjusted_mutual_info_score([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    return float(metrics.adjusted_mutual_info_score(labels_true, labels_pred))


def adjusted_mutual_info(a: Ints, b: Ints) -> float:
    """Adjusted mutual information of integer labels, each noise customer a singleton."""
    return adjusted_mutual_info_score(_singletons(a), _singletons(b))


def _singletons(labels: Ints) -> Ints:
    noise = labels < 0
    out = labels.copy()
    out[noise] = int(labels.max(initial=0)) + 1 + np.arange(noise.sum())
    return out


def _codes(labels: Any) -> Ints:
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    return np.asarray(codes, dtype=np.int32)
