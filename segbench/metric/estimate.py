"""Scores of tables too large for every pair: from a stratified sample, with an interval.

A score that is a mean over customers is estimated from some of them, each worked out against all
the others. The sample is drawn segment by segment (proportionally, but never fewer than `LEAST` of
a segment: all of a small one), so that no segment is missed; the interval is that of a stratified
mean with the finite-population correction (Cochran 1977, Sampling Techniques, section 5.4) and
covers the exact value in 95 % of samples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from segbench.contracts import Floats, Ints, Rows, Score

SAMPLE = 5_000
LEAST = 200
Z = float(norm.ppf(0.975))


def stratified_sample(labels: Ints, k: int) -> Rows:
    """Customers in ascending order, at least `LEAST` of each segment or all of it; seeded."""
    rng = np.random.default_rng(len(labels))
    chosen = []
    for segment in range(k):
        members = np.flatnonzero(labels == segment)
        m = max(LEAST, int(np.ceil(SAMPLE * len(members) / len(labels))))
        chosen.append(members if m >= len(members) else rng.choice(members, m, replace=False))
    return np.sort(np.concatenate(chosen))


def stratified_mean(labels: Ints, sample: Rows, values: Floats, weights: Floats) -> Score:
    """The weighted mean over segments of the segment means, with a 95 % interval.

    Args:
        labels: (n,) 0..k-1.
        sample: (m,) customers that `values` (m,) belong to.
        weights: (k,) of each segment's mean, adding up to 1.

    """
    means, errors = _by_segment(labels, sample, values)
    return _interval(labels, sample, float(weights @ means), float(weights**2 @ errors))


def stratified_function(
    labels: Ints, sample: Rows, values: Floats, known: Floats, function: Callable[[Floats], float]
) -> Score:
    """A smooth function of several means over all customers, with a 95 % interval.

    What is sampled is the difference to something near that is known of everybody (Cochran 1977,
    section 7.9); the interval is that of the function's linear part (section 6.10).

    Args:
        labels: (n,) 0..k-1.
        sample: (m,) customers that the lines of `values` (m, p) belong to.
        known: (n, p) what comes near the values, 0 where nothing does.
        function: of the p means.

    """
    weights = np.bincount(labels) / len(labels)
    values = values - known[sample]
    means = np.array([weights @ _by_segment(labels, sample, v)[0] for v in values.T])
    means += known.mean(axis=0)
    slopes = []
    for i, step in enumerate(1e-5 * np.maximum(np.abs(means), 1e-300)):
        up, down = means.copy(), means.copy()
        up[i], down[i] = means[i] + step, means[i] - step
        slopes.append((function(up) - function(down)) / (2 * step))
    _, errors = _by_segment(labels, sample, values @ np.array(slopes))
    return _interval(labels, sample, function(means), float(weights**2 @ errors))


def _by_segment(labels: Ints, sample: Rows, values: Floats) -> tuple[Floats, Floats]:
    """(k,) mean of each segment's sampled values, and (k,) its sampling variance."""
    sizes, strata = np.bincount(labels), labels[sample]
    drawn = np.bincount(strata)
    means = np.bincount(strata, weights=values) / drawn
    squares = np.bincount(strata, weights=(values - means[strata]) ** 2)
    return means, squares / np.maximum(drawn - 1, 1) / drawn * (1 - drawn / sizes)


def _interval(labels: Ints, sample: Rows, value: float, variance: float) -> Score:
    half = Z * float(np.sqrt(variance))
    why = f"estimate from {len(sample):,} of {len(labels):,} customers, every segment among them"
    return Score(value, value - half, value + half, "estimate", why)
