"""Agreement by what one labelling tells about the other, in nats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints
from segbench.metric.agreement.contingency import Contingency, Counts, contingency, of_labels
from segbench.metric.registry import external

UNSEEN = 1e-25  # a share of the sum, far below what a float can hold


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


def variation_of_information(a: Ints, b: Ints) -> float:
    """Variation of information (Meilă 2007, J. Multivar. Anal. 98, 873-895), in nats.

    H(a) + H(b) - 2 MI: what each labelling leaves unsaid of the other. A metric on partitions, from
    0 (the same partition) to log n, less is better.
    """
    table = contingency(a, b)
    if table.same:
        return 0.0
    shared, mean = _information(table)
    return max(2 * (mean - shared), 0.0)


def _information(table: Contingency) -> tuple[float, float]:
    """Mutual information of a and b, and the mean of their entropies, in nats."""

    def entropy(size: Counts, times: Counts) -> float:
        size, times = size[times > 0], times[times > 0]
        return float((times * size / table.n * np.log(table.n / size)).sum())

    by_chance = table.a_size[table.row] * table.b_size[table.column] / table.n
    shared = table.times * table.size / table.n * np.log(table.size / by_chance)
    entropies = entropy(table.a_size, table.a_times), entropy(table.b_size, table.b_times)
    return float(shared.sum()), sum(entropies) / 2


def expected_information(table: Contingency) -> float:
    """Mean of the mutual information over all labellings with these segment sizes, in nats.

    It depends on nothing but the sizes, so segments of equal size, noise above all, are computed
    once and counted as often as they occur.
    """
    a, b = _distinct(table.a_size, table.a_times), _distinct(table.b_size, table.b_times)
    return float(_expected(*a, *b, table.n))


def _distinct(size: Counts, times: Counts) -> tuple[Counts, Floats]:
    sizes, which = np.unique(size[times > 0], return_inverse=True)
    return sizes, np.bincount(which, times[times > 0]).astype(np.float64)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _expected(a: Counts, a_times: Floats, b: Counts, b_times: Floats, n: int) -> float:
    total = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            total += a_times[i] * b_times[j] * _expected_cell(a[i], b[j], n)
    return total


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _expected_cell(a: int, b: int, n: int) -> float:
    """Mean of x / n * log(n * x / (a * b)), x being the hypergeometric overlap of a and b.

    Probabilities come from the mode outwards by their ratios, so there are neither factorials,
    whose logarithms lose digits, nor the many terms that no sum would notice.
    """
    mode, apart, scale = (a + 1) * (b + 1) // (n + 2), n - a - b, n / (a * b)
    weights, total = 0.0, 0.0
    x, weight = mode, 1.0
    while weight > UNSEEN:
        weights += weight
        total += weight * x * np.log(scale * x) if x > 0 else 0.0
        weight *= (a - x) / (x + 1.0) * ((b - x) / (apart + x + 1.0))
        x += 1
    x, weight = mode, mode / (a - mode + 1.0) * ((apart + mode) / (b - mode + 1.0))
    while weight > UNSEEN:
        x -= 1
        weights += weight
        total += weight * x * np.log(scale * x) if x > 0 else 0.0
        weight *= x / (a - x + 1.0) * ((apart + x) / (b - x + 1.0))
    return total / weights / n


def adjusted_mutual_info_score(labels_true: Any, labels_pred: Any) -> float:
    """`adjusted_mutual_info` of labels of any kind, as scikit-learn's (arithmetic mean).

    >>> adjusted_mutual_info_score([0, 0, 1, 1], [1, 1, 0, 0])
    1.0
    """
    return of_labels(adjusted_mutual_info, labels_true, labels_pred)


def normalized_mutual_info_score(labels_true: Any, labels_pred: Any) -> float:
    """`normalized_mutual_info` of labels of any kind, as scikit-learn's (arithmetic mean).

    >>> normalized_mutual_info_score([0, 0, 1, 1], [0, 1, 0, 1])
    0.0
    """
    return of_labels(normalized_mutual_info, labels_true, labels_pred)


def v_measure_score(labels_true: Any, labels_pred: Any) -> float:
    """`v_measure` of labels of any kind, as scikit-learn's (beta = 1).

    >>> round(v_measure_score([0, 0, 1, 1], [0, 0, 1, 2]), 3)
    0.8
    """
    return of_labels(v_measure, labels_true, labels_pred)


def variation_of_information_score(labels_true: Any, labels_pred: Any) -> float:
    """`variation_of_information` of labels of any kind: nats, less is better.

    >>> round(variation_of_information_score([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    1.3863
    """
    return of_labels(variation_of_information, labels_true, labels_pred)
