"""k-prototypes as the package kmodes computes it: slow, and what our own is checked against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from kmodes.kmodes import KModes
from kmodes.kprototypes import KPrototypes
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.algorithm.checking import check_counts
from segbench.algorithm.kprototypes.encoding import positions, split
from segbench.contracts import Floats, Ints


class KmodesPrototypes(TransformerMixin, ClusterMixin, BaseEstimator):
    """k-prototypes of the package kmodes, behind scikit-learn's estimator interface.

    Without categories scikit-learn's k-means, without numbers the package's k-modes. A missing
    category is a level of its own; numbers may not be missing.

    Args:
        n_clusters: number of segments.
        categorical: positions of the columns of X that hold category codes.
        n_init: starts, of which the cheapest is kept.
        max_iter: iterations a start.
        random_state: seed.

    Attributes:
        labels_: (n,) int32.
        cost_: squared distances and weighed mismatches.

    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        categorical: Sequence[int] | None = None,
        n_init: int = 1,
        max_iter: int = 100,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.categorical = categorical
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> KmodesPrototypes:
        """Fit (n, d + c) float64.

        Raises:
            ValueError: fewer rows than segments, or kmodes could not initialise.

        """
        check_counts(self, "n_clusters", "n_init", "max_iter")
        numbers, codes = self._split(X, fit=True)
        starts = {"n_clusters": self.n_clusters, "n_init": self.n_init, "max_iter": self.max_iter,
                  "random_state": self.random_state}  # fmt: skip
        empty = np.empty((self.n_clusters, 0))
        self._gamma = 1.0
        if not codes.shape[1]:
            model = KMeans(**starts).fit(numbers)
            self._means, self._modes, self.cost_ = model.cluster_centers_, empty, model.inertia_
        elif not numbers.shape[1]:
            model = KModes(init="Huang", **starts).fit(codes)
            self._means, self._modes, self.cost_ = empty, model.cluster_centroids_, model.cost_
            self._means = empty[: len(self._modes)]  # fewer where no more rows differ
        else:
            d = numbers.shape[1]
            model = KPrototypes(init="Huang", **starts)
            model.fit(np.hstack([numbers, codes]), categorical=list(range(d, d + codes.shape[1])))
            centers = np.asarray(model.cluster_centroids_, dtype=np.float64)
            self._means, self._modes = centers[:, :d], centers[:, d:]
            self._gamma, self.cost_ = float(model.gamma), model.cost_
        self.cost_ = float(self.cost_)
        self.labels_: Ints = self.predict(X)
        return self

    def predict(self, X: Any) -> Ints:
        """The nearest prototype (m,) of each row, the first of several."""
        return np.asarray(self.transform(X).argmin(axis=1), dtype=np.int32)

    def transform(self, X: Any) -> Floats:
        """Distance (m, n_clusters): the root of what a row would cost at each prototype."""
        check_is_fitted(self, "_means")
        numbers, codes = self._split(X, fit=False)
        squares = ((numbers[:, None, :] - self._means) ** 2).sum(axis=2)
        return np.sqrt(squares + self._gamma * (codes[:, None, :] != self._modes).sum(axis=2))

    def _split(self, X: Any, fit: bool) -> tuple[Floats, Floats]:
        X = validate_data(self, X, dtype=np.float64, reset=fit, ensure_all_finite="allow-nan",
                          ensure_min_samples=self.n_clusters if fit else 1)  # fmt: skip
        is_category = positions(
            self.categorical, X.shape[1], getattr(self, "feature_names_in_", ())
        )
        numbers, _ = split(X, is_category)
        if np.isnan(numbers).any():
            raise ValueError("a missing number, which the package kmodes does not take")
        codes = X[:, is_category]
        return numbers.T.copy(), np.where(np.isnan(codes), -1.0, codes)
