"""Scores of a partition: the registry, and what may be imported by name.

A metric is one function in a file of its family and one line in `INTERNAL`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from segbench.contracts import Floats, Ints, Outcomes, Partition, Reference, Score
from segbench.errors import Undefined
from segbench.metric.agreement import (
    adjusted_mutual_info,
    adjusted_mutual_info_score,
    adjusted_rand,
    adjusted_rand_score,
)
from segbench.metric.dispersion import (
    calinski_harabasz,
    calinski_harabasz_score,
    davies_bouldin,
    davies_bouldin_score,
)
from segbench.metric.future import epsilon_squared, epsilon_squared_interval
from segbench.metric.silhouette import join_noise, max_rows, silhouette, silhouette_score

__all__ = [
    "INTERNAL",
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "calinski_harabasz_score",
    "davies_bouldin_score",
    "score_outcomes",
    "score_partition",
    "silhouette_score",
]


@dataclass(frozen=True)
class Internal:
    """A score of labels 0..k-1 in a reference space.

    Attributes:
        score: (reference, labels, threads) -> float; raises Undefined.
        maximize: whether more is better.
        worst: a finite value that no defined score falls below (above, if less is better), which
            a tuner is told where the score is undefined.
        coverage: multiplied by the share of customers that have a segment, where positive.

    """

    score: Callable[[Reference, Ints, int], float]
    maximize: bool
    worst: float
    coverage: bool = False
    version: int = 1


INTERNAL: dict[str, Internal] = {
    "quality": Internal(silhouette, maximize=True, worst=-1.0, coverage=True),
    "silhouette": Internal(silhouette, maximize=True, worst=-1.0),
    "calinski_harabasz": Internal(calinski_harabasz, maximize=True, worst=0.0),
    "davies_bouldin": Internal(davies_bouldin, maximize=False, worst=1e16),
}


def score_partition(
    reference: Reference, partition: Partition, names: Iterable[str], threads: int = 1
) -> dict[str, Score]:
    """Internal scores by name; noise joins its nearest segment first.

    A score without a value is `undefined` with the reason, never an exception.
    """
    if partition.noise and len(reference) > max_rows(reference):
        why = "too large until an estimate exists: noise cannot be joined to its nearest segment"
        return {name: Score.undefined(why, reference.kind) for name in names}
    labels = join_noise(reference, partition.labels, partition.k, threads)
    cache: dict[Callable[[Reference, Ints, int], float], float | str] = {}
    scores = {}
    for name in names:
        metric = INTERNAL[name]
        if metric.score not in cache:
            cache[metric.score] = _value(metric, reference, labels, partition.k, threads)
        found = cache[metric.score]
        if isinstance(found, str):
            scores[name] = Score.undefined(found, reference.kind)
        else:
            # A bad silhouette must not be improved by leaving customers out.
            covered = metric.coverage and found > 0
            value = found * partition.coverage if covered else found
            scores[name] = Score(value, space=reference.kind, version=metric.version)
    return scores


def _value(
    metric: Internal, reference: Reference, labels: Ints, k: int, threads: int
) -> float | str:
    if k < 2:
        return f"needs at least 2 segments, has {k}"
    try:
        value = metric.score(reference, labels, threads)
    except Undefined as why:
        return str(why)
    return value if np.isfinite(value) else f"overflowed to {value}"


def score_outcomes(partition: Partition, outcomes: Outcomes, seed: int) -> dict[str, Score]:
    """What only the finished partition may be judged by: known labels and the future.

    With several reference columns the best agreement counts; customers without a reference label
    are left out.
    """
    scores: dict[str, Score] = {}
    if outcomes.reference:
        for name, agree in (("ari", adjusted_rand), ("ami", adjusted_mutual_info)):
            scores[name] = _best_agreement(agree, partition, outcomes)
    if outcomes.future is not None:
        scores["future_eta2"] = _future(partition, outcomes.future, seed)
    return scores


def _best_agreement(
    agree: Callable[[Ints, Ints], float], partition: Partition, outcomes: Outcomes
) -> Score:
    values = []
    for truth in outcomes.reference.values():
        known = [i for i, label in enumerate(truth) if label is not None]
        levels = {label: code for code, label in enumerate(sorted({truth[i] for i in known}))}
        if len(levels) > 1:
            codes = Partition.from_labels([levels[truth[i]] for i in known]).labels
            values.append(agree(codes, partition.labels[known]))
    if not values:
        return Score.undefined("no reference column has two labels")
    return Score(max(values))


def _future(partition: Partition, future: Floats, seed: int) -> Score:
    values = np.sign(future) * np.log1p(np.abs(future))
    try:
        value = epsilon_squared(values, partition.labels)
    except Undefined as why:
        return Score.undefined(str(why))
    low, high = epsilon_squared_interval(values, partition.labels, seed)
    return Score(value, low, high)
