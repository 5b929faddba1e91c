"""Certainty of a mean over refits."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from segbench.contracts import Floats, Score


def mean_interval(
    values: Floats, worst: float, least: float, most: float = 1.0, best: float = 1.0
) -> Score:
    """Mean of (B,) values over refits with a 95 % interval, kept within `least` and `most`.

    Student's, or wider: refits often agree nearly always and fail rarely (an algorithm ends in
    another optimum), and B refits that show no failure leave room for one with a probability of up
    to 1 - 0.05^(1/B), about 3 / B (the rule of three; Hanley & Lippman-Hand 1983, JAMA 249,
    1743-1745). The interval therefore reaches to where such a failure would take the mean; and as
    refits may fail nearly always, to where such a success would.

    Args:
        values: one of each refit.
        worst, best: what refits are worth that have nothing to do with the partition, or equal it.
        least, most: what the score can be.

    """
    count, mean = len(values), float(values.mean())
    if count < 2:  # one value says nothing of how far others are
        return Score(mean, least, most)
    error = float(values.std(ddof=1)) / np.sqrt(count)
    half = float(student.ppf(0.975, count - 1)) * error
    ends = [mean + (1 - 0.05 ** (1 / count)) * (unseen - mean) for unseen in (worst, best)]
    low, high = min(mean - half, *ends), max(mean + half, *ends)
    return Score(mean, float(max(low, least)), float(min(high, most)), error=float(error))
