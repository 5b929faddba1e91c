"""Indices of dispersion within segments, most of them around centroids in O(n k)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from segbench.contracts import Floats
from segbench.errors import Undefined
from segbench.metric.kernels import GAPS, MARGIN
from segbench.metric.nearest import lower_bounds
from segbench.metric.prepared import Labelled
from segbench.metric.registry import internal, plain
from segbench.metric.sums import own_means

TOLERANCE = 1e-12
CLOSEST = 1e-16
"""Squared distance of centroids over mean squared distance to the centroid, below which two
segments count as having one centroid."""


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
    inside = _scatter(part).sum()
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
    inside = float(_scatter(part).sum()) / len(part)
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
    mean = float((_scatter(part) / part.sizes).mean())
    return _in_own_units(mean, part.space.unit, part.space.unit)


@internal(
    "medoid_dispersion", maximize=False, low=0.0, high=None, gower=True, cost="n^2", power=1,
    formula="mean distance of customers to the medoid of their segment, which is the customer with "
    "the least sum of distances to its segment; in units of the space",
    paper="Kaufman & Rousseeuw (1990), Finding Groups in Data, chapter 2: what k-medoids minimises",
    undefined="fewer than 2 or n segments; all customers coincide; Gower space with missing values "
    "and too many customers for every pair",
)  # fmt: skip
def medoid_dispersion(part: Labelled) -> float:
    """Mean distance to the own medoid: 0 (all customers are at it) upwards, lower is better.

    It grows with the scale and falls with k, so it compares partitions of one space with equally
    many segments. Undefined for fewer than 2 segments and a segment per customer.

    >>> medoid_dispersion_score([[0.0], [1.0], [3.0], [11.0], [12.0]], [0, 0, 0, 1, 1])
    0.8

    """
    if not part.space.gower:
        least = sum(_least_sum(part, *ends) for ends in pairwise(part.starts.tolist()))
        return _in_own_units(least / len(part), part.space.unit)
    if part.estimated and part.points.kind == GAPS:
        raise Undefined(f"too large: {len(part):,} customers, exact up to {part.space.exact:,}")
    sums = own_means(part) * (part.sizes[part.labels] - 1)
    return float(np.minimum.reduceat(sums[part.order], part.starts[:-1]).sum()) / len(part)


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


def _scatter(part: Labelled) -> Floats:
    """(k,) sums of squared distances to the own centroid; those that are rounding are 0."""
    return np.where(part.scatter > part.space.rounding, part.scatter, 0.0)


def _in_own_units(value: float, *units: float) -> float:
    """A value in the units of the space, unless that is too small to be told from 0."""
    scaled = value
    for unit in units:
        scaled *= unit
    if value and abs(scaled) < np.finfo(np.float64).tiny:
        raise Undefined("too small for a floating-point number")
    return scaled


def _least_sum(part: Labelled, first: int, last: int) -> float:
    """Least sum of distances from one of the customers first..last to all of them.

    The sum is a convex function of the place, so each customer that is tried bounds it for all
    others by the plane that touches it there (Kelley 1960, J. SIAM 8, 703-712). The next one tried
    has the lowest bound; some tens are enough, and what remains cannot be lower by 1e-12 of it.
    """
    rows = np.arange(first, last)
    bound = lower_bounds(part.points, np.array([first, last]), rows, np.full(len(rows), -1), 1)
    Y, low = part.points.rows[rows], bound[:, 0] * (1 - MARGIN) * len(rows)
    left, least = np.arange(len(Y)), np.inf
    while len(left):
        tried = Y[left[low.argmin()]]
        apart = tried - Y
        distance = np.sqrt((apart**2).sum(axis=1))
        slope = (1 / np.where(distance > 0, distance, np.inf)) @ apart
        least = min(least, float(distance.sum()))
        low = np.maximum(low, distance.sum() + (Y[left] - tried) @ slope)
        hopeful = low < least * (1 - TOLERANCE)
        left, low = left[hopeful], low[hopeful]
    return least


@internal(
    "s_dbw", maximize=False, low=0.0, high=None, rotates=False,
    formula="mean of |var(C_i)| / |var(X)| + mean over pairs of density(middle of v_i and v_j) / "
    "max(density(v_i), density(v_j)); v centroids, var vectors of variances (over n, not n - 1), "
    "density(u) how many of C_i and C_j lie within sqrt(sum of |var(C_i)|) / k of u (clusterCrit's "
    "is the same)",
    paper="Halkidi & Vazirgiannis (2001), IEEE ICDM, 187-194",
    undefined="fewer than 2 or n segments; no spread within segments; two segments with no "
    "customer so near to either centroid; Gower space",
)  # fmt: skip
def s_dbw(part: Labelled) -> float:
    """S_Dbw, scatter and density between segments: 0 upwards, lower is better.

    Undefined for fewer than 2 segments, a segment per customer, no spread within segments, and
    where two segments have no customer within the radius (see the formula) of either centroid:
    density between over density within is then 0 / 0, and taking that for 0 would reward hollow
    segments. With more than about 5 attributes or 8 segments that is the rule.

    >>> round(s_dbw_score([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]], [0, 0, 0, 1, 1, 1]), 4)
    0.026

    """
    if not _scatter(part).any():
        raise Undefined("no spread within the segments")
    squares = (part.space.X - part.centroids[part.labels]) ** 2
    sums = [np.bincount(part.labels, weights=column, minlength=part.k) for column in squares.T]
    spread = np.sqrt(((np.array(sums) / part.sizes) ** 2).sum(axis=0))
    total = float(np.sqrt((part.space.X.var(axis=0) ** 2).sum()))
    radius = float(np.sqrt(spread.sum())) / part.k
    return float(spread.mean()) / total + _density_between(part, radius)


def _density_between(part: Labelled, radius: float) -> float:
    """Mean over pairs of segments of the density in the middle over that at the denser centroid."""
    v, near = part.centroids, np.empty((part.k, part.k))
    for j in range(part.k):  # near[i, j]: how many of segment i are near v_j
        found = part.labels[_within(part.space.X, v[j], radius)]
        near[:, j] = np.bincount(found, minlength=part.k)
    at_centroid = near.diagonal() + near
    first, second = np.triu_indices(part.k, 1)
    densest = np.maximum(at_centroid, at_centroid.T)[first, second]
    if not densest.all():
        raise Undefined("two segments have no customer near either centroid")
    members = np.split(part.space.X[part.order], part.starts[1:-1])
    middle = [
        sum(np.count_nonzero(_within(members[s], (v[i] + v[j]) / 2, radius)) for s in (i, j))
        for i, j in zip(first, second, strict=True)
    ]
    return float((middle / densest).mean())


def _within(X: Floats, place: Floats, radius: float) -> npt.NDArray[np.bool_]:
    """(n,) whether each lies within the radius, or on it but for rounding."""
    return np.asarray(((X - place) ** 2).sum(axis=1) <= radius**2 * (1 + MARGIN))


calinski_harabasz_score = plain("calinski_harabasz")
davies_bouldin_score = plain("davies_bouldin")
xie_beni_score = plain("xie_beni")
ball_hall_score = plain("ball_hall")
medoid_dispersion_score = plain("medoid_dispersion")
entropy_score = plain("entropy")
s_dbw_score = plain("s_dbw")
