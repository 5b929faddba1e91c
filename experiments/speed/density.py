"""DBCV against hdbscan's in the same process: ratio of times, and what the order of rows changes.

make bench      or      python experiments/speed/density.py

The values differ a little: hdbscan takes equal edges of a spanning tree by row (and there are many:
most customers have several neighbours within their core distance), segbench by distance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hdbscan.validity import validity_index
from timing import timed

from segbench.machine import processors
from segbench.metric.density import dbcv_score

RUNS, WANTED = 3, 20


def customers(n: int, d: int, k: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(k, size=n)
    return rng.normal(size=(n, d)) + labels[:, None], labels


def spread(score: Callable[..., float], X: np.ndarray, labels: np.ndarray) -> float:
    """Largest difference between the values of some orders of the same customers."""
    rng = np.random.default_rng(1)
    orders = [rng.permutation(len(X)) for _ in range(5)]
    return float(np.ptp([score(X[rows], labels[rows]) for rows in orders]))


def main() -> None:
    print(f"DBCV, k = 6, {processors()} threads, median of {RUNS} runs")
    dbcv_score(*customers(100, 3))  # compiles
    for n, d in ((2_000, 3), (10_000, 8)):
        X, labels = customers(n, d)
        mine, own = timed(lambda x=X, y=labels: dbcv_score(x, y), RUNS)
        theirs, peer = timed(lambda x=X, y=labels: validity_index(x, y), RUNS)
        print(
            f"  DBCV, n={n:,}, d={d}: ours {own:.3f} s, hdbscan {peer:.2f} s, ratio "
            f"{peer / own:.0f}x (wanted: {WANTED}x); values {mine:.4f}, {theirs:.4f}"
        )
    X, labels = customers(1_000, 3)
    ours, peers = spread(dbcv_score, X, labels), spread(validity_index, X, labels)
    print(
        f"  five orders of the same 1,000 rows: ours differ by {ours:.1g}, hdbscan's by {peers:.1g}"
    )


if __name__ == "__main__":
    main()
