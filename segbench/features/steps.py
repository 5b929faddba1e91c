"""The few steps that scikit-learn lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.contracts import Floats


class SignedLog1p(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """sign(x) * log(1 + |x|): a logarithm that refunds and debts survive.

    >>> SignedLog1p().fit_transform([[0.0], [-1.0]]).round(3).tolist()
    [[0.0], [-0.693]]
    """

    def fit(self, X: Any, y: Any = None) -> SignedLog1p:
        """Learn the number of columns, nothing else."""
        validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        return self

    def transform(self, X: Any) -> Floats:
        """Map (n, d) float64 element by element; NaN stays NaN."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return np.asarray(np.sign(X) * np.log1p(np.abs(X)))
