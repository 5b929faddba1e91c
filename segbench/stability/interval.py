"""Certainty of a mean over refits."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from segbench.contracts import Floats, Score


def mean_interval(values: Floats, least: float, most: float = 1.0) -> Score:
    """Mean of (B,) values with Student's 95 % interval, kept within `least` and `most`."""
    mean = float(values.mean())
    if len(values) < 2:  # one value says nothing of how far others are
        return Score(mean, least, most)
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    half = float(student.ppf(0.975, len(values) - 1)) * error
    return Score(mean, float(max(mean - half, least)), float(min(mean + half, most)))
