"""S_Dbw: scatter within segments and density between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segbench.contracts import Floats
from segbench.errors import Undefined
from segbench.metric.kernels.distances import MARGIN
from segbench.metric.labelled import Labelled
from segbench.metric.registry import internal, plain


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
    if not part.scatter.any():
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


s_dbw_score = plain("s_dbw")
