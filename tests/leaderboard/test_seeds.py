"""The median over seeds and its interval, against scipy's bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from segbench.leaderboard.seeds import WORST, bootstrap_ends, coverage, median


@pytest.mark.parametrize("n", [3, 5, 9, 15])
def test_ends_are_those_of_many_resamples(n: int):
    values = np.sort(np.random.default_rng(n).lognormal(size=n))
    drawn = bootstrap((values,), np.median, n_resamples=20_000, method="percentile",
                      rng=np.random.default_rng(0)).confidence_interval  # fmt: skip
    low, high = bootstrap_ends(n)
    assert (values[low], values[high]) == pytest.approx((drawn.low, drawn.high))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.randoms())
def test_median_lies_between_its_ends_whatever_the_order(values: list[float], random: object):
    found = median(values)
    assert found.value == pytest.approx(float(np.median(values)))
    if len(values) > 1:
        assert found.low <= found.value <= found.high
    random.shuffle(values)
    assert median(values) == found


def test_a_seed_without_a_result_counts_as_the_worst():
    assert median([0.5, 0.3, WORST]).value == 0.3, "not 0.4, the median of the other two"
    assert median([0.5, WORST, WORST]).value is None
    assert median([0.5, WORST]).value is None, "half of them suffice"
    assert (median([0.5, 0.3, WORST]).low, median([0.5, 0.3, WORST]).high) == (None, 0.5)
    assert median([]).value is None and median([0.5]).high is None


def test_most_that_an_interval_between_so_many_can_hold():
    """All of n draws on one side of the median: what a sign test gives."""
    rng = np.random.default_rng(0)
    for n in (2, 3, 6):
        drawn = rng.normal(size=(20_000, n))
        held = ((drawn.min(axis=1) < 0) & (drawn.max(axis=1) > 0)).mean()
        assert coverage(n) == pytest.approx(held, abs=0.01)
    assert math.isclose(coverage(1), 0.0)
