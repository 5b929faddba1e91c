"""Random groups: the floor under every leaderboard. It looks at nothing but the number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from segbench.contracts import Ints


class RandomGroups(ClusterMixin, BaseEstimator):
    """Put each row into one of `n_clusters` groups by chance.

    >>> sorted(set(RandomGroups(2, random_state=0).fit_predict([[0.0]] * 9).tolist()))
    [0, 1]
    """

    def __init__(self, n_clusters: int = 2, *, random_state: int | None = None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> RandomGroups:
        """Draw `labels_` (n,), every group used.

        Raises:
            ValueError: fewer rows than groups.

        """
        n = len(X)
        if n < self.n_clusters:
            raise ValueError(f"n_samples={n} should be >= n_clusters={self.n_clusters}")
        rng = np.random.default_rng(self.random_state)
        rest = rng.integers(self.n_clusters, size=n - self.n_clusters)
        drawn = np.concatenate([np.arange(self.n_clusters), rest])
        self.labels_: Ints = rng.permutation(drawn).astype(np.int32)
        return self
