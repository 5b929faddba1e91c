"""Gower silhouette against the full matrix with scikit-learn: same value, ratio of times, memory.

make bench      or      python experiments/speed/gower.py
"""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
from sklearn.metrics import silhouette_samples as of_matrix
from timing import timed

from segbench.contracts import Reference
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared
from segbench.metric.silhouette import silhouette_samples

N, K, COLUMNS, ROWS = 10_000, 8, 6, 250
RUNS, PEER_RUNS = 15, 3
CASES = (("complete rows", 0.0, 500), ("5 % missing", 0.05, 50))


def customers(missing: float) -> tuple[Reference, np.ndarray]:
    """Six skewed numeric and six categorical columns, and segments that are visible in them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(K, size=N).astype(np.int32)
    X = rng.lognormal(size=(N, COLUMNS)) + labels[:, None] / 2
    C = ((rng.integers(4, size=(N, COLUMNS)) + labels[:, None]) % 10).astype(np.int32)
    X[rng.random(X.shape) < missing] = np.nan
    C[rng.random(C.shape) < missing] = -1
    ranges = np.nanmax(X, axis=0) - np.nanmin(X, axis=0)
    return Reference("gower", X, C, ranges, tuple(map(str, range(2 * COLUMNS)))), labels


def matrix(space: Reference) -> np.ndarray:
    """(n, n) Gower distances in numpy, by blocks of rows so that no second matrix is needed."""
    complete = not np.isnan(space.X).any() and (space.C >= 0).all()
    block = without_gaps if complete else with_gaps
    X, out = space.X / space.ranges, np.empty((len(space), len(space)))
    for first in range(0, len(space), ROWS):
        out[first : first + ROWS] = block(X, space.C, slice(first, first + ROWS))
    np.fill_diagonal(out, 0.0)
    return out


def without_gaps(X: np.ndarray, C: np.ndarray, rows: slice) -> np.ndarray:
    total = np.zeros((len(X[rows]), len(X)))
    for x in X.T:
        total += np.abs(x[rows, None] - x)
    for c in C.T:
        total += c[rows, None] != c
    return total / (X.shape[1] + C.shape[1])


def with_gaps(X: np.ndarray, C: np.ndarray, rows: slice) -> np.ndarray:
    total, common = np.zeros((len(X[rows]), len(X))), np.zeros((len(X[rows]), len(X)))
    for x in X.T:
        step = np.abs(x[rows, None] - x)
        common += ~np.isnan(step)
        total += np.nan_to_num(step, copy=False)
    for c in C.T:
        known = (c[rows, None] >= 0) & (c >= 0)
        common += known
        total += (c[rows, None] != c) & known
    return np.where(common > 0, total / np.maximum(common, 1), 1.0)


def main() -> None:
    threads = len(os.sched_getaffinity(0))
    for name, missing, wanted in CASES:
        space, labels = customers(missing)

        def ours(space=space, labels=labels) -> np.ndarray:
            return silhouette_samples(Labelled(Prepared(space, threads), labels, K))

        def theirs(space=space, labels=labels) -> np.ndarray:
            return of_matrix(matrix(space), labels, metric="precomputed")

        ours()  # compiles
        tracemalloc.start()
        ours()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        mine, own = timed(ours, RUNS)
        reference, peer = timed(theirs, PEER_RUNS)
        apart = np.abs(mine - reference).max()
        print(f"Gower silhouette, n={N:,}, {COLUMNS} + {COLUMNS} columns, {name}: ours "
              f"{own * 1e3:.1f} ms, matrix + scikit-learn {peer:.2f} s, ratio {peer / own:.0f}x "
              f"(wanted: {wanted}x); values differ by at most {apart:.1e}; peak memory "
              f"{peak:.0f} MB, the matrix alone {8 * N * N / 2**20:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
