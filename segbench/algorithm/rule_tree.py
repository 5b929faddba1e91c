"""Segments that anybody can read: the leaves of a small decision tree that predicts the table.

An unsupervised (predictive clustering) tree: each split takes away as much of the squared distance
to the means as one question about one column can (Blockeel, De Raedt & Ramon 1998, ICML, 55-63).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.algorithm.checking import check_counts
from segbench.contracts import Floats, Ints, Rows

SMALLEST = 0.02
"""Share of the rows that a leaf has at least."""


class Condition(NamedTuple):
    """One answer on the way to a leaf: column `column` is at most, or else above `limit`."""

    column: int
    above: bool
    limit: float


class RuleTree(ClusterMixin, BaseEstimator):
    """The leaves of a decision tree that has the table both as input and as output.

    Args:
        n_clusters: leaves, at most.
        random_state: seed; it decides between splits that are equally good.

    Attributes:
        labels_: (n,) leaves, from left to right.
        nodes_: (nodes, 3) int: column that a node asks about (-1: a leaf), and the nodes to go to
            where it is at most the limit, and where it is above.
        limits_: (nodes,) these limits.

    >>> tree = RuleTree(2).fit([[1.0], [2.0], [8.0], [9.0]])
    >>> tree.labels_
    array([0, 0, 1, 1], dtype=int32)
    >>> tree.rules()[0]
    [Condition(column=0, above=False, limit=5.0)]

    """

    def __init__(self, n_clusters: int = 8, *, random_state: int | None = None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> RuleTree:
        """Grow the tree on X (n, d), always at the leaf where a split gains most.

        Raises:
            ValueError: fewer rows than leaves, or a missing value.

        """
        check_counts(self, "n_clusters")
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=self.n_clusters)
        smallest = len(X) if self.n_clusters == 1 else int(np.ceil(SMALLEST * len(X)))
        grown = DecisionTreeRegressor(max_leaf_nodes=max(self.n_clusters, 2),
                                      min_samples_leaf=smallest,
                                      random_state=self.random_state)  # fmt: skip
        mean = X.mean(axis=0)  # trees round to float32
        tree = grown.fit(X - mean, X - mean).tree_
        # Plain arrays: scikit-learn's own tree is not safe to load from a file.
        nodes = np.column_stack([tree.feature, tree.children_left, tree.children_right])
        self.nodes_: Rows = np.where(nodes[:, :1] < 0, -1, nodes).astype(np.intp)
        self.limits_: Floats = np.where(
            nodes[:, 0] < 0, 0.0, tree.threshold + mean[self.nodes_[:, 0]]
        )
        self.labels_: Ints = self.predict(X)
        return self

    def predict(self, X: Any) -> Ints:
        """The leaf (m,) of each row."""
        check_is_fitted(self, "nodes_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        labels = np.empty(len(X), dtype=np.int32)
        for i, conditions in enumerate(self.rules()):
            inside = np.ones(len(X), dtype=bool)
            for column, above, limit in conditions:
                inside &= (X[:, column] > limit) == above
            labels[inside] = i
        return labels

    def rules(self) -> list[list[Condition]]:
        """For each leaf, from left to right, the conditions on the way to it."""
        check_is_fitted(self, "nodes_")
        found: list[list[Condition]] = []
        waiting: list[tuple[int, list[Condition]]] = [(0, [])]
        while waiting:
            node, conditions = waiting.pop()
            column, left, right = self.nodes_[node].tolist()
            if column < 0:
                found.append(conditions)
                continue
            for child, above in ((right, True), (left, False)):
                condition = Condition(column, above, float(self.limits_[node]))
                waiting.append((child, [*conditions, condition]))
        return found
