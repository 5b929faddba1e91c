"""k-prototypes is what kmodes computes, k-means without categories, k-modes without numbers."""

import numpy as np
import pytest
from kmodes.kmodes import KModes
from kmodes.kprototypes import KPrototypes as Original
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from segbench.algorithm.kprototypes import KPrototypes


def customers(n=70, seed=0):
    rng = np.random.default_rng(seed)
    return np.hstack([rng.normal(size=(n, 2)), rng.integers(0, 3, (n, 2)).astype(float)])


@pytest.mark.parametrize("gamma", [None, 0.3])
@pytest.mark.parametrize(("k", "seed"), [(2, 0), (4, 1), (6, 2)])
def test_labels_and_cost_are_those_of_kmodes(k, seed, gamma):
    X = customers(seed=seed)
    model = KPrototypes(k, categorical=[2, 3], gamma=gamma, random_state=seed).fit(X)
    other = Original(k, init="Huang", n_init=1, gamma=gamma, random_state=seed)
    assert model.labels_.tolist() == other.fit_predict(X, categorical=[2, 3]).tolist()
    assert model.cost_ == other.cost_


@pytest.mark.parametrize("gamma", [None, 2.0])
def test_the_cost_is_squared_distances_and_weighed_mismatches_to_the_prototypes(gamma):
    X = customers()
    model = KPrototypes(3, categorical=[2, 3], gamma=gamma, random_state=0).fit(X)
    weight = 0.5 * X[:, :2].std(axis=0).mean() if gamma is None else gamma
    cost = 0.0
    for segment in range(3):
        inside = X[model.labels_ == segment]
        cost += ((inside[:, :2] - inside[:, :2].mean(axis=0)) ** 2).sum()
        for codes in inside[:, 2:].T:
            cost += weight * (len(codes) - np.unique(codes, return_counts=True)[1].max())
    assert model.cost_ == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("categorical", [None, [], ()])
def test_without_categories_it_is_k_means(categorical):
    X = customers()
    model = KPrototypes(3, categorical=categorical, n_init=4, random_state=7).fit(X)
    other = KMeans(3, n_init=4, max_iter=100, random_state=7).fit(X)
    assert model.labels_.tolist() == other.labels_.tolist()
    assert model.cost_ == pytest.approx(other.inertia_)


def test_without_numbers_it_is_k_modes():
    X = customers()[:, 2:]
    model = KPrototypes(3, categorical=[0, 1], n_init=2, random_state=7).fit(X)
    other = KModes(3, init="Huang", n_init=2, max_iter=100, random_state=7).fit(X)
    assert model.labels_.tolist() == other.labels_.tolist()
    assert model.cost_ == other.cost_


def test_categories_may_stand_in_any_column():
    X = customers()
    last = KPrototypes(3, categorical=[2, 3], random_state=0).fit_predict(X)
    first = KPrototypes(3, categorical=[0, 1], random_state=0).fit_predict(X[:, [2, 3, 0, 1]])
    assert first.tolist() == last.tolist()


def test_names_of_categories_do_not_matter():
    X = customers()
    renamed = X.copy()
    renamed[:, 2] = np.array([7.0, 1.0, 30.0])[X[:, 2].astype(int)]
    for gamma in (0.5, None):
        fits = [
            KPrototypes(2, categorical=[2, 3], gamma=gamma, n_init=8, random_state=0).fit(data)
            for data in (X, renamed)
        ]
        assert fits[0].cost_ == pytest.approx(fits[1].cost_, rel=0.02)


def test_a_great_gamma_splits_by_category_and_a_small_one_by_number():
    rng = np.random.default_rng(0)
    near, level = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    X = np.column_stack([near * 4 + rng.normal(0, 0.1, 60), level]).astype(float)
    by_level, by_number = (
        KPrototypes(2, categorical=[1], gamma=gamma, n_init=5, random_state=0).fit_predict(X)
        for gamma in (1000.0, 0.001)
    )
    assert adjusted_rand_score(level, by_level) == 1.0
    assert adjusted_rand_score(near, by_number) == 1.0


def test_more_starts_never_cost_more():
    X = customers()
    costs = [
        KPrototypes(5, categorical=[2, 3], n_init=n_init, random_state=3).fit(X).cost_
        for n_init in (1, 8)
    ]
    assert costs[1] <= costs[0]


def test_it_keeps_scikit_learn_s_conventions():
    model = KPrototypes(3, categorical=[2, 3], gamma=0.4, random_state=1)
    assert clone(model).get_params() == model.get_params()
    X = customers()
    before = X.copy()
    labels = model.fit_predict(X)
    np.testing.assert_array_equal(X, before)
    assert labels.dtype == np.int32
    assert labels.tolist() == model.labels_.tolist()
    assert clone(model).fit_predict(X).tolist() == labels.tolist()


@pytest.mark.parametrize("categorical", [None, [2, 3], [0, 1, 2, 3]])
@pytest.mark.parametrize("problem", ["fewer rows than segments", "a missing value"])
def test_what_it_cannot_fit_is_a_value_error(categorical, problem):
    X = np.round(customers(5))
    if problem == "a missing value":
        X[2, 2] = np.nan
    k = 2 if problem == "a missing value" else 6
    with pytest.raises(ValueError, match=r"NaN|minimum"):
        KPrototypes(k, categorical=categorical, random_state=0).fit(X)


def test_a_failed_start_of_kmodes_is_a_value_error():
    with pytest.raises(ValueError, match="could not initialize"):
        KPrototypes(50, categorical=[2, 3], random_state=4).fit(customers(60))


def test_as_many_segments_as_distinct_rows_is_a_segment_each():
    rows = np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
    labels = KPrototypes(3, categorical=[0, 1], random_state=0).fit_predict(np.tile(rows, (5, 1)))
    assert adjusted_rand_score(np.tile([0, 1, 2], 5), labels) == 1.0
