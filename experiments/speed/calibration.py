"""Calibration of 5 indices on 100 random partitions against the same with scikit-learn and SciPy.

make bench      or      python experiments/speed/calibration.py

Both score the same partitions; the time to draw them is in ours only. The peer has no DuNN and no
WCNN in scikit-learn, so it makes them of scikit-learn's nearest neighbours, found once, and
Pearson's gamma of SciPy's distances, made once. It is timed on a tenth of the partitions.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from scipy.spatial.distance import pdist
from sklearn import metrics
from sklearn.neighbors import NearestNeighbors

from segbench.metric import CALIBRATED, Calibration
from segbench.metric.random_partitions import GENERATORS
from segbench.metric.registry import labelled

N, D, K, M = 10_000, 8, 8, 25


def peer(X: np.ndarray, many: list[np.ndarray]) -> dict[str, list[float]]:
    """The five indices of every partition."""
    far, near = NearestNeighbors(n_neighbors=M).fit(X).kneighbors()
    distances = pdist(X)
    i, j = np.triu_indices(len(X), 1)
    found: dict[str, list[float]] = {name: [] for name in CALIBRATED}
    for labels in many:
        found["silhouette"].append(metrics.silhouette_score(X, labels))
        found["calinski_harabasz"].append(metrics.calinski_harabasz_score(X, labels))
        found["pearson_gamma"].append(np.corrcoef(distances, labels[i] != labels[j])[0, 1])
        same = labels[near] == labels[:, None]
        found["wcnn"].append(same.mean())
        found["dunn_nn"].append(np.sort(far[~same])[:5].mean())
    return found


def rows() -> Iterator[str]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, D)) + 2 * rng.normal(size=(K, D))[rng.integers(K, size=N)]
    Calibration.of(labelled(X[:500], np.zeros(500)).space.reference).random_scores("silhouette", 2)
    start = time.perf_counter()
    calibration = Calibration.of(labelled(X, np.zeros(N)).space.reference, 2, sample=N)
    values = {name: calibration.random_scores(name, K) for name in CALIBRATED}
    own = time.perf_counter() - start
    drawn = [p.labels for g in GENERATORS for p in calibration.partitions(g, K)]
    tenth = drawn[:: len(drawn) // 10]
    start = time.perf_counter()
    theirs = peer(X, tenth)
    seconds = (time.perf_counter() - start) / len(tenth) * len(drawn)
    worst = max(abs(theirs[n][q] - values[n][q * (len(drawn) // 10)]) / abs(theirs[n][q])
                for n in ("silhouette", "pearson_gamma", "calinski_harabasz")
                for q in range(len(tenth)))  # fmt: skip
    yield (f"calibration of 5 indices, {len(drawn)} random partitions, n={N:,} d={D} k={K}, "
           f"2 threads: {own:.2f} s with drawing, scikit-learn and SciPy {seconds:.0f} s without, "
           "ratio "
           f"{seconds / own:.0f}x (wanted: 20x); shared indices differ by {worst:.0e} at most"
           )  # fmt: skip


if __name__ == "__main__":
    for row in rows():
        print(row, flush=True)
