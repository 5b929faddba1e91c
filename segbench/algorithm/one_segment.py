"""One segment for everybody: what no segmentation costs, and what each must be worth more than."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.contracts import Ints


class OneSegment(ClusterMixin, BaseEstimator):
    """All rows in one segment.

    >>> OneSegment().fit_predict([[1.0], [2.0]])
    array([0, 0], dtype=int32)
    """

    def fit(self, X: Any, y: Any = None) -> OneSegment:
        """Set `labels_` (n,) to 0."""
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        self.labels_: Ints = np.zeros(len(X), dtype=np.int32)
        return self

    def predict(self, X: Any) -> Ints:
        """0 for each row (m,)."""
        check_is_fitted(self, "labels_")
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.zeros(len(X), dtype=np.int32)
