"""Which segment a new customer gets.

First by exact match: whoever has the features of a training customer gets that one's segment, noise
included. Everybody else by the rule that the algorithm's yaml declares as `assign`:

    predict              the algorithm's own
    nearest_prototype    the segment whose mean is nearest
    nearest_customers    the segment of the nearest training customer

The last two stand in for algorithms that have no rule of their own; `fidelity` is the share of
customers on whom a stand-in agrees with the algorithm although it has not seen them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator

from segbench.contracts import Floats, Ints, renumbered
from segbench.errors import InputError, Undefined
from segbench.keys import Keys, row_keys

RULES = ("predict", "nearest_prototype", "nearest_customers")
FOLDS = 5


class Rule(Protocol):
    """Segments of customers, -1 for none, and how sure these are."""

    def predict(self, X: Floats) -> npt.NDArray[Any]:
        """Segments (m,)."""
        ...

    def margins(self, X: Floats, segments: Ints) -> Floats:
        """By how much (m,) the given segments lead: 1 is certain, 0 a tie, less is behind.

        Of customers without a segment the number means nothing.
        """
        ...


class OwnRule(BaseEstimator):
    """The algorithm's own `predict`, in segments.

    Its margin is the lead in probability where the algorithm has probabilities, else what is
    missing in the distance to the segment's prototype to be as far as the next one, as a share.

    Args:
        estimator: fitted.
        raw: (k,) its label of segment 0, 1, ...

    """

    def __init__(self, estimator: Any, raw: Sequence[int]) -> None:
        self.estimator = estimator
        self.raw = raw

    def predict(self, X: Floats) -> Ints:
        """Segments (m,); of a label that no training customer has, the next best segment."""
        segments = renumbered(np.asarray(self.estimator.predict(X)), self.raw)
        lost = np.flatnonzero(segments < 0)
        if len(lost) and hasattr(self.estimator, "predict_proba"):
            segments[lost] = self._shares(X[lost]).argmax(axis=1)
        elif len(lost) and hasattr(self.estimator, "transform"):
            segments[lost] = self._away(X[lost]).argmin(axis=1)
        return segments

    def margins(self, X: Floats, segments: Ints) -> Floats:
        """Margins (m,); NaN where the algorithm says neither probabilities nor distances."""
        if hasattr(self.estimator, "predict_proba"):
            return lead(self._shares(X), segments)
        if hasattr(self.estimator, "transform"):
            return nearness(self._away(X), segments)
        return np.full(len(X), np.nan)

    def _shares(self, X: Floats) -> Floats:
        """Probability (m, k) of each segment."""
        return np.asarray(self.estimator.predict_proba(X))[:, list(self.raw)]

    def _away(self, X: Floats) -> Floats:
        """Distance (m, k) to the prototype of each segment."""
        return np.asarray(self.estimator.transform(X))[:, list(self.raw)]


class NearestPrototype(BaseEstimator):
    """The segment whose mean is nearest, the first of several; nobody is noise."""

    def fit(self, X: Floats, segments: Ints) -> NearestPrototype:
        """Learn the means of segments (n,), of which there must be one."""
        k = int(segments.max()) + 1
        nobody = np.full(X.shape[1], np.inf)  # of a segment that is not among these rows
        inside = [X[segments == s] for s in range(k)]
        self.means_ = np.array([rows.mean(axis=0) if len(rows) else nobody for rows in inside])
        return self

    def predict(self, X: Floats) -> Ints:
        """Segments (m,)."""
        return self._away(X).argmin(axis=1).astype(np.int32)

    def margins(self, X: Floats, segments: Ints) -> Floats:
        """What is missing in the distance to be as far as the next mean, as a share (m,)."""
        return nearness(self._away(X), segments)

    def _away(self, X: Floats) -> Floats:
        columns = [np.sqrt(((X - mean) ** 2).sum(axis=1)) for mean in self.means_]
        return np.column_stack(columns)


class NearestCustomers(BaseEstimator):
    """The segment of the nearest training customer, noise included; the first of several.

    Where the algorithm leaves out who is far from the others (`noise`), so does the rule: whoever
    is farther from the nearest customer of a segment than any of its customers is from another. A
    segment of one has no reach.

    Args:
        noise: the algorithm labels noise.

    """

    def __init__(self, noise: bool = False) -> None:
        self.noise = noise

    def fit(self, X: Floats, segments: Ints) -> NearestCustomers:
        """Keep the customers X (n, d) and their segments (n,)."""
        self.X_, self.segments_ = X, segments
        k = int(segments.max(initial=-1)) + 1
        self.reach_ = np.full(k + 1, np.inf)
        for s in range(k if self.noise else 0):
            inside = X[segments == s]
            self.reach_[s] = 0.0
            if len(inside) > 1:
                self.reach_[s] = cKDTree(inside).query(inside, k=2)[0][:, 1].max()
        return self

    def predict(self, X: Floats) -> Ints:
        """Segments (m,)."""
        away = self._away(X)
        segments = away.argmin(axis=1)
        far = away.min(axis=1) > self.reach_[segments]
        return np.where(far | (segments == len(self.reach_) - 1), -1, segments).astype(np.int32)

    def margins(self, X: Floats, segments: Ints) -> Floats:
        """What is missing in the distance to be as far as the nearest other, as a share (m,)."""
        return nearness(self._away(X), segments)

    def _away(self, X: Floats) -> Floats:
        """Distance (m, k + 1) to the nearest customer of each segment, of the noise last."""
        columns = []
        for s in [*range(len(self.reach_) - 1), -1]:
            inside = self.X_[self.segments_ == s]
            columns.append(cKDTree(inside).query(X)[0] if len(inside) else np.full(len(X), np.inf))
        return np.column_stack(columns)


def lead(shares: Floats, segments: Ints) -> Floats:
    """By how much (m,) the share (m, k) of a segment is ahead of the best other."""
    rows = np.arange(len(shares))
    others = shares.copy()
    others[rows, segments] = 0.0
    return np.asarray(shares[rows, segments] - others.max(axis=1))


def nearness(away: Floats, segments: Ints) -> Floats:
    """1 - distance (m, k) from the own segment / from the nearest other; -1 is the last."""
    rows = np.arange(len(away))
    own, others = away[rows, segments], away.copy()
    others[rows, segments] = np.inf
    other = others.min(axis=1)
    apart = np.where(other > 0, other, 1.0)
    return np.where(other > 0, 1.0 - own / apart, np.where(own > 0, -np.inf, 0.0))


def rule_name(spec: Mapping[str, Any]) -> str:
    """Which rule an algorithm's yaml declares; one that names none has a stand-in."""
    return str(spec.get("assign") or "nearest_customers")


def rule_for(
    spec: Mapping[str, Any], estimator: Any, X: Floats, segments: Ints, raw: Sequence[int]
) -> Rule:
    """The rule that an algorithm's yaml declares.

    Args:
        spec: the yaml.
        estimator: fitted on X (n, d).
        X, segments: what it was fitted on, and what came out.
        raw: (k,) the estimator's label of segment 0, 1, ...

    Raises:
        InputError: there is no such rule.

    """
    name = rule_name(spec)
    if name == "predict":
        return OwnRule(estimator, list(raw))
    if name == "nearest_prototype" and (segments >= 0).any():
        return NearestPrototype().fit(X, segments)
    if name in RULES:
        return NearestCustomers(noise=bool(spec.get("noise"))).fit(X, segments)
    raise InputError("algorithm.assign", found=name, wanted=f"one of {', '.join(RULES)}")


def fidelity(
    spec: Mapping[str, Any], estimator: Any, X: Floats, segments: Ints, raw: Sequence[int],
    seed: int,
) -> tuple[float, int]:  # fmt: skip
    """Share of customers to whom a rule gives the segment that the algorithm gave them.

    A stand-in is made again without each fifth of the customers, which it is then asked about; of
    those who agree in all features, who have the same segment, none is left behind. The
    algorithm's own rule is asked about the customers that it was fitted on.

    Returns:
        The share, and how many customers who differ it was asked about.

    Raises:
        Undefined: there is but one kind of customer to make a stand-in from.

    """
    _, who = np.unique(row_keys(X), return_inverse=True)
    kinds = int(who.max()) + 1
    if rule_name(spec) == "predict":
        rule = rule_for(spec, estimator, X, segments, raw)
        return float((rule.predict(X) == segments).mean()), kinds
    if kinds == 1:
        raise Undefined("all customers have the same features")
    fold = np.random.default_rng(seed).permutation(kinds)[who] % FOLDS
    agreed = 0
    for i in range(FOLDS):
        rest, held = fold != i, fold == i
        if held.any():
            rule = rule_for(spec, estimator, X[rest], segments[rest], raw)
            agreed += int((rule.predict(X[held]) == segments[held]).sum())
    return agreed / len(X), kinds


@dataclass(frozen=True)
class Assigner:
    """Exact match first, then a rule.

    Attributes:
        keys: (u,) of the features of the training customers, sorted, each once.
        segments: (u,) theirs.
        rule: for everybody else.

    """

    keys: Keys
    segments: Ints
    rule: Rule

    @classmethod
    def of(cls, keys: Keys | None, segments: Ints, rule: Rule) -> Assigner:
        """From the keys (n,) and segments (n,) of training customers; None: nobody is known."""
        keys = np.empty(0, dtype=np.uint64) if keys is None else keys
        distinct, first = np.unique(keys, return_index=True)
        return cls(distinct, segments[first], rule)

    def assign(self, X: Floats, keys: Keys | None) -> Ints:
        """Segments (m,) of customers with features X (m, d)."""
        segments = np.asarray(self.rule.predict(X), dtype=np.int32)
        if keys is not None:
            known = self.knows(keys)
            segments[known] = self.segments[np.searchsorted(self.keys, keys[known])]
        return segments

    def margins(self, X: Floats, segments: Ints) -> Floats:
        """By how much (m,) the segments lead, at least 0; NaN for none or where no rule says."""
        # Whoever is known can be in a segment that the rule would not give, and bisecting k-means
        # gives segments that are not the nearest: 0.
        margins = np.maximum(self.rule.margins(X, segments), 0.0)
        return np.where(segments < 0, np.nan, margins)

    def knows(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Who has the features of a training customer (m,)."""
        return np.isin(keys, self.keys)


def by_features(keys: Keys, labels: Ints) -> Ints:
    """Labels (n,) that are a function of the features: of those who agree in them, most decide.

    The least of several labels, noise before segments.
    """
    _, who, counts = np.unique(keys, return_inverse=True, return_counts=True)
    if len(counts) == len(keys):
        return labels
    names, code = np.unique(labels, return_inverse=True)
    pairs, votes = np.unique(who.astype(np.int64) * len(names) + code, return_counts=True)
    order = np.lexsort((pairs % len(names), -votes, pairs // len(names)))
    group = pairs[order] // len(names)
    first = np.append(True, group[1:] != group[:-1])
    chosen = names[pairs[order][first] % len(names)]
    return np.asarray(chosen[who], dtype=np.int32)
