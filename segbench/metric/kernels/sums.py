"""Sums of Euclidean distances over every pair, in float64 or from float32 distances.

The inner loops take two rows and four columns at a time, so that LLVM vectorises them and what is
read from the cache is used twice.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numba import njit

from segbench.contracts import Floats, Rows
from segbench.metric.kernels.distances import (
    CHUNK,
    FAST,
    TILE,
    Points,
    blocks,
    each,
)

ROWS, MOST = 256, 32
"""Rows worked on at a time, and blocks that a segment is cut into at most (memory is n times that).
"""


def sums_within(points: Points, starts: Rows, threads: int) -> Floats:
    """(n,) sum of the Euclidean distances to the own segment, for points in order of segment.

    Each pair of blocks of a segment is one tile, whose sums by row and by column are kept apart
    (one line per block) and added up in order at the end.
    """
    lines = max((len(_cuts(a, b)) for a, b in pairwise(starts.tolist())), default=0)
    parts = np.zeros((lines, len(points.rows)))
    tasks = []
    for first, last in pairwise(starts.tolist()):
        own = _cuts(first, last)
        tasks += [(own, i, j) for j in range(len(own)) for i in range(j + 1)]

    def tile(task: tuple[list[tuple[int, int]], int, int]) -> None:
        own, i, j = task
        (a, b), (c, d) = own[i], own[j]
        across = np.zeros(d - c)
        tile_sums(points.columns, points.rows, a, b, c, d, parts[j, a:b], across)
        parts[i, c:d] += across

    each(tile, tasks, threads)
    return parts.sum(axis=0)


def _cuts(first: int, last: int) -> list[tuple[int, int]]:
    """Blocks of first..last: short ones for the cache, longer where there would be too many."""
    size = max(TILE, -(-(last - first) // MOST))
    return [(first + a, first + b) for a, b in blocks(last - first, size)]


def sums_to(points: Points, starts: Rows, rows: Rows, asked: Rows, threads: int) -> Floats:
    """(m,) sum of distances from each row to the segment it asks for (`asked` ascending)."""
    out = np.empty(len(rows))
    cuts = np.searchsorted(asked, np.arange(len(starts)))
    tasks = [
        (segment, first + cuts[segment], last + cuts[segment])
        for segment in range(len(starts) - 1)
        for first, last in blocks(cuts[segment + 1] - cuts[segment], ROWS)
    ]

    def run(task: tuple[int, int, int]) -> None:
        segment, first, last = task
        sums_to_range(points.columns, points.rows, rows, first, last,
                      starts[segment], starts[segment + 1], out)  # fmt: skip

    each(run, tasks, threads)
    return out


@njit(**FAST)
def sums_to_range(columns, rows, asked, first, last, left, right, out):  # type: ignore[no-untyped-def]
    """out[q] = sum of the Euclidean distances from row asked[q] to the points left..right."""
    sx, sy = np.empty(CHUNK, columns.dtype), np.empty(CHUNK, columns.dtype)
    out[first:last] = 0.0
    for start in range(left, right, CHUNK):
        stop = min(start + CHUNK, right)
        here, there = sx[: stop - start], sy[: stop - start]
        for q in range(first, last, 2):
            other = min(q + 1, last - 1)
            _two_rows(columns, rows[asked[q]], rows[asked[other]], start, stop, here, there)
            t, u = _sums(here, there)
            out[q] += t
            if other > q:
                out[other] += u


@njit(**FAST)
def tile_sums(columns, rows, top, bottom, left, right, down, across):  # type: ignore[no-untyped-def]
    """Euclidean distances of a tile of pairs, summed by row (down) and by column (across).

    Of a tile on the diagonal only the pairs above it are worked out.
    """
    sx, sy = np.empty(CHUNK, columns.dtype), np.empty(CHUNK, columns.dtype)
    spare = np.zeros(CHUNK)
    diagonal = top == left
    for start in range(left, right, CHUNK):
        stop = min(start + CHUNK, right)
        for i in range(top, bottom - 1, 2):
            begin = max(start, i + 2) if diagonal else start
            if begin < stop:
                here, there = sx[: stop - begin], sy[: stop - begin]
                _two_rows(columns, rows[i], rows[i + 1], begin, stop, here, there)
                t, u = _sums_both(here, there, across[begin - left :])
                down[i - top] += t
                down[i + 1 - top] += u
        if (bottom - top) % 2 and not diagonal:  # the last row beside itself, of which half counts
            here, there, x = sx[: stop - start], sy[: stop - start], rows[bottom - 1]
            _two_rows(columns, x, x, start, stop, here, there)
            t, u = _sums_both(here, there, spare)
            down[bottom - 1 - top] += t
            for j in range(stop - start):
                across[start - left + j] += spare[j] / 2.0
                spare[j] = 0.0
    if diagonal:
        for i in range(top, bottom - 1, 2):
            square = 0.0
            for f in range(len(columns)):
                square += np.float64(rows[i, f] - rows[i + 1, f]) ** 2
            down[i - top] += np.sqrt(square)
            down[i + 1 - top] += np.sqrt(square)


@njit(**FAST)
def _two_rows(columns, x, y, left, right, sx, sy):  # type: ignore[no-untyped-def]
    """Euclidean distances from two rows to the points left..right."""
    last = len(columns) - 4
    if not last:
        sx[:] = 0.0
        sy[:] = 0.0
    for f in range(0, last + 4, 4):
        a, b = columns[f, left:right], columns[f + 1, left:right]
        c, e = columns[f + 2, left:right], columns[f + 3, left:right]
        if f == last:
            _roots(a, b, c, e, x[f:], y[f:], sx, sy)
        elif f == 0:
            _start(a, b, c, e, x, y, sx, sy)
        else:
            _add(a, b, c, e, x[f:], y[f:], sx, sy)


@njit(**FAST)
def _start(a, b, c, d, x, y, sx, sy):  # type: ignore[no-untyped-def]
    """Squared differences in four columns, for two rows x and y."""
    x0, x1, x2, x3, y0, y1, y2, y3 = x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]
    for j in range(len(a)):
        p, q, r, s = a[j] - x0, b[j] - x1, c[j] - x2, d[j] - x3
        sx[j] = (p * p + q * q) + (r * r + s * s)
        p, q, r, s = a[j] - y0, b[j] - y1, c[j] - y2, d[j] - y3
        sy[j] = (p * p + q * q) + (r * r + s * s)


@njit(**FAST)
def _add(a, b, c, d, x, y, sx, sy):  # type: ignore[no-untyped-def]
    x0, x1, x2, x3, y0, y1, y2, y3 = x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]
    for j in range(len(a)):
        p, q, r, s = a[j] - x0, b[j] - x1, c[j] - x2, d[j] - x3
        sx[j] += (p * p + q * q) + (r * r + s * s)
        p, q, r, s = a[j] - y0, b[j] - y1, c[j] - y2, d[j] - y3
        sy[j] += (p * p + q * q) + (r * r + s * s)


@njit(**FAST)
def _roots(a, b, c, d, x, y, sx, sy):  # type: ignore[no-untyped-def]
    """The last four columns, and the roots: in a loop of one type, which takes 8 floats at once."""
    x0, x1, x2, x3, y0, y1, y2, y3 = x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]
    for j in range(len(a)):
        p, q, r, s = a[j] - x0, b[j] - x1, c[j] - x2, d[j] - x3
        sx[j] = np.sqrt(sx[j] + ((p * p + q * q) + (r * r + s * s)))
        p, q, r, s = a[j] - y0, b[j] - y1, c[j] - y2, d[j] - y3
        sy[j] = np.sqrt(sy[j] + ((p * p + q * q) + (r * r + s * s)))


@njit(**FAST)
def _sums(sx, sy):  # type: ignore[no-untyped-def]
    t, u = 0.0, 0.0
    for j in range(len(sx)):
        t += sx[j]
        u += sy[j]
    return t, u


@njit(**FAST)
def _sums_both(sx, sy, across):  # type: ignore[no-untyped-def]
    """As `_sums`, and each distance is added to its column's own sum as well."""
    t, u = 0.0, 0.0
    for j in range(len(sx)):
        v, w = np.float64(sx[j]), np.float64(sy[j])
        t += v
        u += w
        across[j] += v + w
    return t, u
