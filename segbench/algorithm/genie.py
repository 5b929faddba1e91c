"""Genie; the package genieclust does the work."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import validate_data
from threadpoolctl import threadpool_limits

from segbench.algorithm.checking import check_counts
from segbench.contracts import Ints
from segbench.target import optional


class Genie(ClusterMixin, BaseEstimator):
    """Single linkage that never lets the sizes of the segments become too unequal.

    Gagolewski, Bartoszuk & Cena (2016), Information Sciences 363, 8-23.

    Args:
        n_clusters: number of segments.
        gini_threshold: of the sizes, above which the smallest is joined; 1 is single linkage.
        M: mutual reachability distances to the M-th neighbour; 0: plain ones.

    Attributes:
        labels_: (n,) int32.

    """

    def __init__(self, n_clusters: int = 2, *, gini_threshold: float = 0.3, M: int = 0) -> None:
        self.n_clusters = n_clusters
        self.gini_threshold = gini_threshold
        self.M = M

    def fit(self, X: Any, y: Any = None) -> Genie:
        """Fit (n, d) float64.

        Raises:
            ValueError: not more rows than segments and neighbours.
            NotApplicable: the package genieclust is not installed.

        """
        genieclust = optional("genieclust")
        check_counts(self, "n_clusters")
        least = max(self.n_clusters, self.M) + 1
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=least)
        # A new one each time: it knows a table by its address. With several threads ties, and any
        # table with M > 0, have other answers.
        model = genieclust.Genie(self.n_clusters, gini_threshold=self.gini_threshold, M=self.M)
        with threadpool_limits(1):
            labels = model.fit_predict(X)
        self.labels_: Ints = np.asarray(labels, dtype=np.int32)
        return self
