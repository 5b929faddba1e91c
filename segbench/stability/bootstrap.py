"""Bootstrap stability of a partition: refit on resampled customers, compare with the original.

Each replicate draws n customers with replacement and keeps the distinct ones (about 63 %), so that
copies of a customer do not make dense spots that a density algorithm would take for segments. The
pipeline is refitted on them, and the adjusted Rand index compares the two labellings of those
customers, the Jaccard coefficient each segment with the most similar one of the refit (Hennig 2007,
Comput. Stat. Data Anal. 52, 258-271).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.stats import t as student

from segbench.contracts import Floats, Ints, Partition, Rows, Score
from segbench.metric.agreement.pair_counting import adjusted_rand

RESAMPLED = ("stability_ari", "segment_jaccard_min")
Refit = Callable[[Rows, int], Ints]
"""(rows, seed) -> labels of those rows by the pipeline fitted on them alone; -1 noise."""


def bootstrap_stability(
    refit: Refit, partition: Partition, *, replicates: int, seed: int, stream: int = 0,
    threads: int = 1,
) -> dict[str, Score]:  # fmt: skip
    """How well bootstrap refits agree with the partition, and with its weakest segment.

    Args:
        refit: fits the whole pipeline on some customers.
        replicates: number of refits, at least 2.
        seed, stream: replicate i draws the same customers whenever both are the same. The study
            uses stream 0, the report on its winner stream 1.
        threads: refits at a time; the score does not depend on it.

    Returns:
        `stability_ari`, the mean ARI (at most 1, 0 by chance), and `segment_jaccard_min`, the least
        of the segments' mean Jaccard recoveries (0 to 1). Intervals are Student's, 95 %, over
        replicates. Undefined for a partition of one segment, none, or one for every customer.

    """
    n, k = len(partition.labels), partition.k
    if not 2 <= k < n:
        why = Score.undefined(f"needs 2 to n - 1 segments, has {k} for {n} customers")
        return dict.fromkeys(RESAMPLED, why)
    draws = [resample(n, seed, stream, i) for i in range(replicates)]

    def one(draw: tuple[Rows, int]) -> tuple[float, Floats]:
        rows, refit_seed = draw
        own, again = partition.labels[rows], refit(rows, refit_seed)
        return adjusted_rand(own, again), segment_jaccard(own, again, k)

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(one, draws))
    else:
        found = [one(draw) for draw in draws]
    return {
        "stability_ari": mean_interval(np.array([ari for ari, _ in found]), least=-0.5),
        "segment_jaccard_min": _weakest(np.array([jaccard for _, jaccard in found])),
    }


def segment_jaccard(own: Ints, again: Ints, k: int) -> Floats:
    """(k,) the best Jaccard coefficient of each segment with a segment of the other labelling.

    Args:
        own, again: (m,) labels of the same customers, -1 noise.
        k: segments of `own`; one that none of these customers is in has NaN.

    """
    others = int(again.max(initial=-1)) + 1
    both = (own >= 0) & (again >= 0)
    codes = own[both].astype(np.int64) * others + again[both]
    together = np.bincount(codes, minlength=k * others).reshape(k, others)
    sizes = np.bincount(own[own >= 0], minlength=k)
    found = np.bincount(again[again >= 0], minlength=others)
    union = np.maximum(sizes[:, None] + found[None, :] - together, 1)
    best = (together / union).max(axis=1, initial=0.0)
    return np.where(sizes > 0, best, np.nan)


def _weakest(jaccard: Floats) -> Score:
    """The segment with the least mean over the replicates (B, k) that drew one of its customers."""
    drawn = ~np.isnan(jaccard)
    means = np.where(drawn, jaccard, 0.0).sum(axis=0) / np.maximum(drawn.sum(axis=0), 1)
    weakest = int(np.argmin(means))  # one that was never drawn has 0: nothing speaks for it
    values = jaccard[drawn[:, weakest], weakest]
    return mean_interval(values, least=0.0) if len(values) else Score(0.0, 0.0, 1.0)


def resample(n: int, seed: int, stream: int, replicate: int) -> tuple[Rows, int]:
    """Distinct customers of one bootstrap sample, in table order, and the seed of its refit."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, replicate)))
    return np.unique(rng.integers(n, size=n)), int(rng.integers(2**31 - 1))


def mean_interval(values: Floats, least: float) -> Score:
    """Mean of (B,) values with Student's 95 % interval, kept within `least` and 1."""
    mean = float(values.mean())
    if len(values) < 2:  # one value says nothing of how far others are
        return Score(mean, least, 1.0)
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    half = float(student.ppf(0.975, len(values) - 1)) * error
    return Score(mean, float(max(mean - half, least)), float(min(mean + half, 1.0)))
