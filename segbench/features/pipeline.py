"""One feature pipeline: which columns, which steps for numbers and for categories, joined or not.

A yaml in `conf/features` declares
    columns: all | rfm          rfm takes the recency, frequency and monetary columns only
    numeric: [step, ...]        scikit-learn transformers, each {_target_, arguments}
    categorical: [step, ...]    they see level codes, NaN where missing
    joint: [step, ...]          optional: run on numbers and categories side by side
Without `joint`, categories leave as codes in `Matrix.C`, and each algorithm sees them in its way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from segbench.contracts import RFM, Floats, Ints, Matrix, Table
from segbench.errors import InputError, NotApplicable
from segbench.keys import row_keys
from segbench.target import build


class FeaturePipeline:
    """Fit on a table, apply to any table with the same columns.

    Attributes:
        numeric, categorical: input columns.
        steps: fitted scikit-learn pipelines by part (numeric, categorical, joint).

    """

    def __init__(self, spec: Mapping[str, Any], table: Table) -> None:
        self.name = str(spec["name"])
        self.numeric, self.categorical = columns_for(spec, table)
        parts = {"numeric": self.numeric, "categorical": self.categorical,
                 "joint": self.numeric + self.categorical}  # fmt: skip
        self.steps: dict[str, Pipeline] = {
            part: _pipeline(spec[part]) for part, used in parts.items() if used and spec.get(part)
        }
        self.n_levels: tuple[int, ...] = ()
        self.rfm: tuple[int, ...] = ()
        self._rfm = [table.rfm.get(part) for part in RFM]

    @classmethod
    def restore(
        cls, steps: dict[str, Pipeline], numeric: Sequence[str], categorical: Sequence[str],
        n_levels: Sequence[int], rfm: Sequence[int],
    ) -> FeaturePipeline:  # fmt: skip
        """A fitted pipeline from its parts (see `segbench.model`)."""
        self = cls.__new__(cls)
        self.name, self.steps, self.n_levels, self.rfm = "", steps, tuple(n_levels), tuple(rfm)
        self.numeric, self.categorical = tuple(numeric), tuple(categorical)
        return self

    def fit_transform(self, table: Table) -> Matrix:
        """Fit every step on the table and return its Matrix, row for row."""
        return self._apply(table.frame, fit=True)

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """Apply the fitted steps to a frame typed like the table's."""
        return self._apply(frame, fit=False)

    def _apply(self, frame: pd.DataFrame, fit: bool) -> Matrix:
        numbers = frame[list(self.numeric)].to_numpy(dtype=np.float64)
        levels = level_codes(frame, self.categorical)
        keys = row_keys(np.hstack([numbers, levels]))
        X = self._run("numeric", numbers, fit)
        codes = self._run("categorical", levels, fit)
        if "joint" in self.steps:
            X = self._run("joint", np.hstack([X, codes]), fit)
            names = tuple(f"component_{j}" for j in range(X.shape[1]))
            return Matrix(X, np.empty((len(X), 0), dtype=np.int32), names, (), keys)
        if codes.shape[1] != len(self.categorical):
            raise InputError(
                "features.categorical", found=f"steps that make {codes.shape[1]} columns of "
                f"{len(self.categorical)}", wanted="one code for each category, or joint steps",
            )  # fmt: skip
        C: Ints = codes.astype(np.int32)
        names = self._numeric_names()
        if fit:
            self.n_levels = tuple(int(column.max()) + 1 for column in C.T)
            at = [names.index(column) for column in self._rfm if column in names]
            self.rfm = tuple(at) if len(at) == len(RFM) else ()
        return Matrix(X, C, names + self.categorical, self.n_levels, keys, self.rfm)

    def _numeric_names(self) -> tuple[str, ...]:
        """What the fitted steps call the columns that they make; an attribute keeps its name."""
        if "numeric" not in self.steps:
            return self.numeric
        given = np.array(self.numeric, dtype=object)
        return tuple(map(str, self.steps["numeric"].get_feature_names_out(given)))

    def _run(self, part: str, values: Floats, fit: bool) -> Floats:
        if part not in self.steps:
            return values
        step = self.steps[part]
        out = step.fit_transform(values) if fit else step.transform(values)
        return np.ascontiguousarray(out, dtype=np.float64)


def columns_for(spec: Mapping[str, Any], table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numeric and categorical columns that the pipeline takes from the table.

    Raises:
        NotApplicable: the pipeline needs recency, frequency and monetary and the table lacks one.

    """
    if spec["columns"] == "all":
        return table.numeric + table.ordinal, table.categorical
    if spec["columns"] != "rfm":
        raise InputError("features.columns", found=spec["columns"], wanted="all or rfm")
    lacking = [part for part in RFM if part not in table.rfm]
    if lacking:
        raise NotApplicable(
            f"features={spec['name']} needs {', '.join(RFM)}; {table.name} has no "
            f"{' and no '.join(lacking)} column (declare it: dataset.rfm.{lacking[0]}=COLUMN)"
        )
    return tuple(table.rfm[part] for part in RFM), ()


def level_codes(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """(n, c) position of each category in its column's levels, NaN where missing."""
    out = np.empty((len(frame), len(columns)))
    for j, column in enumerate(columns):
        out[:, j] = frame[column].cat.codes
    out[out < 0] = np.nan
    return out


def _pipeline(steps: Sequence[Mapping[str, Any]]) -> Pipeline:
    return Pipeline([(f"{i}", build(step)) for i, step in enumerate(steps)])
