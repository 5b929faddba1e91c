"""Random groups look at nothing, use every group, and favour none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from segbench.algorithm.random_groups import RandomGroups


def draw(n, k, seed):
    return RandomGroups(k, random_state=seed).fit_predict(np.zeros((n, 1)))


@given(st.integers(1, 9), st.integers(0, 40), st.integers(0, 2**32))
def test_every_group_is_used_and_every_row_has_one(k, more, seed):
    labels = draw(k + more, k, seed)
    assert labels.shape == (k + more,)
    assert labels.dtype == np.int32
    assert set(labels.tolist()) == set(range(k))


@given(st.integers(0, 2**32))
def test_the_values_of_the_rows_do_not_matter(seed):
    X = np.random.default_rng(seed).normal(size=(30, 3))
    assert RandomGroups(4, random_state=seed).fit_predict(X).tolist() == draw(30, 4, seed).tolist()


def test_a_seed_fixes_the_groups_and_another_changes_them():
    assert draw(200, 3, 0).tolist() == draw(200, 3, 0).tolist()
    assert draw(200, 3, 0).tolist() != draw(200, 3, 1).tolist()


def test_every_row_falls_into_every_group_equally_often():
    n, k, draws = 12, 3, 3000
    labels = np.array([draw(n, k, seed) for seed in range(draws)])
    counts = np.array([np.bincount(column, minlength=k) for column in labels.T])
    statistic = ((counts - draws / k) ** 2 / (draws / k)).sum(axis=1)
    # The 1e-6 point, each of the 12 rows: the seeds are fixed, so this never flickers.
    assert (statistic < chi2.isf(1e-6, k - 1)).all()


def test_two_draws_agree_no_more_than_chance():
    scores = [adjusted_rand_score(draw(300, 4, 2 * s), draw(300, 4, 2 * s + 1)) for s in range(50)]
    assert abs(np.mean(scores)) < 0.01


def test_fewer_rows_than_groups_is_a_value_error():
    assert sorted(draw(3, 3, 0).tolist()) == [0, 1, 2]
    with pytest.raises(ValueError, match="n_samples=2"):
        draw(2, 3, 0)


def test_it_can_be_cloned():
    model = RandomGroups(5, random_state=3)
    assert clone(model).get_params() == {"n_clusters": 5, "random_state": 3}
