"""From an algorithm's yaml and a set of parameters to labels.

A yaml in `conf/algorithm` declares `_target_` (a class with scikit-learn's `fit_predict`), fixed
`params`, the `search` space, and `input`: `numeric` algorithms see categories one-hot, `mixed` ones
see them as categories (codes in the last columns, named by the constructor's `categorical`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segbench.contracts import Floats, Ints, Matrix
from segbench.errors import InputError
from segbench.target import build, parameters, resolve

ONE_HOT = np.sqrt(0.5)
"""Two customers in different categories differ in two indicators: their squared distance is 1."""

NO_RULE = "no rule for new customers yet"


def without_rule(spec: Mapping[str, Any]) -> str:
    """Why an algorithm cannot give new customers their segment; empty if it can."""
    can = spec.get("assign") == "predict"
    return "" if can else f"{spec.get('name', 'the algorithm')} has {NO_RULE}"


def make(spec: Mapping[str, Any], params: Mapping[str, Any], seed: int, matrix: Matrix) -> Any:
    """Build the estimator, seeded if it takes a seed.

    Raises:
        InputError: the class is not allowed or takes no such parameter.

    """
    extra: dict[str, Any] = {}
    takes = parameters(resolve(str(spec["_target_"])))
    if "random_state" in takes:
        extra["random_state"] = seed
    if spec["input"] == "mixed":
        d = matrix.X.shape[1]
        extra["categorical"] = list(range(d, d + matrix.C.shape[1]))
    fixed = {"_target_": spec["_target_"], **(spec.get("params") or {})}
    return build({**fixed, **params}, **extra)


def design(matrix: Matrix, kind: str) -> Floats:
    """(n, m) float64 that the estimator is fitted on: X, then categories in the `kind` it reads."""
    if kind == "mixed":
        return np.hstack([matrix.X, matrix.C.astype(np.float64)])
    if kind != "numeric":
        raise InputError("algorithm.input", found=kind, wanted="numeric or mixed")
    parts = [matrix.X]
    for j, levels in enumerate(matrix.n_levels):
        # A code that was unknown when the pipeline was fitted has no indicator: all zero.
        parts.append(ONE_HOT * (matrix.C[:, [j]] == np.arange(levels)))
    return np.hstack(parts)


def fit_labels(estimator: Any, X: Floats) -> Ints:
    """Fit and return (n,) integer labels, negative for noise.

    Raises:
        ValueError: the algorithm's own, or what it returned is not one integer a row.

    """
    labels = np.asarray(estimator.fit_predict(X))
    if labels.shape != (len(X),) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"expected {len(X)} integer labels, got {labels.dtype} {labels.shape}")
    return labels.astype(np.int32)
