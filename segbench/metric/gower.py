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

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from segbench.contracts import Floats, Ints, Rows
from segbench.metric.kernels import CHUNK, EUCLIDEAN, FAST, GAPS, Points, blocks, distances, each

Flags = npt.NDArray[np.bool_]
ROWS, MANY = 64, 50_000
"""Rows worked on at a time, and customers from which threads pay for sorting one column each."""
PAIR, SORT, NUMBER, CODE, CALL = 0.35, 2.0, 14.0, 3.0, 100_000.0
"""Nanoseconds for a pair in one column, for a customer in a sort (times log n), in the two passes
over a numeric column and in the counts of a categorical one, and for a call. Their ratios decide
what is swept; no value depends on them beyond rounding."""


class Patterns(NamedTuple):
    """Which columns customers have: columns (u, p) 0 or 1, and `of` (n,) each one's pattern."""

    columns: Floats
    of: Rows


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
    _sweep(points, patterns, swept, asked, labels, threads, out)
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


def _sweep(
    points: Points, patterns: Patterns, swept: Flags, asked: Flags, labels: Ints, threads: int,
    out: Floats,
) -> None:  # fmt: skip
    """Add every distance of which one end is in a swept pattern, into the rows asked for.

    Everybody is summed over for the customers of a swept pattern, and these are then summed over
    for the customers of the patterns that are not swept. No two tasks write the same rows of `out`.
    """
    orders, one = np.empty(points.columns.shape, dtype=np.intp), np.arange(len(swept))

    def sort(column: int) -> None:
        x = points.columns[column]  # NaN is passed over later and would slow the sort down now
        orders[column] = np.argsort(np.where(np.isnan(x), np.inf, x))

    def add(pattern: int | None) -> None:
        if pattern is not None:
            _add(points, orders, patterns, pattern, one >= 0, one == pattern, asked, labels, out)
            return
        for source in np.flatnonzero(swept).tolist():
            _add(points, orders, patterns, source, one == source, ~swept, asked, labels, out)

    each(sort, range(len(orders)), threads if len(labels) > MANY else 1)
    wanted = np.bincount(patterns.of[asked], minlength=len(swept)) > 0
    to_others: list[int | None] = [None] if (wanted & ~swept).any() else []
    each(add, to_others + np.flatnonzero(swept & wanted).tolist(), threads)


def _add(
    points: Points, orders: Rows, patterns: Patterns, pattern: int, sources: Flags, targets: Flags,
    asked: Flags, labels: Ints, out: Floats,
) -> None:  # fmt: skip
    """Add the distances from customers of the patterns `targets` to those of `sources`.

    Both are (u,) and one of them is `pattern` alone, so that the columns in common depend on the
    other's pattern only. Weights are relative to the pattern's own columns: those of customers who
    have them all are exactly 1.
    """
    has = patterns.columns[pattern]
    common = patterns.columns @ has
    relative = np.divide(has.sum(), common, out=np.zeros_like(common), where=common > 0)
    inverse = np.divide(1.0, common, out=np.zeros_like(common), where=common > 0)
    weight = np.where(labels >= 0, (relative * sources)[patterns.of], 0.0)
    factor = np.where(asked, (inverse * targets)[patterns.of], 0.0)
    _passes(points, orders, has > 0, np.maximum(labels, 0), weight, factor, out)
    if common.all():
        return
    # Customers without a column in common are 1 apart, a customer from itself 0 all the same.
    far, source = (common == 0)[patterns.of], sources[patterns.of] & (labels >= 0)
    target, k = targets[patterns.of], out.shape[1]
    out[target & far] += np.bincount(labels[source], minlength=k)
    out[target & ~far] += np.bincount(labels[source & far], minlength=k)
    itself = np.flatnonzero(target & far & source)
    out[itself, labels[itself]] -= 1.0


@njit(**FAST)
def _passes(points, orders, has, segments, weight, factor, out):  # type: ignore[no-untyped-def]
    """out[t, c] += factor[t] * (sum over s in c of weight[s] * |x_s - x_t|), over the columns."""
    d, n = points.columns.shape
    who, x = np.empty(n, orders.dtype), np.empty(n)
    for f in range(d):
        if not has[f]:
            continue
        m = 0
        for i in range(n):
            who[m], x[m] = orders[f, i], points.columns[f, orders[f, i]]
            m += (weight[who[m]] > 0.0 or factor[who[m]] > 0.0) and x[m] == x[m]  # NaN is not
        _pass(who[:m], x[:m], segments, weight, factor, out)
        _pass(who[:m][::-1], x[:m][::-1], segments, weight, factor, out)
    for f in range(len(points.codes)):
        if has[d + f]:
            _mismatches(points.codes[f], segments, weight, factor, out)


@njit(**FAST)
def _pass(who, x, segments, weight, factor, out):  # type: ignore[no-untyped-def]
    """The sources up to each target: `reach` adds up their weights, `total` what they contribute.

    Sources between two targets are taken in when the second is known, in one step each, whatever
    the number of segments. The last loop is the hot one; it reads nothing that was just written
    through an index, which would stall it.
    """
    k = out.shape[1]
    reach, total = np.zeros(k), np.zeros(k)
    start, last = 0, 0.0
    for i in range(len(who)):
        t = who[i]
        f, w, own, step = factor[t], weight[t], segments[t], abs(x[i] - last)
        if f == 0.0:
            continue
        if start < i:
            for c in range(k):
                total[c] += reach[c] * step
            for u in range(start, i):
                total[segments[who[u]]] += weight[who[u]] * abs(x[i] - x[u])
                reach[segments[who[u]]] += weight[who[u]]
            step = 0.0
        for c in range(k):
            total[c] += reach[c] * step
            out[t, c] += f * total[c]
            reach[c] += w if c == own else 0.0
        start, last = i + 1, x[i]


@njit(**FAST)
def _mismatches(codes, segments, weight, factor, out):  # type: ignore[no-untyped-def]
    """Sources of other levels: those below and those above, so that nothing is subtracted."""
    k, levels = out.shape[1], codes.max() + 1
    here, others = np.zeros((levels, k)), np.zeros((levels, k))
    for s in range(len(codes)):
        if codes[s] >= 0:
            here[codes[s], segments[s]] += weight[s]
    for c in range(k):
        below, above = 0.0, 0.0
        for level in range(levels):
            others[level, c] += below
            below += here[level, c]
            others[levels - 1 - level, c] += above
            above += here[levels - 1 - level, c]
    for t in range(len(codes)):
        if factor[t] > 0.0 and codes[t] >= 0:
            for c in range(k):
                out[t, c] += factor[t] * others[codes[t], c]


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
