"""Agreement by the company that each customer keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from segbench.contracts import Ints
from segbench.metric.agreement.contingency import contingency, of_labels


def element_centric_similarity(a: Ints, b: Ints) -> float:
    """Element-centric similarity (Gates, Wood, Hetrick & Ahn 2019, Scientific Reports 9, 8574).

    For a customer of segments A and B: 1 less half the sum over all customers of the difference
    between the shares of its personalised PageRank in A and in B, over the damping factor. In
    partitions, whose segments do not overlap, that is |A and B| / max(|A|, |B|) with any damping
    factor; the mean over all customers is the score. Above 0, to 1 (the same partition). It needs
    no model of chance, and is not skewed by the sizes or the number of the segments.
    """
    table = contingency(a, b)
    larger = np.maximum(table.a_size[table.row], table.b_size[table.column])
    return float((table.times * table.size**2 / larger).sum() / table.n)


def element_centric_similarity_score(labels_true: Any, labels_pred: Any) -> float:
    """`element_centric_similarity` of labels of any kind.

    >>> element_centric_similarity_score([0, 0, 1, 1], [0, 1, 0, 1])
    0.5
    """
    return of_labels(element_centric_similarity, labels_true, labels_pred)
