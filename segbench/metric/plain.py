"""What lets the metrics be called as scikit-learn's are: arrays in, a float out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from segbench.contracts import Floats, Ints, Reference
from segbench.errors import Undefined


def as_reference(X: Any, labels: Any) -> tuple[Reference, Ints]:
    """A Euclidean space around X, and labels as 0..k-1.

    Raises:
        ValueError: X is not an (n, d) array of finite numbers, or the lengths differ.

    """
    X = np.ascontiguousarray(X, dtype=np.float64)
    if X.ndim != 2 or not X.size or not np.isfinite(X).all():
        raise ValueError("X must be an (n, d) array of finite numbers, n and d at least 1")
    _, codes = np.unique(np.asarray(labels), return_inverse=True)
    if codes.shape != (len(X),):
        raise ValueError(f"labels must be ({len(X)},), as many as X has rows; found {codes.shape}")
    empty = np.empty((len(X), 0), dtype=np.int32)
    space = Reference("native", X, empty, np.ptp(X, axis=0), tuple(map(str, range(X.shape[1]))))
    return space, codes.astype(np.int32)


def nan_if_undefined(score: Callable[[Any, Any], float]) -> Callable[[Any, Any], float]:
    """Return NaN where the score is undefined; never a best value, never an exception."""

    @wraps(score)
    def wrapped(X: Any, labels: Any) -> float:
        try:
            return score(X, labels)
        except Undefined:
            return float("nan")

    return wrapped


def centred(reference: Reference) -> Floats:
    """X with the column means taken off, so that a constant added to the data changes nothing.

    Raises:
        Undefined: the space is Gower's, which has no centroids.

    """
    if reference.kind == "gower":
        raise Undefined("needs centroids, which Gower distance does not have")
    return np.asarray(reference.X - reference.X.mean(axis=0))
