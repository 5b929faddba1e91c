"""Sums of Gower distances from customers to segments, without their pairs.

Gower's distance is a sum over columns, divided by the number of columns that both customers have.
Along one column in ascending order, the sum of |x - y| over the y of a segment that lie below x
grows from one x to the next by (how many lie below) * (step): a pass up and a pass down give the
sums from every customer to every segment. For categories, the customers of the other levels are
counted. Nothing is ever subtracted from a sum, so nothing cancels: the relative error is that of
adding up n positive numbers, and a customer among its equals gets exactly 0.

Where values are missing, customers fall into patterns of the columns that they have. Seen from one
pattern each other customer weighs 1 / (columns in common), so that weighted passes sum over
everybody for the customers of one pattern, or over those of one pattern for everybody. Patterns of
many customers are swept in this way; what is left, few by few, is worked out pair by pair.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Rows
from segbench.metric.kernels.distances import (
    CHUNK,
    EUCLIDEAN,
    FAST,
    GAPS,
    Points,
    blocks,
    distances,
    each,
)
from segbench.metric.kernels.gower_sweep import Flags, Patterns, sweep

ROWS = 64
"""Rows worked on at a time."""
PAIR, SORT, NUMBER, CODE, CALL = 0.35, 2.0, 14.0, 3.0, 100_000.0
"""Nanoseconds for a pair in one column, for a customer in a sort (times log n), in the two passes
over a numeric column and in the counts of a categorical one, and for a call. Their ratios decide
what is swept; no value depends on them beyond rounding."""


def gower_sums(
    points: Points, labels: Ints, k: int, threads: int = 1, rows: Rows | None = None
) -> Floats:
    """Sum of the Gower distances from each customer to the customers of each segment.

    Without missing values O(n (log n + k)) a column; with them at most as much for each pattern,
    and never much more than O(rows * n). Memory is O(n (k + columns)).

    Args:
        points: n customers, of kind GOWER or GAPS.
        labels: (n,) -1 (belongs to none) or 0..k-1.
        k: number of segments.
        threads: how many work at a time; no bit of the result depends on it.
        rows: the customers to sum for, all of them by default.

    Returns:
        (len(rows), k) sums; a customer's distance to itself is 0.

    """
    rows = np.arange(len(labels)) if rows is None else rows
    if points.kind == EUCLIDEAN:
        return pairwise_sums(points, labels, k, threads, rows)
    asked = np.zeros(len(labels), dtype=np.bool_)
    asked[rows] = True
    patterns = _patterns(points)
    swept = _worth_sweeping(points, patterns, asked, k)
    if not swept.any():
        return pairwise_sums(points, labels, k, threads, rows)
    out = np.zeros((len(labels), max(8, k + -k % 4)))  # whole vectors: no loop over the remainder
    sweep(points, patterns, swept, asked, labels, threads, out)
    few = np.flatnonzero(~swept[patterns.of])
    wanted = np.flatnonzero(asked[few])
    if len(wanted):
        out[few[wanted], :k] += pairwise_sums(points.take(few), labels[few], k, threads, wanted)
    return np.ascontiguousarray(out[rows, :k])


def gower_moments(points: Points, threads: int = 1) -> tuple[float, float]:
    """Sum over all pairs of customers of their distance, and of its square.

    The second takes every pair, O(n^2): the square of a sum is no sum over columns.
    """
    n = len(points.rows)
    sums = gower_sums(points, np.zeros(n, dtype=np.int32), 1, threads)
    parts = blocks(n, ROWS)
    squares = np.zeros(len(parts))

    def run(part: int) -> None:
        squares[part] = _squares(points, *parts[part])

    each(run, range(len(parts)), threads)
    return float(sums.sum()) / 2, float(squares.sum())


def pairwise_sums(points: Points, labels: Ints, k: int, threads: int, rows: Rows) -> Floats:
    """The same as `gower_sums` by every pair, for any kind of points: O(rows * n)."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(k + 1))
    position = np.empty(len(order), dtype=np.intp)
    position[order] = np.arange(len(order))
    sorted_points, asked = points.take(order), position[rows]
    out = np.zeros((len(rows), k))

    def run(block: tuple[int, int]) -> None:
        _block(sorted_points, starts, asked, *block, out)

    each(run, blocks(len(rows), ROWS), threads)
    return out


def _patterns(points: Points) -> Patterns:
    n, p = len(points.rows), len(points.columns) + len(points.codes)
    if points.kind != GAPS:
        return Patterns(np.ones((1, p)), np.zeros(n, dtype=np.intp))
    present = np.hstack([~np.isnan(points.rows), points.codes.T >= 0])
    of, first = np.zeros(n, dtype=np.int64), np.zeros(1, dtype=np.intp)
    for start in range(0, p, 31):  # 31 columns as bits, after the pattern of the columns before
        bits = present[:, start : start + 31]
        word = (of << 31) | (bits @ (1 << np.arange(bits.shape[1], dtype=np.int64)))
        _, first, of = np.unique(word, return_index=True, return_inverse=True)
    return Patterns(present[first].astype(np.float64), of)


def _worth_sweeping(points: Points, patterns: Patterns, asked: Flags, k: int) -> Flags:
    """(u,) which patterns to sweep: as many of the largest as the predicted time is least for."""
    n, d, c = len(asked), len(points.columns), len(points.codes)
    sizes = np.bincount(patterns.of)
    wanted = np.bincount(patterns.of[asked], minlength=len(sizes))
    largest = np.argsort(-sizes, kind="stable")
    swept = np.arange(len(sizes) + 1)  # how many
    rest, unanswered = n - _running(sizes[largest]), wanted.sum() - _running(wanted[largest])
    levels = sum(int(codes.max(initial=0)) + 1 for codes in points.codes)
    once = CALL + n * (NUMBER * d + CODE * c) + levels * k
    sweeps = _running(wanted[largest] > 0) + np.where(unanswered, swept, 0)
    time = PAIR * (d + c) * rest * unanswered + once * sweeps
    time += (d + c) * k * (_running(wanted[largest]) + swept * unanswered)
    time += np.where(sweeps, SORT * d * n * np.log2(n + 1), 0.0)
    out = np.zeros(len(sizes), dtype=np.bool_)
    out[largest[: int(np.argmin(time))]] = True
    return out


def _running(x: Rows | Flags) -> Rows:
    """(len(x) + 1,) sums of the first 0, 1, ... entries."""
    return np.concatenate([[0], np.cumsum(x)])


@njit(**FAST)
def _block(points, starts, asked, first, last, out):  # type: ignore[no-untyped-def]
    spare = np.empty((2, CHUNK))
    for segment in range(len(starts) - 1):
        for left in range(starts[segment], starts[segment + 1], CHUNK):
            right = min(left + CHUNK, starts[segment + 1])
            for q in range(first, last):
                distances(points, asked[q], left, right, spare)
                total = 0.0
                for j in range(right - left):
                    total += spare[0, j]
                out[q, segment] += total


@njit(**FAST)
def _squares(points, first, last):  # type: ignore[no-untyped-def]
    """Sum of the squared distances from first..last to the customers after each of them."""
    n, total, spare = points.rows.shape[0], 0.0, np.empty((2, CHUNK))
    for left in range(first, n, CHUNK):
        right = min(left + CHUNK, n)
        for i in range(first, min(last, right - 1)):
            begin = max(left, i + 1)
            distances(points, i, begin, right, spare)
            for j in range(right - begin):
                total += spare[0, j] * spare[0, j]
    return total
