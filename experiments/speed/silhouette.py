"""Silhouette kernels against scikit-learn in the same run: same value, ratio of times.

make bench      or      python experiments/speed/silhouette.py
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn import metrics

from segbench.contracts import Reference
from segbench.metric.plain import as_reference
from segbench.metric.silhouette import silhouette

RUNS = 3


def timed(score: Callable[[], float]) -> tuple[float, float]:
    times, value = [], 0.0
    for _ in range(RUNS):
        start = time.perf_counter()
        value = score()
        times.append(time.perf_counter() - start)
    return value, statistics.median(times)


def main() -> None:
    threads = len(os.sched_getaffinity(0))
    rng = np.random.default_rng(0)
    print(f"silhouette, k = 6, {threads} threads, median of {RUNS} runs")
    for n, d in ((2_000, 4), (10_000, 4), (20_000, 8)):
        labels = rng.integers(6, size=n).astype(np.int32)
        X = rng.normal(size=(n, d)) + labels[:, None]
        reference, codes = as_reference(X, labels)
        gower = Reference("gower", reference.X, reference.C, reference.ranges, ())
        silhouette(gower, codes), silhouette(reference, codes)  # compiles
        mine, own = timed(lambda r=reference, c=codes: silhouette(r, c, threads))
        theirs, peer = timed(lambda x=X, y=labels: metrics.silhouette_score(x, y))
        _, mixed = timed(lambda r=gower, c=codes: silhouette(r, c, threads))
        print(f"  n={n:6d} d={d}: {own:7.3f} s, scikit-learn {peer:7.3f} s, ratio "
              f"{peer / own:5.1f}x, values differ by {abs(mine - theirs):.1e}; "
              f"Gower {mixed:7.3f} s")  # fmt: skip


if __name__ == "__main__":
    main()
