"""Random groups: the floor under every leaderboard. They say nothing about anybody."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.algorithm.checking import check_counts
from segbench.contracts import Ints
from segbench.keys import row_keys


class RandomGroups(ClusterMixin, BaseEstimator):
    """Put each row into one of `n_clusters` groups by chance.

    The lot is drawn from the row's values and the seed, so that whoever has the same values gets
    the same group, now and later.

    Args:
        n_clusters: number of groups.
        random_state: seed.

    >>> sorted(set(RandomGroups(2, random_state=0).fit_predict([[float(i)] for i in range(9)])))
    [np.int32(0), np.int32(1)]

    """

    def __init__(self, n_clusters: int = 2, *, random_state: Any = None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> RandomGroups:
        """Draw `labels_` (n,).

        Raises:
            ValueError: fewer rows than groups.

        """
        check_counts(self, "n_clusters")
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan",
                          ensure_min_samples=self.n_clusters)  # fmt: skip
        random = check_random_state(self.random_state)
        self.seed_ = int(random.randint(np.iinfo(np.int64).max, dtype=np.int64))
        self.labels_: Ints = self.predict(X)
        return self

    def predict(self, X: Any) -> Ints:
        """The group (m,) of each row."""
        check_is_fitted(self, "seed_")
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        keys = row_keys(X, self.seed_)
        # The high bits: a remainder of the key itself would favour the first groups.
        high = (keys >> np.uint64(32)).astype(np.float64)
        return (high / 2.0**32 * self.n_clusters).astype(np.int32)
