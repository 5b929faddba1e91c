"""Adjusted Rand and mutual information, against scikit-learn and a published example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from segbench.metric import adjusted_mutual_info_score, adjusted_rand_score
from segbench.metric.agreement import adjusted_mutual_info, adjusted_rand

FEW = settings(deadline=None, max_examples=60)
PAIRS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=30)
MATES = [
    (adjusted_rand, metrics.adjusted_rand_score),
    (adjusted_mutual_info, metrics.adjusted_mutual_info_score),
]


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.array(pairs, dtype=np.int32).T
    return a, b


def noise_apart(labels: np.ndarray) -> np.ndarray:
    """Every noise customer with a label of its own."""
    return np.array([100 + i if label < 0 else label for i, label in enumerate(labels)])


def test_example_of_yeung_and_ruzzo():
    """Yeung & Ruzzo (2001), Details of the adjusted Rand index: 10 objects, 0.313."""
    table = [[1, 1, 0], [1, 2, 1], [0, 0, 4]]
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(table[i][j])]
    assert round(adjusted_rand(*columns(pairs)), 3) == 0.313


@pytest.mark.parametrize("ours, theirs", MATES)
@FEW
@given(pairs=PAIRS)
def test_equals_scikit_learn_with_noise_as_singletons(ours, theirs, pairs):
    a, b = columns(pairs)
    expected = theirs(noise_apart(a), noise_apart(b))
    assert ours(a, b) == pytest.approx(expected, abs=1e-9)


@FEW
@given(PAIRS)
def test_noise_is_the_same_as_singletons_with_names(pairs):
    a, b = columns(pairs)
    assert adjusted_rand(a, b) == adjusted_rand(
        noise_apart(a).astype(np.int32), noise_apart(b).astype(np.int32)
    )


@FEW
@given(PAIRS)
def test_symmetric_and_within_its_range(pairs):
    a, b = columns(pairs)
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand(b, a), abs=1e-12)
    assert -0.5 <= adjusted_rand(a, b) <= 1.0


@FEW
@given(PAIRS, st.permutations(range(5)), st.randoms())
def test_names_and_order_do_not_matter(pairs, names, random):
    a, b = columns(pairs)
    renamed = np.where(a >= 0, np.array(names, dtype=np.int32)[a], -1)
    assert adjusted_rand(renamed, b) == pytest.approx(adjusted_rand(a, b), abs=1e-12)
    assert adjusted_rand(renamed, a) == 1.0
    order = random.sample(range(len(a)), len(a))
    assert adjusted_rand(a[order], b[order]) == pytest.approx(adjusted_rand(a, b), abs=1e-12)


@pytest.mark.parametrize("agree", [adjusted_rand, adjusted_mutual_info])
@pytest.mark.parametrize("a, b, value", [
    ([0, 0, 0, 0], [0, 0, 0, 0], 1),
    ([-1, -1, -1], [-1, -1, -1], 1),
    ([-1, -1, -1], [0, 1, 2], 1),
    ([0, 0, 0, 0], [0, 0, 1, 1], 0),
    ([-1, -1, -1, -1], [0, 0, 1, 1], 0),
    ([0, 0, 0, 0], [-1, -1, -1, -1], 0),
    ([0], [0], 1),
])  # fmt: skip
def test_trivial_labellings(agree, a, b, value):
    a, b = np.array(a, dtype=np.int32), np.array(b, dtype=np.int32)
    assert agree(a, b) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("agree", [adjusted_rand, adjusted_mutual_info])
@pytest.mark.parametrize("k", [2, 20])
def test_random_labellings_average_zero(agree, k):
    rng = np.random.default_rng(0)
    draws = rng.integers(-1, k, size=(60, 2, 200)).astype(np.int32)
    assert np.mean([agree(a, b) for a, b in draws]) == pytest.approx(0.0, abs=0.01)


@FEW
@given(PAIRS)
def test_scikit_learns_signature_takes_labels_of_any_kind(pairs):
    a, b = columns(pairs)
    words = [f"segment {label}" for label in a]
    for ours, theirs in (
        (adjusted_rand_score, metrics.adjusted_rand_score),
        (adjusted_mutual_info_score, metrics.adjusted_mutual_info_score),
    ):
        # Here a negative number is a label like any other, as in scikit-learn.
        assert ours(words, b) == pytest.approx(theirs(words, b), abs=1e-9)


@pytest.mark.parametrize("short", [[0], [0, 1]])
def test_lengths_must_agree(short):
    with pytest.raises(ValueError):
        adjusted_rand_score(short, [0, 1, 2])
