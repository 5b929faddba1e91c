"""Distances between customers, and what all kernels share.

Kernels run over blocks of rows (or tiles of pairs) driven by a pool of Python threads. Each sum is
made by one thread in one fixed order, so no result depends on the number of threads. (numba's own
`parallel=True` hangs after fork and aborts under two Python threads.)
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
# `reassoc` lets LLVM keep several partial sums, in an order that is fixed when it compiles.
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
def _add_one(a, b, c, d, x, sx):  # type: ignore[no-untyped-def]
    x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
    for j in range(len(a)):
        p, q, r, s = a[j] - x0, b[j] - x1, c[j] - x2, d[j] - x3
        sx[j] += (p * p + q * q) + (r * r + s * s)


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
