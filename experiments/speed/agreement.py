"""Label agreement against scikit-learn (and genieclust, where installed) in the same run.

make bench      or      python experiments/speed/agreement.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import timing
from sklearn import metrics

from segbench import metric
from segbench.metric.agreement.information import adjusted_mutual_info
from segbench.metric.agreement.matching import pair_sets_index

RUNS = 3
N, K = 20_000, 8
Score = Callable[[Any, Any], float]
PAIRS = {"ARI": 1_000}
OTHERS = 50
WANTED = {"ARI": "20x"}


def labellings(number: int) -> list[np.ndarray]:
    """Pairs of labellings that share part of their labels, from none to all."""
    rng = np.random.default_rng(0)
    drawn = []
    for share in np.linspace(0.0, 1.0, number):
        a, other = rng.integers(K, size=(2, N))
        drawn.append(np.stack([a, np.where(rng.random(N) < share, a, other)]))
    return drawn


def genieclust(name: str) -> Score | None:
    if find_spec("genieclust") is None:
        return None
    from genieclust import compare_partitions

    return getattr(compare_partitions, name)


def measures() -> Iterator[tuple[str, Score, str, Score | None]]:
    sklearn = "scikit-learn"
    yield "ARI", metric.adjusted_rand_score, sklearn, metrics.adjusted_rand_score
    yield "AMI", metric.adjusted_mutual_info_score, sklearn, metrics.adjusted_mutual_info_score
    nmi = metrics.normalized_mutual_info_score
    yield "NMI", metric.normalized_mutual_info_score, sklearn, nmi
    yield "V-measure", metric.v_measure_score, sklearn, metrics.v_measure_score
    fowlkes = metrics.fowlkes_mallows_score
    yield "Fowlkes-Mallows", metric.fowlkes_mallows_score, sklearn, fowlkes
    yield "Jaccard of pairs", metric.jaccard_score, "nobody", None
    yield "PSI", metric.psi_score, "genieclust", genieclust("pair_sets_index")
    nca = genieclust("normalized_clustering_accuracy")
    yield "NCA", metric.normalized_clustering_accuracy_score, "genieclust", nca


def timed(score: Score, pairs: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """Values, and median seconds for all pairs."""
    score(*pairs[0])  # compiles
    values, seconds = timing.timed(lambda: [score(a, b) for a, b in pairs], RUNS)
    return np.array(values), seconds


def rows() -> Iterator[str]:
    """A line per measure: seconds of both in one process, their ratio, the largest difference."""
    pairs = labellings(max(OTHERS, *PAIRS.values()))
    for name, ours, peer, theirs in measures():
        number = PAIRS.get(name, OTHERS)
        chosen = pairs[:: len(pairs) // number]
        mine, own = timed(ours, chosen)
        line = f"{name}, {number:,} pairs, n={N:,}: ours {own:.3f} s"
        if theirs is None:
            yield f"{line}, {peer} to compare with"
            continue
        values, other = timed(theirs, chosen)
        wanted = f" (wanted: {WANTED[name]})" if name in WANTED else ""
        yield (
            f"{line}, {peer} {other:.3f} s, ratio {other / own:.1f}x{wanted}, "
            f"values differ by {np.abs(mine - values).max():.1e}"
        )


def crowded() -> Iterator[str]:
    """Half of the customers noise on each side: thousands of segments of one."""
    rng = np.random.default_rng(0)
    a, b = (
        np.where(rng.random(N) < 0.5, -1, rng.integers(K, size=N)).astype(np.int32)
        for _ in range(2)
    )
    for score in (adjusted_mutual_info, pair_sets_index):
        _, seconds = timed(score, [np.stack([a, b])])
        yield f"{score.__name__}, one pair, n={N:,}, half noise: {1e3 * seconds:.2f} ms"


def main() -> None:
    print(f"label agreement, k = {K}, one process, the functions with scikit-learn's signature")
    for lines in (rows(), crowded()):
        for line in lines:
            print(f"  {line}")


if __name__ == "__main__":
    main()
