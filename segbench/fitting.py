"""Features and an algorithm fitted on customers: what a trial, a refit and a model are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from segbench.algorithm import (
    Assigner,
    Rule,
    by_features,
    design,
    fidelity,
    fit_labels,
    make,
    rule_for,
    rule_name,
    spread_out,
)
from segbench.contracts import Floats, Ints, Matrix, Partition, Rows, Table
from segbench.features import FeaturePipeline
from segbench.stability import some_columns

CAPACITY = 1 << 28
"""Bytes of features that are kept."""


@dataclass(frozen=True)
class Fitted:
    """A pipeline fitted on a table.

    Attributes:
        partition: of all customers of the table.
        matrix, X: their features, and these as the algorithm reads them (n, m).
        rows: the customers that the algorithm was fitted on, all where it takes so many; the others
            have their segments by its assigner.

    """

    features: FeaturePipeline
    algorithm: Mapping[str, Any]
    estimator: Any
    partition: Partition
    matrix: Matrix
    X: Floats
    rows: Rows

    @classmethod
    def of(
        cls, features: FeaturePipeline, matrix: Matrix, algorithm: Mapping[str, Any],
        params: Mapping[str, Any], seed: int,
    ) -> Fitted:  # fmt: skip
        """Fit an algorithm on the matrix that fitted features gave."""
        estimator = make(algorithm, params, seed, matrix)
        X = design(matrix, algorithm["input"])
        rows = spread_out(matrix, algorithm.get("max_rows"), seed)
        labels = fit_labels(estimator, X[rows])
        if rule_name(algorithm) != "predict" and matrix.keys is not None:
            labels = by_features(matrix.keys[rows], labels)
        partition = Partition.from_labels(labels)
        fitted = cls(features, algorithm, estimator, partition, matrix, X, rows)
        return fitted if len(rows) == len(X) else fitted._with_all(partition)

    def _with_all(self, sample: Partition) -> Fitted:
        """With segments for those who are not in the sample that the algorithm was fitted on."""
        keys = self.matrix.keys
        known = None if keys is None else keys[self.rows]
        labels = Assigner.of(known, sample.labels, self._rule(sample.labels)).assign(self.X, keys)
        everyone = Partition.from_labels(labels)
        raw = tuple(sample.raw[segment] for segment in everyone.raw)
        return replace(self, partition=Partition(everyone.labels, raw))

    @cached_property
    def assigner(self) -> Assigner:
        """Who gives other customers their segment; it knows all customers of the table."""
        labels = self.partition.labels
        return Assigner.of(self.matrix.keys, labels, self._rule(labels[self.rows]))

    def _rule(self, segments: Ints) -> Rule:
        """The algorithm's rule, from the segments of those whom it was fitted on."""
        X, raw = self.X[self.rows], self.partition.raw
        return rule_for(self.algorithm, self.estimator, X, segments, raw)

    def fidelity(self, seed: int) -> tuple[float, int]:
        """How often the rule agrees with the algorithm, and on how many customers who differ.

        Raises:
            Undefined: no two differ, and the rule is a stand-in.

        """
        segments = self.partition.labels[self.rows]
        return fidelity(self.algorithm, self.estimator, self.X[self.rows], segments,
                        self.partition.raw, seed)  # fmt: skip

    def assign(self, table: Table) -> Ints:
        """Segments (m,) of other customers; -1 for none."""
        matrix = self.features.transform(table.frame)
        return self.assigner.assign(design(matrix, self.algorithm["input"]), matrix.keys)


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
