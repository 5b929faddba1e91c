"""Indices over all pairs of customers: how much closer the pairs within a segment are."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import njit

from segbench.contracts import Floats, Score
from segbench.errors import Undefined
from segbench.metric.estimate import stratified_function
from segbench.metric.gower import gower_moments, gower_sums
from segbench.metric.kernels import CHUNK, FAST, blocks, distances, each
from segbench.metric.prepared import Labelled, Prepared
from segbench.metric.registry import internal, plain
from segbench.metric.sums import own_means, sums_within

BITS, STEP = 48, 12
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
    pairs = _pairs(len(part))
    total, squares = pair_moments(part.space)
    within, _ = _within(part)
    return _gamma(part)(np.array([total, squares, within]) / pairs)


@internal(
    "within_between", maximize=False, low=0.0, high=None, gower=True, cost="n^2",
    formula="mean distance of pairs within segments / mean distance of pairs between segments",
    paper="Hennig & Liao (2013), J. R. Stat. Soc. C 62, 309-369 (average.within / average.between)",
    undefined="fewer than 2 or n segments; all customers coincide",
)  # fmt: skip
def within_between(part: Labelled) -> float:
    """Mean distance within over mean distance between segments: 0 upwards, lower is better.

    >>> round(within_between_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1]), 4)
    0.1

    """
    if part.estimated:
        raise Undefined(_too_large(part))
    total, _ = pair_moments(part.space)
    within, pairs_within = _within(part)
    between = total - within
    if not between > 0:
        raise Undefined("customers of different segments all coincide")
    return (within / pairs_within) / (between / (_pairs(len(part)) - pairs_within))


@internal(
    "c_index", maximize=False, low=0.0, high=1.0, gower=True, cost="n^2",
    formula="(S - S_min) / (S_max - S_min): S sum of the N distances within segments, S_min and "
    "S_max sums of the N smallest and largest of all",
    paper="Hubert & Levin (1976), Psychological Bulletin 83, 1072-1080",
    undefined="fewer than 2 or n segments; the N smallest and largest distances add up to the same",
)  # fmt: skip
def c_index(part: Labelled) -> float:
    """C-index: 0 (the pairs within segments are the closest ones of all) to 1, lower is better.

    Exact by repeated selection: no more than a histogram of the distances is kept. Undefined for
    fewer than 2 segments, a segment per customer, and where all distances are equal.

    >>> c_index_score([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    0.0

    """
    if part.estimated:
        raise Undefined(_too_large(part))
    within, count = _within(part)
    smallest, largest = extreme_sums(part.space, int(count))
    if not largest - smallest > 1e-12 * largest:
        raise Undefined("all distances are equal")
    return float(min(max((within - smallest) / (largest - smallest), 0.0), 1.0))


def pair_moments(space: Prepared) -> tuple[float, float]:
    """Sums over unordered pairs of their distance and of its square, once a space."""

    def make() -> tuple[float, float]:
        if space.gower:
            return gower_moments(space.points, space.threads)
        ends = np.array([0, len(space)])
        total = float(sums_within(space.points, ends, space.threads).sum()) / 2
        return total, len(space) * float((space.X**2).sum())

    return space.keep("pair_moments", make)


def extreme_sums(space: Prepared, count: int) -> tuple[float, float]:
    """Sums of the `count` smallest and of the `count` largest distances of all pairs.

    A distance is filed under the first 48 bits of its share of the largest possible one, 12 bits a
    pass over the pairs; those that agree in all 48 count with their mean.
    """
    found = []
    for from_below in (True, False):
        prefix, left, total = 0, count, 0.0
        for shift in range(BITS - STEP, -1, -STEP):
            counts, sums = _histogram(space, prefix, shift)
            order = np.arange(len(counts)) if from_below else np.arange(len(counts))[::-1]
            full = int(np.searchsorted(np.cumsum(counts[order]), left, side="right"))
            total += float(sums[order[:full]].sum())
            left -= int(counts[order[:full]].sum())
            if not left or counts[order[full]] == left or not shift:
                break
            prefix = prefix << STEP | int(order[full])
        if left:
            total += left * float(sums[order[full]] / counts[order[full]])
        found.append(total)
    return found[0], found[1]


def _histogram(space: Prepared, prefix: int, shift: int) -> tuple[Floats, Floats]:
    """Counts and sums of the distances that begin with `prefix`, by their next `STEP` bits."""

    def make() -> tuple[Floats, Floats]:
        tasks = list(enumerate(blocks(len(space), ROWS)))
        counts = np.zeros((len(tasks), 1 << STEP), dtype=np.int64)
        sums = np.zeros((len(tasks), 1 << STEP))

        def run(task: tuple[int, tuple[int, int]]) -> None:
            line, (first, last) = task
            _file(points, first, last, scale, prefix, shift, counts[line], sums[line])

        each(run, tasks, space.threads)
        return counts.sum(axis=0), sums.sum(axis=0)

    points = space.points
    top = 1.0 if space.gower else 2 * float(np.sqrt((space.X**2).sum(axis=1).max()))
    scale = float(1 << BITS) / (top * (1 + 1e-9))  # no distance is beyond the last bin
    # Every partition of a space begins with the same pass.
    return space.keep("distance_histogram", make) if shift == BITS - STEP else make()


@njit(**FAST)
def _file(points, first, last, scale, prefix, shift, counts, sums):  # type: ignore[no-untyped-def]
    n, spare = points.rows.shape[0], np.empty((2, CHUNK))
    for i in range(first, last):
        for left in range(i + 1, n, CHUNK):
            right = min(left + CHUNK, n)
            distances(points, i, left, right, spare)
            for j in range(right - left):
                key = np.int64(spare[0, j] * scale) >> shift
                if key >> STEP == prefix:
                    counts[key & (len(counts) - 1)] += 1
                    sums[key & (len(counts) - 1)] += spare[0, j]


def _gamma(part: Labelled) -> Callable[[Floats], float]:
    """Pearson gamma from the means over pairs of d, d^2 and d x (both in one segment)."""
    together = float(part.sizes @ (part.sizes - 1)) / 2 / _pairs(len(part))

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


def _within(part: Labelled) -> tuple[float, float]:
    """Sum of the distances of the pairs within segments, and how many these are."""
    others = part.sizes[part.labels] - 1
    return float(own_means(part) @ others) / 2, float(others.sum()) / 2


def _pairs(n: int) -> float:
    return n * (n - 1) / 2


def _too_large(part: Labelled) -> str:
    return f"too large: {len(part):,} customers, exact up to {part.space.exact:,}"


pearson_gamma_score = plain("pearson_gamma")
within_between_score = plain("within_between")
c_index_score = plain("c_index")
