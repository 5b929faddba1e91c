"""Indices over all pairs of customers: how much closer the pairs within a segment are."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import njit

from segbench.contracts import Floats, Score
from segbench.errors import Undefined
from segbench.metric.estimate import stratified_function
from segbench.metric.kernels.distances import CHUNK, FAST, blocks, distances, each
from segbench.metric.kernels.gower import gower_moments, gower_sums
from segbench.metric.kernels.sums import sums_within
from segbench.metric.labelled import Labelled
from segbench.metric.means import own_means
from segbench.metric.prepared import Prepared
from segbench.metric.registry import internal, plain

ROWS = 256
HALKIDI = "Halkidi, Batistakis & Vazirgiannis (2001), J. Intell. Inf. Syst. 17, 107-145"


@internal(
    "pearson_gamma", maximize=True, low=-1.0, high=1.0, gower=True, cost="n^2",
    formula="Pearson correlation over pairs of their distance and of being in different segments",
    paper=HALKIDI,
    undefined="fewer than 2 or n segments; all distances are equal",
)  # fmt: skip
def pearson_gamma(part: Labelled) -> float | Score:
    """Correlation of distance with membership: -1 to 1, higher is better.

    Undefined for fewer than 2 segments, a segment per customer, and where all distances are equal.

    >>> round(pearson_gamma_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.9909

    """
    if part.estimated:
        return stratified_function(
            part.labels, part.sample, _row_moments(part), _near_moments(part), _gamma(part)
        )
    pairs = pair_count(len(part))
    total, squares = pair_moments(part.space)
    within, _ = within_sums(part)
    return _gamma(part)(np.array([total, squares, within]) / pairs)


@internal(
    "within_between", maximize=False, low=0.0, high=None, gower=True, cost="n^2",
    formula="mean distance of pairs within segments / mean distance of pairs between segments",
    paper="Hennig & Liao (2013), J. R. Stat. Soc. C 62, 309-369 (average.within / average.between)",
    undefined="fewer than 2 or n segments; all customers coincide; too many customers for every "
    "pair",
)  # fmt: skip
def within_between(part: Labelled) -> float:
    """Mean distance within over mean distance between segments: 0 upwards, lower is better.

    >>> round(within_between_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.1

    """
    part.need_every_pair()
    total, _ = pair_moments(part.space)
    within, pairs_within = within_sums(part)
    between = total - within
    if not between > 0:
        raise Undefined("customers of different segments all coincide")
    return (within / pairs_within) / (between / (pair_count(len(part)) - pairs_within))


def pair_moments(space: Prepared) -> tuple[float, float]:
    """Sums over unordered pairs of their distance and of its square, once a space."""

    def make() -> tuple[float, float]:
        if space.gower:
            return gower_moments(space.points, space.threads)
        ends = np.array([0, len(space)])
        total = float(sums_within(space.points, ends, space.threads).sum()) / 2
        return total, len(space) * float((space.X**2).sum())

    return space.keep("pair_moments", make)


def _gamma(part: Labelled) -> Callable[[Floats], float]:
    """Pearson gamma from the means over pairs of d, d^2 and d x (both in one segment)."""
    together = float(part.sizes @ (part.sizes - 1)) / 2 / pair_count(len(part))

    def gamma(means: Floats) -> float:
        d, square, within = means.tolist()
        variance = square - d * d
        if not variance > 1e-12 * square:
            raise Undefined("all distances are equal")
        return (d * together - within) / math.sqrt(variance * together * (1 - together))

    return gamma


def _row_moments(part: Labelled) -> Floats:
    """(m, 3) for the sampled customers: means over the others of d, d^2, d x (same segment)."""
    rows, out = part.sample, np.empty((len(part.sample), 3))

    def run(block: tuple[int, int]) -> None:
        _moments(part.space.points, rows, *block, out)

    each(run, blocks(len(rows), ROWS), part.threads)
    out[:, 2] = own_means(part, rows) * (part.sizes[part.labels[rows]] - 1)
    return out / (len(part) - 1)


def _near_moments(part: Labelled) -> Floats:
    """(n, 3) what comes near `_row_moments` and takes no pairs; 0 where Gower distance has gaps."""
    n, share = len(part), (part.sizes[part.labels] - 1) / (len(part) - 1)
    if part.means_estimated and part.space.gower:
        return np.zeros((n, 3))
    if part.space.gower:
        mean = gower_sums(part.space.points, np.zeros(n, np.int32), 1, part.threads)[:, 0] / (n - 1)
        return np.column_stack([mean, mean**2, own_means(part) * share])
    # The root of a mean square comes near the mean.
    norms = (part.space.X**2).sum(axis=1)
    square = (norms + norms.mean()) * n / (n - 1)
    own = part.to_centroid**2 + (part.scatter / part.sizes)[part.labels]
    return np.column_stack([np.sqrt(square), square, np.sqrt(own) * share])


@njit(**FAST)
def _moments(points, rows, first, last, out):  # type: ignore[no-untyped-def]
    n, spare = points.rows.shape[0], np.empty((2, CHUNK))
    for q in range(first, last):
        total, squares = 0.0, 0.0
        for left in range(0, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, rows[q], left, right, spare)
            for j in range(right - left):
                total += spare[0, j]
                squares += spare[0, j] * spare[0, j]
        out[q, 0], out[q, 1] = total, squares


def within_sums(part: Labelled) -> tuple[float, float]:
    """Sum of the distances of the pairs within segments, and how many these are."""
    others = part.sizes[part.labels] - 1
    return float(own_means(part) @ others) / 2, float(others.sum()) / 2


def pair_count(n: int) -> float:
    """Unordered pairs of n customers."""
    return n * (n - 1) / 2


pearson_gamma_score = plain("pearson_gamma")
within_between_score = plain("within_between")
