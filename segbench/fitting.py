"""Features and an algorithm fitted on customers: what a trial, a refit and a model are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from segbench.algorithm import design, fit_labels, make
from segbench.contracts import Floats, Ints, Matrix, Partition, Table, renumbered
from segbench.features import FeaturePipeline
from segbench.stability import some_columns

CAPACITY = 1 << 28
"""Bytes of features that are kept."""


@dataclass(frozen=True)
class Fitted:
    """A pipeline fitted on a table."""

    features: FeaturePipeline
    algorithm: Mapping[str, Any]
    estimator: Any
    partition: Partition
    X: Floats

    @classmethod
    def of(
        cls, features: FeaturePipeline, matrix: Matrix, algorithm: Mapping[str, Any],
        params: Mapping[str, Any], seed: int,
    ) -> Fitted:  # fmt: skip
        """Fit an algorithm on the matrix that fitted features gave."""
        estimator = make(algorithm, params, seed, matrix)
        X = design(matrix, algorithm["input"])
        partition = Partition.from_labels(fit_labels(estimator, X))
        return cls(features, algorithm, estimator, partition, X)

    def assign(self, table: Table) -> Ints:
        """Segments (m,) of other customers by the algorithm's own rule; -1 for none."""
        X = design(self.features.transform(table.frame), self.algorithm["input"])
        return renumbered(np.asarray(self.estimator.predict(X)), self.partition.raw)


class KeptFeatures:
    """Features fitted on draws of a table. Every parameter set is refitted on the same draws."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self._kept: dict[tuple[int, int], tuple[FeaturePipeline, Matrix]] = {}

    def fit(
        self, table: Table, seed: int, columns: float, number: tuple[int, int] | None
    ) -> tuple[FeaturePipeline, Matrix]:
        """Fit features, or return those that were fitted before.

        Args:
            table: to fit on.
            seed: by which a share of the columns is drawn.
            columns: that share.
            number: the same for the same three before; None: they are not kept.

        """
        if number in self._kept:
            return self._kept[number]
        features = FeaturePipeline(self.config, table)
        matrix = features.fit_transform(table)
        if columns < 1:
            matrix = some_columns(matrix, columns, seed)
        # A copy, because refits in other threads add to it.
        held = sum(_size(each) for _, each in self._kept.copy().values())
        if number is not None and held + _size(matrix) <= CAPACITY:
            self._kept[number] = features, matrix
        return features, matrix


def _size(matrix: Matrix) -> int:
    return matrix.X.nbytes + matrix.C.nbytes
