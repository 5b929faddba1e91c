"""KPrototypes and KModes with scikit-learn's estimator interface."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from numbers import Real
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from segbench.algorithm.checking import check_counts
from segbench.algorithm.kprototypes import gamma as weighing
from segbench.algorithm.kprototypes.descent import descend
from segbench.algorithm.kprototypes.encoding import Mask, codes_of, levels_of, positions, split
from segbench.algorithm.kprototypes.kernels import (
    Columns,
    Prototypes,
    distances,
    nearest,
    rounding,
    typical,
    weighted_sum,
)
from segbench.algorithm.kprototypes.starts import start
from segbench.contracts import Floats, Ints

Found = tuple[Prototypes, Ints, float, int]
"""What a start came to: prototypes, labels (n,), cost, passes."""


class KPrototypes(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """k-means on numbers and k-modes on categories, weighed by gamma.

    Huang (1998), Data Mining and Knowledge Discovery 2, 283-304. The cost of a row is its squared
    distance from the means of its segment, plus gamma for each category that is not the segment's
    mode. Each start goes to the nearest prototypes until they settle, and then on by single moves
    (Hartigan 1975, Clustering Algorithms, ch. 4), which ends at partitions that are at least as
    good. Without categories it is k-means, without numbers k-modes.

    A missing value (NaN, None) takes no part: it adds nothing to a cost, a mean or a mode (as Chi,
    Chi & Baraniuk 2016, The American Statistician 70, 91-99, for k-means). A category that `fit`
    did not see is a mismatch with every prototype.

    Args:
        n_clusters: number of segments.
        categorical: the columns of X that hold categories (numbers or strings): positions, names
            (of a DataFrame), or a mask.
        gamma: weight of a mismatch; "huang": half the mean standard deviation of the numeric
            columns; "modha_spangler": found by a search of nine starts; 1 by both where there are
            no numbers.
        init: "k-means++", "huang", "cao", "random", or (n_clusters, n_features) first prototypes.
        n_init: starts, of which the cheapest is kept; one where `init` leaves nothing to chance.
        max_iter: passes a start.
        n_jobs: starts at a time; nothing else depends on it.
        random_state: seed.

    Attributes:
        labels_: (n,) int32.
        cost_: the sum of the costs of all rows, each times its weight.
        n_iter_: passes of the start that was kept.
        gamma_: the weight that was used.
        cluster_centers_: (n_clusters, n_features) means and modes, in the columns of X.

    >>> X = [[1.0, 0], [1.2, 0], [8.0, 1], [8.1, 1]]
    >>> model = KPrototypes(2, categorical=[1], random_state=0).fit(X)
    >>> bool(model.labels_[0] == model.labels_[1] != model.labels_[2])
    True
    >>> float(round(model.cost_, 3))
    0.025

    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        categorical: Any = None,
        gamma: float | str = "huang",
        init: Any = "k-means++",
        n_init: int = 10,
        max_iter: int = 300,
        n_jobs: int = 1,
        random_state: Any = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.categorical = categorical
        self.gamma = gamma
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> KPrototypes:
        """Fit (n, d + c) numbers and categories.

        Args:
            X: array or DataFrame.
            y: not used.
            sample_weight: (n,) not negative; None is 1 each.

        Raises:
            ValueError: fewer rows with a weight than segments, an infinite number, weights beyond
                all bounds, or a parameter out of range.

        """
        self._check_parameters()
        numbers, values = self._split(X, fit=True)
        n = numbers.shape[1]
        weights = np.ones(n)
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, numbers.T, dtype=np.float64,
                                           ensure_non_negative=True)  # fmt: skip
        with np.errstate(over="ignore"):
            total = weights.sum()
        if not np.isfinite(total):
            raise ValueError("sample_weight: the sum is infinite; wanted smaller ones")
        if np.count_nonzero(weights) < self.n_clusters:
            raise ValueError(f"n_samples={np.count_nonzero(weights)} should be >= "
                             f"n_clusters={self.n_clusters}")  # fmt: skip
        self.categories_ = [levels_of(column) for column in values]
        sizes = [len(levels) for levels in self.categories_]
        columns = Columns(numbers, codes_of(values, self.categories_, n),
                          np.cumsum([0, *sizes]).astype(np.int32), weights, 1.0)  # fmt: skip
        # Far from 0 rounding would be taken for differences.
        self._offset = np.nan_to_num(typical(columns).means[0])
        columns = columns._replace(numbers=numbers - self._offset[:, None])
        self.gamma_ = self._weigh(columns)
        found = self._best(columns._replace(gamma=self.gamma_))
        (self._means, self._modes), self.labels_, self.cost_, self.n_iter_ = found
        distinct = len(np.unique(self.labels_))
        if distinct < self.n_clusters:
            warnings.warn(f"{distinct} segments, not {self.n_clusters}: no row would cost less in "
                          "one of its own", ConvergenceWarning, stacklevel=2)  # fmt: skip
        return self

    def predict(self, X: Any) -> Ints:
        """The nearest prototype (m,) of each row, the first of several."""
        columns, prototypes = self._new(X)
        labels = np.empty(len(columns.weights), dtype=np.int32)
        nearest(columns, prototypes, labels, np.empty(len(labels)))
        return labels

    def transform(self, X: Any) -> Floats:
        """Distance (m, n_clusters): the root of what a row would cost at each prototype."""
        columns, prototypes = self._new(X)
        m = len(columns.weights)
        out = np.empty((len(self._means), m))
        distances(columns, prototypes, 0, m, out)
        return np.ascontiguousarray(np.sqrt(out.T))

    @property
    def _n_features_out(self) -> int:
        return len(self._means)

    @property
    def cluster_centers_(self) -> npt.NDArray[Any]:
        """Means and modes in the columns of X; an object array where categories are no numbers."""
        check_is_fitted(self)
        is_category = self._coded
        plain = all(levels.dtype.kind in "biuf" for levels in self.categories_)
        shape = (len(self._means), self.n_features_in_)
        centers: npt.NDArray[Any] = np.empty(shape, dtype=np.float64 if plain else object)
        centers[:, ~is_category] = self._means + self._offset
        for j, levels, modes in zip(np.flatnonzero(is_category), self.categories_, self._modes.T,
                                    strict=True):  # fmt: skip
            centers[:, j] = [levels[mode] if mode >= 0 else np.nan for mode in modes]
        return centers

    def _is_category(self, p: int) -> Mask:
        """(p,) which columns hold categories."""
        return positions(self.categorical, p, getattr(self, "feature_names_in_", ()))

    def _dtype(self) -> Any:
        """What X is made into: float64 if it holds numbers only."""
        return None if self.categorical is not None and np.size(self.categorical) else np.float64

    def _check_parameters(self) -> None:
        check_counts(self, "n_clusters", "n_init", "max_iter", "n_jobs")
        weight = self.gamma
        if isinstance(weight, str):
            if weight not in ("huang", "modha_spangler"):
                raise ValueError(f"gamma={weight!r}: wanted huang, modha_spangler or a number")
        elif isinstance(weight, bool) or not isinstance(weight, Real) or not 0 <= weight < np.inf:
            raise ValueError(f"gamma={weight!r}: wanted huang, modha_spangler or a number from 0")

    def _split(self, X: Any, fit: bool) -> tuple[Floats, list[npt.NDArray[Any]]]:
        """Numbers (d, n), and the values of each categorical column."""
        if fit:
            self._reads = self._dtype()
        X = validate_data(self, X, dtype=self._reads, reset=fit, ensure_all_finite="allow-nan")
        if fit:
            self._coded = self._is_category(X.shape[1])
        return split(X, self._coded)

    def _new(self, X: Any) -> tuple[Columns, Prototypes]:
        check_is_fitted(self)
        numbers, values = self._split(X, fit=False)
        m = numbers.shape[1]
        columns = Columns(numbers - self._offset[:, None], codes_of(values, self.categories_, m),
                          np.zeros(1, dtype=np.int32), np.ones(m), self.gamma_)  # fmt: skip
        return columns, Prototypes(self._means, self._modes)

    def _weigh(self, columns: Columns) -> float:
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        if not len(columns.numbers):
            return 1.0
        if self.gamma == "modha_spangler":
            return weighing.modha_spangler(
                columns, lambda gamma: self._best(columns._replace(gamma=gamma), starts=1)[1]
            )
        return weighing.huang(columns)

    def _best(self, columns: Columns, starts: int | None = None) -> Found:
        """The cheapest start, the first of several."""
        random = check_random_state(self.random_state)
        given = not isinstance(self.init, str)
        n_init = 1 if given or self.init == "cao" else starts or self.n_init
        seeds = random.randint(np.iinfo(np.int32).max, size=n_init)
        floor = rounding(columns)

        def run(seed: int) -> Found:
            rng = np.random.default_rng(seed)
            first = (self._given(columns) if given
                     else start(self.init, columns, self.n_clusters, rng))  # fmt: skip
            labels, costs, passes = descend(columns, first, self.max_iter, floor)
            return first, labels, weighted_sum(costs, columns.weights), passes

        jobs = min(self.n_jobs, n_init)
        if jobs == 1:
            return min(map(run, seeds), key=itemgetter(2))
        with ThreadPoolExecutor(jobs) as pool:
            return min(pool.map(run, seeds), key=itemgetter(2))

    def _given(self, columns: Columns) -> Prototypes:
        """`init` as prototypes.

        Raises:
            ValueError: another shape, or a category that X does not have.

        """
        init = np.asarray(self.init)
        shape = (self.n_clusters, self.n_features_in_)
        if init.shape != shape:
            raise ValueError(f"init of shape {init.shape}: wanted {shape}")
        numbers, values = split(init, self._coded)
        codes = codes_of(values, self.categories_, self.n_clusters)
        if (codes >= np.diff(columns.start)[:, None]).any():
            raise ValueError("init has a category that X does not have")
        return Prototypes(np.ascontiguousarray((numbers - self._offset[:, None]).T),
                          np.ascontiguousarray(codes.T))  # fmt: skip


class KModes(KPrototypes):
    """k-means for categories: modes in place of means, mismatches in place of squared distances.

    Huang (1998), Data Mining and Knowledge Discovery 2, 283-304. All columns of X are categories;
    everything else is as in `KPrototypes`.

    >>> model = KModes(2, random_state=0).fit([["a", "x"], ["a", "x"], ["b", "y"], ["b", "z"]])
    >>> model.cost_
    1.0

    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: int = 10,
        max_iter: int = 300,
        n_jobs: int = 1,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_clusters, init=init, n_init=n_init, max_iter=max_iter, n_jobs=n_jobs,
                         random_state=random_state)  # fmt: skip

    def _is_category(self, p: int) -> Mask:
        return np.ones(p, dtype=bool)

    def _dtype(self) -> Any:
        return None
