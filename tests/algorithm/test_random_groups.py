"""Random groups follow from the values of a row and the seed, and favour none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from segbench.algorithm.random_groups import RandomGroups


def draw(n, k, seed):
    return RandomGroups(k, random_state=seed).fit_predict(np.arange(float(n))[:, None])


@given(st.integers(1, 9), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_every_row_has_a_group(k, more, seed):
    labels = draw(k + more, k, seed)
    assert labels.shape == (k + more,) and labels.dtype == np.int32
    assert set(labels.tolist()) <= set(range(k))


def test_whoever_has_the_same_values_has_the_same_group():
    X = np.random.default_rng(0).integers(0, 3, (300, 2)).astype(float)
    model = RandomGroups(4, random_state=1).fit(X)
    assert len(np.unique(np.column_stack([X, model.labels_]), axis=0)) == 9
    for i in range(20):
        assert model.predict(X[[i]])[0] == model.labels_[i]


def test_a_seed_fixes_the_groups_and_another_changes_them():
    assert draw(200, 3, 0).tolist() == draw(200, 3, 0).tolist()
    assert draw(200, 3, 0).tolist() != draw(200, 3, 1).tolist()


@pytest.mark.drill
def test_every_row_falls_into_every_group_equally_often():
    n, k, draws = 12, 3, 3000
    labels = np.array([draw(n, k, seed) for seed in range(draws)])
    counts = np.array([np.bincount(column, minlength=k) for column in labels.T])
    statistic = ((counts - draws / k) ** 2 / (draws / k)).sum(axis=1)
    # The 1e-6 point, each of the 12 rows: the seeds are fixed, so this never flickers.
    assert (statistic < chi2.isf(1e-6, k - 1)).all()


def test_rows_fall_into_the_groups_independently_of_each_other():
    """Rows that are next to each other, in numbers close to each other."""
    labels = np.concatenate([draw(3000, 3, seed) for seed in range(10)]).reshape(10, 3000)
    pairs = np.bincount((3 * labels[:, :-1] + labels[:, 1:]).ravel(), minlength=9)
    expected = pairs.sum() / 9
    assert ((pairs - expected) ** 2 / expected).sum() < chi2.isf(1e-6, 8)


def test_two_draws_agree_no_more_than_chance():
    scores = [adjusted_rand_score(draw(300, 4, 2 * s), draw(300, 4, 2 * s + 1)) for s in range(50)]
    assert abs(np.mean(scores)) < 0.01


def test_fewer_rows_than_groups_is_a_value_error():
    with pytest.raises(ValueError, match=r"2 sample\(s\).*minimum of 3"):
        draw(2, 3, 0)


def test_a_generator_in_place_of_a_seed_gives_other_groups_each_time():
    model = RandomGroups(4, random_state=np.random.RandomState(0))
    X = np.arange(90.0)[:, None]
    assert model.fit_predict(X).tolist() != model.fit_predict(X).tolist()


def test_it_can_be_cloned():
    model = RandomGroups(5, random_state=3)
    assert clone(model).get_params() == {"n_clusters": 5, "random_state": 3}
