"""numba kernels: distances between customers, and their sums from customers to segments.

Kernels run over blocks of rows (or tiles of pairs) driven by a pool of Python threads. Each sum is
made by one thread in one fixed order, so no result depends on the number of threads. (numba's own
`parallel=True` hangs after fork and aborts under two Python threads.)

The inner loops take two rows and four columns at a time, so that LLVM vectorises them and what is
read from the cache is used twice; `reassoc` lets it keep several partial sums, in an order that is
fixed when the kernel is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints

EUCLIDEAN, GOWER, GAPS = 0, 1, 2
CHUNK = TILE = 512
"""Distances worked on at a time: two rows of them stay in the first-level cache."""
MARGIN = 1e-9
"""Share of a bound that rounding could have changed: many times more than it can."""
FAST = {"nogil": True, "cache": True, "error_model": "numpy",
        "fastmath": {"reassoc", "contract", "nsz"}}  # fmt: skip


class Points(NamedTuple):
    """Customers laid out for the kernels.

    Attributes:
        columns: (d, n) coordinates; Euclidean ones padded with columns of 0 to a multiple of 4,
            Gower ones divided by the column's range.
        rows: (n, d) the same, row by row.
        codes: (c, n) category codes, -1 missing.
        kind: EUCLIDEAN, GOWER (no value is missing) or GAPS (Gower, some are).

    """

    columns: Floats
    rows: Floats
    codes: Ints
    kind: int

    def single(self) -> Points:
        """The same customers with coordinates rounded to float32."""
        return self._replace(
            columns=self.columns.astype(np.float32), rows=self.rows.astype(np.float32)
        )

    def take(self, order: Any) -> Points:
        """The same customers in another order, or some of them."""
        rows = np.ascontiguousarray(self.rows[order])
        codes = np.ascontiguousarray(self.codes[:, order])
        return Points(np.ascontiguousarray(rows.T), rows, codes, self.kind)


def each(work: Callable[[Any], None], items: Iterable[Any], threads: int) -> None:
    """Call `work` on every item, `threads` at a time; kernels release the GIL."""
    items = list(items)
    if threads == 1 or len(items) < 2:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, items))


def blocks(n: int, size: int) -> list[tuple[int, int]]:
    """(first, last) of consecutive blocks of `size` rows."""
    return [(first, min(first + size, n)) for first in range(0, n, size)]


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
def _add_one(a, b, c, d, x, sx):  # type: ignore[no-untyped-def]
    x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
    for j in range(len(a)):
        p, q, r, s = a[j] - x0, b[j] - x1, c[j] - x2, d[j] - x3
        sx[j] += (p * p + q * q) + (r * r + s * s)


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
def distances(points, i, left, right, out):  # type: ignore[no-untyped-def]
    """out[0, :right - left] = distances from customer i to left..right; out[1] is scratch.

    For any kind of points; the distance of a customer to itself is exactly 0, and that of two
    customers without a column in common is 1.
    """
    size = right - left
    if points.kind == EUCLIDEAN:
        x = points.rows[i]
        out[0, :size] = 0.0
        for f in range(0, len(points.columns), 4):
            a, b = points.columns[f, left:right], points.columns[f + 1, left:right]
            c, e = points.columns[f + 2, left:right], points.columns[f + 3, left:right]
            _add_one(a, b, c, e, x[f:], out[0])
        for j in range(size):
            out[0, j] = np.sqrt(out[0, j])
    elif points.kind == GOWER:
        _gower(points, i, left, right, out[0])
    else:
        _gower_with_gaps(points, i, left, right, out[0], out[1])
    if left <= i < right:
        out[0, i - left] = 0.0


@njit(**FAST)
def _gower(points, i, left, right, out):  # type: ignore[no-untyped-def]
    size = right - left
    out[:size] = 0.0
    for f in range(len(points.columns)):
        x, column = points.rows[i, f], points.columns[f, left:right]
        for j in range(size):
            out[j] += abs(column[j] - x)
    for f in range(len(points.codes)):
        code, codes = points.codes[f, i], points.codes[f, left:right]
        for j in range(size):
            out[j] += 1.0 if codes[j] != code else 0.0
    share = 1.0 / (len(points.columns) + len(points.codes))
    for j in range(size):
        out[j] *= share


@njit(**FAST)
def _gower_with_gaps(points, i, left, right, out, counts):  # type: ignore[no-untyped-def]
    size = right - left
    out[:size] = 0.0
    counts[:size] = 0.0
    for f in range(len(points.columns)):
        x, column = points.rows[i, f], points.columns[f, left:right]
        if np.isnan(x):
            continue
        for j in range(size):
            step = abs(column[j] - x)
            known = step == step
            out[j] += step if known else 0.0
            counts[j] += 1.0 if known else 0.0
    for f in range(len(points.codes)):
        code, codes = points.codes[f, i], points.codes[f, left:right]
        if code < 0:
            continue
        for j in range(size):
            out[j] += 1.0 if (codes[j] >= 0 and codes[j] != code) else 0.0
            counts[j] += 1.0 if codes[j] >= 0 else 0.0
    for j in range(size):
        # Two customers with no column in common are as far apart as can be.
        out[j] = out[j] / counts[j] if counts[j] > 0 else 1.0


@njit(**FAST)
def distance(points, i, j):  # type: ignore[no-untyped-def]
    """Distance of two customers, for any kind of points."""
    total, count = 0.0, 0
    if points.kind == EUCLIDEAN:
        for f in range(points.rows.shape[1]):
            total += (points.rows[i, f] - points.rows[j, f]) ** 2
        return np.sqrt(total)
    if i == j:
        return 0.0
    for f in range(points.rows.shape[1]):
        step = abs(points.rows[i, f] - points.rows[j, f])
        if step == step:
            total += step
            count += 1
    for f in range(len(points.codes)):
        a, b = points.codes[f, i], points.codes[f, j]
        if a >= 0 and b >= 0:
            total += 1.0 if a != b else 0.0
            count += 1
    return total / count if count else 1.0
