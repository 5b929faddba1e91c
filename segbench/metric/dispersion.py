"""Indices of centroids and sizes: dispersion within segments and between them, in O(n k)."""

from __future__ import annotations

import numpy as np

from segbench.errors import Undefined
from segbench.metric.labelled import Labelled
from segbench.metric.registry import internal, plain

CLOSEST = 1e-16
"""Squared distance of centroids over mean squared distance to the centroid, below which two
segments count as having one centroid."""
BEZDEK = "Bezdek & Pal (1998), IEEE Trans. Syst. Man Cybern. B 28, 301-315"
NO_SPREAD = "fewer than 2 or n segments; no spread within segments; Gower space"


@internal(
    "calinski_harabasz", maximize=True, low=0.0, high=None,
    formula="(B / (k - 1)) / (W / (n - k)), B and W sums of squares between and within segments",
    paper="Calinski & Harabasz (1974), Communications in Statistics 3, 1-27",
    undefined="fewer than 2 or n segments; no spread within segments; Gower space",
)  # fmt: skip
def calinski_harabasz(part: Labelled) -> float:
    """Variance ratio, as `sklearn.metrics.calinski_harabasz_score`: 0 upwards, higher is better.

    Undefined for fewer than 2 segments, a segment per customer, and no spread within segments.

    >>> calinski_harabasz_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    200.0

    """
    inside = part.scatter.sum()
    if not inside:
        raise Undefined("no spread within the segments")
    middle = part.sizes @ part.centroids / len(part)
    between = float(part.sizes @ ((part.centroids - middle) ** 2).sum(axis=1))
    return between / (part.k - 1) / (float(inside) / (len(part) - part.k))


@internal(
    "davies_bouldin", maximize=False, low=0.0, high=None,
    formula="mean over segments of max over others of (s_i + s_j) / d_ij; s mean distance to the "
    "centroid, d distance of centroids",
    paper="Davies & Bouldin (1979), IEEE PAMI 1, 224-227",
    undefined="fewer than 2 or n segments; two segments with one centroid; Gower space",
)  # fmt: skip
def davies_bouldin(part: Labelled) -> float:
    """Davies-Bouldin, as `sklearn.metrics.davies_bouldin_score`: 0 upwards, lower is better.

    Undefined for fewer than 2 segments, a segment per customer, and two with the same centroid.

    >>> davies_bouldin_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.1

    """
    spread = np.bincount(part.labels, weights=part.to_centroid, minlength=part.k) / part.sizes
    apart = part.between_centroids + np.diag(np.full(part.k, np.inf))
    return float(((spread[:, None] + spread[None, :]) / apart).max(axis=1).mean())


@internal(
    "xie_beni", maximize=False, low=0.0, high=None,
    formula="W / (n min d_ij^2), W sum of squared distances to the own centroid, d distance of "
    "centroids (clusterCrit calls this Ray_Turi; its Xie_Beni has the least squared distance of "
    "customers of different segments for d^2)",
    paper="Xie & Beni (1991), IEEE PAMI 13, 841-847, for crisp memberships",
    undefined="fewer than 2 or n segments; two segments with one centroid; Gower space",
)  # fmt: skip
def xie_beni(part: Labelled) -> float:
    """Crisp Xie-Beni index: 0 (all customers are at their centroid) upwards, lower is better.

    Undefined for fewer than 2 segments, a segment per customer, and two with the same centroid.

    >>> xie_beni_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.0025

    """
    inside = float(part.scatter.sum()) / len(part)
    apart = float((part.between_centroids + np.diag(np.full(part.k, np.inf))).min()) ** 2
    if not apart > CLOSEST * inside:
        raise Undefined("two segments have the same centroid")
    return inside / apart


@internal(
    "ball_hall", maximize=False, low=0.0, high=None, power=2,
    formula="mean over segments of the mean squared distance to the centroid, in squared units of "
    "the space (some packages divide the sum over all customers by k instead)",
    paper="Ball & Hall (1965), ISODATA, Stanford Research Institute; as a mean over segments in "
    "Desgraupes (2017), Clustering Indices, the vignette of clusterCrit",
    undefined="fewer than 2 or n segments; all customers coincide; Gower space",
)  # fmt: skip
def ball_hall(part: Labelled) -> float:
    """Ball-Hall index: 0 (all customers are at their centroid) upwards, lower is better.

    It grows with the square of the scale and falls with k, so it compares partitions of one space
    with equally many segments. Undefined for fewer than 2 segments and a segment per customer.

    >>> ball_hall_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.25

    """
    mean = float((part.scatter / part.sizes).mean())
    return part.space.in_own_units(mean, 2)


@internal(
    "gdi43", maximize=True, low=0.0, high=None,
    formula="least distance of two centroids / greatest of twice the mean distance to the centroid",
    paper=f"{BEZDEK}: delta_4 and Delta_3", undefined=NO_SPREAD,
)  # fmt: skip
def gdi43(part: Labelled) -> float:
    """Generalised Dunn index 43, of distances to centroids alone: 0 upwards, higher is better.

    Undefined for fewer than 2 segments, a segment per customer, and no spread within segments.

    >>> gdi43_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    10.0

    """
    c, extent = part.centroids, _extent(part)
    apart = [np.sqrt(((c[i + 1 :] - c[i]) ** 2).sum(axis=1)).min() for i in range(part.k - 1)]
    return float(min(apart)) / extent


@internal(
    "gdi53", maximize=True, low=0.0, high=None,
    formula="least of (sum of d(x, v_T) over x in S + sum of d(y, v_S) over y in T) / (|S| + |T|), "
    "v centroids of segments S and T / greatest of twice the mean distance to the centroid "
    "(clusterCrit's GDI53 has each customer's distance to its own centroid instead)",
    paper=f"{BEZDEK}: delta_5 and Delta_3", undefined=NO_SPREAD,
)  # fmt: skip
def gdi53(part: Labelled) -> float:
    """Generalised Dunn index 53, of distances to both centroids: 0 upwards, higher is better.

    Undefined for fewer than 2 segments, a segment per customer, and no spread within segments.

    >>> gdi53_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    10.0

    """
    sums = np.empty((part.k, part.k))
    for segment, centroid in enumerate(part.centroids):
        to = np.sqrt(((part.space.X - centroid) ** 2).sum(axis=1))
        sums[:, segment] = np.bincount(part.labels, weights=to, minlength=part.k)
    mean = (sums + sums.T) / (part.sizes[:, None] + part.sizes)
    return float(mean[np.triu_indices(part.k, 1)].min()) / _extent(part)


@internal(
    "entropy", maximize=True, low=0.0, high=1.0, gower=True,
    formula="-sum p log p / log k, p shares of the segments",
    paper="Pielou (1966), J. Theor. Biol. 13, 131-144; as a validity index Hennig (2019), "
    "Data Analysis and Applications 1, Wiley, 1-24",
    undefined="fewer than 2 or n segments; all customers coincide",
)  # fmt: skip
def entropy(part: Labelled) -> float:
    """Evenness of segment sizes: 0 (one segment has nearly all) to 1 (equal sizes), more is better.

    Undefined for one segment, whose 0 / log 1 has no value, and, lest it be best, for a segment per
    customer.

    >>> round(entropy_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 0, 1]), 4)
    0.8113

    """
    shares = np.sort(part.sizes) / len(part)
    return min(float(-(shares @ np.log(shares)) / np.log(part.k)), 1.0)


def _extent(part: Labelled) -> float:
    """Greatest of twice the mean distance to the centroid."""
    if not part.scatter.any():
        raise Undefined("no spread within the segments")
    sums = np.bincount(part.labels, weights=part.to_centroid, minlength=part.k)
    return 2 * float((sums / part.sizes).max())


calinski_harabasz_score = plain("calinski_harabasz")
davies_bouldin_score = plain("davies_bouldin")
xie_beni_score = plain("xie_beni")
ball_hall_score = plain("ball_hall")
gdi43_score = plain("gdi43")
gdi53_score = plain("gdi53")
entropy_score = plain("entropy")
