"""Silhouette against scikit-learn in the same run: values, ratio of times, share of the limit.

make bench      or      python experiments/speed/silhouette.py

The default path takes float32 distances for more than 5,000 customers; `float64` is the other
precision. The arithmetic limit is what a distance takes at the least: a fused operation and a
subtraction a column (they share no unit) and a root, at the rates that one thread reaches on
numbers in its first-level cache. Beside it stands what the kernel reaches on one thread.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from numba import njit
from sklearn import metrics
from timing import timed

from segbench.metric.kernels.distances import FAST
from segbench.metric.kernels.sums import sums_to_range
from segbench.metric.labelled import Labelled
from segbench.metric.prepared import Prepared
from segbench.metric.registry import labelled
from segbench.metric.silhouette import silhouette_samples

RUNS = 11
CASES = ((20_000, 8, 8, 50), (20_000, 32, 8, 20), (20_000, 8, 30, 80))
LARGE = (200_000, 8, 8)
FUSED = 8  # operations on a number while it is in a register


def customers(n: int, d: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping segments: the silhouette is 0.25 to 0.5."""
    rng = np.random.default_rng(0)
    labels = rng.integers(k, size=n)
    return rng.normal(size=(n, d)) + 2 * rng.normal(size=(k, d))[labels], labels


def silhouette(X: np.ndarray, labels: np.ndarray, threads: int, single: bool) -> float:
    part = labelled(X, labels)
    space = Prepared(part.space.reference, threads, exact=len(X), single=single)
    return float(silhouette_samples(Labelled(space, part.labels, part.k)).mean())


@njit(**FAST)
def _fused(values, times):  # type: ignore[no-untyped-def]
    for _ in range(times):
        for j in range(len(values)):
            x = values[j]
            y = x * x + x
            for _ in range(FUSED - 1):
                y = y * x + x
            values[j] = y


@njit(**FAST)
def _root(values, times):  # type: ignore[no-untyped-def]
    for _ in range(times):
        for j in range(len(values)):
            values[j] = np.sqrt(values[j])


def rate(work: Callable[..., None], dtype: type) -> float:
    """Elements a second that one thread works through in its first-level cache."""
    values = np.full(1024, 0.5, dtype)
    work(values, 1)
    _, seconds = timed(lambda: work(values, 20_000), RUNS)
    return 1024 * 20_000 / seconds


def limit(d: int, dtype: type) -> float:
    """Distances a second that the arithmetic would allow."""
    return 1 / max(d / (FUSED * rate(_fused, dtype)), 1 / rate(_root, dtype))


def reached(d: int, dtype: type) -> float:
    """Distances a second of the kernel: 1,000 rows to 2,500 points."""
    points = np.random.default_rng(0).normal(size=(d, 2_500)).astype(dtype)
    asked, sums = np.arange(1_000), np.empty(1_000)

    def work() -> float:
        sums_to_range(points, points.T.copy(), asked, 0, 1_000, 0, 2_500, sums)
        return float(sums[0])

    work()
    return 2_500_000 / timed(work, RUNS)[1]


def rows() -> Iterator[str]:
    yield f"silhouette, medians of {RUNS} runs"
    for d in (8, 32):
        for dtype in (np.float32, np.float64):
            most, kernel = limit(d, dtype), reached(d, dtype)
            yield (f"  distances a second, d={d} {dtype.__name__}: arithmetic limit {most:.1e}, "
                   f"kernel {kernel:.1e}, {kernel / most:.0%}")  # fmt: skip
    for n, d, k, wanted in CASES:
        X, labels = customers(n, d, k)
        theirs, peer = timed(lambda x=X, y=labels: metrics.silhouette_score(x, y), 2)
        for threads, single in ((2, True), (1, True), (2, False), (1, False)):
            silhouette(X, labels, threads, single)  # compiles
            mine, own = timed(
                lambda x=X, y=labels, t=threads, s=single: silhouette(x, y, t, s), RUNS
            )
            aim = f" (wanted: {wanted}x)" if (threads, single) == (2, True) else ""
            path = "default" if single else "float64"
            yield (f"  n={n:,} d={d} k={k} {path}, {threads} threads: {own:.4f} s, "
                   f"scikit-learn {peer:.2f} s, ratio {peer / own:.1f}x{aim}, values "
                   f"differ by {abs(mine - theirs):.0e}")  # fmt: skip
    X, labels = customers(*LARGE)
    value, own = timed(lambda: silhouette(X, labels, 2, True), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield (f"  n={LARGE[0]:,} d={LARGE[1]} k={LARGE[2]} default, 2 threads, exact: {own:.1f} s, "
           f"value {value:.6f}, process peak so far {peak:,.0f} MB (wanted: under 2,000)"
           )  # fmt: skip


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
