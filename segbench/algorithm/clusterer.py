"""From an algorithm's yaml and a set of parameters to labels.

A yaml in `conf/algorithm` declares `_target_` (a class with scikit-learn's `fit_predict`), fixed
`params`, the `search` space, and `input`: `numeric` algorithms see categories one-hot, `mixed` ones
see them as categories (codes in the last columns, named by the constructor's `categorical`, NaN
where unknown), `rfm` ones recency, frequency and monetary value alone. `max_rows` is how many
customers it takes: of more it is fitted on a sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segbench.contracts import RFM, Floats, Ints, Matrix, Rows
from segbench.errors import InputError, NotApplicable
from segbench.target import build, parameters, resolve

INPUTS = ("numeric", "mixed", "rfm")
ONE_HOT = np.sqrt(0.5)
"""Two customers in different categories differ in two indicators: their squared distance is 1."""


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
    if kind != "mixed" and np.isnan(matrix.X).any():
        column = matrix.names[int(np.isnan(matrix.X).any(axis=0).argmax())]
        raise InputError("features", column=column, found="a missing value",
                         wanted="a pipeline that fills them, for this algorithm")  # fmt: skip
    if kind == "mixed":
        return np.hstack([matrix.X, np.where(matrix.C < 0, np.nan, matrix.C)])
    if kind == "rfm":
        if not matrix.rfm:
            raise NotApplicable(f"the algorithm needs {', '.join(RFM)} as columns of the features")
        return np.ascontiguousarray(matrix.X[:, matrix.rfm])
    return np.hstack([matrix.X, indicators(matrix)])


def indicators(matrix: Matrix) -> Floats:
    """(n, levels of all categories) one-hot; an unknown code has none: all zero."""
    parts = [np.empty((len(matrix.X), 0))]
    for j, levels in enumerate(matrix.n_levels):
        parts.append(ONE_HOT * (matrix.C[:, [j]] == np.arange(levels)))
    return np.hstack(parts)


def spread_out(matrix: Matrix, most: int | None, seed: int) -> Rows:
    """Rows of a matrix: all, or a stratified sample of `most`, in their order.

    The strata are as many, equal in size, along the first principal component of the numbers, or of
    the categories where there are no numbers; of each one row. A missing number is the mean.
    """
    n = len(matrix.X)
    if most is None or n <= most:
        return np.arange(n)
    X = matrix.X if matrix.X.shape[1] else indicators(matrix)
    known = ~np.isnan(X)
    mean = np.where(known, X, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, X - mean, 0.0)
    along = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    limits = np.linspace(0, n, most + 1).astype(np.intp)
    drawn = np.random.default_rng(seed).integers(limits[:-1], limits[1:])
    return np.sort(np.argsort(along, kind="stable")[drawn])


def fit_labels(estimator: Any, X: Floats) -> Ints:
    """Fit and return (n,) integer labels, negative for noise.

    Raises:
        ValueError: the algorithm's own, or what it returned is not one integer a row.

    """
    # A copy: some cannot read what they may not write, others might write.
    labels = np.asarray(estimator.fit_predict(X.copy()))
    if labels.shape != (len(X),) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"expected {len(X)} integer labels, got {labels.dtype} {labels.shape}")
    return labels.astype(np.int32)
