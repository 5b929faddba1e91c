"""The rule of thumb of marketing: quintiles of recency, frequency and monetary value, named cells.

Each customer has a score from 1 to 5 for each of the three, 5 for the most recent, most frequent
and most valuable fifth (Hughes 1994, Strategic Database Marketing; Miglautsch 2000, Journal of
Database Marketing 8, 67-72). The cells below, by which analysts usually name them, look at the
score of recency and at the mean score of frequency and monetary value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from segbench.contracts import Floats, Ints

NAMES = ("champions", "loyal", "potential loyalists", "new", "promising", "need attention",
         "about to sleep", "cannot lose", "at risk", "hibernating")  # fmt: skip
_CELLS = np.array([
    # mean of frequency and monetary value:  1  2  3  4  5
    [9, 9, 8, 8, 7],                         # recency 1: long ago
    [9, 9, 8, 8, 7],
    [6, 6, 5, 1, 1],
    [4, 2, 2, 1, 1],
    [3, 2, 2, 0, 0],                         # recency 5: lately
])  # fmt: skip


class RFMQuintiles(ClusterMixin, BaseEstimator):
    """Scores from 1 to 5 for recency, frequency and monetary value, and the cell that they give.

    Equal values have equal scores, so that fifths of counts can be of any size, or empty.

    Attributes:
        limits_: (3, 4) upper ends of the first four fifths.
        labels_: (n,) positions in `segment_names_`.
        segment_names_: of the ten cells.

    >>> X = [[1, 9, 90], [2, 7, 80], [3, 5, 60], [4, 3, 30], [5, 1, 10]]
    >>> [NAMES[label] for label in RFMQuintiles().fit_predict(X)]
    ['champions', 'loyal', 'need attention', 'hibernating', 'hibernating']

    """

    segment_names_ = NAMES

    def fit(self, X: Any, y: Any = None) -> RFMQuintiles:
        """Learn the limits of the fifths from recency, frequency, monetary value (n, 3).

        Recency is time since the last purchase: the less, the higher its score.
        """
        X = self._check(X, reset=True)
        fifths = [0.2, 0.4, 0.6, 0.8]
        self.limits_: Floats = np.quantile(X, fifths, axis=0, method="inverted_cdf").T
        self.labels_: Ints = self.predict(X)
        return self

    def scores(self, X: Any) -> npt.NDArray[np.int64]:
        """Scores (m, 3) from 1 to 5."""
        check_is_fitted(self, "limits_")
        X = self._check(X, reset=False)
        found = np.column_stack([1 + np.searchsorted(limits, x, side="left")
                                 for limits, x in zip(self.limits_, X.T, strict=True)])  # fmt: skip
        found[:, 0] = 6 - found[:, 0]
        return found

    def predict(self, X: Any) -> Ints:
        """The cell (m,) of each row."""
        recency, frequency, monetary = self.scores(X).T
        worth = (frequency + monetary + 1) // 2  # the mean, halves up
        return _CELLS[recency - 1, worth - 1].astype(np.int32)

    def _check(self, X: Any, reset: bool) -> Floats:
        X = np.asarray(validate_data(self, X, dtype=np.float64, reset=reset))
        if X.shape[1] != 3:
            raise ValueError(f"{X.shape[1]} columns; wanted recency, frequency, monetary value")
        return X
