"""Agreement by the best pairing of the segments of one labelling with those of the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from segbench.contracts import Floats, Ints
from segbench.errors import Undefined
from segbench.metric.agreement.contingency import Contingency, Counts, contingency, of_labels
from segbench.metric.registry import external

DENSE = 10_000  # cells up to which the solver for full tables is the faster one


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


def best_pairing(table: Contingency, weights: Floats) -> float:
    """Largest sum of weights that pairs each segment of a with at most one of b, and vice versa.

    Args:
        weights: (m,) what a pair of segments of the groups that meet is worth, at least 0.

    """
    # The noise customers that share a segment are worth the same, and it can be paired with only
    # one of them: one node stands for all. Those that are noise on both sides pair off.
    height, width = len(table.a_size) - 1, len(table.b_size) - 1
    apart = (table.row == 0) & (table.column == 0)
    rest, row, column = ~apart, table.row - 1, table.column - 1
    left = np.where(row < 0, height + column, row)[rest]
    right = np.where(column < 0, width + row, column)[rest]
    pairs = _pair(left, right, weights[rest]) if rest.any() else 0.0
    return pairs + float((weights * table.times)[apart].sum())


def _pair(left: Counts, right: Counts, weights: Floats) -> float:
    height, width = int(left.max()) + 1, int(right.max()) + 1
    if height * width <= DENSE:
        matrix = np.zeros((height, width))
        matrix[left, right] = weights
        return float(matrix[linear_sum_assignment(matrix, maximize=True)].sum())
    # The solver for sparse tables wants everyone paired and no weight of 0: everyone on the left
    # may stay with a partner of its own, and every weight is 1 more.
    partner = np.arange(width, width + height)
    ends = np.append(left, np.arange(height)), np.append(right, partner)
    graph = coo_array((np.append(weights + 1, np.ones(height)), ends)).tocsr()
    row, column = min_weight_full_bipartite_matching(graph, maximize=True)
    partner[row] = column
    return float(weights[partner[left] == right].sum())


def psi_score(labels_true: Any, labels_pred: Any) -> float:
    """`pair_sets_index` of labels of any kind.

    >>> round(psi_score([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]), 3)
    0.5
    """
    return of_labels(pair_sets_index, labels_true, labels_pred)


def normalized_clustering_accuracy_score(labels_true: Any, labels_pred: Any) -> float:
    """`normalized_clustering_accuracy` of labels of any kind; `labels_true` is the reference.

    >>> normalized_clustering_accuracy_score([0, 0, 1, 1], [0, 0, 0, 1])
    0.5
    """
    return of_labels(normalized_clustering_accuracy, labels_true, labels_pred)
