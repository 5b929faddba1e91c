"""Do the intervals of stability cover what they claim to estimate.

    make stability      or      python experiments/stability/intervals.py [--write]

What is estimated is the mean over all resamples of one table. For each table and score it is taken
from 5,000 refits; then 300 intervals of 20 other refits each are made, and those that contain it
are counted. 95 % of them should.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

sys.path.insert(0, str(Path(__file__).parents[1]))
from measured import table, write

from segbench.contracts import Floats, Ints, Partition, Rows, Table
from segbench.stability import PREDICTED, REFITTED, Draw, Resampling, measure, measure_prediction

MANY, INTERVALS, REPLICATES, N = 5_000, 300, 20, 300
SCORES = (*REFITTED, *PREDICTED)
Rng = np.random.Generator


def groups(centres: list[list[float]], shares: list[float], spread: float = 1.0
           ) -> Callable[[Rng], Floats]:  # fmt: skip
    """Customers of round groups, drawn by a generator."""

    def draw(rng: Rng) -> Floats:
        which = rng.choice(len(centres), size=N, p=shares)
        return np.array(centres)[which] + spread * rng.normal(size=(N, len(centres[0])))

    return draw


THREE = [[0.0, 0.0], [4.0, 0.0], [2.0, 3.5]]
CASES: dict[str, tuple[Callable[[Rng], Floats], int]] = {
    "three groups apart, k = 3": (groups(THREE, [1 / 3] * 3, 0.6), 3),
    "three groups that touch, k = 3": (groups(THREE, [1 / 3] * 3), 3),
    "three groups that touch, k = 4": (groups(THREE, [1 / 3] * 3), 4),
    "a small group, k = 3": (groups(THREE, [0.55, 0.4, 0.05], 0.8), 3),
    "no groups, k = 2": (groups([[0.0, 0.0, 0.0, 0.0]], [1.0]), 2),
    "no groups, heavy tails, k = 5": (lambda rng: rng.standard_t(3, size=(N, 3)), 5),
}


def main() -> None:
    """Print the table, and write it into the README if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into README.md")
    start, rows = time.perf_counter(), []
    write_it = parser.parse_args().write
    for name, (draw, k) in CASES.items():
        rows.append([name, *coverages(draw(np.random.default_rng(0)), k)])
        print(f"  {rows[-1]}", flush=True)
    text = (f"{INTERVALS} intervals of {REPLICATES} refits (or splits) a cell; "
            f"{time.perf_counter() - start:.0f} s.\n\n"
            f"{table(['table', *SCORES], rows)}")  # fmt: skip
    print(text)
    if write_it:
        write(Path(__file__).parent / "README.md", text, "coverage")


def coverages(X: Floats, k: int) -> list[str]:
    """Share of the intervals that contain the mean, for each score."""

    def fit(rows: Rows, seed: int) -> KMeans:
        return KMeans(k, n_init=1, random_state=seed).fit(X[rows])

    def refit(draw: Draw) -> Ints:
        return fit(draw.rows, draw.seed).labels_

    def both(rows: Rows, others: Rows, seed: int) -> tuple[Ints, Ints]:
        model = fit(rows, seed)
        return model.labels_, model.predict(X[others])

    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    customers = Table("t", np.arange(N), frame, tuple(frame), (), (), {}, {}, None, "-")
    resampling = Resampling(customers, "bootstrap", None, 0)
    own = KMeans(k, n_init=10, random_state=0).fit_predict(X)
    partition = Partition.from_labels(own)

    def measured(stream: int, replicates: int) -> dict[str, tuple[float, float, float]]:
        found = measure(refit, partition, resampling, replicates, stream=stream, threads=2).scores
        found |= measure_prediction(both, N, replicates, 0, stream=stream, threads=2)
        return {name: (s.value, s.low, s.high) for name, s in found.items()}

    truth = measured(0, MANY)
    inside = dict.fromkeys(SCORES, 0)
    for stream in range(1, INTERVALS + 1):
        for name, (_, low, high) in measured(stream, REPLICATES).items():
            inside[name] += low <= truth[name][0] <= high
    return [f"{inside[name] / INTERVALS:.1%}" for name in SCORES]


if __name__ == "__main__":
    main()
