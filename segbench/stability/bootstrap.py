"""Bootstrap stability of a partition: refit on resampled customers, compare with the original.

Each replicate draws n customers with replacement and keeps the distinct ones (about 63 %), so that
copies of a customer do not make dense spots that a density algorithm would take for segments. The
pipeline is refitted on them, and the adjusted Rand index compares the two labellings of those
customers (Hennig 2007, Comput. Stat. Data Anal. 52, 258-271, with ARI for the whole partition).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.stats import t as student

from segbench.contracts import Floats, Ints, Partition, Rows, Score
from segbench.metric.agreement import adjusted_rand

Refit = Callable[[Rows, int], Ints]
"""(rows, seed) -> labels of those rows by the pipeline fitted on them alone; -1 noise."""


def stability_ari(
    refit: Refit, partition: Partition, *, replicates: int, seed: int, stream: int = 0,
    threads: int = 1,
) -> Score:  # fmt: skip
    """Mean ARI between the partition and its bootstrap refits, with a 95 % interval.

    Args:
        refit: fits the whole pipeline on some customers.
        replicates: number of refits, at least 2.
        seed, stream: replicate i draws the same customers whenever both are the same. The study
            uses stream 0, the report on its winner stream 1.
        threads: refits at a time; the score does not depend on it.

    Returns:
        Mean ARI (at most 1, 0 by chance). The interval is Student's, over replicates. Undefined
        for a partition that has one segment, none, or one for every customer.

    """
    n, k = len(partition.labels), partition.k
    if not 2 <= k < n:
        return Score.undefined(f"needs 2 to n - 1 segments, has {k} for {n} customers")
    draws = [resample(n, seed, stream, i) for i in range(replicates)]

    def one(draw: tuple[Rows, int]) -> float:
        rows, refit_seed = draw
        return adjusted_rand(partition.labels[rows], refit(rows, refit_seed))

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            values = list(pool.map(one, draws))
    else:
        values = [one(draw) for draw in draws]
    return mean_interval(np.array(values))


def resample(n: int, seed: int, stream: int, replicate: int) -> tuple[Rows, int]:
    """Distinct customers of one bootstrap sample, in table order, and the seed of its refit."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, replicate)))
    return np.unique(rng.integers(n, size=n)), int(rng.integers(2**31 - 1))


def mean_interval(values: Floats) -> Score:
    """Mean of (B,) values with Student's 95 % interval, kept within what ARI can be."""
    mean, half = float(values.mean()), 0.0
    if len(values) > 1:
        error = float(values.std(ddof=1)) / np.sqrt(len(values))
        half = float(student.ppf(0.975, len(values) - 1)) * error
    return Score(mean, float(max(mean - half, -0.5)), float(min(mean + half, 1.0)))
