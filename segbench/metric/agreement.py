"""Agreement of two labellings of the same customers, whatever their segments are called.

Functions on (n,) int32 labels come first: each customer with a negative label is noise and a
segment of its own. Those named `..._score` take scikit-learn's arguments, labels of any kind: a
negative number is a label like any other there, and a score without a value is NaN. Labellings
that are the same partition agree with 1 by definition, also where a formula gives 0/0 (one
segment, n segments, one customer). Without customers every score is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from segbench.contracts import Ints
from segbench.errors import Undefined
from segbench.metric.contingency import (
    Contingency,
    Counts,
    best_pairing,
    codes,
    contingency,
    expected_information,
)
from segbench.metric.registry import external


@external(
    "ari", formula="(pairs together in both - expected) / (mean of pairs in each - expected)",
    paper="Hubert & Arabie (1985), J. Classification 2, 193-218", low=-0.5,
)  # fmt: skip
def adjusted_rand(a: Ints, b: Ints) -> float:
    """Adjusted Rand index (Hubert & Arabie 1985, J. Classification 2, 193-218).

    From -0.5 to 1 (the same partition); expected 0 for independent labellings. Worked out in whole
    numbers, so it is the float nearest to the true value. Noise adds to n only.
    """
    table = contingency(a, b)
    both, first, second = _pairs(table)
    every, chance = math.comb(table.n, 2), first * second
    largest = (first + second) * every - 2 * chance
    return 2 * (both * every - chance) / largest if largest else 1.0


@external(
    "fowlkes_mallows",
    formula="pairs together in both / sqrt(pairs in the one * pairs in the other)",
    paper="Fowlkes & Mallows (1983), J. Am. Stat. Assoc. 78, 553-569",
)  # fmt: skip
def fowlkes_mallows(a: Ints, b: Ints) -> float:
    """Geometric mean of the shares of pairs kept (Fowlkes & Mallows 1983, JASA 78, 553-569).

    Pairs of customers that are together in both labellings, over sqrt(pairs in a * pairs in b).
    From 0 to 1 (the same partition); not corrected for chance. Noise is in no pair. Two labellings
    without any pair are the same partition: 1, where scikit-learn says 0.
    """
    table = contingency(a, b)
    both, first, second = _pairs(table)
    return both / math.sqrt(first * second) if both else float(table.same)


@external(
    "jaccard", formula="pairs together in both / pairs together in either",
    paper="Ben-Hur, Elisseeff & Guyon (2002), Pacific Symposium on Biocomputing 7, 6-17",
)  # fmt: skip
def jaccard(a: Ints, b: Ints) -> float:
    """Jaccard index of the sets of pairs: together in both over together in either.

    TP / (TP + FP + FN), as Ben-Hur, Elisseeff & Guyon (2002, Pac. Symp. Biocomput. 7, 6-17) compare
    partitions. From 0 to 1 (the same partition); not corrected for chance. Noise is in no pair.
    """
    table = contingency(a, b)
    if table.same:
        return 1.0
    both, first, second = _pairs(table)
    return both / (first + second - both)


@external(
    "ami", formula="(MI - E[MI]) / (mean of the two entropies - E[MI])",
    paper="Vinh, Epps & Bailey (2010), J. Mach. Learn. Res. 11, 2837-2854", low=-1.0,
)  # fmt: skip
def adjusted_mutual_info(a: Ints, b: Ints) -> float:
    """Adjusted mutual information (Vinh, Epps & Bailey 2010, JMLR 11, 2837-2854).

    (MI - E) / (mean entropy - E) with E, the mean of MI over labellings with the same sizes, exact.
    1 for the same partition, expected 0 for independent ones, less for worse than chance; 0 if one
    labelling has one segment or n, because its MI can have one value only.
    """
    table = contingency(a, b)
    if table.same:
        return 1.0
    if any(k in (1, table.n) for k in table.segments):
        return 0.0
    shared, mean = _information(table)
    expected = expected_information(table)
    return (shared - expected) / (mean - expected)


@external(
    "nmi", formula="MI / mean of the two entropies",
    paper="Strehl & Ghosh (2002), J. Mach. Learn. Res. 3, 583-617; arithmetic mean",
)  # fmt: skip
def normalized_mutual_info(a: Ints, b: Ints) -> float:
    """Mutual information over the mean of the two entropies (NMI-sum of Vinh et al. 2010).

    From 0 (independent) to 1 (the same partition). Not corrected for chance: it grows with the
    number of segments, noise included.
    """
    table = contingency(a, b)
    if table.same:
        return 1.0
    shared, mean = _information(table)
    return max(shared / mean, 0.0)


@external(
    "v_measure", formula="harmonic mean of homogeneity and completeness (the same number as nmi)",
    paper="Rosenberg & Hirschberg (2007), EMNLP-CoNLL, 410-420",
)  # fmt: skip
def v_measure(a: Ints, b: Ints) -> float:
    """Harmonic mean of homogeneity and completeness (Rosenberg & Hirschberg 2007, EMNLP, 410-420).

    The same number as `normalized_mutual_info`: MI over one entropy is the homogeneity, over the
    other the completeness, and 2hc / (h + c) is MI over their mean. From 0 to 1 (best).
    """
    return normalized_mutual_info(a, b)


@external(
    "psi", formula="(S - E) / (max(k) - E), 0 if negative; S sum over optimally paired segments of "
    "shared / larger size, E its expectation",
    paper="Rezaei & Franti (2016), IEEE Trans. Knowl. Data Eng. 28, 2173-2186",
)  # fmt: skip
def pair_sets_index(a: Ints, b: Ints) -> float:
    """Pair sets index (Rezaei & Fränti 2016, IEEE TKDE 28(8), 2173-2186, eq. 18).

    Segments are paired one to one so that the sum S of shared / size of the larger is greatest
    (exactly, not greedily); (S - E) / (max(k) - E), E being S by chance if segments are paired by
    rank of size. From 0 (no better than chance; negative values count as 0) to 1 (the same
    partition). Every segment weighs the same, so noise costs much: each customer adds 1 to the
    number of segments, and is worth 1 if it is noise in both labellings, 1 / size if its segment
    takes it for want of a better partner, 0 otherwise.
    """
    table = contingency(a, b)
    if table.same:
        return 1.0
    larger = np.maximum(table.a_size[table.row], table.b_size[table.column])
    score = best_pairing(table, table.size / larger)
    first, second = (
        np.sort(np.repeat(size, times))[::-1]
        for size, times in ((table.a_size, table.a_times), (table.b_size, table.b_times))
    )
    few = min(table.segments)
    chance = float(np.minimum(first[:few], second[:few]).sum()) / table.n
    return max((score - chance) / (max(table.segments) - chance), 0.0)


@external(
    "nca",
    formula="(sum of recalls under the best one-to-one pairing - 1) / (k of the reference - 1)",
    paper="Gagolewski (2025), J. Classification 42, 2-30", low=-1.0,
    undefined="no customers; a reference of one segment",
)  # fmt: skip
def normalized_clustering_accuracy(a: Ints, b: Ints) -> float:
    """Normalised clustering accuracy (Gagolewski 2025, J. Classification 42, 2-30); asymmetric.

    Segments are paired one to one so that the mean share R of a reference segment that its partner
    holds is greatest; (R - 1/k) / (1 - 1/k), k being the number of reference segments. 1 for the
    same partition, 0 for reference segments spread evenly over k others. The paper wants k segments
    on both sides. With fewer, the reference segments left over count as missed, with more, the
    customers in those left over: then the value can be negative, above -1 / (k - 1).

    A noise customer of b is missed, unless a reference segment takes it for want of a better
    partner. One of the reference is a reference segment that weighs as much as any other, and it
    may well have no partner: leave those customers out first.

    Args:
        a: the reference.
        b: the partition to judge.

    Raises:
        Undefined: the reference has fewer than 2 segments.

    """
    table = contingency(a, b)
    k = table.segments[0]
    if k < 2:
        raise Undefined("the reference has only one segment")
    if table.same:
        return 1.0
    return (best_pairing(table, table.size / table.a_size[table.row]) - 1) / (k - 1)


def _pairs(table: Contingency) -> tuple[int, int, int]:
    """Pairs of customers that are together in both labellings, in a, in b."""

    def pairs(size: Counts, times: Counts) -> int:
        return int(np.dot(size * (size - 1), times)) // 2

    return (
        pairs(table.size, table.times),
        pairs(table.a_size, table.a_times),
        pairs(table.b_size, table.b_times),
    )


def _information(table: Contingency) -> tuple[float, float]:
    """Mutual information of a and b, and the mean of their entropies, in nats."""

    def entropy(size: Counts, times: Counts) -> float:
        size, times = size[times > 0], times[times > 0]
        return float((times * size / table.n * np.log(table.n / size)).sum())

    by_chance = table.a_size[table.row] * table.b_size[table.column] / table.n
    shared = table.times * table.size / table.n * np.log(table.size / by_chance)
    entropies = entropy(table.a_size, table.a_times), entropy(table.b_size, table.b_times)
    return float(shared.sum()), sum(entropies) / 2


def adjusted_rand_score(labels_true: Any, labels_pred: Any) -> float:
    """`adjusted_rand` of labels of any kind, as scikit-learn's.

    >>> adjusted_rand_score(["a", "a", "b", "b"], [1, 1, 0, 0])
    1.0
    """
    return _score(adjusted_rand, labels_true, labels_pred)


def adjusted_mutual_info_score(labels_true: Any, labels_pred: Any) -> float:
    """`adjusted_mutual_info` of labels of any kind, as scikit-learn's (arithmetic mean).

    >>> adjusted_mutual_info_score([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    return _score(adjusted_mutual_info, labels_true, labels_pred)


def normalized_mutual_info_score(labels_true: Any, labels_pred: Any) -> float:
    """`normalized_mutual_info` of labels of any kind, as scikit-learn's (arithmetic mean).

    >>> normalized_mutual_info_score([0, 0, 1, 1], [0, 1, 0, 1])
    0.0
    """
    return _score(normalized_mutual_info, labels_true, labels_pred)


def v_measure_score(labels_true: Any, labels_pred: Any) -> float:
    """`v_measure` of labels of any kind, as scikit-learn's (beta = 1).

    >>> round(v_measure_score([0, 0, 1, 1], [0, 0, 1, 2]), 3)
    0.8
    """
    return _score(v_measure, labels_true, labels_pred)


def fowlkes_mallows_score(labels_true: Any, labels_pred: Any) -> float:
    """`fowlkes_mallows` of labels of any kind, as scikit-learn's but for labellings without pairs.

    >>> round(fowlkes_mallows_score([0, 0, 1, 1], [0, 0, 1, 2]), 3)
    0.707
    """
    return _score(fowlkes_mallows, labels_true, labels_pred)


def jaccard_score(labels_true: Any, labels_pred: Any) -> float:
    """`jaccard` of labels of any kind, over *pairs* of customers.

    Not `sklearn.metrics.jaccard_score`, which compares labels one by one and wants the names of the
    segments to agree.

    >>> jaccard_score([0, 0, 1, 1], [1, 1, 0, 2])
    0.5
    """
    return _score(jaccard, labels_true, labels_pred)


def psi_score(labels_true: Any, labels_pred: Any) -> float:
    """`pair_sets_index` of labels of any kind.

    >>> round(psi_score([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]), 3)
    0.5
    """
    return _score(pair_sets_index, labels_true, labels_pred)


def normalized_clustering_accuracy_score(labels_true: Any, labels_pred: Any) -> float:
    """`normalized_clustering_accuracy` of labels of any kind; `labels_true` is the reference.

    >>> normalized_clustering_accuracy_score([0, 0, 1, 1], [0, 0, 0, 1])
    0.5
    """
    return _score(normalized_clustering_accuracy, labels_true, labels_pred)


def _score(agree: Callable[[Ints, Ints], float], labels_true: Any, labels_pred: Any) -> float:
    try:
        return agree(codes(labels_true, "labels_true"), codes(labels_pred, "labels_pred"))
    except Undefined:
        return float("nan")
