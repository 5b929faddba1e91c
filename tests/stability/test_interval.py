"""The interval of a mean over refits: Student's, the rule of three, and what they cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from segbench.stability.interval import mean_interval


def test_students_where_refits_differ():
    values = np.random.default_rng(0).uniform(0.0, 1.0, size=100)
    score = mean_interval(values, worst=0.0, least=0.0)
    low, high = stats.t.interval(0.95, 99, values.mean(), stats.sem(values))
    assert (score.value, score.low, score.high) == pytest.approx((values.mean(), low, high))


@pytest.mark.parametrize("count", [2, 8, 20, 500])
def test_refits_without_a_failure_leave_room_for_one(count: int):
    score = mean_interval(np.full(count, 0.9), worst=0.1, least=0.0)
    probability = (0.9 - score.low) / (0.9 - 0.1)
    # Were it any larger, so many refits would have shown one in 95 of 100 cases.
    assert (1 - probability) ** count == pytest.approx(0.05)
    assert score.value == pytest.approx(0.9)
    assert score.high == pytest.approx(0.9 + probability * 0.1)


def test_refits_without_a_success_leave_room_for_one():
    score = mean_interval(np.zeros(20), worst=0.0, least=0.0)
    assert (score.value, score.low) == (0.0, 0.0)
    assert (1 - score.high) ** 20 == pytest.approx(0.05)


def test_a_score_that_grows_when_it_gets_worse_reaches_upwards():
    score = mean_interval(np.full(20, 0.5), worst=2.5, least=0.0, most=9.0, best=0.0)
    assert 0.4 < score.low < 0.45 and 0.75 < score.high < 0.8


def test_kept_within_what_the_score_can_be():
    score = mean_interval(np.array([0.0, 1.0]), worst=0.0, least=-0.5)
    assert (score.value, score.low, score.high) == (0.5, -0.5, 1.0)
    once = mean_interval(np.array([0.3]), worst=0.0, least=-0.5)
    assert (once.value, once.low, once.high) == (0.3, -0.5, 1.0)


@pytest.mark.parametrize("probability", [0.0, 0.02, 0.1, 0.3])
@pytest.mark.parametrize("drop", [0.2, 0.9])
def test_covers_the_mean_of_refits_that_seldom_fail(probability: float, drop: float):
    """Student's interval contains the mean of the second in 3 of 10 cases."""
    rng = np.random.default_rng(1)
    draws = np.where(rng.random((500, 20)) < probability, 0.95 - drop, 0.95)
    draws += rng.normal(scale=0.002, size=draws.shape)
    scores = [mean_interval(values, worst=0.0, least=0.0) for values in draws]
    inside = [score.low <= 0.95 - probability * drop <= score.high for score in scores]
    assert np.mean(inside) > 0.92
