"""Silhouette (Rousseeuw 1987, J. Comput. Appl. Math. 20, 53-65) and its relatives.

For customer i in segment A, a = mean distance to the others in A, b = the smallest mean distance to
another segment, s = (b - a) / max(a, b); s = 0 in a segment of one.
"""

from __future__ import annotations

import numpy as np

from segbench.contracts import Floats, Score
from segbench.metric.estimate import stratified_mean
from segbench.metric.labelled import Labelled
from segbench.metric.means import nearest_means, own_means
from segbench.metric.registry import internal, plain

ROUSSEEUW = "Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65"
SMALL, BOUND = 5_000, 1e-6
UNDEFINED = "fewer than 2 or n segments; all customers coincide"


@internal(
    "silhouette", maximize=True, low=-1.0, high=1.0, gower=True, cost="n^2",
    formula="mean over customers of s(i) = (b - a) / max(a, b)",
    paper=ROUSSEEUW, undefined=UNDEFINED,
)  # fmt: skip
@internal(
    "quality", maximize=True, low=-1.0, high=1.0, gower=True, coverage=True, cost="n^2",
    formula="mean of s(i), times the share of customers with a segment where positive",
    paper=ROUSSEEUW, undefined=UNDEFINED,
)  # fmt: skip
def silhouette(part: Labelled) -> float | Score:
    """Mean silhouette, as `sklearn.metrics.silhouette_score`: -1 to 1, higher is better.

    Undefined for fewer than 2 segments, for a segment per customer, and where all coincide.

    >>> round(silhouette_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.8997

    """
    if part.means_estimated:
        return _estimate(part, part.sizes / len(part))
    return float(silhouette_samples(part).mean())


@internal(
    "silhouette_macro", maximize=True, low=-1.0, high=1.0, gower=True, cost="n^2",
    formula="mean over segments of the mean s(i) in the segment",
    paper=f"{ROUSSEEUW}; averaged by segment as in Hennig et al. (2015), Handbook of Cluster "
    "Analysis, chapter 26", undefined=UNDEFINED,
)  # fmt: skip
def silhouette_macro(part: Labelled) -> float | Score:
    """Silhouette in which every segment counts the same, however small: -1 to 1, more is better.

    >>> round(silhouette_macro_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.8997

    """
    if part.means_estimated:
        return _estimate(part, np.full(part.k, 1 / part.k))
    return float(silhouette_by_segment(part).mean())


@internal(
    "simplified_silhouette", maximize=True, low=-1.0, high=1.0,
    formula="as silhouette, with a the distance to the own centroid, b to the nearest other one; 0 "
    "in a segment of one",
    paper="Hruschka, Campello & de Castro (2004), IEEE ICDM workshop; Vendramin, Campello & "
    "Hruschka (2010), Stat. Anal. Data Min. 3, 209-235",
    undefined=UNDEFINED + "; Gower space",
)  # fmt: skip
def simplified_silhouette(part: Labelled) -> float:
    """Silhouette by distances to centroids, in O(n k): -1 to 1, higher is better.

    A customer alone in its segment scores 0, as in the silhouette itself.

    >>> round(simplified_silhouette_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.9499

    """
    X, centroids = part.space.X, part.centroids
    a, b = part.to_centroid, np.full(len(part), np.inf)
    for segment in range(part.k):
        others = np.flatnonzero(part.labels != segment)
        to = np.sqrt(((X[others] - centroids[segment]) ** 2).sum(axis=1))
        b[others] = np.minimum(b[others], to)
    # A customer at its own and another centroid scores 0, not what rounding says.
    a, b = (np.where(x**2 > part.space.rounding, x, 0.0) for x in (a, b))
    return float(_s(part.sizes[part.labels], a, b).mean())


def silhouette_samples(part: Labelled) -> Floats:
    """(n,) silhouette of each customer.

    For more than `SMALL` customers distances are float32 (and their sums float64), unless the
    bound of what that may change in the mean of some segment exceeds `BOUND`.
    """
    if not part.space.gower and part.space.single and len(part) > SMALL:
        a, b = own_means(part, single=True), nearest_means(part, single=True)
        worst = np.bincount(part.labels, weights=_error_bound(part, a, b)) / part.sizes
        if worst.max() <= BOUND:
            return _s(part.sizes[part.labels], a, b)
    a, b = own_means(part), nearest_means(part)
    return _s(part.sizes[part.labels], a, b)


def _error_bound(part: Labelled, a: Floats, b: Floats) -> Floats:
    """(n,) what float32 distances can change in each silhouette at the most.

    With u = 2^-24 a distance is wrong by u (|x| + |y|), since coordinates are rounded, and by a
    factor of 1 + (d / 8 + 3.5) u, since d squares are added four at a time (Higham 2002, Accuracy
    and Stability of Numerical Algorithms, section 3.1). s changes by at most min(a, b) / max(a, b)
    times the relative changes of a and b together.
    """
    u = 2.0**-24
    norm = np.sqrt((part.space.X**2).sum(axis=1))
    total = np.bincount(part.labels, weights=norm)
    others = np.maximum(part.sizes - 1, 1)[part.labels]
    moved_a = u * (norm + (total[part.labels] - norm) / others)
    moved_b = u * (norm + (total / part.sizes).max())
    small, large = np.minimum(a, b), np.maximum(a, b)
    relative = 2 * (part.space.X.shape[1] / 8 + 3.5) * u * small
    # small / a is at most 1 and so is small / b, also where a or b is 0. Where both are, float32
    # may have moved customers onto each other, and s could be anything.
    anything = np.where(moved_a + moved_b > 0, 2.0, 0.0)
    return np.divide(relative + moved_a + moved_b, large, out=anything, where=large > 0)


def silhouette_by_segment(part: Labelled) -> Floats:
    """(k,) mean silhouette of each segment."""
    samples = silhouette_samples(part)
    return np.asarray(np.bincount(part.labels, weights=samples, minlength=part.k) / part.sizes)


def _s(own_sizes: Floats, a: Floats, b: Floats) -> Floats:
    largest = np.maximum(a, b)
    s = np.divide(b - a, largest, out=np.zeros(len(a)), where=largest > 0)
    return np.where(own_sizes > 1, s, 0.0)


def _estimate(part: Labelled, weights: Floats) -> Score:
    rows = part.sample
    s = _s(part.sizes[part.labels[rows]], own_means(part, rows), nearest_means(part, rows))
    return stratified_mean(part.labels, rows, s, weights)


silhouette_score = plain("silhouette")
silhouette_macro_score = plain("silhouette_macro")
simplified_silhouette_score = plain("simplified_silhouette")
