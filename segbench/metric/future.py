"""Do the segments say anything about tomorrow? Variance of future spend that they explain."""

from __future__ import annotations

import numpy as np

from segbench.contracts import Floats, Ints
from segbench.errors import Undefined

RESAMPLES = 500


def epsilon_squared(values: Floats, labels: Ints, weights: Floats | None = None) -> float:
    """Share of the variance of `values` between groups, adjusted for the number of groups.

    (SSB - (k - 1) * MSW) / SST (Kelley 1935, PNAS 21, 554-559): expected 0 for groups drawn by
    chance whatever their number, at most 1. Noise customers (-1) are one group: they are the
    customers about whom the segmentation says nothing.

    Args:
        values: (n,) numbers.
        labels: (n,) integers from -1.
        weights: (n,) how often each customer counts (a bootstrap sample), default once.

    Raises:
        Undefined: fewer than 2 groups, a group for every customer, or values without variance.

    """
    codes = labels.astype(np.int64) - int(labels.min())
    weights = np.ones(len(values)) if weights is None else weights
    counts = np.bincount(codes, weights=weights)
    groups, n = int(np.count_nonzero(counts)), float(weights.sum())
    if not 2 <= groups < n:
        raise Undefined(f"needs 2 to n - 1 groups, has {groups}")
    centred = values - float(weights @ values) / n
    total = float(weights @ centred**2)
    # Equal values leave a sum of squares that is rounding of their mean, not variance.
    rounding = 64 * np.finfo(np.float64).eps ** 2 * n * float(weights @ values**2)
    if not total > rounding:
        raise Undefined("future spend has no variance")
    sums = np.bincount(codes, weights=weights * centred)
    between = float((sums[counts > 0] ** 2 / counts[counts > 0]).sum())
    within = (total - between) / (n - groups)
    return (between - (groups - 1) * within) / total


def epsilon_squared_interval(values: Floats, labels: Ints, seed: int) -> tuple[float, float]:
    """95 % percentile interval over `RESAMPLES` bootstrap samples of the customers.

    Copies of a customer share a segment, which lifts every estimate by about (k - 1) / n; the
    interval is moved back by the mean of that lift (Efron & Tibshirani 1993, chapter 10).
    """
    rng = np.random.default_rng(seed)
    n, estimates = len(values), []
    for _ in range(RESAMPLES):
        weights = np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)
        try:
            estimates.append(epsilon_squared(values, labels, weights))
        except Undefined:  # a resample that lost a group says nothing
            continue
    lift = float(np.mean(estimates)) - epsilon_squared(values, labels)
    low, high = np.percentile(estimates, [2.5, 97.5]) - lift
    return float(low), float(high)
