"""numba kernels: sums of distances from every customer to every segment.

One kernel a kind of distance, run over blocks of rows by a pool of Python threads. Each row is
summed by one thread in one fixed order, so the result does not depend on the number of threads.
(numba's own `parallel=True` hangs after fork and aborts under two Python threads.)
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from segbench.contracts import Floats, Ints, Reference, Rows

BLOCK = 512
CHUNK = 256


def segment_distance_sums(
    reference: Reference, labels: Ints, k: int, threads: int = 1, rows: Rows | None = None
) -> Floats:
    """Sum of the distances from each customer to the customers of each segment.

    Euclidean, or Gower where the reference says so. Time O(rows * n), memory O(rows * k).

    Args:
        reference: n customers; X is (n, d), C is (n, c).
        labels: (n,) -1 (belongs to none) or 0..k-1.
        rows: the customers to sum for, all of them by default.

    Returns:
        (len(rows), k) sums; a customer's distance to itself is 0.

    """
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(k + 1)).astype(np.int64)
    rows = np.arange(len(reference)) if rows is None else rows
    out = np.zeros((len(rows), k))
    run = _gower_block if reference.kind == "gower" else _euclidean_block
    arguments = _prepare(reference, order, rows)

    def block(first: int) -> None:
        run(*arguments, starts, first, min(first + BLOCK, len(rows)), out)

    _each(block, range(0, len(rows), BLOCK), threads)
    if reference.kind == "gower":  # a customer without any value was counted as far from itself
        empty = np.isnan(reference.X[rows]).all(axis=1) & (reference.C[rows] < 0).all(axis=1)
        own = np.flatnonzero(empty & (labels[rows] >= 0))
        out[own, labels[rows[own]]] -= 1.0
    return out


def _prepare(reference: Reference, order: Rows, rows: Rows) -> tuple[np.ndarray, ...]:
    """Columns in segment order (so that the inner loops run over neighbours), rows as asked."""
    if reference.kind != "gower":
        # Centred first, so that large offsets cost no digits.
        X = reference.X - reference.X.mean(axis=0)
        return np.ascontiguousarray(X[order].T), np.ascontiguousarray(X[rows])
    used = reference.ranges > 0
    X = reference.X[:, used]
    X = (X - np.nanmin(X, axis=0, initial=np.inf)) / reference.ranges[used]
    constant = ~np.isnan(reference.X[:, ~used])
    # A column without spread still counts as one on which all customers agree.
    X = np.hstack([X, np.where(constant, 0.0, np.nan)])
    return (
        np.ascontiguousarray(X[order].T),
        np.ascontiguousarray(reference.C[order].T),
        np.ascontiguousarray(X[rows]),
        np.ascontiguousarray(reference.C[rows]),
    )


def _each(work: Callable[[int], None], items: range, threads: int) -> None:
    if threads == 1 or len(items) == 1:
        for item in items:
            work(item)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, items))


@njit(nogil=True, cache=True)
def _euclidean_block(columns, points, starts, first, last, out):  # type: ignore[no-untyped-def]
    d = columns.shape[0]
    squares = np.empty(CHUNK)
    for i in range(first, last):
        for segment in range(len(starts) - 1):
            total = 0.0
            for left in range(starts[segment], starts[segment + 1], CHUNK):
                size = min(CHUNK, starts[segment + 1] - left)
                squares[:size] = 0.0
                for f in range(d):
                    x = points[i, f]
                    for j in range(size):
                        step = columns[f, left + j] - x
                        squares[j] += step * step
                part = 0.0
                for j in range(size):
                    part += np.sqrt(squares[j])
                total += part
            out[i, segment] = total


@njit(nogil=True, cache=True)
def _gower_block(  # type: ignore[no-untyped-def]
    columns, codes, points, point_codes, starts, first, last, out
):
    sums, counts = np.empty(CHUNK), np.empty(CHUNK)
    for i in range(first, last):
        for segment in range(len(starts) - 1):
            total = 0.0
            for left in range(starts[segment], starts[segment + 1], CHUNK):
                size = min(CHUNK, starts[segment + 1] - left)
                sums[:size] = 0.0
                counts[:size] = 0.0
                for f in range(columns.shape[0]):
                    x = points[i, f]
                    if np.isnan(x):
                        continue
                    for j in range(size):
                        step = abs(columns[f, left + j] - x)
                        known = step == step
                        sums[j] += step if known else 0.0
                        counts[j] += 1.0 if known else 0.0
                for f in range(codes.shape[0]):
                    code = point_codes[i, f]
                    if code < 0:
                        continue
                    for j in range(size):
                        other = codes[f, left + j]
                        sums[j] += 1.0 if (other >= 0 and other != code) else 0.0
                        counts[j] += 1.0 if other >= 0 else 0.0
                part = 0.0
                for j in range(size):
                    # Two customers with no column in common are as far apart as can be.
                    part += sums[j] / counts[j] if counts[j] > 0 else 1.0
                total += part
            out[i, segment] = total
