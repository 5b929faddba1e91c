"""100 bootstrap refits, compared with the partition at all three levels, against a plain loop.

    make bench      or      python experiments/speed/replicates.py

The peer is the loop that one would write with scikit-learn, NumPy and SciPy: a scaler and k-means
on each resample, scikit-learn's agreements, masks for the segments, an assignment for the
customers. Both fit the same resamples with the same seeds. The peer runs in a process of its own,
once with the threads that a user gets and once with one, since segbench gives its threads to
refits and none to the libraries below. Fitting k-means is the same code in both.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from scipy.optimize import linear_sum_assignment
from scipy.stats import entropy
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.metrics.cluster import contingency_matrix
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits
from timing import QUIET, Others, in_process, timed

from segbench.algorithm import design, fit_labels, make
from segbench.contracts import Partition, Table
from segbench.evaluator import Evaluator
from segbench.features import FeaturePipeline
from segbench.paths import CONF
from segbench.space import fit_reference
from segbench.stability import Draw, Resampling, measure

N, D, K, REFITS, THREADS, SEED = 20_000, 8, 6, 100, 2, 0
ROUNDS, WANTED, SHARE = 3, 10, 5


def customers() -> np.ndarray:
    """Six groups that overlap."""
    rng = np.random.default_rng(SEED)
    groups = rng.integers(K, size=N)
    return rng.normal(size=(N, D)) + rng.normal(size=(K, D))[groups]


def evaluator(threads: int) -> Evaluator:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = compose("config", ["features=standard", "algorithm=kmeans"])
        made: Any = OmegaConf.to_container(composed, resolve=True)
    columns = tuple(f"x{j}" for j in range(D))
    table = Table("groups", np.arange(N), pd.DataFrame(customers(), columns=list(columns)),
                  columns, (), (), {}, {}, None, "")  # fmt: skip
    return Evaluator(
        table, fit_reference(table, {"kind": "standard"}), made["features"], made["algorithm"],
        made["guards"], made["study"]["objectives"], REFITS, SEED, threads,
    )  # fmt: skip


def ours(threads: int) -> dict[str, Any]:
    """Seconds of the refits and what they found."""
    cell, params = evaluator(threads), {"n_clusters": K}
    partition = cell.fit(params).partition
    start = time.perf_counter()
    found = cell.refits(params, partition)
    seconds = time.perf_counter() - start
    values = {name: score.value for name, score in found.scores.items()}
    return {"seconds": seconds, "values": values, "customers": found.customers.tolist()}


def plain() -> dict[str, Any]:
    """The same in a loop."""
    X = customers()
    partition = segments(X, SEED)
    start = time.perf_counter()
    found: dict[str, list[float]] = {}
    recovery, drawn, stayed = [], np.zeros(N), np.zeros(N)
    for i in range(REFITS):
        rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(0, i)))
        rows = np.unique(rng.integers(N, size=N))
        own, again = partition[rows], segments(X[rows], int(rng.integers(2**31 - 1)))
        values = {
            "stability_ari": metrics.adjusted_rand_score(own, again),
            "stability_ami": metrics.adjusted_mutual_info_score(own, again),
            "stability_ecs": element_centric(own, again),
            "stability_vi": entropy(np.bincount(own)) + entropy(np.bincount(again))
            - 2 * metrics.mutual_info_score(own, again),
        }  # fmt: skip
        recovery.append(jaccard(own, again))
        pairs = linear_sum_assignment(contingency_matrix(own, again), maximize=True)
        same = pairs[1][own] == again
        values["customer_consistency"] = same.mean()
        drawn[rows] += 1
        stayed[rows] += same
        for name, value in values.items():
            found.setdefault(name, []).append(float(value))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    means["segment_jaccard_min"] = float(np.mean(recovery, axis=0).min())
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "values": means, "customers": (stayed / drawn).tolist()}


def segments(X: np.ndarray, seed: int) -> np.ndarray:
    X = StandardScaler().fit_transform(X)
    return KMeans(K, n_init=4, random_state=seed).fit_predict(X)


def jaccard(own: np.ndarray, again: np.ndarray) -> list[float]:
    """Of each segment, the best coefficient with one of the refit."""
    best = []
    for i in range(K):
        a, found = own == i, []
        for j in range(K):
            b = again == j
            found.append((a & b).sum() / (a | b).sum())
        best.append(max(found))
    return best


def element_centric(own: np.ndarray, again: np.ndarray) -> float:
    total = 0.0
    for i in range(K):
        a = own == i
        for j in range(K):
            b = again == j
            total += (a & b).sum() ** 2 / max(a.sum(), b.sum())
    return total / len(own)


def apart(mine: dict[str, Any], theirs: dict[str, Any]) -> float:
    """The largest difference of a score, or of how often a customer stays."""
    scores = [abs(value - theirs["values"][name]) for name, value in mine["values"].items()]
    return max(*scores, np.abs(np.subtract(mine["customers"], theirs["customers"])).max())


@dataclass
class Known:
    """Draws that are made already."""

    draws: list[Draw]

    def draw(self, stream: int, i: int) -> Draw:
        return self.draws[i]


def parts() -> dict[str, float]:
    """Seconds of each part of the refits, one after the other on one thread."""
    cell, params = evaluator(1), {"n_clusters": K}
    partition, table = cell.fit(params).partition, cell.table
    resampling = Resampling(table, "bootstrap", None, SEED)
    draws, drawing = timed(lambda: [resampling.draw(0, i) for i in range(REFITS)], ROUNDS)
    _, taking = timed(lambda: [table.take(draw.rows) for draw in draws], ROUNDS)

    def features() -> list[Any]:
        return [FeaturePipeline(cell.features, draw.table).fit_transform(draw.table)
                for draw in draws]  # fmt: skip

    def kmeans() -> dict[int, np.ndarray]:
        fits = ((draw, make(cell.algorithm, params, draw.seed, matrix), design(matrix, "numeric"))
                for draw, matrix in zip(draws, matrices, strict=True))  # fmt: skip
        return {draw.seed: Partition.from_labels(fit_labels(estimator, X)).labels
                for draw, estimator, X in fits}  # fmt: skip

    matrices, preparing = timed(features, ROUNDS)
    labels, fitting = timed(kmeans, ROUNDS)
    known: Any = Known(draws)
    _, agreeing = timed(
        lambda: measure(lambda draw: labels[draw.seed], partition, known, REFITS), ROUNDS
    )
    return {"features": preparing, "k-means": fitting, "agreement": agreeing,
            "table.take": taking, "drawing rows": drawing - taking}  # fmt: skip


def peer(limit: int | None) -> dict[str, Any]:
    return in_process(__file__, "plain", threads=limit)


def watched(work: Callable[[Any], dict[str, Any]], threads: int | None) -> dict[str, Any]:
    """What the work returns, and how many processors others used meanwhile."""
    others = Others()
    return {**work(threads), "others": others.processors()}


def middle(runs: list[dict[str, Any]]) -> float:
    return statistics.median(run["seconds"] for run in runs)


def main() -> None:
    print(f"{REFITS} bootstrap refits of k-means at three levels, n={N:,} d={D} k={K}, "
          f"medians of {ROUNDS} runs")  # fmt: skip
    with threadpool_limits(1):  # as `segbench run` does
        ours(THREADS)  # compiles
    runs: dict[tuple[str, int | None], list[dict[str, Any]]] = {}
    for _ in range(ROUNDS):
        for threads in (THREADS, 1):
            with threadpool_limits(1):
                runs.setdefault(("ours", threads), []).append(watched(ours, threads))
        for limit in (None, 1):
            runs.setdefault(("plain loop", limit), []).append(watched(peer, limit))
    first, own = runs["ours", THREADS][0], middle(runs["ours", THREADS])
    for (name, threads), each in runs.items():
        words = {None: "default threads", 1: "1 thread"}.get(threads, f"{threads} threads")
        spread, busy = ([run[key] for run in each] for key in ("seconds", "others"))
        ratio = middle(each) / own
        line = f"{middle(each):.2f} s ({min(spread):.2f} to {max(spread):.2f}), ratio {ratio:.2f}x"
        wanted = f" (wanted: {WANTED}x)" if threads is None else ""
        print(f"  {name}, {words}: {line}{wanted}, scores differ by at most "
              f"{apart(first, each[0]):.0e}; other programs kept {max(busy):.1f} processors busy"
              )  # fmt: skip
    if max(run["others"] for each in runs.values() for run in each) > QUIET:
        print(
            "  NOT A QUIET MACHINE: the ratio to default threads says nothing (see timing.Others)"
        )
    print("  " + ", ".join(f"{name} {value:.6f}" for name, value in first["values"].items()))
    with threadpool_limits(1):
        seconds = parts()
    refit = seconds["features"] + seconds["k-means"]
    each = ", ".join(f"{name} {1e3 * value / REFITS:.2f} ms" for name, value in seconds.items())
    print(f"  a refit on 1 thread: {each}")
    print(f"  agreement measures: {seconds['agreement'] / refit:.1%} of the refit time "
          f"(wanted: at most {SHARE} %)")  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["plain"]:
        print(json.dumps(plain()))
    else:
        main()
