"""Latent classes of categories and numbers; the package StepMix does the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from stepmix.stepmix import StepMix

from segbench.algorithm.checking import check_counts
from segbench.algorithm.kprototypes.encoding import UNSEEN, codes_of, levels_of, positions, split
from segbench.contracts import Floats, Ints


class LatentClasses(ClusterMixin, BaseEstimator):
    """A mixture in whose classes all columns are independent: latent class and profile analysis.

    Categories have a distribution of their own in each class, numbers a normal one, both together
    as in the location model. StepMix: Morin et al. (2025), Journal of Statistical Software 113(8).
    A category that is missing, or that `fit` did not see, is left out of the likelihood.

    Args:
        n_components: number of classes, at most: sparse ones can stay empty.
        categorical: positions of the columns of X that hold category codes.
        n_init: random starts, of which the likeliest is kept.
        max_iter: steps of the EM algorithm a start.
        abs_tol: gain in mean log-likelihood below which it has converged.
        random_state: seed.

    Attributes:
        labels_: (n,) int32, the likeliest class.
        n_iter_: steps of the start that was kept.
        weights_: (n_components,) shares of the classes.
        means_, variances_: (n_components, d) of the numbers.
        categories_, shares_: levels of each categorical column, and (n_components, levels) their
            probabilities.

    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        categorical: Sequence[int] | None = None,
        n_init: int = 5,
        max_iter: int = 1000,
        abs_tol: float = 1e-6,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.categorical = categorical
        self.n_init = n_init
        self.max_iter = max_iter
        self.abs_tol = abs_tol
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> LatentClasses:
        """Fit (n, d + c) float64; codes may be NaN.

        Raises:
            ValueError: fewer rows than classes, a missing number, or no column with a value.

        """
        check_counts(self, "n_components", "n_init", "max_iter")
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan",
                          ensure_min_samples=self.n_components)  # fmt: skip
        numbers, codes = self._split(X)
        self.categories_ = [levels_of(column) for column in codes]
        known = [j for j, levels in enumerate(self.categories_) if len(levels)]
        places = self._places(codes, len(X))[:, known]
        measurement = {}
        if len(numbers):
            measurement["numbers"] = {"model": "gaussian_diag", "n_columns": len(numbers)}
        if known:
            model = "categorical_nan" if np.isnan(places).any() else "categorical"
            measurement["categories"] = {"model": model, "n_columns": len(known)}
        if not measurement:
            raise ValueError("no column with a value")
        mixture = StepMix(
            int(self.n_components), measurement=measurement, n_init=self.n_init,
            max_iter=self.max_iter, abs_tol=self.abs_tol, random_state=self.random_state,
            verbose=0, progress_bar=0,
        ).fit(np.hstack([numbers.T, places]))  # fmt: skip
        self.n_iter_ = int(mixture.n_iter_)
        self._keep(mixture.get_parameters(), known)
        self.labels_: Ints = self.predict(X)
        return self

    def _keep(self, found: Mapping[str, Any], known: Sequence[int]) -> None:
        """The parameters of the classes: whoever loads a model needs nothing of StepMix."""
        k = self.n_components
        numbers = found["measurement"].get("numbers")
        self.weights_: Floats = found["weights"]
        self.means_: Floats = numbers["means"] if numbers else np.empty((k, 0))
        self.variances_: Floats = numbers["covariances"] if numbers else np.empty((k, 0))
        self.shares_: list[Floats] = [np.ones((k, 0)) for _ in self.categories_]
        for place, j in enumerate(known):
            categories = found["measurement"]["categories"]
            begin, size = place * categories["max_n_outcomes"], len(self.categories_[j])
            self.shares_[j] = categories["pis"][:, begin : begin + size]

    def predict(self, X: Any) -> Ints:
        """The likeliest class (m,) of each row."""
        return np.asarray(self.predict_proba(X).argmax(axis=1), dtype=np.int32)

    def predict_proba(self, X: Any) -> Floats:
        """Probability (m, n_components) of each class."""
        check_is_fitted(self, "weights_")
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        numbers, codes = self._split(X)
        with np.errstate(divide="ignore"):
            logs = np.log(self.weights_) - 0.5 * np.log(self.variances_).sum(axis=1)
        logs = np.tile(logs, (len(X), 1))
        for x, means, variances in zip(numbers, self.means_.T, self.variances_.T, strict=True):
            logs -= 0.5 * (x[:, None] - means) ** 2 / variances
        for place, shares in zip(self._places(codes, len(X)).T, self.shares_, strict=True):
            there = ~np.isnan(place)
            logs[there] += np.log(shares)[:, place[there].astype(np.intp)].T
        return np.asarray(softmax(logs, axis=1))

    def _split(self, X: Floats) -> tuple[Floats, list[npt.NDArray[Any]]]:
        """Numbers (d, n), and the values of each categorical column."""
        numbers, codes = split(
            X, positions(self.categorical, X.shape[1], getattr(self, "feature_names_in_", ()))
        )
        if np.isnan(numbers).any():
            raise ValueError("X contains NaN in a column of numbers; only codes may be missing")
        return numbers, codes

    def _places(self, codes: Sequence[npt.NDArray[Any]], n: int) -> Floats:
        """(n, c) positions of the categories among their levels, NaN where unknown.

        StepMix would take a code beyond the levels for one of the next column.
        """
        places = codes_of(codes, self.categories_, n).T
        return np.where((places < 0) | (places == UNSEEN), np.nan, places)
