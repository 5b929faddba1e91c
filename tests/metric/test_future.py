"""Epsilon squared: its formula, its chance level, its invariances and its interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segbench.errors import Undefined
from segbench.metric.future import epsilon_squared, epsilon_squared_interval

FEW = settings(deadline=None, max_examples=60)


@st.composite
def spenders(draw) -> tuple[np.ndarray, np.ndarray]:
    """Whole amounts and group labels for which the score is defined."""
    pair = st.tuples(st.integers(-50, 50), st.integers(-1, 4))
    pairs = draw(st.lists(pair, min_size=4, max_size=30).filter(_is_defined))
    values, labels = np.array(pairs).T
    return values.astype(np.float64), labels.astype(np.int32)


def _is_defined(pairs: list[tuple[int, int]]) -> bool:
    amounts, groups = (set(column) for column in zip(*pairs, strict=True))
    return len(amounts) > 1 and 2 <= len(groups) < len(pairs)


def by_definition(values: np.ndarray, labels: np.ndarray) -> float:
    groups = [values[labels == label] for label in np.unique(labels)]
    n, k = len(values), len(groups)
    within = sum(((group - group.mean()) ** 2).sum() for group in groups)
    return float(1 - (n - 1) / (n - k) * within / ((values - values.mean()) ** 2).sum())


@FEW
@given(spenders())
def test_formula_and_range(case):
    value = epsilon_squared(*case)
    assert value == pytest.approx(by_definition(*case), abs=1e-9)
    assert value <= 1 + 1e-12


@FEW
@given(spenders(), st.permutations(range(6)), st.integers(-20, 20), st.randoms())
def test_names_order_offset_and_scale_do_not_matter(case, names, power, random):
    values, labels = case
    expected = pytest.approx(epsilon_squared(values, labels), abs=1e-9)
    order = random.sample(range(len(values)), len(values))
    renamed = np.array(names, dtype=np.int32)[labels]  # noise is one group, whatever its name
    assert epsilon_squared(values, renamed) == expected
    assert epsilon_squared(values[order], labels[order]) == expected
    assert epsilon_squared(values + 1e8, labels) == expected
    assert epsilon_squared(values * -(2.0**power), labels) == expected


@FEW
@given(spenders(), st.data())
def test_a_weight_is_that_many_customers(case, data):
    values, labels = case
    n = len(values)
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    copies, groups = np.repeat(values, weights), np.repeat(labels, weights)
    if len(set(copies)) > 1 and 2 <= len(set(groups)) < len(copies):
        weighted = epsilon_squared(values, labels, weights.astype(np.float64))
        assert weighted == pytest.approx(epsilon_squared(copies, groups), abs=1e-9)


@pytest.mark.parametrize("k", [2, 12, 40])
def test_random_groups_average_zero_whatever_their_number(k):
    rng = np.random.default_rng(k)
    scores = [
        epsilon_squared(rng.lognormal(size=150), rng.integers(k, size=150).astype(np.int32))
        for _ in range(200)
    ]
    assert np.mean(scores) == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("values, labels", [
    ([1, 2, 3], [0, 0, 0]),
    ([1, 2, 3], [-1, -1, -1]),
    ([1, 2, 3], [0, 1, 2]),
    ([1], [0]),
    ([5, 5, 5, 5], [0, 0, 1, 1]),
])  # fmt: skip
def test_degenerate_is_undefined(values, labels):
    with pytest.raises(Undefined):
        epsilon_squared(np.array(values, dtype=np.float64), np.array(labels, dtype=np.int32))


@pytest.mark.parametrize("spend", [0.1, 0.3, 1.1, 7.7])
@pytest.mark.parametrize("n", [3, 10, 50, 101])
def test_equal_spend_is_no_variance_even_if_its_mean_is_rounded(spend, n):
    labels = (np.arange(n) % 2).astype(np.int32)
    with pytest.raises(Undefined, match="variance"):
        epsilon_squared(np.log1p(np.full(n, spend)), labels)


def test_a_small_difference_at_a_great_height_is_variance_all_the_same():
    spend, labels = np.arange(40) / 1024, (np.arange(40) // 20).astype(np.int32)
    expected = pytest.approx(by_definition(spend, labels), abs=1e-6)
    assert epsilon_squared(1e8 + spend, labels) == expected


def of_groups(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three groups with means 0, 1, 2 and deviation 1: 0.4 of the variance is between them."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 3).astype(np.int32)
    return labels + rng.normal(size=n), labels


@pytest.mark.drill
def test_interval_covers_the_truth_about_as_often_as_it_says():
    cases = [of_groups(150, seed) for seed in range(60)]
    low, high = np.array([epsilon_squared_interval(*case, 0) for case in cases]).T
    assert np.sum((low <= 0.4) & (high >= 0.4)) >= 52
    spread = np.std([epsilon_squared(*of_groups(150, seed)) for seed in range(1000)])
    assert np.mean(high - low) == pytest.approx(2 * 1.96 * spread, rel=0.15)


def test_interval_is_that_of_the_resamples_that_keep_a_variance_and_two_groups():
    values, labels = np.array([1.0, 2, 4, 8, 9]), np.array([0, 0, 0, 0, 1], dtype=np.int32)
    rng, estimates = np.random.default_rng(3), []
    for _ in range(500):
        drawn = rng.integers(5, size=5)
        if len(set(labels[drawn])) == 2:
            estimates.append(by_definition(values[drawn], labels[drawn]))
    assert 200 < len(estimates) < 400
    lift = np.mean(estimates) - by_definition(values, labels)
    expected = np.quantile(estimates, [0.025, 0.975]) - lift
    assert epsilon_squared_interval(values, labels, 3) == pytest.approx(tuple(expected))


def test_interval_narrows_with_the_square_root_of_the_customers():
    few, many = (epsilon_squared_interval(*of_groups(n, 0), 0) for n in (300, 4800))
    assert (few[1] - few[0]) / (many[1] - many[0]) == pytest.approx(4.0, rel=0.25)


def test_interval_depends_on_the_seed_alone():
    case = of_groups(60, 1)
    assert epsilon_squared_interval(*case, 5) == epsilon_squared_interval(*case, 5)
    assert epsilon_squared_interval(*case, 5) != epsilon_squared_interval(*case, 6)


@pytest.mark.parametrize("k", [4, 12, 40])
def test_interval_of_random_groups_holds_the_score_and_zero(k):
    """A bootstrap copy of a customer shares its group: uncorrected, that passes for an effect."""
    held = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values, labels = rng.normal(size=400), rng.integers(k, size=400).astype(np.int32)
        low, high = epsilon_squared_interval(values, labels, seed)
        held.append(low <= epsilon_squared(values, labels) <= high and low <= 0.0 <= high)
    assert sum(held) >= 15
