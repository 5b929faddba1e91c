"""Agreement by pairs of customers that are together in both labellings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from segbench.contracts import Ints
from segbench.metric.agreement.contingency import Contingency, Counts, contingency, of_labels
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


def _pairs(table: Contingency) -> tuple[int, int, int]:
    """Pairs of customers that are together in both labellings, in a, in b."""

    def pairs(size: Counts, times: Counts) -> int:
        return int(np.dot(size * (size - 1), times)) // 2

    return (
        pairs(table.size, table.times),
        pairs(table.a_size, table.a_times),
        pairs(table.b_size, table.b_times),
    )


def adjusted_rand_score(labels_true: Any, labels_pred: Any) -> float:
    """`adjusted_rand` of labels of any kind, as scikit-learn's.

    >>> adjusted_rand_score(["a", "a", "b", "b"], [1, 1, 0, 0])
    1.0
    """
    return of_labels(adjusted_rand, labels_true, labels_pred)


def fowlkes_mallows_score(labels_true: Any, labels_pred: Any) -> float:
    """`fowlkes_mallows` of labels of any kind, as scikit-learn's but for labellings without pairs.

    >>> round(fowlkes_mallows_score([0, 0, 1, 1], [0, 0, 1, 2]), 3)
    0.707
    """
    return of_labels(fowlkes_mallows, labels_true, labels_pred)


def jaccard_score(labels_true: Any, labels_pred: Any) -> float:
    """`jaccard` of labels of any kind, over *pairs* of customers.

    Not `sklearn.metrics.jaccard_score`, which compares labels one by one and wants the names of the
    segments to agree.

    >>> jaccard_score([0, 0, 1, 1], [1, 1, 0, 2])
    0.5
    """
    return of_labels(jaccard, labels_true, labels_pred)
