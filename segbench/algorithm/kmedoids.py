"""k-medoids by FasterPAM; the package kmedoids does the work."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.algorithm.checking import check_counts
from segbench.contracts import Floats, Ints
from segbench.target import optional


class KMedoids(TransformerMixin, ClusterMixin, BaseEstimator):
    """Segments around customers: the sum of the distances to k of them is made small.

    Schubert & Rousseeuw (2021), Information Systems 101, 101804. Memory grows with the square of
    the rows.

    Args:
        n_clusters: number of segments.
        metric: of `scipy.spatial.distance.cdist`; cityblock minds outliers less than euclidean.
        n_init: random starts, of which the best is kept.
        max_iter: passes a start.
        random_state: seed.

    Attributes:
        labels_: (n,) int32, the nearest medoid, the first of several.
        medoid_indices_: (n_clusters,) rows.
        cluster_centers_: (n_clusters, d) these rows.
        inertia_: sum of distances to the nearest medoid.
        n_iter_: passes of the best start.

    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        metric: str = "euclidean",
        n_init: int = 3,
        max_iter: int = 300,
        random_state: Any = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.metric = metric
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> KMedoids:
        """Fit (n, d) float64.

        Raises:
            ValueError: fewer rows than segments.
            NotApplicable: the package kmedoids is not installed.

        """
        kmedoids = optional("kmedoids")
        check_counts(self, "n_clusters", "n_init", "max_iter")
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=self.n_clusters)
        away = cdist(X, X, self.metric)
        random = check_random_state(self.random_state)
        # In one thread: with ties, several find other medoids of the same loss.
        starts = [
            kmedoids.fasterpam(away, int(self.n_clusters), self.max_iter, "random", seed, n_cpu=1)
            for seed in random.randint(2**31 - 1, size=self.n_init).tolist()
        ]  # fmt: skip
        best = min(starts, key=lambda found: found.loss)
        self.medoid_indices_ = np.sort(np.asarray(best.medoids, dtype=np.intp))
        self.cluster_centers_: Floats = X[self.medoid_indices_]
        self.labels_: Ints = away[:, self.medoid_indices_].argmin(axis=1).astype(np.int32)
        self.n_iter_ = int(best.n_iter)
        self.inertia_ = float(away[:, self.medoid_indices_].min(axis=1).sum())
        return self

    def predict(self, X: Any) -> Ints:
        """The nearest medoid (m,) of each row, the first of several."""
        return np.asarray(self.transform(X).argmin(axis=1), dtype=np.int32)

    def transform(self, X: Any) -> Floats:
        """Distance (m, n_clusters) to each medoid."""
        check_is_fitted(self, "cluster_centers_")
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(cdist(X, self.cluster_centers_, self.metric))
