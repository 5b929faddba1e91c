"""The segment of the smallest mean Euclidean distance, without looking at most of the segments.

The mean distance E|x - Y| from x to a segment Y lies between

    |x - E Y|                             (Jensen)
    E[|x - Y|^2]^1.5 / E[|x - Y|^4]^0.5   (Hölder)        and        E[|x - Y|^2]^0.5,

all of which follow from the segment's first four moments in O(d^2). A segment is passed over when
its lower bound, less a margin for rounding, is above what was found, so the answer is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Rows
from segbench.metric.kernels.distances import (
    CHUNK,
    FAST,
    MARGIN,
    Points,
    blocks,
    each,
)
from segbench.metric.kernels.sums import sums_to_range

ROWS = 1024
"""Customers that look for their nearest segment together."""


class Moments(NamedTuple):
    """Of k segments, with z = Y - E Y and r = |z|^2.

    Attributes:
        centre: (d, k) E Y.
        spread: (d, d, k) E[z z'], the entries off the diagonal in its lower half, twice.
        third: (d, k) E[r z].
        second: (k,) E[r].
        fourth: (k,) E[r^2].

    """

    centre: Floats
    spread: Floats
    third: Floats
    second: Floats
    fourth: Floats


def nearest_segment(
    points: Points, starts: Rows, rows: Rows, own: Ints | Rows, threads: int, single: bool = False
) -> tuple[Floats, Rows]:
    """Smallest mean Euclidean distance to a segment other than `own`, and which segment that is.

    Args:
        points: customers in order of segment; those before starts[0] belong to none.
        starts: (k + 1,) where each segment begins.
        rows: (m,) positions among `points` to answer for; quickest where those that stand together
            are near the same segments.
        own: (m,) the segment that does not count, -1 for none.
        threads: how many work at a time.
        single: distances in float32; the bounds are float64 all the same.

    Returns:
        (m,) mean distances, inf where there is no other segment; (m,) segments, -1 there.

    """
    moments, own = _moments(points, starts, threads), np.asarray(own, np.intp)
    taken = points.single() if single else points
    best, which = np.full(len(rows), np.inf), np.full(len(rows), -1)

    def run(block: tuple[int, int]) -> None:
        first, last = block
        low = np.empty((last - first, len(starts) - 1))
        _bounds(points.rows, rows[first:last], own[first:last], *moments, low)
        _search(taken.columns, taken.rows, starts, rows[first:last], low,
                best[first:last], which[first:last])  # fmt: skip

    each(run, blocks(len(rows), ROWS), threads)
    return best, which


def lower_bounds(
    points: Points, starts: Rows, rows: Rows, own: Ints | Rows, threads: int
) -> Floats:
    """(m, k) lower bounds of the mean distance; inf where the segment is out of the question."""
    moments, own = _moments(points, starts, threads), np.asarray(own, np.intp)
    low = np.empty((len(rows), len(starts) - 1))

    def run(block: tuple[int, int]) -> None:
        first, last = block
        _bounds(points.rows, rows[first:last], own[first:last], *moments, low[first:last])

    each(run, blocks(len(rows), ROWS), threads)
    return low


def _moments(points: Points, starts: Rows, threads: int) -> Moments:
    k, d = len(starts) - 1, len(points.columns)
    shapes = ((d, k), (d, d, k), (d, k), (k,), (k,))
    moments = Moments(*(np.zeros(shape) for shape in shapes))

    def run(segment: int) -> None:
        _measure(points.columns, starts[segment], starts[segment + 1], segment, *moments)

    each(run, range(k), threads if len(points.rows) > ROWS else 1)
    return moments


@njit(**FAST)
def _measure(  # type: ignore[no-untyped-def]
    columns, first, last, segment, centre, spread, third, second, fourth
):
    d, share = len(columns), 1.0 / (last - first)
    z, r = np.empty((d, CHUNK)), np.empty(CHUNK)
    for f in range(d):
        total = 0.0
        for j in range(first, last):
            total += columns[f, j]
        centre[f, segment] = total * share
    for left in range(first, last, CHUNK):
        size = min(CHUNK, last - left)
        r[:size] = 0.0
        for f in range(d):
            mean = centre[f, segment]
            for j in range(size):
                z[f, j] = columns[f, left + j] - mean
                r[j] += z[f, j] * z[f, j]
        for f in range(d):
            for g in range(f + 1):
                total = 0.0
                for j in range(size):
                    total += z[f, j] * z[g, j]
                spread[f, g, segment] += total * share * (1.0 if f == g else 2.0)
            total = 0.0
            for j in range(size):
                total += z[f, j] * r[j]
            third[f, segment] += total * share
        total, square = 0.0, 0.0
        for j in range(size):
            total += r[j]
            square += r[j] * r[j]
        second[segment] += total * share
        fourth[segment] += square * share


@njit(**FAST)
def _bounds(  # type: ignore[no-untyped-def]
    points, rows, own, centre, spread, third, second, fourth, low
):
    """Fill low (m, k). The inner loops run along the customers, so that they are vectorised."""
    d, k = centre.shape
    m = len(rows)
    x, square, limit = np.empty((d, m)), np.zeros((k, m)), np.full(m, np.inf)
    for q in range(m):
        for f in range(d):
            x[f, q] = points[rows[q], f]
    for c in range(k):
        for f in range(d):
            mean = centre[f, c]
            for q in range(m):
                square[c, q] += (x[f, q] - mean) * (x[f, q] - mean)
        for q in range(m):
            if own[q] == c:
                square[c, q] = np.inf
            limit[q] = min(limit[q], square[c, q] + second[c])
    picked, step = np.empty(m, np.intp), np.empty((d, m))
    row, quadratic, linear = np.empty(m), np.empty(m), np.empty(m)
    low[:] = np.inf
    for c in range(k):
        size = 0
        for q in range(m):
            if square[c, q] * (1.0 - MARGIN) <= limit[q] and c != own[q]:
                picked[size] = q
                size += 1
        for f in range(d):
            mean = centre[f, c]
            for j in range(size):
                step[f, j] = x[f, picked[j]] - mean
        _forms(step[:, :size], spread[:, :, c], third[:, c], row, quadratic, linear)
        for j in range(size):
            q = picked[j]
            far, mean_square = square[c, q], square[c, q] + second[c]
            power = far * (far + 2.0 * second[c]) + fourth[c] + 4.0 * (quadratic[j] - linear[j])
            # E[X^4] is at least E[X^2]^2, whatever rounding says.
            power = max(power, mean_square * mean_square)
            bound = mean_square * np.sqrt(mean_square / power) if power > 0.0 else 0.0
            low[q, c] = max(bound, np.sqrt(far))


@njit(**FAST)
def _forms(step, spread, third, row, quadratic, linear):  # type: ignore[no-untyped-def]
    """Step' E[z z'] step and step' E[r z] of each column of step (d, size)."""
    d, size = step.shape
    quadratic[:size] = 0.0
    linear[:size] = 0.0
    for f in range(d):
        row[:size] = 0.0
        for g in range(f + 1):
            covariance = spread[f, g]
            for j in range(size):
                row[j] += covariance * step[g, j]
        for j in range(size):
            quadratic[j] += step[f, j] * row[j]
            linear[j] += step[f, j] * third[f]


@njit(**FAST)
def _search(columns, rows, starts, asking, low, best, which):  # type: ignore[no-untyped-def]
    """Every customer asks for one segment after the other, the one of the least bound first.

    Those who ask for the same one are answered together. A bound that was used becomes inf.
    """
    m, k = low.shape
    active, asked, ends = np.arange(m), np.empty(m, np.intp), np.empty(k + 1, np.intp)
    places, group, sums = np.empty(m, np.intp), np.empty(m, np.intp), np.empty(m)
    size = m
    while size:
        ends[:] = 0
        going = 0
        for i in range(size):
            q, least, segment = active[i], np.inf, -1
            for c in range(k):
                if low[q, c] < least:
                    least, segment = low[q, c], c
            if segment >= 0 and least * (1.0 - MARGIN) <= best[q]:
                low[q, segment] = np.inf
                asked[q] = segment
                active[going] = q
                going += 1
                ends[segment + 1] += 1
        size = going
        for c in range(k):
            ends[c + 1] += ends[c]
        for i in range(size):
            q = active[i]
            place = ends[asked[q]]
            places[place], group[place] = q, asking[q]
            ends[asked[q]] += 1  # where the segment's group ends, once all are placed
        first = np.intp(0)  # numba would compile the sums once more for a literal
        for c in range(k):
            if ends[c] > first:
                sums_to_range(columns, rows, group, first, ends[c], starts[c], starts[c + 1], sums)
            for j in range(first, ends[c]):
                q, mean = places[j], sums[j] / (starts[c + 1] - starts[c])
                # Equal means may differ by rounding: the first segment has them.
                tied = which[q] >= 0 and abs(mean - best[q]) <= MARGIN * best[q]
                if c < which[q] if tied else mean < best[q]:
                    which[q] = c
                best[q] = min(best[q], mean)
            first = ends[c]
