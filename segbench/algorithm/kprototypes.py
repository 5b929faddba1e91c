"""k-prototypes behind scikit-learn's estimator convention; the package kmodes does the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from kmodes.kmodes import KModes
from kmodes.kprototypes import KPrototypes as _KPrototypes
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.contracts import Ints


class KPrototypes(ClusterMixin, BaseEstimator):
    """k-means on numbers and k-modes on categories, weighed by gamma.

    Huang (1998), Data Mining and Knowledge Discovery 2, 283-304. Without categories it is k-means,
    without numbers k-modes; both are then run as such.

    Args:
        n_clusters: number of segments.
        categorical: positions of the columns of X that hold category codes.
        gamma: weight of a categorical mismatch; None: half the mean standard deviation of the
            numeric columns (Huang's rule).
        n_init: starts, of which the cheapest is kept.
        max_iter: iterations a start.
        random_state: seed.

    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        categorical: Sequence[int] | None = None,
        gamma: float | None = None,
        n_init: int = 1,
        max_iter: int = 100,
        random_state: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.categorical = categorical
        self.gamma = gamma
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> KPrototypes:
        """Fit (n, d + c) float64 and set `labels_` (n,) and `cost_`.

        Raises:
            ValueError: fewer rows than segments, or kmodes could not initialise.

        """
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=self.n_clusters)
        codes = list(self.categorical or ())
        starts = {"n_clusters": self.n_clusters, "n_init": self.n_init, "max_iter": self.max_iter,
                  "random_state": self.random_state}  # fmt: skip
        if not codes:
            model = KMeans(**starts).fit(X)
            labels, self.cost_ = model.labels_, float(model.inertia_)
        elif len(codes) == X.shape[1]:
            model = KModes(init="Huang", **starts).fit(X)
            labels, self.cost_ = model.labels_, float(model.cost_)
            if labels is None:  # kmodes stops early where every distinct row is its own mode
                labels = np.unique(X, axis=0, return_inverse=True)[1].ravel()
        else:
            model = _KPrototypes(init="Huang", gamma=self.gamma, **starts)
            labels = model.fit_predict(X, categorical=codes)
            self.cost_ = float(model.cost_)
        check_is_fitted(model)
        self.labels_: Ints = np.asarray(labels, dtype=np.int32)
        return self
