"""The reference space: the same attributes of the same customers for every partition of a table.

    rank      average ranks, scaled to (0, 1): what heavy tails do not bend
    standard  z-scores
    gower     each numeric difference over the column's range, each categorical mismatch 1, averaged
              over the columns that both customers have (Gower 1971, Biometrics 27, 857-871)

Fitted once on the full table and frozen. Under rank and standard a missing value sits in the middle
of its column (rank 0.5, z-score 0); Gower leaves it out. Ordinal columns enter by level number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import rankdata

from segbench.contracts import Floats, Reference, Table
from segbench.errors import InputError

KINDS = ("rank", "standard", "gower")


def fit_reference(table: Table, spec: Mapping[str, Any]) -> Reference:
    """The declared space; `kind: null` is rank, or gower where a category is among the columns.

    Raises:
        InputError: an unknown kind or column, or a category under rank or standard.

    """
    named = spec.get("columns") or table.frame.columns
    columns = tuple(dict.fromkeys([named] if isinstance(named, str) else named))
    for column in columns:
        if column not in table.frame.columns:
            have = ", ".join(table.frame.columns)
            raise InputError("dataset.reference.columns", found=column, wanted=f"some of {have}")
    categories = [column for column in columns if column in table.categorical]
    kind = spec.get("kind") or ("gower" if categories else "rank")
    if kind not in KINDS:
        raise InputError("dataset.reference.kind", found=kind, wanted=f"one of {', '.join(KINDS)}")
    if categories and kind != "gower":
        raise InputError(
            f"dataset.reference.kind={kind}",
            found=f"the categories {', '.join(categories)} among its columns",
            wanted="numeric columns only, or gower",
        )
    return _fit(table, kind, columns)


def other_spaces(table: Table, reference: Reference) -> list[Reference]:
    """The same columns in the other kinds that apply to them (numbers only: all three)."""
    if reference.C.shape[1]:
        return []
    kinds = [kind for kind in KINDS if kind != reference.kind]
    return [_fit(table, kind, reference.columns) for kind in kinds]


def _fit(table: Table, kind: str, columns: tuple[str, ...]) -> Reference:
    numeric = [column for column in columns if column not in table.categorical]
    categories = [column for column in columns if column in table.categorical]
    X = table.frame[numeric].to_numpy(dtype=np.float64)
    C = np.empty((len(table), len(categories)), dtype=np.int32)
    for j, column in enumerate(categories):
        C[:, j] = table.frame[column].cat.codes
    # Only the range of a column that has values is defined; all-missing columns never get here.
    ranges = np.nanmax(X, axis=0, initial=-np.inf) - np.nanmin(X, axis=0, initial=np.inf)
    if kind != "gower":
        scale = _ranks if kind == "rank" else _z_scores
        X = np.column_stack([scale(column) for column in X.T])
    return Reference(kind, np.ascontiguousarray(X), C, ranges, tuple(numeric + categories))


def _ranks(column: Floats) -> Floats:
    present = ~np.isnan(column)
    out = np.full(len(column), 0.5)
    out[present] = (rankdata(column[present]) - 0.5) / present.sum()
    return out


def _z_scores(column: Floats) -> Floats:
    spread = float(np.nanstd(column))
    # Of equal values it may be rounding instead of 0; of nearly equal ones it may underflow to 0.
    if np.nanmin(column) == np.nanmax(column) or not spread:
        return np.zeros_like(column)
    centred = (column - np.nanmean(column)) / spread
    return np.where(np.isnan(centred), 0.0, centred)
